"""Which of AWS's policies said no, read from AWS's own words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from bot.aws.denied import decoded, encoded, which_policy
from bot.aws.errors import translate
from bot.errors import AwsRefused

WORDS = "User: arn:aws:sts::111111111111:assumed-role/bot/x is not authorized to perform: ec2:StopInstances "
BLOB = "Encoded authorization failure message: aBc"
DENIER, GIVER = "Whoever owns that policy can change it.", "Whoever owns the bot's role can change that."


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (
            "because no identity-based policy allows the ec2:StopInstances action",
            "no identity-based policy allows it. Whoever owns the bot's role can change that.",
        ),
        (
            "with an explicit deny in a service control policy",
            "an explicit deny in its service control policy. Whoever manages the AWS organization can change that.",
        ),
        (
            "with an explicit deny in an identity-based policy",
            "an explicit deny in its identity-based policy. Whoever owns the bot's role can change that.",
        ),
        (
            "because no permissions boundary allows the x action",
            "no permissions boundary allows it. Whoever set the role's permissions boundary can change that.",
        ),
        (
            "because no session policy allows the x action",
            "no session policy allows it. Whoever runs the bot can change that.",
        ),
        (
            "with an explicit deny in a VPC endpoint policy",
            "an explicit deny in its VPC endpoint policy. Whoever owns the VPC endpoint can change that.",
        ),
        (
            "because no resource-based policy allows the x action",
            "no resource-based policy allows it. Whoever owns the resource can change that.",
        ),
        (
            "with an explicit deny in a resource control policy",
            "an explicit deny in its resource control policy. Whoever manages the AWS organization can change that.",
        ),
    ],
)
def test_the_kind_of_policy_and_its_owner_are_named(message: str, says: str) -> None:
    about = f"{WORDS}on resource: arn:aws:ec2:eu-west-1:111111111111:instance/i-1 {message}"
    assert which_policy(about) == f"AWS says: {says}"


def test_where_aws_does_not_say_nothing_is_guessed() -> None:
    assert which_policy("You are not authorized to perform this operation.") == ""


def test_the_encoded_message_is_found() -> None:
    assert encoded("You are not authorized. Encoded authorization failure message: aBc-_123") == "aBc-_123"
    assert encoded("You are not authorized.") == ""


@pytest.mark.parametrize(
    ("about", "says"),
    [
        (
            {
                "explicitDeny": True,
                "matchedStatements": {"items": [{"statementId": "NoStops"}]},
                "context": {"action": "ec2:StopInstances", "resource": "arn:aws:ec2:eu-west-1:111:instance/i-1"},
            },
            f"an explicit deny (statement NoStops) refuses ec2:StopInstances on instance/i-1. {DENIER}",
        ),
        (
            {"explicitDeny": True, "matchedStatements": {"items": [{"statementId": "A"}, {}, {"statementId": "B"}]}},
            f"an explicit deny (statement A, B) refuses it. {DENIER}",
        ),
        (
            {"explicitDeny": True, "context": {"action": "ec2:StopInstances"}},
            f"an explicit deny refuses ec2:StopInstances. {DENIER}",
        ),
        (
            {"explicitDeny": False, "context": {"action": "ec2:StopInstances"}},
            f"no policy allows ec2:StopInstances. {GIVER}",
        ),
        ({}, f"no policy allows it. {GIVER}"),
    ],
)
def test_a_decoded_message_in_words(about: dict[str, Any], says: str) -> None:
    assert decoded(about) == f"AWS says: {says}"


def test_a_long_arn_before_the_reason_hides_nothing() -> None:
    message = f"{WORDS}on resource: {'x' * 900} with an explicit deny in a service control policy"
    answer: Any = {"Error": {"Code": "UnauthorizedOperation", "Message": f"{message} {BLOB}"}, "ResponseMetadata": {}}
    error = translate(ClientError(answer, "StopInstances"), "ec2:StopInstances", changes=True)
    assert isinstance(error, AwsRefused)
    assert "service control policy" in error.sentence
    assert error.encoded == ""  # the words say it already
    assert "aBc" not in error.sentence


def test_the_cipher_goes_along_where_the_words_do_not_say_why() -> None:
    answer: Any = {"Error": {"Code": "UnauthorizedOperation", "Message": f"Not authorized. {BLOB}"}}
    error = translate(ClientError(answer, "StopInstances"), "ec2:StopInstances", changes=True)
    assert isinstance(error, AwsRefused)
    assert error.encoded == "aBc"
    assert "aBc" not in error.sentence
