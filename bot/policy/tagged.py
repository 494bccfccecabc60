"""Which tags a call writes, and which of them rules go by: else a tag could bring production into a rule's reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.aws.conditions import KEYS, members, phrases
from bot.aws.floor import Entry
from bot.config.botfile import BotFile

_KEY = ("Key", "key", "TagKey", "tagKey")


def goes_by(file: BotFile) -> frozenset[str]:
    """Return every tag key that a rule of the file reads, and those that mark production or that limits count by."""
    production = file.production.tags if file.production else {}
    counted = (limit.whose.removeprefix("tag:") for limit in file.limits if limit.whose.startswith("tag:"))
    return frozenset({*production, *counted, *(key for rule in file.rules for key in rule.tags or {})})


def writes(entry: Entry, params: Mapping[str, Any], keys: frozenset[str]) -> bool:
    """Say whether a call that meets an entry writes or removes one of these keys; what cannot be read may be any."""
    if not keys or entry.condition.how != KEYS:
        return bool(keys)
    written = [key for name, value in members(params) if _about_tags(name) for key in _keys(value)]
    return not written or None in written or not keys.isdisjoint(written)


def _about_tags(name: str) -> bool:
    return "tag" in phrases(name)


def _keys(value: Any) -> Iterator[str | None]:
    """Yield the keys in any of the forms that AWS takes tags in; None for what is in no form known here."""
    if isinstance(value, Mapping):
        yield from _keys_of_one(value)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from ([each] if isinstance(each, str) else _keys(each))
    else:
        yield None


def _keys_of_one(value: Mapping[str, Any]) -> Iterator[str | None]:
    """One tag with its key; or a set of tags, under a name of its own or as `{key: value}`."""
    named = [value[name] for name in _KEY if name in value]
    if named:
        yield from (str(each) for each in named)
        return
    for name, each in value.items():
        yield name
        if isinstance(each, list | tuple | Mapping):
            yield from _keys(each)
