"""The stop button on its way in: workers of its own, so that a full pool keeps nobody from halting.

Nor does somebody who presses it again and again, listed or not: one person has few of its places at once.

Where the store does not take the request, it is halted nonetheless, and whoever asked is told directly.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial

from bot.actor import Place
from bot.errors import BotError
from bot.reply import Reply
from bot.road.asked import Received
from bot.road.desk import Desk
from bot.road.halt_words import halting, vouched
from bot.road.own_words import Asking
from bot.road.pool import Pool
from bot.store.database import StoreError
from bot.store.runs import Run

log = logging.getLogger(__name__)

Answer = Callable[[Reply], None]
_MOST = 3
"""Halts of one person that may be worked on or wait at once."""


class StopButton:
    """Takes typed halts in."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.pool = Pool(8, 24, "halt")
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()

    def receive(
        self,
        run: Run,
        delivery: str,
        work: Callable[[Run], object],
        on_taken: Callable[[Run], None],
        answer: Answer,
    ) -> Received:
        """Take a halt in, on the ack path; `work` is the road, `answer` tells whoever asked past the store."""
        if not self._enter(run.user):
            return Received.BUSY
        job = None
        try:
            if not self.desk.runs.receive(run, delivery):
                return Received.SEEN
            on_taken(run)
            job = partial(self._taken, run, work, answer)
        except StoreError:
            log.exception("A halt could not be written down: it is done nonetheless")
            job = partial(self._unwritten, run, answer)
        finally:
            if job is None:
                self._leave(run.user)
                self.pool.release()
        self.pool.submit(self._work, run.user, job)
        return Received.TAKEN

    def _enter(self, who: str) -> bool:
        with self._lock:
            if self._inside[who] >= _MOST or not self.pool.reserve():
                return False
            self._inside[who] += 1
            return True

    def _leave(self, who: str) -> None:
        with self._lock:
            self._inside[who] -= 1
            if not self._inside[who]:
                del self._inside[who]

    def _work(self, who: str, job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            self._leave(who)

    def pressed(self, run: Run) -> Reply:
        """Halt, and say what came of it. Raises Refused, UsageError."""
        action, command = halting(run.text), self.desk.commands.find("", "halt")
        assert action
        assert command
        actor = vouched(self.desk, run)
        reply = command.perform(Asking(self.desk, actor, Place(run.channel, run.thread), run), action)
        assert isinstance(reply, Reply)
        return reply

    def _taken(self, run: Run, work: Callable[[Run], object], answer: Answer) -> None:
        try:
            with self.desk.hands.holding(run.id):
                work(run)
        except StoreError:
            self._unwritten(run, answer)

    def _unwritten(self, run: Run, answer: Answer) -> None:
        try:
            answer(self.pressed(run))
        except BotError as error:
            answer(Reply(error.sentence, sign="no"))
