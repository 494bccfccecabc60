"""A store in an SQLite file: private, in WAL with full synchronisation, one write at a time.

What was committed survives a lost process and lost power. A write transaction takes its lock at once (BEGIN
IMMEDIATE), so that it never fails half way, and waits for it no longer than its patience.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from bot.store.faults import StoreError

_OPENING_SECONDS = 5.0


def sqlite(url: URL) -> Engine:
    """Open an SQLite file, which is made where it is missing. Raises StoreError."""
    if url.database in (None, "", ":memory:"):
        raise StoreError("A store in memory forgets what was sent: name a file, like sqlite:///bot.db.")
    engine = create_engine(url, connect_args={"timeout": _OPENING_SECONDS}, pool_size=10, max_overflow=30)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    _private_file(url.database or "")
    return engine


def _private_file(path: str) -> None:
    """Create a new file for its owner alone; SQLite gives its journal the same mode. Raises StoreError."""
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


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, see below
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()  # the pool never had it and leaves it open
        raise


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA busy_timeout={1000 * options.get('patience', _OPENING_SECONDS):.0f}")
    connection.exec_driver_sql("BEGIN" if options.get("only_reads") else "BEGIN IMMEDIATE")
