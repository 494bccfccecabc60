"""`policy who-can | explain`: who may do something, and what the rules say to a command before anybody types it.

Everybody may have their own commands explained; other people's take the right `bot:ExplainPolicy`. Resources are looked
up in AWS only as far as the asker could have had them looked up by typing the command.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from bot.action import Action, shown
from bot.actor import Actor
from bot.aws import models
from bot.command import Command, Effect, Plan
from bot.config.botfile import Rule
from bot.config.names import BOT_OPERATIONS, did_you_mean
from bot.errors import BotError, Refused, UsageError
from bot.params import Rest, Shape
from bot.parse import parse
from bot.policy import wide
from bot.policy.check import asked_without_aws
from bot.policy.decide import decide, reachable, requests
from bot.policy.holders import EVERYONE, deniers, holders
from bot.policy.match import Request
from bot.policy.rights import limit
from bot.policy.why import why
from bot.reply import Part, Reply, Table, note, text
from bot.road import limits
from bot.road.denials import in_words
from bot.road.halted import halted_account
from bot.road.own_words import Asking, word
from bot.road.reports import as_typed

_UNKNOWN = note("AWS was not asked, so nothing is known of tags, states and the call's parameters.")


def who_can(
    asking: Asking,
    operation: Annotated[tuple[str, ...], "an operation (ec2:StopInstances) or a command (ec2 stop)"],
) -> Reply:
    """Show who may use an operation, by which rule, and within which limits."""
    named = _operation(asking, " ".join(operation))
    file = asking.desk.law.file
    rows = tuple(
        (_called(asking, each.who), _within(each.rule, each.accounts), each.rule.id) for each in holders(file, named)
    )
    denied = tuple(text(f"{each.id} denies it {_within(each, each.accounts)}.") for each in deniers(file, named))
    if not rows:
        return Reply(f"Nobody may {named}: no rule of bot.yml allows it", denied, "ok")
    return Reply(f"Who may {named}", (Table(("Who", "Where and what", "Rule"), rows), *denied), "ok")


def explain(
    asking: Asking,
    command: Annotated[tuple[str, ...], "the command, with its options", Rest()],
    *,
    user: Annotated[str | None, "somebody else: U…", Shape(r"[UW][A-Z0-9]{2,}", "a member id (U…)")] = None,
) -> Reply:
    """Explain what the rules say to a command: yours, or somebody else's."""
    desk = asking.desk
    actor = asking.actor if user in (None, asking.actor.user) else _other(asking, user or "")
    action = parse(as_typed(command), desk.commands, desk.law.defaults, allowed=asking.may)
    found = desk.commands.of(action)
    if found.free:
        return Reply(f"{action}: needs no rule", (), "ok")
    desk.law.open(action.account, action.region)
    asked, looked = _asked(asking, actor, found, action)
    asked, rest = wide.parted(desk.law.file, asked) if found.wide else (asked, ())
    said = in_words(desk, str(action), why(desk.law.file, asked, str(action)))
    unknown: tuple[Part, ...] = () if looked or found.effect is Effect.READS else (_UNKNOWN,)
    whose: tuple[Part, ...] = (note(f"As {actor.name or actor.user}, here."),)
    left: tuple[Part, ...] = (text(wide.left_out(rest)),) if rest else ()
    return Reply(said.summary, (*said.parts, *left, *whose, *unknown), said.sign)


def policy_words() -> tuple[Command, ...]:
    """Return the words about the policy as commands, shaped like all others."""
    return (
        word(who_can, ("bot:WhoCan",), "policy who-can ec2:StopInstances", "policy"),
        word(explain, (), 'policy explain "ec2 list"', "policy"),
    )


def _operation(asking: Asking, typed: str) -> str:
    """Read an operation, or a command as the operation that it needs first. Raises UsageError."""
    service, _, verb = typed.partition(" ")
    command = asking.desk.commands.find(service, verb.strip())
    if command and command.calls:
        return command.calls[0]
    if typed in BOT_OPERATIONS or models.exists(typed):
        return typed
    raise UsageError(f"I know no operation {shown(typed)}{did_you_mean(models.suggest(typed)) or '.'}")


def _within(rule: Rule, accounts: tuple[str, ...]) -> str:
    return limit(rule, tuple(filter(None, accounts)), rule.channels or ())


def _called(asking: Asking, who: str) -> str:
    if who == EVERYONE:
        return "everybody in the workspace"
    name = asking.desk.directory.name(who)
    return name if name == who else f"{name} ({who})"


def _other(asking: Asking, user: str) -> Actor:
    """Vouch for somebody else. Raises Refused where the asker may not have others explained."""
    request = Request(
        asking.actor, asking.place, "bot:ExplainPolicy", "", "", None, {}, Effect.READS, at=asking.desk.now()
    )
    if not decide(asking.desk.law.file, request).allowed:
        raise Refused("Whoever may bot:ExplainPolicy can have other people's rights explained.", layer="policy")
    return asking.desk.directory.actor(user, (asking.actor.team,))


def _asked(asking: Asking, actor: Actor, command: Command, action: Action) -> tuple[Iterable[Request], bool]:
    """Return what would be decided, and whether AWS was asked about the resources."""
    desk = asking.desk
    plan = _plan(asking, command, action)
    if plan is None or not plan.calls:
        return asked_without_aws(desk.law.file, actor, asking.place, command, action, desk.now()), False
    about = desk.law.opened(action.account, action.region)
    asked = requests(
        plan,
        actor=actor,
        place=asking.place,
        account=about.name,
        account_id=about.id,
        region=action.region,
        effect=command.effect,
        at=desk.now(),
    )
    return asked, True


def _plan(asking: Asking, command: Command, action: Action) -> Plan | None:
    """Look at AWS as the command would, where the asker could have by typing it; None where not."""
    desk, file = asking.desk, asking.desk.law.file
    if command.effect is Effect.READS or asking.run is None:
        return None
    if halted_account(desk, action.account):
        return None
    limits.may_look(desk, asking.actor)
    where = (action.account, action.region)
    if not all(reachable(file, asking.actor, asking.place, each, *where, at=desk.now()) for each in command.calls):
        return None
    try:
        return desk.plan(asking.run, command, action)
    except BotError:
        return None
