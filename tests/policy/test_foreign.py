"""Invariant 4 in the decision: what names another account or Region is refused unless a rule names it in full."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.command import Resource
from bot.config.botfile import Rule
from bot.policy.decide import decide
from bot.policy.match import named
from tests.rules import WEB, deny, of, request, rule

KEY = "arn:aws:kms:eu-west-1:999999999999:key/1"
ABROAD = "arn:aws:kms:us-east-1:111111111111:key/1"
THEIRS = replace(WEB, arn="arn:aws:ec2:eu-west-1:999999999999:instance/i-1")


def of_params(arn: str, *rules: Rule) -> bool:
    return decide(of(rules), request(params={"Deep": [{"Key": arn}]})).allowed


@pytest.mark.parametrize("arn", [KEY, ABROAD])
def test_i4_a_parameter_of_another_account_or_region_is_refused(arn: str) -> None:
    assert not of_params(arn, rule())
    decision = decide(of([rule()]), request(params={"Key": arn}))
    assert decision.reason == "Key names what is in another account or Region, and no rule names it in full."
    assert not decision.rules


@pytest.mark.parametrize("arn", [KEY, ABROAD])
def test_i4_a_rule_that_names_it_in_full_grants_it(arn: str) -> None:
    assert of_params(arn, rule(resources=["i-1", arn]))
    assert not of_params(arn + "0", rule(resources=["i-1", arn]))


@pytest.mark.parametrize(
    "pattern", ["*", "arn:*", "arn:aws:kms:*:*:key/1", KEY[:-1] + "?", KEY[:-1] + "*", KEY.upper()]
)
def test_i4_no_wildcard_names_anything(pattern: str) -> None:
    assert not of_params(KEY, rule(resources=["i-1", pattern]))


def test_i4_what_is_asked_for_with_a_wildcard_is_granted_by_none() -> None:
    wide = KEY[:-1] + "*"
    assert not of_params(wide, rule(resources=["i-1", wide]))


def test_i4_only_the_rule_that_names_it_grants_it_and_with_its_own_terms() -> None:
    strict = rule("named", resources=["i-1", KEY], needs="confirm", audience="asker")
    lax = rule("lax", needs="nothing")
    decision = decide(of([lax, strict]), request(params={"Key": KEY}))
    assert (decision.allowed, decision.rules, decision.needs, decision.audience) == (
        True,
        ("named",),
        "confirm",
        "asker",
    )
    assert not of_params(KEY, lax, rule("elsewhere", resources=["i-2", KEY]))


def test_i4_a_deny_rule_that_names_it_grants_nothing_and_denies_as_ever() -> None:
    assert named([deny(resources=[KEY])]) == frozenset()
    assert not of_params(KEY, rule(resources=["i-1", KEY]), deny(resources=["i-1"]))


def test_i4_a_resource_of_another_account_is_granted_by_its_name_alone() -> None:
    def allowed(**keys: Any) -> bool:
        return decide(of([rule(**keys)]), request(resource=THEIRS)).allowed

    assert not allowed()
    assert not allowed(resources=["i-1"])
    assert allowed(resources=[THEIRS.arn])


def test_i4_what_is_uploaded_names_nothing() -> None:
    about = {"operation": "s3:PutObject", "resource": Resource("b")}
    put = rule(actions=["s3:PutObject"])
    assert decide(of([put]), request(**about, params={"Bucket": "b", "Body": KEY})).allowed
    assert not decide(of([put]), request(**about, params={"Bucket": "b", "SSEKMSKeyId": KEY})).allowed
