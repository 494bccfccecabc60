"""A proposed rule always does what it says, and never more than was asked."""

from __future__ import annotations

import yaml
from hypothesis import given, settings

from bot.config.botfile import BotFile, Rule
from bot.policy.decide import Request, decide_all
from bot.policy.why import proposal, why
from tests.rules import BOB, any_request, any_rules, deny, of, request, rule


def added(file: BotFile, proposed: str) -> BotFile:
    rules = tuple(Rule.model_validate(each) for each in yaml.safe_load(proposed))
    return file.model_copy(update={"rules": (*file.rules, *rules)})


@settings(deadline=None, max_examples=200)
@given(any_rules, any_request)
def test_a_proposed_rule_allows_what_was_refused_and_only_to_the_asker(rules: list[Rule], asked: Request) -> None:
    file = BotFile.model_construct(rules=tuple(rules))
    found = why(file, [asked])
    if not found.proposal:
        return
    assert not found.decision.allowed
    wider = added(file, found.proposal)
    assert decide_all(wider, [asked]).allowed
    somebody = request(actor=BOB if asked.actor.user != BOB.user else request().actor)
    if somebody.actor.user != asked.actor.user:
        assert decide_all(wider, [somebody]).allowed == decide_all(file, [somebody]).allowed


def test_what_is_allowed_needs_no_rule() -> None:
    assert why(of((rule(),)), [request()]).proposal == ""


def test_nothing_is_proposed_against_a_denial() -> None:
    file = of((rule(), deny()))
    found = why(file, [request()])
    assert found.rules == ("no denies it",)
    assert proposal(file, (request(),)) == ""


def test_nothing_is_proposed_for_somebody_unknown() -> None:
    assert proposal(of(()), ()) == ""


def test_what_came_near_is_said_by_the_key_that_kept_it() -> None:
    file = of(
        (rule("near", tags={"env": ["prod"]}), rule("others", who={"users": ["UZED"]}), rule("far", actions=["s3:*"]))
    )
    assert why(file, [request()]).rules == ("near would allow it, but for its tags", "others allows it to others")
