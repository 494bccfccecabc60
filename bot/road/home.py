"""What concerns one person right now: what they may do, what waits for them, what is in flight where they are.

A card that waits stands here whole, with its calls: what is confirmed here is what was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from bot.actor import Actor, Place
from bot.reply import Bold, Note, Part, Reply, Span, Text, User, note, text
from bot.road.cards import card
from bot.road.desk import Desk
from bot.road.own_words import VERSION
from bot.store.runs import Run, State

HERE = Place(direct=True)
"""The Home tab is between a person and the bot, as a direct message is."""
_CARDS = 4
_LINES = 8
_FLYING = (State.ARMED, State.SENDING, State.FOLLOWING, State.UNKNOWN)

Section = Callable[[Actor], Iterable[Part]]


class Home:
    """Says what there is to say to one person. `members` tells who is in a channel; `sections` are other parts' own."""

    def __init__(self, desk: Desk, members: Callable[[str], Iterable[str]], sections: Sequence[Section] = ()) -> None:
        self.desk = desk
        self.members = members
        self.sections = sections

    def shown_to(self, user: str, team: str) -> Reply:
        """Return what somebody sees. Raises Refused for everybody who is not a full member."""
        desk = self.desk
        actor = desk.directory.actor(user, (team,))
        if desk.law.locked:
            return Reply(f"Locked: {desk.law.locked} Until it is mended, nothing runs.", (self._health(),), "fail")
        runs = desk.runs.open()
        own = chain.from_iterable(section(actor) for section in self.sections)
        parts = (*self._waiting(actor, runs), *self._flying(actor, runs), *own, *self._rights(actor), self._health())
        return Reply(f"AWS for {actor.name or actor.user}", parts)

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
        yield Text(tuple(span for n, line in enumerate(lines) for span in (("\n",) * bool(n) + line)))
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

    def _rights(self, actor: Actor) -> Iterable[Part]:
        may = self.desk.rights(actor, HERE)
        yield text(Bold("You may"))
        yield from ((text(line) for line in may.split("; ")) if may else (text("help and whoami, nothing else"),))
        yield note("Some rights hold in certain channels only: /aws whoami says what holds where you type it.")

    def _health(self) -> Note:
        facts = [f"{name}: {value}" for name, value in self.desk.pulse.slack().items()]
        return note(" · ".join([f"aws-slack-bot {VERSION}", *facts]))
