"""What was decided can be decided again under another bot.yml, as of then."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from bot.command import Effect, Resource
from bot.config.botfile import BotFile, Rule
from bot.policy.decide import Request, decide_all
from bot.policy.match import UNPLANNED
from bot.policy.record import Record, read, written
from bot.policy.replay import Replayed, replay
from tests.rules import BOB, MONDAY, OFFICE, OPS, STOP, WEB, any_request, any_rules, of, request, rule

DEV = BotFile.model_validate({"accounts": {"dev": {"id": "111111111111", "region": "eu-west-1"}}})


def under(*rules: Rule, base: BotFile = DEV) -> BotFile:
    return base.model_copy(update={"rules": rules})


def row(file: BotFile, *asked: Request, alone: bool = False, at: float = 1.0) -> dict[str, Any]:
    """A row as the audit gives it back."""
    detail = json.loads(json.dumps(written(asked, decide_all(file, asked), alone=alone)))
    return {"at": at, "action": "ec2 stop i-1", "detail": detail}


def differences(found: Replayed) -> tuple[int, int, int]:
    return len(found.allowed), len(found.denied), len(found.unasked)


def test_what_was_decided_is_written_whole_and_in_json_alone() -> None:
    params = {"InstanceIds": ["i-1"], "Filters": [{"Name": "x"}], "Blob": b"\xff", "Force": True, "None": None}
    asked = [request(resource=each, params=params, at=9.0) for each in (WEB, Resource("i-2"))]
    detail = written(asked, decide_all(under(rule("one"), rule("two")), asked))
    assert json.loads(json.dumps(detail)) == {
        "alike": {
            "actor": {
                "kind": "slack",
                "user": "UANN",
                "team": "T1",
                "groups": ["SOPS"],
                "settled": ["SOPS"],
                "name": "ann",
                "unread": [],
            },
            "place": {"channel": "COPS", "thread": "", "member": True, "shared": False, "direct": False},
            "operation": STOP,
            "account": "dev",
            "region": "eu-west-1",
            "params": {"InstanceIds": ["i-1"], "Filters": [{}], "Blob": {}, "Force": True, "None": None},
            "effect": "changes",
            "account_id": "111111111111",
            "at": 9.0,
            "production": None,
            "count": 1,
        },
        "requests": [
            {
                "resource": {
                    "id": "i-1",
                    "name": "web-1",
                    "state": "running",
                    "tags": {"env": "dev"},
                    "arn": WEB.arn,
                }
            },
            {"resource": {"id": "i-2", "name": "", "state": "", "tags": None, "arn": ""}},
        ],
        "allowed": True,
        "needs": "confirm",
        "why": "Allowed by rules one, two: ec2:StopInstances in dev.",
        "rules": "one, two",
    }


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


@pytest.mark.parametrize(
    ("text", "kept"), [("y" * 128, "y" * 128), ("y" * 129, "y" * 128 + "…"), (["y" * 129, "z"], ["y" * 128 + "…", "z"])]
)
def test_a_text_is_kept_as_far_as_a_rule_could_compare_it(text: Any, kept: Any) -> None:
    asked = request(operation="ec2:RunInstances", params={"Description": text})
    assert written([asked], decide_all(under(), [asked]))["alike"]["params"]["Description"] == kept


def test_what_was_not_planned_yet_says_so_and_is_not_planned_when_it_is_read() -> None:
    asked = replace(request(), params=UNPLANNED)
    detail = written([asked], decide_all(under(), [asked]))
    assert detail["alike"]["params"] == {"(not planned yet)": True}
    assert read(detail).requests[0].params is UNPLANNED


def test_a_decision_about_nothing_is_kept_too() -> None:
    detail = written([], decide_all(under(), []))
    assert (detail["alike"], detail["requests"], detail["why"]) == ({}, [], "There is nothing to decide.")
    assert read(detail) == Record((), allowed=False, needs="confirm")


def test_a_row_that_says_nothing_is_about_nothing_and_allowed_nothing() -> None:
    assert read({}) == Record((), allowed=False)
    assert replay(under(), [{"at": 1.0, "action": "", "detail": {}}]) == Replayed()


def test_the_same_file_changes_nothing() -> None:
    file = under(rule())
    found = replay(file, [row(file, request()), row(file, request(actor=BOB))])
    assert found.same
    assert found.decisions == 2


def test_newly_allowed_newly_denied_and_no_longer_confirmed_are_told_apart() -> None:
    old = under(rule())
    rows = [row(old, request()), row(old, request(actor=BOB)), row(old, request(operation="ec2:StartInstances"))]
    wider = replay(under(rule(who={"users": ["UANN", "UBOB"]})), rows)
    assert differences(wider) == (1, 0, 0)
    assert [each.user for each in wider.allowed.values()] == ["UBOB"]
    assert differences(replay(under(), rows)) == (0, 1, 0)
    assert differences(replay(under(rule(needs="nothing")), rows)) == (0, 0, 1)


def test_what_was_asked_often_is_one_line_with_its_last_moment() -> None:
    old = under(rule())
    (one,) = replay(under(), [row(old, request(), at=float(at)) for at in (5, 9, 7)]).denied.values()
    assert (one.times, one.last, one.user, one.operation) == (3, 7.0, "UANN", "ec2:StopInstances")
    assert (one.why, one.example) == ("No rule allows ec2:StopInstances in dev.", "ec2 stop i-1")


def test_one_refused_resource_refuses_what_was_asked_together() -> None:
    old = under(rule())
    both = row(old, request(), request(resource=None))
    found = replay(under(rule(resources=["i-1"])), [both])
    assert (found.decisions, *differences(found)) == (1, 0, 1, 0)


def test_places_read_at_once_are_compared_one_by_one() -> None:
    old = under(rule(actions=["ec2:Describe*"], accounts=["*"]))
    about: dict[str, Any] = {"operation": "ec2:DescribeInstances", "effect": Effect.READS, "resource": None}
    asked = [request(account=each, **about) for each in ("dev", "prod")]
    both = {"dev": {"id": "111111111111", "region": "eu-west-1"}, "prod": {"id": "111111111111", "region": "eu-west-1"}}
    base = BotFile.model_validate({"accounts": both})
    found = replay(under(rule(actions=["ec2:Describe*"]), base=base), [row(old, *asked, alone=True)])
    assert found.decisions == 2
    assert differences(found) == (0, 1, 0)
    assert [each.account for each in found.denied.values()] == ["prod"]


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
    found = replay(under(rule()), [broken, broken, row(under(rule()), request(resource=WEB))])
    assert (found.unread, found.decisions) == (2, 1)


def test_what_was_refused_before_anything_was_looked_up_could_be_allowed() -> None:
    asked = Request(request().actor, OPS, STOP, "dev", "eu-west-1", None, UNPLANNED, Effect.CHANGES)
    refused = row(under(), asked)
    (one,) = replay(under(rule(tags={"env": ["dev"]})), [refused]).allowed.values()
    assert one.why.startswith("It could be allowed")
    assert replay(under(rule(accounts=["prod"])), [refused]).same
    assert replay(under(rule(), base=BotFile()), [refused]).same  # without the account
    (one,) = replay(under(rule()), [refused]).allowed.values()
    assert one.why == "Allowed by rule one: ec2:StopInstances in dev."


def test_what_was_refused_outside_the_hours_of_a_rule_stays_refused_whenever_it_is_replayed() -> None:
    asked = Request(request().actor, OPS, STOP, "dev", "eu-west-1", None, UNPLANNED, Effect.CHANGES)
    refused = [row(under(), replace(asked, at=at)) for at in (MONDAY, MONDAY - 86_400)]
    (one,) = replay(under(rule(when=OFFICE, tags={"env": ["dev"]})), refused).allowed.values()
    assert one.times == 1


def test_a_word_of_the_bot_needs_no_account_to_be_open() -> None:
    word = request(operation="bot:Status", account="", account_id="", region="", resource=None, effect=Effect.READS)
    old = under(rule(actions=["bot:Status"]))
    assert replay(under(*old.rules, base=BotFile()), [row(old, word)]).same
