"""Rules, requests and people to decide about, and any of them for properties."""

from random import Random
from typing import Any

from hypothesis import strategies as st

from bot.action import Action
from bot.actor import Actor, Place
from bot.command import Audience, Command, Effect, Resource
from bot.config.botfile import BotFile, Needs, Rule
from bot.policy.match import Request
from bot.reply import Reply

ANN = Actor("slack", "UANN", "T1", frozenset({"SOPS"}), name="ann")
BOB = Actor("slack", "UBOB", "T1", frozenset(), name="bob")
ROOT = Actor("terminal", "root", name="root")
OPS = Place("COPS")
WEB = Resource("i-1", "web-1", "running", {"env": "dev"}, "arn:aws:ec2:eu-west-1:111111111111:instance/i-1")
STOP = "ec2:StopInstances"


def rule(id_: str = "one", **keys: Any) -> Rule:
    usual = {"actions": [STOP], "who": {"users": ["UANN"]}, "accounts": ["dev"]}
    return Rule.model_validate({"id": id_, **usual, **keys})


def deny(id_: str = "no", **keys: Any) -> Rule:
    return rule(id_, effect="deny", **keys)


def of(rules: Any) -> BotFile:
    """A file of these rules alone, checked no further."""
    return BotFile.model_construct(rules=rules)


def request(actor: Actor = ANN, place: Place = OPS, resource: Resource | None = WEB, **keys: Any) -> Request:
    params = {"InstanceIds": ["i-1"], **keys.pop("params", {})}
    usual = {"operation": STOP, "account": "dev", "region": "eu-west-1", "effect": Effect.CHANGES}
    about = {**usual, "account_id": "111111111111", **keys}
    return Request(actor=actor, place=place, resource=resource, params=params, **about)


def command(name: str, *calls: str, effect: Effect = Effect.READS) -> Command:
    service, _, verb = name.rpartition(" ")
    return Command(service, verb, "Does it.", effect, calls, name, _unused)


def _unused(_aws: object, _action: Action) -> Reply:
    return Reply("never shown")


# A rule and a request are made from one number each: quick to draw, and a list of rules still shrinks rule by rule.


def _some(chance: Random, *values: str) -> list[str]:
    return chance.sample(values, chance.randint(1, 2))


def _who(chance: Random) -> dict[str, Any]:
    kinds = {
        "users": _some(chance, "UANN", "UBOB"),
        "groups": _some(chance, "SOPS", "SDEV"),
        "everyone": chance.random() < 0.5,
        "terminal": _some(chance, "root", "UANN"),
    }
    return {name: value for name, value in kinds.items() if chance.random() < 0.5}


def _narrower(chance: Random) -> dict[str, Any]:
    keys = {
        "channels": _some(chance, "COPS", "CDEV"),
        "regions": _some(chance, "eu-west-1", "eu-*", "us-east-1"),
        "resources": _some(chance, "i-1", "i-*", "i-2", "arn:aws:ec2:*:*:instance/i-?"),
        "tags": {key: _some(chance, "dev", "prod") for key in _some(chance, "env", "team")},
        "params": {"Force": [chance.random() < 0.5]},
    }
    return {name: value for name, value in keys.items() if chance.random() < 0.15}


def _rule(seed: int, effect: str) -> Rule:
    chance = Random(seed)
    answer = {"needs": chance.choice([*Needs, None]), "audience": chance.choice([*Audience, None])}
    return rule(
        f"r{seed}",
        effect=effect,
        actions=_some(chance, STOP, "ec2:StartInstances", "ec2:St*", "ec2:*", "bot:Status"),
        who=_who(chance),
        accounts=_some(chance, "dev", "prod", "*"),
        **_narrower(chance),
        **(answer if effect == "allow" else {}),
    )


def any_rule(*effects: str) -> st.SearchStrategy[Rule]:
    return st.builds(_rule, st.integers(0, 10**6), st.sampled_from(effects or ("allow", "allow", "deny")))


any_rules = st.lists(any_rule(), max_size=6)

_ACTORS = (ANN, BOB, ROOT, Actor("slack", "root"), Actor("slack", "UDEV", groups=frozenset({"SDEV"})))
_PLACES = (OPS, OPS, Place("CDEV"), Place(), Place("COPS", shared=True), Place("COPS", shared=None))
_TAGS = (None, {}, {"env": "dev"}, {"env": "prod", "team": "dev"}, {"env": "dev", "team": "qa"})


def _request(seed: int) -> Request:
    chance = Random(seed)
    thing = Resource(chance.choice(["i-1", "i-2", "x-1"]), tags=chance.choice(_TAGS), arn=chance.choice(["", WEB.arn]))
    return request(
        chance.choice(_ACTORS),
        chance.choice(_PLACES),
        chance.choice([thing, thing, None]),
        operation=chance.choice([STOP, STOP, "ec2:StartInstances", "ec2:DescribeInstances", "bot:Status"]),
        account=chance.choice(["dev", "dev", "prod", ""]),
        region=chance.choice(["eu-west-1", "eu-west-1", "us-east-1"]),
        params=chance.choice([{}, {"Force": True}, {"Force": False}]),
        effect=chance.choice([*Effect]),
    )


any_request = st.builds(_request, st.integers(0, 10**6))
