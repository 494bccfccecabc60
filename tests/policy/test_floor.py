"""No wildcard reaches the floor; credentials are never reached; data goes to the asker alone."""

from typing import Any

import pytest

from bot.aws import floor
from bot.aws.floor import Class
from bot.command import Audience, Effect, Resource
from bot.config.botfile import Account, BotFile, Limit, Production
from bot.config.load import parse
from bot.errors import ConfigError
from bot.policy.check import check
from bot.policy.decide import Decision, decide, decide_command, reachable
from bot.policy.match import UNPLANNED, Request
from bot.policy.rights import rights
from tests.rules import ANN, OPS, command, deny, of, request, rule

OPEN_BLOCK = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
ROLE = "arn:aws:iam::111111111111:role/path/bot-role"


def file(*rules: Any, own: tuple[str, ...] = (), role: str | None = None) -> BotFile:
    account = Account(name="dev", id="111111111111", region="eu-west-1", role=role)
    return BotFile(accounts={"dev": account}, rules=rules, own=own)


def asked(
    operation: str, actions: str, effect: Effect = Effect.CHANGES, of_file: Any = None, **params: Any
) -> Decision:
    made = of_file or file(rule(actions=[actions]))
    about = request(operation=operation, resource=None, effect=effect)
    return decide(made, type(about)(**{**{n: getattr(about, n) for n in about.__slots__}, "params": params}))


CHOSEN = [
    ("iam:AttachRolePolicy", {}),
    ("lambda:UpdateFunctionCode", {}),
    ("ssm:SendCommand", {}),
    ("ecs:ExecuteCommand", {}),
    ("cloudformation:CreateStack", {}),
    ("kms:ScheduleKeyDeletion", {}),
    ("cloudtrail:StopLogging", {}),
    ("guardduty:DeleteDetector", {}),
    ("logs:DeleteLogGroup", {}),
    ("ec2:ModifySnapshotAttribute", {}),
    ("s3:PutBucketPolicy", {}),
    ("lambda:AddPermission", {}),
    ("ec2:RunInstances", {"IamInstanceProfile": {"Name": "web"}}),
    ("ec2:RunInstances", {"UserData": "#!/bin/sh"}),
    ("ec2:CreateFleet", {"LaunchTemplateConfigs": [{"Overrides": []}]}),
    ("glue:UpdateCrawler", {"Role": "crawler"}),
    ("events:PutTargets", {"Targets": [{"Id": "1", "RoleArn": ROLE}]}),
    ("sqs:SetQueueAttributes", {"Attributes": {"Policy": "{}"}}),
    ("sns:SetTopicAttributes", {"AttributeName": "Policy"}),
    ("rds:ModifyDBInstance", {"PubliclyAccessible": True}),
    ("s3:PutObject", {"ACL": "public-read"}),
    ("s3:PutPublicAccessBlock", {}),
    ("s3:PutPublicAccessBlock", {"PublicAccessBlockConfiguration": {**OPEN_BLOCK, "BlockPublicPolicy": False}}),
]
FREE = [
    ("ec2:RunInstances", {"ImageId": "ami-1", "TagSpecifications": [{"Tags": [{"Key": "Role", "Value": "x"}]}]}),
    ("s3:PutObject", {"ACL": "private", "Bucket": "b"}),
    ("s3:PutObject", {"Bucket": "b"}),
    ("s3:PutPublicAccessBlock", {"PublicAccessBlockConfiguration": OPEN_BLOCK}),
    ("rds:ModifyDBInstance", {"PubliclyAccessible": False}),
    ("sns:SetTopicAttributes", {"AttributeName": "DisplayName"}),
    ("sagemaker:CreateDeviceFleet", {"EnableIotRoleAlias": False}),
    ("sqs:TagQueue", {"Tags": {"Role": "web", "Policy": "p"}}),
    ("ec2:StopInstances", {"InstanceIds": ["i-1"]}),
]


@pytest.mark.parametrize(("operation", "params"), CHOSEN)
def test_a_wildcard_does_not_reach_what_is_on_the_floor_and_its_full_name_does(operation: str, params: Any) -> None:
    service, _, name = operation.partition(":")
    for wild in (f"{service}:*", f"{service}:{name[:-1]}?", f"{service}:{name}*"):
        no = asked(operation, wild, **params)
        assert (no.allowed, no.layer, no.rules) == (False, "floor", ("one",))
        assert f"actions: [{operation}]" in no.reason
    assert asked(operation, operation, **params).allowed


@pytest.mark.parametrize(("operation", "params"), FREE)
def test_what_is_not_on_the_floor_is_reached_by_a_wildcard(operation: str, params: Any) -> None:
    assert asked(operation, operation.split(":", maxsplit=1)[0] + ":*", **params).allowed


def test_the_refusal_says_which_class_and_why() -> None:
    assert asked("lambda:UpdateFunctionCode", "lambda:*").reason == (
        "No wildcard reaches lambda:UpdateFunctionCode here (rights, and code that runs as a role: its code runs as "
        "the function's role). A rule has to name it in full: actions: [lambda:UpdateFunctionCode]."
    )


def test_what_was_refused_is_named() -> None:
    for operation in ("lambda:Invoke", "kms:Decrypt"):
        wild = of([rule(actions=[operation[:-1] + "?"])])
        assert decide(wild, request(operation=operation)).refused == ("i-1",)


def test_of_many_reasons_three_are_said() -> None:
    params = {"IamInstanceProfile": {}, "UserData": "x", "LaunchConfigurationName": "y", "Policy": "z"}
    said = asked("ec2:RunInstances", "ec2:*", **params).reason
    assert (said.count("rights, and code"), "sharing with others" in said) == (3, False)
    assert said.count("; rights, and code that runs as a role: ") == 2


def test_credentials_are_never_given_not_even_where_they_are_named() -> None:
    for actions in ("secretsmanager:*", "secretsmanager:GetSecretValue"):
        no = asked("secretsmanager:GetSecretValue", actions, Effect.READS)
        assert (no.allowed, no.layer) == (False, "floor")
        assert no.reason == (
            "secretsmanager:GetSecretValue is never done from here (credentials): it hands out the secret itself. "
            "No rule can allow it, not even one that names it."
        )
    named = file(rule(actions=["secretsmanager:GetSecretValue"]))
    assert not reachable(named, ANN, OPS, "secretsmanager:GetSecretValue", "dev", "eu-west-1")
    assert not rights(named, ANN, OPS, [command("secrets show", "secretsmanager:GetSecretValue")])


def test_a_parameter_counts_as_decrypted_unless_it_is_said_not_to_be() -> None:
    get = "ssm:GetParameter"
    assert asked(get, get, Effect.READS).layer == "floor"
    assert asked(get, get, Effect.READS, WithDecryption=True).layer == "floor"
    plain = asked(get, get, Effect.READS, WithDecryption=False)
    assert plain.allowed
    assert plain.audience is Audience.ASKER


def test_a_rule_that_names_credentials_in_full_is_found_when_the_file_is_read() -> None:
    text = (
        'accounts: {dev: {id: "111111111111", region: eu-west-1}}\nrules:\n'
        "  - {id: a, who: {everyone: true}, accounts: [dev],\n     actions: [%s]}\n"
    )
    with pytest.raises(ConfigError) as found:
        parse(text % "ec2:StopInstances, kms:Decrypt")
    assert "line 4: kms:Decrypt is never done from here, so no rule can allow it: it hands out" in str(found.value)
    assert parse(text % '"kms:*"').rules
    assert parse((text % "kms:Decrypt").replace("id: a,", "id: a, effect: deny,")).rules


def test_a_deny_rule_meets_the_floor_by_wildcard_as_ever() -> None:
    made = of([rule(actions=["ssm:SendCommand"]), deny(actions=["ssm:*"])])
    assert asked("ssm:SendCommand", "", of_file=made).rules == ("no",)


def test_who_has_no_rule_at_all_is_told_so_and_not_of_the_floor() -> None:
    no = asked("ssm:SendCommand", "ec2:*")
    assert (no.layer, no.reason) == ("allowlist", "No rule allows ssm:SendCommand in dev.")


def test_before_planning_only_what_no_parameter_changes_is_refused() -> None:
    wild = file(rule(actions=["ec2:*", "ssm:*", "s3:*"]))

    def may(operation: str) -> bool:
        return reachable(wild, ANN, OPS, operation, "dev", "eu-west-1")

    assert may("ec2:RunInstances")
    assert may("s3:PutPublicAccessBlock")
    assert not may("ssm:SendCommand")
    assert may("s3:GetObject")
    assert reachable(file(rule(actions=["ssm:SendCommand"])), ANN, OPS, "ssm:SendCommand", "dev", "eu-west-1")
    unplanned = Request(ANN, OPS, "ssm:SendCommand", "dev", "eu-west-1", None, UNPLANNED, Effect.CHANGES)
    assert decide(wild, unplanned).layer == "floor"
    assert not rights(wild, ANN, OPS, [command("ssm run", "ssm:SendCommand", effect=Effect.CHANGES)])
    assert rights(wild, ANN, OPS, [command("ec2 launch", "ec2:RunInstances", effect=Effect.CHANGES)])


@pytest.mark.parametrize(
    ("own", "operation", "params"),
    [
        ("", "iam:UpdateRole", {"RoleName": "bot-role"}),
        ("", "ec2:StopInstances", {"Thing": ROLE}),
        ("i-0abc", "ec2:StopInstances", {"InstanceIds": ["i-1", "i-0abc"]}),
        ("arn:aws:ec2:eu-west-1:111111111111:instance/i-0abc", "ec2:StopInstances", {"InstanceIds": ["i-0abc"]}),
        ("bot-audit", "s3:DeleteObject", {"Bucket": "bot-audit", "Key": "x"}),
        ("arn:aws:s3:::bot-audit", "s3:DeleteObject", {"Bucket": "bot-audit", "Key": "x"}),
        ("bot-audit", "s3:DeleteObject", {"Arn": "arn:aws:s3:::bot-audit/2026/x"}),
        ("arn:aws:s3:::bot-audit/logs", "s3:DeleteObject", {"Bucket": "bot-audit", "Key": "x"}),
        ("bot-audit", "ec2:StopInstances", {"Things": {"bot-audit": "x"}}),
        ("arn:odd", "ec2:StopInstances", {"Thing": "arn:odd"}),
        ("a:b:c:d:e:f/g", "ec2:StopInstances", {"Thing": "a:b:c:d:e:f/g"}),
        ("bot/slack", "ssm:Delete", {"Id": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:bot/slack-AbC123"}),
        ("arn:aws:secretsmanager:eu-west-1:111111111111:secret:bot/slack-AbC123", "ssm:Delete", {"Id": "bot/slack"}),
        ("arn:aws:logs:eu-west-1:1:log-group:/bot/log:*", "logs:PutIndexPolicy", {"logGroup": "/bot/log"}),
        ("bot-db", "rds:StopDBInstance", {"DBInstanceIdentifier": "bot-db"}),
    ],
)
def test_a_change_of_the_bot_itself_has_to_be_named_in_full(own: str, operation: str, params: Any) -> None:
    about = {"own": (own,) if own else (), "role": ROLE}
    wild = file(rule(actions=[operation.split(":", maxsplit=1)[0] + ":*"]), **about)
    no = asked(operation, "", of_file=wild, **params)
    assert (no.allowed, no.layer) == (False, "floor")
    assert "the bot itself" in no.reason or operation.startswith("iam:")
    assert asked(operation, "", of_file=file(rule(actions=[operation]), **about), **params).allowed


def test_things_named_nearly_like_the_bots_are_not_its_own() -> None:
    own = file(rule(actions=["s3:*", "ec2:*"]), own=("bot-audit", "i-0abc", "arn:odd", "a:b:c:d:e:f/g"))
    assert asked("ec2:StopInstances", "", of_file=own, Thing="g").allowed
    assert asked("s3:DeleteObject", "", of_file=own, Bucket="bot-audit-2", Key="bot-audits").allowed
    assert asked("ec2:StopInstances", "", of_file=own, InstanceIds=["i-0abcd"]).allowed
    assert asked("ec2:DescribeInstances", "", Effect.READS, own, InstanceIds=["i-0abc"]).allowed
    log = file(rule(actions=["logs:*"]), own=("arn:aws:logs:eu-west-1:1:log-group:/bot/log:*",))
    assert asked("logs:PutIndexPolicy", "", of_file=log, logGroup="/web/log").allowed


def test_a_role_with_a_path_is_the_bots_by_its_name_too() -> None:
    wild = file(rule(actions=["ec2:*"]), role="arn:aws:iam::111111111111:role/ops/eu/runner")
    for name in ("runner", "ops/eu/runner"):
        assert asked("ec2:StopInstances", "", of_file=wild, Thing=name).layer == "floor"
    assert asked("ec2:StopInstances", "", of_file=wild, Thing="ops").allowed


def test_a_resource_that_is_the_bots_own_counts_by_id_name_and_arn() -> None:
    own = file(rule(actions=["ec2:*"]), own=("bot-host",))
    for resource in (
        Resource("bot-host"),
        Resource("i-1", "bot-host"),
        Resource("i-1", arn="arn:aws:ec2:eu-west-1:111111111111:instance/bot-host"),
    ):
        assert decide(own, request(resource=resource)).layer == "floor"
    assert decide(own, request(resource=Resource("i-1", "web"))).allowed


def tagged(*actions: str) -> BotFile:
    return file(rule(actions=actions), deny(actions=["rds:StopDBInstance"], tags={"env": ["prod"]}))


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("ec2:CreateTags", {"Resources": ["i-1"], "Tags": [{"Key": "env", "Value": "dev"}]}),
        ("ec2:DeleteTags", {"Resources": ["i-1"], "Tags": [{"Key": "env"}]}),
        ("ec2:DeleteTags", {"Resources": ["i-1"]}),
        ("lambda:TagResource", {"Resource": "x", "Tags": {"env": "dev"}}),
        ("lambda:UntagResource", {"Resource": "x", "TagKeys": ["a", "env"]}),
        ("ecs:TagResource", {"resourceArn": "x", "tags": [{"key": "env", "value": "dev"}]}),
        ("dynamodb:TagResource", {"ResourceArn": "x", "Tags": [{"Key": "env", "Value": "dev"}]}),
        ("cloudfront:TagResource", {"Resource": "x", "Tags": {"Items": [{"Key": "env", "Value": "dev"}]}}),
        ("cloudfront:UntagResource", {"Resource": "x", "TagKeys": {"Items": ["env"]}}),
        ("rds:AddTagsToResource", {"ResourceName": "x", "Tags": [{"Key": "env", "Value": "dev"}]}),
        ("elbv2:RemoveTags", {"ResourceArns": ["x"], "TagKeys": ["env"]}),
        ("autoscaling:CreateOrUpdateTags", {"Tags": [{"ResourceId": "a", "Key": "env", "Value": "dev"}]}),
        ("resourcegroupstaggingapi:TagResources", {"ResourceARNList": ["x"], "Tags": {"env": "dev"}}),
        ("resourcegroupstaggingapi:UntagResources", {"ResourceARNList": ["x"], "TagKeys": ["env"]}),
        ("s3:PutBucketTagging", {"Bucket": "b", "Tagging": {"TagSet": [{"Key": "other", "Value": "x"}]}}),
        ("s3:DeleteBucketTagging", {"Bucket": "b"}),
        ("s3:PutObject", {"Bucket": "b", "Key": "k", "Tagging": "a=b"}),
        ("codebuild:UpdateReportGroup", {"arn": "x", "tags": [{"key": "other", "value": "x"}]}),
        ("ec2:CreateTags", {"Resources": ["i-1"], "Tags": 7}),
        ("ec2:CreateTags", {"Tags": [{"Key": "owner"}], "TagKeys": 7}),
        ("servicecatalog:AssociateTagOptionWithResource", {"ResourceId": "x", "TagOptionId": "tag-owner"}),
    ],
)
def test_a_tag_that_rules_go_by_is_not_written_through_a_wildcard(operation: str, params: Any) -> None:
    service = operation.split(":", maxsplit=1)[0]
    assert asked(operation, "", of_file=tagged(f"{service}:*"), **params).layer == "floor"
    assert asked(operation, "", of_file=tagged(operation), **params).allowed
    assert asked(operation, f"{service}:*", **params).allowed, "where no rule goes by tags, tags are as good as any"


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("ec2:CreateTags", {"Resources": ["i-1"], "Tags": [{"Key": "owner", "Value": "ann"}]}),
        ("lambda:TagResource", {"Resource": "x", "Tags": {"owner": "env"}}),
        ("lambda:UntagResource", {"Resource": "x", "TagKeys": ["owner", "a=b"]}),
        ("cloudfront:TagResource", {"Resource": "x", "Tags": {"Items": [{"Key": "owner", "Value": "env"}]}}),
        ("cloudfront:UntagResource", {"Resource": "x", "TagKeys": {"Items": ["owner"]}}),
        ("ec2:RunInstances", {"TagSpecifications": [{"Tags": [{"Key": "env", "Value": "dev"}]}]}),
        ("rds:ModifyDBInstance", {"DBInstanceIdentifier": "d", "CopyTagsToSnapshot": True}),
    ],
)
def test_other_tags_and_those_of_what_is_being_made_are_free(operation: str, params: Any) -> None:
    assert asked(operation, "", of_file=tagged(operation.split(":", maxsplit=1)[0] + ":*"), **params).allowed


@pytest.mark.parametrize(
    "keys",
    [
        {"production": Production.model_validate({"tags": {"env": ["prod"]}})},
        {"limits": (Limit.model_validate({"id": "few", "at_most": 1, "within": "1h", "per": "tag:env"}),)},
    ],
    ids=lambda keys: next(iter(keys)),
)
def test_a_tag_that_marks_production_or_that_a_limit_counts_by_is_held_as_well(keys: dict[str, Any]) -> None:
    wild = file(rule(actions=["ec2:*"])).model_copy(update=keys)
    for key, layer in (("env", "floor"), ("owner", "allowlist")):
        tags = [{"Key": key, "Value": "dev"}]
        decision = asked("ec2:CreateTags", "", of_file=wild, Resources=["i-1"], Tags=tags)
        assert (decision.layer, decision.allowed) == (layer, key == "owner")


def test_data_goes_to_the_asker_alone_whatever_the_rule_says() -> None:
    wide = file(rule(actions=["dynamodb:*", "ec2:*"], audience="channel"))
    assert asked("dynamodb:GetItem", "", Effect.READS, wide).audience is Audience.ASKER
    assert asked("ec2:DescribeInstances", "", Effect.READS, wide).audience is Audience.CHANNEL
    second = command("items show", "ec2:DescribeInstances", "dynamodb:GetItem")
    assert decide_command(wide, ANN, OPS, second, "dev", "eu-west-1").audience is Audience.ASKER


def test_check_says_that_a_wildcard_does_not_reach() -> None:
    made = check(file(rule(actions=["ssm:*"])), [request(operation="ssm:SendCommand", resource=None)])
    assert made.lines == (
        "ssm:SendCommand: one (allow) does not apply: no wildcard reaches this, so it has to be named in full",
    )


def test_every_class_of_the_list_is_decided_on() -> None:
    assert {entry.kind for entry in floor.entries()} == set(Class) - {Class.SELF}
