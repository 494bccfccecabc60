"""A store in an SQLite file that has the bot's tables already: migrated once in a process, copied for each test."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from bot.store.database import Database


def store_at(path: Path) -> Database:
    """Open a new store in which `migrate` has nothing to do."""
    lay_down(path)
    return Database(f"sqlite:///{path}")


def lay_down(path: Path) -> None:
    """Put an empty store where none is yet."""
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(_made())


@cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory(prefix="migrated-") as folder:
        path = Path(folder) / "bot.db"
        database = Database(f"sqlite:///{path}")
        database.migrate()
        database.close()
        assert [each.name for each in path.parent.iterdir()] == ["bot.db"], "all of it is in the one file"
        return path.read_bytes()
