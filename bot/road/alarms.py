"""The dead-man's switch: a report that should have arrived and did not is said, once for each of its moments.

It reads the store alone, so that it also sees when nothing starts reports any more.
"""

from __future__ import annotations

from bot.reply import Reply, note, text
from bot.road.desk import Desk
from bot.road.notices import tell
from bot.store.reports import Overdue
from bot.when import clock


def overdue(desk: Desk) -> tuple[Overdue, ...]:
    """Return the reports that should have arrived by now; none while bot.yml is locked, which health says itself."""
    return () if desk.law.locked else desk.reports.overdue(desk.now())


def sound_alarms(desk: Desk) -> int:
    """Tell of every report that did not arrive, unless that was told; returns how many were told now."""
    return sum(_told(desk, each) for each in overdue(desk))


def _told(desk: Desk, each: Overdue) -> bool:
    report = each.report
    with desk.runs.together():
        if not desk.reports.alarm(report, each.occurrence):
            return False
        when = f"{clock(each.occurrence, report.zone)} ({report.zone})"
        parts = (text(f"It was due {when}; {each.why}."), note(f"report show {report.name} says more."))
        return tell(
            desk,
            report,
            Reply(f"Report {report.name} did not arrive within 10 minutes", parts, "fail"),
            f"alarm/{each.occurrence:.0f}",
        )
