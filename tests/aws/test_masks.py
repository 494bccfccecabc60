"""What botocore marks as sensitive reaches no command and is shown nowhere; what is sent stays exact."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.model import OperationModel, ServiceModel, Shape

from bot.aws import guard, masks, models
from bot.aws.masks import MASK, SHOWN, call_text, mask_answer, masked, masked_params
from bot.aws.models import kept
from bot.command import Call
from bot.sandbox.aws.estate import REGION
from tests.aws.conftest import Watched
from tests.marked import left_over


def model(operation: str) -> OperationModel:
    service, _, name = operation.partition(":")
    return ServiceModel(kept().load_service_model(service, "service-2"), service).operation_model(name)


def answer(operation: str, **fields: Any) -> dict[str, Any]:
    """Return AWS's answer as a command would see it."""
    parsed = {**fields, "ResponseMetadata": {"HTTPStatusCode": 200, **fields.pop("ResponseMetadata", {})}}
    mask_answer(parsed, model(operation))
    parsed.pop("ResponseMetadata")
    return parsed


# Through the local AWS


def test_a_secret_s_value_is_not_in_the_answer(watched: Watched) -> None:
    secret = {"Name": "tidewater/db", "SecretString": "hunter2"}
    watched.gateway.send("dev", REGION, Call("secretsmanager:CreateSecret", secret))
    read = watched.gateway.reading("dev", REGION, ("secretsmanager:GetSecretValue",)).client("secretsmanager")
    found = read.get_secret_value(SecretId="tidewater/db")
    assert found["Name"] == "tidewater/db"
    assert found["SecretString"] == MASK
    assert "hunter2" not in str(found)


def test_a_parameter_s_value_is_in_no_page_of_a_paginator(watched: Watched) -> None:
    stored = {"Name": "/tidewater/password", "Value": "hunter2", "Type": "SecureString"}
    watched.gateway.send("dev", REGION, Call("ssm:PutParameter", stored))
    ssm = watched.gateway.reading("dev", REGION, ("ssm:GetParametersByPath",)).client("ssm")
    (page,) = ssm.get_paginator("get_parameters_by_path").paginate(Path="/tidewater", WithDecryption=True)
    assert [(each["Name"], each["Value"]) for each in page["Parameters"]] == [("/tidewater/password", MASK)]


def test_a_change_s_answer_is_masked_and_the_change_was_sent_as_it_was(watched: Watched) -> None:
    made = watched.gateway.send("dev", REGION, Call("ec2:CreateKeyPair", {"KeyName": "night"}))
    assert made["KeyName"] == "night"
    assert made["KeyMaterial"] == MASK


# Answers of every shape

RECURSIVE = ServiceModel(
    {
        "metadata": {"serviceId": "Trees"},
        "operations": {"GetTree": {"name": "GetTree", "http": {}, "output": {"shape": "Answer"}}},
        "shapes": {
            "Answer": {"type": "structure", "members": {"tree": {"shape": "Tree"}}},
            "Tree": {
                "type": "structure",
                "members": {"name": {"shape": "Name"}, "word": {"shape": "Word"}, "below": {"shape": "Trees"}},
            },
            "Trees": {"type": "list", "member": {"shape": "Tree"}},
            "Root": {"type": "structure", "members": {"name": {"shape": "Name"}, "below": {"shape": "Roots"}}},
            "Roots": {"type": "list", "member": {"shape": "Root"}},
            "Garden": {"type": "structure", "members": {"root": {"shape": "Root"}}},
            "Name": {"type": "string"},
            "Word": {"type": "string", "sensitive": True},
        },
    },
    "trees",
)

HEADERS = ServiceModel(
    {
        "metadata": {"serviceId": "Letters"},
        "operations": {
            "GetLetter": {"name": "GetLetter", "http": {}, "input": {"shape": "Whole"}, "output": {"shape": "Answer"}}
        },
        "shapes": {
            "Answer": {
                "type": "structure",
                "members": {
                    "Seal": {"shape": "Word", "location": "header"},
                    "Notes": {"shape": "Notes", "location": "headers", "locationName": "x-note-"},
                    "Text": {"shape": "Name"},
                },
            },
            "Whole": {"type": "structure", "sensitive": True, "members": {"Text": {"shape": "Name"}}},
            "Notes": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Word"}},
            "Name": {"type": "string"},
            "Word": {"type": "string", "sensitive": True},
        },
    },
    "letters",
)
"""What no model has today: a header without a name of its own, several under one, parameters marked as a whole."""


def test_a_nested_field_in_a_list_is_masked_and_its_neighbours_stay() -> None:
    tunnel = {"OutsideIpAddress": "192.0.2.1", "PreSharedKey": "hunter2"}
    connection = {"VpnConnectionId": "vpn-1", "Options": {"TunnelOptions": [tunnel, tunnel]}}
    (found,) = answer("ec2:DescribeVpnConnections", VpnConnections=[connection])["VpnConnections"]
    hidden = {"OutsideIpAddress": "192.0.2.1", "PreSharedKey": MASK}
    assert found == {"VpnConnectionId": "vpn-1", "Options": {"TunnelOptions": [hidden, hidden]}}


def test_variables_keep_their_names_where_that_is_lifted_and_nowhere_else() -> None:
    variables = {"DB_PASSWORD": "hunter2", "STAGE": "dev"}
    about = answer("lambda:GetFunctionConfiguration", FunctionName="f", Environment={"Variables": variables})
    assert about == {"FunctionName": "f", "Environment": {"Variables": {"DB_PASSWORD": MASK, "STAGE": MASK}}}
    (one,) = answer("lambda:ListFunctions", Functions=[{"Environment": {"Variables": variables}}])["Functions"]
    assert one == {"Environment": {"Variables": MASK}}


def test_keys_that_are_marked_are_counted_and_what_is_below_them_is_masked_where_it_is_marked() -> None:
    shape = model("bedrock:GetGuardrail").service_model.shape_for("AutomatedReasoningPolicyVariableReportMap")
    reports = {name: {"policyVariable": name, "accuracyScore": 0.5} for name in ("hunter1", "hunter2")}
    hidden = {"policyVariable": MASK, "accuracyScore": 0.5}
    assert masked(reports, shape, "bedrock:A.B") == {f"{MASK}1": hidden, f"{MASK}2": hidden}


def test_an_answer_that_is_marked_as_a_whole_is_masked_as_a_whole() -> None:
    assert answer("codeartifact:GetAuthorizationToken", authorizationToken="hunter2", expiration=1) == {
        "authorizationToken": MASK,
        "expiration": MASK,
    }


def test_what_botocore_says_about_an_answer_stays_and_may_be_missing() -> None:
    about = {"RequestId": "1", "HTTPHeaders": {}}
    for metadata in ({"ResponseMetadata": about}, {"ResponseMetadata": {"RequestId": "1"}}, {}):
        parsed: dict[str, Any] = {"Seal": "hunter2", **metadata}
        mask_answer(parsed, HEADERS.operation_model("GetLetter"))
        assert parsed == {"Seal": MASK, **metadata}
    parsed = {"authorizationToken": "hunter2", "ResponseMetadata": about}
    mask_answer(parsed, model("codeartifact:GetAuthorizationToken"))
    assert parsed == {"authorizationToken": MASK, "ResponseMetadata": about}


def test_a_stream_in_an_answer_that_is_marked_as_a_whole_is_closed() -> None:
    stream = io.BytesIO(b"hunter2")
    found = answer("codeartifact:GetAuthorizationToken", authorizationToken=stream)
    assert found == {"authorizationToken": MASK}
    assert stream.closed


@pytest.mark.parametrize("value", ["hunter2", ["hunter2"], {"word": "hunter2"}], ids=["text", "list", "map"])
@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (RECURSIVE.shape_for("Tree"), dict),
        (RECURSIVE.shape_for("Trees"), list),
        (HEADERS.shape_for("Notes"), dict),
    ],
    ids=["structure", "list", "map"],
)
def test_what_is_of_another_kind_than_its_model_says_is_masked_whole(shape: Shape, kind: type, value: object) -> None:
    found = masked(value, shape, "trees:A.B")
    assert "hunter2" not in str(found)
    assert isinstance(found, kind) if isinstance(value, kind) else found == MASK
    assert masked(None, shape, "trees:A.B") is None


def test_a_shape_that_holds_itself_is_masked_at_every_depth() -> None:
    deep = {"name": "a", "word": "hunter2", "below": [{"name": "b", "word": "hunter2", "below": [{"word": "hunter2"}]}]}
    parsed = {"tree": deep, "ResponseMetadata": {}}
    mask_answer(parsed, RECURSIVE.operation_model("GetTree"))
    below = [{"name": "b", "word": MASK, "below": [{"word": MASK}]}]
    assert parsed["tree"] == {"name": "a", "word": MASK, "below": below}
    plain = {"name": "a", "below": [{"name": "b"}]}
    assert masked(plain, RECURSIVE.shape_for("Root"), "trees:A.B") == plain
    assert masked({"root": plain}, RECURSIVE.shape_for("Garden"), "trees:A.B") == {"root": plain}


@pytest.mark.parametrize("shape", [HEADERS.shape_for("Answer"), RECURSIVE.shape_for("Root")], ids=["marked", "plain"])
def test_a_shape_is_searched_for_marks_once(monkeypatch: pytest.MonkeyPatch, shape: Shape) -> None:
    searched: list[Shape] = []
    search = masks._search
    monkeypatch.setattr(masks, "_search", lambda each: searched.append(each) or search(each))
    for _ in range(3):
        masked({}, shape, "trees:A.B")
    assert searched == [shape]


def test_a_page_s_token_stays_because_it_has_to_be_sent_back() -> None:
    assert answer("pipes:ListPipes", NextToken="next") == {"NextToken": "next"}


def test_a_stream_that_is_marked_is_closed_and_one_that_is_not_stays() -> None:
    code, body = io.BytesIO(b"hunter2"), io.BytesIO(b"an object")
    assert answer("cloudfront:GetFunction", FunctionCode=code) == {"FunctionCode": MASK}
    assert code.closed
    assert answer("s3:GetObject", Body=body) == {"Body": body}
    assert not body.closed


def test_a_stream_of_events_with_something_marked_in_it_is_masked_whole() -> None:
    events = io.BytesIO()
    assert answer("bedrock-agent-runtime:InvokeAgent", completion=events)["completion"] == MASK
    assert events.closed


def test_the_header_that_a_field_was_read_from_is_masked_with_it() -> None:
    headers = {"x-amzn-sagemaker-custom-attributes": "hunter2", "content-type": "text/plain"}
    parsed = {"CustomAttributes": "hunter2", "ResponseMetadata": {"HTTPHeaders": headers}}
    mask_answer(parsed, model("sagemaker-runtime:InvokeEndpoint"))
    assert "hunter2" not in str(parsed)
    assert headers["content-type"] == "text/plain"


def test_every_header_that_begins_as_a_marked_field_s_do_is_masked_and_a_field_s_own_name_is_its_header_s() -> None:
    headers = {"seal": "hunter2", "X-Note-One": "hunter2", "x-note-two": "hunter2", "x-notes": "3", "text": "t"}
    parsed = {"Seal": "hunter2", "Notes": {"One": "hunter2"}, "Text": "t", "ResponseMetadata": {"HTTPHeaders": headers}}
    mask_answer(parsed, HEADERS.operation_model("GetLetter"))
    assert headers == {"seal": MASK, "X-Note-One": MASK, "x-note-two": MASK, "x-notes": "3", "text": "t"}
    assert parsed == {"Seal": MASK, "Notes": {"One": MASK}, "Text": "t", "ResponseMetadata": {"HTTPHeaders": headers}}


def test_an_error_whose_words_are_marked_says_nothing() -> None:
    error = {"Code": "ConflictException", "Message": "hunter2"}
    parsed = {"Error": error, "message": "hunter2", "ResponseMetadata": {}}
    mask_answer(parsed, model("proton:CreateComponent"), failed=True)
    assert "hunter2" not in str(parsed)
    assert parsed["Error"]["Code"] == "ConflictException"


@pytest.mark.parametrize(("status", "says"), [(299, True), (300, True), (301, False), (409, False)])
def test_an_answer_is_an_error_by_its_status(status: int, says: bool) -> None:
    parsed = {"Error": {"Code": "ConflictException", "Message": "hunter2"}, "ResponseMetadata": {}}
    guard._mask(SimpleNamespace(status_code=status), parsed, model("proton:CreateComponent"))
    assert ("hunter2" in str(parsed)) is says


def test_an_answer_that_is_no_error_by_its_status_is_masked_as_an_answer() -> None:
    parsed = {"SecretString": "hunter2", "ResponseMetadata": {}}
    guard._mask(SimpleNamespace(status_code=300), parsed, model("secretsmanager:GetSecretValue"))
    assert parsed["SecretString"] == MASK


def test_an_error_that_says_nothing_stays_as_it_is() -> None:
    for error in ({}, {"Error": {}}, {"Error": {"Code": "NoSuchError"}}):
        parsed = {**error, "ResponseMetadata": {}}
        mask_answer(parsed, model("proton:CreateComponent"), failed=True)
        assert parsed == {**error, "ResponseMetadata": {}}


def test_an_error_that_is_not_marked_keeps_its_words() -> None:
    parsed = {"Error": {"Code": "InvalidInstanceID.NotFound", "Message": "no i-1"}, "ResponseMetadata": {}}
    mask_answer(parsed, model("ec2:DescribeInstances"), failed=True)
    assert parsed["Error"]["Message"] == "no i-1"


@pytest.mark.parametrize("service", ["iam", "lambda", "s3", "ssm", "sts"])
def test_no_marked_place_of_any_answer_is_missed(service: str) -> None:
    assert left_over(service) == []


# Calls


@pytest.mark.parametrize(
    ("operation", "params", "shown"),
    [
        ("ec2:RunInstances", {"UserData": "hunter2", "MaxCount": 1}, 'UserData="•••" MaxCount=1'),
        ("ssm:PutParameter", {"Name": "/a", "Value": "hunter2"}, 'Name="/a" Value="•••"'),
        ("iam:CreateLoginProfile", {"UserName": "ann", "Password": "hunter2"}, 'UserName="ann" Password="•••"'),
        ("ec2:StopInstances", {"InstanceIds": ["i-1"], "Force": False}, 'InstanceIds=["i-1"] Force=false'),
        ("lambda:Invoke", {"FunctionName": "f", "Payload": "{}"}, 'FunctionName="f" Payload="{}"'),
        ("s3:PutObject", {"Bucket": "b", "SSEKMSKeyId": "alias/a"}, 'Bucket="b" SSEKMSKeyId="alias/a"'),
        (
            "ec2:CreateTags",
            {"Resources": ["i-1", "i-2"], "Tags": [{"Key": "stage", "Value": "dev"}]},
            'Resources=["i-1","i-2"] Tags=[{"Key":"stage","Value":"dev"}]',
        ),
        ("nothing:Nothing", {"A": "hunter2"}, 'A="•••"'),
    ],
)
def test_a_call_is_shown_without_its_secrets(operation: str, params: dict[str, Any], shown: str) -> None:
    before = dict(params)
    assert call_text(Call(operation, params)) == f"{operation} {shown}"
    assert params == before


def test_a_parameter_that_no_model_knows_is_shown_as_it_is_and_one_of_the_wrong_kind_is_masked() -> None:
    assert masked_params("ec2:StopInstances", {"News": 1}) == {"News": 1}
    odd = {"LaunchTemplateData": "hunter2"}
    assert masked_params("ec2:CreateLaunchTemplate", odd) == {"LaunchTemplateData": MASK}


def test_parameters_that_are_marked_as_a_whole_are_masked_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "_input", lambda _: HEADERS.operation_model("GetLetter").input_shape)
    assert masked_params("letters:GetLetter", {"Text": "hunter2", "News": 1}) == {"Text": MASK, "News": MASK}


def test_every_place_that_is_shown_has_a_reason_and_is_a_place_of_an_operation_that_there_is() -> None:
    assert all(SHOWN.values())
    named = [each.partition(".")[0] for each in SHOWN if not each.startswith("*")]
    assert all(models.expand(each) for each in named)
