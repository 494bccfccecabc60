"""The store's file: its privacy, and what is said when it cannot be had."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from bot.errors import OperatorError
from bot.store.database import Database, StoreError
from bot.store.runs import Run, Runs, State

RECEIVED = Run("r1", State.RECEIVED, owner="p1", created_at=1.0)


def test_the_file_is_its_owner_s_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = Database(f"sqlite:///{tmp_path}/bot.db")
        database.migrate()
        with database.write():
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert modes == {"bot.db": 0o600, "bot.db-wal": 0o600, "bot.db-shm": 0o600}


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    path.touch(0o640)
    path.chmod(0o640)
    Database(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_missing_folder_is_named_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="create it") as caught:
        Database(f"sqlite:///{tmp_path}/not/here/bot.db")
    assert str(tmp_path / "not" / "here") in caught.value.sentence
    assert not (tmp_path / "not").exists()


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="BOT_DATABASE_URL"):
        Database(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_store_in_memory_is_none(url: str) -> None:
    with pytest.raises(OperatorError, match="name a file"):
        Database(url)


def test_a_file_that_is_no_database_is_said_without_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    path.write_text("Dear diary, " * 1000)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(StoreError) as caught:
        database.migrate()
    assert "Traceback" not in caught.value.sentence
    assert "not a database" in caught.value.sentence
    with pytest.raises(StoreError), database.write():
        pass
    with pytest.raises(StoreError), database.read():
        pass
    database.close()


def test_what_cannot_be_written_is_said_and_gone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "bot.db") as plain:
        plain.execute("PRAGMA journal_mode=WAL")
    plain.close()
    database = Database(f"sqlite:///{tmp_path}/bot.db")
    database.migrate()
    database.close()
    frozen = Database(f"sqlite:///file:{tmp_path}/bot.db?mode=ro&uri=true")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        Runs(frozen).receive(RECEIVED, "d1")
    assert "INSERT" not in caught.value.sentence
    assert Runs(frozen).get("r1") is None
    frozen.close()
