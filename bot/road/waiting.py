"""What waits is a row with a moment, not a blocked worker.

Questions expire, changes are followed, lost answers are looked up, undos fire, and what a dead process left behind is
finished.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from bot.action import Action
from bot.aws.errors import translated
from bot.command import Command
from bot.errors import AwsError, AwsRefused, Refused, Unsure, UsageError
from bot.parse import parse
from bot.road.desk import Desk
from bot.road.halted import refuse_halted
from bot.road.pool import Pool
from bot.road.sending import FOREVER, adopt, conclude, followed, ids_of, lost_among, send, touched
from bot.store.database import StoreError
from bot.store.processes import Processes
from bot.store.runs import Run, State, plan_json, states_json

log = logging.getLogger(__name__)

_CLAIM_SECONDS = 30.0
_SETTLE_SECONDS = 60.0
"""How long AWS may go on showing the old state after it accepted a change."""
_TRUTH_SECONDS = 20.0
"""How long a change whose answer was lost may still show up; after that, not seen means not done."""
_GIVE_UP_SECONDS = 86_400.0
_FIRE_SECONDS = 600.0
"""How long an undo whose moment has come waits for AWS and Slack to be in reach."""


class Waiting:
    """Works on timed runs when their moment comes; `tick` is called every half second or so."""

    def __init__(self, desk: Desk, pool: Pool, processes: Processes) -> None:
        self.desk = desk
        self.pool = pool
        self.processes = processes

    def tick(self) -> int:
        """Hand every due run to a worker; returns how many."""
        taken = 0
        for run in self.desk.runs.due(self.desk.now()):
            if not self.pool.reserve():
                break
            taken += self._take(run)
        return taken

    def _take(self, run: Run) -> bool:
        """Claim a due run for the place that is reserved; False where another process was first."""
        claimed = None
        try:
            claimed = self.desk.runs.claim(run, self.desk.now() + _CLAIM_SECONDS)
        finally:
            if claimed is None:
                self.pool.release()
        if claimed:
            self.pool.submit(self.step, claimed)
        return claimed is not None

    def step(self, run: Run) -> Run | None:
        """Take a timed run one step further. AWS or Slack out of reach, or a mistake of ours, means a later look."""
        steps = {
            State.ASKED: self._expire,
            State.FOLLOWING: self._follow,
            State.UNKNOWN: self._look_for_truth,
            State.ARMED: self._fire,
        }
        try:
            return steps[run.state](run)
        except (AwsError, Unsure) as error:
            log.warning("Run %s: %s", run.id, error.sentence)
            return self._given_up(run, error.sentence) or self._later(run)
        except StoreError as error:
            log.warning("Run %s: %s", run.id, error.sentence)
            return None  # its claim runs out, and it is looked at again
        except Exception:
            log.exception("Run %s: a step failed by a mistake of the bot's", run.id)
            return self._given_up(run, f"Something went wrong in the bot itself. Reference {run.id}.") or self._later(
                run
            )

    def rescue(self) -> int:
        """Finish what dead processes left in their hands, and what this one let fall; returns how many runs."""
        desk = self.desk
        others = [id_ for id_ in self.processes.alive(desk.now()) if id_ != desk.owner]
        orphans = [run for run in desk.runs.orphans(others) if run.owner != desk.owner or run.id not in desk.hands]
        orphans = [run for run in orphans if not run.report]  # those are run anew: see `occurrences`
        for run in orphans:
            try:
                self._finish(run)
            except Exception:
                log.exception("Run %s was left behind and could not be finished yet", run.id)
        return len(orphans)

    def _finish(self, run: Run) -> Run | None:
        if run.state is State.RECEIVED:
            return self.desk.move(run, State.FAILED, why=RESTARTED, audience="asker", reply="")
        if any(call.state != "planned" for call in self.desk.runs.calls(run.id)):
            return conclude(self.desk, run)
        with self.desk.runs.together():
            self.desk.limits.give_back(run.id)
            return self.desk.move(run, State.FAILED, why=NEVER_SENT)

    def _expire(self, run: Run) -> Run | None:
        return self.desk.move(run, State.EXPIRED, why="Nobody confirmed it in time.")

    def _follow(self, run: Run) -> Run | None:
        command = self.desk.command(run)
        follow = followed(command)
        run = self._found(run, command)
        states = self._states(run, command)
        if states and follow.reached(states):
            return self.desk.move(run, State.DONE, seen=states_json(states))
        if states != run.states:
            run = self.desk.runs.note(run, seen=states_json(states))
            self.desk.tell(run)
        astray = {id_: state for id_, state in states.items() if state not in (follow.goal, *follow.via)}
        waited = self.desk.now() - run.confirmed_at
        if astray and waited > _SETTLE_SECONDS and not follow.under_way(states):
            told = ", ".join(f"{id_} is {state}" for id_, state in astray.items())
            return self.desk.move(run, State.FAILED, why=f"AWS accepted it, but now {told}.")
        if waited > _GIVE_UP_SECONDS:
            return self.desk.move(run, State.FAILED, why="AWS accepted it, but it was not finished after a day.")
        return self._later(run)

    def _look_for_truth(self, run: Run) -> Run | None:
        """Find out whether a change whose answer was lost was made."""
        command = self.desk.command(run)
        if command.follow is None:
            return self.desk.move(run, State.UNKNOWN, due_at=FOREVER, ended_at=self.desk.now())
        run = self._found(run, command)
        lost = lost_among(self.desk.runs.calls(run.id))
        states = self._states(run, command)
        follow = command.follow
        in_question = {id_ for call in lost for id_ in call.touched} - {"new"} or set(states)
        taken = bool(states) and all(states.get(id_) in (follow.goal, *follow.via) for id_ in in_question)
        asked_at = max((call.ended_at or call.sent_at for call in lost), default=0.0)
        if not taken and self.desk.now() - asked_at <= _TRUTH_SECONDS:
            return self._later(run)
        facts = {"state": "accepted", "why": FOUND_DONE} if taken else {"state": "refused", "why": FOUND_UNDONE}
        for call in lost:
            self.desk.runs.settle_call(run.id, call.n, ended_at=self.desk.now(), **facts)
        return conclude(self.desk, self.desk.runs.note(run, seen=states_json(states)))

    def _found(self, run: Run, command: Command) -> Run:
        """Put what a launch made in its place, where its answer was lost before it could be written down."""
        follow = followed(command)
        if follow.find is None or ids_of(run.planned) != ("new",):
            return run
        with translated(command.calls[0], changes=False):
            made = follow.find(self._aws(run, command), run.planned.calls[0])
        return adopt(self.desk, run, made) if made else run

    def _states(self, run: Run, command: Command) -> Mapping[str, str]:
        ids = tuple(each.id for each in touched(self.desk, run) if each.id != "new")
        if not ids:
            return {}
        with translated(command.calls[0], changes=False):
            return followed(command).look(self._aws(run, command), ids)

    def _aws(self, run: Run, command: Command) -> Any:
        return self.desk.gateway.reading(run.account, run.region, command.reads, token=run.id, finishing=True)

    def _fire(self, run: Run) -> Run | None:
        """Send an undo as soon as what it undoes is finished, if nothing drifted in between."""
        parent = self.desk.runs.get(run.undoes)
        if parent is None or (parent.ended_at and parent.state is not State.DONE):
            return self.desk.move(run, State.CANCELLED, why="There is nothing to undo: the change did not happen.")
        if parent.state is not State.DONE:
            return self._later(run)
        try:
            return self._send_undo(run)
        except Unsure:
            raise
        except (Refused, UsageError) as error:
            return self.desk.move(run, State.VOID, why=error.sentence)
        except AwsRefused as error:
            if error.unread:
                raise
            return self.desk.move(run, State.FAILED, why=error.sentence)

    def _send_undo(self, run: Run) -> Run | None:
        desk = self.desk
        actor = desk.directory.actor(run.user, (run.team,))
        refuse_halted(desk, run)
        place = desk.directory.place(run.channel, run.thread)
        if place.member is None and place.shared is None:
            raise Unsure("Slack would not say what channel this is.", layer="place")
        action: Action = parse(run.action, desk.commands, desk.law.defaults)
        command = desk.commands.of(action)
        plan = desk.plan(run, command, action, finishing=True)
        before = {each.id: each.tags for each in run.planned.resources}
        now = {each.id: each.tags for each in plan.resources}
        if plan.skipped or now != before:
            return desk.move(run, State.VOID, why="Something else changed it meanwhile, so the undo was not sent.")
        decision = desk.decide(actor, place, run, command, plan)
        return send(desk, desk.runs.note(run, plan=plan_json(plan), rules=", ".join(decision.rules)), by=run.user)

    def _given_up(self, run: Run, why: str) -> Run | None:
        """End a run that nothing could be found out about for too long; None where it is looked at again."""
        if run.state is State.ARMED:
            parent = self.desk.runs.get(run.undoes)
            since, limit = parent.ended_at if parent else 0.0, _FIRE_SECONDS
        else:
            since, limit = max(run.confirmed_at, run.created_at), _GIVE_UP_SECONDS
        if not since or self.desk.now() - since <= limit:
            return None
        if run.state is State.ARMED:
            return self.desk.move(run, State.VOID, why=f"{why} The undo was not sent.")
        return self.desk.move(run, State.UNKNOWN, why=why, due_at=FOREVER, ended_at=self.desk.now())

    def _later(self, run: Run) -> Run | None:
        """Look again soon, and less often the longer it takes."""
        waited = self.desk.now() - max(run.confirmed_at, run.created_at)
        pause = next(seconds for limit, seconds in _PAUSES if waited < limit)
        return self.desk.runs.claim(run, self.desk.now() + pause)


_PAUSES = ((60, 2.0), (300, 5.0), (1800, 15.0), (float("inf"), 60.0))
RESTARTED = "I was restarted before I got to this: nothing was done."
NEVER_SENT = "I was restarted before the request left: nothing was sent."
FOUND_DONE = "AWS's answer was lost, and a look shows that the change was made."
FOUND_UNDONE = "AWS's answer was lost, and a look shows that the change was not made."
