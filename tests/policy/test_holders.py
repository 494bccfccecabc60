"""Who may use an operation, by which rule and where."""

from typing import Any

import pytest

from bot.config.botfile import BotFile, Rule
from bot.policy.holders import deniers, holders
from tests.rules import STOP, deny, rule

ACCOUNTS = {
    "dev": {"id": "111111111111", "region": "eu-west-1"},
    "prod": {"id": "222222222222", "region": "us-east-1", "regions": ["us-*"]},
}
REPORT = {"schedule": "every hour", "channel": "COPS", "command": "status"}


def file(*rules: Rule) -> BotFile:
    return BotFile.model_validate({"accounts": ACCOUNTS, "rules": rules, "reports": {"fleet": REPORT}})


def told(found: BotFile, operation: str = STOP) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.who, each.rule.id, each.accounts) for each in holders(found, operation)]


def test_everybody_whom_an_allow_rule_names_is_a_holder_of_it() -> None:
    who = {"users": ["UANN"], "groups": ["SOPS"], "everyone": True, "terminal": ["root"], "reports": ["fleet"]}
    looks = file(rule(who=who, accounts=["*"], actions=["ec2:DescribeInstances"]))
    everybody = ("SOPS", "UANN", "everyone", "root", "fleet")
    assert told(looks, "ec2:DescribeInstances") == [(each, "one", ("dev", "prod")) for each in everybody]


def test_a_report_holds_nothing_that_changes_anything() -> None:
    assert told(file(rule(who={"users": ["UANN"], "reports": ["fleet"]}))) == [("UANN", "one", ("dev",))]
    status = file(rule(who={"reports": ["*"]}, actions=["bot:Status"]))
    assert told(status, "bot:Status") == [("*", "one", ("",))]


def test_nobody_holds_what_is_denied_or_what_no_rule_reaches() -> None:
    assert told(file(rule(), deny(who={"everyone": True}))) == []
    assert told(file(rule(actions=["ec2:StartInstances"]))) == []
    assert told(file(rule(actions=["lambda:*"])), "lambda:Invoke") == []
    assert told(file(rule(actions=["lambda:*", "lambda:Invoke"])), "lambda:Invoke") == [("UANN", "one", ("dev",))]
    assert told(file(deny())) == []


@pytest.mark.parametrize(
    ("kind", "name"), [("groups", "SOPS"), ("users", "UANN"), ("terminal", "root"), ("reports", "fleet")]
)
def test_each_holds_it_as_what_the_rule_names_them(kind: str, name: str) -> None:
    looks = "ec2:DescribeInstances"
    assert told(file(rule(who={kind: [name]}, actions=[looks])), looks) == [(name, "one", ("dev",))]


@pytest.mark.parametrize(
    "other",
    [
        rule("start", actions=["ec2:StartInstances"]),
        rule("watched", mode="observe"),
        rule("ask", grant="request"),
        rule("closed", accounts=["prod"], regions=["eu-*"]),
        deny(resources=["i-9"]),
    ],
    ids=lambda each: each.id,
)
def test_a_rule_makes_no_holder_of_who_may_by_another(other: Rule) -> None:
    assert told(file(rule(accounts=["*"]), other)) == [("UANN", "one", ("dev", "prod"))]


def test_a_rule_is_held_in_its_own_accounts_though_another_goes_further() -> None:
    found = told(file(rule(), rule("wide", accounts=["*"])))
    assert found == [("UANN", "one", ("dev",)), ("UANN", "wide", ("dev", "prod"))]


@pytest.mark.parametrize("regions", [["us-*"], ["us-?ast-1", "ap-south-1"], ["us-west-2"]])
def test_a_rule_of_other_regions_is_of_use_where_the_account_is_open_in_one_of_them(regions: list[str]) -> None:
    found = file(rule(accounts=["*"], regions=regions))
    assert told(found) == [("UANN", "one", ("dev", "prod"))]
    assert told(file(rule(accounts=["prod"], regions=["eu-*", "ap-south-1"]))) == []


@pytest.mark.parametrize("keys", [{"channels": ["CDEV", "COPS"]}, {"who": {"users": ["UANN"]}}])
def test_a_rule_of_some_channels_is_asked_about_there(keys: dict[str, Any]) -> None:
    assert told(file(rule(**keys), deny(channels=["CDEV"], who={"everyone": True}))) == [("UANN", "one", ("dev",))]


def test_a_word_of_the_bot_is_held_in_no_account() -> None:
    assert told(file(rule(actions=["bot:*"])), "bot:Status") == [("UANN", "one", ("",))]
    assert told(file(rule(actions=["bot:*"]), deny(actions=["bot:*"])), "bot:Status") == []


def test_deniers_are_the_rules_that_deny_it_to_anybody() -> None:
    assert [each.id for each in deniers(file(rule(), deny(actions=["ec2:*"], who={})), STOP)] == ["no"]
    assert deniers(file(rule(), deny(actions=["ec2:StartInstances"])), STOP) == ()
    assert deniers(file(rule(), deny(mode="observe")), STOP) == ()
