"""The door to the database: one engine, short write transactions, the schema brought up to date at start.

The store is an SQLite file, or PostgreSQL where more than one bot process works on it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, make_url, text
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from bot.errors import OperatorError
from bot.store.faults import StoreError, reason
from bot.store.postgres import NAMES, postgresql
from bot.store.sqlite import sqlite
from bot.store.turns import Turns

__all__ = ["HEAD", "Database", "StoreError", "inserted", "new_id"]

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
HEAD = "0004"
"""The newest migration's name, so that a store which is up to date needs no Alembic (a seventh of the start)."""
_PATIENCE_SECONDS = 5.0
_HURRIED_SECONDS = 1.2
"""How long a write on the way to an acknowledgement waits, for its turn and then for the lock: Slack grants 3 s."""
_MIGRATION_SECONDS = 60.0
"""How long a process that starts waits for another that migrates."""
_MIGRATION_LOCK = 0x6177735F626F74
"""The name of the advisory lock on PostgreSQL under which the schema is changed: `aws_bot` as a number."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_id() -> str:
    """Return a short id nobody can guess: 12 characters, 59 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def inserted(connection: Connection, row: Insert) -> bool:
    """Insert inside an open transaction, which stays whole; False where such a row stands there already.

    A row that another process has written and not yet committed is waited for.
    """
    try:
        with connection.begin_nested():
            connection.execute(row)
    except IntegrityError:
        return False
    return True


def must_be_there(url: str) -> None:
    """Refuse a file that is not there: SQLite would make it. Raises StoreError; OperatorError for what is no URL."""
    try:
        about = make_url(url)
    except ArgumentError as error:
        raise OperatorError("This is no database URL; one looks like sqlite:///bot.db") from error
    if about.get_backend_name() == "sqlite" and not Path(about.database or "").is_file():
        raise StoreError(f"There is no file {about.database}.")


class Database:
    """An engine and its two kinds of transactions."""

    def __init__(self, url: str) -> None:
        """Raises StoreError where the URL names no database that can be opened here."""
        self.url = url
        try:
            self.engine = _engine(url)
        except ArgumentError as error:
            raise StoreError(
                "The store's URL cannot be read: write one like sqlite:///bot.db or postgresql://bot@host/bot."
            ) from error
        except ImportError as error:
            raise StoreError(
                f"The store's database needs a driver that is not installed ({error.name}). PostgreSQL's comes with "
                "pip install 'aws-slack-bot[postgres]'."
            ) from error
        self._of_thread = threading.local()
        self._turns = Turns()
        self._closed = False

    @contextmanager
    def write(self, *, hurried: bool = False) -> Iterator[Connection]:
        """Yield a connection whose writes are durable when the block ends, or gone. Raises StoreError.

        A block inside a block of the same thread is part of it: all of both, or nothing. A `hurried` one gives up on a
        locked store soon.
        """
        around: Connection | None = getattr(self._of_thread, "connection", None)
        if around is not None:
            yield around
            return
        patience = _HURRIED_SECONDS if hurried else _PATIENCE_SECONDS
        try:
            with (
                self._turn(patience, hurried=hurried),
                self._connected(patience=patience, hurried=hurried) as connection,
                connection.begin(),
            ):
                self._of_thread.connection = connection
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"The store cannot be written ({reason(error)}).") from error
        finally:
            self._of_thread.connection = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        try:
            with self._connected(patience=_PATIENCE_SECONDS, only_reads=True) as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"The store cannot be read ({reason(error)}).") from error

    @contextmanager
    def _turn(self, seconds: float, *, hurried: bool) -> Iterator[None]:
        if self.engine.dialect.name != "sqlite":
            yield
            return
        if not self._turns.take(seconds, hurried=hurried):
            raise StoreError("The store cannot be written (too many writes wait for their turn).")
        try:
            yield
        finally:
            self._turns.give()

    @contextmanager
    def _connected(self, **options: Any) -> Iterator[Connection]:
        try:
            with self.engine.connect().execution_options(**options) as connection:
                yield connection
        finally:
            if self._closed:
                self.engine.pool.dispose()

    def migrate(self) -> None:
        """Bring the schema up to date; of several processes that start at once one does, and the others wait."""
        if self._up_to_date():
            return
        from alembic import command  # noqa: PLC0415 - see HEAD
        from alembic.config import Config  # noqa: PLC0415 - see HEAD
        from alembic.util.exc import CommandError  # noqa: PLC0415 - see HEAD

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        try:
            with self._connected(patience=_MIGRATION_SECONDS) as connection, connection.begin():
                if self.engine.dialect.name == "postgresql":
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except SQLAlchemyError as error:
            raise StoreError(
                f"The store {self} cannot be brought up to date ({reason(error)}). "
                "Is it in reach and a database of this bot's, and may this user write it?"
            ) from error
        except CommandError as error:
            raise StoreError(
                f"The store {self} was made by a newer version of the bot: run that version, "
                "or name another database (BOT_DATABASE_URL)."
            ) from error

    def _up_to_date(self) -> bool:
        try:
            with self._connected(patience=_PATIENCE_SECONDS, only_reads=True) as connection:
                return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD)
        except SQLAlchemyError:
            return False  # whatever is wrong, Alembic finds and `migrate` says

    def close(self) -> None:
        """Close every connection; one that a thread still works with is closed when it is given back."""
        self._closed = True
        self.engine.pool.dispose()

    def __str__(self) -> str:
        """The URL without what may be a secret: a password can also stand in the query."""
        return self.engine.url.set(query={}).render_as_string(hide_password=True)


def _engine(url: str) -> Engine:
    parts = make_url(url)
    if parts.get_backend_name() in NAMES:
        return postgresql(parts)
    if parts.get_backend_name() == "sqlite":
        return sqlite(parts)
    raise ArgumentError("neither SQLite nor PostgreSQL")
