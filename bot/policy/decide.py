"""The decision: may this person do this, here, to this one thing? Pure, and no is the answer to every doubt.

Who asks comes first, then freezes, then the rules. Whatever is not granted by an allow rule is refused; a deny rule
beats every allow; the order of rules never counts, and a rule that is only observed never does. An error while deciding
is a refusal. Where another company reads along, nothing is allowed at all. When a rule applies to a request stands in
`match.py`. Limits are not here: what is left of them is for the store to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.actor import Actor, Place
from bot.aws.foreign import Home, foreign
from bot.command import Audience, Call, Command, Effect, Plan, Resource
from bot.config.botfile import BotFile, Needs, Rule
from bot.policy import floor, freeze
from bot.policy.decision import AUDIENCES, NEEDS, Decision, Outcome, together, worth
from bot.policy.decision import no as _no
from bot.policy.match import UNPLANNED, Request, asks_for_more, differs, differs_before, named, own
from bot.policy.production import known
from bot.policy.reach import reaches

__all__ = [
    "Decision",
    "Needs",
    "Outcome",
    "Request",
    "decide",
    "decide_all",
    "decide_command",
    "outsiders",
    "reach",
    "reachable",
    "read_request",
    "requests",
]


def decide(file: BotFile, request: Request) -> Decision:
    """Decide one operation on one resource. Never raises: an error is a refusal with its `fault`."""
    try:
        return _decide(file, request)
    except Exception as fault:  # noqa: BLE001  # whatever goes wrong here, the answer is no
        return _broken(fault)


def decide_all(file: BotFile, asked: Iterable[Request]) -> Decision:
    """Decide several as one: one refused refuses all, and the most demanding of them counts. Nothing is a refusal."""
    try:
        decisions = [decide(file, request) for request in asked]
        return together(decisions) if decisions else _no("There is nothing to decide.")
    except Exception as fault:  # noqa: BLE001  # as in decide
        return _broken(fault)


def _broken(fault: Exception) -> Decision:
    return _no("Something broke while deciding, so the answer is no.", fault=f"{type(fault).__name__}: {fault}")


def decide_command(  # noqa: PLR0917  # who, where and what, in the order of a sentence
    file: BotFile, actor: Actor, place: Place, command: Command, account: str, region: str, *, at: float | None = None
) -> Decision:
    """Decide a command that reads, or a word of the bot, by its first declared call.

    A command that changes is refused: it is decided on its plan, by `decide_all(file, requests(...))`. So is one
    that declares no call: that help and whoami need no rule is for their caller to know.
    """
    if command.effect is not Effect.READS or not command.calls:
        return _no(f"{command.name} is decided on what it would do, not on its name.")
    decision = decide(file, read_request(actor, place, command, account, region, at=at))
    private = any(floor.private(operation) for operation in command.calls)
    return replace(decision, audience=Audience.ASKER) if private else decision


def read_request(
    actor: Actor, place: Place, command: Command, account: str, region: str, *, at: float | None = None
) -> Request:
    """Return what has to be decided for a command that reads."""
    return Request(actor, place, command.calls[0], account, region, None, {}, command.effect, at=at)


def reachable(  # noqa: PLR0917  # as decide_command
    file: BotFile, actor: Actor, place: Place, operation: str, account: str, region: str, *, at: float | None = None
) -> bool:
    """Say whether any rule could let this run, whatever the resource: asked before anything is read from AWS."""
    return reach(file, actor, place, operation, account, region, at=at) is Outcome.RUN


def reach(  # noqa: PLR0917  # as decide_command
    file: BotFile, actor: Actor, place: Place, operation: str, account: str, region: str, *, at: float | None = None
) -> Outcome:
    """Return the most that the rules could let this be, whatever the resource; without `at`, at any time."""
    try:
        request = known(file, Request(actor, place, operation, account, region, None, UNPLANNED, Effect.READS, at=at))
        if _barred(request) or floor.never(request):
            return Outcome.NO
        enforced = (rule for rule in file.rules if rule.mode == "enforce" and not differs_before(rule, request))
        about = [rule for rule in enforced if reaches(rule, request, file)]
        if any(rule.effect != "allow" and not asks_for_more(rule, request) for rule in about):
            return Outcome.NO
        return max((Outcome(rule.grant) for rule in about if rule.effect == "allow"), key=worth, default=Outcome.NO)
    except Exception:  # noqa: BLE001  # as in decide
        return Outcome.NO


def outsiders(place: Place) -> str:
    """Say why nothing is allowed in a place that another company may read; empty for our own places."""
    if place.shared is None:
        return "Slack does not say whether another company reads along here, so nothing is allowed here."
    return "Another company reads along here, so nothing is allowed here." if place.shared else ""


def requests(
    plan: Plan,
    *,
    actor: Actor,
    place: Place,
    account: str,
    account_id: str,
    region: str,
    effect: Effect,
    at: float | None = None,
) -> tuple[Request, ...]:
    """Turn a plan into what has to be decided: each call once for each id it touches.

    An id that the plan did not look at counts as one whose tags cannot be read.
    """
    known = {resource.id: resource for resource in plan.resources}
    return tuple(
        Request(
            *(actor, place, call.operation, account, region, resource, call.params, effect, account_id, at),
            count=call.makes,
        )
        for call in plan.calls
        for resource in _touched(call, known)
    )


def _touched(call: Call, known: Mapping[str, Resource]) -> list[Resource | None]:
    return [known.get(each) or Resource(each) for each in call.ids] or [None]


def _decide(file: BotFile, request: Request) -> Decision:
    barred = _barred(request)
    if barred:
        return barred
    never = floor.never(request)
    if never:
        return _no(floor.why_never(request, never), refused=_ids(request), layer="floor")
    request = known(file, request)
    frozen = freeze.freezing(file, request)
    if frozen:
        return _no(freeze.told(frozen), refused=_ids(request), layer="freeze")
    return _by_rules(file, request)


def _by_rules(file: BotFile, request: Request) -> Decision:
    enforced = [rule for rule in file.rules if rule.mode == "enforce" and _applies(file, rule, request)]
    observed = [rule for rule in file.rules if rule.mode != "enforce" and _seems_to_apply(file, rule, request)]
    would = ((rule.id, _ruled([*enforced, rule], request).outcome) for rule in observed)
    decision = _ruled(enforced, request) if enforced else _held(file, request)
    return replace(decision, observed=tuple(sorted(would)))


def _held(file: BotFile, request: Request) -> Decision:
    """Refuse what no rule reaches; where some would apply, were it not for the floor, say that."""
    near = [rule for rule in file.rules if rule.mode == "enforce" and not differs(rule, request)]
    floored = floor.holds(request, file) if near else ()
    if not floored:
        return _ruled([], request)
    ids = tuple(sorted(rule.id for rule in near))
    return _no(floor.why_held(request, floored), rules=ids, refused=_ids(request), layer="floor")


def _applies(file: BotFile, rule: Rule, request: Request) -> bool:
    return not differs(rule, request) and reaches(rule, request, file)


def _seems_to_apply(file: BotFile, rule: Rule, request: Request) -> bool:
    """An observed rule that breaks keeps nothing from being decided."""
    try:
        return _applies(file, rule, request)
    except Exception:  # noqa: BLE001  # it decides nothing
        return False


def _ruled(applying: list[Rule], request: Request) -> Decision:
    """Decide by the rules that apply."""
    denying = tuple(sorted(rule.id for rule in applying if rule.effect != "allow"))
    if denying:
        return _no(f"Denied by {_listed(denying)}: {_what(request)}.", rules=denying, refused=_ids(request))
    abroad = _foreign(request, frozenset())
    if abroad:
        applying = [rule for rule in applying if not _foreign(request, named((rule,)))]
    running = [rule for rule in applying if rule.grant == "run"]
    if running:
        return _yes(sorted(running, key=lambda rule: rule.id), request)
    if not applying:
        return _no(abroad or f"No rule allows {_what(request)}.", refused=_ids(request))
    asking = tuple(sorted(rule.id for rule in applying))
    reason = f"{_what(request)} may be asked for, by {_listed(asking)}: {APPROVAL}"
    return _no(reason, outcome=Outcome.REQUEST, rules=asking, refused=_ids(request), layer="approval")


def _yes(applying: list[Rule], request: Request) -> Decision:
    granting = tuple(rule.id for rule in applying)
    usual = Needs.NOTHING if request.effect is Effect.READS else Needs.CONFIRM
    needs = min((rule.needs or usual for rule in applying), key=NEEDS.index)
    audience = min((rule.audience or Audience.CHANNEL for rule in applying), key=AUDIENCES.index)
    if floor.private(request.operation):
        audience = Audience.ASKER
    return Decision(Outcome.RUN, needs, audience, f"Allowed by {_listed(granting)}: {_what(request)}.", granting)


APPROVAL = "a second person has to approve it, and approving is not part of this release. Nothing was done."


def _ids(request: Request) -> tuple[str, ...]:
    return (request.resource.id,) if request.resource else ()


def _listed(rules: tuple[str, ...]) -> str:
    return ("rule " if len(rules) == 1 else "rules ") + ", ".join(rules)


def _what(request: Request) -> str:
    return request.operation + ("" if own(request) else f" in {request.account}")


def _barred(request: Request) -> Decision | None:
    """Refuse what no rule is asked about."""
    if not request.actor.user:
        why, layer = "I do not know who is asking.", "identity"
    elif request.actor.kind == "report" and request.effect is not Effect.READS:
        why, layer = "A report only reads.", "identity"
    elif outsiders(request.place):
        why, layer = outsiders(request.place), "place"
    elif not own(request) and not (request.account and request.region):
        why, layer = "An account and a Region have to be named.", "allowlist"
    else:
        return None
    return _no(why, refused=_ids(request), layer=layer)


def _foreign(request: Request, granted: frozenset[str]) -> str:
    """Say so where the call is about another account or Region than the request's, but for the ARNs that are granted.

    Raises on a broken ARN.
    """
    home = Home(request.account_id, request.region, granted)
    for arn in (request.resource.arn, request.resource.id) if request.resource else ():
        where = home.elsewhere(arn) if arn.startswith("arn:") else ""
        if where:
            return f"That is in another {where} than {getattr(request, where.lower())}."
    name = foreign(request.operation, request.params, home)
    return f"{name} names what is in another account or Region, and no rule names it in full." if name else ""
