"""What changed since a report's last run, said first.

Two runs are compared by their facts: subjects with their states, which a reply brings along, else the rows of its first
table. Where either run could not read something, its facts hold `unknown` for what all those subjects begin with, and
nothing of it is compared: what could not be read is neither gone nor new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.reply import Part, Reply, Table, note, text
from bot.text import moment, rows_left

UNKNOWN = "unknown"
_NAMED = 2
"""Changes that the first line names; it is read on a lock screen."""
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Before:
    """What the last run found, and when (epoch seconds)."""

    facts: tuple[tuple[str, str], ...]
    at: float


def facts_of(reply: Reply) -> tuple[tuple[str, str], ...]:
    """Return what a reply is compared by."""
    if reply.facts:
        return reply.facts
    table = next((part for part in (*reply.parts, *reply.thread) if isinstance(part, Table)), None)
    return tuple(_rows(table)) if table else ()


def since(reply: Reply, before: Before | None, title: str) -> Reply:
    """Put in a reply's first line what changed since the last run; `title` says which report it is."""
    facts = facts_of(reply)
    if before is None:
        said = f"{title}: {reply.summary}"
        return replace(reply, summary=said, parts=(*reply.parts, note(FIRST)), facts=facts)
    changes = list(changes_between(before.facts, facts))
    at = moment(datetime.fromtimestamp(before.at, UTC))
    if not changes:
        return replace(reply, summary=f"{title}: nothing changed since {at}. {reply.summary}", facts=facts)
    first = f"{title}: {_counted(len(changes))} since {at}: {'; '.join(changes[:_NAMED])}"
    more = f"; and {len(changes) - _NAMED} more" if len(changes) > _NAMED else ""
    parts: tuple[Part, ...] = (text(reply.summary), *_list(changes[_NAMED:]), *reply.parts)
    return replace(reply, summary=f"{first}{more}", parts=parts, facts=facts)


def changes_between(before: tuple[tuple[str, str], ...], now: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Say each change in words, what is new first, then what is gone and what is otherwise."""
    was, is_ = dict(before), dict(now)
    unread = tuple(subject for subject, state in (*before, *now) if state == UNKNOWN)
    subjects = [each for each in dict.fromkeys((*is_, *was)) if not each.startswith(unread or ("\0",))]
    for subject in subjects:
        if subject not in was:
            yield f"new: {_state(subject, is_)}"
    for subject in subjects:
        if subject not in is_:
            yield f"gone: {_state(subject, was)}"
    for subject in subjects:
        if subject in was and subject in is_ and was[subject] != is_[subject]:
            yield f"{subject}: {was[subject]} → {is_[subject]}"


FIRST = "This is the first run: the next one says what changed."


def _state(subject: str, states: Mapping[str, str]) -> str:
    return f"{subject} ({states[subject]})" if states[subject] else subject


def _counted(count: int) -> str:
    return f"{count} change" + ("" if count == 1 else "s")


def _list(changes: list[str]) -> tuple[Part, ...]:
    if not changes:
        return ()
    shown = text("\n".join(changes[:_LISTED]))
    left = len(changes) - _LISTED
    return (shown, note(rows_left(left, len(changes)))) if left > 0 else (shown,)


def _rows(table: Table) -> Iterator[tuple[str, str]]:
    """Read a table's rows as facts: by their ids where it says which column holds them, else by the first."""
    column = table.of.column if table.of else 0
    seen: Counter[str] = Counter()
    for row in table.rows:
        subject = row[column] if column < len(row) else ""
        seen[subject] += 1
        name = f"{subject} ({seen[subject]})" if seen[subject] > 1 else subject
        yield name, ", ".join(cell for at, cell in enumerate(row) if at != column and cell)
