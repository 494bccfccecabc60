"""What in a call's parameters is of another account or Region than the run's: ARNs, and what names an account like one.

Buckets have one name space for all accounts, so a copy has to say whose its source is. What is uploaded (a body, a
payload) names nothing. A rule may grant an ARN by naming it in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from bot.aws import models

_ARN = re.compile(r"/*(arn:[^:]*:[^:]*:([^:]*):([^:]*):[^?]*)", re.DOTALL)
_ACCOUNT = re.compile(r"(?:(\d{12}):function:|https?://[^/]+/(\d{12})/)")
"""A function by half its ARN, a queue by its address."""
_OWNERS = frozenset({"ExpectedBucketOwner", "ExpectedSourceBucketOwner"})


@dataclass(frozen=True, slots=True)
class Home:
    """Where a run is at home: twelve digits, a Region, and the foreign ARNs that its rules name in full."""

    account: str
    region: str
    named: frozenset[str] = frozenset()

    def elsewhere(self, arn: str) -> str:
        """Say what of an ARN is not this one's: account, Region or nothing. Raises ValueError on a broken one."""
        _, _, _, region, account, _ = arn.split(":", 5)
        if arn in self.named:
            return ""
        return (
            "account" if account not in ("", "aws", self.account) else "" if region in ("", self.region) else "Region"
        )


def foreign(operation: str, params: Mapping[str, Any], home: Home) -> str:
    """Return the first parameter that names something foreign, or nothing."""
    for name, value in params.items():
        if any(_foreign(text, home) for text in _texts(value)) and models.members(operation).get(name) != "blob":
            return name
        if name in _OWNERS and value != home.account:
            return name
    return "CopySource" if _somebody_s(params, home) else ""


def _foreign(text: str, home: Home) -> bool:
    plain = unquote(text)
    arn, other = _ARN.match(plain), _ACCOUNT.match(plain)
    if arn:
        return bool(home.elsewhere(arn[1]))
    return other is not None and home.account not in other.groups()


def _somebody_s(params: Mapping[str, Any], home: Home) -> bool:
    """Say whether a copy's source may be anybody's bucket: it says neither whose it is nor is it named by a rule."""
    source = params.get("CopySource")
    if source is None or params.get("ExpectedSourceBucketOwner") == home.account:
        return False
    bucket = source.get("Bucket") if isinstance(source, Mapping) else unquote(str(source)).lstrip("/").split("/")[0]
    return not any(arn.endswith(f":s3:::{bucket}") for arn in home.named)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a parameter, however deep; bytes are what is uploaded."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _texts(inner)
