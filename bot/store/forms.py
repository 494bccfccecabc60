"""Forms that were opened and not yet submitted: who asked, where, and what was typed so far.

A form's id travels through Slack; everything else about it stays here. It is good for an hour.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select

from bot.store import tables
from bot.store.database import Database, inserted

KEPT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Form:
    """One form; it belongs to whoever asked for it."""

    id: str
    team: str
    user: str
    channel: str
    thread: str
    text: str
    created_at: float


class Forms:
    """The forms of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, form: Form, delivery: str) -> bool:
        """Write a form together with the delivery that asked for it; False where that delivery was seen before."""
        seen = insert(tables.deliveries).values(key=delivery, at=form.created_at)
        with self._database.write(hurried=True) as connection:
            if delivery and not inserted(connection, seen):
                return False
            connection.execute(delete(tables.forms).where(tables.forms.c.created_at < form.created_at - KEPT_SECONDS))
            connection.execute(insert(tables.forms).values(asdict(form)))
        return True

    def get(self, id_: str, now: float) -> Form | None:
        """Return a form that is still good."""
        c = tables.forms.c
        query = select(tables.forms).where(c.id == id_, c.created_at >= now - KEPT_SECONDS)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return Form(**row) if row else None
