"""Order within a key, one queue place a name, and an end that does not wait for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from bot.slack.lanes import Lanes
from tests.sandbox.slack_wire import until


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    made = Lanes()
    yield made
    assert made.close(5)


def test_jobs_of_one_key_are_done_in_order(lanes: Lanes) -> None:
    done: list[int] = []
    for n in range(200):
        lanes.put("C1", str(n), lambda n=n: done.append(n))  # type: ignore[misc]
    until(lambda: len(done) == 200)
    assert done == list(range(200))


def test_what_waits_or_runs_is_not_queued_again_and_may_be_afterwards(lanes: Lanes) -> None:
    go = threading.Event()
    done: list[str] = []
    assert lanes.put("C1", "one", lambda: done.append("one") if go.wait(5) else None)
    assert not lanes.put("C1", "one", lambda: done.append("again"))
    assert not lanes.put("C2", "one", lambda: done.append("again"))
    go.set()
    until(lambda: lanes.put("C1", "one", lambda: done.append("later")))
    until(lambda: done == ["one", "later"])


def test_a_slow_key_does_not_hold_up_every_other(lanes: Lanes) -> None:
    go = threading.Event()
    done: list[str] = []
    lanes.put("slow", "slow", lambda: go.wait(5) and None)
    for n in range(20):
        lanes.put(f"C{n}", f"n{n}", lambda n=n: done.append(f"n{n}"))  # type: ignore[misc]
    until(lambda: len(done) >= 10)
    go.set()


def test_a_job_that_fails_is_logged_and_the_next_one_runs(lanes: Lanes, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    lanes.put("C1", "bad", lambda: 1 / 0 and None)
    lanes.put("C1", "good", lambda: done.append("good"))
    until(lambda: done)
    assert "could not be told" in caplog.text


def test_closing_finishes_what_is_queued() -> None:
    lanes, done = Lanes(), []
    for n in range(50):
        lanes.put("C1", str(n), lambda n=n: done.append(n))  # type: ignore[misc]
    assert lanes.close(5)
    assert len(done) == 50
    assert not lanes.put("C1", "late", lambda: done.append("late"))


def test_closing_does_not_wait_for_what_hangs_and_drops_what_waits_behind_it() -> None:
    lanes, go, done = Lanes(), threading.Event(), []
    lanes.put("C1", "hangs", lambda: go.wait(20) and None)
    lanes.put("C1", "behind", lambda: done.append("behind"))
    assert not lanes.close(0.1)
    go.set()
    assert lanes.close(5)
    assert done == []
