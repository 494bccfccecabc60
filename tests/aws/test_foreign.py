"""What of a call's parameters is somebody else's, and that the guard lets it pass only by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.aws.foreign import Home, foreign
from bot.command import Call
from bot.errors import AwsRefused, GuardError
from bot.sandbox.aws.estate import DEV, REGION
from tests.aws.conftest import Watched

HERE = Home(DEV, REGION)
THEIRS = "999999999999"
KEY = f"arn:aws:kms:{REGION}:{THEIRS}:key/1"
ABROAD = f"arn:aws:kms:us-east-1:{DEV}:key/1"

Case = tuple[str, Mapping[str, Any], str]
FOREIGN: Mapping[str, Case] = {
    "an ARN of another account": (
        "lambda:Invoke",
        {"FunctionName": f"arn:aws:lambda:{REGION}:{THEIRS}:function:f"},
        "FunctionName",
    ),
    "an ARN of another Region": (
        "lambda:Invoke",
        {"FunctionName": f"arn:aws:lambda:us-east-1:{DEV}:function:f"},
        "FunctionName",
    ),
    "half a function's ARN": ("lambda:Invoke", {"FunctionName": f"{THEIRS}:function:f"}, "FunctionName"),
    "a queue's address": (
        "sqs:SendMessage",
        {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{THEIRS}/q"},
        "QueueUrl",
    ),
    "an access point": ("s3:GetObject", {"Bucket": f"arn:aws:s3:{REGION}:{THEIRS}:accesspoint/p"}, "Bucket"),
    "deep inside": ("s3:PutBucketEncryption", {"A": {"Rules": [{"KMSMasterKeyID": KEY}]}}, "A"),
    "as a key of a map": ("x:Y", {"Map": {KEY: "v"}}, "Map"),
    "another's role": ("lambda:CreateFunction", {"Role": f"arn:aws:iam::{THEIRS}:role/r"}, "Role"),
    "another partition's account": ("sns:Publish", {"TopicArn": f"arn:aws-cn:sns:{REGION}:{THEIRS}:t"}, "TopicArn"),
    "a copy of nobody in particular": ("s3:CopyObject", {"CopySource": {"Bucket": "b", "Key": "k"}}, "CopySource"),
    "a copy of nobody, as text": ("s3:CopyObject", {"CopySource": "/b/k"}, "CopySource"),
    "a copy's access point, escaped": (
        "s3:CopyObject",
        {
            "CopySource": f"arn%3Aaws%3As3%3A{REGION}%3A{THEIRS}%3Aaccesspoint/p/object/k",
            "ExpectedSourceBucketOwner": DEV,
        },
        "CopySource",
    ),
    "a copy from another account": (
        "s3:CopyObject",
        {"CopySource": "b/k", "ExpectedSourceBucketOwner": THEIRS},
        "ExpectedSourceBucketOwner",
    ),
    "another's bucket": ("s3:PutObject", {"Bucket": "b", "ExpectedBucketOwner": THEIRS}, "ExpectedBucketOwner"),
}
OURS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "our own": ("lambda:Invoke", {"FunctionName": f"arn:aws:lambda:{REGION}:{DEV}:function:f"}),
    "half of our own": ("lambda:Invoke", {"FunctionName": f"{DEV}:function:f"}),
    "our queue": ("sqs:SendMessage", {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{DEV}/q"}),
    "without a Region, as in IAM": ("lambda:CreateFunction", {"Role": f"arn:aws:iam::{DEV}:role/r"}),
    "without an account, as in S3": ("s3:PutObject", {"Bucket": "arn:aws:s3:::b"}),
    "AWS's own": ("iam:AttachRolePolicy", {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
    "what is uploaded": ("s3:PutObject", {"Bucket": "b", "Body": KEY}),
    "what a function is given": ("lambda:Invoke", {"FunctionName": "f", "Payload": KEY}),
    "a copy within the account": ("s3:CopyObject", {"CopySource": "b/k", "ExpectedSourceBucketOwner": DEV}),
    "other types": ("ec2:RunInstances", {"MinCount": 1, "DryRun": True, "UserData": b"arn:aws:a:b:1:c"}),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_is_of_another_account_or_region_is_found(case: str) -> None:
    operation, params, name = FOREIGN[case]
    assert foreign(operation, params, HERE) == name


@pytest.mark.parametrize("case", OURS)
def test_what_is_our_own_is_let_be(case: str) -> None:
    operation, params = OURS[case]
    assert foreign(operation, params, HERE) == ""


def test_a_name_in_full_grants_it_and_only_it() -> None:
    named = Home(DEV, REGION, frozenset({KEY, "arn:aws:s3:::theirs"}))
    assert foreign("x:Y", {"Key": KEY}, named) == ""
    assert foreign("x:Y", {"Key": KEY + "0"}, named) == "Key"
    assert foreign("x:Y", {"Key": ABROAD}, named) == "Key"
    assert foreign("s3:CopyObject", {"CopySource": "theirs/k"}, named) == ""
    assert foreign("s3:CopyObject", {"CopySource": "not-theirs/k"}, named) == "CopySource"
    assert foreign("s3:CopyObject", {"CopySource": "Xtheirs/k"}, named) == "CopySource"
    assert foreign("s3:CopyObject", {"CopySource": "/theirs/k"}, named) == ""
    assert foreign("s3:CopyObject", {"CopySource": {"Bucket": "theirs", "Key": "k"}}, named) == ""
    assert foreign("s3:CopyObject", {"CopySource": {"Key": "theirs"}}, named) == "CopySource"
    assert [named.elsewhere(arn) for arn in (KEY, KEY + "0", ABROAD)] == ["", "account", "Region"]


def test_nothing_is_our_own_while_the_account_is_unknown() -> None:
    for operation, params, name in FOREIGN.values():
        assert foreign(operation, params, Home("", REGION)) in {name, "CopySource"}
    assert foreign(*OURS["our own"], Home("", REGION)) == "FunctionName"
    assert foreign(*OURS["half of our own"], Home("", REGION)) == "FunctionName"


@pytest.mark.parametrize("arn", [KEY, ABROAD])
def test_i4_a_change_that_names_a_foreign_arn_leaves_only_where_a_rule_named_it(watched: Watched, arn: str) -> None:
    params = {
        "Bucket": "tidewater-dev-logs",
        "ServerSideEncryptionConfiguration": {
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}}]
        },
    }
    call = Call("s3:PutBucketEncryption", params)
    with pytest.raises(GuardError, match="another account or Region"):
        watched.gateway.send("dev", REGION, call)
    assert "PutBucketEncryption" not in [operation for operation, _ in watched.seen()]
    watched.gateway.send("dev", REGION, call, named=frozenset({arn}))
    assert "PutBucketEncryption" in [operation for operation, _ in watched.seen()]


def test_i4_a_read_that_names_a_foreign_arn_does_not_leave(watched: Watched) -> None:
    functions = watched.gateway.reading("dev", REGION, ("lambda:ListTags",)).client("lambda")
    watched.aws.control("clear", {})
    with pytest.raises(GuardError, match="Resource of lambda:ListTags"):
        functions.list_tags(Resource=f"arn:aws:lambda:{REGION}:{THEIRS}:function:f")
    assert watched.seen() == []


def test_an_uploaded_body_may_say_what_it_likes(watched: Watched) -> None:
    with pytest.raises(AwsRefused, match="NoSuchBucket"):
        watched.gateway.send("dev", REGION, Call("s3:PutObject", {"Bucket": "no-such-b", "Key": "k", "Body": KEY}))
