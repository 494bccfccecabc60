"""Who gained and lost what between two files, in words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.config.botfile import BotFile
from bot.policy.changes import differences

OPERATIONS = ("ec2:DescribeInstances", "ec2:StopInstances", "ec2:StartInstances", "bot:Status")
ACCOUNTS = {
    "dev": {"id": "111111111111", "region": "eu-west-1"},
    "prod": {"id": "012345678901", "region": "eu-west-1"},
}
STOP = {"id": "stop", "actions": ["ec2:StopInstances"], "who": {"users": ["UANN"]}, "accounts": ["dev"]}


def file(*rules: dict[str, Any], **more: Any) -> BotFile:
    return BotFile.model_validate({"accounts": ACCOUNTS, "rules": rules, **more})


def said(old: BotFile, new: BotFile) -> tuple[str, ...]:
    return differences(old, new, OPERATIONS)


def test_nothing_changed_is_nothing_said() -> None:
    assert said(file(STOP), file(STOP)) == ()


def test_a_new_rule_gives_and_its_end_takes() -> None:
    wider = {**STOP, "actions": ["ec2:StopInstances", "ec2:StartInstances"], "accounts": ["*"]}
    assert said(file(STOP), file(wider)) == (
        "user UANN gained ec2:StartInstances in dev",
        "user UANN gained ec2:StartInstances, ec2:StopInstances in prod",
        "rule stop: other actions, accounts",
    )
    assert said(file(), file(wider)) == (
        "user UANN gained ec2:StartInstances, ec2:StopInstances in dev",
        "user UANN gained ec2:StartInstances, ec2:StopInstances in prod",
        "rules new: stop",
    )
    assert said(file(STOP), file()) == ("user UANN lost ec2:StopInstances in dev", "rules gone: stop")


def test_a_denial_takes_and_what_everyone_gains_is_said_once() -> None:
    looks = {"id": "looks", "actions": ["ec2:Describe*"], "who": {"everyone": True}, "accounts": ["dev"]}
    assert said(file(STOP), file(STOP, looks)) == (
        "everyone gained ec2:Describe*, ec2:DescribeInstances in dev",
        "rules new: looks",
    )
    assert said(file(STOP, looks), file(STOP)) == (
        "everyone lost ec2:Describe*, ec2:DescribeInstances in dev",
        "rules gone: looks",
    )
    never = {**STOP, "id": "never", "effect": "deny"}
    assert said(file(STOP), file(STOP, never)) == ("user UANN lost ec2:StopInstances in dev", "rules new: never")
    nobody = {**never, "who": {"everyone": True}}
    assert said(file(STOP), file(STOP, nobody)) == said(file(STOP), file(STOP, never))


def test_every_kind_of_principal_is_named_as_what_it_is() -> None:
    who = {"groups": ["SOPS"], "users": ["UANN"], "terminal": ["root"], "reports": ["*"]}
    reads = {"id": "reads", "actions": ["ec2:DescribeInstances", "bot:Status"], "who": who, "accounts": ["dev"]}
    names = {"SOPS": "oncall", "UANN": "ann"}
    found = differences(file(), file(reads), OPERATIONS, lambda id_: names.get(id_, "somebody"))
    gained = ("gained bot:Status", "gained ec2:DescribeInstances in dev")
    principals = ("group oncall", "report *", "terminal root", "user ann")
    assert found == (*(f"{who} {what}" for who in principals for what in gained), "rules new: reads")


def test_rights_in_one_channel_alone_are_seen() -> None:
    assert said(file(), file({**STOP, "channels": ["COPS"]}))[0] == "user UANN gained ec2:StopInstances in dev"


def test_what_rights_do_not_show_is_said_by_the_rule_and_the_section() -> None:
    tagged = {**STOP, "tags": {"env": ["dev"]}}
    assert said(file(tagged), file(STOP)) == ("rule stop: other tags",)
    assert said(file(STOP), file(STOP, operators="COPS")) == ("changed: operators",)
    named = {**ACCOUNTS, "prod": {**ACCOUNTS["prod"], "production": True}}
    assert said(file(STOP), BotFile.model_validate({"accounts": named, "rules": [STOP]})) == ("changed: accounts",)


def test_an_account_that_is_gone_takes_its_rights_along() -> None:
    only = BotFile.model_validate({"accounts": {"prod": ACCOUNTS["prod"]}, "rules": [{**STOP, "accounts": ["*"]}]})
    assert "user UANN lost ec2:StopInstances in dev" in said(file({**STOP, "accounts": ["*"]}), only)


@pytest.mark.parametrize(
    ("people", "last"),
    [
        (19, "rules new: r0, r1, r10, r11, r12, r13 and 13 more"),
        (20, "and 1 more"),
        (40, "and 21 more"),
    ],
)
def test_much_is_cut_and_counted(people: int, last: str) -> None:
    many = [{**STOP, "id": f"r{n}", "who": {"users": [f"U{n:03}"]}} for n in range(people)]
    found = said(file(), file(*many))
    assert found[:19] == tuple(f"user U{n:03} gained ec2:StopInstances in dev" for n in range(19))
    assert (len(found), found[-1]) == (20 + (people > 19), last)


@pytest.mark.parametrize(("count", "named"), [(6, "a0, a1, a2, a3, a4, a5"), (7, "a0, a1, a2, a3, a4, a5 and 1 more")])
def test_of_many_names_six_are_said(count: int, named: str) -> None:
    many = [{**STOP, "id": f"a{n}"} for n in range(count)]
    assert said(file(*many), file())[-1] == f"rules gone: {named}"
