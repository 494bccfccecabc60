"""Writers take turns: in order, the hurried first, and nobody waits for ever."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bot.store.database import StoreError
from bot.store.runs import Run, Runs, State
from bot.store.turns import Turns
from tests.migrated import store_at
from tests.sandbox.slack_wire import until


def waiting(turns: Turns, name: str, done: list[str], *, hurried: bool = False) -> threading.Thread:
    """Somebody who waits for a turn, writes his name and gives it on; returns when he stands in the queue."""
    before = len(turns._hurried) + len(turns._patient)

    def go() -> None:
        assert turns.take(10, hurried=hurried)
        done.append(name)
        turns.give()

    thread = threading.Thread(target=go)
    thread.start()
    until(lambda: len(turns._hurried) + len(turns._patient) > before)
    return thread


def test_turns_come_in_order_and_the_hurried_go_first() -> None:
    turns, done = Turns(), []
    assert turns.take(1)
    threads = [waiting(turns, name, done) for name in ("a", "b")]
    threads += [waiting(turns, name, done, hurried=True) for name in ("x", "y")]
    turns.give()
    for thread in threads:
        thread.join(10)
    assert done == ["x", "y", "a", "b"]
    assert turns.take(0)


def test_who_waited_too_long_leaves_the_queue() -> None:
    turns = Turns()
    assert turns.take(1)
    assert not turns.take(0.01)
    turns.give()
    assert turns.take(0.01)


def test_a_turn_that_comes_at_the_last_moment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    assert turns.take(1)

    class Late(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - the time is over
            turns.give()
            return False

    monkeypatch.setattr("bot.store.turns.Event", Late)
    assert turns.take(0.01)


def test_forty_threads_that_write_at_once_all_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """X4. One write each, and patient: how many a disk makes durable in a writer's seconds is the disk's to say."""
    monkeypatch.setattr("bot.store.database._HURRIED_SECONDS", 60.0)
    database = store_at(tmp_path / "bot.db")
    runs = Runs(database)
    failed: list[Exception] = []

    def go(name: int) -> None:
        try:
            assert runs.receive(Run(f"{name}", State.RECEIVED), f"{name}")
        except Exception as error:  # noqa: BLE001 - whatever it is, the test names it
            failed.append(error)

    threads = [threading.Thread(target=go, args=(name,)) for name in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert len(runs.open()) == 40
    database.close()


def test_a_hurried_write_gives_up_soon_where_others_do_not_end(tmp_path: Path) -> None:
    database = store_at(tmp_path / "bot.db")
    go = threading.Event()

    def hold() -> None:
        with database.write():
            go.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    until(lambda: database._turns._taken)
    with pytest.raises(StoreError):
        Runs(database).receive(Run("r", State.RECEIVED), "d")
    go.set()
    holder.join(20)
    assert Runs(database).receive(Run("r", State.RECEIVED), "d")
    database.close()
