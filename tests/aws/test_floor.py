"""The list: every line means something, and what cannot be read is an error."""

import gzip
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import pytest

from bot.aws import models
from bot.aws.conditions import KEYS, Condition, counted, phrases, read
from bot.aws.floor import Class, Entry, Standing, entries, named_as_read, parse, standing
from bot.compose import all_commands
from tests import floor

DATA = Path(botocore.__file__).parent / "data"


def test_every_line_names_an_operation_that_exists_and_parameters_that_it_has() -> None:
    wrong = [
        f"line {entry.line}: {entry.pattern}"
        for entry in entries()
        if not entry.wide and not _means_something(entry, raw(entry.pattern.partition(":")[0]))
    ]
    assert wrong == []


@pytest.mark.slow
def test_every_line_with_a_wildcard_names_some_and_members_that_they_have() -> None:
    names = floor.operations()
    assert [entry.line for entry in entries() if entry.wide and not any(map(entry.names, names))] == []
    wide = [entry for entry in entries() if entry.wide and entry.condition.how in ("is", "not", "unless")]
    kinds = {entry: {each for name in names if entry.names(name) for each in models.members(name)} for entry in wide}
    assert [entry.line for entry in wide if entry.condition.member.split(".")[0] not in kinds[entry]] == []


def test_no_line_stands_there_twice() -> None:
    twice = Counter((entry.kind, entry.pattern, entry.condition) for entry in entries())
    assert [each for each, times in twice.items() if times > 1] == []


def test_every_line_has_a_reason() -> None:
    assert [entry.line for entry in entries() if len(entry.reason) < 4] == []


def test_a_condition_of_tags_alone_is_keys() -> None:
    assert {entry.kind for entry in entries() if entry.condition.how == KEYS} == {Class.TAGS}


@cache
def raw(service: str) -> Any:
    """A service's model as it lies on the disk: ten times as fast to read as to understand."""
    return json.loads(gzip.decompress(max((DATA / service).glob("*/service-2.json.gz")).read_bytes()))


def _means_something(entry: Entry, model: Any) -> bool:
    found = model["operations"].get(entry.pattern.partition(":")[2])
    if not found or entry.condition.how not in ("is", "not", "unless"):
        return bool(found)
    return _has(model["shapes"], found["input"]["shape"], entry.condition.member.split("."))


def _has(shapes: Any, name: str, path: list[str]) -> bool:
    shape = shapes[name]
    if not path or shape["type"] == "map":
        return True
    if shape["type"] == "list":
        return _has(shapes, shape["member"]["shape"], path)
    member = shape.get("members", {}).get(path[0])
    return member is not None and _has(shapes, member["shape"], path[1:])


def test_wildcards_of_data_mean_reads_and_all_others_the_rest() -> None:
    assert {entry.kind for entry in standing("iam:GetRole").entries} == {Class.DATA}
    assert {entry.kind for entry in standing("iam:CreateRole").entries if entry.always} == {Class.RIGHTS}
    assert standing("iam:ListUsers").entries == ()


@pytest.mark.parametrize(
    ("kind", "pattern", "named"),
    [
        (Class.DATA, "a:*", {"a:GetIt"}),
        (Class.RIGHTS, "a:*", {"a:PutIt"}),
        (Class.CREDENTIALS, "a:*", {"a:GetIt", "a:PutIt"}),
        (Class.OPEN, "a:*", {"a:GetIt", "a:PutIt"}),
        (Class.RIGHTS, "a:GetIt", {"a:GetIt"}),
        (Class.DATA, "a:PutIt", {"a:PutIt"}),
    ],
)
def test_a_name_in_full_means_itself_and_a_wildcard_what_its_class_is_about(
    kind: Class, pattern: str, named: set[str]
) -> None:
    entry = Entry(kind, pattern, Condition(), "a reason")
    assert {each for each in ("a:GetIt", "a:PutIt", "b:GetIt") if entry.names(each)} == named


@pytest.mark.parametrize("name", ["ec2:Getaway", "s3:PutObject", "ec2:Listen", "lambda:Invoke"])
def test_only_a_word_that_reads_is_named_as_a_read(name: str) -> None:
    assert not named_as_read(name)


@pytest.mark.parametrize(
    ("name", "word"), [("IamRoleArn", "role"), ("RoleARNUpdate", "role"), ("AddIamRoles", "role"), ("TagSet", "tag")]
)
def test_a_members_words_are_told_apart(name: str, word: str) -> None:
    assert word in phrases(name)
    assert "role" not in phrases("AccessControlExposeHeaders")
    assert "tag" not in phrases("StagingTable")


@pytest.mark.parametrize(
    "line", ["rights iam:* no reason", "rigths iam:*  | x", "rights iam:*  unless X | x", "rights *:* any X=1 | x"]
)
def test_a_line_that_cannot_be_read_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"floor\.txt|rigths|no condition"):
        list(parse([line]))


def test_a_list_is_read_line_by_line_and_says_where_each_entry_stands() -> None:
    lines = ["# A list.", "", "rights iam:*  | who may do what ", "data s3:GetObject  Key=a,b | what is inside\n"]
    assert list(parse(lines)) == [
        Entry(Class.RIGHTS, "iam:*", Condition(), "who may do what", 3),
        Entry(Class.DATA, "s3:GetObject", Condition("is", "Key", ("a", "b")), "what is inside", 4),
    ]
    with pytest.raises(ValueError, match=r"^floor\.txt line 2: 'rights'$"):
        list(parse(["# A list.", "rights"]))


@pytest.mark.parametrize(
    ("written", "condition"),
    [
        ("", Condition("always")),
        ("keys", Condition("keys")),
        ("A.B", Condition("not", "A.B")),
        ("A=x,y", Condition("is", "A", ("x", "y"))),
        ("A!=x,y", Condition("not", "A", ("x", "y"))),
        ("unless A=x", Condition("unless", "A", ("x",))),
        ("any Role", Condition("any", "Role")),
        ("named Policy", Condition("named", "Policy")),
    ],
)
def test_conditions_are_read_as_they_are_written(written: str, condition: Condition) -> None:
    assert read(written) == condition


@pytest.mark.parametrize("written", ["", KEYS])
def test_without_a_condition_on_a_member_it_is_every_call(written: str) -> None:
    assert read(written).met({}, frozenset())


def test_a_condition_compares_texts_as_they_are() -> None:
    assert read("Status=Enabled").met({"Status": "Enabled"}, frozenset())
    assert not read("Status=Enabled").met({"Status": "enabled"}, frozenset())


def test_a_condition_goes_through_lists_and_compares_switches() -> None:
    for written, params, met in (
        ("A.B=x", {"A": [{"B": "y"}, {"B": "x"}]}, True),
        ("unless A=true", {"A": "x"}, True),
        ("unless A=true", {}, True),
        ("unless A=true", {"A": True}, False),
        ("A!=x", {}, False),
        ("A", {"A": None}, False),
        ("A", {"A": False}, True),
        ("A=x", {"A": "y"}, False),
        ("any Role", {"A": [{"TaskRoles": "x"}]}, True),
        ("any Role", {"A": {"Profile": "x"}}, False),
        ("named Role", {"A": {"role": "x"}}, True),
        ("named Role", {"A": {"TaskRole": "x"}}, False),
    ):
        assert read(written).met(params, counted(params)) is met


def test_what_is_spared_absent_a_switch_or_said_in_a_tag_does_not_count() -> None:
    params = {"Role": "x", "TaskRole": "x", "UseRole": True, "OldRole": None, "Tags": {"NewRole": "x"}}
    assert counted(params, frozenset({"role"})) == {"TaskRole", "Tags"}
    assert counted(params) == {"Role", "TaskRole", "Tags"}


def test_an_entry_is_met_by_no_member_that_was_left_off_and_only_where_its_class_is_asked_for() -> None:
    entry = Entry(Class.RIGHTS, "a:*", Condition("any", "Role"), "it takes a role")
    about = Standing((entry,), frozenset({"role"}))
    assert about.met({"TaskRole": "x"}) == about.met({"TaskRole": "x"}, Class.DATA, Class.RIGHTS) == (entry,)
    assert about.met({"Role": "x"}) == about.met({"TaskRole": "x"}, Class.DATA) == ()


def test_no_command_may_make_a_call_that_hands_out_credentials() -> None:
    for command in all_commands():
        for operation in command.operations:
            assert not any(entry.kind is Class.CREDENTIALS and entry.always for entry in standing(operation).entries)


# What other people's lists hold, checked over in full by tests/proofs/test_floor_lists.py.
NEVER = ("iam:*", "sts:*", "kms:*", "sso:*", "sso-admin:*", "sso-oidc:*", "secretsmanager:*", "chatbot:*", "sdb:*")
NEVER += ("cognito-idp:*", "cognito-identity:*", "cognito-sync:*", "identitystore:*")
NEVER += ("s3:GetObject", "s3:HeadObject", "dynamodb:GetItem", "dynamodb:BatchGetItem", "appsync:ListApiKeys")
NEVER += ("codecommit:GetFile", "codecommit:GetCommit", "codecommit:GetDifferences", "connect:GetFederationToken")
NEVER += ("ec2:GetPasswordData", "ecr:GetAuthorizationToken", "gamelift:RequestUploadCredentials")
NEVER += ("gamelift:GetInstanceAccess", "lightsail:DownloadDefaultKeyPair", "lightsail:GetInstanceAccessDetails")
NEVER += ("lightsail:GetRelationalDatabaseMasterUserPassword", "redshift:GetClusterCredentials")
NEVER += ("snowball:GetJobUnlockCode", "storagegateway:DescribeChapCredentials", "lightsail:GetBucketAccessKeys")


@pytest.mark.parametrize("pattern", NEVER)
def test_what_another_chat_bot_never_does_is_classified(pattern: str) -> None:
    expanded = models.expand(pattern)
    assert expanded
    assert [each for each in expanded if not floor.classified(each)] == []


@pytest.mark.slow
def test_every_operation_with_a_sensitive_answer_is_classified_or_masked_for_a_reason() -> None:
    assert floor.unreviewed() == []
