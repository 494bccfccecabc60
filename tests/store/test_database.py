"""The store's file: its schema, its privacy, and what is said when it cannot be had."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text

from bot.errors import OperatorError
from bot.store import tables
from bot.store.database import Database, StoreError, new_id
from bot.store.runs import Run, Runs, State

Opened = Callable[[], Database]
RECEIVED = Run("r1", State.RECEIVED, owner="p1", created_at=1.0)


def test_migrations_make_the_tables_as_they_are_declared(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
    assert names == set(tables.metadata.tables)


def test_migrating_twice_changes_nothing_and_keeps_the_rows(database: Database, opened: Opened) -> None:
    Runs(database).receive(RECEIVED, "d1")
    database.migrate()
    again = opened()
    again.migrate()
    assert Runs(again).get("r1") == RECEIVED


def _migrate(url: str, start: Any, outcomes: Any) -> None:
    database = Database(url)
    start.wait(60)
    try:
        database.migrate()
        outcomes.put("migrated")
    except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
        outcomes.put(repr(error))
    finally:
        database.close()


def test_processes_that_migrate_at_once_take_turns(url: str, opened: Opened) -> None:
    spawn = multiprocessing.get_context("spawn")
    start, outcomes = spawn.Barrier(3), spawn.Queue()
    processes = [spawn.Process(target=_migrate, args=(url, start, outcomes)) for _ in range(3)]
    for process in processes:
        process.start()
    said = [outcomes.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
        process.close()
    outcomes.close()
    outcomes.join_thread()
    assert said == ["migrated"] * 3
    assert Runs(opened()).receive(RECEIVED, "d1")


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


def test_a_store_of_a_newer_version_is_left_alone_and_said_to_be_one(database: Database, opened: Opened) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(OperatorError, match="newer version"):
        opened().migrate()


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


@pytest.mark.parametrize(
    "url", ["bot.db", "", "nosuchdatabase://bot:s3cret@db/bot", "postgresql+nobody://bot:s3cret@db/bot"]
)
def test_a_url_of_no_database_is_said_without_its_password(url: str) -> None:
    with pytest.raises(OperatorError, match=r"sqlite:///bot\.db") as caught:
        Database(url)
    assert "s3cret" not in caught.value.sentence


def test_a_driver_that_is_not_installed_is_named_without_the_password() -> None:
    with pytest.raises(OperatorError, match="pg8000") as caught:
        Database("postgresql+pg8000://bot:s3cret@db/bot")
    assert "s3cret" not in caught.value.sentence


def test_what_cannot_be_written_is_said_and_gone(url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "bot.db") as plain:
        plain.execute("PRAGMA journal_mode=WAL")
    plain.close()
    database = Database(url)
    database.migrate()
    database.close()
    frozen = Database(f"sqlite:///file:{tmp_path}/bot.db?mode=ro&uri=true")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        Runs(frozen).receive(RECEIVED, "d1")
    assert "INSERT" not in caught.value.sentence
    assert Runs(frozen).get("r1") is None
    frozen.close()


def test_a_full_disk_is_said_and_what_was_half_written_is_gone(database: Database, opened: Opened) -> None:
    _fail(database, "runs", "INSERT")
    with pytest.raises(StoreError, match="disk is full"):
        Runs(database).receive(RECEIVED, "d1")
    _mend(database)
    assert Runs(opened()).receive(RECEIVED, "d1"), "the delivery was not noted without its run"


def _fail(database: Database, table: str, does: str) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(
            f"CREATE TRIGGER full BEFORE {does} ON {table} BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )


def _mend(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")


def test_a_block_in_a_block_is_part_of_it(database: Database, opened: Opened) -> None:
    runs = Runs(database)
    with pytest.raises(ValueError, match="no"), database.write():  # noqa: PT012 - all of it is one transaction
        assert runs.receive(RECEIVED, "d1")
        raise ValueError("no")
    assert Runs(opened()).get("r1") is None
    assert runs.receive(RECEIVED, "d1")


def test_a_failure_in_a_block_in_a_block_ends_both(database: Database) -> None:
    with pytest.raises(StoreError), database.write(), database.write() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))
    assert Runs(database).receive(RECEIVED, "d1")


def test_a_delivery_seen_inside_a_block_leaves_the_block_whole(database: Database) -> None:
    runs = Runs(database)
    assert runs.receive(RECEIVED, "d1")
    with database.write():
        assert runs.seen_before("d1", 2.0)
        assert not runs.seen_before("d2", 2.0)
    assert runs.seen_before("d2", 3.0)


def test_a_lock_held_by_another_process_is_waited_for(database: Database, opened: Opened) -> None:
    other = opened()
    written: list[bool] = []
    thread = Thread(target=lambda: written.append(Runs(database).receive(RECEIVED, "d1")))
    with other.write() as connection:
        connection.execute(select(tables.runs))
        thread.start()
        thread.join(0.3)
        assert written == []
    thread.join(30)
    assert written == [True]


def test_a_lock_that_is_not_let_go_is_said_soon_by_a_hurried_write(database: Database, opened: Opened) -> None:
    with opened().write(), pytest.raises(StoreError, match="locked"), database.write(hurried=True):
        pass


def test_ids_are_long_and_cannot_be_read_wrongly() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(each) == 12 and not set(each) & set("01ilo") for each in ids)


COLUMNS = {
    "runs": "id state owner actor_kind team user user_name channel thread audience text action account region plan "
    "seen reply why rules by undoes created_at confirmed_at ended_at due_at",
    "calls": "run n operation params ids state request_id why sent_at ended_at",
    "deliveries": "key at",
    "holds": "resource run",
    "outbox": "run channel ts revision told rank due_at claimed_until attempts failed_since doubtful gave_up",
    "audit": "id at event run actor_kind team user channel text action detail",
    "processes": "id started_at seen_at facts",
}
"""Every column there is: none for a token, a response_url or a credential. Think before you add one."""


def test_i11_no_column_is_meant_for_a_secret() -> None:
    assert {name: " ".join(table.columns.keys()) for name, table in tables.metadata.tables.items()} == COLUMNS
