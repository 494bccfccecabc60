"""Waiting: a change is followed to what really became of it, however long, and never by two at once."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from bot.store.database import StoreError
from bot.store.runs import State, plan_json
from tests.road.bench import STOPPED, WEB, WEB2, Bench, bot_file
from tests.road.test_sending import LAUNCH, Patched, raising


def test_a_stop_passes_through_stopping_to_stopped(bench: Bench) -> None:
    run = bench.stop()
    bench.wait(2)
    bench.tick()
    assert bench.states(run) == {WEB: "stopping"}
    assert "stopping" in bench.card(run)
    bench.pass_by(10)
    assert bench.now(run).state is State.DONE
    assert bench.now(run).ended_at > bench.now(run).confirmed_at


def test_looks_grow_rarer_the_longer_it_takes(bench: Bench) -> None:
    run = bench.stop()
    pauses = []
    for waited in (10, 100, 1000, 10_000):
        bench.clock.now = run.confirmed_at + waited
        bench.tick()
        pauses.append(bench.now(run).due_at - bench.clock.now)
    assert pauses == [2.0, 5.0, 15.0, 60.0]


def test_what_somebody_started_again_meanwhile_is_failed_and_says_so(bench: Bench) -> None:
    run = bench.stop()
    bench.wait(10)
    bench.aws.ec2.start_instances(InstanceIds=[WEB])
    bench.wait(20)
    bench.tick()
    assert bench.now(run).state is State.FOLLOWING  # AWS may show what was for a while
    bench.wait(60)
    bench.tick()
    assert bench.now(run).state is State.FAILED
    assert f"{WEB} is running" in bench.now(run).why
    assert "nothing was done" not in bench.card(run)
    assert bench.holds() == []


def test_a_long_way_is_not_a_failure(bench: Bench) -> None:
    run = bench.stop()
    bench.clock.now += 7200  # AWS's own clock stands still: it is stopping all the time
    bench.tick()
    assert bench.now(run).state is State.FOLLOWING
    bench.clock.now += 86_400
    bench.tick()
    assert bench.now(run).state is State.FAILED
    assert "accepted" in bench.now(run).why


@pytest.mark.parametrize("kind", ["refuse_connection", "expired", "denied"])
def test_aws_out_of_reach_only_means_a_later_look(bench: Bench, kind: str) -> None:
    run = bench.stop()
    bench.aws.fault(kind, "DescribeInstances", times=4)
    bench.wait(8)
    bench.tick()
    assert bench.now(run).state is State.FOLLOWING
    bench.aws.control("clear", {})
    bench.wait(8)
    bench.tick()
    assert bench.now(run).state is State.DONE


def test_aws_out_of_reach_for_a_day_is_unknown_and_not_failed(bench: Bench) -> None:
    run = bench.stop()
    bench.clock.now += 86_500
    bench.aws.fault("denied", "DescribeInstances", times=2)
    bench.tick()
    ended = bench.now(run)
    assert (ended.state, bool(ended.ended_at)) == (State.UNKNOWN, True)
    assert "unknown" in bench.card(run)
    assert bench.holds() == []
    bench.clock.now += 86_500
    assert bench.tick() == 0


def test_a_bug_while_looking_is_logged_and_looked_at_again(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    run = bench.stop()
    gateway = bench.desk.gateway
    bench.desk.gateway = Patched(gateway, reading=raising(KeyError("dev")))  # type: ignore[assignment]
    bench.wait(2)
    with caplog.at_level(logging.ERROR):
        bench.tick()
    assert run.id in caplog.text
    assert bench.now(run).state is State.FOLLOWING
    assert bench.now(run).due_at <= bench.clock.now + 2
    bench.clock.now += 86_500
    bench.tick()
    assert (bench.now(run).state, bench.holds()) == (State.UNKNOWN, [])


def test_following_needs_no_rule(bench: Bench) -> None:
    run = bench.stop()
    bench.use(bot_file())
    bench.pass_by(10)
    assert bench.now(run).state is State.DONE  # it was allowed when it was sent


def test_two_processes_look_at_a_run_once(bench: Bench) -> None:
    bench.stop()
    bench.wait(2)
    _, engine, _, other = bench.process("second", bot_file({}))
    (due,) = bench.desk.runs.due(bench.clock.now)
    assert bench.desk.runs.claim(due, bench.clock.now + 30)
    assert bench.desk.runs.claim(due, bench.clock.now + 30) is None
    assert other.tick() == 0
    for pool in (engine.pool, other.pool):
        assert pool.close(5)


def test_a_claim_whose_process_died_runs_out(bench: Bench) -> None:
    run = bench.stop()
    bench.wait(2)
    (due,) = bench.desk.runs.due(bench.clock.now)
    bench.desk.runs.claim(due, bench.clock.now + 30)
    bench.wait(31)
    assert bench.tick() == 1
    assert bench.now(run).state is State.DONE


def test_ticks_hand_what_is_due_to_the_pool(bench: Bench) -> None:
    runs = [bench.stop(f"ec2 stop {each}") for each in (WEB, WEB2)]
    bench.wait(20)
    assert bench.waiting.tick() == 2
    assert bench.waiting.pool.close(20)
    assert {bench.now(run).state for run in runs} == {State.DONE}


def test_a_tick_that_cannot_claim_gives_its_place_back(bench: Bench) -> None:
    bench.stop()
    bench.wait(2)
    claim = bench.desk.runs.claim
    bench.desk.runs.claim = raising(StoreError("gone"))  # type: ignore[method-assign]
    for _ in range(70):  # more than the pool has places
        with pytest.raises(StoreError):
            bench.waiting.tick()
    bench.desk.runs.claim = lambda *_: None  # type: ignore[method-assign]
    assert bench.waiting.tick() == 0
    bench.desk.runs.claim = claim  # type: ignore[method-assign]
    assert bench.waiting.tick() == 1


def test_a_full_pool_leaves_what_is_due_for_later(bench: Bench) -> None:
    run = bench.stop()
    bench.wait(2)
    while bench.waiting.pool.reserve():
        pass
    assert bench.waiting.tick() == 0
    assert bench.now(run).due_at <= bench.clock.now


def test_a_launch_whose_answer_was_never_written_down_is_found_before_it_is_called_done(bench: Bench) -> None:
    run = bench.stop(LAUNCH)
    ids = {each.id for each in run.planned.resources}
    plan = run.planned
    new = type(plan.resources[0])("new")
    bench.desk.runs.note(run, plan=plan_json(type(plan)(plan.headline, plan.calls, (new,))))
    bench.wait(2)
    bench.tick()
    assert {each.id for each in bench.now(run).planned.resources} == ids
    bench.pass_by(20)
    assert (bench.now(run).state, set(bench.states(run))) == (State.DONE, ids)


def test_a_launch_that_aws_does_not_show_yet_is_not_done(bench: Bench) -> None:
    run = bench.stop(LAUNCH)
    (call,) = run.planned.calls
    plan = run.planned
    hidden = type(call)(call.operation, {**call.params, "ClientToken": "no-such-token"}, call.ids)
    new = type(plan.resources[0])("new")
    bench.desk.runs.note(run, plan=plan_json(type(plan)(plan.headline, (hidden,), (new,))))
    bench.pass_by(6)
    assert bench.now(run).state is State.FOLLOWING


def test_a_step_of_a_run_that_went_on_elsewhere_changes_nothing(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.wait(301)
    (due,) = bench.desk.runs.due(bench.clock.now)
    claimed = bench.desk.runs.claim(due, bench.clock.now + 30)
    assert claimed is not None
    assert bench.click("cancel", run) == ""
    assert bench.waiting.step(claimed) is None
    assert bench.now(run).state is State.CANCELLED


def test_cancelling_what_is_being_looked_at_wins_or_loses_but_never_both(bench: Bench) -> None:
    run = bench.stop()
    bench.click("undo", run)
    armed = bench.newest()
    told: list[Any] = []
    threads = [
        threading.Thread(target=bench.tick),
        threading.Thread(target=lambda: told.append(bench.click("cancel", armed))),
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert told == [""]
    assert bench.now(armed).state is State.CANCELLED
    assert bench.sent("StartInstances") == 0
    assert bench.aws.state(STOPPED) == "stopped"
