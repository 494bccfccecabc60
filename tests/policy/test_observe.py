"""An observed rule that could have granted something is named, where nothing was read that could tell."""

from bot.policy.decide import Outcome
from bot.policy.observe import might_grant
from tests.rules import STOP, deny, of, request, rule


def test_only_observed_rules_that_allow_and_could_apply_are_named() -> None:
    rules = [
        rule("watched", mode="observe", resources=["i-9"]),
        rule("asked", mode="observe", grant="request"),
        rule("elsewhere", mode="observe", accounts=["prod"]),
        rule("other", mode="observe", actions=["ec2:StartInstances"]),
        rule("in-force"),
        deny("against", mode="observe"),
    ]
    found = list(might_grant(of(rules), request(operation=STOP)))
    assert found == [("watched", Outcome.RUN), ("asked", Outcome.REQUEST)]


def test_what_is_known_of_production_counts() -> None:
    rules = [rule("prod", mode="observe", accounts=["*"], production=True)]
    assert list(might_grant(of(rules), request(account="prod"))) == [("prod", Outcome.RUN)]
    assert list(might_grant(of(rules), request())) == []
