"""Which bot processes are alive, and what each says of itself; `bot health` and the search for orphans read it."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Select, delete, insert, select, update

from bot.store import tables
from bot.store.database import Database, inserted

BEAT_SECONDS = 2.0
DEAD_AFTER_SECONDS = 10.0
_FORGOTTEN_AFTER_SECONDS = 86_400.0


def alive(now: float) -> Select[tuple[str]]:
    """Return a query for the ids of the processes that were seen in the last seconds."""
    c = tables.processes.c
    return select(c.id).where(c.seen_at > now - DEAD_AFTER_SECONDS)


class Processes:
    """Heartbeats."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, id_: str, now: float, facts: dict[str, Any]) -> None:
        """Say that a process is alive, with its facts (JSON values); its first word forgets those long dead."""
        c = tables.processes.c
        with self._database.write() as connection:
            values = {"seen_at": now, "facts": json.dumps(facts)}
            again = update(tables.processes).where(c.id == id_).values(values)
            if not connection.execute(again).rowcount:
                inserted(connection, insert(tables.processes).values(id=id_, started_at=now, **values))
                connection.execute(delete(tables.processes).where(c.seen_at < now - _FORGOTTEN_AFTER_SECONDS))

    def alive(self, now: float) -> dict[str, dict[str, Any]]:
        """Return the facts of every process seen in the last seconds, newest first."""
        c = tables.processes.c
        query = select(tables.processes).where(c.seen_at > now - DEAD_AFTER_SECONDS).order_by(c.seen_at.desc())
        with self._database.read() as connection:
            return {row.id: json.loads(row.facts) for row in connection.execute(query)}

    def leave(self, id_: str) -> None:
        with self._database.write() as connection:
            connection.execute(delete(tables.processes).where(tables.processes.c.id == id_))
