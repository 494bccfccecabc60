"""What goes below a run's message once it stands: the details in its thread, charts as pictures, files.

The pieces of an answer have an order, and the outbox counts how many were told, so that each is told once whatever
fails in between: one that Slack did not confirm is told again and says so. What Slack refuses for good is replaced by a
sentence. A file is deleted from the bot's disk when it was handed over or given up.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from bot import spool
from bot.actor import Actor
from bot.errors import SlackError
from bot.reply import Chart, File, Note, Part, Reply, Table, Text, note
from bot.road.desk import Desk
from bot.slack import mrkdwn
from bot.slack.blocks import message
from bot.slack.calls import NO_TOKEN, SlackCalls, passing
from bot.slack.lanes import Lanes
from bot.slack.pace import Pace
from bot.slack.pictures import alt_text, picture
from bot.slack.richness import as_rich_as_taken
from bot.slack.uploads import Outgoing, Uploads
from bot.store.outbox import Telling
from bot.store.runs import ENDED, Run
from bot.text import bytes_in_words, headline, line

log = logging.getLogger(__name__)

_LANES = 2
_SLOWEST = 50_000.0
"""Bytes a second below which an upload may be taken over by another process."""
_AGAIN = "Sent again: Slack did not confirm the first copy."
_CLOSED = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as a PNG, and what is read aloud in its place."""

    png: bytes
    alt: str


Draw = Callable[[Chart], Picture | None]


def drawn(chart: Chart) -> Picture | None:
    """Draw a chart; None where that cannot be done here: its numbers stand in the message anyhow."""
    png = picture(chart)
    return Picture(png, alt_text(chart)) if png else None


@dataclass(frozen=True, slots=True)
class Words:
    """Parts that make one message of the thread."""

    parts: tuple[Part, ...]


Piece = Words | Chart | File


def pieces(reply: Reply) -> tuple[Piece, ...]:
    """Part what goes below a message: the thread's messages, one a table, then pictures, then files."""
    everywhere = (*reply.parts, *reply.thread)
    charts = tuple(part for part in everywhere if isinstance(part, Chart))
    files = tuple(part for part in everywhere if isinstance(part, File))
    told = tuple(part for part in reply.thread if not isinstance(part, File))
    return (*map(Words, _messages(told)), *charts, *files)


def _messages(parts: Iterable[Part]) -> list[tuple[Part, ...]]:
    """Begin a new message with each further table (Slack takes one in a message), its heading with it."""
    groups: list[list[Part]] = []
    for part in parts:
        if not groups:
            groups.append([])
        if isinstance(part, Table) and any(isinstance(each, Table) for each in groups[-1]):
            heading = [groups[-1].pop()] if isinstance(groups[-1][-1], Text | Note) else []
            groups.append(heading)
        groups[-1].append(part)
    return [tuple(group) for group in groups]


class Below:
    """Tells the pieces of ended runs in threads of its own, so that a large file holds up no card."""

    def __init__(self, desk: Desk, calls: SlackCalls, uploads: Uploads, pace: Pace, draw: Draw) -> None:
        self._desk = desk
        self._calls = calls
        self._uploads = uploads
        self._pace = pace
        self._draw = draw
        self._stands: dict[str, int] = {}
        self.lanes = Lanes(_LANES, "below")

    def begin(self, row: Telling, run: Run, reply: Reply) -> bool:
        """Note that a run's message stands as it should; False where there is nothing more to tell below it."""
        if run.state not in ENDED or row.extras >= len(pieces(reply)):
            return False
        self._stands[run.id] = row.revision
        stands = {"channel": row.channel, "ts": row.ts, "doubtful": row.doubtful}
        self._desk.outbox.release(row, **stands, due_at=self._desk.now(), attempts=0, failed_since=0.0)
        return True

    def goes_on(self, row: Telling) -> bool:
        """Whether the message of a row is as it should be, so that only what goes below it is left."""
        return bool(row.ts) and self._stands.get(row.run) == row.revision

    def queue(
        self, row: Telling, run: Run, reply: Callable[[Run], Reply], told: Callable[[Telling, Run], None]
    ) -> None:
        """Tell what is left in a thread of its own; `told` is called when nothing is."""
        if not self._pace.seconds(row.channel):
            self.lanes.put(run.id, run.id, partial(self._take, row, run, reply, told))

    def _take(
        self, row: Telling, run: Run, reply: Callable[[Run], Reply], told: Callable[[Telling, Run], None]
    ) -> None:
        claimed = self._desk.outbox.claim(row, self._desk.now(), self._desk.owner)
        if claimed is None:
            return
        dropped = row.claimed_until > 0  # whoever had it before died while sending
        claimed = replace(claimed, doubtful=claimed.doubtful or dropped)
        try:
            done = self._all(claimed, run, pieces(reply(run)))
            if done:
                self._stands.pop(run.id, None)
                told(done, run)
        except Exception:
            log.exception("What goes below the message of run %s could not be told", run.id)
            held = self._desk.outbox.get(run.id) or claimed
            self._desk.outbox.release(held, due_at=self._desk.now() + 10)

    def _all(self, row: Telling, run: Run, todo: tuple[Piece, ...]) -> Telling | None:
        """Tell piece by piece, each written down when it was told; None where the rest has to wait."""
        for n, piece in enumerate(todo[row.extras :], row.extras):
            if self._pace.wait(row.channel):
                self._desk.outbox.release(row)
                return None
            held = self._desk.outbox.hold(row, self._desk.now() + _patience(piece))
            if held is None:
                return None
            row = held
            try:
                self._one(row, run, piece)
            except SlackError as error:
                if passing(error) or error.code in NO_TOKEN:
                    self._later(row, error)
                    return None
                self._instead(row, run, piece, error)
            self._done_with(piece)
            self._pace.well(row.channel)
            row = replace(row, extras=n + 1, doubtful=False)
            self._desk.outbox.count(row)
        return row

    def _one(self, row: Telling, run: Run, piece: Piece) -> None:
        again = _AGAIN if row.doubtful else ""
        if isinstance(piece, Words):
            parts = (*piece.parts, note(again)) if again else piece.parts
            thread = run.thread or row.ts
            as_rich_as_taken(lambda body: self._calls.post(row.channel, body, thread), Reply("Details", parts))
        elif isinstance(piece, Chart):
            made = self._picture(piece)
            if made:
                name = f"{line(piece.title)[:80] or 'chart'}.png"
                source = io.BytesIO(made.png)
                out = Outgoing(name, source, len(made.png), mrkdwn.neutral(again), made.alt)
                self._uploads.hand_over(out, row.channel, run.thread or row.ts)
        else:
            self._hand_over(piece, again, row.channel, run.thread or row.ts)

    def _picture(self, chart: Chart) -> Picture | None:
        """Draw a chart; where that fails, its numbers stand in the message anyhow."""
        try:
            return self._draw(chart)
        except Exception:
            log.exception("A chart could not be drawn")
            return None

    def _hand_over(self, file: File, words: str, channel: str, thread: str) -> None:
        if not spool.spooled(file.path):
            raise SlackError(f"{line(file.name)} is no longer here to hand over. Ask for it again.", code="gone")
        with Path(file.path).open("rb") as source:
            size = Path(file.path).stat().st_size
            self._uploads.hand_over(_outgoing(file, source, size, words), channel, thread)

    def _later(self, row: Telling, error: SlackError) -> None:
        """Try again when Slack may be asked again; a piece that may have been told says so then."""
        now = self._desk.now()
        if error.code == "ratelimited":
            self._pace.close(row.channel, error.retry_after or 1.0)
            self._desk.outbox.release(row)
            return
        pause = self._pace.trouble(row.channel, error.retry_after)
        log.warning("Slack did not take what goes below run %s (%s); again in %.1f s", row.run, error.code, pause)
        self._desk.outbox.release(
            row, due_at=now + pause, attempts=row.attempts + 1, doubtful=row.doubtful or error.ambiguous
        )

    def _instead(self, row: Telling, run: Run, piece: Piece, error: SlackError) -> None:
        """Say in a piece's place why it is not there: in the thread, or in person where that is closed too."""
        log.warning("Slack refused what goes below run %s (%s)", run.id, error.code)
        what = _what(piece)
        words = message(Reply(f"{what} could not be shown here. {error.sentence}", sign="fail"))
        here, person = (row.channel, run.thread or row.ts), (run.user if run.actor_kind == "slack" else "", "")
        for channel, thread in (person,) if error.code in _CLOSED and person[0] else (here, person):
            try:
                self._calls.post(channel, words, thread)
            except SlackError as refusal:
                if passing(refusal):
                    raise
                log.warning("Nor the sentence in its place (%s)", refusal.code)
            else:
                return

    def _done_with(self, piece: Piece) -> None:
        if isinstance(piece, File):
            spool.discard(piece.path)

    # ── a file that somebody asked for by a click ──

    def hand_over(self, run: Run, file: File, words: str, to: Actor) -> bool:
        """Put a file below a run's message; False where it went to somebody's direct messages. Raises SlackError."""
        try:
            if self._put_below(run, file, words):
                return True
            channel, ts = self._calls.post(to.user, message(Reply(f"{line(file.name)}: {words}", sign="ok")))
            self._hand_over(file, "", channel, ts)
            return False
        finally:
            spool.discard(file.path)

    def _put_below(self, run: Run, file: File, words: str) -> bool:
        row = self._desk.outbox.get(run.id)
        if run.audience == "asker" or row is None or not row.ts:
            return False
        try:
            self._hand_over(file, mrkdwn.neutral(words), row.channel, run.thread or row.ts)
        except SlackError as error:
            if error.code not in _CLOSED:
                raise
            return False
        return True


def _patience(piece: Piece) -> float:
    """How long this piece may take, in seconds, before another process may think that this one died."""
    return 60.0 + (piece.size / _SLOWEST if isinstance(piece, File) else 0.0)


def _outgoing(file: File, source: BinaryIO, size: int, words: str) -> Outgoing:
    return Outgoing(line(file.name)[:200] or "file", source, size, words)


def _what(piece: Piece) -> str:
    if isinstance(piece, File):
        return f"{line(piece.name)} ({bytes_in_words(piece.size)})"
    return f"The picture of {line(piece.title)}" if isinstance(piece, Chart) else headline(Reply("The details"))
