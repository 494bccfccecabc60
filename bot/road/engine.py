"""The one road from words to AWS and back.

Typed, clicked and scheduled requests all come through here: who asks, what was asked, may they, and then a read is
answered, or a change is planned, shown, and sent. There is no second place that decides.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.action import Action
from bot.actor import Actor, Place
from bot.command import Command, Effect
from bot.errors import AwsError, BotError, Refused, UsageError
from bot.parse import parse
from bot.policy.decide import Decision, Needs
from bot.reply import Reply, to_json
from bot.road import limits
from bot.road.asked import Asked, Received, unheard
from bot.road.denials import refused, told_by_aws
from bot.road.desk import Desk
from bot.road.halt_words import halting
from bot.road.halted import answers, refuse_halted
from bot.road.own_words import Asking
from bot.road.pool import Pool
from bot.road.reading import Reading, postable, rehearsed
from bot.road.sending import send
from bot.road.stop_button import StopButton
from bot.road.usage import nothing_to_do, usage
from bot.store.database import StoreError, new_id
from bot.store.runs import Run, State, plan_json

log = logging.getLogger(__name__)

__all__ = ["Asked", "Engine", "Received"]

CONFIRM_SECONDS = 300.0
UNSEEN = (
    "I am not in this channel, so a change here would go unseen. Invite me (/invite), or ask in a channel I am in, "
    "or add --private to answer in a direct message."
)


class Engine:
    """Takes requests in and works on them in its own bounded pool; a `dry` one decides and sends nothing."""

    def __init__(self, desk: Desk, pool: Pool, *, dry: bool = False) -> None:
        self.desk = desk
        self.pool = pool
        self.stop = StopButton(desk)
        self.dry = dry
        self.reading = Reading(desk, dry=dry)

    def receive(
        self, asked: Asked, on_taken: Callable[[Run], None] = unheard, answer: Callable[[Reply], None] = unheard
    ) -> Received:
        """Take a request in, on the ack path: one write, no network. Full means that nothing will run later."""
        if halting(asked.text):
            # it has workers of its own, and says by `answer` what the store would not take
            return self.stop.receive(self.new_run(asked), asked.delivery, self.work, on_taken, answer)
        if not self.pool.reserve():
            return Received.BUSY
        run = self.new_run(asked)
        self.desk.hands.take(run.id)
        try:
            if not self.desk.runs.receive(run, asked.delivery):
                self._put_back(run)
                return Received.SEEN
            on_taken(run)
        except Exception:
            self._put_back(run)
            raise
        self.pool.submit(self._work_taken, run)
        return Received.TAKEN

    def admit(self, new: Callable[[], bool], job: Callable[..., object], *args: object) -> Received:
        """Take in, on the ack path, what makes no run by itself; `new` writes it down, False where it was seen."""
        if not self.pool.reserve():
            return Received.BUSY
        try:
            fresh = new()
        except Exception:
            self.pool.release()
            raise
        if not fresh:
            self.pool.release()
            return Received.SEEN
        self.pool.submit(job, *args)
        return Received.TAKEN

    def _put_back(self, run: Run) -> None:
        self.desk.hands.let_go(run.id)
        self.pool.release()

    def _work_taken(self, run: Run) -> None:
        try:
            self.work(run)
        finally:
            self.desk.hands.let_go(run.id)

    def new_run(self, asked: Asked) -> Run:
        return Run(
            id=new_id(),
            state=State.RECEIVED,
            owner=self.desk.owner,
            actor_kind=asked.kind,
            team=asked.team,
            user=asked.user,
            channel=asked.channel,
            thread=asked.thread,
            text=asked.text,
            created_at=self.desk.now(),
        )

    def work(self, run: Run) -> Run | None:
        """Work a received run to its answer or its question; whatever happens, the run says so."""
        with self.desk.hands.holding(run.id):
            try:
                return self._road(run)
            except StoreError as error:
                if halting(run.text):
                    raise  # it is halted all the same: the stop button says so
                return self._stopped(run, error)
            except BotError as error:
                return self._stopped(run, error)
            except Exception:
                log.exception("Run %s failed by a mistake of the bot's", run.id)
                words = f"Something went wrong in the bot itself; nothing was changed in AWS. Reference {run.id}."
                return self._stopped(run, BotError(words))

    def _stopped(self, run: Run, error: BotError) -> Run | None:
        """End a run that an error stopped. One that had gone on from here already says itself what became of it."""
        run = self.desk.runs.get(run.id) or run
        if run.state is not State.RECEIVED:
            return run
        if isinstance(error, UsageError):
            return self.desk.end(run, State.USAGE, usage(run, error), private=True)
        if isinstance(error, Refused):
            return self._refuse(run, error)
        private = not isinstance(error, AwsError)
        said = told_by_aws(self.desk, run, error) if isinstance(error, AwsError) else error.sentence
        log.log(logging.ERROR if private else logging.WARNING, "Run %s: %s", run.id, said)
        return self.desk.end(run, State.FAILED, Reply(said, sign="fail"), private=private)

    def _road(self, run: Run) -> Run | None:
        desk = self.desk
        if stop := halting(run.text):
            reply = self.stop.pressed(run)  # first of all: what cannot be written down must not keep it from halting
            return desk.end(desk.runs.note(run, action=str(stop)), State.DONE, reply, private=True)
        actor = desk.actor(run)
        run = desk.runs.note(run, user_name=actor.name)
        place = desk.directory.place(run.channel, run.thread)
        if desk.law.locked:
            raise BotError(f"Locked: {desk.law.locked} Until it is mended, nothing runs.")
        action = parse(run.text, desk.commands, desk.law.defaults, allowed=self._visible(actor, place))
        run = desk.runs.note(run, action=str(action), account=action.account, region=action.region)
        command = desk.commands.of(action)
        if not answers(command):
            refuse_halted(desk, run)
        desk.law.open(action.account, action.region)
        if command.own:
            return self._bot_word(run, actor, place, action, command)
        limits.may_look(desk, actor)
        if command.effect is Effect.READS:
            return self.reading.read(run, actor, place, action, command)
        if run.report:
            raise Refused("A report only reads; nothing was done.", layer="report")
        return self._change(run, actor, place, action, command)

    def _visible(self, actor: Actor, place: Place) -> Callable[[Command], bool]:
        return lambda command: self.desk.may(actor, place, command) or self.desk.may_ask(actor, place, command)

    def _bot_word(self, run: Run, actor: Actor, place: Place, action: Action, command: Command) -> Run | None:
        decision = None if command.free else self.reading.decide(run, actor, place, command)
        reply = command.perform(Asking(self.desk, actor, place, run), action)
        assert isinstance(reply, Reply)
        private = action.private or decision is None or decision.audience == "asker"
        return self.desk.end(run, State.DONE, reply, private=private)

    def _change(self, run: Run, actor: Actor, place: Place, action: Action, command: Command) -> Run | None:
        desk = self.desk
        desk.first_look(actor, place, run, command)
        private = action.private
        run = desk.runs.note(run, audience="asker" if private else "channel")
        if not private and not postable(place):
            raise Refused(UNSEEN, layer="place")
        plan = desk.plan(run, command, action)
        if not plan.calls:
            return desk.end(run, State.USAGE, nothing_to_do(command, plan), private=True)
        decision = desk.decide(actor, place, run, command, plan)
        limits.look(desk, desk.asked(actor, place, run, command, plan))
        run = desk.runs.note(run, plan=plan_json(plan), rules=", ".join(decision.rules))
        return self._ask_or_send(run, decision, private=private)

    def _ask_or_send(self, run: Run, decision: Decision, *, private: bool) -> Run | None:
        audience = "asker" if private or decision.audience == "asker" else "channel"
        if self.dry:
            return rehearsed(self.desk, run, decision)
        if decision.needs is Needs.NOTHING:
            return send(self.desk, self.desk.runs.note(run, audience=audience), by=run.user)
        return self.desk.move(run, State.ASKED, audience=audience, due_at=self.desk.now() + CONFIRM_SECONDS)

    def _refuse(self, run: Run, error: Refused) -> Run | None:
        reply = to_json(refused(self.desk, run, error))
        why = f"{error.layer}: {error.sentence}"
        return self.desk.move(run, State.REFUSED, reply=reply, why=why, rules=error.rule or "", audience="asker")
