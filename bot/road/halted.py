"""What a halt does on the road: who is refused and in which words, which cards are voided, and what still runs.

A change that was sent is followed to its end, because that only reads and the truth has to be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from bot.actor import Actor
from bot.command import Command
from bot.errors import Refused
from bot.reply import Part, User, note, text
from bot.road.brake import OF_FILE
from bot.road.desk import Desk
from bot.store.halts import EVERYTHING, Halt
from bot.store.runs import Run, State
from bot.text import moment

ANSWERS = frozenset({"help", "whoami", "status", "halt", "resume"})
"""Bot words that answer while everything is halted: none of them reaches AWS."""
_WAITS = (State.ASKED, State.ARMED)
_RUNS = (State.RECEIVED, State.SENDING, State.FOLLOWING, State.UNKNOWN)
_LISTED = 12


def answers(command: Command) -> bool:
    """Say whether a command answers while everything is halted."""
    return not command.service and command.verb in ANSWERS


def refuse_halted(desk: Desk, run: Run, actor: Actor | None = None) -> None:
    """Refuse where everything, the run's account or whoever acts is halted: `actor`, else its asker and confirmer.

    Raises Refused; StoreError where it cannot be known, and that is a refusal too.
    """
    acting = _people(run) if actor is None else frozenset({actor.user} if actor.kind == "slack" else ())
    halt = desk.brake.over(acting, account_id(desk, run.account))
    if halt:
        raise Refused(sentence(desk, halt), layer="halt")


def halted_report(desk: Desk, run: Run) -> str:
    """Say why a report must not run, or nothing; its account is looked at when its command is read."""
    halt = desk.brake.over(_people(run), "")
    return sentence(desk, halt) if halt else ""


def halted_account(desk: Desk, account: str) -> bool:
    return desk.brake.over((), account_id(desk, account)) is not None


def account_id(desk: Desk, name: str) -> str:
    about = desk.law.file.accounts.get(name)
    return about.id if about else ""


def void_waiting(desk: Desk, halts: Iterable[Halt]) -> tuple[Run, ...]:
    """Void every card that waits for somebody or for its moment; returns those that were voided now."""
    halts = tuple(halts)
    found = ((run, _over(desk, run, halts)) for run in desk.runs.open() if run.state in _WAITS)
    moved = (desk.move(run, State.VOID, why=f"{said(halt)}.") for run, halt in found if halt)
    return tuple(filter(None, moved))


def under_way(desk: Desk, halts: Iterable[Halt], but: str = "") -> tuple[Run, ...]:
    """Return what runs of what is halted, oldest first; a run that is itself about the halt is left out (`but`)."""
    halts = tuple(halts)
    running = [run for run in desk.runs.open() if run.state in _RUNS and not run.ended_at and run.id != but]
    return tuple(sorted((run for run in running if _over(desk, run, halts)), key=lambda run: run.created_at))


def listed(title: str, runs: tuple[Run, ...]) -> tuple[Part, ...]:
    """Name runs with their state, one a line; nothing where there are none."""
    if not runs:
        return ()
    lines = tuple(text(f"{run.action or run.text} · ", User(run.user), f" · {run.state}") for run in runs[:_LISTED])
    more = len(runs) - _LISTED
    return (text(title), *lines, *((note(f"and {more} more"),) if more > 0 else ()))


def said(halt: Halt) -> str:
    """Say what is halted, by whom, when and why, without a full stop."""
    what = {"user": f" for {halt.name}", "account": f" in {halt.name}"}.get(halt.scope.partition("/")[0], "")
    when = f" at {moment(datetime.fromtimestamp(halt.at, UTC))}" if halt.at else ""
    return f"Halted{what} by {halt.by_name or halt.by}{when}: {halt.reason.rstrip('.')}"


def scope_words(halt: Halt) -> str:
    """Write a halt's scope as it is typed behind `resume`."""
    kind, _, id_ = halt.scope.partition("/")
    return kind if kind == EVERYTHING else f"{kind} {id_ if kind == 'user' else halt.name}"


def sentence(desk: Desk, halt: Halt) -> str:
    """Say to whoever is stopped who halted it and who can resume."""
    if halt.by == OF_FILE:
        return f"{said(halt)}. It ends when the file is removed on the bot's host."
    who = desk.law.file.halt.who if desk.law.file.halt else None
    names = [desk.directory.name(each) for each in (*who.groups, *who.users)] if who else []
    if not names:
        return f"{said(halt)}. To resume: {ON_HOST}."
    can = f"{', '.join(names[:4])}{' and others' if names[4:] else ''}"
    return f"{said(halt)}. {can} can end that: resume {scope_words(halt)}."


ON_HOST = "python -m bot resume, on the bot's host"


def _people(run: Run) -> frozenset[str]:
    """Return whose right a run goes by: its asker's, and that of whoever clicked for it."""
    return frozenset({run.user, run.by} - {""} if run.actor_kind == "slack" else ())


def _over(desk: Desk, run: Run, halts: tuple[Halt, ...]) -> Halt | None:
    people, account = _people(run), account_id(desk, run.account)
    return next((halt for halt in halts if halt.covers(people, account)), None)
