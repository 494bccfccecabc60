"""The audit: who asked, what was decided, what was sent and what became of it. Rows are only ever added."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert, select

from bot.store import tables
from bot.store.database import Database
from bot.store.runs import Run, State

NO_RUN = Run("", State.DONE)
"""What a row is about that is about no run: a user group that changed."""


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


def _json(detail: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in detail.items() if value not in ("", None)}, default=str)
