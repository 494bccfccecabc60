"""Why a decision is what it is: the decision, by the functions production uses, and what each rule said to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.action import Action
from bot.actor import Actor, Place
from bot.command import Call, Command, Effect, Plan, Resource
from bot.config.botfile import BotFile, Rule
from bot.policy.decide import Decision, decide_all, read_request, requests
from bot.policy.match import Request, differs
from bot.policy.reach import reaches


@dataclass(frozen=True, slots=True)
class Checked:
    """A decision, and one line a rule about why it counted or did not."""

    decision: Decision
    lines: tuple[str, ...]


def check(file: BotFile, asked: Iterable[Request]) -> Checked:
    """Decide requests and let each rule say why it applied, or which of its keys kept it from applying."""
    asked = tuple(asked)
    lines = (_line(rule, request, file) for request in asked for rule in sorted(file.rules, key=lambda each: each.id))
    return Checked(decide_all(file, asked), tuple(lines))


def asked_without_aws(file: BotFile, actor: Actor, place: Place, command: Command, action: Action) -> list[Request]:
    """Return what a typed command asks for, without looking at AWS: so nothing is known of tags and parameters.

    Words that are no selectors are taken as ids. An allow rule that asks about a tag will not apply, a deny rule will.
    Raises UsageError where bot.yml has no such account.
    """
    if not action.account and command.calls[:1] and command.calls[0].startswith("bot:"):
        return [read_request(actor, place, command, "", "")]
    if command.wide and not action.account:
        return [read_request(actor, place, command, name, each.region) for name, each in file.accounts.items()]
    about = file.account(action.account)
    if command.effect is Effect.READS:
        return [read_request(actor, place, command, about.name, action.region)]
    ids = tuple(word for word in action.words if "=" not in word)
    plan = Plan("", (Call(command.calls[0], {}, ids),), tuple(map(Resource, ids)))
    found = requests(
        plan,
        actor=actor,
        place=place,
        account=about.name,
        account_id=about.id,
        region=action.region,
        effect=command.effect,
    )
    return list(found)


def _line(rule: Rule, request: Request, file: BotFile) -> str:
    key = differs(rule, request) or ("" if reaches(rule, request, file) else "actions: no wildcard reaches this")
    about = f" {request.resource.id}" if request.resource else ""
    verdict = f"does not apply, by its {key}" if key else "applies"
    return f"{request.operation}{about}: {rule.id} ({rule.effect}) {verdict}"
