"""The local AWS misbehaves when told to, and keeps a journal of everything asked of it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from bot.sandbox.aws.estate import DEV, PROD, PROD_ROLE, REGION
from tests.sandbox.aws_wire import Aws, refused, running

WEB = "i-0a1b2c3d4e5f60001"


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws) -> Aws:
    server.control("reset", {})
    return server


@pytest.mark.parametrize(
    ("kind", "status", "code", "words"),
    [
        ("throttle", 503, "RequestLimitExceeded", "Request limit exceeded."),
        ("500", 500, "InternalError", "An internal error has occurred"),
        ("expired", 400, "RequestExpired", "Request has expired."),
    ],
)
def test_ec2_fails_in_its_own_words_and_changes_nothing(
    aws: Aws, kind: str, status: int, code: str, words: str
) -> None:
    aws.fault(kind, "StopInstances")
    with pytest.raises(ClientError) as caught:
        aws.ec2.stop_instances(InstanceIds=[WEB])
    assert caught.value.response["Error"] == {"Code": code, "Message": words}
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["ResponseMetadata"]["RequestId"]
    assert aws.state(WEB) == "running"


def test_a_denial_names_caller_action_and_resource(aws: Aws) -> None:
    aws.fault("denied", "StopInstances")
    who, what = f"User: arn:aws:iam::{DEV}:user/bot", f"arn:aws:ec2:{REGION}:{DEV}:instance/{WEB}"
    why = "because no identity-based policy allows the ec2:StopInstances action"
    words = f"{who} is not authorized to perform: ec2:StopInstances on resource: {what} {why}."
    told = f"You are not authorized to perform this operation. {words} Encoded authorization failure message: "
    with pytest.raises(ClientError, match="UnauthorizedOperation") as caught:
        aws.ec2.stop_instances(InstanceIds=[WEB])
    message = caught.value.response["Error"]["Message"]
    assert message.startswith(told)
    assert aws.state(WEB) == "running"
    sts = aws.client("sts")
    said = json.loads(sts.decode_authorization_message(EncodedMessage=message.removeprefix(told))["DecodedMessage"])
    assert (said["allowed"], said["explicitDeny"]) == (False, False)
    assert (said["context"]["action"], said["context"]["resource"]) == ("ec2:StopInstances", what)
    with refused("InvalidAuthorizationMessageException"):
        sts.decode_authorization_message(EncodedMessage="nonsense")


def test_any_error_can_be_asked_for(aws: Aws) -> None:
    words = "There is no Spot capacity available that matches your request."
    aws.fault("code", "StartInstances", code="InsufficientInstanceCapacity", message=words, status=500)
    with refused("InsufficientInstanceCapacity", words):
        aws.ec2.start_instances(InstanceIds=[WEB])


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("sts", "get_caller_identity", "ThrottlingException"),
        ("s3", "list_buckets", "SlowDown"),
        ("lambda", "list_functions", "ThrottlingException"),
        ("sns", "list_topics", "ThrottlingException"),
        ("cloudwatch", "list_metrics", "ThrottlingException"),
        ("ssm", "describe_parameters", "ThrottlingException"),
    ],
)
def test_every_protocol_hears_of_the_fault_and_then_works(aws: Aws, service: str, call: str, code: str) -> None:
    aws.fault("throttle")
    client = aws.client(service)
    with refused(code):
        getattr(client, call)()
    assert getattr(client, call)()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [(one["service"], one["error"]) for one in aws.log()] == [(service, code), (service, None)]


def test_expired_and_denied_elsewhere_have_their_other_names(aws: Aws) -> None:
    aws.fault("expired")
    with refused("ExpiredToken"):
        aws.client("sts").get_caller_identity()
    aws.fault("denied")
    with refused("AccessDenied"):
        aws.client("sts").get_caller_identity()
    aws.fault("500")
    with refused("InternalFailure"):
        aws.client("sts").get_caller_identity()


def test_a_refused_connection_changes_nothing(aws: Aws) -> None:
    aws.fault("refuse_connection", "StopInstances")
    with pytest.raises(ConnectionClosedError):
        aws.ec2.stop_instances(InstanceIds=[WEB])
    assert aws.state(WEB) == "running"


def test_a_lost_reply_leaves_the_change_made(aws: Aws) -> None:
    aws.fault("lost_reply", "StopInstances")
    with pytest.raises(ConnectionClosedError):
        aws.ec2.stop_instances(InstanceIds=[WEB])
    assert aws.state(WEB) == "stopping"
    (entry,) = [one for one in aws.log() if one["operation"] == "StopInstances"]
    assert entry["status"] == 200


def test_a_lost_reply_can_hold_the_line_past_the_client_s_patience(aws: Aws) -> None:
    aws.fault("lost_reply", "StopInstances", seconds=20)
    with pytest.raises(ReadTimeoutError):
        aws.client("ec2", patience=0.5).stop_instances(InstanceIds=[WEB])
    assert aws.state(WEB) == "stopping"


def test_slow_answers_late_but_rightly(aws: Aws) -> None:
    aws.fault("slow", "StopInstances", seconds=0.3)
    began = time.monotonic()
    aws.ec2.stop_instances(InstanceIds=[WEB])
    assert time.monotonic() - began >= 0.3
    assert aws.state(WEB) == "stopping"


def test_a_fault_happens_as_often_as_asked_and_only_to_its_operation(aws: Aws) -> None:
    aws.fault("throttle", "Describe*", times=2)
    aws.ec2.stop_instances(InstanceIds=[WEB])
    for _ in range(2):
        with refused("RequestLimitExceeded"):
            aws.ec2.describe_instances()
    aws.ec2.describe_instances()


def test_clearing_forgets_faults_and_journal_but_not_the_estate(aws: Aws) -> None:
    aws.ec2.stop_instances(InstanceIds=[WEB])
    aws.fault("throttle", times=100)
    aws.control("clear", {})
    assert aws.log() == []
    assert aws.state(WEB) == "stopping"


def test_resetting_forgets_faults_too(aws: Aws) -> None:
    aws.fault("throttle", times=100)
    aws.control("reset", {})
    assert aws.state(WEB) == "running"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kind": "sulk"}, "kind is one of"),
        ({}, "kind is missing"),
        ({"kind": "slow"}, "slow needs seconds"),
        ({"kind": "code"}, "needs a code"),
        ({"kind": "500", "times": 0}, "times is 1 or more"),
        ({"kind": "500", "times": "often"}, "invalid literal"),
        ({"kind": "500", "operatoin": "x"}, "unknown key operatoin"),
        (["500"], "kind is missing"),
    ],
)
def test_a_fault_that_makes_no_sense_is_said_so(aws: Aws, asked: object, words: str) -> None:
    answer = aws.control("fault", asked)
    assert answer["status"] == 400
    assert words in answer["error"]


def test_there_is_no_other_control_and_no_back_door_into_moto(aws: Aws) -> None:
    assert aws.control("everything")["status"] == 404
    assert aws.control("../moto-api/reset", {})["status"] == 404
    assert aws.control("log", {})["status"] == 404


def test_the_journal_tells_who_asked_what_and_how_it_went(aws: Aws) -> None:
    began = time.time()
    aws.ec2.stop_instances(InstanceIds=[WEB])
    aws.prod("ec2").describe_instances(Filters=[{"Name": "tag:env", "Values": ["prod"]}])
    with refused("InvalidInstanceID.Malformed"):
        aws.ec2.stop_instances(InstanceIds=["i-1"])
    stop, assume, describe, wrong = aws.log()
    assert stop["params"] == {"InstanceId.1": WEB}
    assert began <= stop["at"] <= time.time()
    assert "Boto3" in stop["user_agent"]
    assert (stop["service"], stop["operation"], stop["region"]) == ("ec2", "StopInstances", REGION)
    assert (stop["account"], stop["status"], stop["error"]) == (DEV, 200, None)
    assert (assume["operation"], assume["params"]["RoleArn"]) == ("AssumeRole", PROD_ROLE)
    assert (describe["account"], describe["params"]["Filter.1.Value.1"]) == (PROD, "prod")
    assert (wrong["status"], wrong["error"]) == (400, "InvalidInstanceID.Malformed")


def test_the_journal_keeps_no_credentials(aws: Aws) -> None:
    aws.prod("ec2").describe_instances()
    assert "Signature" not in str(aws.log())
    assert "SecurityToken" not in str(aws.log())


def test_rest_operations_are_named_as_botocore_names_them(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="tidewater-notes", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="tidewater-notes", Key="a/b", Body=b"hello")
    assert s3.get_object(Bucket="tidewater-notes", Key="a/b")["Body"].read() == b"hello"
    assert s3.head_object(Bucket="tidewater-notes", Key="a/b")["ContentLength"] == 5
    s3.delete_object(Bucket="tidewater-notes", Key="a/b")
    with refused("404"):
        s3.head_object(Bucket="tidewater-notes", Key="a/b")
    named = [one["operation"] for one in aws.log()]
    assert named == ["CreateBucket", "PutObject", "GetObject", "HeadObject", "DeleteObject", "HeadObject"]
    assert aws.log()[-1]["error"] == "404"
    assert aws.log()[1]["params"]["path"] == "/tidewater-notes/a/b"


def test_an_unsigned_call_of_no_known_operation_is_in_the_journal_too(aws: Aws) -> None:
    aws.fault("denied")
    request = urllib.request.Request(f"{aws.url}/nowhere/at/all", method="PATCH")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert b"User: anonymous is not authorized" in caught.value.read()
    (entry,) = aws.log()
    assert (entry["operation"], entry["account"]) == ("PATCH /nowhere/at/all", "")


def test_a_presigned_link_works_for_its_owner_and_its_signature_is_not_kept(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="tidewater-notes", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="tidewater-notes", Key="a", Body=b"hello")
    signer = aws.client("s3", signature="s3v4")
    url = signer.generate_presigned_url("get_object", Params={"Bucket": "tidewater-notes", "Key": "a"})
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"hello"
    entry = aws.log()[-1]
    assert (entry["operation"], entry["account"]) == ("GetObject", DEV)
    assert "SANDBOX" not in str(entry)
    assert "Signature" not in str(entry)


def test_a_fault_hits_a_rest_operation_by_name(aws: Aws) -> None:
    aws.fault("denied", "ListBuckets")
    with refused("AccessDenied"):
        aws.client("s3").list_buckets()
