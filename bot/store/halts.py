"""What is halted: one row a scope, kept after it was resumed until the same is halted again.

A scope is `all`, `user/U…` or `account/111111111111`: ids, so that a new name lets nothing go on.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from bot.store import tables
from bot.store.database import Database, inserted

EVERYTHING = "all"


@dataclass(frozen=True, slots=True)
class Halt:
    """One halt: what, by whom (`by` is an actor's key), why, and since when; `ended_at` is 0 while it is in force."""

    scope: str
    name: str = ""
    by: str = ""
    by_name: str = ""
    reason: str = ""
    at: float = 0.0
    ended_at: float = 0.0
    ended_by: str = ""

    def covers(self, users: frozenset[str], account_id: str) -> bool:
        """Whether it stops what is of one of these people, or in this account (twelve digits)."""
        kind, _, id_ = self.scope.partition("/")
        return kind == EVERYTHING or (kind == "user" and id_ in users) or (kind == "account" and id_ == account_id)


class Halts:
    """The halts of one store: what every process on it reads before it starts anything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def active(self) -> tuple[Halt, ...]:
        return self._select(tables.halts.c.ended_at == 0.0)

    def ended_since(self, moment: float) -> tuple[Halt, ...]:
        return self._select(tables.halts.c.ended_at > moment)

    def put(self, halt: Halt) -> Halt:
        """Put a halt in force; returns it, or the one of the same scope that is in force already."""
        c, values = tables.halts.c, {name: getattr(halt, name) for name in halt.__dataclass_fields__}
        with self._database.write(hurried=True) as connection:
            again = update(tables.halts).where(c.scope == halt.scope, c.ended_at > 0).values(values)
            if connection.execute(again).rowcount or inserted(connection, insert(tables.halts).values(values)):
                return halt
            row = connection.execute(select(tables.halts).where(c.scope == halt.scope)).mappings().one()
        return Halt(**row)

    def end(self, halt: Halt, at: float, by: str) -> bool:
        """End a halt; False where somebody else did it first."""
        c = tables.halts.c
        with self._database.write() as connection:
            same = update(tables.halts).where(c.scope == halt.scope, c.at == halt.at, c.ended_at == 0.0)
            return bool(connection.execute(same.values(ended_at=at, ended_by=by)).rowcount)

    def _select(self, which: object) -> tuple[Halt, ...]:
        query = select(tables.halts).where(which).order_by(tables.halts.c.at)  # type: ignore[arg-type]
        with self._database.read() as connection:
            return tuple(Halt(**row) for row in connection.execute(query).mappings())
