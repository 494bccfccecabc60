"""What was decided can be decided again under another bot.yml, as of then."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from bot.command import Effect
from bot.config.botfile import BotFile, Rule
from bot.policy.decide import Request, decide_all
from bot.policy.match import UNPLANNED
from bot.policy.record import read, written
from bot.policy.replay import Replayed, replay
from tests.rules import BOB, OPS, STOP, WEB, any_request, any_rules, of, request, rule

DEV = BotFile.model_validate({"accounts": {"dev": {"id": "111111111111", "region": "eu-west-1"}}})


def under(*rules: Rule, base: BotFile = DEV) -> BotFile:
    return base.model_copy(update={"rules": rules})


def row(file: BotFile, *asked: Request, alone: bool = False, at: float = 1.0) -> dict[str, Any]:
    """A row as the audit gives it back."""
    detail = json.loads(json.dumps(written(asked, decide_all(file, asked), alone=alone)))
    return {"at": at, "action": "ec2 stop i-1", "detail": detail}


def differences(found: Replayed) -> tuple[int, int, int]:
    return len(found.allowed), len(found.denied), len(found.unasked)


@settings(deadline=None, max_examples=200)
@given(any_rules, any_request)
def test_u5_what_the_audit_keeps_is_decided_as_it_was(rules: list[Rule], asked: Request) -> None:
    kept = read(json.loads(json.dumps(written([asked], decide_all(of(rules), [asked])))))
    assert decide_all(of(rules), kept.requests) == decide_all(of(rules), [asked])


def test_long_texts_and_what_no_rule_compares_are_not_kept() -> None:
    params = {"UserData": "x" * 500, "Description": "y" * 500, "Nested": {"a": 1}, "Blob": b"secret", "Force": True}
    asked = request(operation="ec2:RunInstances", params=params)
    (kept,) = read(written([asked], decide_all(under(), [asked]))).requests
    assert kept.params["Force"] is True
    assert (kept.params["Nested"], kept.params["Blob"]) == ({}, {})
    assert len(kept.params["Description"]) < 150
    assert "x" not in str(kept.params["UserData"])  # sensitive, by AWS's model


def test_the_same_file_changes_nothing() -> None:
    file = under(rule())
    found = replay(file, [row(file, request()), row(file, request(actor=BOB))])
    assert found.same
    assert found.decisions == 2


def test_newly_allowed_newly_denied_and_no_longer_confirmed_are_told_apart() -> None:
    old = under(rule())
    rows = [row(old, request()), row(old, request(actor=BOB)), row(old, request(operation="ec2:StartInstances"))]
    assert differences(replay(under(rule(who={"users": ["UANN", "UBOB"]})), rows)) == (1, 0, 0)
    assert differences(replay(under(), rows)) == (0, 1, 0)
    assert differences(replay(under(rule(needs="nothing")), rows)) == (0, 0, 1)


def test_what_was_asked_often_is_one_line_with_its_last_moment() -> None:
    old = under(rule())
    (one,) = replay(under(), [row(old, request(), at=float(at)) for at in (5, 9, 7)]).denied.values()
    assert (one.times, one.last, one.user, one.operation) == (3, 7.0, "UANN", "ec2:StopInstances")
    assert one.why == "No rule allows ec2:StopInstances in dev."


def test_one_refused_resource_refuses_what_was_asked_together() -> None:
    old = under(rule())
    both = row(old, request(), request(resource=None))
    assert differences(replay(under(rule(resources=["i-1"])), [both])) == (0, 1, 0)


def test_places_read_at_once_are_compared_one_by_one() -> None:
    old = under(rule(actions=["ec2:Describe*"], accounts=["*"]))
    about: dict[str, Any] = {"operation": "ec2:DescribeInstances", "effect": Effect.READS, "resource": None}
    asked = [request(region=each, **about) for each in ("a", "b")]
    found = replay(under(rule(actions=["ec2:Describe*"], regions=["a"])), [row(old, *asked, alone=True)])
    assert found.decisions == 2
    assert differences(found) == (0, 1, 0)


@pytest.mark.parametrize(
    ("accounts", "why"),
    [
        ({}, "bot.yml would have no account dev."),
        ({"dev": {"id": "222222222222", "region": "eu-west-1"}}, "dev would be another account."),
        (
            {"dev": {"id": "111111111111", "region": "us-east-1", "regions": ["us-*"]}},
            "dev would not be open in eu-west-1.",
        ),
    ],
)
def test_an_account_that_closes_is_a_right_lost(accounts: dict[str, Any], why: str) -> None:
    new = under(rule(accounts=["*"]), base=BotFile.model_validate({"accounts": accounts}))
    (one,) = replay(new, [row(under(rule()), request())]).denied.values()
    assert one.why == why


def test_what_is_alike_in_all_requests_of_a_decision_is_written_once() -> None:
    asked = [replace(request(), account=name, at=9.0) for name in ("dev", "prod", "dev")]
    detail = written(asked, decide_all(under(rule()), asked))
    assert detail["requests"] == [{"account": "dev"}, {"account": "prod"}, {"account": "dev"}]
    assert read(detail).requests == tuple(asked)


def test_rows_of_another_release_are_counted_and_not_guessed() -> None:
    broken = {"at": 1.0, "action": "", "detail": {"requests": [{"operation": "ec2:StopInstances"}], "allowed": True}}
    found = replay(under(rule()), [broken, row(under(rule()), request(resource=WEB))])
    assert (found.unread, found.decisions) == (1, 1)


def test_what_was_refused_before_anything_was_looked_up_could_be_allowed() -> None:
    asked = Request(request().actor, OPS, STOP, "dev", "eu-west-1", None, UNPLANNED, Effect.CHANGES)
    refused = row(under(), asked)
    (one,) = replay(under(rule(tags={"env": ["dev"]})), [refused]).allowed.values()
    assert one.why.startswith("It could be allowed")
    assert replay(under(rule(accounts=["prod"])), [refused]).same
