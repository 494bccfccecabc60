"""Tells Slack what became of each run: one message a run, edited in place, sent when Slack takes it.

A row of the outbox says that a run has something newer to tell; what is told is rendered when it is sent. What Slack
does not take waits and is told once when Slack is back, with the time it was away. Nothing here touches AWS.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from bot.errors import SlackError
from bot.reply import Reply, When, note
from bot.road.arrival import away_from_home
from bot.road.cards import card
from bot.road.desk import Desk
from bot.slack.below import Below, Draw, drawn, pieces
from bot.slack.blocks import message
from bot.slack.calls import NO_TOKEN, SlackCalls, passing
from bot.slack.lanes import Lanes
from bot.slack.pace import ANSWERS, UPDATES, Pace
from bot.slack.response_urls import ResponseUrls
from bot.slack.richness import as_rich_as_taken
from bot.slack.uploads import Uploads
from bot.store.database import new_id
from bot.store.outbox import PROGRESS, Telling
from bot.store.runs import Run, State

log = logging.getLogger(__name__)

_SWEEP_SECONDS = 0.5
_MOST_AT_ONCE = 500
_SPARE_EDITS = 5.0
"""Edits of the minute's budget that progress leaves to what is final."""
_HEAD_START_SECONDS = 3.0
"""How long other processes leave a new answer to the one that took the command: it alone knows the response_url."""
_AWAY_SECONDS = 2.0
"""A shorter absence of Slack's is not worth a line."""
_LOST_CARD = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_CLOSED_PLACE = frozenset({"not_in_channel", "channel_not_found", "is_archived", "restricted_action", "user_not_found"})


class Teller:
    """Works the outbox off, in its own few threads."""

    def __init__(self, desk: Desk, calls: SlackCalls, draw: Draw = drawn) -> None:
        self.desk = desk
        self.calls = calls
        self.urls = ResponseUrls(desk)
        self.pace = Pace(desk.now)
        self.below = Below(desk, calls, Uploads(calls), self.pace, draw)
        self.dead_token = ""
        self.mentioned: deque[str] = deque(maxlen=1000)
        """The newest runs that were asked for in a message: what answers them elsewhere leaves a pointer there."""
        self._lanes = Lanes()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="teller", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def close(self, seconds: float = 5.0) -> bool:
        """Tell what can be told in that time; the rest stays in the outbox. False where Slack still has to answer."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
            self._sweep_safely()
        closed = self._lanes.close(seconds)
        return self.below.lanes.close(seconds) and closed

    def adopt(self, run: str, channel: str, ts: str) -> None:
        """Learn from a click where a run's card stands, if the process that posted it died before it knew."""
        row = self.desk.outbox.get(run)
        if row and not row.ts and channel and ts:
            self.desk.outbox.adopt(run, channel, ts)

    def soon(self, job: Callable[[], None]) -> None:
        """Do something that asks Slack, away from the thread that has to acknowledge."""
        name = new_id()
        self._lanes.put(name, name, job)

    def check_token(self) -> None:
        """Ask Slack whether the bot's token still counts: without it commands arrive and nothing can be told."""
        try:
            self.calls.identity()
        except SlackError as error:
            self._heard_of_token(error)
        else:
            self.dead_token = ""

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(_SWEEP_SECONDS)
            self._wake.clear()
            self._sweep_safely()

    def _sweep_safely(self) -> None:
        try:
            self.sweep()
        except Exception:
            log.exception("The outbox could not be read")
            self._stop.wait(1)

    def sweep(self) -> None:
        """Queue every row that is due and that Slack may be told now, in order."""
        for row in self.desk.outbox.due(self.desk.now(), _MOST_AT_ONCE, self.desk.owner):
            run = self.desk.runs.get(row.run)
            if run is None:
                self.desk.outbox.release(row, told=row.revision)
            elif not self._left_to_another(row, run):
                self._queue(row, run)

    def _left_to_another(self, row: Telling, run: Run) -> bool:
        fresh = not row.ts and not row.attempts and self.desk.now() - row.due_at < _HEAD_START_SECONDS
        return fresh and run.owner not in ("", self.desk.owner)

    def _queue(self, row: Telling, run: Run) -> None:
        if self.below.goes_on(row):
            self.below.queue(row, run, self._reply, self._told)
            return
        key, spare = self._key(row, run), _SPARE_EDITS if row.rank == PROGRESS and row.ts else 0.0
        if not self.pace.seconds(key, spare):
            lane = run.id if key in (UPDATES, ANSWERS) else key
            self._lanes.put(lane, row.run, partial(self._take, row, key, spare))

    def _key(self, row: Telling, run: Run) -> str:
        """Name the budget that telling this row takes from."""
        if row.ts:
            return UPDATES
        if run.audience != "asker":
            return run.channel
        return ANSWERS if self._url(run) else self.desk.recipient(run) or run.user

    def _url(self, run: Run) -> str:
        """Return the response_url that a private answer goes by.

        A card needs a message that can be edited, and what goes below one needs a message with a thread.
        """
        url = "" if run.plan else self.urls.of(run.id)
        return "" if url and pieces(self._reply(run)) else url

    def _reply(self, run: Run) -> Reply:
        return self.desk.secrets.get(run.id) or card(self.desk, run)

    def _take(self, row: Telling, key: str, spare: float) -> None:
        """Claim a row when its turn has come, not before: what waits in a lane must not outlive its claim."""
        if self.pace.wait(key, spare):
            return
        claimed = self.desk.outbox.claim(row, self.desk.now(), self.desk.owner)
        if claimed:
            dropped = row.claimed_until > 0  # whoever had it before died while sending
            self._send_safely(replace(claimed, doubtful=claimed.doubtful or dropped))
            self.wake()

    def _send_safely(self, row: Telling) -> None:
        try:
            self.send(row)
        except Exception:
            log.exception("Run %s could not be told", row.run)
            self.desk.outbox.release(row, due_at=self.desk.now() + 10)

    def send(self, row: Telling) -> None:
        """Tell one run as it is now, or say in its row when to try again."""
        run = self.desk.runs.get(row.run)
        if run is None:
            self.desk.outbox.release(row, told=row.revision)
            return
        reply = self._reply(run)
        try:
            where = self._deliver(row, run, self._with_outage(row, run, reply))
        except SlackError as error:
            self._failed(row, run, error)
            return
        place = (where.get("channel", row.channel), where.get("ts", row.ts))
        stands = replace(row, channel=place[0], ts=place[1], doubtful=row.doubtful and bool(row.ts))
        if not (stands.ts and self.below.begin(stands, run, reply)):
            self._told(row, run, **where)

    def _deliver(self, row: Telling, run: Run, reply: Reply) -> dict[str, str]:
        """Send; returns where the message stands, for the row."""
        if row.ts:
            as_rich_as_taken(lambda body: self.calls.update(row.channel, row.ts, body), reply)
            return {}
        url = self._url(run) if run.audience == "asker" else ""
        if url and self._responded(run, url, reply):
            return {}
        private = run.audience == "asker"
        here = not private or (run.thread and run.channel.startswith("D"))
        channel, thread = (run.channel, run.thread) if here else (self.desk.recipient(run), "")
        posted = as_rich_as_taken(lambda body: self.calls.post(channel, body, thread), reply)
        if private:
            self._point_to_direct_message(run)
        return {"channel": posted[0], "ts": posted[1]}

    def _responded(self, run: Run, url: str, reply: Reply) -> bool:
        """Answer by the response_url; False where it is used up and the answer has to go by direct message."""
        try:
            as_rich_as_taken(lambda body: self.calls.respond(url, body), reply)
        except SlackError as error:
            if passing(error):
                raise
            log.info("Run %s: the answer goes by direct message (%s)", run.id, error.code)
            self.urls.drop(run.id)
            return False
        return True

    def _point_to_direct_message(self, run: Run) -> None:
        url = self.urls.of(run.id)
        hint = message(Reply("I answered you in a direct message."))
        if run.channel.startswith("D"):
            return
        if url:
            self.soon(partial(self._hint, run.id, lambda: self.calls.respond(url, hint)))
        elif run.id in self.mentioned:
            self.soon(
                partial(self._hint, run.id, lambda: self.calls.ephemeral(run.channel, run.user, hint, run.thread))
            )

    def _hint(self, run: str, give: Callable[[], None]) -> None:
        try:
            give()
        except SlackError as error:
            log.info("Run %s: no hint at the direct message (%s)", run, error.code)

    def _told(self, row: Telling, run: Run, **where: str) -> None:
        changes = {"told": row.revision, "attempts": 0, "failed_since": 0.0, "doubtful": False, **where}
        self.desk.outbox.release(row, **changes)
        self.desk.secrets.pop(run.id, None)
        self.pace.well(self._key(row, run))
        if row.ts or where:
            self.dead_token = ""
        if not run.plan:
            self.urls.drop(run.id)

    def _with_outage(self, row: Telling, run: Run, reply: Reply) -> Reply:
        extra = []
        if row.failed_since and self.desk.now() - row.failed_since >= _AWAY_SECONDS:
            away = When(_at(row.failed_since)), When(_at(self.desk.now()))
            told = (": ", reply.summary, " ", When(_at(run.ended_at))) if run.ended_at else ()
            extra.append(note("While Slack was away ", away[0], "–", away[1], *told))
        if row.doubtful and not row.ts:
            extra.append(note("Sent again: Slack did not confirm the first copy."))
        return replace(reply, parts=(*reply.parts, *extra)) if extra else reply

    def _failed(self, row: Telling, run: Run, error: SlackError) -> None:
        """Decide what a refusal of Slack's means for a row: later, elsewhere, anew, or never."""
        if error.code == "ratelimited":
            self.pace.close(self._key(row, run), error.retry_after or 1.0)
            self.desk.outbox.release(row)  # its moment stays: it keeps its place in the order
        elif row.ts and error.code in _LOST_CARD:
            self.desk.outbox.release(row, ts="", channel="", due_at=self.desk.now())
        elif error.code in _CLOSED_PLACE:
            self._elsewhere(row, run, error)
        else:
            self._later(row, run, error)

    def _elsewhere(self, row: Telling, run: Run, error: SlackError) -> None:
        """The place is closed to the bot: a question there is withdrawn, and the asker is told in person."""
        if run.audience == "asker" and not row.ts:
            log.error("Run %s cannot be told to %s: %s", run.id, run.user, error.code)
            self.desk.outbox.release(row, gave_up=error.code)
            return
        if run.state is State.ASKED:
            why = f"I cannot post in that channel ({error.code}). Invite me (/invite), or ask in a channel I am in."
            run = self.desk.move(run, State.REFUSED, why=why) or run
        self.desk.runs.note(run, audience="asker", **away_from_home(run))
        self.desk.outbox.release(row, ts="", channel="", due_at=self.desk.now())

    def _later(self, row: Telling, run: Run, error: SlackError) -> None:
        now = self.desk.now()
        self._heard_of_token(error)
        pause = error.retry_after or min(15.0, 0.5 * 2 ** min(row.attempts, 6))
        if passing(error):
            pause = self.pace.trouble(self._key(row, run), error.retry_after)
        log.warning("Slack did not take the message of run %s (%s); again in %.1f s", row.run, error.code, pause)
        self.desk.outbox.release(
            row,
            due_at=now + pause,
            attempts=row.attempts + 1,
            failed_since=row.failed_since or now,
            doubtful=row.doubtful or (error.ambiguous and not row.ts),
        )

    def _heard_of_token(self, error: SlackError) -> None:
        if error.code in NO_TOKEN:
            self.dead_token = error.sentence


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
