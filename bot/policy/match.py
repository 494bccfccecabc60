"""When a rule applies to a request: one function a key of the rule, and all of them have to agree.

Where something cannot be known (no resource, unread tags, a parameter left to AWS's default, the time), an allow rule
that asks about it does not apply and a deny rule that asks about it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bot.actor import Actor, Place
from bot.aws import models
from bot.command import Effect, Resource
from bot.config.botfile import Rule, Who
from bot.glob import is_glob, matches

UNPLANNED: Mapping[str, Any] = MappingProxyType({})
"""The parameters of a request that is not planned yet: they can be any."""


@dataclass(frozen=True, slots=True)
class Request:
    """One operation on one resource, asked by somebody somewhere.

    `account` is a name of bot.yml and `account_id` its twelve digits; `resource` is None where the operation names no
    resource; `params` is the call as boto3 would be given it. `at` is the time, `production` whether it is that; None
    where it is not known.
    """

    actor: Actor
    place: Place
    operation: str
    account: str
    region: str
    resource: Resource | None
    params: Mapping[str, Any]
    effect: Effect
    account_id: str = ""
    at: float | None = None
    production: bool | None = None
    count: int = 1


def differs(rule: Rule, request: Request) -> str:
    """Return the first key of the rule that keeps it from applying to the request, or nothing where it applies."""
    return _first_difference(rule, request, _KEYS)


def differs_before(rule: Rule, request: Request) -> str:
    """Do the same with what is known before anything is read from AWS; a time that is not given may be any."""
    keys = (name for name, unknown in _MAYBE.items() if not unknown(rule, request))
    return _first_difference(rule, request, {**_BEFORE, **{name: _KEYS[name] for name in keys}})


def concerns(rule: Rule, request: Request) -> bool:
    """Say whether the rule is about this operation and this person, wherever it is."""
    return _actions(rule, request) and _who(rule, request)


def asks_for_more(rule: Rule, request: Request) -> bool:
    """Say whether the rule has keys beyond those known before anything is read from AWS."""
    looks = not (rule.resources is None and rule.tags is None and rule.params is None)
    return looks or any(unknown(rule, request) for unknown in _MAYBE.values())


def named(rules: Iterable[Rule]) -> frozenset[str]:
    """Return the ARNs that allow rules name in full: only so is what is in another account or Region granted."""
    listed = (each for rule in rules if rule.effect == "allow" for each in rule.resources or ())
    return frozenset(each for each in listed if each.startswith("arn:") and not is_glob(each))


def own(request: Request) -> bool:
    """Say whether it is a word of the bot, which happens in no account and no Region."""
    return request.operation.startswith("bot:")


def belongs(actor: Actor, who: Who, groups: frozenset[str]) -> bool:
    """Say whether somebody is meant; `groups` are those of their user groups that count here."""
    if actor.kind == "terminal":
        return actor.user in who.terminal
    if actor.kind == "report":
        return actor.user in who.reports or "*" in who.reports
    if actor.kind != "slack":
        return False
    return who.everyone or actor.user in who.users or bool(groups.intersection(who.groups))


def _who(rule: Rule, request: Request) -> bool:
    """What has to be approved is asked for by members who are in their group for long enough.

    Who is in a group that could not be read lately is denied what it is denied, and allowed nothing that it is.
    """
    actor = request.actor
    if rule.effect != "allow":
        return belongs(actor, rule.who, actor.groups | actor.unread)
    return belongs(actor, rule.who, actor.settled if rule.grant == "request" else actor.groups)


def _actions(rule: Rule, request: Request) -> bool:
    return matches(rule.actions, request.operation)


def _channels(rule: Rule, request: Request) -> bool:
    return rule.channels is None or (request.actor.kind != "terminal" and request.place.channel in rule.channels)


def _accounts(rule: Rule, request: Request) -> bool:
    return own(request) or "*" in rule.accounts or request.account in rule.accounts


def _regions(rule: Rule, request: Request) -> bool:
    return rule.regions is None or own(request) or matches(rule.regions, request.region)


def _when(rule: Rule, request: Request) -> bool:
    if rule.when is None:
        return True
    return rule.effect != "allow" if request.at is None else rule.when.holds(request.at)


def _production(rule: Rule, request: Request) -> bool:
    if rule.production is None:
        return True
    return rule.effect != "allow" if request.production is None else request.production is rule.production


def _resources(rule: Rule, request: Request) -> bool:
    if rule.resources is None:
        return True
    unsure = rule.effect != "allow"
    if request.resource is None:
        return unsure
    texts = [text for text in (request.resource.id, request.resource.arn) if text]
    if unsure and not request.resource.arn and any(pattern.startswith("arn:") for pattern in rule.resources):
        return True
    return any(matches(rule.resources, text) for text in texts)


def _tags(rule: Rule, request: Request) -> bool:
    if rule.tags is None:
        return True
    tags = request.resource.tags if request.resource else None
    if tags is None:
        return rule.effect != "allow"
    return all(tags.get(key) in values for key, values in rule.tags.items())


def _params(rule: Rule, request: Request) -> bool:
    if rule.params is None:
        return True
    kinds = models.members(request.operation)
    given = (
        (_given(request.params.get(name), kinds.get(name), values), values) for name, values in rule.params.items()
    )
    return all(_param(rule, value, values) for value, values in given)


def _given(value: Any, kind: str | None, values: tuple[Any, ...]) -> Any:
    """Return what a call is made with: a switch that is absent, or that the operation does not have, is off."""
    switch = kind in ("boolean", None) and any(isinstance(each, bool) for each in values)
    return False if switch and value in (None, [], ()) else value


def _param(rule: Rule, given: Any, values: tuple[Any, ...]) -> bool:
    """Compare one parameter. What is absent is AWS's choice, and so not known."""
    allows = rule.effect == "allow"
    if given is None or given in ([], ()):
        return not allows
    if isinstance(given, list | tuple | set | frozenset):
        return (all if allows else any)(_param(rule, each, values) for each in given)
    if not isinstance(given, str | bool | int | float):
        return not allows
    return _among(given, values)


def _among(given: str | bool | float, values: tuple[Any, ...]) -> bool:
    """Compare as AWS types: true is not 1 and not "true", and 1 is 1.0."""
    return any(isinstance(value, bool) is isinstance(given, bool) and value == given for value in values)


_Key = Callable[[Rule, Request], bool]
# What is known before anything is read from AWS, and what is not.
_BEFORE: Mapping[str, _Key] = {
    "actions": _actions,
    "who": _who,
    "channels": _channels,
    "accounts": _accounts,
    "regions": _regions,
}
_KEYS: Mapping[str, _Key] = {
    **_BEFORE,
    "when": _when,
    "production": _production,
    "resources": _resources,
    "tags": _tags,
    "params": _params,
}
# What may be known before, and whether it is not.
_MAYBE: Mapping[str, _Key] = {
    "when": lambda rule, request: rule.when is not None and request.at is None,
    "production": lambda rule, request: rule.production is not None and request.production is None,
}


def _first_difference(rule: Rule, request: Request, keys: Mapping[str, _Key]) -> str:
    return next((name for name, applies in keys.items() if not applies(rule, request)), "")
