"""Findings of one kind of thing, place by place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.command import Reading

Finding = tuple[str, str]
"""The thing, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What one kind of thing was found to be: readings of findings, and how many things were looked at."""

    kind: str
    readings: tuple[Reading[list[Finding]], ...]
    count: int


def judged(reading: Reading[Any], findings: Callable[[Any], list[Finding]]) -> Reading[list[Finding]]:
    """Judge what a place answered; one that was not read stays unread."""
    value = None if reading.value is None else findings(reading.value)
    return Reading(reading.account, reading.region, value, reading.failed, reading.skipped)


def nothing(reading: Reading[Any]) -> Reading[list[Finding]]:
    """Pass on whether a place was read, and no finding."""
    return judged(reading, lambda _value: [])
