"""A report's answer as it arrives: what changed comes first, then whether it is late, and when the next one comes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from bot.reply import Mono, Note, Part, Reply, When, from_json, note, to_json
from bot.road.changed import Before, since
from bot.road.desk import Desk
from bot.store.reports import Report
from bot.store.runs import Run, State
from bot.when import clock, schedule

LATE_SECONDS = 90.0
"""A report that is later than this says so."""
_LOOKED_BACK = 50
UNSEEN = "This was to go to {}, where I cannot post (any more). Invite me there, or have the report post elsewhere."


def arrived(desk: Desk, run: Run, reply: Reply, *, seen: bool) -> Reply:
    """Make a command's answer into a report; `seen` is false where its channel is closed to the bot."""
    report = desk.reports.get(run.report)
    if report is None:
        return reply
    told = since(reply, _before(desk, report, run), report.name)
    return replace(told, parts=(*told.parts, *_notes(desk, report, run, seen=seen)))


def _before(desk: Desk, report: Report, run: Run) -> Before | None:
    """Return what the last run that arrived found; a run of another command is no measure."""
    for each in desk.reports.runs(report, _LOOKED_BACK):
        if each.id != run.id and each.state is State.DONE and each.reply and each.action == run.action:
            return Before(from_json(each.reply).facts, each.created_at)
    return None


def _notes(desk: Desk, report: Report, run: Run, *, seen: bool) -> Iterable[Part]:
    if run.scheduled_for and desk.now() - run.scheduled_for > LATE_SECONDS:
        yield note("Late: it was due ", When(_at(run.scheduled_for)), ".")
    if run.why:
        yield note(run.why)
    if not seen:
        yield note(UNSEEN.format(report.channel))
    yield _footer(report)


def away_from_home(run: Run) -> dict[str, str]:
    """Say in a report that its channel is closed to the bot: it goes to its owner or contact instead."""
    if not run.report or not run.reply:
        return {}
    reply = from_json(run.reply)
    return {"reply": to_json(replace(reply, parts=(*reply.parts, note(UNSEEN.format(run.channel)))))}


def _footer(report: Report) -> Note:
    if report.paused:
        return note("Report ", Mono(report.name), ", paused.")
    return note("Report ", Mono(report.name), f", {report.schedule} ({report.zone}). Next: ", When(_at(report.next_at)))


def upcoming(text: str, zone: str, now: float, count: int = 3) -> str:
    """Say the next moments of a schedule on its own zone's clocks. Raises UsageError."""
    moments = schedule(text, zone).moments(now)
    return f"{', '.join(clock(next(moments), zone) for _ in range(count))} ({zone})"


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
