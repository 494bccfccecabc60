"""The last lines of a log group. CloudWatch Logs answers oldest first: a span that holds too much is made shorter."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.command import Aws
from bot.errors import UsageError
from bot.reply import Note, note

LINES = 200
"""Lines that are shown."""
_PAGES = 5
"""Answers of FilterLogEvents that are read of one span; each holds up to 10,000 events or 1 MB."""


@dataclass(frozen=True, slots=True)
class Read:
    """The lines, the minutes they are of, and what else there is to say."""

    lines: tuple[str, ...]
    minutes: int
    notes: tuple[Note, ...] = ()


def group_of(configuration: Mapping[str, Any]) -> str:
    """Return the log group a function writes to."""
    own = (configuration.get("LoggingConfig") or {}).get("LogGroup")
    return str(own or f"/aws/lambda/{configuration['FunctionName']}")


def last_lines(aws: Aws, group: str, minutes: int, find: str | None) -> Read:
    """Read the newest lines of a span, or of as much of its end as can be read. Raises UsageError without a group."""
    span = minutes
    while True:
        events, whole = _events(aws, group, span, find)
        if whole or span == 1:
            break
        span = max(1, span // 4)
    lines = [line for each in events for line in _lines(each)]
    cut = [f"These are the last {LINES} lines: there are more."] if len(lines) > LINES else []
    cut += [f"There is too much of it to read {minutes} minutes: these are {span}."] if span < minutes else []
    cut += ["There is more than I read: narrow it with --find."] if not whole else []
    return Read(tuple(lines[-LINES:]), span, tuple(map(note, cut)))


def _events(aws: Aws, group: str, minutes: int, find: str | None) -> tuple[list[Mapping[str, Any]], bool]:
    """Return the newest events of a span in their order, and whether it was read to its end."""
    client = aws.client("logs")
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    asked: dict[str, Any] = {"logGroupName": group, "startTime": int(since.timestamp() * 1000)}
    asked |= {"filterPattern": _exactly(find)} if find else {}
    kept: deque[Mapping[str, Any]] = deque(maxlen=LINES * 10)
    token: dict[str, str] = {}
    try:
        for _ in range(_PAGES):
            page = client.filter_log_events(**asked, **token)
            kept.extend(page.get("events", ()))
            if not page.get("nextToken"):
                return sorted(kept, key=lambda each: each["timestamp"]), True
            token = {"nextToken": page["nextToken"]}
    except client.exceptions.ResourceNotFoundException:
        raise UsageError(
            f"There is no log group {group} in {aws.account} {aws.region}: the function has logged nothing yet, or its "
            "role may not write logs."
        ) from None
    return sorted(kept, key=lambda each: each["timestamp"]), False


def _exactly(text: str) -> str:
    """Write a text as a filter pattern that means itself."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _lines(event: Mapping[str, Any]) -> list[str]:
    """Write an event's lines, the first with its time in UTC."""
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    first, *rest = event["message"].rstrip("\n").splitlines() or [""]
    return [f"{at:%Y-%m-%d %H:%M:%S} {first}", *rest]
