"""`python -m bot check --replay new.yml --days 30`: what another bot.yml would have said to what was really asked.

Every decision in the store's audit is made again under the other file, as of its own moment. Nothing is changed, and
neither AWS nor Slack is asked. Exit: 0 nothing would be otherwise, 3 something would.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.config.load import load
from bot.errors import OperatorError
from bot.parse import Commands
from bot.policy.record import EVENT
from bot.policy.replay import Difference, Replayed, replay
from bot.road.enrolment import checked
from bot.store.audit import Audit
from bot.store.database import Database, must_be_there
from bot.text import line, moment

SAME, OTHERWISE = 0, 3
_DAY = 86_400.0
_KINDS = (("allowed", "newly allowed"), ("denied", "newly denied"), ("unasked", "no longer asked to confirm"))


def replaying(path: Path, days: float, database_url: str, commands: Commands) -> int:
    """Print what would be otherwise under the file at `path`; returns the exit code. Raises ConfigError."""
    if not path.exists():
        raise OperatorError(f"There is no file {path}.")
    file = load(path, checked(commands))
    must_be_there(database_url)
    database = Database(database_url)
    try:
        found = replay(file, Audit(database).since(EVENT, time.time() - days * _DAY))
    finally:
        database.close()
    for told in _said(found, path, days):
        print(line(told))
    return SAME if found.same else OTHERWISE


def _said(found: Replayed, path: Path, days: float) -> Iterator[str]:
    asked = f"{found.decisions} decision{'' if found.decisions == 1 else 's'} of the last {days:g} days"
    yield f"{asked}, made again under {path}: " + ("nothing would be otherwise." if found.same else "")
    for name, title in _KINDS:
        differences: dict[tuple[str, ...], Difference] = getattr(found, name)
        if differences:
            yield f"{title} ({len(differences)}):"
            yield from _listed(differences.values())
    if found.unread:
        yield f"{found.unread} more were written by another release and could not be made again."


def _listed(differences: Iterable[Difference]) -> Iterator[str]:
    for each in sorted(differences, key=lambda one: (-one.times, one.operation, one.user)):
        where = f" in {each.account}" if each.account else ""
        times = f"{each.times} times, last " if each.times > 1 else ""
        when = moment(datetime.fromtimestamp(each.last, UTC))
        yield f"  {each.operation}{where} by {each.user} ({times}{when}: {each.example}). {each.why}"
