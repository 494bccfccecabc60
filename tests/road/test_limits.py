"""Limits, freezes, hours, requests and observed rules, on the road: said early, held when a change leaves."""

from __future__ import annotations

from typing import Any

import pytest

from bot.aws.meter import Reads
from bot.road import limits
from bot.store.runs import State
from tests.road.bench import ANN, BOB, EVE, STOPPED, WEB, WEB2, Bench, bot_file

ONE = {"id": "few", "at_most": 1, "within": "1h", "per": "person"}
TWO = {**ONE, "at_most": 2}


def limited(*about: dict[str, Any], **more: Any) -> Any:
    return bot_file({}, limits=list(about), **more)


def left(bench: Bench) -> int:
    """How many rows of uses there are."""
    with bench.database.read() as connection:
        return int(connection.exec_driver_sql("select coalesce(sum(count), 0) from uses").scalar_one())


# Limits


def test_a_limit_is_said_before_the_card_and_counted_when_it_is_sent(bench: Bench) -> None:
    bench.use(limited(TWO))
    asked = bench.ask(f"ec2 stop {WEB}")
    assert (asked.state, left(bench)) == (State.ASKED, 0)
    bench.click("confirm", asked)
    assert left(bench) == 1
    refused = bench.ask(f"ec2 stop {WEB2} i-0a1b2c3d4e5f60003")
    assert refused.state is State.REFUSED
    assert refused.why.startswith(
        "limit: Limit few: at most 2 within 1h, per person. 1 is left, and this is 2. Free at "
    )
    assert bench.ask(f"ec2 stop {WEB2}").state is State.ASKED
    assert bench.ask(f"ec2 stop {WEB2} i-0a1b2c3d4e5f60003", user=BOB).state is State.ASKED


def test_two_cards_for_the_last_one_send_one(bench: Bench) -> None:
    bench.use(limited(ONE))
    first, second = bench.ask(f"ec2 stop {WEB}"), bench.ask(f"ec2 stop {WEB2}")
    assert bench.click("confirm", first) == ""
    assert "Limit few" in bench.click("confirm", second)
    assert bench.now(second).state is State.ASKED
    assert bench.calls(second) == []
    assert not any(WEB2 in each for each in bench.holds())
    assert bench.sent() == 1
    assert "click refused" in bench.audited(second)


def test_there_is_room_again_when_the_window_has_passed(bench: Bench) -> None:
    bench.use(limited(ONE))
    bench.stop()
    assert bench.ask(f"ec2 stop {WEB2}").state is State.REFUSED
    bench.clock.now += 3600
    assert bench.ask(f"ec2 stop {WEB2}").state is State.ASKED


def test_so_many_in_one_command_and_no_more(bench: Bench) -> None:
    bench.use(limited({"id": "one", "resources": 1}))
    assert "limit: Limit one: at most 1 in one command" in bench.ask(f"ec2 stop {WEB} {WEB2}").why
    assert bench.ask(f"ec2 stop {WEB}").state is State.ASKED


def test_a_launch_counts_as_many_as_it_makes(bench: Bench) -> None:
    launch = "ec2 launch --ami ami-0a1b2c3d4e5f60101 --type t3.micro --count"
    bench.use(limited({"id": "few", "resources": 3}))
    assert "this is 4" in bench.card(bench.ask(f"{launch} 4"))
    bench.use(limited({**TWO, "at_most": 5}))
    bench.stop(f"{launch} 4")
    assert left(bench) == 4
    assert "1 is left, and this is 2" in bench.card(bench.ask(f"{launch} 2"))


def test_a_change_that_asks_nobody_is_limited_too(bench: Bench) -> None:
    bench.use(bot_file({"needs": "nothing"}, limits=[ONE]))
    assert bench.ask(f"ec2 stop {WEB}").state is State.FOLLOWING
    assert bench.ask(f"ec2 stop {WEB2}").state is State.REFUSED
    assert bench.sent() == 1


def test_what_aws_refused_unread_is_given_back(bench: Bench) -> None:
    bench.use(limited(ONE))
    bench.aws.fault("throttle", "StopInstances", times=9)
    assert bench.stop().state is State.FAILED
    assert left(bench) == 0


@pytest.mark.parametrize("fault", ["denied", "lost_reply", "500"])
def test_what_aws_read_or_may_have_read_is_not_given_back(bench: Bench, fault: str) -> None:
    bench.use(limited(ONE))
    bench.aws.fault(fault, "StopInstances")
    bench.stop()
    assert left(bench) == 1


def test_what_a_lost_process_never_sent_is_given_back(bench: Bench) -> None:
    bench.use(limited(ONE))
    run = bench.ask(f"ec2 stop {WEB}")
    with bench.desk.runs.together():
        moved = bench.desk.runs.start(run, [], [], owner="gone")
        assert moved
        limits.take(bench.desk, run, limits.wanted(bench.desk, run))
    assert left(bench) == 1
    assert bench.waiting.rescue() == 1
    assert (bench.now(run).state, left(bench)) == (State.FAILED, 0)


def test_an_undo_counts_as_a_change(bench: Bench) -> None:
    bench.use(limited(ONE))
    run = bench.stop()
    assert "Limit few" in bench.click("undo", run)
    bench.use(limited(TWO))
    assert bench.click("undo", run) == ""
    bench.pass_by(12)
    assert bench.sent("StartInstances") == 1
    assert left(bench) == 2


def test_reads_that_cost_money_are_counted(bench: Bench) -> None:
    reports = {"actions": ["ce:*"], "accounts": ["dev"]}
    bench.use(bot_file(reports, limits=[{**TWO, "id": "costs-money", "actions": ["costs-money"]}]))
    first = bench.ask("report cost --account dev")
    assert first.state is State.DONE, first.why
    refused = bench.ask("report cost --account dev")
    assert refused.why.startswith("limit: Limit costs-money: at most 2 within 1h, per person. Nothing is left")


# Reads


def test_one_person_may_look_so_often_and_others_as_well(bench: Bench) -> None:
    bench.use(bot_file({}, reads={"per_person": "2/m"}))
    assert [bench.ask("ec2 list").state for _ in range(3)] == [State.DONE, State.DONE, State.REFUSED]
    assert "2/m for one person. Try again in" in bench.newest().why
    assert bench.ask("help").state is State.DONE
    assert bench.ask("ec2 list", user=BOB).state is State.DONE


def test_a_storm_of_reads_holds_up_no_change_that_was_begun(bench: Bench) -> None:
    asked = bench.ask(f"ec2 stop {WEB}")
    bench.gateway.reads = Reads((1, 60.0))
    try:
        assert bench.ask("ec2 list").state is State.DONE
        assert "limit: ec2:DescribeInstances was asked 1 times within 60 s" in bench.ask("ec2 list").why
        assert bench.click("confirm", asked) == ""
        bench.pass_by(12)
    finally:
        bench.gateway.reads = Reads(None)
    assert bench.now(asked).state is State.DONE


# Freezes and hours


def frozen(**keys: Any) -> Any:
    zone = {"from": "1970-01-12 14:00", "until": "1970-01-12 16:00"}  # the bench's clock begins at 13:46:40
    return bot_file({}, freezes=[{"id": "quiet", "reason": "A launch", **zone, **keys}])


def test_a_freeze_refuses_changes_and_lets_reads_go_on(bench: Bench) -> None:
    bench.use(frozen(**{"except": {"who": {"groups": ["SADM"]}}}))
    asked = bench.ask(f"ec2 stop {WEB}")
    assert asked.state is State.ASKED
    bench.clock.now += 900
    refused = bench.ask(f"ec2 stop {WEB}")
    said = "freeze: Frozen by quiet, until 1970-01-12 16:00 (UTC): A launch. Excepted: adm. Nothing was done."
    assert (refused.state, refused.why) == (State.REFUSED, said)
    assert bench.ask("ec2 list").state is State.DONE
    bench.people.members[ANN] = frozenset({"SADM"})
    assert bench.ask(f"ec2 stop {WEB}").state is State.ASKED


def test_a_freeze_that_begins_before_the_click_holds(bench: Bench) -> None:
    bench.clock.now += 700
    bench.use(frozen())
    asked = bench.ask(f"ec2 stop {WEB}")
    bench.clock.now += 200
    assert "Frozen by quiet" in bench.click("confirm", asked)
    assert bench.now(asked).state is State.REFUSED
    assert bench.sent() == 0


def test_an_undo_is_not_sent_into_a_freeze(bench: Bench) -> None:
    bench.clock.now += 795
    bench.use(frozen())
    run = bench.stop()
    assert bench.click("undo", run) == ""
    bench.pass_by(14)
    assert bench.sent("StartInstances") == 0
    assert "Frozen by quiet" in bench.card(bench.newest())


def test_hours_count_when_it_is_asked_and_at_the_click(bench: Bench) -> None:
    bench.use(bot_file({"when": {"hours": "13:00-13:48"}}))
    asked = bench.ask(f"ec2 stop {WEB}")
    assert asked.state is State.ASKED
    bench.clock.now += 100
    assert "You may stop during 13:00-13:48 (UTC)." in bench.click("confirm", asked)
    assert bench.now(asked).state is State.REFUSED
    assert bench.ask(f"ec2 stop {WEB}").state is State.REFUSED
    assert bench.sent() == 0


# Requests


def test_what_may_only_be_asked_for_is_refused_truthfully(bench: Bench) -> None:
    bench.use(bot_file({"grant": "request"}, {"actions": ["ec2:Describe*"]}))
    refused = bench.ask(f"ec2 stop {WEB}")
    assert refused.state is State.REFUSED
    assert refused.why.startswith("approval: ec2:StopInstances in dev may be asked for, by rule r1: a second person")
    assert refused.rules == "r1"
    assert bench.sent() == 0


def test_whoami_and_help_tell_asking_from_doing(bench: Bench) -> None:
    bench.use(bot_file({"grant": "request", "actions": ["ec2:StopInstances"]}, {"actions": ["ec2:Describe*"]}))
    for words in ("whoami", "help"):
        may, _, ask = bench.card(bench.ask(words)).partition("You may ask for")
        assert "ec2 list" in may
        assert "ec2 stop" not in may
        assert "ec2 stop" in ask
        assert "not part of this release" in ask
    assert "You may ask for" not in bench.card(bench.ask("whoami", user=EVE))


# Observed rules


def test_what_an_observed_rule_would_do_is_audited_once_a_run(bench: Bench) -> None:
    bench.use(bot_file({}, {"effect": "deny", "mode": "observe", "actions": ["ec2:StopInstances"]}))
    run = bench.stop()
    assert run.state is State.FOLLOWING
    assert bench.audited(run).count("observed") == 1
    assert bench.detail(run, "observed") == {"rule": "r2", "would": "no", "decided": "run"}


def test_an_observed_grant_is_audited_where_nothing_was_read(bench: Bench) -> None:
    bench.use(bot_file({"mode": "observe", "tags": {"env": ["dev"]}}))
    run = bench.ask(f"ec2 stop {WEB}")
    assert run.state is State.REFUSED
    about = "as far as was known without asking AWS"
    assert bench.detail(run, "observed") == {"rule": "r1", "would": "run", "decided": "no", "about": about}
    assert bench.journal() == []


# Production


def test_a_card_says_what_of_it_is_production(bench: Bench) -> None:
    bench.use(bot_file({}, production={"tags": {"Name": ["web-1"]}}))
    card = bench.card(bench.ask(f"ec2 stop {WEB} {WEB2}"))
    assert [("PRODUCTION" in line) for line in card.splitlines() if "i-0a1b" in line][:2] == [True, False]
    assert "PRODUCTION" in bench.card(bench.stop(f"ec2 stop {WEB}"))
    assert "PRODUCTION" not in bench.card(bench.ask(f"ec2 start {STOPPED}"))
