"""Limits: how much of each was used in its window, counted so that two processes never use more than there is.

One row a limit and key is written first, so whoever comes second waits, and then sees what the first one took.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.store import tables
from bot.store.database import Database, inserted


@dataclass(frozen=True, slots=True)
class Use:
    """So many of a limit that lets `at_most` through within `seconds`, for whom or what it counts by (`key`)."""

    limit: str
    key: str
    count: int
    at_most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Short:
    """A limit that has too little left: how much, and when there is enough (epoch seconds, 0: never for so many)."""

    use: Use
    left: int
    free_at: float


class Limits:
    """What was used of the limits of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, wanted: Iterable[Use], now: float) -> Short | None:
        """Return the first limit that has too little left, and take nothing."""
        with self._database.read() as connection:
            return next(filter(None, (_short(connection, use, now) for use in _in_order(wanted))), None)

    def take(self, wanted: Iterable[Use], run: str, now: float) -> Short | None:
        """Take from all limits. Where one has too little, nothing may be kept: the caller lets the block around fail.

        It is part of the block that moves the run, so that nothing is sent without having been counted.
        """
        with self._database.write() as connection:
            for use in _in_order(wanted):
                _alone(connection, use, now)
                short = _short(connection, use, now)
                if short:
                    return short
                row = {"name": use.limit, "key": use.key, "run": run, "at": now, "count": use.count}
                connection.execute(insert(tables.uses).values(row))
        return None

    def give_back(self, run: str) -> None:
        """Give back what a run took: nothing of it reached AWS."""
        with self._database.write() as connection:
            connection.execute(delete(tables.uses).where(tables.uses.c.run == run))


def _in_order(wanted: Iterable[Use]) -> list[Use]:
    """Always one order, so that no two processes wait for each other."""
    return sorted((use for use in wanted if use.count), key=lambda use: (use.limit, use.key))


def _alone(connection: Connection, use: Use, now: float) -> None:
    """Let nobody else count this limit and key until the transaction is over, and forget what is out of its window."""
    c, u = tables.quotas.c, tables.uses.c
    mine = update(tables.quotas).where(c.name == use.limit, c.key == use.key).values(at=now)
    first = insert(tables.quotas).values(name=use.limit, key=use.key, at=now)
    if not connection.execute(mine).rowcount and not inserted(connection, first):
        connection.execute(mine)
    connection.execute(delete(tables.uses).where(u.name == use.limit, u.key == use.key, u.at <= now - use.seconds))


def _short(connection: Connection, use: Use, now: float) -> Short | None:
    c = tables.uses.c
    within = (c.name == use.limit, c.key == use.key, c.at > now - use.seconds)
    used = connection.scalar(select(func.coalesce(func.sum(c.count), 0)).where(*within)) or 0
    if used + use.count <= use.at_most:
        return None
    rows = connection.execute(select(c.at, c.count).where(*within).order_by(c.at)).all()
    return Short(use, max(0, use.at_most - used), _free_at(use, used, [(row[0], row[1]) for row in rows]))


def _free_at(use: Use, used: int, rows: list[tuple[float, int]]) -> float:
    """Return when enough of what was used is out of the window."""
    if use.count > use.at_most:
        return 0.0
    for at, count in rows:
        used -= count
        if used + use.count <= use.at_most:
            return at + use.seconds
    raise AssertionError("an empty window has room for what fits into the limit")
