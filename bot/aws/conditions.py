"""When an entry of the floor is met by the parameters of a call: the conditions of `floor.txt`, read and asked.

Parameters are as boto3 would be given them. Lists are gone through, and what is absent is not given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_WRITTEN = re.compile(
    r"(?P<how>any|named|unless)?\s*(?P<member>[A-Za-z0-9_.-]+)(?:(?P<sign>!?=)(?P<values>[A-Za-z0-9_,-]+))?"
)
KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Condition:
    """What has to be in a call: `how` is `always`, `is`, `not`, `unless`, `any`, `named` or `keys`.

    A member that has only to be given is `not` without values.
    """

    how: str = "always"
    member: str = ""
    values: tuple[str, ...] = ()

    def met(self, params: Mapping[str, Any], names: frozenset[str]) -> bool:
        """Say whether a call meets it; `names` are those of its members that count, at any depth."""
        if self.how in ("always", KEYS):
            return True
        if self.how in ("any", "named"):
            return any(map(self._called, names))
        found = [value for value in _at(params, self.member.split(".")) if value is not None]
        texts = {_text(value) in self.values for value in found}
        return True in texts if self.how == "is" else False in texts or (self.how == "unless" and not texts)

    def _called(self, name: str) -> bool:
        return name.lower() == self.member.lower() if self.how == "named" else self.member.lower() in phrases(name)


def read(written: str) -> Condition:
    """Read a condition as `floor.txt` writes it. Raises ValueError."""
    if written in ("", KEYS):
        return Condition(written or "always")
    found = _WRITTEN.fullmatch(written)
    if not found or (found["how"] == "unless") > (found["sign"] == "=") or (found["sign"] and found["how"] in _DEEP):
        raise ValueError(f"no condition: {written!r}")
    values = tuple(found["values"].split(",")) if found["values"] else ()
    how = found["how"] or ("is" if found["sign"] == "=" else "not")
    return Condition(how, found["member"], values)


def members(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every member at any depth with its value; inside tags there are other people's words, and no members."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name), each
            if "tag" not in phrases(str(name)):
                yield from members(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from members(each)


def counted(params: Mapping[str, Any], spared: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the names of a call's members that count; `spared` are names, in small letters, that do not."""
    return frozenset(name for name, value in members(params) if _counts(name, value, spared))


@lru_cache(maxsize=4096)
def phrases(name: str) -> frozenset[str]:
    """Return every run of a member's words as one, in small letters and the singular: `iamrole` of `IamRoles`."""
    words = [word.lower() for word in _WORDS.findall(name)]
    runs = {"".join(words[at:to]) for at in range(len(words)) for to in range(at + 1, len(words) + 1)}
    return frozenset(runs | {run.removesuffix("s") for run in runs} | {run.removesuffix("ging") for run in runs})


_DEEP = ("any", "named")


def _counts(name: str, value: Any, spared: frozenset[str]) -> bool:
    """A switch is no role and no tag, and what is absent is not given."""
    return value is not None and not isinstance(value, bool) and name.lower() not in spared


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _at(each, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
