"""Undo: armed at once, sent when it can be, decided twice, and not at all where anything drifted."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from bot.actor import Place
from bot.errors import AwsRefused, Unsure
from bot.road.waiting import Waiting
from bot.store.runs import Run, State
from tests.road.bench import ANN, API, BOB, EVE, STOPPED, WEB, WEB2, Bench, bot_file
from tests.road.test_sending import Patched, raising


def armed(bench: Bench, run: Run, user: str = ANN) -> Run:
    assert bench.click("undo", run, user=user) == ""
    undo = bench.newest()
    assert undo.undoes == run.id
    return undo


def test_an_undo_while_stopping_waits_for_the_stop_and_then_starts(bench: Bench) -> None:
    run = bench.stop()
    undo = armed(bench, run)
    assert undo.state is State.ARMED
    assert bench.buttons(undo) == ["cancel"]
    bench.pass_by(4)
    assert bench.now(undo).state is State.ARMED
    assert bench.sent("StartInstances") == 0
    bench.pass_by(40)
    assert bench.now(run).state is State.DONE
    assert bench.now(undo).state is State.DONE
    assert bench.aws.state(WEB) == "running"
    assert bench.sent("StartInstances") == 1
    assert bench.audited(undo) == ["armed", "sending", "call accepted", "following", "done"]
    assert bench.buttons(run) == []
    assert bench.buttons(undo) == ["undo"]


def test_an_undo_after_the_end_is_sent_at_the_next_tick(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    undo = armed(bench, run)
    bench.tick()
    assert bench.now(undo).state is State.FOLLOWING


def test_undoing_a_start_stops_again(bench: Bench) -> None:
    run = bench.stop(f"ec2 start {STOPPED}")
    armed(bench, run)
    bench.pass_by(60)
    assert bench.aws.state(STOPPED) == "stopped"


def test_another_person_with_the_right_may_undo_and_is_named(bench: Bench) -> None:
    run = bench.stop()
    undo = armed(bench, run, user=BOB)
    assert (undo.user, undo.by) == (BOB, BOB)
    bench.pass_by(40)
    assert bench.detail(undo, "sending")["by"] == BOB


def test_who_may_not_start_may_not_undo_a_stop(bench: Bench) -> None:
    bench.use(bot_file({}, {"actions": ["ec2:StopInstances"], "who": {"users": [EVE]}}))
    run = bench.stop()
    assert bench.click("undo", run, user=EVE)
    assert bench.desk.runs.undos(run.id) == ()
    assert "click refused" in bench.audited(run)


def test_a_right_taken_away_before_the_moment_is_missed_at_the_moment(bench: Bench) -> None:
    undo = armed(bench, bench.stop())
    bench.use(bot_file({"actions": ["ec2:StopInstances", "ec2:DescribeInstances"]}))
    bench.pass_by(40)
    assert bench.now(undo).state is State.VOID
    assert "Not allowed" in bench.now(undo).why
    assert bench.sent("StartInstances") == 0


def test_whoever_left_before_the_moment_has_nothing_sent_in_their_name(bench: Bench) -> None:
    undo = armed(bench, bench.stop())
    del bench.people.members[ANN]
    bench.pass_by(40)
    assert bench.now(undo).state is State.VOID
    assert bench.sent("StartInstances") == 0


def test_other_tags_meanwhile_void_the_undo(bench: Bench) -> None:
    undo = armed(bench, bench.stop())
    bench.aws.ec2.create_tags(Resources=[WEB], Tags=[{"Key": "owner", "Value": "somebody-else"}])
    bench.pass_by(40)
    assert bench.now(undo).state is State.VOID
    assert bench.sent("StartInstances") == 0
    assert bench.aws.state(WEB) == "stopped"


def test_what_somebody_started_meanwhile_is_left_alone(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    bench.aws.ec2.start_instances(InstanceIds=[WEB])
    undo = armed(bench, run)
    bench.tick()
    assert bench.now(undo).state is State.VOID
    assert bench.sent("StartInstances") == 1  # theirs


@pytest.mark.parametrize("user", [ANN, BOB])
def test_an_armed_undo_is_cancelled_by_the_asker_or_whoever_has_the_right(bench: Bench, user: str) -> None:
    undo = armed(bench, bench.stop())
    assert bench.click("cancel", undo, user=EVE)
    assert bench.click("cancel", undo, user=user) == ""
    assert bench.now(undo).state is State.CANCELLED
    bench.pass_by(40)
    assert bench.sent("StartInstances") == 0


def test_a_cancelled_undo_can_be_asked_for_again(bench: Bench) -> None:
    run = bench.stop()
    bench.click("cancel", armed(bench, run))
    undo = armed(bench, run)
    bench.pass_by(40)
    assert bench.now(undo).state is State.DONE


def test_c4_two_undos_are_one(bench: Bench) -> None:
    run = bench.stop()
    armed(bench, run)
    assert bench.click("undo", run)
    assert bench.click("undo", run, user=BOB)
    bench.pass_by(60)
    assert bench.click("undo", run)
    assert len(bench.desk.runs.undos(run.id)) == 1
    assert bench.sent("StartInstances") == 1


def test_c4_undos_clicked_at_the_same_moment_are_one(bench: Bench) -> None:
    run = bench.stop()
    together = threading.Barrier(4)

    def click(user: str) -> None:
        together.wait(10)
        bench.click("undo", run, user=user)

    threads = [threading.Thread(target=click, args=(user,)) for user in (ANN, BOB, ANN, BOB)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert len(bench.desk.runs.undos(run.id)) == 1


def test_two_processes_whose_moment_comes_at_once_send_one_undo(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    undo = armed(bench, run)
    _, engine, _, other = bench.process("second", bot_file({}))
    together = threading.Barrier(2)

    def tick(waiting: Waiting) -> None:
        together.wait(10)
        bench.tick(waiting)

    threads = [threading.Thread(target=tick, args=(each,)) for each in (bench.waiting, other)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert bench.now(undo).state is State.FOLLOWING
    assert bench.sent("StartInstances") == 1
    for pool in (engine.pool, other.pool):
        assert pool.close(5)


def test_one_worker_that_overslept_its_claim_does_not_send_a_second_time(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    armed(bench, run)
    (due,) = bench.desk.runs.due(bench.clock.now)
    slow = bench.desk.runs.claim(due, bench.clock.now + 30)
    assert slow is not None
    bench.wait(31)
    bench.tick()
    assert bench.waiting.step(slow) is None
    assert bench.sent("StartInstances") == 1


def test_the_undo_of_what_failed_is_cancelled(bench: Bench) -> None:
    run = bench.stop()
    undo = armed(bench, run)
    bench.wait(10)
    bench.aws.ec2.start_instances(InstanceIds=[WEB])
    bench.wait(90)
    bench.tick()
    bench.tick()
    assert bench.now(run).state is State.FAILED
    bench.pass_by(10)
    assert bench.now(undo).state is State.CANCELLED
    assert bench.sent("StartInstances") == 1  # theirs


def test_the_undo_of_what_ended_unknown_does_not_wait_for_ever(bench: Bench) -> None:
    run = bench.stop()
    undo = armed(bench, run)
    bench.clock.now += 86_500
    bench.aws.fault("denied", "DescribeInstances")
    bench.tick()
    bench.wait(61)
    bench.tick()
    assert bench.now(run).state is State.UNKNOWN
    assert bench.now(undo).state is State.CANCELLED


def test_an_undo_of_an_undo_is_an_undo(bench: Bench) -> None:
    undo = armed(bench, bench.stop())
    bench.pass_by(40)
    again = armed(bench, bench.now(undo))
    bench.pass_by(20)
    assert bench.now(again).state is State.DONE
    assert bench.aws.state(WEB) == "stopped"


def test_only_what_was_stopped_is_started_again(bench: Bench) -> None:
    bench.use(bot_file({"who": {"users": [ANN]}, "resources": [WEB, WEB2]}))
    run = bench.stop(f"ec2 stop {WEB} {STOPPED}")
    undo = armed(bench, run)
    bench.pass_by(40)
    assert bench.now(undo).state is State.DONE
    assert bench.states(undo) == {WEB: "running"}
    assert bench.aws.state(STOPPED) == "stopped"


@pytest.mark.parametrize("words", [f"ec2 reboot {WEB}", f"ec2 terminate {API}"])
def test_what_has_no_opposite_has_no_undo(bench: Bench, words: str) -> None:
    run = bench.stop(words)
    assert bench.buttons(run) == []
    assert bench.click("undo", run)
    assert bench.desk.runs.undos(run.id) == ()


def test_aws_out_of_reach_at_the_moment_only_delays_the_undo(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    undo = armed(bench, run)
    bench.aws.fault("refuse_connection", "DescribeInstances", times=4)
    bench.tick()
    assert bench.now(undo).state is State.ARMED
    bench.aws.control("clear", {})
    bench.pass_by(6)
    assert bench.now(undo).state is State.FOLLOWING


def test_aws_out_of_reach_for_ten_minutes_voids_the_undo(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    undo = armed(bench, run)
    bench.wait(700)
    bench.aws.fault("refuse_connection", "DescribeInstances", times=4)
    bench.tick()
    assert bench.now(undo).state is State.VOID
    assert "not sent" in bench.card(undo)
    assert bench.sent("StartInstances") == 0


UNSURE = Unsure("Slack would not say who you are just now.", layer="identity")


@pytest.mark.parametrize("away", [{"actor": raising(UNSURE)}, {"place": lambda *at: Place(*at, None, shared=None)}])
def test_slack_away_at_the_moment_only_delays_the_undo(bench: Bench, away: dict[str, Any]) -> None:
    run = bench.stop()
    bench.pass_by(20)
    undo = armed(bench, run)
    directory = bench.desk.directory
    bench.desk.directory = Patched(directory, **away)  # type: ignore[assignment]
    bench.tick()
    assert bench.now(undo).state is State.ARMED
    bench.desk.directory = directory
    bench.pass_by(6)
    assert bench.now(undo).state is State.FOLLOWING


def test_slack_away_for_ten_minutes_voids_the_undo(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    undo = armed(bench, run)
    bench.wait(700)
    bench.desk.directory = Patched(bench.desk.directory, actor=raising(UNSURE))  # type: ignore[assignment]
    bench.tick()
    assert bench.now(undo).state is State.VOID
    assert "The undo was not sent" in bench.now(undo).why
    assert bench.sent("StartInstances") == 0


def test_a_refusal_of_aws_at_the_moment_is_told(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    undo = armed(bench, run)
    bench.aws.fault("denied", "DescribeInstances")
    bench.tick()
    assert bench.now(undo).state is State.FAILED
    assert "IAM" in bench.card(undo)


def test_a_throttled_look_at_the_moment_is_tried_again(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    undo = armed(bench, run)
    gateway = bench.desk.gateway
    throttled = AwsRefused("throttling", code="Throttling", unread=True)
    bench.desk.gateway = Patched(gateway, reading=raising(throttled))  # type: ignore[assignment]
    bench.tick()
    assert bench.now(undo).state is State.ARMED
    bench.desk.gateway = gateway
    bench.pass_by(6)
    assert bench.now(undo).state is State.FOLLOWING


def test_an_instance_in_somebody_else_s_hands_voids_the_undo(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    undo = armed(bench, run)
    other = bench.ask(f"ec2 start {WEB} {STOPPED}", user=BOB)
    bench.aws.fault("refuse_connection", "StartInstances")
    bench.click("confirm", other, user=BOB)
    bench.tick()
    assert bench.now(undo).state is State.VOID
    assert "bob" in bench.now(undo).why
    assert bench.sent("StartInstances") == 1
