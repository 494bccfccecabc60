"""What every step of the road works with: the store, the gateway, the rules in force, the clock.

`Desk.move` is the one way a run changes state: the conditional update, the audit row and the mark that something is to
be told belong together.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.action import Action
from bot.actor import Actor, Place
from bot.aws.errors import translated
from bot.aws.gateway import Gateway
from bot.aws.meter import Meter
from bot.command import Command, Effect, Plan
from bot.errors import Refused
from bot.parse import Commands
from bot.policy import freeze, record
from bot.policy.decide import Decision, Outcome, decide, decide_all, decide_command, reach, read_request, requests
from bot.policy.listed import may_halt, may_resume
from bot.policy.match import UNPLANNED, Request
from bot.policy.observe import might_grant
from bot.policy.rights import refusal, rights, rights_in_words
from bot.reply import File, Reply, to_json
from bot.road.brake import Brake
from bot.road.doors import Directory, Files, NoFiles, nowhere
from bot.road.hands import Hands
from bot.road.law import Law
from bot.road.observed import Observed
from bot.store.audit import Audit
from bot.store.limits import Limits
from bot.store.outbox import FINAL, PROGRESS, QUESTION, Outbox
from bot.store.reports import Reports
from bot.store.runs import ENDED, Run, Runs, State

__all__ = ["Desk", "Directory", "Files", "Law", "NoFiles", "Pulse", "nowhere"]

log = logging.getLogger(__name__)

STOP_WORDS = {"halt": may_halt, "resume": may_resume}  # for whoever `halt.who` lists


@dataclass
class Pulse:
    """What `status` and `bot health` tell of this process; `slack` is asked for the state of the connection."""

    started: float = field(default_factory=time.time)
    slack: Callable[[], dict[str, Any]] = dict
    errors: deque[str] = field(default_factory=lambda: deque(maxlen=20))


@dataclass
class Desk:
    """The shared pieces. `owner` is this process's id; `wake` tells the edge that there is something to say.

    An owned run that is in nobody's `hands` was let fall, and is found like one that a dead process left behind.
    """

    runs: Runs
    reports: Reports
    outbox: Outbox
    audit: Audit
    limits: Limits
    brake: Brake
    gateway: Gateway
    commands: Commands
    law: Law
    directory: Directory
    owner: str
    now: Callable[[], float] = time.time
    wake: Callable[[], None] = lambda: None
    secrets: dict[str, Reply] = field(default_factory=dict)
    pulse: Pulse = field(default_factory=Pulse)
    hands: Hands = field(default_factory=Hands)
    files: Files = field(default_factory=NoFiles)
    hand_over: Callable[[Run, File, str, Actor], bool] = nowhere
    meter: Meter = field(default_factory=Meter)
    observed: Observed = field(default_factory=Observed)

    def move(self, run: Run, to: State, **changes: Any) -> Run | None:
        """Move a run, write the audit row, and mark that it has something to tell; None where another was first.

        All three are written or none, so that no run ends untold.
        """
        if to in ENDED:
            changes.setdefault("ended_at", self.now())
        with self.runs.together():
            moved = self.runs.move(run, to, **changes)
            if moved:
                self.audit.write(self.now(), to, moved, why=moved.why, by=moved.by, rules=moved.rules)
                self.mark(moved)
        self.wake()
        return moved

    def actor(self, run: Run) -> Actor:
        """Vouch for whoever a run is for: a report of bot.yml is a principal of its own. Raises Refused."""
        if run.actor_kind == "report":
            return Actor("report", run.user, name=run.user)
        if run.actor_kind == "bot":
            raise Refused("Nobody asked for a notice of the bot's own.", layer="identity")
        return self.directory.actor(run.user, (run.team,))

    def recipient(self, run: Run) -> str:
        """Return whom to tell in person: the asker; of a report its owner while they are here, else its contact.

        Empty where there is nobody: a user group cannot be written to. The bot's own notices go to the contact.
        """
        if not run.report and run.actor_kind != "bot":
            return run.user
        if run.actor_kind == "slack" and self._here(run):
            return run.user
        about = self.law.file.reports.get(run.user) if run.actor_kind == "report" else None
        contact = (about and about.contact) or self.law.file.contact or ""
        return "" if contact.startswith("S") else contact

    def _here(self, run: Run) -> bool:
        try:
            self.directory.actor(run.user, (run.team,))
        except Refused:
            return False
        return True

    def tell(self, run: Run) -> None:
        """Mark that a run has something newer to tell, and say so."""
        self.mark(run)
        self.wake()

    def mark(self, run: Run) -> None:
        """Mark that a run has something newer to tell; what is final goes first, progress last."""
        ranks = {State.ASKED: QUESTION, State.RECEIVED: PROGRESS, State.SENDING: PROGRESS, State.FOLLOWING: PROGRESS}
        if run.actor_kind in ("slack", "report", "bot"):
            self.outbox.mark(run.id, ranks.get(run.state, FINAL), self.now())

    def end(self, run: Run, to: State, reply: Reply, *, private: bool = False, why: str = "") -> Run | None:
        """End a run with what there is to say; `private` answers go to the asker alone."""
        changes = {"reply": to_json(reply), "why": why or reply.summary}
        return self.move(run, to, **changes, **({"audience": "asker"} if private else {}))

    def command(self, run: Run) -> Command:
        service, _, verb = run.action.partition(" ")
        found = self.commands.find(service, verb.split(" ")[0])
        assert found is not None
        return found

    def plan(self, run: Run, command: Command, action: Action, *, finishing: bool = False) -> Plan:
        """Let a command look at AWS and say what it would do. Raises AwsError, UsageError."""
        aws = self.gateway.reading(
            action.account,
            action.region,
            command.reads,
            run.id,
            lambda id_: self.files.facts(id_, run),
            finishing=finishing,
        )
        with translated(command.calls[0], changes=False):
            plan = command.perform(aws, action)
        assert isinstance(plan, Plan)
        return plan

    def decide(self, actor: Actor, place: Place, run: Run, command: Command, plan: Plan) -> Decision:
        """Decide every call of a plan on every resource it touches. Raises Refused."""
        law = self.law  # read once: another one may be put in force meanwhile
        asked = self.asked(actor, place, run, command, plan, law)
        decision = self.decided(run, decide_all(law.file, asked), asked)
        if not decision.allowed:
            raise self.refused(decision, actor, place, run, command, asked)
        return decision

    def asked(  # noqa: PLR0917  # who, where and what, in the order of a sentence
        self, actor: Actor, place: Place, run: Run, command: Command, plan: Plan, law: Law | None = None
    ) -> tuple[Request, ...]:
        """Return what a plan asks for, now. Raises Refused where the Region is not open."""
        about = (law or self.law).opened(run.account, run.region)
        return requests(
            plan,
            actor=actor,
            place=place,
            account=about.name,
            account_id=about.id,
            region=run.region,
            effect=Effect.DESTROYS if command.effect is Effect.DESTROYS else Effect.CHANGES,
            at=self.now(),
        )

    def refused(  # noqa: PLR0917  # who, where and what, in the order of a sentence
        self, decision: Decision, actor: Actor, place: Place, run: Run, command: Command, asked: Iterable[Request] = ()
    ) -> Refused:
        """Return a decision that is no grant as a refusal, in words of the layer that said no."""
        if decision.layer == "freeze":
            return Refused(self._frozen(asked), layer="freeze")
        said = decision.reason if decision.layer != "allowlist" else ""
        said = said or self.refusal(actor, place, command, run.account, asked)
        return Refused(said, layer=decision.layer, rule=", ".join(decision.rules))

    def _frozen(self, asked: Iterable[Request]) -> str:
        freezes = [each for request in asked for each in freeze.freezing(self.law.file, request)]
        named = {
            name for each in freezes if each.except_ for name in (*each.except_.who.groups, *each.except_.who.users)
        }
        return f"{freeze.told(freezes, {name: self.directory.name(name) for name in named})} Nothing was done."

    def decide_reading(self, actor: Actor, place: Place, run: Run, command: Command) -> Decision:
        """Decide a command that reads one account and Region, or a word of the bot's own."""
        at = self.now()
        decision = decide_command(self.law.file, actor, place, command, run.account, run.region, at=at)
        return self.decided(run, decision, (read_request(actor, place, command, run.account, run.region, at=at),))

    def decided(self, run: Run, decision: Decision, asked: Iterable[Request]) -> Decision:
        """Write a decision down with all that it was made from, and pass it on."""
        self.write_down(run, decision, asked)
        return self.sound(decision, run)

    def write_down(self, run: Run, decision: Decision, asked: Iterable[Request], *, alone: bool = False) -> None:
        """Keep in the audit what was decided; `alone` where each of the requests was decided by itself, alike."""
        self.audit.write(self.now(), record.EVENT, run, **record.written(asked, decision, alone=alone))

    def sound(self, decision: Decision, run: Run) -> Decision:
        """Pass a decision on; one that broke is a denial, and stands in the log and the audit as an error."""
        if decision.fault:
            log.error("Run %s: the decision broke: %s", run.id, decision.fault)
            self.audit.write(self.now(), "policy error", run, fault=decision.fault)
        self.observed.write(self.audit, self.now(), run, decision)
        return decision

    def first_look(self, actor: Actor, place: Place, run: Run, command: Command) -> None:
        """Refuse before anything is read from AWS where no rule could allow it, so that existence does not leak."""
        file, account, region, at = self.law.file, run.account, run.region, self.now()
        for operation in command.calls:
            request = Request(actor, place, operation, account, region, None, UNPLANNED, command.effect, at=at)
            if reach(file, actor, place, operation, account, region, at=at) is Outcome.NO:
                decision = self.decided(run, decide(file, request), (request,))
                self.observed.write(self.audit, at, run, decision, might=might_grant(file, request))
                if decision.layer == "floor":
                    raise self.refused(decision, actor, place, run, command)
                raise Refused(self.refusal(actor, place, command, account), layer="allowlist")
            if freeze.freezing(file, request):
                self.decided(run, decide(file, request), (request,))
                raise Refused(self._frozen((request,)), layer="freeze")

    def may(self, actor: Actor, place: Place, command: Command) -> bool:
        """Whether somebody could run a command in some account and Region: what help and suggestions go by."""
        if command.own:
            if command.name in STOP_WORDS:
                return STOP_WORDS[command.name](self.law.file, actor)
            return command.free or decide_command(self.law.file, actor, place, command, "", "", at=self.now()).allowed
        try:
            return bool(rights(self.law.file, actor, place, (command,)))
        except Exception:
            log.exception("What %s may run could not be decided", actor.key)
            return False

    def may_ask(self, actor: Actor, place: Place, command: Command) -> bool:
        """Whether somebody could ask a second person to approve a command somewhere, and not run it alone there."""
        try:
            return bool(rights(self.law.file, actor, place, (command,), Outcome.REQUEST))
        except Exception:
            log.exception("What %s may ask for could not be decided", actor.key)
            return False

    def refusal(self, actor: Actor, place: Place, command: Command, account: str, asked: Iterable[Request] = ()) -> str:
        """Say no, what the asker may do instead, and who can."""
        try:
            return self._refusal(actor, place, command, account, asked)
        except Exception:
            log.exception("What %s may do instead could not be found out", actor.key)
            return f"Not allowed: {command.name}. Something broke while deciding, so the answer is no."

    def _refusal(self, actor: Actor, place: Place, command: Command, account: str, asked: Iterable[Request]) -> str:
        file = self.law.file
        return refusal(file, actor, place, command, account, asked, self.directory.name, at=self.now())

    def rights(self, actor: Actor, place: Place, outcome: Outcome = Outcome.RUN) -> str:
        """Say what somebody may do here, or may only ask for."""
        return rights_in_words(self.law.file, actor, place, self.commands, outcome)
