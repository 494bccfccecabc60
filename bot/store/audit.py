"""The audit: who asked, what was decided, what was sent and what became of it. Rows are only ever added."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert, select

from bot.store import tables
from bot.store.database import Database
from bot.store.runs import Run, State

NO_RUN = Run("", State.DONE)
"""What a row is about that is about no run: a user group that changed."""

_AT_ONCE = 500
"""Rows read in one go."""


class Audit:
    """The audit trail of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, at: float, event: str, run: Run | None, **detail: Any) -> None:
        """Add one row, about a run where there is one. `detail` is JSON values; `user` in it names who acted."""
        run = run or NO_RUN
        row = {
            "at": at,
            "event": event,
            "run": run.id,
            "actor_kind": run.actor_kind,
            "team": run.team,
            "user": detail.pop("user", run.user),
            "channel": run.channel,
            "text": run.text,
            "action": run.action,
            "detail": _json(detail),
        }
        with self._database.write() as connection:
            connection.execute(insert(tables.audit).values(row))

    def rows(self, run: str | None = None, limit: int = 1000) -> tuple[dict[str, Any], ...]:
        """Read rows, oldest first; of one run where it is named."""
        query = select(tables.audit).order_by(tables.audit.c.id).limit(limit)
        query = query.where(tables.audit.c.run == run) if run else query
        with self._database.read() as connection:
            return tuple(dict(row) for row in connection.execute(query).mappings())

    def since(self, event: str, at: float) -> Iterator[dict[str, Any]]:
        """Read the rows of one event from a moment on, oldest first, each with its `detail` as values."""
        columns, last = tables.audit.c, 0
        query = select(tables.audit).where(columns.event == event, columns.at >= at).order_by(columns.id)
        while True:
            with self._database.read() as connection:
                rows = connection.execute(query.where(columns.id > last).limit(_AT_ONCE)).mappings().all()
            if not rows:
                return
            yield from ({**row, "detail": json.loads(row["detail"])} for row in rows)
            last = rows[-1]["id"]


def _json(detail: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in detail.items() if value not in ("", None)}, default=str)
