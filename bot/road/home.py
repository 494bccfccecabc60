"""What concerns one person right now: what they may do, what waits for them, what is in flight where they are.

A card that waits stands here whole, with its calls: what is confirmed here is what was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.actor import Actor, Place
from bot.errors import Refused
from bot.policy.decide import Outcome
from bot.reply import Bold, Mono, Note, Part, Reply, Span, Text, User, note, text
from bot.road.cards import card
from bot.road.desk import Desk
from bot.road.notices import owner_of
from bot.road.own_words import NEEDS_TWO, VERSION
from bot.store.database import new_id
from bot.store.reports import Report
from bot.store.runs import Run, State
from bot.when import clock

HERE = Place(direct=True)
"""The Home tab is between a person and the bot, as a direct message is."""
_CARDS = 4
_LINES = 8
_FLYING = (State.ARMED, State.SENDING, State.FOLLOWING, State.UNKNOWN)


class Home:
    """Says what there is to say to one person; `members` tells who is in a channel."""

    def __init__(self, desk: Desk, members: Callable[[str], Iterable[str]]) -> None:
        self.desk = desk
        self.members = members

    def shown_to(self, user: str, team: str) -> Reply:
        """Return what somebody sees. Raises Refused for everybody who is not a full member."""
        desk = self.desk
        try:
            actor = desk.directory.actor(user, (team,))
        except Refused as error:
            opened = Run(new_id(), State.REFUSED, team=team, user=user, text="[home]")
            desk.audit.write(desk.now(), "refused", opened, why=f"{error.layer}: {error.sentence}")
            raise
        if desk.law.locked:
            return Reply(f"Locked: {desk.law.locked} Until it is mended, nothing runs.", (self._health(),), "fail")
        runs = desk.runs.open()
        now = (*self._waiting(actor, runs), *self._flying(actor, runs), *self._reports(actor))
        return Reply(f"AWS for {actor.name or actor.user}", (*now, *self._rights(actor), self._health()))

    def _waiting(self, actor: Actor, runs: Iterable[Run]) -> Iterable[Part]:
        mine = [run for run in runs if run.state is State.ASKED and run.asker == actor.key]
        yield text(Bold("Waiting for you"))
        if not mine:
            yield note("Nothing waits for you.")
        for run in mine[:_CARDS]:
            shown = card(self.desk, run)
            yield text(Bold(shown.summary))
            yield from shown.parts
        if len(mine) > _CARDS:
            yield note(f"and {len(mine) - _CARDS} more, where you asked for them")

    def _flying(self, actor: Actor, runs: Iterable[Run]) -> Iterable[Part]:
        open_ = [run for run in runs if run.state in _FLYING and run.plan and not run.ended_at]
        seen = [run for run in open_ if self._concerns(actor, run)]
        yield text(Bold("In flight"))
        if not seen:
            yield note("Nothing is in flight.")
            return
        lines = [self._line(run) for run in seen[:_LINES]]
        yield _one_each(lines)
        if len(seen) > _LINES:
            yield note(f"and {len(seen) - _LINES} more")

    def _concerns(self, actor: Actor, run: Run) -> bool:
        """Whether it is theirs, or was told to everybody in a channel that they are in."""
        if run.asker == actor.key:
            return True
        return run.audience == "channel" and bool(run.channel) and actor.user in self.members(run.channel)

    def _line(self, run: Run) -> tuple[Span, ...]:
        by: tuple[Span, ...] = (", by ", User(run.by or run.user))
        return (card(self.desk, run).summary, *by)

    def _reports(self, actor: Actor) -> Iterable[Part]:
        """Name their own reports with what comes next; nothing where they have none."""
        mine = [report for report in self.desk.reports.all() if owner_of(report) == actor.key]
        if not mine:
            return
        yield text(Bold("Your reports"))
        yield _one_each((Mono(each.name), f" {each.command}, {_next(each)}") for each in mine[:_LINES])
        if len(mine) > _LINES:
            yield note(f"and {len(mine) - _LINES} more: /aws report list")

    def _rights(self, actor: Actor) -> Iterable[Part]:
        may = self.desk.rights(actor, HERE)
        yield text(Bold("You may"))
        yield from ((text(line) for line in may.split("; ")) if may else (text("help and whoami, nothing else"),))
        ask = self.desk.rights(actor, HERE, Outcome.REQUEST)
        if ask:
            yield text(Bold("You may ask for"))
            yield from (text(line) for line in ask.split("; "))
            yield note(f"{NEEDS_TWO}.")
        yield note("Some rights hold in certain channels only: /aws whoami says what holds where you type it.")

    def _health(self) -> Note:
        facts = [f"{name}: {value}" for name, value in self.desk.pulse.slack().items()]
        return note(" · ".join([f"aws-slack-bot {VERSION}", *facts]))


def _next(report: Report) -> str:
    return f"paused: {report.paused}" if report.paused else f"next {clock(report.next_at, report.zone)} ({report.zone})"


def _one_each(lines: Iterable[tuple[Span, ...]]) -> Text:
    """Put each on a line of its own."""
    spans: list[Span] = []
    for line in lines:
        spans += ["\n", *line] if spans else line
    return Text(tuple(spans))
