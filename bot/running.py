"""A whole bot on Slack while it runs: begun, heard of, and ended in bounded time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from bot import spool
from bot.errors import OperatorError
from bot.road.desk import Desk
from bot.road.engine import Engine
from bot.road.halt_watch import LOOK_SECONDS as HALT_SECONDS
from bot.road.halt_watch import HaltWatch
from bot.road.halted import said
from bot.road.own_words import VERSION
from bot.road.reload import LOOK_SECONDS as READ_SECONDS
from bot.road.reload import Reload
from bot.road.waiting import Waiting
from bot.schedule import Schedule
from bot.slack.groups import REFRESH_SECONDS
from bot.slack.identity import People
from bot.slack.socket import Socket
from bot.slack.strangers import LOOK_SECONDS, Lookout
from bot.slack.telling import Teller
from bot.store.database import Database, StoreError
from bot.store.processes import BEAT_SECONDS, Processes
from bot.store.runs import OWNED, Run

log = logging.getLogger(__name__)

END_SECONDS = 25.0
"""From the signal to the end of the process: less than the 30 s that container runtimes usually grant."""
TOKEN_SECONDS = 60.0
STUCK_SECONDS = 300.0
"""A request that has been in hand for so long means that the workers are stuck."""
_KEEP_SECONDS = 30 * 86_400.0


@dataclass
class Bot:
    """A whole bot on Slack: start, stop, and what it says of itself."""

    desk: Desk
    database: Database
    engine: Engine
    waiting: Waiting
    processes: Processes
    people: People
    teller: Teller
    socket: Socket
    lookout: Lookout
    clock: BackgroundScheduler
    schedule: Schedule
    halts: HaltWatch
    reload: Reload

    def start(self) -> None:
        """Begin, and return when Slack has said hello. Raises OperatorError where Slack does not take the app token."""
        try:
            self._begin()
            self.socket.connect()
        except OperatorError:
            self.stop()
            raise
        account = self.desk.law.defaults.account
        if account and self.waiting.pool.reserve():
            self.waiting.pool.submit(self.desk.gateway.warm, account)

    def _begin(self) -> None:
        """Set the clockwork going: heartbeats first, so that no other process takes this one for dead."""
        self.beat()
        spool.clean(time.time() - spool.KEEP_SECONDS)
        self.teller.start()
        self.people.refresh_groups()
        every: tuple[tuple[Callable[[], Any], float], ...] = (
            (self.halts.tick, HALT_SECONDS),
            (self.waiting.tick, 0.5),
            (self.reload.look, READ_SECONDS),
            (self.beat, BEAT_SECONDS),
            (self.waiting.rescue, BEAT_SECONDS),
            (self.people.refresh_groups, REFRESH_SECONDS),
            (self.teller.check_token, TOKEN_SECONDS),
            (self.lookout.look, LOOK_SECONDS),
            (self.prune, 3600),
        )
        for job, seconds in every:
            self.clock.add_job(
                job, "interval", seconds=seconds, max_instances=1, coalesce=True, misfire_grace_time=None
            )
        self.clock.start()
        self.schedule.start()

    def stop(self) -> bool:
        """Take nothing more, let what runs finish for a while, tell what can be told; False where something hangs."""
        until = time.monotonic() + END_SECONDS
        self.socket.close()
        for job in self.clock.get_jobs():
            if job.func != self.beat:  # it beats on until all is done: what it still does belongs to it
                job.remove()
        drained = [
            close(max(1.0, until - time.monotonic() - rest))
            for close, rest in (
                (self.engine.pool.close, 5.0),
                (self.engine.stop.pool.close, 5.0),
                (self.waiting.pool.close, 4.0),
                (self.schedule.close, 3.0),
                (self.teller.close, 0.0),
            )
        ]
        if self.clock.running:
            self.clock.shutdown()
        try:
            self.processes.leave(self.desk.owner)
        except StoreError as error:
            log.warning("The heartbeat is left to run out. %s", error.sentence)
        self.desk.gateway.close()
        self.database.close()
        return all(drained)

    def beat(self) -> None:
        self.processes.beat(self.desk.owner, self.desk.now(), self.facts())

    def facts(self) -> dict[str, Any]:
        """Return what health reads: `live` and `ready` with the reasons why not, and warnings where there are any."""
        state = self.socket.state
        oldest = min((max(run.created_at, run.confirmed_at) for run in self._in_hand()), default=self.desk.now())
        stuck = self.desk.now() - oldest > STUCK_SECONDS
        away = "" if state.connected else f"not connected to Slack. {state.last_error}".rstrip()
        hanging = f"a request has been in hand for {self.desk.now() - oldest:.0f} s" if stuck else ""
        why = [each for each in (self.desk.law.locked, self.teller.dead_token, away, hanging) if each]
        return {
            "version": VERSION,
            "live": not stuck,
            "ready": not why,
            "why": why,
            "warnings": self._warnings(),
            **self.lookout.facts,
        }

    def _warnings(self) -> list[str]:
        """Return what somebody has to know of a bot that works as it should."""
        halts = [f"{said(each)}." for each in self.desk.brake.in_force()]
        return [each for each in (self.desk.law.warning, self.lookout.warning, *halts) if each]

    def _in_hand(self) -> list[Run]:
        return [run for run in self.desk.runs.open() if run.owner == self.desk.owner and run.state in OWNED]

    def prune(self) -> None:
        """Forget what is old: runs, and files that nobody was handed."""
        self.desk.runs.prune(self.desk.now() - _KEEP_SECONDS)
        spool.clean(time.time() - spool.KEEP_SECONDS)
