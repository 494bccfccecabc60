"""A proposed rule always does what it says, and never more than was asked."""

from __future__ import annotations

from typing import Literal

import pytest
import yaml
from hypothesis import given, settings

from bot.actor import Actor, Place
from bot.command import Effect, Resource
from bot.config.botfile import BotFile, Rule
from bot.policy.decide import Request, decide_all
from bot.policy.why import proposal, why
from tests.rules import ANN, BOB, OPS, ROOT, any_request, any_rules, deny, of, request, rule

MINE = """\
- id: uann-ec2-stopinstances
  actions: ['ec2:StopInstances']
  who:
    users: [UANN]
  accounts: [dev]
  regions: [eu-west-1]
  channels: [COPS]
"""


def added(file: BotFile, proposed: str) -> BotFile:
    rules = tuple(Rule.model_validate(each) for each in yaml.safe_load(proposed))
    return file.model_copy(update={"rules": (*file.rules, *rules)})


@settings(deadline=None, max_examples=200)
@given(any_rules, any_request)
def test_a_proposed_rule_allows_what_was_refused_and_only_to_the_asker(rules: list[Rule], asked: Request) -> None:
    file = BotFile.model_construct(rules=tuple(rules))
    found = why(file, [asked], "ec2 stop i-1")
    if not found.proposal:
        return
    assert not found.decision.allowed
    wider = added(file, found.proposal)
    assert decide_all(wider, [asked]).allowed
    somebody = request(actor=BOB if asked.actor.user != BOB.user else request().actor)
    if somebody.actor.user != asked.actor.user:
        assert decide_all(wider, [somebody]).allowed == decide_all(file, [somebody]).allowed


def test_what_is_allowed_needs_no_rule() -> None:
    assert why(of((rule(),)), [request()], "ec2 stop i-1").proposal == ""


def test_nothing_is_proposed_against_a_denial() -> None:
    file = of((rule(), deny()))
    found = why(file, [request()], "ec2 stop i-1")
    assert found.rules == ("no denies it",)
    assert found.proposal == ""


@pytest.mark.parametrize("kind", ["slack", "terminal", "report"])
def test_nothing_is_proposed_for_somebody_unknown(kind: Literal["slack", "terminal", "report"]) -> None:
    assert proposal(of(()), (request(actor=Actor(kind, "")),), "ec2 stop i-1") == ""


def test_nothing_is_proposed_where_nothing_was_asked() -> None:
    assert proposal(of(()), (), "") == ""


def test_the_proposal_is_a_rule_to_paste_that_names_the_very_things_typed() -> None:
    assert why(of(()), [request()], "ec2 stop i-1").proposal == MINE + "  resources: [i-1]\n"


@pytest.mark.parametrize(
    ("resources", "typed"),
    [
        ([Resource("i-1")], "ec2 stop name=web"),
        ([Resource("i-1"), Resource("i-2")], "ec2 stop i-1 name=web"),
        ([Resource("i-1"), None], "ec2 stop i-1"),
        ([None], "ec2 stop i-1"),
    ],
)
def test_no_resource_is_named_unless_each_one_was_typed(resources: list[Resource | None], typed: str) -> None:
    asked = tuple(request(resource=each) for each in resources)
    assert proposal(of(()), asked, typed) == MINE


def test_one_rule_is_proposed_for_all_that_was_asked_together() -> None:
    asked = (
        request(resource=Resource("i-2")),
        request(resource=Resource("i-1"), operation="ec2:StartInstances", account="prod", region="us-east-1"),
    )
    assert proposal(of(()), asked, "ec2 restart i-2 i-1") == (
        "- id: uann-ec2-startinstances\n"
        "  actions: ['ec2:StartInstances', 'ec2:StopInstances']\n"
        "  who:\n"
        "    users: [UANN]\n"
        "  accounts: [dev, prod]\n"
        "  regions: [eu-west-1, us-east-1]\n"
        "  channels: [COPS]\n"
        "  resources: [i-1, i-2]\n"
    )


@pytest.mark.parametrize(
    ("actor", "place", "who", "channels"),
    [
        (ANN, OPS, {"users": ["UANN"]}, ["COPS"]),
        (ANN, Place(), {"users": ["UANN"]}, None),
        (ANN, Place("D0ANN", direct=True), {"users": ["UANN"]}, None),
        (ROOT, Place(), {"terminal": ["root"]}, None),
        (Actor("report", "morning"), OPS, {"reports": ["morning"]}, None),
    ],
)
def test_everybody_is_named_as_what_they_are_and_a_person_for_the_channel_alone(
    actor: Actor, place: Place, who: dict[str, list[str]], channels: list[str] | None
) -> None:
    looks = request(actor, place, None, operation="ec2:DescribeInstances", effect=Effect.READS)
    (keys,) = yaml.safe_load(why(of(()), [looks], "ec2 list").proposal)
    assert (keys["who"], keys.get("channels")) == (who, channels)


def test_a_word_of_the_bot_is_proposed_for_no_account_and_no_region() -> None:
    word = request(place=Place(), resource=None, operation="bot:Status", account="", region="", effect=Effect.READS)
    assert why(of(()), [word], "status").proposal == (
        "- id: uann-bot-status\n  actions: ['bot:Status']\n  who:\n    users: [UANN]\n  accounts: ['*']\n"
    )


@pytest.mark.parametrize(
    ("user", "taken", "id_"),
    [
        ("root", (), "root-ec2-stopinstances"),
        ("root", ("root-ec2-stopinstances",), "root-ec2-stopinstances-2"),
        ("root", ("root-ec2-stopinstances", "root-ec2-stopinstances-2"), "root-ec2-stopinstances-3"),
        ("_Ann@corp.example", (), "ann-corp-example-ec2-stopinstances"),
        ("a" * 70, (), "a" * 60),
        ("a" * 70, ("a" * 60,), "a" * 60 + "-2"),
    ],
)
def test_a_proposed_rule_has_an_id_that_bot_yml_takes_and_no_other_rule_has(
    user: str, taken: tuple[str, ...], id_: str
) -> None:
    file = of(tuple(rule(each, actions=["s3:*"]) for each in taken))
    (keys,) = yaml.safe_load(why(file, [request(Actor("terminal", user), Place())], "ec2 stop i-1").proposal)
    assert (keys["id"], keys["who"]) == (id_, {"terminal": [user]})


def test_what_came_near_is_said_by_the_key_that_kept_it() -> None:
    file = of(
        (rule("near", tags={"env": ["prod"]}), rule("others", who={"users": ["UZED"]}), rule("far", actions=["s3:*"]))
    )
    assert why(file, [request()], "").rules == ("near would allow it, but for its tags", "others allows it to others")
