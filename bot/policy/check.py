"""Why a decision is what it is: the decision, by the functions production uses, and what each rule said to it.

Beside the rules it names the freezes and limits that are about what is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bot.action import Action
from bot.actor import Actor, Place
from bot.command import Command, Effect, Resource
from bot.config.botfile import BotFile, Rule
from bot.policy import freeze, limits, wide
from bot.policy.decide import Decision, decide_all, read_request
from bot.policy.match import UNPLANNED, Request, differs
from bot.policy.production import known
from bot.policy.reach import reaches


@dataclass(frozen=True, slots=True)
class Checked:
    """A decision, and one line a rule about why it counted or did not."""

    decision: Decision
    lines: tuple[str, ...]


def check(file: BotFile, asked: Iterable[Request]) -> Checked:
    """Decide requests and let each rule say why it applied, or which of its keys kept it from applying."""
    asked = tuple(asked)
    marked = [known(file, request) for request in asked]
    lines = (_line(file, rule, request) for request in marked for rule in sorted(file.rules, key=lambda each: each.id))
    return Checked(decide_all(file, asked), (*lines, *_beside(file, asked)))


def _beside(file: BotFile, asked: tuple[Request, ...]) -> Iterator[str]:
    """Name the freezes, whether in force or not, and the limits that what is asked comes under."""
    for each in file.freezes:
        about = [request for request in asked if freeze.concerns(each, request)]
        now = any(each in freeze.freezing(file, request) for request in about)
        if about:
            yield f"freeze {each.id} ({each.told}): {'in force' if now else 'not in force for this, now'}"
    for limit in limits.touching(file, asked):
        yield f"limit {limit.id}: {limit}"
    too_many = limits.too_many(file, asked)
    if too_many:
        yield too_many


def asked_without_aws(  # noqa: PLR0917  # who, where and what, in the order of a sentence
    file: BotFile, actor: Actor, place: Place, command: Command, action: Action, at: float | None = None
) -> list[Request]:
    """Return what a typed command asks for, without looking at AWS: so nothing is known of tags and parameters.

    Words that are no selectors are taken as ids. An allow rule that asks about a tag will not apply, a deny rule will.
    Raises UsageError where bot.yml has no such account.
    """
    if command.own:
        return [read_request(actor, place, command, "", "", at=at)]
    if command.wide:
        where = wide.places(file, action.account, action.region)
        return [read_request(actor, place, command, each.name, region, at=at) for each, region in where]
    about = file.account(action.account)
    read = read_request(actor, place, command, about.name, action.region, at=at)
    if command.effect is Effect.READS:
        return [read]
    change = replace(read, params=UNPLANNED, account_id=about.id)
    ids = [word for word in action.words if "=" not in word]
    return [replace(change, resource=Resource(each)) for each in ids] or [change]


def _line(file: BotFile, rule: Rule, request: Request) -> str:
    key = differs(rule, request)
    about = f" {request.resource.id}" if request.resource else ""
    verdict = f"does not apply, by its {key}" if key else "applies"
    if not key and not reaches(rule, request, file):
        verdict = "does not apply: no wildcard reaches this, so it has to be named in full"
    verdict = f"{verdict}, and is only observed" if rule.mode == "observe" and not key else verdict
    kind = "request" if rule.grant == "request" else rule.effect
    return f"{request.operation}{about}: {rule.id} ({kind}) {verdict}"
