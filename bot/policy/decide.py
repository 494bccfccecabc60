"""The decision: may this person do this, here, to this one thing? Pure, and no is the answer to every doubt.

Whatever is not granted by an allow rule is refused; a deny rule beats every allow; the order of rules never counts.
An error while deciding is a refusal. Where another company reads along, nothing is allowed at all. When a rule applies
to a request stands in `match.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.actor import Actor, Place
from bot.command import Audience, Call, Command, Effect, Plan, Resource
from bot.config.botfile import BotFile, Needs, Rule
from bot.policy import floor
from bot.policy.match import UNPLANNED, Request, asks_for_more, differs, differs_before, own
from bot.policy.reach import reaches

__all__ = [
    "Decision",
    "Needs",
    "Request",
    "decide",
    "decide_all",
    "decide_command",
    "foresee",
    "outsiders",
    "reachable",
    "read_request",
    "requests",
]


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, and why. `rules` are the ids that decided, `refused` the ids of the resources refused.

    `reason` names nothing but the operation, the account and the rules. `fault` is for the log: what broke while
    deciding.
    """

    allowed: bool
    needs: Needs
    audience: Audience
    reason: str
    rules: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    fault: str = ""
    layer: str = "allowlist"


def decide(file: BotFile, request: Request) -> Decision:
    """Decide one operation on one resource. Never raises: an error is a refusal with its `fault`."""
    try:
        return _decide(file, request)
    except Exception as fault:  # noqa: BLE001  # whatever goes wrong here, the answer is no
        return _no("Something broke while deciding, so the answer is no.", fault=f"{type(fault).__name__}: {fault}")


def decide_all(file: BotFile, asked: Iterable[Request]) -> Decision:
    """Decide several as one: one refused refuses all, and the most demanding of them counts. Nothing is a refusal."""
    try:
        pairs = [(request, decide(file, request)) for request in asked]
        return _together(pairs) if pairs else _no("There is nothing to decide.")
    except Exception as fault:  # noqa: BLE001  # as in decide
        return _no("Something broke while deciding, so the answer is no.", fault=f"{type(fault).__name__}: {fault}")


def decide_command(  # noqa: PLR0917  # who, where and what, in the order of a sentence
    file: BotFile, actor: Actor, place: Place, command: Command, account: str, region: str
) -> Decision:
    """Decide a command that reads, or a word of the bot, by its first declared call.

    A command that changes is refused: it is decided on its plan, by `decide_all(file, requests(...))`. So is one
    that declares no call: that help and whoami need no rule is for their caller to know.
    """
    if command.effect is not Effect.READS or not command.calls:
        return _no(f"{command.name} is decided on what it would do, not on its name.")
    decision = decide(file, read_request(actor, place, command, account, region))
    private = any(floor.private(operation) for operation in command.calls)
    return replace(decision, audience=Audience.ASKER) if private else decision


def read_request(actor: Actor, place: Place, command: Command, account: str, region: str) -> Request:
    """Return what has to be decided for a command that reads."""
    return Request(actor, place, command.calls[0], account, region, None, {}, command.effect)


def reachable(  # noqa: PLR0917  # as decide_command
    file: BotFile, actor: Actor, place: Place, operation: str, account: str, region: str
) -> bool:
    """Say whether any rule could allow this, whatever the resource: asked before anything is read from AWS."""
    return foresee(file, actor, place, operation, account, region).allowed


def foresee(  # noqa: PLR0917  # as decide_command
    file: BotFile, actor: Actor, place: Place, operation: str, account: str, region: str
) -> Decision:
    """Decide as far as it can be before anything is read from AWS: a no is a no, a yes is decided on the plan."""
    try:
        return _foresee(file, Request(actor, place, operation, account, region, None, UNPLANNED, Effect.READS))
    except Exception as fault:  # noqa: BLE001  # as in decide
        return _no("Something broke while deciding, so the answer is no.", fault=f"{type(fault).__name__}: {fault}")


def outsiders(place: Place) -> str:
    """Say why nothing is allowed in a place that another company may read; empty for our own places."""
    if place.shared is None:
        return "Slack does not say whether another company reads along here, so nothing is allowed here."
    return "Another company reads along here, so nothing is allowed here." if place.shared else ""


def requests(
    plan: Plan, *, actor: Actor, place: Place, account: str, account_id: str, region: str, effect: Effect
) -> tuple[Request, ...]:
    """Turn a plan into what has to be decided: each call once for each id it touches.

    An id that the plan did not look at counts as one whose tags cannot be read.
    """
    known = {resource.id: resource for resource in plan.resources}
    return tuple(
        Request(actor, place, call.operation, account, region, resource, call.params, effect, account_id)
        for call in plan.calls
        for resource in _touched(call, known)
    )


def _touched(call: Call, known: Mapping[str, Resource]) -> list[Resource | None]:
    return [known.get(each) or Resource(each) for each in call.ids] or [None]


def _decide(file: BotFile, request: Request) -> Decision:
    barred = _barred(request) or _foreign(request)
    if barred:
        return _no(barred, refused=_ids(request))
    never = floor.never(request)
    if never:
        return _no(floor.why_never(request, never), refused=_ids(request), layer="floor")
    applying = sorted((rule for rule in file.rules if not differs(rule, request)), key=lambda rule: rule.id)
    denying = tuple(rule.id for rule in applying if rule.effect != "allow")
    if denying:
        return _no(f"Denied by {_listed(denying)}: {_what(request)}.", rules=denying, refused=_ids(request))
    if not applying:
        return _no(f"No rule allows {_what(request)}.", refused=_ids(request))
    reaching = [rule for rule in applying if reaches(rule, request, file)]
    return _yes(reaching, request) if reaching else _short(applying, request, file)


def _foresee(file: BotFile, request: Request) -> Decision:
    barred, never = _barred(request), floor.never(request)
    if barred:
        return _no(barred)
    if never:
        return _no(floor.why_never(request, never), layer="floor")
    about = [rule for rule in file.rules if not differs_before(rule, request)]
    denying = tuple(rule.id for rule in about if rule.effect != "allow" and not asks_for_more(rule))
    if denying:
        return _no(f"Denied by {_listed(denying)}: {_what(request)}.", rules=denying)
    allowing = [rule for rule in about if rule.effect == "allow"]
    reaching = [rule for rule in allowing if reaches(rule, request, file)]
    if not allowing:
        return _no(f"No rule allows {_what(request)}.")
    return _yes(reaching, request) if reaching else _short(allowing, request, file)


def _short(applying: list[Rule], request: Request, file: BotFile) -> Decision:
    """Refuse what rules allow by a wildcard only, and no wildcard reaches."""
    why = floor.why_held(request, floor.holds(request, file))
    return _no(why, rules=tuple(rule.id for rule in applying), refused=_ids(request), layer="floor")


def _yes(applying: list[Rule], request: Request) -> Decision:
    granting = tuple(rule.id for rule in applying)
    usual = Needs.NOTHING if request.effect is Effect.READS else Needs.CONFIRM
    needs = min((rule.needs or usual for rule in applying), key=_NEEDS.index)
    audience = min((rule.audience or Audience.CHANNEL for rule in applying), key=_AUDIENCES.index)
    if floor.private(request.operation):
        audience = Audience.ASKER
    return Decision(True, needs, audience, f"Allowed by {_listed(granting)}: {_what(request)}.", granting)


def _together(pairs: list[tuple[Request, Decision]]) -> Decision:
    refusals = [decision for _, decision in pairs if not decision.allowed]
    decisions = refusals or [decision for _, decision in pairs]
    return Decision(
        allowed=not refusals,
        needs=max((each.needs for each in decisions), key=_NEEDS.index),
        audience=max((each.audience for each in decisions), key=_AUDIENCES.index),
        reason=" ".join(dict.fromkeys(each.reason for each in decisions)),
        rules=tuple(sorted({rule for each in decisions for rule in each.rules})),
        refused=tuple(dict.fromkeys(id_ for each in decisions for id_ in each.refused)),
        fault="; ".join(dict.fromkeys(each.fault for each in decisions if each.fault)),
        layer=next((each.layer for each in refusals if each.layer != "allowlist"), "allowlist"),
    )


# From the least demanding to the most.
_NEEDS = (Needs.NOTHING, Needs.CONFIRM)
_AUDIENCES = (Audience.CHANNEL, Audience.ASKER)


def _no(reason: str, **more: Any) -> Decision:
    return Decision(False, Needs.CONFIRM, Audience.ASKER, reason, **more)


def _ids(request: Request) -> tuple[str, ...]:
    return (request.resource.id,) if request.resource else ()


def _listed(rules: tuple[str, ...]) -> str:
    return ("rule " if len(rules) == 1 else "rules ") + ", ".join(rules)


def _what(request: Request) -> str:
    return request.operation + ("" if own(request) else f" in {request.account}")


def _barred(request: Request) -> str:
    if not request.actor.user:
        return "I do not know who is asking."
    if request.actor.kind == "report" and request.effect is not Effect.READS:
        return "A report only reads."
    if outsiders(request.place):
        return outsiders(request.place)
    if not own(request) and not (request.account and request.region):
        return "An account and a Region have to be named."
    return ""


def _foreign(request: Request) -> str:
    """Say so where the resource's ARN is of another account or Region than the request's. Raises on a broken ARN."""
    for arn in (request.resource.arn, request.resource.id) if request.resource else ():
        if not arn.startswith("arn:"):
            continue
        _, _, _, region, account, _ = arn.split(":", 5)
        if account and account != request.account_id:
            return f"That is in another account than {request.account}."
        if region and region != request.region:
            return f"That is in another Region than {request.region}."
    return ""
