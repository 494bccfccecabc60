"""`halt` and `resume`: the stop button, from where people talk.

`halt` is read from the raw words, whatever quotes are missing, is decided by identity alone, and asks nothing back. A
slip stops too much rather than nothing; only a person or an account that cannot be told is asked for again.
`resume` takes another person than the one who halted.
"""

from __future__ import annotations

import re
from typing import Annotated

from bot.action import Action, shown
from bot.actor import Actor
from bot.command import Command
from bot.errors import Refused, Unsure, UsageError
from bot.params import Rest
from bot.policy.listed import may_halt, may_resume
from bot.reply import Mono, Part, Reply, note, text
from bot.road.brake import NO_REASON, OF_FILE, PutOn
from bot.road.desk import Desk
from bot.road.halted import ON_HOST, listed, said, scope_words, under_way, void_waiting
from bot.road.own_words import Asking, word
from bot.store.database import StoreError
from bot.store.halts import EVERYTHING, Halt
from bot.store.runs import Run

_HALT = re.compile(r"\s*halt[!.,:]*(?:\s+(?P<rest>.*))?", re.IGNORECASE | re.DOTALL)
_USER = re.compile(r"[UW][A-Z0-9]{2,20}")
_REASON_CHARACTERS = 500
_TWO = 2


def halting(words: str) -> Action | None:
    """Return what a typed halt is, however it was quoted; None where it is something else."""
    found = _HALT.fullmatch(words)
    return Action("", "halt", tuple((found["rest"] or "").split())) if found else None


def halt(
    asking: Asking,
    what: Annotated[
        tuple[str, ...], "all (which is meant if left out), user @somebody or account NAME; why", Rest()
    ] = (),
) -> Reply:
    """Stop everything at once, or one person, or one account: nothing new starts, and what waits is void."""
    desk, actor = asking.desk, asking.actor
    if not may_halt(desk.law.file, actor):
        raise Refused(_not_listed(desk), layer="halt")
    scope, name, reason = scoped(desk, what)
    put = desk.brake.put_on(Halt(scope, name, actor.key, actor.name or actor.user, reason, desk.now()))
    return told(desk, put, asking.run)


def resume(
    asking: Asking,
    what: Annotated[tuple[str, ...], "all (which is meant if left out), user @somebody or account NAME", Rest()] = (),
) -> Reply:
    """Let go on what somebody else halted, and say who that was and why."""
    desk, actor = asking.desk, asking.actor
    if not may_resume(desk.law.file, actor):
        raise Refused(_not_to_resume(desk, actor), layer="halt")
    scope, _, _ = scoped(desk, what)
    active = desk.brake.in_force()
    found = next((each for each in active if each.scope == scope and each.by != OF_FILE), None)
    if found is None:
        raise UsageError(_nothing(scope, active))
    if actor.key == found.by:
        raise Refused(f"You halted this: a second listed person has to resume, or {ON_HOST}.", layer="halt")
    if any(each.covers(frozenset({actor.user}), "") and each.scope != EVERYTHING for each in active):
        raise Refused(f"You are halted yourself: somebody else has to resume, or {ON_HOST}.", layer="halt")
    assert asking.run is not None
    with desk.runs.together():
        if not desk.brake.halts.end(found, desk.now(), actor.name or actor.user):
            raise UsageError("Somebody else resumed this just now.")
        desk.audit.write(desk.now(), "resumed", asking.run, scope=found.scope, halted_by=found.by, why=found.reason)
    left = desk.brake.in_force()
    return Reply(f"Resumed {scope_words(found)}", (text(f"{said(found)}."), *_still(left)), "ok")


def halt_words() -> tuple[Command, ...]:
    """Return the stop button's words as commands, shaped like all others."""
    return (
        word(halt, (), "halt account prod the alarms make no sense"),
        word(resume, (), "resume account prod"),
    )


def scoped(desk: Desk, words: tuple[str, ...]) -> tuple[str, str, str]:
    """Read what is meant: its scope, what that is called, and the reason. Raises UsageError where it cannot be told."""
    kind = words[0].lower() if words else EVERYTHING
    if kind not in ("user", "account"):
        rest = words[1:] if words and kind == EVERYTHING else words
        return EVERYTHING, "", _reason(rest)
    if len(words) < _TWO:
        raise UsageError(f"Say which {kind}, or all. Nothing was done.")
    found = _user(words[1]) if kind == "user" else _account(desk, words[1])
    return f"{kind}/{found[0]}", found[1], _reason(words[2:])


def _reason(words: tuple[str, ...]) -> str:
    return " ".join(words)[:_REASON_CHARACTERS] or NO_REASON


def _user(named: str) -> tuple[str, str]:
    if not _USER.fullmatch(named):
        raise UsageError(f"{shown(named)} is no person: write @ and pick them, or give the id (U…). Nothing was done.")
    return named, named


def _account(desk: Desk, named: str) -> tuple[str, str]:
    accounts = desk.law.file.accounts
    for name, about in accounts.items():
        if named in (name, about.id):
            return about.id, name
    if re.fullmatch(r"[0-9]{12}", named):
        return named, named
    names = ", ".join(accounts) or "none"
    raise UsageError(f"I know no account {shown(named)}; there are: {names}. Nothing was done. To stop all: halt all")


def told(desk: Desk, put: PutOn, run: Run | None) -> Reply:
    """Void what waits, write the audit, and say what was done, what could not be, and what still runs."""
    failed = [*put.failed]
    voided: tuple[Run, ...] = ()
    running: tuple[Run, ...] = ()
    try:
        voided = void_waiting(desk, (put.halt,))
        running = under_way(desk, (put.halt,), but=run.id if run else "")
        if run:
            facts = {"scope": put.halt.scope, "why": put.halt.reason, "voided": [each.id for each in voided]}
            desk.audit.write(desk.now(), "halted", run, already=put.before, **facts)
    except StoreError as error:
        failed.append(f"What waits and what runs could not be looked up: {error.sentence}")
    parts: tuple[Part, ...] = tuple(text(each) for each in failed)
    if not failed:
        parts = listed("Voided:", voided) or (note("No card was waiting."),)
        parts += listed("Still running, and told to its end:", running) or (note("Nothing is running."),)
    again = note("A second listed person resumes: ", Mono(f"resume {scope_words(put.halt)}"), f"; or {ON_HOST}.")
    first = f"Already: {said(put.halt)}" if put.before else said(put.halt)
    return Reply(first, (*parts, again), "fail" if failed else "ok")


def vouched(desk: Desk, run: Run) -> Actor:
    """Vouch for whoever halts: where Slack would not say who they are, an id that is listed is enough. Raises Refused.

    Unsure is raised for people of our workspace alone: of strangers it is known that they are none of ours.
    """
    try:
        return desk.actor(run)
    except Unsure:
        known = Actor("slack", run.user, run.team)
        if run.actor_kind == "slack" and may_halt(desk.law.file, known):
            return known
        raise


def _not_listed(desk: Desk) -> str:
    if desk.law.locked:
        return f"Locked: {desk.law.locked} So I do not know who may halt. On the bot's host: python -m bot halt"
    if desk.law.file.halt is None:
        return "Nobody may halt from here: bot.yml has no halt. On the bot's host: python -m bot halt"
    who = desk.law.file.halt.who
    names = [desk.directory.name(each) for each in (*who.groups, *who.users)]
    return f"Only who is listed under halt in bot.yml may do that: {', '.join(names) or 'the terminal'}."


def _not_to_resume(desk: Desk, actor: Actor) -> str:
    if may_halt(desk.law.file, actor):
        return f"Your membership of the listed group is too new to resume: somebody else has to, or {ON_HOST}."
    return _not_listed(desk)


def _nothing(scope: str, active: tuple[Halt, ...]) -> str:
    if not active:
        return "Nothing is halted."
    by_file = [each for each in active if each.by == OF_FILE]
    if by_file and scope == EVERYTHING:
        return f"{said(by_file[0])}. It ends when the file is removed on the bot's host."
    what = "; ".join(f"{said(each)} (resume {scope_words(each)})" for each in active)
    return f"That is not halted. What is: {what}"


def _still(left: tuple[Halt, ...]) -> tuple[Part, ...]:
    return tuple(note(f"Still: {said(each)}.") for each in left)
