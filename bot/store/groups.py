"""The book of user groups: who is in each, since when the bot has known it, and who changed the group last.

It is kept in the store, so that neither a restart nor a second process makes a new member an old one, and each change
is found by one process alone. The first reading of a group is where its history begins: whoever is in it then counts
as having always been, and nothing has changed. A reading that is older than what the book holds changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot.store import tables
from bot.store.database import Database, inserted

ALWAYS = 0.0
"""Since when somebody is in a group who was in it at the first reading."""
NEVER = 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A group as Slack showed it, asked at `at`; nobody is in a disabled one.

    `updated` and `by` are Slack's date_update and updated_by; 0 and empty where it does not say.
    """

    id: str
    users: frozenset[str]
    at: float
    updated: float = 0.0
    by: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What is different from the reading before; `returned` left and came back in between."""

    group: str
    at: float
    by: str
    updated: float
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    disabled: bool | None = None

    @property
    def key(self) -> str:
        """One string for one change, whoever finds it."""
        what = repr((self.added, self.removed, self.returned, self.disabled))
        return f"group/{self.group}/{self.updated:.0f}/{hashlib.sha256(what.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the book holds of a group: each member with the time they were first seen, and the last change.

    `changed_at` is when the bot saw that change: NEVER, where there was none since the first reading.
    """

    since: Mapping[str, float] = field(default_factory=dict)
    by: str = ""
    changed_at: float = NEVER


class GroupBook:
    """The book in one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, seen: Seen, tell: Callable[[Change], object]) -> Standing:
        """Write a reading down and return what is known now; `tell` is part of the same transaction."""
        with self._database.write() as connection:
            if not self._begun(connection, seen) and (before := _turn(connection, seen)):
                change = _compared(connection, before, seen)
                if change:
                    tell(change)
            return _standing(connection, seen.id)

    def leave(self, group: str, users: Iterable[str], at: float) -> None:
        """Note on the way to an acknowledgement that people left: if they are there again, they are new."""
        c = tables.memberships.c
        mine = (c.usergroup == group, c.user.in_(tuple(users)), c.left_at == NEVER)
        with self._database.write(hurried=True) as connection:
            connection.execute(update(tables.memberships).where(*mine).values(left_at=at))

    def _begun(self, connection: Connection, seen: Seen) -> bool:
        """Begin a group's history; False where it was begun before."""
        values = {"disabled": seen.disabled, "updated": seen.updated, "updated_by": seen.by}
        row = insert(tables.user_groups).values(id=seen.id, changed_at=NEVER, read_at=seen.at, **values)
        if not inserted(connection, row):
            return False
        _join(connection, seen.id, seen.users, ALWAYS)
        return True


def _turn(connection: Connection, seen: Seen) -> Row[Any] | None:
    """Return the group as it was, locked against other processes; None where the reading is not the newest."""
    c = tables.user_groups.c
    newest = (c.id == seen.id, c.read_at <= seen.at, *((c.updated <= seen.updated,) if seen.updated else ()))
    if not connection.execute(update(tables.user_groups).where(*newest).values(read_at=seen.at)).rowcount:
        return None
    return connection.execute(select(tables.user_groups).where(c.id == seen.id)).one()


def _compared(connection: Connection, before: Row[Any], seen: Seen) -> Change | None:
    """Bring the book up to the reading; returns what concerns rights and has changed."""
    c = tables.memberships.c
    rows = connection.execute(select(tables.memberships).where(c.usergroup == seen.id)).all()
    known = {row.user for row in rows}
    added, removed = seen.users - known, known - seen.users
    returned = {row.user for row in rows if row.user in seen.users and NEVER < row.left_at < seen.at}
    connection.execute(delete(tables.memberships).where(c.usergroup == seen.id, c.user.in_(removed | returned)))
    _join(connection, seen.id, added | returned, seen.at)
    toggled = seen.disabled if seen.disabled != before.disabled else None
    change = Change(
        seen.id, seen.at, seen.by, seen.updated, _sorted(added), _sorted(removed), _sorted(returned), toggled
    )
    real = bool(added or removed or returned or toggled is not None)
    if real or seen.updated > before.updated:
        _write_change(connection, seen)
    return change if real else None


def _write_change(connection: Connection, seen: Seen) -> None:
    values = {"disabled": seen.disabled, "updated_by": seen.by, "changed_at": seen.at}
    values |= {"updated": seen.updated} if seen.updated else {}
    connection.execute(update(tables.user_groups).where(tables.user_groups.c.id == seen.id).values(**values))


def _join(connection: Connection, group: str, users: Iterable[str], since: float) -> None:
    rows = [{"usergroup": group, "user": user, "since": since, "left_at": NEVER} for user in sorted(users)]
    if rows:
        connection.execute(insert(tables.memberships), rows)


def _standing(connection: Connection, group: str) -> Standing:
    c = tables.memberships.c
    members = connection.execute(select(c.user, c.since).where(c.usergroup == group, c.left_at == NEVER))
    since = {row.user: row.since for row in members}
    about = connection.execute(select(tables.user_groups).where(tables.user_groups.c.id == group)).one()
    return Standing(since, about.updated_by, about.changed_at)


def _sorted(users: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(users))
