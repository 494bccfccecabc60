"""The one road from words to AWS and back.

Typed, clicked and scheduled requests all come through here: who asks, what was asked, may they, and then a read is
answered, or a change is planned, shown, and sent. There is no second place that decides.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from bot.action import Action
from bot.actor import Actor, Place
from bot.aws.errors import translated
from bot.command import Command, Effect, Plan, call_text
from bot.errors import AwsError, BotError, MissingError, Refused, UsageError
from bot.parse import parse
from bot.policy.decide import Decision, Needs, decide_command
from bot.reply import Button, Buttons, Mono, Reply, answer, note, text, to_json
from bot.road.arrival import arrived
from bot.road.desk import Desk
from bot.road.estate import Everywhere
from bot.road.own_words import Asking
from bot.road.pool import Pool
from bot.road.sending import send
from bot.store.database import new_id
from bot.store.runs import Run, State, plan_json

log = logging.getLogger(__name__)

CONFIRM_SECONDS = 300.0
FORM = "form"
"""What the button under an unfinished command does."""
UNSEEN = (
    "I am not in this channel, so a change here would go unseen. Invite me (/invite), or ask in a channel I am in, "
    "or add --private to answer in a direct message."
)
NOT_HERE = note("Shown to you alone: I am not in this channel.")


class Received(Enum):
    """What became of a request on its way in."""

    TAKEN = auto()
    SEEN = auto()
    BUSY = auto()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as an edge hands it in: ids as the edge got them, and the delivery that brought it."""

    text: str
    user: str
    team: str
    channel: str = ""
    thread: str = ""
    delivery: str = ""
    kind: str = "slack"


class Engine:
    """Takes requests in and works on them in its own bounded pool; a `dry` one decides and sends nothing."""

    def __init__(self, desk: Desk, pool: Pool, *, dry: bool = False) -> None:
        self.desk = desk
        self.pool = pool
        self.dry = dry

    def receive(self, asked: Asked, on_taken: Callable[[Run], None] = lambda _run: None) -> Received:
        """Take a request in, on the ack path: one write, no network. Full means that nothing will run later."""
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
            return self.desk.end(run, State.USAGE, _usage(run, error), private=True)
        if isinstance(error, Refused):
            return self._refuse(run, error)
        private = not isinstance(error, AwsError)
        log.log(logging.ERROR if private else logging.WARNING, "Run %s: %s", run.id, error.sentence)
        return self.desk.end(run, State.FAILED, Reply(error.sentence, sign="fail"), private=private)

    def _road(self, run: Run) -> Run | None:
        desk = self.desk
        actor = desk.actor(run)
        run = desk.runs.note(run, user_name=actor.name)
        place = desk.directory.place(run.channel, run.thread)
        if desk.law.locked:
            raise BotError(f"Locked: {desk.law.locked} Until it is mended, nothing runs.")
        action = parse(run.text, desk.commands, desk.law.defaults, allowed=self._visible(actor, place))
        run = desk.runs.note(run, action=str(action), account=action.account, region=action.region)
        desk.law.open(action.account, action.region)
        command = desk.commands.of(action)
        if command.own:
            return self._bot_word(run, actor, place, action, command)
        if command.effect is Effect.READS:
            return self._read(run, actor, place, action, command)
        if run.report:
            raise Refused("A report only reads; nothing was done.", layer="report")
        return self._change(run, actor, place, action, command)

    def _visible(self, actor: Actor, place: Place) -> Callable[[Command], bool]:
        return lambda command: self.desk.may(actor, place, command)

    def _bot_word(self, run: Run, actor: Actor, place: Place, action: Action, command: Command) -> Run | None:
        free = not command.calls
        if not free:
            self.decide_reading(run, actor, place, command)
        reply = command.perform(Asking(self.desk, actor, place, run), action)
        assert isinstance(reply, Reply)
        return self.desk.end(run, State.DONE, reply, private=free or action.private)

    def decide_reading(self, run: Run, actor: Actor, place: Place, command: Command) -> Decision:
        """Decide a read, or a look at one that is stored. Raises Refused."""
        desk = self.desk
        if command.wide:
            decision = Everywhere(desk, actor, place, run, command).whole()
        else:
            decision = decide_command(desk.law.file, actor, place, command, run.account, run.region)
        if not desk.sound(decision, run).allowed:
            raise desk.refused(decision, desk.refusal(actor, place, command, run.account))
        return decision

    def _read(self, run: Run, actor: Actor, place: Place, action: Action, command: Command) -> Run | None:
        desk = self.desk
        if command.wide:
            return self._read_widely(run, actor, place, action, command)
        decision = self.decide_reading(run, actor, place, command)
        if self.dry:
            return self._rehearsed(run, decision)
        private = action.private or command.secret or decision.audience == "asker" or not postable(place)
        run = desk.runs.note(run, rules=", ".join(decision.rules), audience="asker" if private else "channel")
        aws = desk.gateway.reading(action.account, action.region, command.operations, token=run.id)
        with translated(command.calls[0], changes=False):
            reply = command.perform(aws, action)
        assert isinstance(reply, Reply)
        return self._answer(run, place, action, command, reply, private=private)

    def _read_widely(self, run: Run, actor: Actor, place: Place, action: Action, command: Command) -> Run | None:
        """Read every account and Region that the asker may; refused where that is none."""
        desk = self.desk
        everywhere = Everywhere(desk, actor, place, run, command)
        allowed = everywhere.allowed(command.calls[0])
        if not allowed:
            raise Refused(desk.refusal(actor, place, command, run.account), layer="allowlist")
        if self.dry:
            return self._rehearsed(run, allowed[0])
        reply = command.perform(everywhere, action)
        assert isinstance(reply, Reply)
        decided = everywhere.decided
        rules = sorted({rule for decision in decided for rule in decision.rules})
        private = action.private or any(each.audience == "asker" for each in decided) or not postable(place)
        run = desk.runs.note(run, rules=", ".join(rules), audience="asker" if private else "channel")
        return self._answer(run, place, action, command, reply, private=private)

    def _answer(
        self, run: Run, place: Place, action: Action, command: Command, reply: Reply, *, private: bool
    ) -> Run | None:
        """End a run with what was read; a secret is handed on and not kept."""
        desk = self.desk
        if run.report:
            reply = arrived(desk, run, reply, seen=postable(place))
        elif not postable(place) and not action.private:
            reply = replace(reply, parts=(*reply.parts, NOT_HERE))
        if not command.secret:
            return desk.end(run, State.DONE, reply, private=private, why="answered")
        desk.secrets[run.id] = reply
        kept = Reply(f"{action}: shown to the asker alone, and not kept. Ask again to see it.", sign="ok")
        ended = None
        try:
            ended = desk.end(run, State.DONE, kept, private=True, why="answered, not kept")
        finally:
            if ended is None:
                desk.secrets.pop(run.id, None)
        return ended

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
        run = desk.runs.note(run, plan=plan_json(plan), rules=", ".join(decision.rules))
        return self._ask_or_send(run, decision, private=private)

    def _ask_or_send(self, run: Run, decision: Decision, *, private: bool) -> Run | None:
        audience = "asker" if private or decision.audience == "asker" else "channel"
        if self.dry:
            return self._rehearsed(run, decision)
        if decision.needs is Needs.NOTHING:
            return send(self.desk, self.desk.runs.note(run, audience=audience), by=run.user)
        return self.desk.move(run, State.ASKED, audience=audience, due_at=self.desk.now() + CONFIRM_SECONDS)

    def _rehearsed(self, run: Run, decision: Decision) -> Run | None:
        """End a dry run with what was decided, and the calls that were not sent."""
        calls = run.planned.calls if run.plan else ()
        lines = tuple(text(Mono(call_text(call))) for call in calls)
        reply = Reply(f"Dry run, nothing was sent. {decision.reason} Needs: {decision.needs}.", lines, "ok")
        return self.desk.end(run, State.DONE, reply, why="dry run")

    def _refuse(self, run: Run, error: Refused) -> Run | None:
        reply = to_json(Reply(error.sentence, sign="no"))
        why = f"{error.layer}: {error.sentence}"
        return self.desk.move(run, State.REFUSED, reply=reply, why=why, rules=error.rule or "", audience="asker")


def _usage(run: Run, error: UsageError) -> Reply:
    """Say what to type instead; in Slack, what lacks something can be filled in as well."""
    said = answer(error.sentence, "no")
    if not isinstance(error, MissingError) or run.actor_kind != "slack":
        return said
    return replace(said, parts=(*said.parts, Buttons((Button("Fill in", FORM, run.id, "primary"),))))


def postable(place: Place) -> bool:
    """Whether a message for everybody may be posted where it was asked.

    A server that leaves out whether the bot is a member is asked by posting; Slack itself always says.
    """
    return place.direct or (place.member is not False and place.shared is False)


def nothing_to_do(command: Command, plan: Plan) -> Reply:
    """Say why a change has nothing to change."""
    lines = tuple(text(Mono(each.id), f" {each.name} {each.why}".replace("  ", " ")) for each in plan.skipped)
    if len(plan.skipped) == 1:
        one = plan.skipped[0]
        return Reply(f"Nothing to {command.verb}: {one.name or one.id} {one.why}.", sign="no")
    return Reply(f"Nothing to {command.verb}: none of these can be.", lines, "no")
