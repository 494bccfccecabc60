"""What a wide report stands on: which accounts and Regions were read, which failed, which were left out.

A place that was not read is unknown. It counts for nothing, and its facts say so, so that the next run compares nothing
there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from bot.command import Reading

T = TypeVar("T")
UNKNOWN = "unknown"
_SHOWN = 5
Fact = tuple[str, str]


def coverage(readings: Iterable[Reading[Any]], now: datetime) -> str:
    """Say what was read: `Read 2 of 2 accounts, 3 Regions, at 09:00 UTC; failed: prod eu-west-1 (…); skipped: …`."""
    every = tuple(readings)
    accounts = dict.fromkeys(each.account for each in every)
    whole = [name for name in accounts if all(map(_read, (each for each in every if each.account == name)))]
    regions = {each.region for each in every if _read(each)} - {""}
    count = f"{len(regions)} Region{'' if len(regions) == 1 else 's'}" if regions else ""
    said = [f"Read {len(whole)} of {len(accounts)} account{'' if len(accounts) == 1 else 's'}", count]
    lines = [", ".join(filter(None, [*said, f"at {now:%H:%M} UTC"]))]
    lines += _left_out("failed", ((each.where, each.failed) for each in every if each.failed))
    lines += _left_out("skipped", ((each.where, each.skipped) for each in every if each.skipped))
    return "; ".join(lines) + "."


def complete(readings: Iterable[Reading[Any]]) -> bool:
    return all(map(_read, readings))


def failed(readings: Iterable[Reading[Any]]) -> bool:
    return any(each.failed for each in readings)


def found(readings: Iterable[Reading[T]], kind: str, facts: Callable[[T], Iterable[Fact]]) -> Iterator[Fact]:
    """Turn readings into facts, `dev eu-west-1: instance web-1` each; a place that was not read is unknown."""
    for each in readings:
        if each.value is None:
            yield f"{each.where}: {kind}", UNKNOWN
        else:
            yield from ((f"{each.where}: {kind} {name}", state) for name, state in facts(each.value))


def _read(each: Reading[Any]) -> bool:
    return each.value is not None


def _left_out(word: str, places: Iterable[tuple[str, str]]) -> list[str]:
    told = list(dict.fromkeys(f"{where} ({why})" for where, why in places))
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return [f"{word}: {', '.join(told[:_SHOWN])}{more}"] if told else []


def counted(count: int, what: str, several: str = "") -> str:
    return f"{count:,} {what if count == 1 else several or what + 's'}"
