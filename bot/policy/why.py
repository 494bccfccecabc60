"""Why not, and what it would take: each rule that came near, and the smallest rule that would allow what was refused.

A proposal is decided by the function production uses before it is shown, so it never promises what it would not give.
It is for whoever owns bot.yml to judge; nothing here grants anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import yaml
from pydantic import ValidationError

from bot.config.botfile import BotFile, Rule
from bot.policy.decide import Decision, decide_all
from bot.policy.match import Request, concerns, differs, own

_NEAR = 4
"""Rules that an explanation names."""
_LONGEST = 60
"""What an id may be long before a number is put behind it."""


@dataclass(frozen=True, slots=True)
class Why:
    """A decision explained: what each rule said that came near, and the rule that would change it, as YAML or none."""

    decision: Decision
    rules: tuple[str, ...]
    proposal: str


def why(file: BotFile, asked: Iterable[Request], typed: str) -> Why:
    """Explain what the rules say to requests that were asked together; no id is named that was not `typed`."""
    asked = tuple(asked)
    decision = decide_all(file, asked)
    said = tuple(dict.fromkeys(line for each in asked for line in _near(file, each)))
    return Why(decision, said[:_NEAR], "" if decision.allowed else proposal(file, asked, typed))


def proposal(file: BotFile, asked: tuple[Request, ...], typed: str) -> str:
    """Return the smallest rule that would allow it, as YAML for bot.yml; empty where no rule could."""
    for keys in _narrow_to_wide(file, asked, typed):
        try:
            added = Rule.model_validate(keys)
        except ValidationError:  # an id that bot.yml does not take
            return ""
        if decide_all(file.model_copy(update={"rules": (*file.rules, added)}), asked).allowed:
            return yaml.safe_dump([keys], sort_keys=False, default_flow_style=None)
    return ""


def _narrow_to_wide(file: BotFile, asked: tuple[Request, ...], typed: str) -> Iterator[dict[str, Any]]:
    """Yield rules that name only what was asked: with the very resources first, where they were typed; then without."""
    if not asked:
        return
    keys = _keys(file, asked)
    ids = sorted({each.resource.id for each in asked if each.resource})
    if all(each.resource for each in asked) and all(each in typed for each in ids):
        yield {**keys, "resources": ids}
    yield keys


def _keys(file: BotFile, asked: tuple[Request, ...]) -> dict[str, Any]:
    first = asked[0]
    actor, operations = first.actor, sorted({each.operation for each in asked})
    who = {"slack": "users", "terminal": "terminal", "report": "reports"}[actor.kind]
    id_ = _free(file, f"{actor.user}-{operations[0]}")
    keys: dict[str, Any] = {"id": id_, "actions": operations, "who": {who: [actor.user]}}
    keys["accounts"] = ["*"] if own(first) else sorted({each.account for each in asked})
    if not own(first):
        keys["regions"] = sorted({each.region for each in asked})
    if first.place.channel and not first.place.direct and actor.kind == "slack":
        keys["channels"] = [first.place.channel]
    return keys


def _free(file: BotFile, name: str) -> str:
    """Make a name into an id that bot.yml takes and no rule of it has."""
    id_ = "-".join(re.findall("[a-z0-9]+", name.lower()))[:_LONGEST]
    taken = {rule.id for rule in file.rules}
    return next(each for each in chain([id_], (f"{id_}-{n}" for n in count(2))) if each not in taken)


def _near(file: BotFile, request: Request) -> Iterator[str]:
    """Say what keeps each rule that is about this operation and person from allowing it, and which rules deny it."""
    for rule in sorted(file.rules, key=lambda each: each.id):
        key = differs(rule, request)
        if rule.effect != "allow":
            if not key:
                yield f"{rule.id} denies it"
        elif key and concerns(rule, request):
            yield f"{rule.id} would allow it, but for its {key}"
        elif key == "who":
            yield f"{rule.id} allows it to others"
