"""`python -m bot check`: says whether bot.yml can be used, and decides a command as production would.

The decision is made by the functions that production uses, without AWS: so nothing is known of tags, states and the
parameters of calls. `python -m bot shell --dry-run` reads those too. Exit: 0 valid or allowed, 2 usage or a file that
cannot be used, 3 refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.action import Action
from bot.actor import Actor, Place
from bot.command import Command, Effect
from bot.config.botfile import BotFile
from bot.config.load import load
from bot.config.names import later
from bot.errors import Refused
from bot.parse import Commands, parse
from bot.policy import wide
from bot.policy.check import asked_without_aws
from bot.policy.check import check as explained
from bot.policy.decide import Outcome
from bot.policy.why import proposal
from bot.road.desk import Law
from bot.road.enrolment import checked
from bot.road.reading import postable
from bot.text import line

ALLOWED, REFUSED = 0, 3
_SHOWN = 3  # operations of a note
OUTCOMES = {
    Outcome.RUN: "allowed",
    Outcome.REQUEST: "asked for, and approved by a second person",
    Outcome.NO: "refused",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What to decide: the words that would be typed, by whom (`U…`, and `S…` where known), in which channel."""

    words: str
    user: str
    groups: tuple[str, ...] = ()
    channel: str = ""


Vouch = Callable[[BotFile, Question], tuple[Actor, Place, str]]
"""Answers who asks and where, and with what certainty; raises Refused where Slack says that it is no full member."""


def check(path: Path, commands: Commands, question: Question | None, vouch: Vouch) -> int:
    """Print what is to be said of the file, or the decision; returns the exit code. Raises ConfigError, UsageError."""
    file = load(path, checked(commands))
    if not path.exists():
        print(missing(path))
    if question:
        return _decide(file, commands, question, vouch)
    if path.exists():
        print(_valid(path, file))
    for told in beyond(file):
        print(told)
    return ALLOWED


def missing(path: Path) -> str:
    """Say that there is no allowlist, and what follows from that."""
    return (
        f"There is no file {path}: that is an empty allowlist, and the bot answers help and whoami, nothing else. "
        "To write a first one: python -m bot init"
    )


def assumed(question: Question) -> tuple[Actor, Place, str]:
    """Take for granted what only Slack knows."""
    mine = frozenset(question.groups)
    actor = Actor("slack", question.user, groups=mine, settled=mine, name=question.user)
    groups = f"in {', '.join(question.groups)}" if question.groups else "in no user group (--group names one)"
    told = f"Slack was not asked: assumed are a full member {groups}, and a channel of your own that the bot is in."
    return actor, Place(question.channel, direct=question.channel.startswith("D")), told


def _valid(path: Path, file: BotFile) -> str:
    accounts = _counted(len(file.accounts), "account")
    names = f" ({', '.join(file.accounts)})" if file.accounts else ""
    nothing = " Nothing is allowed to anybody: the bot answers help and whoami." if file.empty else ""
    others = (("freeze", file.freezes), ("limit", file.limits), ("report", file.reports))
    more = "".join(f", {_counted(len(each), what)}" for what, each in others if each)
    return f"{path} is valid: {accounts}{names}, {_counted(len(file.rules), 'rule')}{more}.{nothing}"


def beyond(file: BotFile) -> Iterator[str]:
    """Say of each rule how many operations its wildcards match, but do not mean under the file's catalogue."""
    for rule in file.rules:
        found = later(rule.actions, file.catalogue) if rule.effect == "allow" else ()
        if found:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            yield (
                f"Note: wildcards of {rule.id} match {_counted(len(found), 'operation')} that catalogue "
                f"{file.catalogue} does not hold; denied unless named in full: {', '.join(found[:_SHOWN])}{more}."
            )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _decide(file: BotFile, commands: Commands, question: Question, vouch: Vouch) -> int:
    law = Law(file)
    action = parse(question.words, commands, law.defaults)
    command = commands.of(action)
    where = f" in {question.channel}" if question.channel else ""
    what = line(f"{action} by {question.user}{where}")
    try:
        actor, place, told = vouch(file, question)
        print(told)
        law.open(action.account, action.region)
        _seen(command, action, place)
    except Refused as error:
        print(f"Refused: {what}\nBy {error.layer}: {error.sentence}")
        return REFUSED
    if command.free:
        print(f"Allowed: {what}\nThis needs no rule.")
        return ALLOWED
    return _by_rules(file, actor, place, command=command, action=action, what=what)


def _seen(command: Command, action: Action, place: Place) -> None:
    """Refuse a change that nobody would see, as the engine does."""
    if command.effect is not Effect.READS and not action.private and not postable(place):
        raise Refused("The bot is not in this channel, so a change here would go unseen.", layer="place")


def _by_rules(file: BotFile, actor: Actor, place: Place, *, command: Command, action: Action, what: str) -> int:
    whole = asked_without_aws(file, actor, place, command, action, time.time())
    asked, rest = wide.parted(file, whole) if command.wide else (whole, ())
    found = explained(file, asked)
    decision = found.decision
    print(f"{'Allowed' if decision.allowed else 'Refused'}: {what}\n{decision.reason}")
    for rule, outcome in decision.observed:
        print(f"Observed: by {rule} it would be {OUTCOMES[outcome]}.")
    if decision.allowed:
        print(f"Needs: {decision.needs}. Audience: {decision.audience}.")
    if rest:
        print(wide.left_out(rest))
    for told in found.lines:
        print(f"  {line(told)}")
    if command.effect is not Effect.READS:
        options = " ".join(f"--{name}" for name, _ in action.options)
        unseen = f"Tags, states and the call's parameters{f' ({options})' if options else ''}"
        print(f"{unseen} are not known here: python -m bot shell --dry-run reads them.")
    proposed = "" if decision.allowed else proposal(file, tuple(asked), str(action))
    if proposed:
        print(f"The smallest rule that would allow it:\n{proposed}", end="")
    return ALLOWED if decision.allowed else REFUSED
