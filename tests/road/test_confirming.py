"""Confirming: what was shown is what runs, once, by whoever asked, while it is true."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from bot.command import Plan, Resource, Skipped
from bot.road.clicks import Click, difference
from bot.road.engine import Asked, Received
from bot.store.database import StoreError
from bot.store.runs import State
from tests.road.bench import ANN, API, BOB, EVE, GUEST, OPS, WEB, WEB2, WORKER, Bench, bot_file

EVE_TOO = {"who": {"users": [ANN, BOB, EVE]}}


def test_a_change_is_a_question_first_and_the_card_names_what_it_would_do(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB} {WEB2} i-0123456789abcdef0")
    assert run.state is State.ASKED
    card = bench.card(run)
    for words in (
        "dev",
        "111111111111",
        "eu-west-1",
        "web-1",
        WEB2,
        "running",
        "ec2:StopInstances",
        "i-0123456789abcdef0",
    ):
        assert words in card
    assert bench.buttons(run) == ["confirm", "cancel"]
    assert bench.sent() == 0
    assert bench.holds() == []


def test_a_rule_that_needs_nothing_sends_at_once(bench: Bench) -> None:
    bench.use(bot_file({"needs": "nothing"}))
    run = bench.ask(f"ec2 stop {WEB}")
    assert run.state is State.FOLLOWING
    assert bench.sent() == 1
    assert bench.audited(run) == ["sending", "call accepted", "following"]


def test_u3_a_confirmed_change_leaves_a_whole_trail(bench: Bench) -> None:
    run = bench.stop()
    bench.pass_by(20)
    assert bench.audited(run) == ["asked", "sending", "call accepted", "following", "done"]
    assert bench.detail(run, "sending") == {"by": ANN, "calls": ["ec2:StopInstances"]}
    assert bench.detail(run, "call accepted")["request_id"]
    row = bench.desk.audit.rows(run.id)[0]
    assert (row["user"], row["team"], row["channel"], row["text"]) == (ANN, "T1", OPS, f"ec2 stop {WEB}")
    assert row["action"] == f"ec2 stop {WEB} --account dev --region eu-west-1"


@pytest.mark.parametrize("user", [BOB, EVE, GUEST])
def test_c1_another_person_s_confirmation_is_refused_and_the_question_stays(bench: Bench, user: str) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    assert bench.click("confirm", run, user=user)
    assert bench.now(run).state is State.ASKED
    assert bench.sent() == 0
    assert bench.click("confirm", run) == ""
    assert bench.sent() == 1


def test_u6_a_click_in_vain_is_audited_as_the_clicker_s(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.click("confirm", run, user=BOB)
    row = bench.desk.audit.rows(run.id)[-1]
    assert (row["event"], row["user"]) == ("click refused", BOB)
    assert bench.detail(run, "click refused")["does"] == "confirm"


def test_a6_a_click_of_another_team_is_refused(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    assert bench.click("confirm", run, team="T2")
    assert bench.now(run).state is State.ASKED


def test_the_asker_cancels(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    assert bench.click("cancel", run) == ""
    assert bench.now(run).state is State.CANCELLED
    assert bench.click("confirm", run)
    assert bench.click("cancel", run)
    assert bench.sent() == 0
    assert bench.audited(run) == ["asked", "cancelled", "click refused", "click refused"]


def test_whoever_has_the_right_cancels_and_nobody_else(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    assert bench.click("cancel", run, user=EVE)
    assert bench.now(run).state is State.ASKED
    assert bench.click("cancel", run, user=BOB) == ""
    assert (bench.now(run).state, bench.now(run).by) == (State.CANCELLED, BOB)
    assert bench.detail(run, "cancelled")["by"] == BOB


def test_c6_a_question_expires_after_five_minutes_and_its_buttons_are_dead(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.wait(299)
    assert bench.tick() == 0
    bench.wait(2)
    assert bench.tick() == 1
    assert bench.now(run).state is State.EXPIRED
    assert bench.buttons(run) == []
    assert bench.click("confirm", run)
    assert bench.click("cancel", run)
    assert bench.sent() == 0
    assert bench.audited(run)[:2] == ["asked", "expired"]


def test_c6_a_click_before_the_clockwork_noticed_is_too_late_all_the_same(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.wait(301)
    assert bench.click("confirm", run)
    assert bench.now(run).state is State.EXPIRED
    assert bench.sent() == 0


def test_c6_a_question_outlives_a_restart_and_so_does_its_end(bench: Bench) -> None:
    early, late = bench.ask(f"ec2 stop {WEB}"), bench.ask(f"ec2 stop {WEB2}")
    bench.desk, bench.engine, bench.clicks, bench.waiting = bench.process("second", bot_file({}))
    assert bench.click("confirm", early) == ""
    assert bench.sent() == 1
    bench.wait(301)
    bench.tick()
    assert bench.now(late).state is State.EXPIRED


def test_c4_a_second_click_finds_the_question_answered(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    assert bench.click("confirm", run) == ""
    assert bench.click("confirm", run)
    assert bench.sent() == 1


def test_c4_clicks_at_the_same_moment_send_once(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    together = threading.Barrier(4)

    def click() -> None:
        together.wait(10)
        bench.click("confirm", run)

    threads = [threading.Thread(target=click) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert bench.sent() == 1
    assert bench.audited(run).count("sending") == 1
    assert bench.now(run).state is State.FOLLOWING


def test_c4_a_click_that_slack_delivers_twice_counts_once(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    click = Click("confirm", run.id, ANN, "T1", "delivery-1")
    told: list[object] = []
    assert bench.clicks.receive(click, told.append) is Received.TAKEN
    assert bench.clicks.receive(click, told.append) is Received.SEEN
    bench.engine.pool.close(20)
    assert bench.sent() == 1
    assert told == []


def test_c3_a_right_taken_away_between_question_and_click_is_missed(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.use(bot_file({"who": {"users": [BOB]}}))
    assert "Not allowed" in bench.click("confirm", run)
    assert bench.now(run).state is State.REFUSED
    assert bench.sent() == 0
    assert bench.audited(run) == ["asked", "refused", "click refused"]


def test_c3_whoever_left_the_company_confirms_nothing(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    del bench.people.members[ANN]
    assert bench.click("confirm", run)
    assert bench.now(run).state is State.ASKED
    assert bench.sent() == 0


def test_c3_a_region_closed_meanwhile_is_closed_at_the_click(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.use(bot_file({}, dev={"region": "us-east-1", "regions": ["us-*"]}))
    assert bench.click("confirm", run)
    assert bench.now(run).state is State.REFUSED
    assert bench.sent() == 0


def test_c3_a_channel_shared_meanwhile_is_closed_at_the_click(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.people.places[OPS] = replace(bench.people.places[OPS], shared=True)
    bench.click("confirm", run)
    assert bench.now(run).state is State.REFUSED
    assert bench.sent() == 0


def test_c7_a_state_that_changed_voids_the_question_and_shows_how(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB} {WEB2}")
    bench.aws.ec2.stop_instances(InstanceIds=[WEB2])
    bench.click("confirm", run)
    assert bench.now(run).state is State.VOID
    assert "web-2" in bench.now(run).why
    assert "stopping" in bench.now(run).why
    assert bench.sent() == 1  # ours above


def test_c7_tags_that_changed_void_the_question(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.aws.ec2.create_tags(Resources=[WEB], Tags=[{"Key": "env", "Value": "prod"}])
    bench.click("confirm", run)
    assert bench.now(run).state is State.VOID
    assert "tags" in bench.now(run).why
    assert bench.sent() == 0


def test_c7_an_instance_that_the_selector_names_newly_voids_the_question(bench: Bench) -> None:
    run = bench.ask("ec2 stop name=web-1")
    bench.aws.ec2.create_tags(Resources=[API], Tags=[{"Key": "Name", "Value": "web-1"}])
    bench.click("confirm", run)
    assert bench.now(run).state is State.VOID
    assert "new" in bench.now(run).why
    assert bench.sent() == 0


def test_a_void_question_is_asked_again_by_whoever_clicks_and_once(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB} {WEB2}")
    bench.aws.ec2.stop_instances(InstanceIds=[WEB2])
    bench.click("confirm", run)
    assert bench.click("again", run, user=BOB) == ""
    anew = bench.newest()
    assert (anew.state, anew.user, anew.action) == (State.ASKED, BOB, run.action)
    assert bench.click("again", run, user=BOB)
    assert bench.newest() == anew
    assert bench.click("confirm", anew, user=BOB) == ""
    assert bench.aws.state(WEB) == "stopping"


def test_again_goes_by_the_rights_of_whoever_clicks(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.aws.ec2.create_tags(Resources=[WEB], Tags=[{"Key": "x", "Value": "y"}])
    bench.click("confirm", run)
    bench.click("again", run, user=EVE)
    assert (bench.newest().state, bench.newest().user) == (State.REFUSED, EVE)


@pytest.mark.parametrize("does", ["confirm", "cancel", "undo", "again", "continue", "nonsense", ""])
def test_c9_a_forged_run_is_refused_and_audited(bench: Bench, does: str) -> None:
    assert bench.click(does, "abcdefabcdefabcdefabcdef")
    (row,) = bench.desk.audit.rows()
    assert (row["event"], row["user"], row["run"]) == ("click refused", ANN, "abcdefabcdefabcd")
    assert bench.journal() == []


@pytest.mark.parametrize("does", ["confirm", "cancel", "again", "continue", "nonsense"])
def test_c9_a_button_of_what_is_done_does_nothing(bench: Bench, does: str) -> None:
    run = bench.stop()
    bench.pass_by(20)
    before = bench.now(run)
    assert bench.click(does, run)
    assert bench.now(run) == before
    assert bench.sent() == 1


@pytest.mark.parametrize("does", ["confirm", "undo", "again", "continue", "cancel"])
def test_c9_a_button_of_another_kind_than_the_run_does_nothing(bench: Bench, does: str) -> None:
    read = bench.ask("ec2 list")
    help_ = bench.ask("help")
    refused = bench.ask("ec2 list", user=EVE)
    unread = bench.ask("ec2 nonsense")
    for run in (read, help_, refused, unread):
        assert bench.click(does, run)
        assert bench.now(run) == run
    assert bench.sent() == 0


@pytest.mark.parametrize("does", ["undo", "again", "continue"])
def test_c9_a_question_takes_confirm_and_cancel_alone(bench: Bench, does: str) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    assert bench.click(does, run)
    assert bench.now(run) == run


def test_c5_two_questions_at_once_are_two(bench: Bench) -> None:
    first = bench.ask(f"ec2 stop {WEB}")
    bench.wait(100)
    second = bench.ask(f"ec2 stop {WEB2}", user=BOB)
    assert bench.click("confirm", second, user=BOB) == ""
    assert bench.aws.state(WEB) == "running"
    bench.wait(201)
    bench.tick()
    assert bench.now(first).state is State.EXPIRED
    third = bench.ask(f"ec2 stop {WORKER}")
    assert third.due_at == bench.clock.now + 300


def test_x1_a_second_change_of_an_instance_in_hand_is_told_by_whom_and_not_sent(bench: Bench) -> None:
    stop, reboot = bench.ask(f"ec2 stop {WEB}"), bench.ask(f"ec2 reboot {WEB} {WEB2}", user=BOB)
    bench.aws.fault("refuse_connection", "StopInstances")  # so that it stays running while it is in hand
    bench.click("confirm", stop)
    assert bench.now(stop).state is State.UNKNOWN
    answer = bench.click("confirm", reboot, user=BOB)
    assert "ann" in answer
    assert "ec2 stop" in answer
    assert bench.sent("RebootInstances") == 0
    assert bench.now(reboot).state is State.ASKED
    bench.pass_by(30)
    assert bench.now(stop).state is State.FAILED
    assert bench.click("confirm", reboot, user=BOB) == ""
    assert bench.sent("RebootInstances") == 1
    assert bench.holds() == []


def test_u1_a_change_whose_row_cannot_be_written_is_not_sent(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    with bench.database.write() as connection:
        connection.exec_driver_sql("alter table audit rename to audit_gone")
    assert bench.click("confirm", run)
    assert bench.sent() == 0
    assert bench.now(run).state is State.ASKED
    assert bench.holds() == []
    with bench.database.write() as connection:
        connection.exec_driver_sql("alter table audit_gone rename to audit")
    assert bench.click("confirm", run) == ""
    assert bench.sent() == 1


def test_a_store_that_fails_on_the_way_in_gives_the_place_back(bench: Bench) -> None:
    bench.database.engine.dispose()
    with bench.database.write() as connection:
        connection.exec_driver_sql("alter table deliveries rename to gone")
    for _ in range(70):  # more than the pool has places
        with pytest.raises(StoreError):
            bench.clicks.receive(Click("confirm", "x", ANN, "T1", "d"), bench.answers.append)
        with pytest.raises(StoreError):
            bench.engine.receive(Asked("help", ANN, "T1", OPS, delivery="d"))
    with bench.database.write() as connection:
        connection.exec_driver_sql("alter table gone rename to deliveries")
    assert bench.engine.receive(Asked("help", ANN, "T1", OPS, delivery="d")) is Received.TAKEN


def test_a_difference_is_said_in_words() -> None:
    web = Resource("i-1", "web", "running", {"env": "dev"})
    plan = Plan("stop web", (), (web,), (Skipped("i-9", "is stopped"),))
    assert "other tags" in difference(plan, replace(plan, resources=(replace(web, tags={}),)))
    assert "is named api" in difference(plan, replace(plan, resources=(replace(web, name="api"),)))
    assert "is out (is stopped)" in difference(
        plan, replace(plan, resources=(), skipped=(Skipped("i-1", "is stopped"),))
    )
    assert "skipped" in difference(plan, replace(plan, skipped=()))
    assert "call" in difference(plan, plan)


def test_c3_who_lost_the_right_before_the_click_learns_nothing_of_what_changed(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.aws.ec2.stop_instances(InstanceIds=[WEB])
    bench.wait(60)
    bench.use(bot_file({"who": {"users": [BOB]}}))
    looked = len(bench.journal())
    assert "Not allowed" in bench.click("confirm", run)
    assert bench.now(run).state is State.REFUSED
    assert len(bench.journal()) == looked, "AWS was not asked again"
    assert "stopped" not in bench.card(run)


def test_a_decision_goes_by_one_file_though_another_is_put_in_force_meanwhile(bench: Bench) -> None:
    asked = bench.desk.asked

    def meanwhile(*about: Any) -> Any:
        found = asked(*about)
        bench.use(bot_file())
        return found

    bench.desk.asked = meanwhile  # type: ignore[method-assign]
    run = bench.ask(f"ec2 stop {WEB}")
    assert (run.state, run.rules) == (State.ASKED, "r1")
    assert "Not allowed: ec2 stop in dev" in bench.click("confirm", run)
    assert bench.sent() == 0
