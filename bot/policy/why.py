"""Why not, and what it would take: each rule that came near, and the smallest rule that would allow what was refused.

A proposal is decided by the function production uses before it is shown, so it never promises what it would not give.
It is for whoever owns bot.yml to judge; nothing here grants anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from bot.config.botfile import BotFile, Rule
from bot.policy.decide import Decision, decide_all
from bot.policy.match import Request, concerns, differs, own

_NEAR = 4
"""Rules that an explanation names."""


@dataclass(frozen=True, slots=True)
class Why:
    """A decision explained: what each rule said that came near, and the rule that would change it, as YAML or none."""

    decision: Decision
    rules: tuple[str, ...]
    proposal: str


def why(file: BotFile, asked: Iterable[Request], typed: str = "") -> Why:
    """Explain what the rules say to requests that were asked together; no id is named that was not `typed`."""
    asked = tuple(asked)
    decision = decide_all(file, asked)
    said = tuple(dict.fromkeys(line for each in asked for line in _near(file, each)))
    return Why(decision, said[:_NEAR], "" if decision.allowed else proposal(file, asked, typed))


def proposal(file: BotFile, asked: tuple[Request, ...], typed: str = "") -> str:
    """Return the smallest rule that would allow it, as YAML for bot.yml; empty where no rule could."""
    for keys in _narrow_to_wide(asked, typed):
        try:
            added = Rule.model_validate(keys)
        except ValidationError:  # an id that bot.yml does not take
            return ""
        if decide_all(file.model_copy(update={"rules": (*file.rules, added)}), asked).allowed:
            return yaml.safe_dump([keys], sort_keys=False, default_flow_style=None, width=100)
    return ""


def _narrow_to_wide(asked: tuple[Request, ...], typed: str) -> Iterator[dict[str, Any]]:
    """Yield rules that name only what was asked: with the very resources first, where they were typed; then without."""
    if not asked or not asked[0].actor.user:
        return
    keys = _keys(asked)
    ids = sorted({each.resource.id for each in asked if each.resource})
    if ids and all(each.resource for each in asked) and all(each in typed for each in ids):
        yield {**keys, "resources": ids}
    yield keys


def _keys(asked: tuple[Request, ...]) -> dict[str, Any]:
    first = asked[0]
    actor, operations = first.actor, sorted({each.operation for each in asked})
    who = {"slack": "users", "terminal": "terminal", "report": "reports"}[actor.kind]
    name = operations[0].partition(":")[2]
    keys: dict[str, Any] = {"id": f"{actor.user}-{name}".lower(), "actions": operations, "who": {who: [actor.user]}}
    keys["accounts"] = ["*"] if own(first) else sorted({each.account for each in asked})
    if not own(first):
        keys["regions"] = sorted({each.region for each in asked})
    if first.place.channel and not first.place.direct and actor.kind == "slack":
        keys["channels"] = [first.place.channel]
    return keys


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
