"""What a click does. A button carries a run's id and nothing else; everything is read from the store and decided anew.

Whoever clicks learns alone, through `answer`, why a click did nothing; the card tells everybody what happened.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from bot.action import Action
from bot.actor import Actor, Place
from bot.command import Command, Plan, Resource, Undo
from bot.errors import BotError, Refused
from bot.parse import parse
from bot.reply import Reply
from bot.road import limits
from bot.road.click import Click
from bot.road.denials import WHY, explained
from bot.road.desk import Desk
from bot.road.engine import Asked, Engine, Received
from bot.road.halted import refuse_halted
from bot.road.results import Results
from bot.road.sending import send, takes_ids, touched, unsent
from bot.store.database import StoreError, new_id
from bot.store.runs import Run, State, plan_json

log = logging.getLogger(__name__)

__all__ = ["Click", "Clicks"]

CONFIRM, CANCEL, UNDO, AGAIN, CONTINUE = "confirm", "cancel", "undo", "again", "continue"


class Clicks:
    """Takes clicks in and carries them out in the engine's pool."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.desk: Desk = engine.desk
        self.results = Results(engine)

    def receive(
        self, click: Click, answer: Callable[[Reply], None], then: Callable[[], None] = lambda: None
    ) -> Received:
        """Take a click in, on the ack path; a click that arrives twice counts once. `then` is done after it."""
        runs, now = self.desk.runs, self.desk.now()
        return self.engine.admit(lambda: not runs.seen_before(click.delivery, now), self._work_on, click, answer, then)

    def _work_on(self, click: Click, answer: Callable[[Reply], None], then: Callable[[], None]) -> None:
        try:
            self.work(click, answer)
        finally:
            then()

    def work(self, click: Click, answer: Callable[[Reply], None]) -> None:
        """Carry a click out, or tell whoever clicked why not."""
        try:
            said = self._do(click)
            if said:
                answer(said)
        except BotError as error:
            answer(Reply(error.sentence, sign="no"))
            self.audit_refusal(click, error.sentence)
        except Exception:
            log.exception("A click on run %s failed by a mistake of the bot's", click.run)
            answer(Reply(f"Something went wrong in the bot itself. Reference {click.run}.", sign="fail"))

    def audit_refusal(self, click: Click, sentence: str) -> None:
        """Write down who clicked in vain; a run nobody knows is written as it was claimed."""
        forged = Run(click.run[:16], State.REFUSED, actor_kind=click.kind, team=click.team, channel=click.channel)
        run = self.desk.runs.get(click.about) or forged
        why = {"does": click.does, "why": sentence}
        try:
            self.desk.audit.write(self.desk.now(), "click refused", run, user=click.user, by=click.user, **why)
        except StoreError:
            log.exception("A refused click of %s could not be audited", click.user)

    def _do(self, click: Click) -> Reply | None:
        actor = self.desk.directory.actor(click.user, (click.team,))
        run = self.desk.runs.get(click.about)
        steps: dict[str, Callable[[Run, Actor, Click], Reply | None]] = {
            CONFIRM: self._confirm,
            CANCEL: self._cancel,
            UNDO: self._undo,
            AGAIN: self._again,
            CONTINUE: self._continue,
            WHY: lambda run, actor, _click: explained(self.desk, run, actor),
        }
        step = steps.get(click.does) or self.results.step(click.does)
        if run is None or step is None:
            raise Refused("This button belongs to nothing I know of (any more). Ask again.", layer="confirmation")
        if self.desk.law.locked:
            raise Refused(f"Locked: {self.desk.law.locked}", layer="allowlist")
        if click.does != CANCEL:
            refuse_halted(self.desk, run, actor)
        return step(run, actor, click)

    def _place(self, run: Run) -> Place:
        return self.desk.directory.place(run.channel, run.thread)

    def _confirm(self, run: Run, actor: Actor, click: Click) -> None:
        if actor.key != run.asker:
            self._tell_asker_only(run)
        if run.state is not State.ASKED:
            raise Refused(f"Already {run.state}: a confirmation counts once.", layer="confirmation")
        if run.due_at <= self.desk.now():
            self.desk.move(run, State.EXPIRED, why="Nobody confirmed it in time.")
            raise Refused("This confirmation has expired. Ask again.", layer="confirmation")
        action = parse(run.action, self.desk.commands, self.desk.law.defaults)
        command = self.desk.commands.of(action)
        try:
            self.desk.law.open(run.account, run.region)
            self.desk.first_look(actor, self._place(run), run, command)
            plan = self._unchanged(run, command, action)
            if plan is None:
                return
            decision = self.desk.decide(actor, self._place(run), run, command, plan)
        except Refused as error:
            self.desk.move(run, State.REFUSED, why=f"{error.layer}: {error.sentence}", rules=error.rule or "")
            raise
        send(self.desk, replace(run, rules=", ".join(decision.rules)), by=click.user)

    def _tell_asker_only(self, run: Run) -> None:
        name = run.user_name or run.user
        raise Refused(
            f"Only {name}, who asked, can confirm this. Ask for it yourself: {run.action}", layer="confirmation"
        )

    def _unchanged(self, run: Run, command: Command, action: Action) -> Plan | None:
        """Look again; where anything is not as the card showed it, void the card and show the difference."""
        plan = self.desk.plan(run, command, action, finishing=True)
        if plan_json(plan) == run.plan:
            return plan
        self.desk.move(run, State.VOID, why=f"It is no longer as it was shown: {difference(run.planned, plan)}.")
        return None

    def _cancel(self, run: Run, actor: Actor, click: Click) -> None:
        if run.state not in (State.ASKED, State.ARMED):
            raise Refused(f"There is nothing to cancel: this is already {run.state}.", layer="confirmation")
        if actor.key != run.asker:
            command = self.desk.command(run)
            self.desk.decide(actor, self._place(run), run, command, run.planned)
        while not self.desk.move(run, State.CANCELLED, by=click.user, why="Cancelled; nothing was sent."):
            run = self.desk.runs.get(run.id) or run  # an armed undo's moment is put off while it waits
            if run.state not in (State.ASKED, State.ARMED):
                raise Refused("Somebody was faster: look at the card.", layer="confirmation")

    def _undo(self, run: Run, actor: Actor, click: Click) -> None:
        undo = self.desk.command(run).undo
        if undo is None or run.state not in (State.FOLLOWING, State.DONE):
            raise Refused(f"There is nothing to undo: this is {run.state}.", layer="confirmation")
        service = self.desk.command(run).service
        command = self.desk.commands.find(service, undo.verb)
        assert command is not None
        resources = touched(self.desk, run)
        ids = tuple(each.id for each in resources)
        action = Action(service, undo.verb, ids, account=run.account, region=run.region)
        plan = _opposite(undo, resources)
        armed = self._armed(run, actor, click, action=action, plan=plan)
        self.desk.decide(actor, self._place(run), armed, command, plan)
        limits.look(self.desk, self.desk.asked(actor, self._place(run), armed, command, plan))
        earlier = self.desk.runs.undos(run.id)
        live = [
            each for each in earlier if each.state not in (State.CANCELLED, State.VOID, State.REFUSED, State.FAILED)
        ]
        if live or not self._written_armed(armed, run, f"undo/{run.id}/{len(earlier)}"):
            raise Refused("An undo of this is already under way: look at its card.", layer="confirmation")
        self.desk.wake()

    def _written_armed(self, armed: Run, run: Run, once: str) -> bool:
        """Write an undo down, and that both cards have news; False where it was written before."""
        if not self.desk.runs.receive(armed, once):
            return False
        with self.desk.runs.together():
            self.desk.audit.write(self.desk.now(), "armed", armed, undoes=run.id)
            self.desk.mark(armed)
            self.desk.mark(run)
        return True

    def _armed(self, run: Run, actor: Actor, click: Click, *, action: Action, plan: Plan) -> Run:
        now = self.desk.now()
        return replace(
            Run(new_id(), State.ARMED, actor_kind=actor.kind, team=click.team, user=actor.user, user_name=actor.name),
            channel=run.channel,
            thread=run.thread,
            audience=run.audience,
            text=f"[undo of {run.id}]",
            action=str(action),
            account=run.account,
            region=run.region,
            plan=plan_json(plan),
            undoes=run.id,
            by=click.user,
            created_at=now,
            confirmed_at=now,
            due_at=now,
        )

    def _again(self, run: Run, _actor: Actor, click: Click) -> None:
        if run.state is not State.VOID or run.undoes:
            raise Refused(f"There is nothing to ask again: this is {run.state}.", layer="confirmation")
        self._ask(run, click, run.action)

    def _continue(self, run: Run, _actor: Actor, click: Click) -> None:
        ids = unsent(run, self.desk.runs.calls(run.id))
        if run.state not in (State.FAILED, State.DONE) or not ids:
            raise Refused("There is nothing left to continue with.", layer="confirmation")
        action = parse(run.action, self.desk.commands, self.desk.law.defaults)
        whole = ids == ("new",) or not takes_ids(self.desk.commands.of(action))
        self._ask(run, click, str(action if whole else replace(action, words=ids)))

    def _ask(self, run: Run, click: Click, words: str) -> None:
        """Put a new request on the road, as whoever clicked; it is decided and confirmed like any other."""
        asked = Asked(words, click.user, click.team, run.channel, run.thread, kind=click.kind)
        new = self.engine.new_run(asked)
        with self.desk.hands.holding(new.id):
            if not self.desk.runs.receive(new, f"{click.does}/{run.id}/{click.user}"):
                raise Refused(f"You clicked this before. To ask once more, type: {words}", layer="confirmation")
            self.engine.work(new)


def _opposite(undo: Undo, resources: tuple[Resource, ...]) -> Plan:
    """Return the undo as far as it can be known before the change is finished; it is planned anew when it fires."""
    names = " and ".join(each.name or each.id for each in resources)
    return Plan(f"{undo.verb} {names}", (undo.call(tuple(each.id for each in resources)),), resources)


def difference(before: Plan, now: Plan) -> str:
    """Say in words what changed between two plans."""
    old, new = ({each.id: each for each in plan.resources} for plan in (before, now))
    reasons = {each.id: f" ({each.why})" for each in now.skipped}
    said = [f"{old[id_].name or id_} is out{reasons.get(id_, '')}" for id_ in old if id_ not in new]
    said += [f"{new[id_].name or id_} is new" for id_ in new if id_ not in old]
    for id_ in old.keys() & new.keys():
        said += _changed(old[id_], new[id_])
    if not said and before.skipped != now.skipped:
        return "what would be skipped is not the same"
    return "; ".join(said) or "the call itself would be another"


def _changed(old: Resource, new: Resource) -> list[str]:
    name = old.name or old.id
    said = [f"{name} was {old.state} and is {new.state}"] if old.state != new.state else []
    said += [f"{old.id} was named {old.name} and is named {new.name}"] if old.name != new.name else []
    if old.tags != new.tags and old.name == new.name:
        said.append(f"{name} has other tags")
    return said
