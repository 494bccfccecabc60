"""Sending: what AWS said of each call is written down, a lost answer is unknown until it is looked up, never more."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from bot.errors import GuardError
from bot.store.runs import State
from tests.road.bench import (
    ANN,
    BATCH,
    BOB,
    PROTECTED_PROD,
    STAGING,
    STOPPED,
    WEB,
    WEB2,
    WORKER,
    Bench,
    bot_file,
    opened,
)

LAUNCH = "ec2 launch --ami ami-0a1b2c3d4e5f60101 --type t3.micro --name web-9 --tag env=dev --count 2"


def made(bench: Bench) -> list[dict[str, Any]]:
    found = bench.aws.ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["web-9"]}])["Reservations"]
    return [each for one in found for each in one["Instances"]]


def test_what_aws_accepted_is_written_with_its_request_id(bench: Bench) -> None:
    run = bench.stop()
    (call,) = bench.desk.runs.calls(run.id)
    assert (call.state, call.ids) == ("accepted", WEB)
    assert call.request_id
    assert bench.holds() == [f"dev/eu-west-1/{WEB}"]


@pytest.mark.parametrize(("kind", "words"), [("denied", "IAM"), ("expired", "credentials")])
def test_what_aws_refused_was_not_done_and_says_so(bench: Bench, kind: str, words: str) -> None:
    bench.aws.fault(kind, "StopInstances")
    run = bench.stop()
    assert run.state is State.FAILED
    assert words in bench.card(run)
    assert "nothing was done" in bench.card(run)
    assert bench.calls(run) == [("ec2:StopInstances", "refused")]
    assert bench.holds() == []


def test_a_throttled_change_is_sent_again_because_aws_did_not_read_it(bench: Bench) -> None:
    bench.aws.fault("throttle", "StopInstances", times=2)
    run = bench.stop()
    assert run.state is State.FOLLOWING
    assert bench.sent() == 3


def test_x3_throttled_for_too_long_is_refused_and_nothing_is_done(bench: Bench) -> None:
    bench.aws.fault("throttle", "StopInstances", times=9)
    run = bench.stop()
    assert run.state is State.FAILED
    assert "throttling" in bench.card(run)
    assert bench.sent() == 4
    assert bench.aws.state(WEB) == "running"


def test_credentials_that_are_not_the_account_s_send_nothing(bench: Bench) -> None:
    bench.use(bot_file({"accounts": ["*"]}))
    with opened(bench.aws) as bench.desk.gateway:  # the shared one may hold this role's credentials already
        bench.aws.fault("denied", "AssumeRole")
        run = bench.ask(f"ec2 stop {PROTECTED_PROD} --account prod")
    assert run.state is State.FAILED
    assert bench.journal() == []


def test_x2_a_lost_reply_is_unknown_and_then_what_aws_shows(bench: Bench) -> None:
    bench.aws.fault("lost_reply", "StopInstances")
    run = bench.stop()
    assert run.state is State.UNKNOWN
    assert "unknown" in bench.card(run)
    assert bench.calls(run) == [("ec2:StopInstances", "unknown")]
    bench.wait(2)
    bench.tick()
    assert bench.now(run).state is State.FOLLOWING
    assert "lost" in bench.card(run)
    bench.pass_by(20)
    assert bench.now(run).state is State.DONE
    assert "stopped" in bench.card(run)
    assert bench.sent() == 1
    assert bench.audited(run)[1:] == ["sending", "call unknown", "unknown", "following", "done"]


def test_x2_an_internal_error_of_aws_may_have_been_done(bench: Bench) -> None:
    bench.aws.fault("500", "StopInstances")
    run = bench.stop()
    assert run.state is State.UNKNOWN
    assert bench.sent() == 1


def test_x2_a_lost_change_that_was_not_made_is_called_so_only_after_a_while(bench: Bench) -> None:
    bench.aws.fault("refuse_connection", "StopInstances")
    run = bench.stop()
    bench.pass_by(18)
    assert bench.now(run).state is State.UNKNOWN
    bench.pass_by(6)
    assert bench.now(run).state is State.FAILED
    assert "nothing was done" in bench.card(run)
    assert bench.calls(run) == [("ec2:StopInstances", "refused")]
    assert bench.holds() == []
    assert bench.buttons(run) == ["continue"]
    assert bench.click("continue", run) == ""
    assert bench.newest().action == run.action
    assert bench.click("confirm", bench.newest()) == ""
    assert bench.aws.state(WEB) == "stopping"


def test_x2_the_search_begins_when_the_answer_was_given_up_not_when_it_was_sent(bench: Bench) -> None:
    """A call is given up after 20 s without an answer; AWS may still be at it then."""
    send = bench.desk.gateway.send

    def slowly(*args: Any, **more: Any) -> Any:
        try:
            return send(*args, **more)
        finally:
            bench.wait(20)

    run = bench.ask(f"ec2 stop {WEB}")
    bench.aws.fault("refuse_connection", "StopInstances")
    bench.desk.gateway = Patched(bench.desk.gateway, send=slowly)  # type: ignore[assignment]
    bench.click("confirm", run)
    bench.wait(2)
    bench.tick()
    assert bench.now(run).state is State.UNKNOWN
    bench.aws.ec2.stop_instances(InstanceIds=[WEB])  # what AWS did late
    bench.wait(2)
    bench.tick()
    assert bench.now(run).state is State.FOLLOWING


class Patched:
    """The real gateway with one door of ours."""

    def __init__(self, gateway: Any, **doors: Callable[..., Any]) -> None:
        self._gateway = gateway
        self.__dict__.update(doors)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)


def test_x2_a_lost_reboot_stays_unknown_for_good_and_lets_go_of_its_instance(bench: Bench) -> None:
    bench.aws.fault("lost_reply", "RebootInstances")
    run = bench.stop(f"ec2 reboot {WEB}")
    assert run.state is State.UNKNOWN
    bench.pass_by(4)
    ended = bench.now(run)
    assert (ended.state, bool(ended.ended_at)) == (State.UNKNOWN, True)
    assert "cannot find out" in bench.card(run)
    assert bench.holds() == []
    bench.wait(100_000)
    assert bench.tick() == 0
    assert bench.stop().state is State.FOLLOWING


def test_an_accepted_reboot_is_done(bench: Bench) -> None:
    run = bench.stop(f"ec2 reboot {WEB}")
    assert run.state is State.DONE
    assert bench.holds() == []


def test_hibernating_what_cannot_hibernate_is_refused_by_aws(bench: Bench) -> None:
    run = bench.stop(f"ec2 stop {WEB} --hibernate")
    assert run.state is State.FAILED
    assert "nothing was done" in bench.card(run)
    assert bench.stop(f"ec2 stop {BATCH} --hibernate").state is State.FOLLOWING


def test_a_batch_that_aws_refuses_is_done_to_none_and_names_the_id(bench: Bench) -> None:
    bench.aws.fault(
        "code", "StopInstances", code="IncorrectInstanceState", message=f"The instance '{WEB2}' is not in a state"
    )
    run = bench.stop(f"ec2 stop {WEB} {WEB2} {WORKER}")
    assert run.state is State.FAILED
    assert WEB2 in bench.now(run).why
    assert "nothing was done" in bench.card(run)
    assert {bench.aws.state(each) for each in (WEB, WEB2, WORKER)} == {"running"}
    assert bench.click("continue", run) == ""
    assert bench.newest().action.startswith(f"ec2 stop {WEB} {WEB2} {WORKER}")


def test_calls_of_which_the_second_is_refused_leave_the_first_done_and_offer_the_rest(bench: Bench) -> None:
    run = bench.ask(f"ec2 terminate {WEB} {WORKER} {STAGING}")
    first, *others = run.planned.calls
    assert others, "the zones differ"
    bench.desk.gateway = Patched(bench.desk.gateway, send=refusing_after(bench, 1))  # type: ignore[assignment]
    bench.click("confirm", run)
    assert [state for _, state in bench.calls(run)] == ["accepted", "refused", *["planned"] * (len(others) - 1)]
    assert bench.now(run).state is State.FOLLOWING
    bench.pass_by(120)
    done = bench.now(run)
    assert done.state is State.DONE
    assert set(done.states) == set(first.ids)
    left = [id_ for call in others for id_ in call.ids]
    assert all(id_ in bench.card(run) for id_ in left)
    assert {bench.aws.state(id_) for id_ in left} == {"running"}
    assert bench.click("continue", run, user=BOB) == ""
    assert {each.id for each in bench.newest().planned.resources} == set(left)
    assert bench.newest().user == BOB


def refusing_after(bench: Bench, calls: int) -> Callable[..., Any]:
    send, seen = bench.desk.gateway.send, iter(range(100))

    def door(*args: Any, **more: Any) -> Any:
        if next(seen) >= calls:
            bench.aws.fault("code", "TerminateInstances", code="OperationNotPermitted", message="protected")
        return send(*args, **more)

    return door


def test_calls_of_which_the_second_is_lost_are_followed_where_they_were_done(bench: Bench) -> None:
    run = bench.ask(f"ec2 terminate {WEB} {WORKER}")
    first, second = run.planned.calls
    send, seen = bench.desk.gateway.send, iter(range(100))

    def losing(*args: Any, **more: Any) -> Any:
        if next(seen):
            bench.aws.fault("refuse_connection", "TerminateInstances")
        return send(*args, **more)

    bench.desk.gateway = Patched(bench.desk.gateway, send=losing)  # type: ignore[assignment]
    bench.click("confirm", run)
    assert bench.now(run).state is State.UNKNOWN
    bench.pass_by(26)
    assert [state for _, state in bench.calls(run)] == ["accepted", "refused"]
    bench.pass_by(120)
    assert bench.now(run).state is State.DONE
    assert set(bench.states(run)) >= set(first.ids)
    assert second.ids[0] in bench.card(run)
    assert bench.aws.state(second.ids[0]) == "running"


def test_a_launch_is_named_by_what_aws_made(bench: Bench) -> None:
    run = bench.stop(LAUNCH)
    assert {each.id for each in run.planned.resources} == {each["InstanceId"] for each in made(bench)}
    bench.pass_by(30)
    assert bench.now(run).state is State.DONE
    assert set(bench.states(run).values()) == {"running"}


def test_x2_a_lost_launch_is_found_by_its_token_and_not_made_twice(bench: Bench) -> None:
    bench.aws.fault("lost_reply", "RunInstances")
    run = bench.stop(LAUNCH)
    assert run.state is State.UNKNOWN
    bench.pass_by(40)
    assert bench.now(run).state is State.DONE
    assert {each.id for each in bench.now(run).planned.resources} == {each["InstanceId"] for each in made(bench)}
    assert len(made(bench)) == 2
    assert bench.sent("RunInstances") == 1


def test_x2_a_lost_launch_that_was_not_made_can_be_asked_for_again_once(bench: Bench) -> None:
    bench.use(bot_file({"needs": "nothing"}))
    bench.aws.fault("refuse_connection", "RunInstances")
    run = bench.ask(LAUNCH)
    bench.pass_by(30)
    assert bench.now(run).state is State.FAILED
    assert made(bench) == []
    assert bench.click("continue", run) == ""
    assert bench.click("continue", run)
    assert len(made(bench)) == 2


def test_a_refused_launch_made_nothing(bench: Bench) -> None:
    bench.aws.fault("code", "RunInstances", code="InsufficientInstanceCapacity", message="none left", status=400)
    run = bench.stop(LAUNCH)
    assert run.state is State.FAILED
    assert "none left" in bench.card(run)


def test_a_call_the_guard_stops_was_not_done(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.desk.gateway = Patched(bench.desk.gateway, send=raising(GuardError("not granted")))  # type: ignore[assignment]
    bench.click("confirm", run)
    assert bench.now(run).state is State.FAILED
    assert bench.calls(run) == [("ec2:StopInstances", "refused")]
    assert "not granted" in caplog.text


def raising(error: Exception) -> Callable[..., Any]:
    def door(*_: object, **__: object) -> Any:
        raise error

    return door


def test_a_bug_while_sending_is_looked_up_like_a_lost_answer(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.desk.gateway = Patched(bench.desk.gateway, send=raising(KeyError("x")))  # type: ignore[assignment]
    with caplog.at_level(logging.ERROR):
        bench.click("confirm", run)
    assert bench.now(run).state is State.UNKNOWN
    assert "KeyError" in caplog.text
    bench.pass_by(26)
    assert bench.now(run).state is State.FAILED
    assert bench.holds() == []


def test_o9_a_refusal_of_aws_names_no_account_id(bench: Bench) -> None:
    bench.aws.fault("denied", "StopInstances")
    run = bench.stop()
    assert "111111111111" not in bench.now(run).why


def test_starting_goes_the_same_road(bench: Bench) -> None:
    run = bench.stop(f"ec2 start {STOPPED}")
    bench.pass_by(30)
    assert bench.now(run).state is State.DONE
    assert bench.states(run) == {STOPPED: "running"}
    assert bench.now(run).by == ANN
