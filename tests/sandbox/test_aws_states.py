"""Instances take their time from one state to the next, as in EC2; the tests turn the clock."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.sandbox.aws_wire import Aws, refused, running

WEB, WORKER, STOPPED, BATCH = (f"i-0a1b2c3d4e5f600{n}" for n in ("01", "04", "05", "06"))


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws) -> Aws:
    server.control("reset", {})
    return server


def moved(reply: dict[str, list[dict[str, dict[str, str]]]], key: str) -> list[tuple[str, str]]:
    return [(one["PreviousState"]["Name"], one["CurrentState"]["Name"]) for one in reply[key]]


def test_a_stop_is_accepted_at_once_and_done_six_seconds_later(aws: Aws) -> None:
    reply = aws.ec2.stop_instances(InstanceIds=[WEB])
    assert moved(reply, "StoppingInstances") == [("running", "stopping")]
    aws.wait(5.9)
    assert aws.instance(WEB)["State"] == {"Code": 64, "Name": "stopping"}
    aws.wait(0.2)
    assert aws.instance(WEB)["State"] == {"Code": 80, "Name": "stopped"}


def test_a_stopped_instance_says_who_stopped_it_and_when(aws: Aws) -> None:
    aws.ec2.stop_instances(InstanceIds=[WEB])
    for _ in ("stopping", "stopped"):
        found = aws.instance(WEB)
        assert re.fullmatch(r"User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)", found["StateTransitionReason"])
        assert found["StateReason"] == {
            "Code": "Client.UserInitiatedShutdown",
            "Message": "Client.UserInitiatedShutdown: User initiated shutdown",
        }
        aws.wait(7)


def test_the_status_call_shows_transitional_states_only_when_asked_for_all(aws: Aws) -> None:
    aws.ec2.stop_instances(InstanceIds=[WEB])
    assert aws.ec2.describe_instance_status(InstanceIds=[WEB])["InstanceStatuses"] == []
    (status,) = aws.ec2.describe_instance_status(InstanceIds=[WEB], IncludeAllInstances=True)["InstanceStatuses"]
    assert status["InstanceState"]["Name"] == "stopping"
    assert status["InstanceStatus"]["Status"] == "not-applicable"


def test_a_stop_takes_the_public_address_and_a_start_gives_another(aws: Aws) -> None:
    before = aws.instance(WEB)
    aws.ec2.stop_instances(InstanceIds=[WEB])
    aws.wait(7)
    assert "PublicIpAddress" not in aws.instance(WEB)
    assert moved(aws.ec2.start_instances(InstanceIds=[WEB]), "StartingInstances") == [("stopped", "pending")]
    after = aws.instance(WEB)
    assert after["PublicIpAddress"] != before["PublicIpAddress"]
    assert after["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert after["LaunchTime"] > before["LaunchTime"]


def test_a_start_takes_eight_seconds(aws: Aws) -> None:
    aws.ec2.start_instances(InstanceIds=[STOPPED])
    aws.wait(7.9)
    assert aws.state(STOPPED) == "pending"
    aws.wait(0.2)
    assert aws.state(STOPPED) == "running"
    assert aws.instance(STOPPED)["StateTransitionReason"] == ""


def test_an_instance_that_is_stopping_cannot_be_started(aws: Aws) -> None:
    aws.ec2.stop_instances(InstanceIds=[WEB])
    words = f"The instance '{WEB}' is not in a state from which it can be started."
    with refused("IncorrectInstanceState", words):
        aws.ec2.start_instances(InstanceIds=[WEB])
    aws.wait(7)
    assert aws.state(WEB) == "stopped"


@pytest.mark.parametrize("waited", [0, 6])
def test_a_terminated_instance_neither_starts_nor_stops_nor_reboots(aws: Aws, waited: int) -> None:
    aws.ec2.terminate_instances(InstanceIds=[WEB])
    aws.wait(waited)
    for call in (aws.ec2.start_instances, aws.ec2.stop_instances, aws.ec2.reboot_instances):
        with refused("IncorrectInstanceState"):
            call(InstanceIds=[WEB])
    again = moved(aws.ec2.terminate_instances(InstanceIds=[WEB]), "TerminatingInstances")
    assert again == [("terminated", "terminated") if waited else ("shutting-down", "shutting-down")]


def test_repeating_a_change_changes_nothing_and_is_no_error(aws: Aws) -> None:
    assert moved(aws.ec2.stop_instances(InstanceIds=[STOPPED]), "StoppingInstances") == [("stopped", "stopped")]
    assert moved(aws.ec2.start_instances(InstanceIds=[WEB]), "StartingInstances") == [("running", "running")]
    aws.ec2.stop_instances(InstanceIds=[WEB])
    aws.ec2.start_instances(InstanceIds=[STOPPED])
    aws.wait(5)
    assert moved(aws.ec2.stop_instances(InstanceIds=[WEB]), "StoppingInstances") == [("stopping", "stopping")]
    assert moved(aws.ec2.start_instances(InstanceIds=[STOPPED]), "StartingInstances") == [("pending", "pending")]
    aws.wait(3.5)
    assert (aws.state(WEB), aws.state(STOPPED)) == ("stopped", "running")


def test_an_id_given_twice_moves_once(aws: Aws) -> None:
    assert len(aws.ec2.stop_instances(InstanceIds=[WEB, WEB])["StoppingInstances"]) == 1


def test_force_makes_even_a_stopping_instance_stop_sooner(aws: Aws) -> None:
    aws.ec2.stop_instances(InstanceIds=[WEB])
    aws.ec2.stop_instances(InstanceIds=[WEB], Force=True)
    aws.wait(2.1)
    assert aws.state(WEB) == "stopped"


def test_only_an_instance_launched_for_it_hibernates(aws: Aws) -> None:
    words = f"The instance can't be hibernated because it was not configured at launch for hibernation: {WEB}"
    with refused("UnsupportedHibernationConfiguration", words):
        aws.ec2.stop_instances(InstanceIds=[BATCH, WEB], Hibernate=True)
    assert aws.state(BATCH) == "running"
    aws.ec2.stop_instances(InstanceIds=[BATCH], Hibernate=True)
    aws.wait(7)
    assert aws.instance(BATCH)["StateReason"]["Code"] == "Client.UserInitiatedHibernate"


def test_terminating_passes_through_shutting_down_and_is_forgotten_after_an_hour(aws: Aws) -> None:
    reply = aws.ec2.terminate_instances(InstanceIds=[WORKER])
    assert moved(reply, "TerminatingInstances") == [("running", "shutting-down")]
    aws.wait(5.1)
    gone = aws.instance(WORKER)
    assert gone["State"] == {"Code": 48, "Name": "terminated"}
    assert {"Key": "Name", "Value": "worker-1"} in gone["Tags"]
    aws.wait(3599)
    assert aws.state(WORKER) == "terminated"
    aws.wait(2)
    with refused("InvalidInstanceID.NotFound"):
        aws.instance(WORKER)


def test_a_stopped_instance_has_nothing_to_shut_down_and_is_terminated_at_once(aws: Aws) -> None:
    reply = aws.ec2.terminate_instances(InstanceIds=[STOPPED])
    assert moved(reply, "TerminatingInstances") == [("stopped", "terminated")]
    assert aws.state(STOPPED) == "terminated"


def test_only_a_running_instance_reboots_and_it_stays_running(aws: Aws) -> None:
    with refused("IncorrectInstanceState"):
        aws.ec2.reboot_instances(InstanceIds=[WEB, STOPPED])
    aws.ec2.reboot_instances(InstanceIds=[WEB])
    assert (aws.state(WEB), aws.state(STOPPED)) == ("running", "stopped")


def test_a_restarting_instance_may_be_stopped_before_it_runs(aws: Aws) -> None:
    aws.ec2.start_instances(InstanceIds=[STOPPED])
    assert moved(aws.ec2.stop_instances(InstanceIds=[STOPPED]), "StoppingInstances") == [("pending", "stopping")]
    aws.wait(9)
    assert aws.state(STOPPED) == "stopped"


def test_speed_shortens_every_wait() -> None:
    with running(speed=50) as aws:
        aws.ec2.stop_instances(InstanceIds=[WEB])
        aws.wait(0.11)
        assert aws.state(WEB) == "stopping"
        aws.wait(0.02)
        assert aws.state(WEB) == "stopped"
