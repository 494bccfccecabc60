"""Reading on the road: a read is decided, made, and answered to the audience it may have.

A wide read asks every account and Region that the asker may read, and no other.
"""

from __future__ import annotations

from dataclasses import replace

from bot.action import Action
from bot.actor import Actor, Place
from bot.aws.errors import translated
from bot.aws.masks import call_text
from bot.command import Command
from bot.errors import Refused
from bot.policy.costs import COSTS
from bot.policy.decide import Decision, Request, read_request
from bot.reply import Mono, Reply, note, text
from bot.road import limits
from bot.road.arrival import arrived
from bot.road.desk import Desk
from bot.road.estate import Everywhere
from bot.store.runs import Run, State

NOT_HERE = note("Shown to you alone: I am not in this channel.")


class Reading:
    """Answers what only reads; a `dry` one decides and asks AWS nothing."""

    def __init__(self, desk: Desk, *, dry: bool = False) -> None:
        self.desk = desk
        self.dry = dry

    def decide(self, run: Run, actor: Actor, place: Place, command: Command) -> Decision:
        """Decide a read, or a look at one that is stored. Raises Refused."""
        desk = self.desk
        if command.wide:
            decision = Everywhere(desk, actor, place, run, command).whole()
        else:
            decision = desk.decide_reading(actor, place, run, command)
        if not decision.allowed:
            raise desk.refused(decision, actor, place, run, command)
        return decision

    def read(self, run: Run, actor: Actor, place: Place, action: Action, command: Command) -> Run | None:
        desk = self.desk
        if command.wide:
            return self._widely(run, actor, place, action, command)
        decision = self.decide(run, actor, place, command)
        if self.dry:
            return rehearsed(desk, run, decision)
        private = action.private or command.secret or decision.audience == "asker" or not postable(place)
        run = desk.runs.note(run, rules=", ".join(decision.rules), audience="asker" if private else "channel")
        limits.pay(desk, run, self._paid(run, actor, place, command))
        aws = desk.gateway.reading(action.account, action.region, command.operations, token=run.id)
        with translated(command.calls[0], changes=False):
            reply = command.perform(aws, action)
        assert isinstance(reply, Reply)
        return self._answer(run, place, action, command, reply, private=private)

    def _paid(self, run: Run, actor: Actor, place: Place, command: Command) -> list[Request]:
        """Return what of a read is paid for each time."""
        asked = read_request(actor, place, command, run.account, run.region, at=self.desk.now())
        return [replace(asked, operation=operation) for operation in command.operations if operation in COSTS]

    def _widely(self, run: Run, actor: Actor, place: Place, action: Action, command: Command) -> Run | None:
        """Read every account and Region that the asker may; refused where that is none."""
        desk = self.desk
        everywhere = Everywhere(desk, actor, place, run, command)
        allowed = everywhere.allowed(command.calls[0])
        if not allowed:
            everywhere.write_down()
            raise Refused(desk.refusal(actor, place, command, run.account), layer="allowlist")
        if self.dry:
            return rehearsed(desk, run, allowed[0])
        try:
            limits.pay(desk, run, everywhere.paid())
            reply = command.perform(everywhere, action)
        finally:
            everywhere.write_down()
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


def rehearsed(desk: Desk, run: Run, decision: Decision) -> Run | None:
    """End a dry run with what was decided, and the calls that were not sent."""
    calls = run.planned.calls if run.plan else ()
    lines = tuple(text(Mono(call_text(call))) for call in calls)
    reply = Reply(f"Dry run, nothing was sent. {decision.reason} Needs: {decision.needs}.", lines, "ok")
    return desk.end(run, State.DONE, reply, why="dry run")


def postable(place: Place) -> bool:
    """Whether a message for everybody may be posted where it was asked.

    A server that leaves out whether the bot is a member is asked by posting; Slack itself always says.
    """
    return place.direct or (place.member is not False and place.shared is False)
