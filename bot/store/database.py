"""The door to the database: one engine, short write transactions, the schema brought up to date at start.

SQLite runs in WAL with full synchronisation, so that what was committed survives a lost process and lost power; a
write transaction takes its lock at once (BEGIN IMMEDIATE) and waits for it at most 5 s. PostgreSQL is a URL away.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from bot.errors import OperatorError
from bot.store.turns import Turns

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
HEAD = "0001"
"""The newest migration's name, so that a store which is up to date needs no Alembic (a seventh of the start)."""
_PATIENCE_SECONDS = 5
_HURRIED_SECONDS = 1.2
"""How long a write on the way to an acknowledgement waits, for its turn and then for the lock: Slack grants 3 s."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class StoreError(OperatorError):
    """The store could not be read or written."""


def new_id() -> str:
    """Return a short id nobody can guess: 12 characters, 59 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


class Database:
    """An engine and its two kinds of transactions."""

    def __init__(self, url: str) -> None:
        """Raises StoreError where the URL names no database that can be opened here."""
        self.url = url
        try:
            self.engine = _engine(url)
        except ArgumentError as error:
            raise StoreError("The store's URL cannot be read: write one like sqlite:///bot.db.") from error
        except ImportError as error:
            raise StoreError(f"The store's database needs a driver that is not installed ({error.name}).") from error
        if self.engine.dialect.name == "sqlite":
            _private_file(self.engine.url.database or "")
        self._of_thread = threading.local()
        self._turns = Turns()

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
        try:
            with (
                self._turn(hurried=hurried),
                self.engine.connect().execution_options(hurried=hurried) as connection,
                connection.begin(),
            ):
                self._of_thread.connection = connection
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"The store cannot be written ({_reason(error)}).") from error
        finally:
            self._of_thread.connection = None

    @contextmanager
    def _turn(self, *, hurried: bool) -> Iterator[None]:
        if self.engine.dialect.name != "sqlite":
            yield
            return
        if not self._turns.take(_HURRIED_SECONDS if hurried else _PATIENCE_SECONDS, hurried=hurried):
            raise StoreError("The store cannot be written (too many writes wait for their turn).")
        try:
            yield
        finally:
            self._turns.give()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        try:
            with self.engine.connect().execution_options(only_reads=True) as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"The store cannot be read ({_reason(error)}).") from error

    def migrate(self) -> None:
        """Bring the schema up to date; two processes that start at once take turns."""
        if self._up_to_date():
            return
        from alembic import command  # noqa: PLC0415 - see HEAD
        from alembic.config import Config  # noqa: PLC0415 - see HEAD
        from alembic.util.exc import CommandError  # noqa: PLC0415 - see HEAD

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        try:
            with self.engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except SQLAlchemyError as error:
            raise StoreError(
                f"The store {self.engine.url!r} cannot be brought up to date ({_reason(error)}). "
                "Is it a database of this bot's, and may this user write it?"
            ) from error
        except CommandError as error:
            raise StoreError(
                f"The store {self.engine.url!r} was made by a newer version of the bot: run that version, "
                "or name another database (BOT_DATABASE_URL)."
            ) from error

    def _up_to_date(self) -> bool:
        try:
            with self.engine.connect().execution_options(only_reads=True) as connection:
                return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD)
        except SQLAlchemyError:
            return False  # whatever is wrong, Alembic finds and `migrate` says

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True)
    if make_url(url).database in (None, "", ":memory:"):
        raise StoreError("A store in memory forgets what was sent: name a file, like sqlite:///bot.db.")
    engine = create_engine(url, connect_args={"timeout": _PATIENCE_SECONDS}, pool_size=10, max_overflow=30)
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _private_file(path: str) -> None:
    """Create a new SQLite file for its owner alone; SQLite gives its journal the same mode. Raises StoreError."""
    if path.startswith("file:"):
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except FileNotFoundError as error:
        folder = Path(path).resolve().parent
        raise StoreError(f"There is no folder {folder} for the store: create it, or set BOT_DATABASE_URL.") from error
    except OSError as error:
        raise StoreError(
            f"The store {path} cannot be opened ({error.strerror}): let this user write it, or set BOT_DATABASE_URL."
        ) from error


def _reason(error: SQLAlchemyError) -> str:
    """What the database said, without the statement and its values."""
    return str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, see below
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_sqlite_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    seconds = _HURRIED_SECONDS if options.get("hurried") else _PATIENCE_SECONDS
    connection.exec_driver_sql(f"PRAGMA busy_timeout={1000 * seconds:.0f}")
    connection.exec_driver_sql("BEGIN" if options.get("only_reads") else "BEGIN IMMEDIATE")
