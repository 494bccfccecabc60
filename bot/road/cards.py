"""A run as a person sees it: one message that goes from the question to the final state, rendered from the store.

The summary is the lock screen: verb, names, account and verdict come first. A decision fits a phone: what, where,
each resource, the exact calls, two buttons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from bot.aws.masks import call_text
from bot.command import Command, Effect, Plan, Resource
from bot.reply import Bold, Button, Buttons, Mono, Note, Part, Reply, Span, Text, User, When, note, text
from bot.road.desk import Desk
from bot.road.outcomes import failure, told
from bot.road.pages import face
from bot.road.sending import takes_ids, unsent
from bot.store.runs import ENDED, Run, State

_LINES = 12
"""Resources a card names one a line; more are counted, and all of them stand in the call."""


def card(desk: Desk, run: Run) -> Reply:
    """Render a run as it is now."""
    if run.reply:
        return face(desk, run)
    if not run.plan:
        return Reply(run.why or "Working on it…", sign="fail" if run.state in ENDED else "busy")
    faces: dict[State, Callable[[Desk, Run, Command, Plan], Reply]] = {
        State.ASKED: _asked,
        State.ARMED: _armed,
        State.SENDING: _under_way,
        State.FOLLOWING: _under_way,
        State.UNKNOWN: _unknown,
        State.DONE: _done,
    }
    return faces.get(run.state, _ended)(desk, run, desk.command(run), run.planned)


def _headline(desk: Desk, run: Run, plan: Plan, verdict: str) -> str:
    return f"{_capital(plan.headline)} in {desk.law.marked(run.account, plan.resources)}: {verdict}"


def _asked(desk: Desk, run: Run, command: Command, plan: Plan) -> Reply:
    where = f"{_capital(plan.headline)} in {run.account}?"
    count = len(plan.resources)
    label = _capital(command.verb) + (f" {count}" if count > 1 else "")
    grave = command.effect is Effect.DESTROYS or desk.law.production(run.account, plan.resources)
    confirm = Button(label, "confirm", run.id, "danger" if grave else "primary")
    buttons = Buttons((confirm, Button("Cancel", "cancel", run.id)))
    parts = [
        _where(desk, run, plan),
        *_resources(plan, {}, _tagged(desk, run, plan)),
        *_skipped(plan),
        *_warnings(command, plan),
        *_calls(plan),
    ]
    asks = note("Only ", User(run.user), " can confirm, until ", When(_at(run.due_at)), ".")
    return Reply(where, (*parts, buttons, asks), "ask")


def _armed(desk: Desk, run: Run, command: Command, plan: Plan) -> Reply:
    parent = desk.runs.get(run.undoes)
    first = desk.command(parent).follow if parent else None
    goal, takes = (first.goal, first.takes) if first else ("done", "")
    summary = _headline(desk, run, plan, f"{command.verb}s as soon as it is {goal}" + (f", {takes}" if takes else ""))
    cancel = Buttons((Button("Cancel", "cancel", run.id),))
    return Reply(summary, (note("Undo asked for by ", User(run.by), "."), cancel), "busy")


def _under_way(desk: Desk, run: Run, command: Command, plan: Plan) -> Reply:
    states = run.states
    via = command.follow.via[0] if command.follow and command.follow.via else "sent"
    verdict = _verdict(states.values()) if states else f"{via}…"
    verdict = "sending…" if run.state is State.SENDING and not states else verdict
    parts = (*_found(run), *_resources(plan, states), *_skipped(plan), *_by(run), *_undo_button(desk, run, command))
    return Reply(_headline(desk, run, plan, verdict), parts, "busy")


def _done(desk: Desk, run: Run, command: Command, plan: Plan) -> Reply:
    states, answer = run.states, told(run)
    accepted = answer.summary if answer else f"AWS accepted the {command.verb}"
    verdict = _verdict(states.values()) if states else accepted
    left = _left(desk, run, command)
    shown = _resources(plan, states) if states or not answer else ()
    parts = (*_found(run), *shown, *_answered(answer), *_skipped(plan), *_by(run), *left)
    return Reply(_headline(desk, run, plan, verdict), (*parts, *_undo_button(desk, run, command)), "ok")


def _unknown(desk: Desk, run: Run, command: Command, plan: Plan) -> Reply:
    looking = "Looking at what AWS shows." if command.follow else _cannot_see(command)
    looking = "I have stopped looking; check in AWS." if command.follow and run.ended_at else looking
    summary = _headline(desk, run, plan, "unknown")
    advice = () if command.follow else tuple(map(note, plan.notes))
    parts = (text(run.why), text(looking), *advice, *_resources(plan, run.states), *_by(run))
    return Reply(summary, parts, "unknown")


def _cannot_see(command: Command) -> str:
    return f"A {command.verb} leaves no state to look at, so I cannot find out; check before you do it again."


def _ended(desk: Desk, run: Run, command: Command, plan: Plan) -> Reply:
    """Render what ended without having been done: failed, refused, cancelled, expired, void."""
    nothing = run.state is not State.FAILED or not _any_accepted(desk, run)
    words = {State.FAILED: "failed", State.REFUSED: "refused", State.VOID: "not sent", State.EXPIRED: "expired"}
    verdict = words.get(run.state, str(run.state)) + (", nothing was done" if nothing else "")
    answer = told(run) if failure(run) else None
    verdict = answer.summary if answer else verdict
    why = (text(run.why),) if run.why and not answer else ()
    again = () if run.state is not State.VOID or run.undoes else (Buttons((Button("Ask again", "again", run.id),)),)
    states = run.states if run.state is State.FAILED and not nothing else {}
    shown = _answered(answer) or _resources(plan, states)
    parts = (*why, *shown, *_by(run), *_left(desk, run, command), *again)
    return Reply(_headline(desk, run, plan, verdict), parts, "fail" if run.state is State.FAILED else "no")


def _tagged(desk: Desk, run: Run, plan: Plan) -> frozenset[str]:
    """Return the ids of what is production in an account that is not."""
    if desk.law.production(run.account):
        return frozenset()
    return frozenset(each.id for each in plan.resources if desk.law.production(run.account, (each,)))


def _where(desk: Desk, run: Run, plan: Plan) -> Part:
    about = desk.law.file.accounts.get(run.account)
    number = about.id if about else "(not in bot.yml any more)"
    if desk.law.production(run.account):
        return text(Bold("PRODUCTION"), f" {number} · {run.region}")
    tagged = (" · ", Bold("PRODUCTION")) if desk.law.production(run.account, plan.resources) else ()
    return text(Bold(run.account), f" {number} · {run.region}", *tagged)


def _resources(plan: Plan, states: dict[str, str], production: frozenset[str] = frozenset()) -> tuple[Part, ...]:
    """Name each resource with its Name tag and state, one a line."""
    if len(plan.resources) > _LINES and not states:
        return (text(" · ".join(f"{each.name or '–'} {each.id} {each.state}" for each in plan.resources)),)
    spans: list[Span] = []
    for each in plan.resources[:_LINES]:
        line = _line(each, states.get(each.id, each.state))
        spans += ["\n", *line] if spans else line
        spans += [" ", Bold("PRODUCTION")] if each.id in production else []
    more = len(plan.resources) - _LINES
    return (Text(tuple(spans)), *((note(f"and {more} more"),) if more > 0 else ())) if spans else ()


def _line(each: Resource, state: str) -> list[Span]:
    name: list[Span] = [Bold(each.name), " "] if each.name else []
    return [*name, Mono(each.id), f" {state}"] if each.id != "new" else [*name, state]


def _skipped(plan: Plan) -> tuple[Note, ...]:
    if not plan.skipped:
        return ()
    told = "; ".join(f"{each.name} {each.id} {each.why}".strip() for each in plan.skipped)
    return (note(f"Skipped: {told}."),)


def _warnings(command: Command, plan: Plan) -> tuple[Note, ...]:
    undo = (f"Undo loses {command.undo.loses}.",) if command.undo else ()
    return tuple(note(line) for line in (*plan.notes, *undo))


def _calls(plan: Plan) -> tuple[Note, ...]:
    return tuple(note(Mono(call_text(call))) for call in plan.calls)


def _found(run: Run) -> tuple[Part, ...]:
    return (text(run.why),) if run.why and run.state is not State.ASKED else ()


def _answered(answer: Reply | None) -> tuple[Part, ...]:
    return answer.parts if answer else ()


def _by(run: Run) -> tuple[Part, ...]:
    """Say who and when, in small print."""
    if not run.confirmed_at:
        return (note("Asked by ", User(run.user), "."),)
    spans: list[Span] = ["By ", User(run.by or run.user), ", sent ", When(_at(run.confirmed_at))]
    spans += [", finished ", When(_at(run.ended_at))] if run.ended_at else []
    return (note(*spans, "."),)


def _undo_button(desk: Desk, run: Run, command: Command) -> tuple[Part, ...]:
    if command.undo is None:
        return ()
    undoing = [each for each in desk.runs.undos(run.id) if each.state not in _DEAD]
    if undoing:
        return (note("An undo of this was asked for."),)
    lost = note(f"{command.undo.label} does not bring back {command.undo.loses}.")
    return (Buttons((Button(command.undo.label, "undo", run.id),)), lost)


def _left(desk: Desk, run: Run, command: Command) -> tuple[Part, ...]:
    """Name what was never sent, and offer to go on with it."""
    ids = unsent(run, desk.runs.calls(run.id)) if run.state in (State.FAILED, State.DONE) else ()
    if not ids:
        return ()
    whole = ids == ("new",) or not takes_ids(command)
    label = f"{_capital(command.verb)} again" if whole else f"{_capital(command.verb)} these {len(ids)}"
    told = () if ids == ("new",) else (text("Not done: ", Mono(" ".join(ids))),)
    return (*told, Buttons((Button(label, "continue", run.id),)))


def _any_accepted(desk: Desk, run: Run) -> bool:
    return any(call.state == "accepted" for call in desk.runs.calls(run.id))


def _verdict(states: Iterable[str]) -> str:
    counted = Counter(states)
    if len(counted) == 1:
        return str(next(iter(counted)))
    return ", ".join(f"{count} {state}" for state, count in counted.most_common())


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


_DEAD = (State.CANCELLED, State.VOID, State.REFUSED, State.FAILED)
