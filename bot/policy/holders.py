"""Who may use an operation: everybody whom an allow rule names for it, where the whole of bot.yml lets them.

Each is asked about as somebody who could be there, by the function that production asks before it reads anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.actor import Actor, Place
from bot.aws import models
from bot.command import Effect
from bot.config.botfile import Account, BotFile, Rule, Who
from bot.glob import matches
from bot.policy.decide import reachable
from bot.policy.match import UNPLANNED, Request
from bot.policy.reach import reaches

EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who may: an id, or `everyone`; by which rule, and in which accounts (none for a word of the bot)."""

    who: str
    rule: Rule
    accounts: tuple[str, ...]


def holders(file: BotFile, operation: str, account: str = "", region: str = "") -> tuple[Holder, ...]:
    """Return who may, rule by rule; in one account or Region where it is named."""
    return tuple(
        Holder(who, rule, accounts)
        for rule in file.rules
        if rule.effect == "allow" and matches(rule.actions, operation) and reaches(rule, _any(operation), file)
        for who, actor in _named(rule.who)
        if (accounts := tuple(_accounts(file, rule, actor, operation, account, region)))
    )


def deniers(file: BotFile, operation: str) -> tuple[Rule, ...]:
    """Return the rules that deny it to somebody somewhere."""
    return tuple(rule for rule in file.rules if rule.effect != "allow" and matches(rule.actions, operation))


def _any(operation: str) -> Request:
    return Request(Actor("slack", ""), Place(), operation, "", "", None, UNPLANNED, Effect.READS)


def _named(who: Who) -> Iterator[tuple[str, Actor]]:
    for group in who.groups:
        yield group, Actor("slack", f"of {group}", groups=frozenset({group}))
    for user in who.users:
        yield user, Actor("slack", user)
    if who.everyone:
        yield EVERYONE, Actor("slack", EVERYONE)
    for name in who.terminal:
        yield name, Actor("terminal", name)
    for name in who.reports:
        yield name, Actor("report", name)


def _accounts(  # noqa: PLR0917 - as decide_command
    file: BotFile, rule: Rule, actor: Actor, operation: str, account: str, region: str
) -> Iterator[str]:
    """Yield the accounts in which the rule is of use; a word of the bot's own happens in the account `""`."""
    places = [Place(channel) for channel in rule.channels or ("",)]
    if operation.startswith("bot:"):
        if any(reachable(file, actor, at, operation, "", "") for at in places):
            yield ""
        return
    for name, about in file.accounts.items():
        where = (region if about.takes(region) else "") if region else _region(rule, about)
        if account in {"", name} and where and any(reachable(file, actor, at, operation, name, where) for at in places):
            yield name


def _region(rule: Rule, about: Account) -> str:
    """Return the Region to ask about: the account's own, else the first that rule and account are open in, if any."""
    names = (about.region, *sorted(models.regions()))
    return next((name for name in names if matches(rule.regions or ("*",), name) and about.takes(name)), "")
