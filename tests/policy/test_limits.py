"""Limits: what counts against which, and under whose key."""

from dataclasses import replace
from typing import Any

import pytest

from bot.aws import models
from bot.command import Effect, Resource
from bot.config.botfile import BotFile, Limit
from bot.policy.costs import COSTS
from bot.policy.limits import USUAL, in_force, too_many, touching, uses
from bot.store.limits import Use
from tests.rules import ANN, BOB, STOP, of, request

ONE, TWO = Resource("i-1", tags={"team": "web"}), Resource("i-2", tags={"team": "api"})


def limit(id_: str = "few", **keys: Any) -> Limit:
    usual = {} if "resources" in keys else {"at_most": 5, "within": "1h"}
    return Limit.model_validate({"id": id_, **usual, **keys})


def file(*limits: Limit) -> BotFile:
    return of(()).model_copy(update={"limits": limits})


def taken(found: BotFile, *asked: Any) -> dict[str, int]:
    return {use.key: use.count for use in uses(found, asked) if use.limit == "few"}


def test_resources_are_counted_once_each_and_calls_without_one_each() -> None:
    start = "ec2:StartInstances"
    asked = (request(resource=ONE), request(resource=ONE, operation=start), request(resource=TWO))
    assert taken(file(limit()), *asked) == {"person/T1/UANN": 2}
    launch = request(resource=None, operation="ec2:RunInstances")
    assert taken(file(limit()), launch, launch, *asked) == {"person/T1/UANN": 4}
    assert uses(file(limit()), asked) == (Use("few", "person/T1/UANN", 2, 5, 3600.0),)


@pytest.mark.parametrize(
    ("per", "key"),
    [
        ("person", "person/T1/UANN"),
        ("channel", "channel/COPS"),
        ("account", "account/dev"),
        ("region", "region/dev/eu-west-1"),
        ("everyone", "everyone/"),
    ],
)
def test_it_is_counted_by_what_the_limit_says(per: str, key: str) -> None:
    assert taken(file(limit(per=per)), request(resource=ONE)) == {key: 1}


def test_by_tag_each_value_is_counted_and_what_has_none_together() -> None:
    bare, unread = Resource("i-3", tags={}), Resource("i-4")
    asked = [request(resource=each) for each in (ONE, TWO, bare, unread, None)]
    assert taken(file(limit(per="tag:team")), *asked) == {"tag/team=web": 1, "tag/team=api": 1, "tag/team=": 3}


@pytest.mark.parametrize(
    ("keys", "counts"),
    [
        ({}, True),
        ({"accounts": ["dev"]}, True),
        ({"accounts": ["prod"]}, False),
        ({"actions": ["ec2:Stop*"]}, True),
        ({"actions": ["ec2:StartInstances"]}, False),
        ({"actions": ["costs-money"]}, False),
        ({"who": {"users": ["UANN"]}}, True),
        ({"who": {"groups": ["SOPS"]}}, True),
        ({"who": {"users": ["UBOB"]}}, False),
    ],
)
def test_a_limit_may_be_about_some_changes(keys: dict[str, Any], counts: bool) -> None:
    assert bool(taken(file(limit(**keys)), request(resource=ONE))) is counts
    assert bool(touching(file(limit(**keys)), [request()])) is counts


def test_reads_count_only_where_they_cost_money() -> None:
    read = request(resource=None, effect=Effect.READS)
    costs = replace(read, operation="ce:GetCostAndUsage")
    assert taken(file(limit(actions=["ec2:*"])), read) == {}
    assert taken(file(limit(actions=["ce:*"])), costs) == {}
    assert taken(file(limit(actions=["costs-money"])), costs, read) == {"person/T1/UANN": 1}


def test_what_costs_money_has_a_limit_without_being_written() -> None:
    costs = request(BOB, resource=None, operation="athena:StartQueryExecution")
    assert in_force(file()) == (USUAL,)
    assert uses(file(), [costs]) == (Use("costs-money", "person/T1/UBOB", 1, 200, 3600.0),)
    ours = limit("costs-money", at_most=3, within="1d", actions=["costs-money"])
    assert uses(file(ours), [costs]) == (Use("costs-money", "person/T1/UBOB", 1, 3, 86_400.0),)


def test_so_many_in_one_command() -> None:
    asked = [request(resource=Resource(f"i-{n}")) for n in range(3)]
    assert too_many(file(limit(resources=3)), asked) == ""
    said = "Limit few: at most 2 in one command, and this is 3. Ask for fewer at once."
    assert too_many(file(limit(resources=2)), asked) == said
    assert too_many(file(limit("often"), limit(resources=2)), asked) == said
    assert too_many(file(limit(resources=2, actions=["ec2:RunInstances"])), asked) == ""
    assert uses(file(limit(resources=2)), asked) == ()


def test_a_limit_reads_as_it_is_written() -> None:
    assert str(limit()) == "at most 5 within 1h, per person"
    assert str(limit(per="everyone")) == "at most 5 within 1h, all together"


def test_every_operation_that_costs_money_exists_and_has_a_reason() -> None:
    assert [name for name in COSTS if not models.exists(name)] == []
    assert all(COSTS.values())
    assert STOP not in COSTS
    assert ANN.groups
