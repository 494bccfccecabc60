"""The reports: one row each, those of bot.yml and people's own, with the moment that comes next.

`claim` is the one primitive of once-ness: it moves a report from the moment it was read with to the next, and says
whether this caller did it. Two processes, a scheduler that fires twice, a restart: one of them wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.store import tables
from bot.store.database import Database, inserted
from bot.store.outbox import Telling
from bot.store.runs import OWNED, Run, State
from bot.when import clock

FILE, PERSON = "file", "person"
GRACE_SECONDS = 600.0
"""How long after its moment a report may take to arrive before somebody is told that it did not."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `source` says whose it is: `file` (bot.yml's) or `person` (`team` and `user` are its owner).

    `paused` says why it is, empty where it is not; `failures` counts refusals in a row. Times are epoch seconds:
    `next_at` comes next, `last_at` was handled last, whatever came of it, and `alarmed_for` was missed and said.
    `last_run` is the run that the next one is compared with.
    """

    id: str
    name: str
    source: str
    team: str = ""
    user: str = ""
    channel: str = ""
    schedule: str = ""
    zone: str = "UTC"
    command: str = ""
    paused: str = ""
    failures: int = 0
    created_at: float = 0.0
    next_at: float = 0.0
    last_at: float = 0.0
    last_run: str = ""
    alarmed_for: float = 0.0

    @property
    def of_file(self) -> bool:
        return self.source == FILE


@dataclass(frozen=True, slots=True)
class Overdue:
    """A report that should have arrived by now: for which moment, and what is in the way."""

    report: Report
    occurrence: float
    why: str

    def __str__(self) -> str:
        when = clock(self.occurrence, self.report.zone)
        return f"report {self.report.name} of {when} ({self.report.zone}) did not arrive: {self.why}"


class Reports:
    """The reports of one store, and the runs that came of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Report, ...]:
        return self._select(select(tables.reports).order_by(tables.reports.c.name))

    def get(self, id_: str) -> Report | None:
        return next(iter(self._select(select(tables.reports).where(tables.reports.c.id == id_))), None)

    def named(self, name: str) -> Report | None:
        return next(iter(self._select(select(tables.reports).where(tables.reports.c.name == name))), None)

    def add(self, report: Report) -> bool:
        """Write a new report; False where there is one of that name, also one that another process adds just now."""
        with self._database.write() as connection:
            return inserted(connection, insert(tables.reports).values(_row(report)))

    def remove(self, report: Report) -> bool:
        with self._database.write() as connection:
            return bool(connection.execute(delete(tables.reports).where(tables.reports.c.id == report.id)).rowcount)

    def change(self, report: Report, **values: Any) -> Report:
        """Write facts about a report, whatever became of it meanwhile."""
        with self._database.write() as connection:
            connection.execute(update(tables.reports).where(tables.reports.c.id == report.id).values(**values))
        return replace(report, **values)

    def claim(self, report: Report, **values: Any) -> Report | None:
        """Change a report that is as it was read (its moment, and that it is not paused); None where it is not."""
        c = tables.reports.c
        same = (c.id == report.id, c.next_at == report.next_at, c.paused == "", c.schedule == report.schedule)
        with self._database.write() as connection:
            taken = connection.execute(update(tables.reports).where(*same).values(**values)).rowcount
        return replace(report, **values) if taken else None

    def alarm(self, report: Report, occurrence: float) -> bool:
        """Note that somebody is told of a missed occurrence; False where somebody was."""
        c = tables.reports.c
        once = (c.id == report.id, c.alarmed_for < occurrence)
        with self._database.write() as connection:
            return bool(connection.execute(update(tables.reports).where(*once).values(alarmed_for=occurrence)).rowcount)

    # ── their runs ──

    def under_way(self, report: Report) -> bool:
        """Say whether a run of this report has not ended."""
        c = tables.runs.c
        query = select(c.id).where(c.report == report.id, c.state == State.RECEIVED).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def left_behind(self, alive: tuple[str, ...]) -> tuple[Run, ...]:
        """Runs of reports that nobody alive has in hand, oldest first: to be run anew, since they only read."""
        c = tables.runs.c
        query = select(tables.runs).where(c.report != "", c.state.in_(OWNED), c.owner.not_in(alive))
        return self._runs(query.order_by(c.created_at))

    def runs(self, report: Report, limit: int) -> tuple[Run, ...]:
        """The newest runs of a report, the newest first."""
        c = tables.runs.c
        query = select(tables.runs).where(c.report == report.id).order_by(c.created_at.desc(), c.scheduled_for.desc())
        return self._runs(query.limit(limit))

    def run(self, id_: str) -> Run | None:
        return next(iter(self._runs(select(tables.runs).where(tables.runs.c.id == id_))), None)

    def overdue(self, now: float) -> tuple[Overdue, ...]:
        """Say which reports should have arrived by now; a paused one owes nothing."""
        found = (self._overdue(report, now) for report in self.all() if not report.paused)
        return tuple(each for each in found if each)

    def _overdue(self, report: Report, now: float) -> Overdue | None:
        if 0 < report.next_at < now - GRACE_SECONDS:
            return Overdue(report, report.next_at, "its moment came and nothing started it")
        last = self._last_occurrence(report)
        if last is None or last.created_at > now - GRACE_SECONDS:
            return None
        why = self._untold(last)
        return Overdue(report, last.scheduled_for, why) if why else None

    def _last_occurrence(self, report: Report) -> Run | None:
        c = tables.runs.c
        query = select(tables.runs).where(c.report == report.id, c.scheduled_for == report.last_at)
        return next(iter(self._runs(query.order_by(c.created_at).limit(1))), None) if report.last_at else None

    def _untold(self, run: Run) -> str:
        """Say why nobody has been told of a run; empty where somebody was."""
        if run.state in OWNED:
            return "its run has not ended"
        c = tables.outbox.c
        with self._database.read() as connection:
            row = connection.execute(select(tables.outbox).where(c.run == run.id)).mappings().one_or_none()
        told = Telling(**row) if row else None
        if told is None or (told.told >= told.revision and not told.gave_up):
            return ""
        return f"Slack did not take it ({told.gave_up})" if told.gave_up else "Slack has not taken it yet"

    def _select(self, query: Any) -> tuple[Report, ...]:
        with self._database.read() as connection:
            return tuple(Report(**row) for row in connection.execute(query).mappings())

    def _runs(self, query: Any) -> tuple[Run, ...]:
        with self._database.read() as connection:
            return tuple(_run(row) for row in connection.execute(query).mappings())


def _row(report: Report) -> dict[str, Any]:
    return {name: getattr(report, name) for name in report.__dataclass_fields__}


def _run(row: Mapping[Any, Any]) -> Run:
    return Run(**{**row, "state": State(row["state"])})
