"""Who may use an operation: everybody whom an allow rule names for it, where the whole of bot.yml lets them.

Each is asked about as somebody who could be there, by the function that production asks before it reads anything.
A rule that is only observed, or that lets people only ask, makes nobody a holder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.actor import Actor, Place
from bot.aws.catalogue import effect
from bot.command import Effect
from bot.config.botfile import BotFile, Rule, Who
from bot.glob import matches
from bot.policy.decide import Outcome
from bot.policy.match import UNPLANNED, Request
from bot.policy.reach import reaches
from bot.policy.rights import accounts_of, grants

EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who may: an id, or `everyone`; by which rule, and in which accounts (none for a word of the bot)."""

    who: str
    rule: Rule
    accounts: tuple[str, ...]


def holders(file: BotFile, operation: str) -> tuple[Holder, ...]:
    """Return who may, rule by rule."""
    return tuple(
        Holder(who, rule, where)
        for rule in file.rules
        if grants(rule, Outcome.RUN) and matches(rule.actions, operation) and reaches(rule, _any(operation), file)
        for who, actor in _named(rule.who, operation)
        if (where := accounts_of(file, rule, actor, Place(), operation))
    )


def deniers(file: BotFile, operation: str) -> tuple[Rule, ...]:
    """Return the rules that deny it to somebody somewhere."""
    denying = (rule for rule in file.rules if rule.effect != "allow" and rule.mode == "enforce")
    return tuple(rule for rule in denying if matches(rule.actions, operation))


def _any(operation: str) -> Request:
    return Request(Actor("slack", ""), Place(), operation, "", "", None, UNPLANNED, Effect.READS)


def _named(who: Who, operation: str) -> Iterator[tuple[str, Actor]]:
    """Yield whom a rule names, each as somebody who could ask; a report only reads."""
    for group in who.groups:
        yield group, Actor("slack", f"of {group}", groups=frozenset({group}))
    for user in who.users:
        yield user, Actor("slack", user)
    if who.everyone:
        yield EVERYONE, Actor("slack", EVERYONE)
    for name in who.terminal:
        yield name, Actor("terminal", name)
    if operation.startswith("bot:") or effect(operation) is Effect.READS:
        yield from ((name, Actor("report", name)) for name in who.reports)
