"""The one pattern language of the allowlist: `*` is any text, `?` any one character, case counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


@cache
def glob(pattern: str) -> re.Pattern[str]:
    """Compile a pattern; everything but `*` and `?` stands for itself."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)


def matches(patterns: Iterable[str], text: str) -> bool:
    """Say whether any of the patterns is the whole text."""
    return any(glob(pattern).fullmatch(text) for pattern in patterns)


def is_glob(text: str) -> bool:
    return "*" in text or "?" in text
