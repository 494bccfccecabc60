"""Rescue: whatever moment a process dies at, each change is sent at most once and every run reaches the truth."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from bot.road.engine import Asked
from bot.road.waiting import Waiting
from bot.store.processes import Processes
from bot.store.runs import ENDED, Run, Sent, State
from tests.road.bench import ANN, API, BOB, OPS, STAGING, WEB, WEB2, WORKER, Bench, bot_file
from tests.road.test_sending import LAUNCH, Patched, made, raising

FIVE = f"ec2 stop {WEB} {WEB2} {API} {WORKER} {STAGING}"


class Killed(BaseException):
    """The process is gone: nothing that comes after happens."""


@contextmanager
def killed_at(bench: Bench, write: int, *, done: bool) -> Iterator[None]:
    """Die at the process's n-th write: before it begins, or (`done`) right after it is on the disk."""
    whole, numbers, depth = bench.database.write, count(), [0]

    @contextmanager
    def dying() -> Iterator[Any]:
        inner = depth[0]
        this = next(numbers) if not inner else -1
        if this == write and not done:
            raise Killed
        depth[0] += 1
        try:
            with whole() as connection:
                yield connection
        finally:
            depth[0] -= 1
        if this == write:
            raise Killed

    bench.database.write = dying  # type: ignore[method-assign]
    try:
        yield
    finally:
        bench.database.write = whole  # type: ignore[method-assign]


def restarted(bench: Bench) -> int:
    """Start a second process after the first one died, and let it find what was left."""
    bench.wait(15)
    bench.desk, bench.engine, bench.clicks, bench.waiting = bench.process("second", bot_file({}))
    return bench.waiting.rescue()


def died(bench: Bench, step: Callable[[], object], write: int, *, done: bool) -> bool:
    with killed_at(bench, write, done=done):
        try:
            step()
        except Killed:
            return True
    return False


def confirmed_and_killed(bench: Bench, words: str, write: int, *, done: bool) -> tuple[Run, bool]:
    run = bench.ask(words)
    return run, died(bench, lambda: bench.click("confirm", run), write, done=done)


WRITES = 8


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(WRITES))
def test_u2_a_stop_of_five_killed_at_any_write_is_sent_at_most_once_and_ends_true(
    bench: Bench, write: int, done: bool
) -> None:
    run, killed = confirmed_and_killed(bench, FIVE, write, done=done)
    sent = bench.sent()
    assert sent in (0, 1)
    restarted(bench)
    bench.pass_by(60)
    ended = bench.now(run)
    assert bench.sent() == sent
    assert bench.holds() == []
    if sent:
        assert ended.state is State.DONE
        assert set(bench.states(run).values()) == {"stopped"}
        assert bench.aws.state(WEB) == "stopped"
    elif ended.state is State.ASKED:
        assert killed
        assert bench.click("confirm", run) == ""  # it died before anything was written: the question stands
        assert bench.sent() == 1
    else:
        assert ended.state is State.FAILED
        assert all(id_ in bench.card(run) for id_ in (WEB, WEB2, API, WORKER, STAGING))
        assert bench.buttons(run) == ["continue"]
        assert bench.click("continue", run) == ""
        assert {each.id for each in bench.newest().planned.resources} == {WEB, WEB2, API, WORKER, STAGING}


def test_the_writes_above_are_all_there_are(bench: Bench) -> None:
    _, killed = confirmed_and_killed(bench, FIVE, WRITES, done=False)
    assert not killed


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(WRITES))
def test_u2_a_launch_killed_at_any_write_is_made_once_and_found(bench: Bench, write: int, done: bool) -> None:
    run, _ = confirmed_and_killed(bench, LAUNCH, write, done=done)
    sent = bench.sent("RunInstances")
    restarted(bench)
    bench.pass_by(60)
    assert bench.sent("RunInstances") == sent
    ended = bench.now(run)
    if sent:
        assert ended.state is State.DONE
        assert set(bench.states(run)) == {each["InstanceId"] for each in made(bench)}
        assert len(made(bench)) == 2
    else:
        assert ended.state in (State.ASKED, State.FAILED)
        assert made(bench) == []


@pytest.mark.parametrize("write", range(WRITES + 3))
def test_u2_calls_of_several_killed_between_are_continued_with_exactly_those_not_sent(bench: Bench, write: int) -> None:
    run, _ = confirmed_and_killed(bench, f"ec2 terminate {WEB} {WORKER}", write, done=True)
    sent = bench.sent("TerminateInstances")
    restarted(bench)
    bench.pass_by(120)
    assert bench.sent("TerminateInstances") == sent
    gone = {id_ for id_ in (WEB, WORKER) if bench.aws.state(id_) == "terminated"}
    assert len(gone) == sent
    ended = bench.now(run)
    if ended.state is State.ASKED:
        assert not gone
        return
    assert ended.state is (State.DONE if gone else State.FAILED)
    left = {WEB, WORKER} - gone
    assert bench.buttons(run) == (["continue"] if left else [])
    if left:
        assert bench.click("continue", run) == ""
        assert {each.id for each in bench.newest().planned.resources} == left


@pytest.mark.parametrize("write", range(4))
def test_u2_an_undo_killed_at_any_write_is_sent_at_most_once(bench: Bench, write: int) -> None:
    run = bench.stop()
    bench.pass_by(20)
    bench.click("undo", run)
    undo = bench.newest()
    died(bench, bench.tick, write, done=True)
    restarted(bench)
    bench.pass_by(60)
    assert bench.sent("StartInstances") <= 1
    assert bench.now(undo).state is (State.DONE if bench.sent("StartInstances") else State.FAILED)


@pytest.mark.parametrize("write", range(6))
def test_no_run_ends_untold_whatever_moment_the_process_dies_at(bench: Bench, write: int) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    told: dict[str, int] = {}
    died(bench, lambda: bench.click("confirm", run), write, done=True)
    restarted(bench)
    for _ in range(40):
        before = bench.desk.outbox.get(run.id)
        assert before is not None
        state = bench.now(run).state
        bench.pass_by(2)
        after = bench.desk.outbox.get(run.id)
        assert after is not None
        if bench.now(run).state is not state:
            assert after.revision > before.revision
        told[bench.now(run).state] = after.revision
    assert bench.now(run).state in {*ENDED, State.ASKED}


def test_what_was_received_and_not_begun_is_told_as_not_done(bench: Bench) -> None:
    run = bench.engine.new_run(Asked("ec2 list", ANN, "T1", OPS))
    bench.desk.runs.receive(run, "d1")
    assert restarted(bench) == 1
    ended = bench.now(run)
    assert (ended.state, ended.audience) == (State.FAILED, "asker")
    assert "nothing was done" in bench.card(run)
    assert bench.journal() == []
    assert bench.waiting.rescue() == 0


def test_a_process_that_lives_keeps_its_runs(bench: Bench) -> None:
    run = bench.engine.new_run(Asked("ec2 list", ANN, "T1", OPS))
    bench.desk.runs.receive(run, "d1")
    bench.wait(15)
    Processes(bench.database).beat("first", bench.clock.now, {})
    _, engine, _, waiting = bench.process("second", bot_file({}))
    assert waiting.rescue() == 0
    assert bench.now(run).state is State.RECEIVED
    for pool in (engine.pool, waiting.pool):
        assert pool.close(5)


def test_a_run_this_very_process_let_fall_is_found_and_one_in_hand_is_not(bench: Bench) -> None:
    fallen, held = (bench.engine.new_run(Asked("ec2 list", ANN, "T1", OPS)) for _ in range(2))
    for run in (fallen, held):
        bench.desk.runs.receive(run, "")
    Processes(bench.database).beat("first", bench.clock.now, {})
    with bench.desk.hands.holding(held.id):
        assert bench.waiting.rescue() == 1
    assert bench.now(fallen).state is State.FAILED
    assert bench.now(held).state is State.RECEIVED


def test_a_store_that_fails_after_aws_accepted_loses_nothing(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    send = bench.desk.gateway.send

    def then_break(*args: Any, **more: Any) -> Any:
        answer = send(*args, **more)
        with bench.database.write() as connection:
            connection.exec_driver_sql("alter table audit rename to gone")
        return answer

    bench.desk.gateway = Patched(bench.desk.gateway, send=then_break)  # type: ignore[assignment]
    bench.click("confirm", run)
    assert bench.now(run).state is State.SENDING
    with bench.database.write() as connection:
        connection.exec_driver_sql("alter table gone rename to audit")
    Processes(bench.database).beat("first", bench.clock.now, {})
    assert bench.waiting.rescue() == 1
    bench.pass_by(30)
    assert bench.now(run).state is State.DONE
    assert bench.sent() == 1


def test_a_process_taken_for_dead_that_wakes_up_sends_nothing_more(bench: Bench) -> None:
    run = bench.ask(f"ec2 terminate {WEB} {WORKER}")
    send = bench.desk.gateway.send
    ran: list[Waiting] = []

    def sleeping(*args: Any, **more: Any) -> Any:
        answer = send(*args, **more)
        bench.wait(15)
        ran.append(bench.process("second", bot_file({}))[3])
        ran[0].rescue()
        return answer

    bench.desk.gateway = Patched(bench.desk.gateway, send=sleeping)  # type: ignore[assignment]
    bench.click("confirm", run)
    assert bench.sent("TerminateInstances") == 1
    assert [state for _, state in bench.calls(run)] == ["accepted", "planned"]
    bench.pass_by(120)
    assert bench.now(run).state is State.DONE
    assert bench.buttons(run) == ["continue"]
    assert ran[0].pool.close(5)


def test_one_run_that_cannot_be_finished_does_not_hold_up_the_others(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (bench.engine.new_run(Asked("ec2 list", BOB, "T1", OPS)) for _ in range(2))
    for run in (first, second):
        bench.desk.runs.receive(run, "")
    bench.desk.runs.move(first, State.SENDING, action="gone away", plan="")
    with bench.database.write() as connection:
        row = Sent(first.id, 0, "x:Y", "", "", state="accepted")
        connection.exec_driver_sql(
            "insert into calls values (?,?,?,?,?,?,?,?,?,?)",
            tuple(getattr(row, each) for each in row.__dataclass_fields__),
        )
    with caplog.at_level(logging.ERROR):
        assert restarted(bench) == 2
    assert bench.now(second).state is State.FAILED
    assert first.id in caplog.text


def test_a_store_that_is_away_while_a_request_is_worked_on_is_made_up_for(bench: Bench) -> None:
    run = bench.engine.new_run(Asked("ec2 list", ANN, "T1", OPS))
    bench.desk.runs.receive(run, "")
    get = bench.desk.runs.get
    bench.desk.runs.note = raising(RuntimeError("away"))  # type: ignore[method-assign]
    bench.desk.runs.get = raising(RuntimeError("away"))  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        bench.engine.work(run)
    bench.desk.runs.get = get  # type: ignore[method-assign]
    assert bench.waiting.rescue() == 1
    assert bench.now(run).state is State.FAILED
