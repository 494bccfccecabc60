"""A wildcard reaches what the pinned catalogue holds; an update adds nothing to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.aws.catalogue import Catalogue, Entry, shipped
from bot.command import Effect
from bot.config.botfile import BotFile, Rule
from bot.config.names import BOT_OPERATIONS, later
from bot.policy.check import check
from bot.policy.decide import decide, reachable
from bot.policy.reach import reaches
from bot.policy.rights import rights
from tests.catalogue import text
from tests.rules import ANN, OPS, any_request, any_rules, command, deny, of, request, rule

NEWS = "ec2:StopNews"
"""An operation that is in no catalogue, as one of a later botocore is."""
WIDE = rule(actions=["ec2:*"])
OLD = Catalogue("releases: 2026-11\n[ec2]\nc StopInstances\nc StartInstances\nr DescribeInstances\n")
LATER = Catalogue("releases: 2026-11 2027-03\n[ec2]\nc StopInstances\nc StopNews 2027-03\n")


def pinned(release: str, *rules: Rule) -> BotFile:
    return BotFile.model_construct(rules=rules, catalogue=release)


def test_a_wildcard_does_not_reach_what_came_later() -> None:
    asked = request(operation=NEWS)
    assert not decide(of([WIDE]), asked).allowed
    assert not reachable(of([WIDE]), ANN, OPS, NEWS, "dev", "eu-west-1")
    assert decide(of([WIDE]), request()).allowed
    assert not decide(of([rule(actions=["ec2:StopN?ws"])]), asked).allowed


def test_what_is_named_in_full_is_reached_whatever_the_catalogue_holds() -> None:
    named = rule(actions=["ec2:*", NEWS])
    assert decide(of([named]), request(operation=NEWS)).allowed
    assert reachable(of([named]), ANN, OPS, NEWS, "dev", "eu-west-1")


def test_what_is_never_done_is_not_even_reached_by_its_name() -> None:
    asked = request(operation="kms:Decrypt")
    assert not reaches(rule(actions=["kms:Decrypt"]), asked, of([]))
    assert reaches(deny(actions=["kms:Decrypt"]), asked, of([]))


def test_a_deny_reaches_everything() -> None:
    rules = [rule(actions=[NEWS]), deny(actions=["ec2:*"])]
    assert decide(of(rules), request(operation=NEWS)).rules == ("no",)


def test_a_word_of_the_bot_that_came_later_is_not_meant_by_a_wildcard(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request(operation="bot:Status", effect=Effect.READS)
    assert decide(of([rule(actions=["bot:*"])]), asked).allowed
    monkeypatch.setitem(BOT_OPERATIONS, "bot:Status", "2027-03")
    assert not decide(of([rule(actions=["bot:*"])]), asked).allowed
    assert decide(of([rule(actions=["bot:Status"])]), asked).allowed
    assert decide(of([rule(actions=["bot:Status"]), deny(actions=["bot:*"])]), asked).rules == ("no",)
    assert later(("bot:S*", "bot:List*"), "2026-11") == ("bot:Status",)
    assert later(("bot:S*", "bot:Status"), "2026-11") == later(("bot:L*",), "2026-11") == ()
    assert not decide(of([rule(actions=["bot:*"])]), replace(asked, operation="bot:Unheard")).allowed


def test_a_newer_pin_reaches_what_was_added_under_it() -> None:
    asked = request(operation=NEWS)
    assert not reaches(WIDE, asked, pinned("2026-11", WIDE), LATER)
    assert reaches(WIDE, asked, pinned("2027-03", WIDE), LATER)


@pytest.mark.parametrize("pin", ["2031-01", "", "2026-1", "2026-12"])
def test_a_pin_that_there_is_not_reaches_nothing(pin: str) -> None:
    assert not decide(pinned(pin, WIDE), request()).allowed


def test_nobody_is_told_of_a_right_that_a_wildcard_does_not_give() -> None:
    dev = BotFile.model_validate({"accounts": {"dev": {"id": "111111111111", "region": "eu-west-1"}}})
    file = dev.model_copy(update={"rules": (WIDE,)})
    told = rights(file, ANN, OPS, [command("ec2 stop", "ec2:StopInstances"), command("ec2 news", NEWS)])
    assert [each.command.name for each in told] == ["ec2 stop"]


def test_a_check_says_why_such_a_rule_does_not_apply() -> None:
    (told,) = check(of([WIDE]), [request(operation=NEWS)]).lines
    assert "no wildcard reaches this, so it has to be named in full" in told


_LATER = st.sets(st.sampled_from([NEWS, "ec2:StartInstances", "ec2:StopInstances", "ec2:DescribeInstances"]))


@settings(deadline=None, max_examples=300)
@given(any_rules, any_request, _LATER)
def test_an_update_of_the_catalogue_changes_no_rule_under_the_old_pin(
    rules: list[Rule], asked: Any, added: set[str]
) -> None:
    old = {f"ec2:{name}": entry for name, entry in OLD.of("ec2").items()}
    new = dict.fromkeys(added, Entry(Effect.READS, "2027-03"))
    updated = Catalogue(text({**new, **old}, ("2026-11", "2027-03")))
    for each in rules:
        assert reaches(each, asked, of(rules), OLD) == reaches(each, asked, of(rules), updated)


@settings(deadline=None)
@given(any_rules, any_request)
def test_a_file_of_wildcards_decides_as_one_that_names_what_the_catalogue_holds(rules: list[Rule], asked: Any) -> None:
    held = [f"ec2:{name}" for name in shipped().of("ec2") if name.startswith(("St", "DescribeI", "Term"))]
    spelt = [
        each.model_copy(update={"actions": (*(name for name in held if _wild(each, name)), *_full(each))})
        for each in rules
    ]
    assert decide(of(rules), asked) == decide(of(spelt), asked)


def _wild(each: Rule, operation: str) -> bool:
    return any(operation.startswith(action.removesuffix("*")) for action in each.actions if action.endswith("*"))


def _full(each: Rule) -> tuple[str, ...]:
    return tuple(action for action in each.actions if not action.endswith("*"))
