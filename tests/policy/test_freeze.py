"""Freezes: nothing is changed while one is in force, whatever the rules allow; who is excepted still needs a rule."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from bot.command import Effect
from bot.config.botfile import BotFile, Freeze, Rule
from bot.policy.decide import Request, decide
from bot.policy.freeze import freezing, told
from tests.rules import ANN, BOB, MONDAY, OFFICE, any_request, any_rules, of, request, rule

BERLIN = {"from": "2026-06-01 09:00", "until": "2026-06-02 09:00", "zone": "Europe/Berlin"}
DAY = 86_400


def freeze(id_: str = "quiet", **keys: Any) -> Freeze:
    usual = {} if "when" in keys else BERLIN
    return Freeze.model_validate({"id": id_, "reason": "Nobody is here", **usual, **keys})


def frozen(*freezes: Freeze, rules: Any = None) -> BotFile:
    rules = (rule(), rule("bob", who={"users": ["UBOB"]})) if rules is None else rules
    return of(rules).model_copy(update={"freezes": freezes})


@pytest.mark.parametrize(
    ("at", "holds"), [(MONDAY - 1, False), (MONDAY, True), (MONDAY + DAY - 1, True), (MONDAY + DAY, False)]
)
def test_a_freeze_begins_and_ends_on_the_clocks_of_its_zone(at: float, holds: bool) -> None:
    assert decide(frozen(freeze()), request(at=at)).allowed is not holds


def test_at_a_time_that_is_not_known_every_freeze_is_in_force() -> None:
    assert decide(frozen(freeze()), request(at=None)).layer == "freeze"
    assert decide(frozen(freeze(when=OFFICE)), request(at=None)).layer == "freeze"


def test_a_freeze_may_come_every_week() -> None:
    assert not decide(frozen(freeze(when=OFFICE)), request(at=MONDAY)).allowed
    assert decide(frozen(freeze(when=OFFICE)), request(at=MONDAY - 1)).allowed


def test_reads_go_on() -> None:
    assert decide(frozen(freeze()), request(at=MONDAY, effect=Effect.READS)).allowed
    for effect in (Effect.CHANGES, Effect.DESTROYS):
        assert not decide(frozen(freeze()), request(at=MONDAY, effect=effect)).allowed


@pytest.mark.parametrize(
    ("keys", "holds"),
    [
        ({"accounts": ["dev"]}, True),
        ({"accounts": ["prod"]}, False),
        ({"actions": ["ec2:Stop*"]}, True),
        ({"actions": ["ec2:TerminateInstances"]}, False),
    ],
)
def test_a_freeze_may_be_about_some_accounts_or_actions(keys: dict[str, Any], holds: bool) -> None:
    assert decide(frozen(freeze(**keys)), request(at=MONDAY)).allowed is not holds


@pytest.mark.parametrize("who", [{"groups": ["SOPS"]}, {"users": ["UANN"]}])
def test_who_is_excepted_is_not_frozen_and_still_needs_a_rule(who: dict[str, Any]) -> None:
    excepting = freeze(**{"except": {"who": who}})
    assert decide(frozen(excepting), request(at=MONDAY)).allowed
    assert not decide(frozen(excepting), request(BOB, at=MONDAY)).allowed
    assert decide(frozen(excepting, rules=[]), request(at=MONDAY)).layer == "allowlist"
    assert not decide(frozen(excepting, freeze("other")), request(at=MONDAY)).allowed


def test_who_joined_the_excepted_group_a_moment_ago_is_frozen_as_well() -> None:
    excepting = freeze(**{"except": {"who": {"groups": ["SOPS"]}}})
    assert decide(frozen(excepting), request(replace(ANN, settled=frozenset()), at=MONDAY)).layer == "freeze"


def test_a_frozen_change_is_refused_with_reason_end_and_exceptions() -> None:
    excepting = freeze(**{"except": {"who": {"groups": ["SOPS"]}}})
    said = "Frozen by quiet, until 2026-06-02 09:00 (Europe/Berlin): Nobody is here. Excepted: oncall."
    assert told([excepting, excepting], {"SOPS": "oncall"}) == said
    decision = decide(frozen(excepting), request(BOB, at=MONDAY))
    assert (decision.layer, decision.refused) == ("freeze", ("i-1",))
    assert decision.reason == said.replace("oncall", "SOPS")
    hours = "Frozen by hours, in force mon-fri 09:00-17:00 (Europe/Berlin): Nobody is here."
    assert told([excepting, freeze("hours", when=OFFICE)], {"SOPS": "oncall"}) == f"{hours} {said}"


@pytest.mark.parametrize("reason", ["Closed.", "Closed!", "Closed?"])
def test_a_reason_that_ends_a_sentence_is_left_as_it_is(reason: str) -> None:
    assert told([freeze(reason=reason)]).endswith(f": {reason}")


def test_it_is_said_where_every_member_is_excepted() -> None:
    who = {"users": ["UANN"], "everyone": True}
    assert told([freeze(**{"except": {"who": who}})]).endswith("Excepted: UANN, every member.")


def test_identity_comes_before_a_freeze() -> None:
    nobody = request(replace(ANN, user=""), at=MONDAY)
    assert decide(frozen(freeze()), nobody).reason == "I do not know who is asking."


@settings(deadline=None, max_examples=200)
@given(any_rules, any_request)
def test_a_freeze_only_takes_away_and_takes_no_read_away(rules: list[Rule], asked: Request) -> None:
    file = frozen(freeze(when=OFFICE), rules=rules)
    before, after = decide(of(rules), asked), decide(file, asked)
    assert after.allowed <= before.allowed
    if asked.effect is Effect.READS or not freezing(file, asked):
        assert after == before


def test_hours_that_clocks_show_twice_are_frozen_both_times() -> None:
    twice = freeze(**{"from": "2026-10-25 02:30", "until": "2026-10-25 02:30", "zone": "Europe/Berlin"})
    assert twice.ends - twice.begins == 3600
