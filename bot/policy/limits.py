"""Limits: how many resources what is asked changes, and against which limits of bot.yml that counts.

Pure: what is left is for the store to say. Whatever is decided and sent is counted, and reads only where the operation
costs money each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bot.command import Effect
from bot.config.botfile import BotFile, Limit
from bot.config.limits import COSTS_MONEY
from bot.glob import matches
from bot.policy.costs import COSTS
from bot.policy.match import Request, belongs
from bot.store.limits import Use

USUAL = Limit(id=COSTS_MONEY, at_most=200, within="1h", actions=(COSTS_MONEY,))
"""In force where bot.yml has no limit of this name."""


def in_force(file: BotFile) -> tuple[Limit, ...]:
    """Return the limits of the file, and the one that is there without being written."""
    return file.limits if any(each.id == USUAL.id for each in file.limits) else (*file.limits, USUAL)


def touching(file: BotFile, asked: Iterable[Request]) -> tuple[Limit, ...]:
    """Return the limits that any of this counts against."""
    asked = tuple(asked)
    return tuple(limit for limit in in_force(file) if any(counts(limit, request) for request in asked))


def counts(limit: Limit, request: Request) -> bool:
    """Say whether a request counts against a limit."""
    return (
        ("*" in limit.accounts or request.account in limit.accounts)
        and _is_of(limit, request)
        and (limit.who is None or belongs(request.actor, limit.who, request.actor.groups | request.actor.unread))
    )


def too_many(file: BotFile, asked: Iterable[Request]) -> str:
    """Say so where one command changes more resources than a limit lets it; empty where it does not."""
    asked = tuple(asked)
    for limit in in_force(file):
        if limit.resources is None:
            continue
        found = sum(_changed(limit, asked).values())
        if found > limit.resources:
            return f"Limit {limit.id}: {limit}, and this is {found}. Ask for fewer at once."
    return ""


def uses(file: BotFile, asked: Iterable[Request]) -> tuple[Use, ...]:
    """Return what asking for this takes of each limit that is counted over a while."""
    asked = tuple(asked)
    return tuple(
        Use(limit.id, key, count, limit.at_most, limit.seconds)
        for limit in in_force(file)
        if limit.at_most is not None
        for key, count in sorted(_changed(limit, asked).items())
    )


def _is_of(limit: Limit, request: Request) -> bool:
    if limit.actions is None:
        return request.effect is not Effect.READS
    if COSTS_MONEY in limit.actions and request.operation in COSTS:
        return True
    return request.effect is not Effect.READS and matches(limit.actions, request.operation)


def _changed(limit: Limit, asked: tuple[Request, ...]) -> Counter[str]:
    """Count resources, each once, by whose they count as; a call that names none counts as one."""
    counted = [request for request in asked if counts(limit, request)]
    named = {(request.account, request.region, request.resource.id): request for request in counted if request.resource}
    unnamed = [request for request in counted if request.resource is None]
    found: Counter[str] = Counter()
    for request in (*named.values(), *unnamed):
        found[_whose(limit, request)] += request.count
    return found


def _whose(limit: Limit, request: Request) -> str:
    """Return what a request is counted under. What bears no such tag, or cannot be read, is counted together."""
    kind, _, key = limit.whose.partition(":")
    if kind == "tag":
        tags = (request.resource.tags if request.resource else None) or {}
        return f"tag/{key}={tags.get(key, '')}"
    whose = {
        "person": request.actor.key,
        "channel": request.place.channel or request.actor.key,
        "account": request.account,
        "region": f"{request.account}/{request.region}",
        "everyone": "",
    }
    return f"{kind}/{whose[kind]}"
