"""What the bot says by itself: about a report (skipped, paused, or not arrived), and to its operators."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.actor import Actor
from bot.reply import Reply, to_json
from bot.road.desk import Desk
from bot.store.database import new_id
from bot.store.reports import Report
from bot.store.runs import Run, State
from bot.text import line, plain

log = logging.getLogger(__name__)


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


def to_operators(desk: Desk, reply: Reply, key: str) -> bool:
    """Tell whoever runs the bot, once for a key, in the channel `operators:`, and in the log; False where it was told.

    Raises StoreError. Where bot.yml names no channel there is the log alone.
    """
    return told_in(desk, desk.law.file.operators or "", reply, key)


def told_in(desk: Desk, channel: str, reply: Reply, key: str) -> bool:
    """Do the same in a channel that is named."""
    run = Run(new_id(), State.RECEIVED, owner=desk.owner, actor_kind="bot", user="bot", channel=channel)
    run = replace(run, text=f"[{key}]", created_at=desk.now())
    with desk.runs.together():
        if not desk.runs.receive(run, f"operators/{channel}/{key}"):
            return False
        log.warning("%s", line(plain(reply)))
        ended = {"why": reply.summary, "reply": to_json(reply), "audience": "channel"}
        if channel:
            desk.move(run, State.VOID, **ended)
        else:
            desk.runs.move(run, State.VOID, ended_at=desk.now(), **ended)
    return True


def owner_of(report: Report) -> str:
    """Return the key of whoever a report belongs to, as `Actor.key` spells it."""
    return Actor("report" if report.of_file else "slack", report.user or report.name, team=report.team).key
