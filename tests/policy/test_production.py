"""Production: by account or by tag; what is not known of a thing counts against the asker."""

from typing import Any

import pytest

from bot.command import Resource
from bot.config.botfile import BotFile, Production
from bot.policy.decide import decide, reachable
from bot.policy.production import production
from bot.road.desk import Law
from tests.rules import ANN, OPS, STOP, deny, of, request, rule

TAGS = Production.model_validate({"tags": {"env": ["prod", "live"], "tier": ["1"]}})


def file(*rules: Any, tags: Production | None = TAGS) -> BotFile:
    return of(rules).model_copy(update={"production": tags})


def thing(**tags: str) -> Resource:
    return Resource("i-1", tags=tags)


@pytest.mark.parametrize(
    ("account", "resource", "known"),
    [
        ("prod", None, True),
        ("prod", Resource("i-1"), True),
        ("dev", thing(env="dev"), False),
        ("dev", thing(env="live"), True),
        ("dev", thing(env="dev", tier="1"), True),
        ("dev", thing(), False),
        ("dev", Resource("i-1"), None),
        ("dev", None, None),
        ("nowhere", thing(env="dev"), None),
        ("nowhere", thing(env="prod"), True),
    ],
)
def test_what_is_production(account: str, resource: Resource | None, known: bool | None) -> None:
    assert production(file(), account, resource) is known


def test_without_production_tags_an_account_says_it_all() -> None:
    assert production(file(tags=None), "dev", None) is False
    assert production(file(tags=None), "dev", Resource("i-1")) is False
    assert production(file(tags=None), "nowhere", thing()) is None


@pytest.mark.parametrize(
    ("resource", "known"),
    [(thing(env="dev"), False), (thing(env="prod"), True), (Resource("i-1"), None), (None, None)],
)
def test_an_allow_needs_to_know_and_a_deny_does_not(resource: Resource | None, known: bool | None) -> None:
    asked = request(resource=resource)
    for wanted in (True, False):
        assert decide(file(rule(production=wanted)), asked).allowed is (known is wanted)
        assert decide(file(rule(), deny(production=wanted)), asked).allowed is (known is (not wanted))


def test_what_is_known_before_anything_is_read_keeps_it_out_of_reach() -> None:
    def near(account: str, *rules: Any, tags: Production | None = TAGS) -> bool:
        return reachable(file(*rules, tags=tags), ANN, OPS, STOP, account, "eu-west-1")

    anywhere = {"accounts": ["*"]}
    assert not near("prod", rule(production=False, **anywhere))
    assert not near("prod", rule(**anywhere), deny(production=True, **anywhere))
    assert near("dev", rule(production=False, **anywhere))
    assert near("dev", rule(**anywhere), deny(production=True, **anywhere))
    assert not near("dev", rule(**anywhere), deny(production=False, **anywhere), tags=None)


def test_a_word_of_the_bot_is_not_production() -> None:
    status = rule(actions=["bot:Status"], production=False)
    assert decide(file(status), request(operation="bot:Status", account="", resource=None)).allowed


def test_names_say_production_out_loud() -> None:
    law = Law(file())
    assert law.marked("prod") == "prod (PRODUCTION)"
    assert law.marked("dev", (thing(env="dev"), Resource("i-2"))) == "dev"
    assert law.marked("dev", (thing(env="dev"), thing(env="live"))) == "dev (PRODUCTION)"
