"""What EC2 refuses, in EC2's words; a refused batch changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_wire import Aws, refused, running

WEB, WEB_2, WORKER, STAGING_DB = (f"i-0a1b2c3d4e5f600{n}" for n in ("01", "02", "04", "09"))
NOBODY, NOBODY_2 = "i-0a1b2c3d4e5f69998", "i-99999999"


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws) -> Aws:
    server.control("reset", {})
    return server


@pytest.mark.parametrize("name", ["i-123", "i-xyz", "i-0A1B2C3D4E5F60001", "i-0a1b2c3d4e5f600011"])
def test_an_id_of_the_wrong_shape_is_malformed_and_not_unknown(aws: Aws, name: str) -> None:
    for call in (aws.ec2.describe_instances, aws.ec2.stop_instances, aws.ec2.terminate_instances):
        with refused("InvalidInstanceID.Malformed", f'Invalid id: "{name}"'):
            call(InstanceIds=[name])


def test_something_that_is_no_instance_id_is_told_what_one_looks_like(aws: Aws) -> None:
    with refused("InvalidInstanceID.Malformed", 'Invalid id: "web-1" (expecting "i-...")'):
        aws.ec2.start_instances(InstanceIds=["web-1"])


def test_an_unknown_id_is_named(aws: Aws) -> None:
    with refused("InvalidInstanceID.NotFound", f"The instance ID '{NOBODY}' does not exist"):
        aws.ec2.get_console_output(InstanceId=NOBODY)


def test_every_unknown_id_is_named(aws: Aws) -> None:
    words = f"The instance IDs '{NOBODY}, {NOBODY_2}' do not exist"
    for call in (aws.ec2.describe_instances, aws.ec2.describe_instance_status, aws.ec2.reboot_instances):
        with refused("InvalidInstanceID.NotFound", words):
            call(InstanceIds=[NOBODY, WEB, NOBODY_2])


@pytest.mark.parametrize("bad", ["i-123", NOBODY])
def test_one_bad_id_refuses_the_whole_batch_and_changes_nothing(aws: Aws, bad: str) -> None:
    for call in (aws.ec2.stop_instances, aws.ec2.terminate_instances):
        with pytest.raises(ClientError):
            call(InstanceIds=[WEB, bad])
    assert aws.state(WEB) == "running"


def test_one_instance_in_the_wrong_state_refuses_the_whole_batch(aws: Aws) -> None:
    aws.ec2.terminate_instances(InstanceIds=[WEB_2])
    with refused("IncorrectInstanceState"):
        aws.ec2.stop_instances(InstanceIds=[WEB, WEB_2])
    assert aws.state(WEB) == "running"


def test_no_ids_at_all_is_refused(aws: Aws) -> None:
    with refused("InvalidParameterCombination", "No instances specified"):
        aws.ec2.stop_instances(InstanceIds=[])


def test_termination_protection_saves_its_zone_but_not_the_others(aws: Aws) -> None:
    words = f"The instance '{STAGING_DB}' may not be terminated. Modify its 'disableApiTermination' instance attribute"
    with refused("OperationNotPermitted", f"{words} and try again."):
        aws.ec2.terminate_instances(InstanceIds=[WORKER, STAGING_DB, WEB])
    zones = {one: aws.instance(one)["Placement"]["AvailabilityZone"] for one in (WORKER, STAGING_DB, WEB)}
    assert zones == {WORKER: "eu-west-1b", STAGING_DB: "eu-west-1b", WEB: "eu-west-1a"}
    assert [aws.state(one) for one in zones] == ["running", "running", "shutting-down"]


def test_termination_protection_can_be_taken_away(aws: Aws) -> None:
    aws.ec2.modify_instance_attribute(InstanceId=STAGING_DB, DisableApiTermination={"Value": False})
    aws.ec2.terminate_instances(InstanceIds=[STAGING_DB])
    assert aws.state(STAGING_DB) == "shutting-down"


def test_stop_protection_refuses_the_whole_batch(aws: Aws) -> None:
    aws.ec2.modify_instance_attribute(InstanceId=WEB, DisableApiStop={"Value": True})
    with refused("OperationNotPermitted"):
        aws.ec2.stop_instances(InstanceIds=[WEB_2, WEB])
    assert aws.state(WEB_2) == "running"


def test_a_dry_run_says_it_would_have_worked_and_does_nothing(aws: Aws) -> None:
    for call in (aws.ec2.stop_instances, aws.ec2.terminate_instances, aws.ec2.reboot_instances):
        with pytest.raises(ClientError) as caught:
            call(InstanceIds=[WEB], DryRun=True)
        assert caught.value.response["Error"]["Code"] == "DryRunOperation"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert aws.state(WEB) == "running"


def test_a_dry_run_still_checks_ids(aws: Aws) -> None:
    with refused("InvalidInstanceID.NotFound"):
        aws.ec2.stop_instances(InstanceIds=[NOBODY], DryRun=True)


def test_what_the_local_aws_cannot_do_is_an_aws_error_and_not_a_crash(aws: Aws) -> None:
    with refused("UnsupportedOperation"):
        aws.ec2.describe_fast_snapshot_restores()
