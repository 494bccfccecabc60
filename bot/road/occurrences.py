"""When a report's moment has come: one process takes it, and it takes the road that every request takes.

Taking a moment moves the report to its next one and writes the run, all or nothing, so that a moment is taken once
whatever dies or starts meanwhile; a run whose process died is taken over, because it only reads. What comes late still
runs, unless it is over half a day late or the run before it has not ended: then it is skipped, and that is said.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from bot.errors import UsageError
from bot.reply import Reply, text, to_json
from bot.road.engine import Engine
from bot.road.halted import halted_report
from bot.road.notices import run_of, tell
from bot.store.reports import Report
from bot.store.runs import Run, State
from bot.when import clock, schedule

log = logging.getLogger(__name__)

LATEST_SECONDS = 12 * 3600.0
MOST_REFUSALS = 3
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Due:
    """The moments of a report that have come: the latest, those `missed` before it, and the one that comes next."""

    latest: float
    missed: tuple[float, ...]
    after: float


class Occurrences:
    """Takes what is due of reports, and works on it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.desk = engine.desk

    def due(self) -> tuple[Report, ...]:
        """Return the reports whose moment has come; none while bot.yml is locked."""
        now = self.desk.now()
        return () if self.desk.law.locked else tuple(each for each in self.desk.reports.all() if _is_due(each, now))

    def take(self, report: Report) -> Run | None:
        """Take what is due of a report; returns the run to work on, None where there is none or another was first."""
        if self.desk.law.locked or not _is_due(report, self.desk.now()):
            return None
        try:
            due = _due(report, self.desk.now())
        except UsageError as error:
            self.unreadable(report, error)
            return None
        run = run_of(self.desk, report, due.latest)
        self.desk.hands.take(run.id)
        taken = False
        try:
            taken = self._taken(report, run, due)
        finally:
            if not taken:
                self.desk.hands.let_go(run.id)
        return self.desk.runs.get(run.id) if taken else None

    def work(self, run: Run) -> Run | None:
        """Work on a run that was taken, and count what became of it."""
        try:
            done = self.engine.work(run)
            if done:
                self._count(done)
            return done
        finally:
            self.desk.hands.let_go(run.id)

    def adopt(self, alive: tuple[str, ...]) -> tuple[Run, ...]:
        """Take over the runs that nobody alive has in hand; `alive` are the other processes."""
        found = self.desk.reports.left_behind(alive)
        return tuple(filter(None, map(self._adopted, (each for each in found if each.id not in self.desk.hands))))

    def unreadable(self, report: Report, error: UsageError) -> None:
        """Say once that a stored schedule cannot be read; the other reports go on."""
        log.error("Report %s is left out: %s", report.name, error.sentence)
        said = f"Report {report.name} cannot run: {error.sentence}"
        step = text("It can be removed and added anew." if not report.of_file else "Mend it in bot.yml.")
        tell(self.desk, report, Reply(said, (step,), "fail"), f"unreadable/{report.schedule}/{report.zone}")

    def _adopted(self, run: Run) -> Run | None:
        self.desk.hands.take(run.id)
        moved = None
        try:
            moved = self.desk.runs.move(run, State.RECEIVED, owner=self.desk.owner)
        finally:
            if moved is None:
                self.desk.hands.let_go(run.id)
        return moved

    def _taken(self, report: Report, run: Run, due: Due) -> bool:
        """Move the report on and write its run, all or nothing; False where there is nothing to work on."""
        desk = self.desk
        with desk.runs.together():
            if not desk.reports.claim(report, next_at=due.after, last_at=due.latest):
                return False
            why = self._skipped(report, run, due)
            if not desk.runs.receive(run, f"report/{report.id}/{due.latest:.0f}"):
                return False
            facts = {"report": report.name, "due": due.latest, "missed": len(due.missed), "skipped": why}
            desk.audit.write(desk.now(), "report due", run, **facts)
            missed = _missed(report, due)
            if why:
                reply = Reply(why, (text(missed),) if missed else (), "no")
                desk.move(run, State.VOID, reply=to_json(reply), why=why)
            elif missed:
                desk.runs.note(run, why=missed)
        return not why

    def _skipped(self, report: Report, run: Run, due: Due) -> str:
        """Say why a moment is left out, or nothing."""
        when = clock(due.latest, report.zone)
        after = f"Next: {clock(due.after, report.zone)} ({report.zone})."
        if halted := halted_report(self.desk, run):
            return f"Report {report.name} of {when} was skipped. {halted} {after}"
        if self.desk.reports.under_way(report):
            return f"Report {report.name} of {when} was skipped: the run before it has not ended. {after}"
        if self.desk.now() - due.latest > LATEST_SECONDS:
            return f"Report {report.name} of {when} was skipped: I could not run it for over 12 h. {after}"
        return ""

    def _count(self, run: Run) -> None:
        """Pause a report after three refusals in a row, and say so."""
        report = self.desk.reports.get(run.report)
        if report is None:
            return
        if run.state is State.DONE:
            self.desk.reports.change(report, failures=0, last_run=run.id)
        if run.state not in (State.REFUSED, State.USAGE) or run.why.startswith("halt: "):
            return
        failures = report.failures + 1
        stop = failures >= MOST_REFUSALS
        why = f"refused {failures} times in a row: {run.why}" if stop else report.paused
        with self.desk.runs.together():
            self.desk.reports.change(report, failures=failures, paused=why)
            if stop:
                self.desk.audit.write(self.desk.now(), "report paused", run, report=report.name, why=why)
        if stop:
            said = f"Report {report.name} is paused: it was {why}"
            again = text(f"When that is mended: report resume {report.name}")
            tell(self.desk, report, Reply(said, (again,), "no"), f"paused/{run.id}", private=True)


def _is_due(report: Report, now: float) -> bool:
    return not report.paused and 0 < report.next_at <= now


def _due(report: Report, now: float) -> Due:
    """Find which moments have come since the one that is due. Raises UsageError."""
    latest = report.next_at
    missed: list[float] = []
    for moment in schedule(report.schedule, report.zone).moments(report.next_at):
        if moment > now:
            return Due(latest, tuple(missed), moment)
        missed.append(latest)
        latest = moment
    raise AssertionError


def _missed(report: Report, due: Due) -> str:
    if not due.missed:
        return ""
    shown = ", ".join(clock(each, report.zone) for each in due.missed[:_SHOWN])
    more = f" and {len(due.missed) - _SHOWN} more" if len(due.missed) > _SHOWN else ""
    return f"Missed before it, while I was away: {shown}{more} ({report.zone})."
