"""The outbox: for each run, which revision of it Slack has been told.

A run's message is always rendered from the run as it is when it is sent, so a row here is no text but a mark: there is
something newer to tell. Marks coalesce, an outage only delays them, and a message that could not be sent waits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, case, insert, or_, select, update

from bot.store import tables
from bot.store.database import Database, inserted
from bot.store.processes import alive

FINAL, QUESTION, PROGRESS = 0, 1, 2
_CLAIM_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Telling:
    """One run's message: where it stands in Slack, and what is still to be told. Lower `rank` goes first.

    `extras` counts the pieces told below the message (thread, pictures, files); `owner` is the process that claimed it.
    """

    run: str
    channel: str = ""
    ts: str = ""
    revision: int = 1
    told: int = 0
    rank: int = PROGRESS
    due_at: float = 0.0
    claimed_until: float = 0.0
    attempts: int = 0
    failed_since: float = 0.0
    doubtful: bool = False
    gave_up: str = ""
    extras: int = 0
    owner: str = ""


class Outbox:
    """What is still to be told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self, run: str, rank: int, now: float) -> None:
        """Say that a run has something newer to tell."""
        c = tables.outbox.c
        with self._database.write() as connection:
            newer = update(tables.outbox).where(c.run == run).values(revision=c.revision + 1, rank=rank, gave_up="")
            row = Telling(run, rank=rank, due_at=now)
            first = insert(tables.outbox).values({name: getattr(row, name) for name in row.__dataclass_fields__})
            if not connection.execute(newer).rowcount and not inserted(connection, first):
                connection.execute(newer)  # another was faster with the first mark

    def get(self, run: str) -> Telling | None:
        with self._database.read() as connection:
            row = connection.execute(select(tables.outbox).where(tables.outbox.c.run == run)).mappings().one_or_none()
        return Telling(**row) if row else None

    def due(self, now: float, limit: int = 100, owner: str = "") -> tuple[Telling, ...]:
        """Rows with something to tell whose moment has come, the final ones first.

        A claim ends after its time, or with the process that made it; `owner` is the one that asks.
        """
        c = tables.outbox.c
        dead = and_(c.owner.not_in(("", owner)), c.owner.not_in(alive(now)))
        query = (
            select(tables.outbox)
            .where(c.told < c.revision, c.due_at <= now, or_(c.claimed_until <= now, dead), c.gave_up == "")
            .order_by(c.rank, c.due_at)
            .limit(limit)
        )
        with self._database.read() as connection:
            return tuple(Telling(**row) for row in connection.execute(query).mappings())

    def claim(self, row: Telling, now: float, owner: str = "") -> Telling | None:
        """Take a row for a process to send it, and read it anew; None where another has it."""
        c = tables.outbox.c
        with self._database.write() as connection:
            taken = connection.execute(
                update(tables.outbox)
                .where(c.run == row.run, c.claimed_until == row.claimed_until, c.told < c.revision)
                .values(claimed_until=now + _CLAIM_SECONDS, owner=owner)
            ).rowcount
        return self.get(row.run) if taken else None

    def hold(self, row: Telling, until: float) -> Telling | None:
        """Keep a claimed row for longer; None where another process has taken it meanwhile."""
        c = tables.outbox.c
        with self._database.write() as connection:
            kept = connection.execute(
                update(tables.outbox)
                .where(c.run == row.run, c.claimed_until == row.claimed_until)
                .values(claimed_until=until)
            ).rowcount
        return replace(row, claimed_until=until) if kept else None

    def count(self, row: Telling) -> None:
        """Write how many pieces below the message were told."""
        with self._database.write() as connection:
            connection.execute(
                update(tables.outbox)
                .where(tables.outbox.c.run == row.run)
                .values(extras=row.extras, doubtful=row.doubtful)
            )

    def release(self, row: Telling, **changes: Any) -> None:
        """Give a row back with what became of it; a claim that ran out and was taken by another stays the other's."""
        c = tables.outbox.c
        free = case((c.claimed_until == row.claimed_until, 0.0), else_=c.claimed_until)
        with self._database.write() as connection:
            connection.execute(update(tables.outbox).where(c.run == row.run).values(claimed_until=free, **changes))

    def adopt(self, run: str, channel: str, ts: str) -> None:
        """Write where a run's message stands, unless that is known."""
        c = tables.outbox.c
        with self._database.write() as connection:
            connection.execute(
                update(tables.outbox).where(c.run == run, c.ts == "").values(channel=channel, ts=ts, doubtful=False)
            )

    def at(self, channel: str, ts: str) -> str:
        """Return the run whose message this is, or an empty string."""
        c = tables.outbox.c
        with self._database.read() as connection:
            return str(connection.scalar(select(c.run).where(c.channel == channel, c.ts == ts)) or "")

    def waiting(self) -> int:
        """How many messages Slack has not been told."""
        c = tables.outbox.c
        with self._database.read() as connection:
            return len(connection.execute(select(c.run).where(c.told < c.revision, c.gave_up == "")).all())
