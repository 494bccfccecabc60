"""Launching: how many, from what, and the same token twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.aws.estate import AMI, KEY_PAIR
from tests.sandbox.aws_wire import Aws, refused, running


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws) -> Aws:
    server.control("reset", {})
    return server


def launch(aws: Aws, **asked: Any) -> Any:
    return aws.ec2.run_instances(**{"ImageId": AMI, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro", **asked})


def test_a_new_instance_is_pending_for_six_seconds(aws: Aws) -> None:
    (made,) = launch(aws)["Instances"]
    assert made["State"] == {"Code": 0, "Name": "pending"}
    assert made["StateReason"]["Code"] == "pending"
    aws.wait(5.9)
    assert aws.state(made["InstanceId"]) == "pending"
    aws.wait(0.2)
    assert aws.state(made["InstanceId"]) == "running"


def test_as_many_start_as_may_start(aws: Aws) -> None:
    assert len(launch(aws, MinCount=2, MaxCount=3)["Instances"]) == 3


def test_the_launch_keeps_subnet_key_and_tags(aws: Aws) -> None:
    (subnet,) = aws.ec2.describe_subnets(Filters=[{"Name": "tag:Name", "Values": ["dev-private-b"]}])["Subnets"]
    tags = [{"Key": "Name", "Value": "report-1"}, {"Key": "env", "Value": "dev"}]
    spec = [{"ResourceType": "instance", "Tags": tags}]
    reply = launch(aws, SubnetId=subnet["SubnetId"], KeyName=KEY_PAIR, TagSpecifications=spec)
    found = aws.instance(reply["Instances"][0]["InstanceId"])
    assert (found["SubnetId"], found["KeyName"], found["Tags"]) == (subnet["SubnetId"], KEY_PAIR, tags)
    assert "PublicIpAddress" not in found


def test_an_instance_that_never_ran_cannot_be_stopped_but_can_be_terminated(aws: Aws) -> None:
    one = launch(aws)["Instances"][0]["InstanceId"]
    words = f"Instance '{one}' cannot be stopped as it has never reached the 'running' state."
    with refused("IncorrectInstanceState", words):
        aws.ec2.stop_instances(InstanceIds=[one])
    aws.ec2.terminate_instances(InstanceIds=[one])
    aws.wait(10)
    assert aws.state(one) == "terminated"


def test_the_same_token_with_the_same_parameters_is_the_same_launch(aws: Aws) -> None:
    first = launch(aws, ClientToken="run-17", MaxCount=2)
    aws.wait(7)
    second = launch(aws, ClientToken="run-17", MaxCount=2)
    assert second["ReservationId"] == first["ReservationId"]
    assert [i["State"]["Name"] for i in second["Instances"]] == ["running", "running"]
    filters = [{"Name": "client-token", "Values": ["run-17"]}]
    (only,) = aws.ec2.describe_instances(Filters=filters)["Reservations"]
    assert len(only["Instances"]) == 2


def test_the_same_token_with_other_parameters_is_refused(aws: Aws) -> None:
    launch(aws, ClientToken="run-17")
    words = "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
    with refused("IdempotentParameterMismatch", words):
        launch(aws, ClientToken="run-17", InstanceType="t3.small")


def test_another_token_is_another_launch(aws: Aws) -> None:
    assert launch(aws, ClientToken="a")["ReservationId"] != launch(aws, ClientToken="b")["ReservationId"]


def test_the_token_of_a_terminated_instance_is_spent(aws: Aws) -> None:
    one = launch(aws, ClientToken="run-17")["Instances"][0]["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[one])
    aws.wait(6)
    with refused("IdempotentInstanceTerminated"):
        launch(aws, ClientToken="run-17")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"ImageId": "ami-0f0f0f0f0f0f0f0f0"}, "InvalidAMIID.NotFound"),
        ({"ImageId": "ami-1"}, "InvalidAMIID.Malformed"),
        ({"InstanceType": "t3.gigantic"}, "InvalidParameterValue"),
        ({"KeyName": "nobodys"}, "InvalidKeyPair.NotFound"),
        ({"SubnetId": "subnet-0f0f0f0f0f0f0f0f0"}, "InvalidSubnetID.NotFound"),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_a_launch_that_cannot_be_is_refused_and_launches_nothing(aws: Aws, asked: dict[str, Any], code: str) -> None:
    before = len(aws.control("instances")["instances"])
    with refused(code):
        launch(aws, **asked)
    assert len(aws.control("instances")["instances"]) == before
