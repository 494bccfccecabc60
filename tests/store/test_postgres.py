"""What PostgreSQL alone does to a store: go away, refuse, make wait. Always said in words, never for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.store import postgres as door
from bot.store.database import Database, StoreError
from bot.store.runs import Run, Runs, State
from tests.postgres import Cluster
from tests.sandbox.slack_wire import until

RECEIVED = Run("r1", State.RECEIVED, owner="p1", created_at=1.0)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    made = Database(postgres_url)
    yield made
    made.close()


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgres"])
def test_a_url_needs_to_name_no_driver(postgres_url: str, scheme: str) -> None:
    database = Database(postgres_url.replace("postgresql+psycopg", scheme))
    assert Runs(database).receive(RECEIVED, "d1")
    database.close()


def test_every_transaction_is_read_committed_and_has_an_end(database: Database) -> None:
    names = ("transaction_isolation", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    asked = text("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
    with database.write() as connection:
        assert tuple(connection.execute(asked).one()) == ("read committed", "5s", "30s", "15s")
    with database.write(hurried=True) as connection:
        assert tuple(connection.execute(asked).one()) == ("read committed", "1200ms", "1200ms", "15s")
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT current_setting('lock_timeout')")) != "0"


def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(StoreError, match="read-only"), database.read() as connection:
        connection.execute(text("DELETE FROM runs"))
    assert Runs(database).receive(RECEIVED, "d1")


def test_a_restart_of_the_server_is_survived_by_the_next_transaction(database: Database, postgres: Cluster) -> None:
    runs = Runs(database)
    assert runs.receive(RECEIVED, "d1")
    with pytest.raises(StoreError, match="cannot be written") as caught, database.write() as connection:  # noqa: PT012
        assert runs.receive(replace(RECEIVED, id="r2"), "d2")
        postgres.stop()
        postgres.start()
        connection.execute(text("SELECT 1"))
    assert "\n" not in caught.value.sentence
    assert runs.get("r2") is None, "nothing of the broken block was written"
    assert not runs.receive(replace(RECEIVED, id="r3"), "d1"), "what was committed survived"
    assert runs.receive(replace(RECEIVED, id="r2"), "d2")


def test_a_server_that_is_away_is_said_soon_and_found_again(database: Database, postgres: Cluster) -> None:
    runs = Runs(database)
    assert runs.receive(RECEIVED, "d1")
    postgres.stop(gently=True)
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            runs.receive(replace(RECEIVED, id="r2"), "d2")
        with pytest.raises(StoreError, match="cannot be read"):
            runs.get("r1")
        new = Database(database.url)
        with pytest.raises(StoreError, match="in reach"):
            new.migrate()
        new.close()
    finally:
        postgres.start()
    assert runs.get("r1") == RECEIVED


def test_a_session_that_is_ended_in_a_transaction_is_one_fault_and_no_more(database: Database) -> None:
    runs = Runs(database)
    with pytest.raises(StoreError), database.write() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert runs.receive(RECEIVED, "d1")


def test_a_process_that_sleeps_in_a_transaction_loses_it_and_its_locks(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_SLEEPING_SECONDS", 0.3)
    other = Database(database.url)
    with pytest.raises(StoreError), other.write() as connection:  # noqa: PT012 - all of it is one transaction
        Runs(other).receive(RECEIVED, "d1")
        assert Runs(database).receive(replace(RECEIVED, id="r2"), "d1"), "waits until the sleeper's was undone"
        connection.execute(text("SELECT 1"))
    other.close()


def test_all_connections_in_use_is_said_soon(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_FREE_SECONDS", 0.2)
    narrow = Database(database.url)
    enough, go = threading.Barrier(21), threading.Event()

    def hold() -> None:
        with narrow.read():
            enough.wait(30)
            go.wait(30)

    holders = [threading.Thread(target=hold) for _ in range(20)]
    for each in holders:
        each.start()
    enough.wait(30)
    with pytest.raises(StoreError, match="all connections to it are in use"):
        Runs(narrow).receive(RECEIVED, "d1")
    go.set()
    for each in holders:
        each.join(30)
    assert Runs(narrow).receive(RECEIVED, "d1")
    narrow.close()


def test_forty_threads_that_write_at_once_all_write(database: Database) -> None:
    runs, failed = Runs(database), list[Exception]()

    def go(name: int) -> None:
        try:
            for n in range(3):
                assert runs.receive(replace(RECEIVED, id=f"{name}-{n}"), f"{name}-{n}")
        except Exception as error:  # noqa: BLE001 - whatever it is, the test names it
            failed.append(error)

    threads = [threading.Thread(target=go, args=(name,)) for name in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert len(runs.open()) == 120


def test_a_migration_waits_for_another_and_finds_it_done(postgres: Cluster) -> None:
    url = postgres.url()
    first, second = Database(url), Database(url)
    with first.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _lock_name()})
        thread = threading.Thread(target=second.migrate)
        thread.start()
        name = url.rpartition("/")[2]
        waits = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND wait_event = 'advisory'"
        until(lambda: postgres.execute(waits)[0][0] == 1, 30)
        assert thread.is_alive()
    thread.join(60)
    first.migrate()
    assert Runs(first).receive(RECEIVED, "d1")
    first.close()
    second.close()


def _lock_name() -> int:
    from bot.store import database

    return database._MIGRATION_LOCK


@pytest.mark.parametrize(
    ("role", "database", "password"),
    [("nobody", "bot", ":s3cret"), ("postgres", "nowhere", ":s3cret"), ("nobody", "bot?password=s3cret", "")],
)
def test_who_may_not_in_is_told_without_the_password(
    postgres: Cluster, role: str, database: str, password: str
) -> None:
    one = Database(f"postgresql://{role}{password}@127.0.0.1:{postgres.port}/{database}")
    for does in (one.migrate, lambda: Runs(one).get("r1")):
        with pytest.raises(StoreError, match="does not exist") as caught:
            does()
        assert "s3cret" not in caught.value.sentence
        assert "\n" not in caught.value.sentence
    one.close()


def test_a_role_that_may_not_make_tables_is_told_so(postgres: Cluster) -> None:
    postgres.execute("CREATE ROLE reader LOGIN")
    name = postgres.url().rpartition("/")[2]
    postgres.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", name)
    one = Database(postgres.url_of(name, "reader"))
    with pytest.raises(StoreError, match="may this user write it"):
        one.migrate()
    one.close()
