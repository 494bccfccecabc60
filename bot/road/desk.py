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
from typing import Any, BinaryIO, Protocol

from bot.action import Action
from bot.actor import Actor, Place
from bot.aws.errors import translated
from bot.aws.gateway import Gateway
from bot.command import Command, Effect, Plan, Upload
from bot.config.botfile import Account, BotFile
from bot.errors import Refused, UsageError
from bot.parse import Commands, Defaults
from bot.policy.decide import Decision, decide_all, decide_command, foresee, requests
from bot.policy.match import Request
from bot.policy.rights import refusal, rights, rights_in_words
from bot.reply import File, Reply, to_json
from bot.road.hands import Hands
from bot.store.audit import Audit
from bot.store.outbox import FINAL, PROGRESS, QUESTION, Outbox
from bot.store.reports import Reports
from bot.store.runs import ENDED, Run, Runs, State

log = logging.getLogger(__name__)

FREE_WORDS = frozenset({"hello", "help", "whoami"})
"""Bot words that need no rule."""


class Directory(Protocol):
    """Looks people and places up, by id, where they are known: Slack, or the terminal."""

    def actor(self, user: str, teams: Iterable[str]) -> Actor:
        """Vouch for a person. Raises Refused for everyone who is not a full member of our workspace."""
        ...

    def place(self, channel: str, thread: str) -> Place: ...

    def name(self, id_: str) -> str:
        """Return what a person or user group is called, for display alone; the id where nobody knows."""
        ...


class Files(Protocol):
    """Finds and reads the files that people hand in: Slack's, or those on a terminal's disk."""

    def facts(self, id_: str, run: Run) -> Upload:
        """Say what a file is. Raises Refused where whoever asked may not see it, UsageError where there is none."""
        ...

    def open(self, id_: str) -> BinaryIO:
        """Open a file to read it once, from its beginning, piece by piece; the caller closes it. Raises SlackError."""
        ...


class NoFiles:
    """Where no file can be handed in."""

    def facts(self, id_: str, run: Run) -> Upload:
        raise UsageError(f"No file can be handed in here ({id_}, asked for in {run.channel or 'a terminal'}).")

    def open(self, id_: str) -> BinaryIO:
        raise UsageError(f"No file can be handed in here ({id_}).")


def nowhere(run: Run, file: File, words: str, to: Actor) -> bool:  # noqa: ARG001 - the shape of Desk.hand_over
    raise UsageError(f"No file can be handed over here ({file.name}).")


@dataclass(frozen=True)
class Law:
    """The rules in force, or what is wrong with bot.yml: then every command is answered with that."""

    file: BotFile
    problems: tuple[str, ...] = ()

    @property
    def locked(self) -> str:
        return self.problems[0] if self.problems else ""

    @property
    def defaults(self) -> Defaults:
        accounts = self.file.accounts
        names = {name: name for name in accounts} | {about.id: name for name, about in accounts.items()}
        regions = {name: about.region for name, about in accounts.items()}
        default = next((name for name, about in accounts.items() if about.default), None)
        return Defaults(names, regions, default)

    def open(self, account: str, region: str) -> None:
        """Refuse a Region that the account's entry does not open; a word of the bot has no account."""
        if account and region:
            self.opened(account, region)

    def opened(self, account: str, region: str) -> Account:
        """Return an account of bot.yml. Raises Refused where its entry does not open the Region."""
        about = self.file.account(account)
        if not about.takes(region):
            raise Refused(f"{account} is not open in {region} (regions: in bot.yml).", layer="allowlist")
        return about

    def marked(self, account: str) -> str:
        """An account's name as cards show it: production is said out loud."""
        return f"{account} (PRODUCTION)" if self.production(account) else account

    def production(self, account: str) -> bool:
        return account in self.file.accounts and self.file.accounts[account].production


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
        return self.directory.actor(run.user, (run.team,))

    def recipient(self, run: Run) -> str:
        """Return whom to tell in person: the asker; of a report its owner while they are here, else its contact.

        Empty where there is nobody: a user group cannot be written to.
        """
        if not run.report:
            return run.user
        if run.actor_kind == "slack" and self._here(run):
            return run.user
        about = self.law.file.reports.get(run.user) if run.actor_kind == "report" else None
        contact = (about.contact if about else None) or self.law.file.contact or ""
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
        if run.actor_kind in ("slack", "report"):
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

    def plan(self, run: Run, command: Command, action: Action) -> Plan:
        """Let a command look at AWS and say what it would do. Raises AwsError, UsageError."""
        aws = self.gateway.reading(
            action.account, action.region, command.reads, run.id, lambda id_: self.files.facts(id_, run)
        )
        with translated(command.calls[0], changes=False):
            plan = command.perform(aws, action)
        assert isinstance(plan, Plan)
        return plan

    def decide(self, actor: Actor, place: Place, run: Run, command: Command, plan: Plan) -> Decision:
        """Decide every call of a plan on every resource it touches. Raises Refused."""
        about = self.law.opened(run.account, run.region)
        effect = Effect.DESTROYS if command.effect is Effect.DESTROYS else Effect.CHANGES
        asked = requests(
            plan,
            actor=actor,
            place=place,
            account=about.name,
            account_id=about.id,
            region=run.region,
            effect=effect,
        )
        decision = self.sound(decide_all(self.law.file, asked), run)
        if not decision.allowed:
            raise self.refused(decision, self.refusal(actor, place, command, run.account, asked))
        return decision

    def refused(self, decision: Decision, why: str) -> Refused:
        """Make a decision's refusal: what is on the floor is said in its own words, the rest as `why`."""
        said = decision.reason if decision.layer == "floor" else why
        return Refused(said, layer=decision.layer, rule=", ".join(decision.rules))

    def sound(self, decision: Decision, run: Run) -> Decision:
        """Pass a decision on; one that broke is a denial, and stands in the log and the audit as an error."""
        if decision.fault:
            log.error("Run %s: the decision broke: %s", run.id, decision.fault)
            self.audit.write(self.now(), "policy error", run, fault=decision.fault)
        return decision

    def first_look(self, actor: Actor, place: Place, run: Run, command: Command) -> None:
        """Refuse before anything is read from AWS where no rule could allow it, so that existence does not leak."""
        file, account, region = self.law.file, run.account, run.region
        for operation in command.calls:
            decision = self.sound(foresee(file, actor, place, operation, account, region), run)
            if not decision.allowed:
                raise self.refused(decision, self.refusal(actor, place, command, account))

    def may(self, actor: Actor, place: Place, command: Command) -> bool:
        """Whether somebody could run a command in some account and Region: what help and suggestions go by."""
        if command.own:
            free = not command.calls and command.verb in FREE_WORDS
            return free or decide_command(self.law.file, actor, place, command, "", "").allowed
        try:
            return bool(rights(self.law.file, actor, place, (command,)))
        except Exception:
            log.exception("What %s may run could not be decided", actor.key)
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
        named = {each for rule in file.rules for each in (*rule.who.groups, *rule.who.users)} | {file.contact or ""}
        names = {each: self.directory.name(each) for each in named if each}
        return refusal(file, actor, place, command, account, asked, names)

    def rights(self, actor: Actor, place: Place) -> str:
        """Say what somebody may do here."""
        return rights_in_words(self.law.file, actor, place, self.commands)
