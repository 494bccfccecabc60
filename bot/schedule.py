"""The edge that time comes in by: APScheduler starts each report when its moment has come.

The store's table of reports is all that counts. APScheduler's jobs live in memory and are made from it, one a report,
again every two seconds: what another process added, paused or removed is picked up. A job that is started late still
runs. The watch for reports that did not arrive has a thread of its own, so that it outlives the scheduler.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from threading import Event, Thread

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from bot.errors import UsageError
from bot.road.alarms import sound_alarms
from bot.road.enrolment import enrol, in_step
from bot.road.occurrences import Occurrences
from bot.road.pool import Pool
from bot.store.processes import Processes
from bot.store.reports import Report
from bot.store.runs import Run
from bot.when import schedule

log = logging.getLogger(__name__)

SYNC_SECONDS = 2.0
WATCH_SECONDS = 30.0
WORKERS, QUEUE = 4, 60


class Schedule:
    """Starts reports, in a pool of their own: a slow one keeps nobody waiting."""

    def __init__(self, occurrences: Occurrences, processes: Processes) -> None:
        self.occurrences = occurrences
        self.desk = occurrences.desk
        self.processes = processes
        self.pool = Pool(WORKERS, QUEUE, "report")
        self.clock = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._known: dict[str, tuple[float, str, str]] = {}
        self._stop = Event()
        self._watch = Thread(target=self._watching, name="report-watch", daemon=True)

    def start(self) -> None:
        """Enter the reports of bot.yml, and begin."""
        if not self.desk.law.locked:
            enrol(self.desk)
            in_step(self.desk)
        self.clock.add_job(self.sync, "interval", seconds=SYNC_SECONDS, id="sync", next_run_time=datetime.now(UTC))
        self.clock.start()
        self._watch.start()

    def close(self, seconds: float) -> bool:
        """Start nothing more and wait so long for what runs; False where something still does."""
        self._stop.set()
        if self.clock.running:
            self.clock.shutdown(wait=False)
        return self.pool.close(seconds)

    def sync(self) -> None:
        """Bring the jobs in step with the store, and take over what dead processes left behind."""
        reports = () if self.desk.law.locked else self.desk.reports.all()
        wanted = {each.id: each for each in reports if not each.paused and self._readable(each)}
        for id_ in [id_ for id_ in self._known if id_ not in wanted]:
            del self._known[id_]
            if self.clock.get_job(_job(id_)):
                self.clock.remove_job(_job(id_))
        for report in wanted.values():
            self._put(report)
        self._take_over()

    def _put(self, report: Report) -> None:
        """Make a report's job, unless there is one for just this moment."""
        facts = (report.next_at, report.schedule, report.zone)
        if self._known.get(report.id) == facts:
            return
        self._known[report.id] = facts
        at = DateTrigger(datetime.fromtimestamp(report.next_at, UTC))
        self.clock.add_job(self._fire, at, args=(report.id,), id=_job(report.id), replace_existing=True)

    def _readable(self, report: Report) -> bool:
        try:
            schedule(report.schedule, report.zone)
        except UsageError as error:
            self.occurrences.unreadable(report, error)
            return False
        return True

    def _fire(self, id_: str) -> None:
        """Take what is due of a report, if there is a worker for it; where there is none, the next sync tries again."""
        self._known.pop(id_, None)
        report = self.desk.reports.get(id_)
        if report is None or not self.pool.reserve():
            return
        run = None
        try:
            run = self.occurrences.take(report)
        finally:
            if run is None:
                self.pool.release()
        if run:
            self.pool.submit(self.occurrences.work, run)

    def _take_over(self) -> None:
        others = tuple(id_ for id_ in self.processes.alive(self.desk.now()) if id_ != self.desk.owner)
        for run in self.occurrences.adopt(others):
            self._again(run)

    def _again(self, run: Run) -> None:
        if self.pool.reserve():
            self.pool.submit(self.occurrences.work, run)
        else:
            self.desk.hands.let_go(run.id)

    def _watching(self) -> None:
        while not self._stop.wait(WATCH_SECONDS):
            try:
                sound_alarms(self.desk)
            except Exception:
                log.exception("The reports that did not arrive could not be looked for")


def _job(id_: str) -> str:
    return f"report:{id_}"
