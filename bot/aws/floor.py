"""The floor as it is reviewed: which operations, and which of their parameters, no wildcard of bot.yml reaches.

It is `floor.txt` beside this file, read once. A line that cannot be read is an error, and so a refusal of everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from bot.aws import conditions
from bot.aws.conditions import Condition
from bot.glob import glob, is_glob


class Class(StrEnum):
    """Why something is on the floor; `open` says that it was looked at and is not."""

    CREDENTIALS = "credentials"
    RIGHTS = "rights"
    BLINDING = "blinding"
    SHARING = "sharing"
    SELF = "self"
    TAGS = "tags"
    DATA = "data"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list. `line` is its number in the file."""

    kind: Class
    pattern: str
    condition: Condition
    reason: str
    line: int = 0

    @property
    def wide(self) -> bool:
        return is_glob(self.pattern)

    @property
    def always(self) -> bool:
        """Say whether the operation alone is enough, whatever its parameters."""
        return self.condition.how == "always"

    def names(self, operation: str) -> bool:
        """Say whether the line is about an operation: wildcards of `data` mean reads, all others what is none."""
        if not self.wide or self.kind in (Class.OPEN, Class.CREDENTIALS):
            return _matches(self.pattern, operation)
        return (self.kind is Class.DATA) == named_as_read(operation) and _matches(self.pattern, operation)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the list says of one operation; `spared` are members that `any` and `named` do not count."""

    entries: tuple[Entry, ...]
    spared: frozenset[str] = frozenset()

    def met(self, params: Mapping[str, Any], *kinds: Class) -> tuple[Entry, ...]:
        """Return the entries of these classes that a call meets; of every class where none is named."""
        about = [entry for entry in self.entries if not kinds or entry.kind in kinds]
        names = conditions.counted(params, self.spared) if about else frozenset()
        return tuple(entry for entry in about if entry.condition.met(params, names))


_READ = re.compile(r"[^:]+:(Describe|List|Get|BatchGet|BatchDescribe|Head|Search|Query|Lookup|Scan)(?![a-z])")
_LINE = re.compile(r"(\w+)\s+([a-z0-9*-]+:[A-Za-z0-9*]+)(?:\s+([^|]*?))?\s*\|\s*(\S.*)")


def named_as_read(operation: str) -> bool:
    """Say whether an operation is named as one that reads."""
    return bool(_READ.match(operation))


@lru_cache(maxsize=4096)
def standing(operation: str) -> Standing:
    """Return what the list says of an operation: exact lines, and those with wildcards unless it was left off them."""
    exact, wide = _filed()
    about = [*exact.get(operation, ()), *(entry for entry in wide if entry.names(operation))]
    left = [entry for entry in about if entry.kind is Class.OPEN]
    off = any(entry.always for entry in left)
    kept = (entry for entry in about if entry.kind is not Class.OPEN and not (off and entry.wide))
    return Standing(tuple(kept), frozenset(entry.condition.member.lower() for entry in left if not entry.always))


@cache
def entries() -> tuple[Entry, ...]:
    """Return the whole list, in the order of the file."""
    return tuple(parse(Path(__file__).with_name("floor.txt").read_text("utf-8").splitlines()))


@cache
def _filed() -> tuple[Mapping[str, list[Entry]], tuple[Entry, ...]]:
    """Sort the list into what names one operation and what has wildcards: a decision asks it often."""
    exact: dict[str, list[Entry]] = {}
    for entry in entries():
        if not entry.wide:
            exact.setdefault(entry.pattern, []).append(entry)
    return exact, tuple(entry for entry in entries() if entry.wide)


def parse(lines: Iterable[str]) -> Iterable[Entry]:
    """Read the lines of a list. Raises ValueError at the first that cannot be read."""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.rstrip())
        if not found:
            raise ValueError(f"floor.txt line {number}: {line!r}")
        kind, pattern, condition, reason = found.groups()
        yield Entry(Class(kind), pattern, conditions.read(condition or ""), reason, number)


def _matches(pattern: str, operation: str) -> bool:
    return bool(glob(pattern).fullmatch(operation))
