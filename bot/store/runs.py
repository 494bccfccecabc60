"""Runs: one row a request, moved from state to state by conditional updates.

`move` is the one primitive of once-ness: it changes a row only from the states named, and says whether this caller was
the one who did it. A click that arrives twice, two replicas, a restart: one of them wins, the others see False.

    received ─► done | failed | refused | usage    (a read, or an answer without AWS)
       └──────► asked ─► sending ─► following ─► done | failed
                 │  armed ─┘  └──► unknown ─► following | done | failed
                 └─► cancelled | expired | void
    received and sending are one process's work; a row its process left behind is found by `orphans`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.store import tables
from bot.store.database import Database, inserted
from bot.store.holds import holder, key_of
from bot.store.run import ENDED, OWNED, TIMED, Run, Sent, State, plan_json, states_json

__all__ = ["ENDED", "OWNED", "TIMED", "Run", "Runs", "Sent", "State", "plan_json", "states_json"]


class Runs:
    """The runs, their calls, and the holds that keep two runs off one resource."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def together(self) -> AbstractContextManager[Any]:
        """Return a block in which everything that this thread writes is written, or nothing of it."""
        return self._database.write()

    def receive(self, run: Run, delivery: str) -> bool:
        """Write a new run together with the delivery that brought it; False where that delivery was seen before."""
        return self._insert(run, delivery)

    def seen_before(self, delivery: str, at: float) -> bool:
        """Note a delivery that makes no run of its own (a click); True where it was seen before."""
        return not self._insert(None, delivery, at)

    def _insert(self, run: Run | None, delivery: str, at: float = 0.0) -> bool:
        with self._database.write(hurried=True) as connection:
            noted = insert(tables.deliveries).values(key=delivery, at=run.created_at if run else at)
            if delivery and not inserted(connection, noted):
                return False
            if run:
                connection.execute(insert(tables.runs).values(_row(run)))
        return True

    def get(self, id_: str) -> Run | None:
        with self._database.read() as connection:
            row = connection.execute(select(tables.runs).where(tables.runs.c.id == id_)).mappings().one_or_none()
        return _run(row) if row else None

    def move(self, run: Run, to: State, *, owner: str | None = None, **changes: Any) -> Run | None:
        """Move a run from the state it was read in; None where somebody else moved it first.

        A state that one process works in is left only by that process (`owner`), so that a process which was thought
        dead and wakes up finds that the run is no longer its own. A run that ends, also one that ends unknown, lets go
        of its resources.
        """
        values = {"state": to, **changes} | ({"owner": owner} if owner else {})
        with self._database.write() as connection:
            moved = connection.execute(update(tables.runs).where(_as_read(run)).values(values)).rowcount
            if moved and (to in ENDED or changes.get("ended_at")):
                connection.execute(delete(tables.holds).where(tables.holds.c.run == run.id))
        return replace(run, **values) if moved else None

    def start(self, run: Run, sent: Iterable[Sent], resources: Iterable[str], **changes: Any) -> Run | str | None:
        """Move a run to sending, write its calls, and take hold of its resources, all or nothing.

        Returns the moved run, the id of the run that already holds one of the resources, or None where the run was
        moved by somebody else first.
        """
        held = sorted({key_of(each) for each in resources})
        rows = [_row(each) for each in sent]
        with self._database.write() as connection:
            try:
                with connection.begin_nested():
                    if not connection.execute(
                        update(tables.runs).where(_as_read(run)).values(state=State.SENDING, **changes)
                    ).rowcount:
                        return holder(connection, held)
                    if held:
                        connection.execute(insert(tables.holds), [{"resource": each, "run": run.id} for each in held])
                    if rows:
                        connection.execute(insert(tables.calls), rows)
            except IntegrityError:
                other = holder(connection, held)
                if other is None:
                    raise
                return other
        return replace(run, state=State.SENDING, **changes)

    def call(self, run: Run, n: int, **changes: Any) -> bool:
        """Write what became of one call; False where the run is no longer this process's to work on."""
        c = tables.calls.c
        ours = exists().where(
            tables.runs.c.id == run.id, tables.runs.c.owner == run.owner, tables.runs.c.state == State.SENDING
        )
        with self._database.write() as connection:
            return bool(
                connection.execute(
                    update(tables.calls).where(c.run == run.id, c.n == n, ours).values(**changes)
                ).rowcount
            )

    def settle_call(self, run: str, n: int, **changes: Any) -> None:
        """Write what was found out about a call later."""
        c = tables.calls.c
        with self._database.write() as connection:
            connection.execute(update(tables.calls).where(c.run == run, c.n == n).values(**changes))

    def calls(self, run: str) -> tuple[Sent, ...]:
        query = select(tables.calls).where(tables.calls.c.run == run).order_by(tables.calls.c.n)
        with self._database.read() as connection:
            return tuple(Sent(**row) for row in connection.execute(query).mappings())

    def note(self, run: Run, **changes: Any) -> Run:
        """Write facts about a run without moving it."""
        with self._database.write() as connection:
            connection.execute(update(tables.runs).where(tables.runs.c.id == run.id).values(**changes))
        return replace(run, **changes)

    def due(self, now: float, limit: int = 50) -> tuple[Run, ...]:
        """Timed runs whose moment has come, longest waiting first."""
        c = tables.runs.c
        query = select(tables.runs).where(c.state.in_(TIMED), c.due_at <= now).order_by(c.due_at).limit(limit)
        return self._select(query)

    def claim(self, run: Run, until: float) -> Run | None:
        """Put a due run's moment off, so that one process works on it; None where another was first."""
        return self.move(run, run.state, due_at=until)

    def orphans(self, alive: Iterable[str]) -> tuple[Run, ...]:
        """Runs in one process's hands whose process is gone."""
        c = tables.runs.c
        return self._select(select(tables.runs).where(c.state.in_(OWNED), c.owner.not_in(list(alive))))

    def open(self) -> tuple[Run, ...]:
        """Every run that has not ended."""
        return self._select(select(tables.runs).where(tables.runs.c.state.not_in(ENDED)))

    def undos(self, run: str) -> tuple[Run, ...]:
        """Every run that was to undo this one, oldest first."""
        c = tables.runs.c
        return self._select(select(tables.runs).where(c.undoes == run).order_by(c.created_at))

    def prune(self, before: float) -> None:
        """Forget deliveries, and the stored text of runs that ended, from before a moment; the audit stays.

        What the next run of a report is compared with stays too.
        """
        c = tables.runs.c
        with self._database.write() as connection:
            connection.execute(delete(tables.deliveries).where(tables.deliveries.c.at < before))
            over = or_(c.state.in_(ENDED), c.ended_at > 0)
            compared = c.id.not_in(select(tables.reports.c.last_run))
            old = select(c.id).where(c.created_at < before, c.ended_at < before, over, compared)
            for table, column in ((tables.calls, "run"), (tables.outbox, "run"), (tables.runs, "id")):
                connection.execute(delete(table).where(table.c[column].in_(old)))

    def _select(self, query: Any) -> tuple[Run, ...]:
        with self._database.read() as connection:
            return tuple(_run(row) for row in connection.execute(query).mappings())


def _as_read(run: Run) -> ColumnElement[bool]:
    """Whether a row is still as it was read: in one process's hands by its owner, else by its moment."""
    c = tables.runs.c
    mine = c.owner == run.owner if run.state in OWNED else c.due_at == run.due_at
    return and_(c.id == run.id, c.state == run.state, mine)


def _row(value: Run | Sent) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _run(row: Mapping[Any, Any]) -> Run:
    return Run(**{**row, "state": State(row["state"])})
