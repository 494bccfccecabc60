"""`report list | show | add | run | pause | resume | remove`: reports from where people talk.

A report that somebody adds is theirs: it runs as them, decided anew each time, so it can never do more than they could
by typing. They manage their own; those of bot.yml and other people's take the right `bot:ManageReports` besides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from bot.action import quote, shown
from bot.command import Command, Effect
from bot.errors import Refused, UsageError
from bot.params import Rest, Shape
from bot.policy.decide import decide
from bot.policy.match import Request
from bot.reply import Fields, Mono, Part, Reply, Table, note, text
from bot.road.arrival import upcoming
from bot.road.desk import Desk
from bot.road.enrolment import reportable
from bot.road.notices import owner_of, run_of
from bot.road.own_words import Asking, word
from bot.store.database import new_id
from bot.store.reports import PERSON, Report
from bot.store.runs import Run
from bot.when import clock, schedule

Name = Annotated[str, "the report's name"]
_NAME = Shape(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "a name of letters, digits, dots and dashes")
_OPTION = re.compile(r"(--[a-z][a-z0-9-]*)(?:=(.*))?", re.DOTALL)
_MOST = 50
"""Reports that one person may have."""
_RUNS = 5


def list_(asking: Asking) -> Reply:
    """List the reports that post here, and your own, with when they come next."""
    every = asking.desk.reports.all()
    mine = [each for each in every if _near(asking, each)]
    if not mine:
        example = asking.typed('report add "every weekday at 9:00" report fleet')
        return Reply("No reports here yet", (text("To add one: ", Mono(example)),), "ok")
    rows = tuple((each.name, each.schedule, _next(each), each.command, each.channel, _whose(each)) for each in mine)
    table = Table(("Name", "When", "Next", "Command", "Channel", "Of"), rows)
    others = len(every) - len(mine)
    elsewhere = (note(f"{others} more post elsewhere."),) if others else ()
    return Reply(f"{len(mine)} report{'' if len(mine) == 1 else 's'}", (table, *elsewhere), "ok")


def show(asking: Asking, name: Name) -> Reply:
    """Show one report: its times, its last runs, and why it is paused."""
    report = _found(asking, name)
    if not _near(asking, report):
        raise UsageError(_unknown(name))
    desk = asking.desk
    pairs = [("Command", report.command), ("When", f"{report.schedule} ({report.zone})"), ("Next", _soon(desk, report))]
    pairs += [("Channel", report.channel), ("Of", _whose(report))]
    pairs += [("Paused", report.paused)] if report.paused else []
    runs = desk.reports.runs(report, _RUNS)
    rows = tuple((_due(each, report), str(each.state), each.why) for each in runs)
    parts: tuple[Part, ...] = (Fields(tuple(pairs)),)
    parts += (Table(("Due", "Became", "Why"), rows),) if rows else (note("It has not run yet."),)
    return Reply(f"Report {report.name}{' (paused)' if report.paused else ''}", parts, "ok")


def add(
    asking: Asking,
    when: Annotated[str, 'in quotes: "every weekday at 9:00", "every 15 minutes", "0 9 * * 1-5"'],
    command: Annotated[tuple[str, ...], "the command, with its options", Rest()],
    *,
    name: Annotated[str | None, "what to call it", _NAME] = None,
    zone: Annotated[str | None, "whose clocks: Europe/Berlin; else UTC"] = None,
    here: Annotated[bool, "post it in this channel, which is what happens anyway"] = False,  # noqa: ARG001 - said aloud
) -> Reply:
    """Add a report of your own to this channel: a command that reads, run by a schedule, as you."""
    desk = asking.desk
    if asking.actor.kind != "slack" or not asking.place.channel:
        raise UsageError("A report goes to a channel: add it in Slack, in the channel where it is to be posted.")
    plan = schedule(when, zone or "UTC")
    action = reportable(as_typed(command), desk.commands, desk.law.defaults, asking.may)
    _room(asking)
    report = Report(
        id=new_id(),
        name=_free_name(asking, name, action.name),
        source=PERSON,
        team=asking.actor.team,
        user=asking.actor.user,
        channel=asking.place.channel,
        schedule=" ".join(when.split()),
        zone=plan.zone,
        command=str(action),
        created_at=desk.now(),
        next_at=plan.after(desk.now()),
    )
    with desk.runs.together():
        if not desk.reports.add(report):
            raise UsageError(f"Somebody just added a report {report.name}. Try again, with another --name.")
        _audit(asking, "report added", report, schedule=report.schedule, zone=report.zone, command=report.command)
    desk.wake()
    next_three = text(f"Next: {upcoming(report.schedule, report.zone, desk.now())}")
    undo = note("It runs as you and may what you may. To end it: ", Mono(asking.typed(f"report remove {report.name}")))
    return Reply(f"Added report {report.name}: {report.command}", (next_three, undo), "ok")


def pause(asking: Asking, name: Name) -> Reply:
    """Stop a report until it is resumed."""
    report = _managed(asking, name)
    if report.paused:
        raise UsageError(f"{report.name} is paused already ({report.paused}). To go on: report resume {report.name}")
    _change(asking, "report paused", report, paused=f"by {asking.actor.name or asking.actor.user}")
    again = text("To go on: ", Mono(asking.typed(f"report resume {report.name}")))
    return Reply(f"Paused report {report.name}", (again,), "ok")


def resume(asking: Asking, name: Name) -> Reply:
    """Let a paused report go on with its next moment."""
    report = _managed(asking, name)
    if not report.paused:
        raise UsageError(f"{report.name} is not paused. It comes next: {_soon(asking.desk, report)}.")
    next_at = schedule(report.schedule, report.zone).after(asking.desk.now())
    now = _change(asking, "report resumed", report, paused="", failures=0, next_at=next_at)
    return Reply(f"Resumed report {report.name}", (text(f"Next: {_soon(asking.desk, now)}"),), "ok")


def run(asking: Asking, name: Name) -> Reply:
    """Run a report now, in its own channel; its schedule stays as it is."""
    report = _managed(asking, name)
    desk = asking.desk
    if desk.reports.under_way(report):
        raise UsageError(f"{report.name} is running already: its answer comes to {report.channel}.")
    wanted = replace(run_of(desk, report, 0.0), owner="")  # nobody's yet: whoever works on reports takes it over
    with desk.runs.together():
        desk.runs.receive(wanted, "")
        _audit(asking, "report run", report, started=wanted.id)
    return Reply(f"Running report {report.name}; it answers in {report.channel}", (), "ok")


def remove(asking: Asking, name: Name) -> Reply:
    """Remove a report of your own; one of bot.yml is taken out there."""
    report = _managed(asking, name)
    if report.of_file:
        raise UsageError(f"{report.name} stands in bot.yml: take it out there. To stop it: report pause {report.name}")
    with asking.desk.runs.together():
        asking.desk.reports.remove(report)
        _audit(asking, "report removed", report, schedule=report.schedule, zone=report.zone, command=report.command)
    return Reply(f"Removed report {report.name}: {report.command}", (), "ok")


def report_words() -> tuple[Command, ...]:
    """Return the words about reports as commands, shaped like all others."""
    declared: tuple[tuple[Callable[..., Reply], str, str], ...] = (
        (add, "bot:AddReport", 'add "every weekday at 9:00" ec2 list state=running --name morning'),
        (list_, "bot:ListReports", "list"),
        (show, "bot:GetReport", "show morning"),
        (run, "bot:RunReport", "run morning"),
        (pause, "bot:PauseReport", "pause morning"),
        (resume, "bot:ResumeReport", "resume morning"),
        (remove, "bot:RemoveReport", "remove morning"),
    )
    return tuple(word(function, (call,), f"report {said}", "report") for function, call, said in declared)


def as_typed(words: tuple[str, ...]) -> str:
    """Write a command's words as they were typed; one word is a command in quotes."""
    if len(words) == 1:
        return words[0]
    return " ".join(_written(each) for each in words)


def _written(each: str) -> str:
    option = _OPTION.fullmatch(each)
    if not option:
        return quote(each)
    return option[1] if option[2] is None else f"{option[1]}={quote(option[2])}"


def _near(asking: Asking, report: Report) -> bool:
    """Say whether somebody may see a report: their own, one that posts here, or any where they manage them."""
    here = bool(report.channel) and report.channel == asking.place.channel
    return here or owner_of(report) == asking.actor.key or _manages(asking)


def _manages(asking: Asking) -> bool:
    manage, now = "bot:ManageReports", asking.desk.now()
    request = Request(asking.actor, asking.place, manage, "", "", None, {}, Effect.READS, at=now)
    return decide(asking.desk.law.file, request).allowed


def _found(asking: Asking, name: str) -> Report:
    report = asking.desk.reports.named(name)
    if report is None:
        raise UsageError(_unknown(name))
    return report


def _unknown(name: str) -> str:
    return f"I know no report {shown(name)} here. To see them: report list"


def _managed(asking: Asking, name: str) -> Report:
    """Find a report that somebody may manage. Raises Refused."""
    report = _found(asking, name)
    if not _near(asking, report):
        raise UsageError(_unknown(name))
    if owner_of(report) != asking.actor.key and not _manages(asking):
        who = "bot.yml's" if report.of_file else f"{asking.desk.directory.name(report.user)}'s"
        raise Refused(f"{report.name} is {who}. Whoever may bot:ManageReports can do that.", layer="report")
    return report


def _room(asking: Asking) -> None:
    mine = [each for each in asking.desk.reports.all() if owner_of(each) == asking.actor.key]
    if len(mine) >= _MOST:
        raise UsageError(f"You have {len(mine)} reports, and that is as many as one may have. Remove one first.")


def _free_name(asking: Asking, name: str | None, of: str) -> str:
    """Return the name asked for, or one made of the command's. Raises UsageError where it is taken."""
    taken = {each.name for each in asking.desk.reports.all()}
    if name is not None:
        if name in taken:
            raise UsageError(f"There is a report {name} already. Give another --name.")
        return name
    made = of.replace(" ", "-")
    return next(each for each in (made, *(f"{made}-{n}" for n in range(2, len(taken) + 3))) if each not in taken)


def _change(asking: Asking, event: str, report: Report, **values: Any) -> Report:
    with asking.desk.runs.together():
        changed = asking.desk.reports.change(report, **values)
        _audit(asking, event, report)
    return changed


def _audit(asking: Asking, event: str, report: Report, **detail: Any) -> None:
    """Write down who did what with a report: with the run that asked for it."""
    assert asking.run is not None
    desk = asking.desk
    desk.audit.write(desk.now(), event, asking.run, report=report.name, channel_of_report=report.channel, **detail)


def _next(report: Report) -> str:
    return "paused" if report.paused else f"{clock(report.next_at, report.zone)} ({report.zone})"


def _soon(desk: Desk, report: Report) -> str:
    try:
        return "paused" if report.paused else upcoming(report.schedule, report.zone, desk.now())
    except UsageError as error:
        return error.sentence


def _due(run: Run, report: Report) -> str:
    asked = "" if run.scheduled_for else ", by hand"
    return clock(run.scheduled_for or run.created_at, report.zone) + asked


def _whose(report: Report) -> str:
    return "bot.yml" if report.of_file else report.user
