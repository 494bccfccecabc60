"""The store on either database: its schema, its transactions, and what is said when it cannot be had."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from threading import Thread
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Boolean, Connection, Float, Integer, inspect, text

from bot.errors import OperatorError
from bot.store import tables
from bot.store.audit import Audit
from bot.store.database import Database, StoreError, new_id
from bot.store.outbox import Outbox
from bot.store.processes import Processes
from bot.store.runs import Run, Runs, Sent, State

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
    start, outcomes = spawn.Barrier(2), spawn.Queue()
    processes = [spawn.Process(target=_migrate, args=(url, start, outcomes)) for _ in range(2)]
    for process in processes:
        process.start()
    said = [outcomes.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
        process.close()
    outcomes.close()
    outcomes.join_thread()
    assert said == ["migrated"] * 2
    assert Runs(opened()).receive(RECEIVED, "d1")


def test_a_store_of_a_newer_version_is_left_alone_and_said_to_be_one(database: Database, opened: Opened) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(OperatorError, match="newer version"):
        opened().migrate()


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


def test_a_full_disk_is_said_and_what_was_half_written_is_gone(database: Database, opened: Opened) -> None:
    _fail(database, "runs", "INSERT")
    with pytest.raises(StoreError, match="disk is full"):
        Runs(database).receive(RECEIVED, "d1")
    _mend(database, "runs")
    assert Runs(opened()).receive(RECEIVED, "d1"), "the delivery was not noted without its run"


_FULL = {
    "sqlite": "CREATE TRIGGER full_disk BEFORE {does} ON {table} BEGIN SELECT RAISE(ABORT, 'disk is full'); END",
    "postgresql": "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'disk is full'; END $$; "
    "CREATE TRIGGER full_disk BEFORE {does} ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()",
}


def _fail(database: Database, table: str, does: str) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(_FULL[database.engine.dialect.name].format(table=table, does=does))


def _mend(database: Database, table: str) -> None:
    on = "" if database.engine.dialect.name == "sqlite" else f" ON {table}"
    with database.write() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER full_disk{on}")


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


def _lock(connection: Connection) -> None:
    """Keep everybody else from writing: SQLite's write transaction does so by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE deliveries, runs IN SHARE MODE"))


def test_a_lock_held_by_another_process_is_waited_for(database: Database, opened: Opened) -> None:
    other = opened()
    written: list[bool] = []
    thread = Thread(target=lambda: written.append(Runs(database).receive(RECEIVED, "d1")))
    with other.write() as connection:
        _lock(connection)
        thread.start()
        thread.join(0.3)
        assert written == []
    thread.join(30)
    assert written == [True]


def test_a_lock_that_is_not_let_go_is_said_soon_by_a_hurried_write(database: Database, opened: Opened) -> None:
    with opened().write() as connection:
        _lock(connection)
        with pytest.raises(StoreError, match=r"locked|timeout"):
            Runs(database).receive(RECEIVED, "d1")
    assert Runs(database).receive(RECEIVED, "d1")


@pytest.mark.parametrize("commits", [True, False])
def test_d4_a_delivery_another_process_is_just_writing_is_waited_for(
    database: Database, opened: Opened, *, commits: bool
) -> None:
    other, written = Runs(opened()), list[bool]()
    thread = Thread(target=lambda: written.append(Runs(database).receive(replace(RECEIVED, id="r2"), "d1")))
    with suppress(ZeroDivisionError), other.together():
        assert other.receive(RECEIVED, "d1")
        thread.start()
        thread.join(0.2)
        assert written == []
        assert commits or 1 / 0
    thread.join(30)
    assert written == [not commits]


NASTY = "a\0b\ud83d c \ud83d\ude00 dé"
"""A NUL, half a surrogate pair, and a whole one."""


def test_text_that_no_database_takes_is_written_all_the_same(database: Database) -> None:
    runs, audit = Runs(database), Audit(database)
    assert runs.receive(replace(RECEIVED, text=NASTY, user=NASTY, channel=NASTY), NASTY)
    assert not runs.receive(replace(RECEIVED, id="r2"), NASTY)
    run = runs.get("r1")
    assert run
    assert run.text == run.user == run.channel == "a\ufffdb\ufffd c \U0001f600 dé"
    audit.write(1.0, "asked", run, why=NASTY)
    assert json.loads(audit.rows("r1")[0]["detail"])["why"].startswith("a\0b\ud83d c ")
    assert runs.get(NASTY) is None


INDEXED = ("id", "report")
"""Columns of ours alone: an index takes 2704 bytes."""


def test_text_of_any_length_is_written_in_every_column(database: Database, opened: Opened) -> None:
    long = "".join(map(chr, range(0x4E00, 0x4E00 + 20_000)))
    texts = [field.name for field in fields(Run) if field.type == "str" and field.name not in INDEXED]
    run = Run("r1", State.RECEIVED, **dict.fromkeys(texts, long))
    assert Runs(database).receive(run, "d1")
    assert Runs(opened()).get("r1") == run
    moved = Runs(database).start(run, [Sent("r1", 0, long, long, long, why=long)], [long])
    assert isinstance(moved, Run)
    assert Runs(database).start(replace(run, id="r2"), (), [long]) == "r1"
    Outbox(database).mark("r1", 0, 1.0)
    Outbox(database).adopt("r1", long, long)
    Audit(database).write(1.0, long, run)
    Processes(database).beat("p1", 1.0, {"why": [long]})
    assert Outbox(database).at(long, long) == "r1"


def test_no_column_bounds_the_length_of_a_text() -> None:
    for table in tables.metadata.tables.values():
        for column in table.columns:
            assert isinstance(column.type, tables.Words | Float | Integer | Boolean), f"{table.name}.{column.name}"


def test_a_connection_that_a_thread_has_when_the_store_is_closed_is_closed_after_it(database: Database) -> None:
    with database.read():
        database.close()
        assert database.engine.pool.checkedin() == 0
    assert Runs(database).get("r1") is None, "who comes late is served"
    assert database.engine.pool.checkedin() == 0


def test_ids_are_long_and_cannot_be_read_wrongly() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(each) == 12 and not set(each) & set("01ilo") for each in ids)


COLUMNS = {
    "runs": "id state owner actor_kind team user user_name channel thread audience text action account region plan "
    "seen reply why rules by undoes answer view report scheduled_for created_at confirmed_at ended_at due_at",
    "calls": "run n operation params ids state request_id why sent_at ended_at",
    "deliveries": "key at",
    "holds": "resource run",
    "outbox": "run channel ts revision told rank due_at claimed_until attempts failed_since doubtful gave_up "
    "extras owner",
    "audit": "id at event run actor_kind team user channel text action detail",
    "processes": "id started_at seen_at facts",
    "forms": "id team user channel thread text created_at",
    "reports": "id name source team user channel schedule zone command paused failures created_at next_at last_at "
    "last_run alarmed_for",
    "quotas": "name key at",
    "uses": "id name key run at count",
    "user_groups": "id disabled updated updated_by changed_at read_at",
    "memberships": "usergroup user since left_at",
    "halts": "scope name by by_name reason at ended_at ended_by",
}
"""Every column there is: none for a token, a response_url or a credential. Think before you add one."""


def test_i11_no_column_is_meant_for_a_secret() -> None:
    assert {name: " ".join(table.columns.keys()) for name, table in tables.metadata.tables.items()} == COLUMNS
