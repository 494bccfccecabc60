"""The bot's own calls are one closed list, in its source and at the endpoint; and a denial of AWS's is explained."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

import bot.aws
from bot.aws import models
from bot.aws.families import FOR_CREDENTIALS
from bot.aws.gateway import Gateway
from bot.aws.identity import identity
from bot.aws.own_calls import CREDENTIALS, DECODE, OWN_CALLS, WHO_AM_I
from bot.sandbox.aws.estate import ACCESS_KEY, DEV, PROD, PROD_ROLE, REGION, SECRET_KEY
from tests.aws.conftest import Known, Watched

PARTS = sorted(Path(bot.aws.__file__).parent.glob("*.py"))
WEB = "i-0a1b2c3d4e5f60001"


def test_the_list_is_this_one() -> None:
    assert {
        "sts:GetCallerIdentity",
        "sts:DecodeAuthorizationMessage",
        "sts:AssumeRole",
        "sts:AssumeRoleWithWebIdentity",
        "sso:GetRoleCredentials",
        "sso-oidc:CreateToken",
        "signin:CreateOAuth2Token",
    } == OWN_CALLS
    assert all(map(models.exists, OWN_CALLS))
    assert {each.partition(":")[2] for each in CREDENTIALS} == FOR_CREDENTIALS


def test_the_gateways_part_calls_no_other_operation_by_name() -> None:
    """Whatever is called there and bears the name of a method of boto3's is one of the list."""
    methods = {
        xform_name(each.partition(":")[2]): each
        for service in models.services() & _SERVICES
        for each in models.expand(f"{service}:*")
    }
    called = {
        methods[node.func.attr]
        for source in PARTS
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods
    }
    assert called == {WHO_AM_I, DECODE, "sts:AssumeRole"}


_SERVICES = {"sts", "ec2", "iam", "s3", "lambda", "sso", "organizations", "cloudwatch", "logs", "ssm"}


def test_at_the_endpoint_there_is_nothing_beside_the_list(
    watched: Watched, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = f"aws_access_key_id={ACCESS_KEY}\naws_secret_access_key={SECRET_KEY}\n"
    (home / "credentials").write_text(f"[base]\n{keys}")
    there = f"[profile there]\nrole_arn={PROD_ROLE}\nsource_profile=base\nregion={REGION}\n"
    (home / "config").write_text(f"{there}[profile web]\nrole_arn={PROD_ROLE}\nweb_identity_token_file={home}/token\n")
    (home / "token").write_text("a-token-of-the-cluster")
    identity(watched.aws.url)
    gateway = watched.to(
        dev=Known(DEV),
        prod=Known(PROD, role=PROD_ROLE),
        there=Known(PROD, profile="there"),
        web=Known(PROD, profile="web"),
    )
    for account in ("dev", "prod", "there", "web"):
        gateway.warm(account)
        gateway.reading(account, REGION, ())
        gateway.decoded(account, REGION, "x")
    asked = {operation for operation, _ in watched.seen()}  # a web identity's call is not signed: it bears no service
    assert asked == {"GetCallerIdentity", "DecodeAuthorizationMessage", "AssumeRole", "AssumeRoleWithWebIdentity"}
    assert asked <= {each.partition(":")[2] for each in OWN_CALLS}


# An encoded authorization message


def denial(watched: Watched) -> str:
    watched.aws.fault("denied", "StopInstances")
    with pytest.raises(ClientError) as caught:
        watched.aws.ec2.stop_instances(InstanceIds=[WEB])
    return str(caught.value.response["Error"]["Message"]).rpartition("message: ")[2]


def test_a_denial_of_aws_is_decoded(watched: Watched) -> None:
    said = watched.gateway.decoded("dev", REGION, denial(watched))
    assert said
    assert said["context"]["action"] == "ec2:StopInstances"
    assert (said["allowed"], said["explicitDeny"]) == (False, False)
    assert said["context"]["principal"]["arn"].startswith(f"arn:aws:iam::{DEV}:user/")


@pytest.mark.parametrize("fault", ["denied", "expired", "500", "throttle", "refuse_connection"])
def test_what_cannot_be_decoded_stays_unsaid(watched: Watched, fault: str) -> None:
    message = denial(watched)
    watched.gateway.reading("dev", REGION, ())
    watched.aws.fault(fault, "DecodeAuthorizationMessage")
    assert watched.gateway.decoded("dev", REGION, message) is None
    asked = [operation for operation, _ in watched.seen()].count("DecodeAuthorizationMessage")
    assert asked == 1, "it is asked once"


@pytest.mark.parametrize("message", ["nonsense", "", "x" * 20_000])
def test_nonsense_is_not_decoded(watched: Watched, message: str) -> None:
    assert watched.gateway.decoded("dev", REGION, message) is None


def test_nobody_is_asked_about_a_denial_as_somebody_else(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    message = denial(watched)
    assert watched.to(dev=Known("999999999999")).decoded("dev", REGION, message) is None
    assert "DecodeAuthorizationMessage" not in [operation for operation, _ in watched.seen()]
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert watched.to(dev=Known(DEV)).decoded("dev", REGION, message) is None
    away = Gateway({"dev": Known(DEV)}, "http://127.0.0.1:9")
    assert away.decoded("dev", REGION, message) is None
    away.close()


def test_an_explanation_is_not_waited_for_long(watched: Watched) -> None:
    watched.gateway.decoded("dev", REGION, "x")
    (config,) = {key[2] for key in watched.gateway._ways["dev"].clients if key[2].read_timeout == 3}
    assert (config.connect_timeout, config.retries["total_max_attempts"]) == (2, 1)
