"""Two accounts behind one endpoint: the key says which, and a role leads from one to the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.sandbox.aws.estate import ACCESS_KEY, DEV, KEY_PAIR, MACHINES, PROD, PROD_ROLE
from bot.sandbox.aws.server import AwsServer
from tests.sandbox.aws_wire import Aws, refused, running


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws) -> Aws:
    server.control("reset", {})
    return server


def test_the_demo_s_key_belongs_to_dev(aws: Aws) -> None:
    said = aws.client("sts").get_caller_identity()
    assert (said["Account"], said["Arn"]) == (DEV, f"arn:aws:iam::{DEV}:user/bot")


def test_the_role_leads_to_prod(aws: Aws) -> None:
    said = aws.prod("sts").get_caller_identity()
    assert (said["Account"], said["Arn"]) == (PROD, f"arn:aws:sts::{PROD}:assumed-role/bot/bot")


def test_the_keys_of_a_role_outlive_a_reset(aws: Aws) -> None:
    sts, s3 = aws.prod("sts"), aws.prod("s3")
    aws.control("reset", {})
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{PROD}:assumed-role/bot/bot"
    assert s3.list_buckets()["Buckets"]


def test_each_account_sees_its_own_instances(aws: Aws) -> None:
    def names(client: object) -> set[str]:
        return {
            tag["Value"]
            for reservation in client.describe_instances()["Reservations"]  # type: ignore[attr-defined]
            for tag in reservation["Instances"][0]["Tags"]
            if tag["Key"] == "Name"
        }

    assert names(aws.prod("ec2")) == {"web-prod-1", "web-prod-2", "db-prod-1"}
    assert {"web-1", "worker-2", "batch-1"} <= names(aws.ec2)
    assert not names(aws.ec2) & names(aws.prod("ec2"))


def test_a_prod_instance_is_unknown_in_dev(aws: Aws) -> None:
    with refused("InvalidInstanceID.NotFound"):
        aws.ec2.stop_instances(InstanceIds=["i-0a1b2c3d4e5f60101"])
    aws.prod("ec2").stop_instances(InstanceIds=["i-0a1b2c3d4e5f60101"])


def test_nobody_s_key_is_nobody(aws: Aws) -> None:
    keys = {"aws_access_key_id": "AKIA0000000000000000", "aws_secret_access_key": "x"}
    with refused("InvalidClientTokenId"):
        aws.client("sts", **keys).get_caller_identity()
    with refused("AuthFailure", "AWS was not able to validate the provided access credentials"):
        aws.client("ec2", **keys).describe_instances()


@pytest.mark.parametrize("role", [f"{PROD_ROLE}-admin", "arn:aws:iam::333333333333:role/bot", "bot" * 8])
def test_a_role_that_is_not_there_cannot_be_assumed(aws: Aws, role: str) -> None:
    words = f"User: arn:aws:iam::{DEV}:user/bot is not authorized to perform: sts:AssumeRole on resource: {role}"
    with refused("AccessDenied", words):
        aws.client("sts").assume_role(RoleArn=role, RoleSessionName="bot")


def test_a_reset_keeps_the_key_and_every_id(aws: Aws) -> None:
    before = aws.control("instances")["instances"]
    aws.ec2.terminate_instances(InstanceIds=[one["id"] for one in before if one["name"] == "worker-2"])
    aws.control("reset", {})
    assert aws.control("instances")["instances"] == before
    assert aws.client("sts").get_caller_identity()["Account"] == DEV


def test_the_estate_is_what_it_declares(aws: Aws) -> None:
    found = {one["id"]: one for one in aws.control("instances")["instances"]}
    assert set(found) == {machine.id for machine in MACHINES}
    for machine in MACHINES:
        assert found[machine.id] == {
            "id": machine.id,
            "name": machine.name or None,
            "state": machine.state,
            "account": machine.account,
            "region": machine.region,
        }


def test_there_is_something_to_launch_from(aws: Aws) -> None:
    images = aws.ec2.describe_images(Owners=["self"])["Images"]
    assert sorted(one["Name"] for one in images) == ["tidewater-base-al2023-2025-08", "tidewater-base-al2023-2025-11"]
    assert [one["KeyName"] for one in aws.ec2.describe_key_pairs()["KeyPairs"]] == [KEY_PAIR]


def test_the_console_shows_a_boot_and_nothing_after_termination(aws: Aws) -> None:
    web = "i-0a1b2c3d4e5f60001"
    shown = aws.ec2.get_console_output(InstanceId=web)["Output"]
    assert "Linux version" in shown
    assert "\x1b[0;32m  OK  " in shown
    aws.ec2.terminate_instances(InstanceIds=[web])
    assert not aws.ec2.get_console_output(InstanceId=web).get("Output")


def test_a_setting_that_would_fold_all_accounts_into_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", DEV)
    with pytest.raises(RuntimeError, match="MOTO_ACCOUNT_ID"):
        AwsServer()


def test_the_key_could_be_mistaken_for_no_real_one() -> None:
    assert "SANDBOX" in ACCESS_KEY
    assert len(ACCESS_KEY) == 20
