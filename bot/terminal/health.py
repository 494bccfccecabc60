"""`python -m bot health`: reads what the bot's processes last wrote of themselves into the store.

Liveness: a process on this store wrote within the last seconds and its workers are not stuck. Readiness: it is also
connected to Slack, its token is accepted, bot.yml is valid, and no report is overdue. What it warns of (a stranger on
the line) is said and changes neither. Nothing is created by asking.
Exit: 0 well, 1 not.
"""

from __future__ import annotations

import time
from typing import Any

from bot.store.database import Database, StoreError, must_be_there
from bot.store.processes import Processes
from bot.store.reports import Reports

WELL, UNWELL = 0, 1


def health(database_url: str, *, live: bool) -> int:
    """Print how the bot is; returns 0 where it is well, else 1. Raises OperatorError for a URL that is none."""
    try:
        facts, overdue = _facts(database_url)
    except StoreError as error:
        return _unwell(f"down: {error.sentence} A bot that has started here makes the store.")
    if not any(each["live"] for each in facts):
        return _unwell("down: its workers are stuck" if facts else "down: no bot process works on this store")
    ready = any(each["ready"] for each in facts) and not overdue
    why = "; ".join(dict.fromkeys((*(reason for each in facts for reason in each["why"]), *overdue)))
    but = "; ".join(dict.fromkeys(each for known in facts for each in known.get("warnings", ())))
    print((f"ready, but {but}" if but else "ready") if ready else f"live, but not ready: {why}")
    return WELL if ready or live else UNWELL


def _unwell(why: str) -> int:
    print(why)
    return UNWELL


def _facts(database_url: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return what each bot process says of itself (a terminal's sign of life is not a bot's), and what is overdue.

    The reports are looked up here, because a bot whose scheduler stands still may not notice it.
    """
    must_be_there(database_url)
    database = Database(database_url)
    try:
        alive = Processes(database).alive(time.time()).values()
        overdue = Reports(database).overdue(time.time())
        return [each for each in alive if "live" in each], [str(each) for each in overdue]
    finally:
        database.close()
