"""What is said about a report rather than by it: that it was skipped, paused, or did not arrive."""

from __future__ import annotations

from bot.actor import Actor
from bot.reply import Reply, to_json
from bot.road.desk import Desk
from bot.store.database import new_id
from bot.store.reports import Report
from bot.store.runs import Run, State


def run_of(desk: Desk, report: Report, scheduled_for: float) -> Run:
    """Make the run of one occurrence, in this process's hands: as its owner, or as the report of bot.yml that it is."""
    return Run(
        id=new_id(),
        state=State.RECEIVED,
        owner=desk.owner,
        actor_kind="report" if report.of_file else "slack",
        team=report.team,
        user=report.name if report.of_file else report.user,
        channel=report.channel,
        text=report.command,
        report=report.id,
        scheduled_for=scheduled_for,
        created_at=desk.now(),
    )


def tell(desk: Desk, report: Report, reply: Reply, key: str, *, occurrence: float = 0.0, private: bool = False) -> bool:
    """Say something about a report, once for a key: in its channel, or to its owner or contact; False where it was."""
    run = run_of(desk, report, occurrence)
    with desk.runs.together():
        if not desk.runs.receive(run, f"report/{report.id}/{key}"):
            return False
        desk.move(
            run,
            State.VOID,
            reply=to_json(reply),
            why=reply.summary,
            audience="asker" if private else "channel",
        )
    return True


def owner_of(report: Report) -> str:
    """Return the key of whoever a report belongs to, as `Actor.key` spells it."""
    return Actor("report" if report.of_file else "slack", report.user or report.name, team=report.team).key
