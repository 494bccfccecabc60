"""The reports of bot.yml in the store: entered by name when the bot starts, taken out when the file no longer has them.

Also which commands can be a report at all: those that read, and whose answer may be kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from bot.action import Action, shown
from bot.command import Command, Effect
from bot.config.botfile import BotFile
from bot.config.load import Check
from bot.config.names import Finding
from bot.config.reports import Report as Entry
from bot.errors import UsageError
from bot.parse import Commands, Defaults, everyone, parse
from bot.road.desk import Desk, Law
from bot.store.database import new_id
from bot.store.reports import FILE, Report
from bot.when import schedule

log = logging.getLogger(__name__)


def reportable(
    words: str, commands: Commands, defaults: Defaults, allowed: Callable[[Command], bool] = everyone
) -> Action:
    """Read a command that is to be a report. Raises UsageError where it changes something or cannot be kept."""
    action = parse(words, commands, defaults, allowed=allowed)
    command: Command = commands.of(action)
    if command.effect is not Effect.READS:
        raise UsageError(f"{command.name} changes something, and a report only reads. Try: help {command.service}")
    if command.own:
        raise UsageError(f"{command.name} is a word of my own, and a report reads AWS. Try: report fleet")
    if command.secret:
        raise UsageError(f"What {command.name} shows is for one person and not kept, so it cannot be a report.")
    return action


def checked(commands: Commands) -> Check:
    """Return what finds commands of the file's reports that cannot be one."""

    def findings(file: BotFile) -> Iterator[Finding]:
        for name, entry in file.reports.items():
            try:
                reportable(entry.command, commands, Law(file).defaults)
            except UsageError as error:
                first = error.sentence.split("\n")[0]
                yield ("reports", name, "command"), f"the command {shown(entry.command)} is no report: {first}"

    return findings


def enrol(desk: Desk) -> None:
    """Bring the store in step with bot.yml. A report that is as it was keeps its moment, also one that has come."""
    with desk.runs.together():
        known = {report.name: report for report in desk.reports.all()}
        for name, entry in desk.law.file.reports.items():
            _enter(desk, name, entry, known.get(name))
        for report in known.values():
            if report.of_file and report.name not in desk.law.file.reports:
                desk.reports.remove(report)


def _enter(desk: Desk, name: str, entry: Entry, known: Report | None) -> None:
    if known and not known.of_file:
        log.warning("The report %s of bot.yml takes the name of one of %s's, now %s", name, known.user, _other(known))
        desk.reports.change(known, name=_other(known))
        known = None
    facts: dict[str, Any] = {
        "channel": entry.channel,
        "schedule": entry.schedule,
        "zone": entry.zone,
        "command": entry.command,
    }
    if known is None:
        next_at = schedule(entry.schedule, entry.zone).after(desk.now())
        desk.reports.add(Report(new_id(), name, FILE, created_at=desk.now(), next_at=next_at, **facts))
        return
    if (known.schedule, known.zone) != (entry.schedule, entry.zone):
        facts["next_at"] = schedule(entry.schedule, entry.zone).after(desk.now())
    if any(getattr(known, key) != value for key, value in facts.items()):
        desk.reports.change(known, failures=0, **facts)


def _other(report: Report) -> str:
    return f"{report.name[:50]}-{report.id[:6]}"


def in_step(desk: Desk) -> None:
    """Find the coming moments anew: the time zone database may know better than when they were written."""
    now = desk.now()
    for report in desk.reports.all():
        if report.paused or report.next_at <= now:
            continue
        try:
            next_at = schedule(report.schedule, report.zone).after(now)
        except UsageError:
            continue  # it is said when its moment comes
        if next_at != report.next_at:
            desk.reports.claim(report, next_at=next_at)
