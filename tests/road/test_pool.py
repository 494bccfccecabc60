"""The pool: a place is taken before anything is promised; a full pool says so, and nothing runs later."""

from __future__ import annotations

import threading
import time

import pytest

from bot.road.clicks import Click
from bot.road.engine import Asked, Engine, Received
from bot.road.pool import Pool
from bot.store.runs import State
from tests.road.bench import ANN, OPS, Bench
from tests.road.test_sending import raising


def test_a_full_pool_has_no_place() -> None:
    pool = Pool(1, 1, "small")
    assert [pool.reserve() for _ in range(3)] == [True, True, False]
    pool.release()
    assert pool.reserve()
    assert pool.close(1)


def test_a_job_that_fails_gives_its_place_back(caplog: pytest.LogCaptureFixture) -> None:
    pool = Pool(1, 0, "small")
    for _ in range(3):
        deadline = time.monotonic() + 10
        while not pool.reserve():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        pool.submit(raising(ValueError("broken job")))
    assert pool.close(10)
    assert "broken job" in caplog.text


def test_forty_slow_jobs_each_run_once() -> None:
    pool, ran, lock = Pool(8, 32, "forty"), [0] * 40, threading.Lock()

    def job(n: int) -> None:
        time.sleep(0.02)
        with lock:
            ran[n] += 1

    for n in range(40):
        assert pool.reserve()
        pool.submit(job, n)
    deadline = time.monotonic() + 20
    while sum(ran) < 40 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ran == [1] * 40
    assert pool.close(10)


def test_closing_waits_so_long_and_no_longer_and_drops_what_has_not_begun() -> None:
    pool, go, ran = Pool(1, 4, "closing"), threading.Event(), []

    def job(n: int) -> None:
        go.wait(20)
        ran.append(n)

    for n in range(3):
        assert pool.reserve()
        pool.submit(job, n)
    assert not pool.close(0.1)
    go.set()
    assert pool.close(10)
    assert ran == [0]
    assert pool.reserve()
    with pytest.raises(RuntimeError):
        pool.submit(job, 9)


def test_busy_is_said_and_nothing_of_it_runs_later(bench: Bench) -> None:
    engine = Engine(bench.desk, Pool(1, 0, "busy"))
    bench.clicks.engine = engine
    go = threading.Event()
    assert engine.pool.reserve()
    engine.pool.submit(go.wait, 20)
    assert engine.receive(Asked("ec2 list", ANN, "T1", OPS, delivery="d1")) is Received.BUSY
    assert bench.clicks.receive(Click("confirm", "x", ANN, "T1", "d2"), bench.answers.append) is Received.BUSY
    go.set()
    assert engine.pool.close(10)
    assert bench.desk.runs.open() == ()
    assert bench.journal() == []
    assert bench.answers == []


def test_d2_what_was_busy_may_come_again_as_the_same_delivery(bench: Bench) -> None:
    engine = Engine(bench.desk, Pool(1, 0, "busy"))
    assert engine.pool.reserve()
    asked = Asked("help", ANN, "T1", OPS, delivery="d1")
    assert engine.receive(asked) is Received.BUSY
    engine.pool.release()
    taken = []
    assert engine.receive(asked, taken.append) is Received.TAKEN
    assert engine.pool.close(10)
    assert bench.now(taken[0]).state is State.DONE


def test_an_edge_that_fails_at_the_taking_gives_the_place_back_and_runs_nothing(bench: Bench) -> None:
    engine = Engine(bench.desk, Pool(1, 0, "edge"))
    for n in range(3):
        with pytest.raises(ValueError, match="the edge broke"):
            engine.receive(Asked("help", ANN, "T1", OPS, delivery=f"d{n}"), raising(ValueError("the edge broke")))
    assert engine.pool.reserve()
    assert bench.waiting.rescue() == 3
    assert bench.desk.runs.open() == ()
    assert engine.pool.close(1)
