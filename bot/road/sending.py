"""A change leaves: each call is written down as sent before it goes, and what AWS said is written down after.

A call that was written as sent and has no outcome may have been done; a call that was only planned was not. That is
all a restart needs to know.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bot.command import Call, Command, Follow, Plan, Resource
from bot.errors import AwsError, AwsRefused, AwsUnknown, AwsUnsent, GuardError, Refused
from bot.policy.match import named
from bot.road import limits
from bot.road.denials import told_by_aws
from bot.road.desk import Desk
from bot.road.halted import refuse_halted
from bot.road.outcomes import failure, outcome_of
from bot.road.progress import Progress
from bot.store.database import StoreError
from bot.store.runs import Run, Sent, State, plan_json

log = logging.getLogger(__name__)

FOREVER = 4e9
"""A moment that does not come: a run that nothing can be found out about waits for no one."""
_FIRST_LOOK_SECONDS = 1.0


def send(desk: Desk, run: Run, by: str) -> Run | None:
    """Send a decided run's calls, once.

    Raises Refused where another run has one of its resources in hand, or a limit has too little left.
    """
    with desk.hands.holding(run.id):
        moved = _begun(desk, run, by)
        if moved is None:
            return None
        try:
            for n, call in enumerate(run.planned.calls):
                if not _send_one(desk, moved, n, call):
                    break
        except Exception:
            log.exception("Run %s broke while it was sent; what became of its calls is looked up", run.id)
        now = desk.runs.get(moved.id) or moved
        ours = now.state is State.SENDING and now.owner == desk.owner
        return conclude(desk, now) if ours else now


def _begun(desk: Desk, run: Run, by: str) -> Run | None:
    """Write down what is about to be sent, all or nothing; None where somebody else was first."""
    plan = run.planned
    rows = [_planned(run, n, call) for n, call in enumerate(plan.calls)]
    held = [f"{run.account}/{run.region}/{each.id}" for each in plan.resources if each.id != "new"]
    uses = limits.wanted(desk, run)
    decided = {"by": by, "rules": run.rules}
    with desk.runs.together():
        moved = desk.runs.start(run, rows, held, owner=desk.owner, confirmed_at=desk.now(), **decided)
        if isinstance(moved, Run):
            limits.take(desk, moved, uses)
            desk.audit.write(desk.now(), "sending", moved, by=by, calls=[call.operation for call in plan.calls])
            desk.mark(moved)
    desk.wake()
    if isinstance(moved, str):
        raise Refused(_in_hand(desk, moved), layer="in progress")
    return moved


def _planned(run: Run, n: int, call: Call) -> Sent:
    return Sent(run.id, n, call.operation, "", " ".join(call.ids))


def _in_hand(desk: Desk, holder: str) -> str:
    other = desk.runs.get(holder)
    what = f"{other.action} by {other.user_name or other.user}" if other else "another run"
    return f"In progress: {what}. Nothing was sent for this one; try again when it is done."


def _send_one(desk: Desk, run: Run, n: int, call: Call) -> bool:
    """Send one call; False where nothing after it may be sent."""
    if not desk.runs.call(run, n, state="sent", sent_at=desk.now()):
        return False
    try:
        answer = _sent(desk, run, call)
        told = outcome_of(desk.command(run), call.operation, answer) if _is_last(run, n) else ""
    except AwsError as error:
        state = "unknown" if isinstance(error, AwsUnknown) else "refused"
        why = told_by_aws(desk, run, error)
        unread = isinstance(error, AwsUnsent) or (isinstance(error, AwsRefused) and error.unread)
        with desk.runs.together():
            _written(desk, run, n, state, request_id=error.request_id or "", why=why)
            if unread and n == 0:
                desk.limits.give_back(run.id)
        return False
    except Refused as error:
        with desk.runs.together():
            _written(desk, run, n, "refused", why=error.sentence)
            if n == 0:
                desk.limits.give_back(run.id)
        return False
    except GuardError as error:
        log.error("Run %s: %s", run.id, error.sentence)  # noqa: TRY400 - a sentence, not a bug
        _written(desk, run, n, "refused", why=error.sentence)
        if n == 0:
            desk.limits.give_back(run.id)
        return False
    follow = desk.command(run).follow
    made = follow.made(answer) if follow and follow.made else ()
    with desk.runs.together():
        if made:
            adopt(desk, run, made)
        if told:
            desk.runs.note(run, answer=told)
        _written(desk, run, n, "accepted", request_id=answer.get("ResponseMetadata", {}).get("RequestId", ""))
    return True


def _sent(desk: Desk, run: Run, call: Call) -> Mapping[str, Any]:
    """Send one call to AWS, with what it uploads. Raises AwsError, GuardError; Refused where it was halted meanwhile.

    Whether it is halted is asked last of all, each time the call leaves.
    """
    granted = named(rule for rule in desk.law.file.rules if rule.id in run.rules.split(", "))
    still = partial(_not_halted, desk, run)
    if call.upload is None:
        return desk.gateway.send(run.account, run.region, call, still=still, named=granted)
    progress = Progress(desk, run, call)
    body = partial(desk.files.open, call.upload.id)
    try:
        return desk.gateway.send(run.account, run.region, call, body, progress, still, named=granted)
    finally:
        progress.over()


def _not_halted(desk: Desk, run: Run) -> None:
    """Refuse where it is halted, or where nobody can say: nothing has left yet."""
    try:
        refuse_halted(desk, run)
    except StoreError as error:
        words = f"{error.sentence} Whether it is halted is not known, so nothing was sent."
        raise Refused(words, layer="halt") from error


def _is_last(run: Run, n: int) -> bool:
    return n == len(run.planned.calls) - 1


def _written(desk: Desk, run: Run, n: int, state: str, **facts: str) -> None:
    """Write down what AWS said. It stays true where another process has taken the run over meanwhile."""
    now = desk.now()
    with desk.runs.together():
        if not desk.runs.call(run, n, state=state, ended_at=now, **facts):
            desk.runs.settle_call(run.id, n, state=state, ended_at=now, **facts)
        desk.audit.write(now, f"call {state}", run, n=n, **facts)


def adopt(desk: Desk, run: Run, made: tuple[Resource, ...]) -> Run:
    """Put what a call made in the place of what it was going to make."""
    plan = desk.runs.get(run.id) or run
    return desk.runs.note(run, plan=plan_json(replace(plan.planned, resources=made)))


def conclude(desk: Desk, run: Run) -> Run | None:
    """Say what the calls came to, and go on to follow it where there is something to see."""
    calls = desk.runs.calls(run.id)
    soon = desk.now() + _FIRST_LOOK_SECONDS
    lost = lost_among(calls)
    if lost:
        return desk.move(run, State.UNKNOWN, why=lost[0].why or "AWS's answer was lost.", due_at=soon)
    why = next((call.why for call in calls if call.why), "")
    if not any(call.state == "accepted" for call in calls):
        return desk.move(run, State.FAILED, why=why or "Nothing was sent.")
    if failure(run):
        return desk.move(run, State.FAILED, why=failure(run))
    if desk.command(run).follow:
        return desk.move(run, State.FOLLOWING, why=why, due_at=soon)
    return desk.move(run, State.DONE, why=why)


def lost_among(calls: tuple[Sent, ...]) -> list[Sent]:
    """Return the calls that left and whose answer nobody knows."""
    return [call for call in calls if call.state in ("sent", "unknown")]


def unsent(run: Run, calls: tuple[Sent, ...]) -> tuple[str, ...]:
    """Return the ids that no call left for, or that AWS turned away: nothing was done to them."""
    if not run.plan:
        return ()
    if not calls:
        return tuple(id_ for call in run.planned.calls for id_ in call.ids)
    return tuple(id_ for call in calls if call.state in ("planned", "refused") for id_ in call.touched)


def takes_ids(command: Command) -> bool:
    """Whether what is left of a change can be named; else it is asked whole, and its plan leaves out what is done."""
    return any(param.word and param.many for param in command.params)


def touched(desk: Desk, run: Run) -> tuple[Resource, ...]:
    """Return the resources that a call left for and was not turned away from."""
    left_out = set(unsent(run, desk.runs.calls(run.id)))
    return tuple(each for each in run.planned.resources if each.id not in left_out)


def followed(command: Command) -> Follow:
    assert command.follow is not None
    return command.follow


def ids_of(plan: Plan) -> tuple[str, ...]:
    return tuple(each.id for each in plan.resources)
