"""The same bot in a terminal: one road, plain text, no control sequences.

The actor is the operating system's user, a principal of its own (`who: {terminal: […]}`). A change needs `--yes`;
`--dry-run` decides and sends nothing. Exit: 0 done, 1 failed, 2 usage, 3 refused, 4 unknown; 130 for Ctrl-C before
anything was sent.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TextIO

from bot.action import Action
from bot.actor import Actor, Place
from bot.errors import BotError
from bot.reply import Reply
from bot.road.cards import card
from bot.road.clicks import CONFIRM, Click, Clicks
from bot.road.engine import Asked, Engine
from bot.road.sending import conclude, ids_of
from bot.road.waiting import Waiting
from bot.store.database import new_id
from bot.store.runs import ENDED, OWNED, Run, State
from bot.text import line, plain

DONE, FAILED, USAGE, REFUSED, UNKNOWN = range(5)
INTERRUPTED = 130
EXITS = {
    State.DONE: DONE,
    State.FAILED: FAILED,
    State.USAGE: USAGE,
    State.REFUSED: REFUSED,
    State.VOID: REFUSED,
    State.CANCELLED: USAGE,
    State.EXPIRED: USAGE,
}
"""Every other state is unknown: it has not come to its end, or nobody can tell what that was."""
PROMPT = "aws> "


@dataclass(frozen=True)
class Terminal:
    """A directory of one person: whoever sits at the bot's own host."""

    user: str

    def actor(self, user: str, teams: Iterable[str]) -> Actor:  # noqa: ARG002 - the shape of Directory
        return Actor("terminal", user, name=user)

    def place(self, channel: str, thread: str) -> Place:
        return Place(channel, thread)

    def name(self, id_: str) -> str:
        return id_


class Shell:
    """Asks the engine on behalf of one person and prints what comes of it."""

    def __init__(
        self,
        engine: Engine,
        waiting: Waiting,
        asked: Asked,
        *,
        yes: bool = False,
        out: TextIO | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.engine = engine
        self.desk = engine.desk
        self.waiting = waiting
        self.asked = asked
        self.yes = yes
        self.out = out or sys.stdout
        self.sleep = sleep
        self._said = ""

    def one(self, words: str) -> int:
        """Do one command to its end; returns the exit code."""
        self._said = ""
        run = self.engine.new_run(replace(self.asked, text=words))
        try:
            self.desk.runs.receive(run, "")
            return self._work(run)
        except KeyboardInterrupt:
            return self._interrupted(run)
        except BotError as error:
            self._print(line(error.sentence))
            return FAILED

    def loop(self, lines: Iterable[str]) -> int:
        """Do each line that comes in; returns the last one's exit code."""
        code = DONE
        for each in lines:
            if each.strip() in ("exit", "quit"):
                break
            if each.strip():
                code = self.one(each)
        return code

    def _work(self, run: Run) -> int:
        worked = self.engine.work(run) or self._now(run)
        self._say(worked)
        return self._confirm(worked) if worked.state is State.ASKED else self._follow(worked)

    def _confirm(self, run: Run) -> int:
        if not self.yes:
            self.desk.move(run, State.CANCELLED, why="A change in the terminal needs --yes; nothing was sent.")
            self._print("A change needs --yes; nothing was sent.")
            return USAGE
        answers: list[Reply] = []
        click = Click(CONFIRM, run.id, run.user, run.team, new_id(), kind=run.actor_kind)
        Clicks(self.engine).work(click, answers.append)
        for answer in answers:
            self._print(plain(answer))
        now = self._now(run)
        return self._unsent(now, answers) if now.state is State.ASKED else self._follow(now)

    def _unsent(self, run: Run, answers: list[Reply]) -> int:
        """Close a question that its own confirmation did not move: nobody else will answer it."""
        why = " ".join(each.summary for each in answers)
        self.desk.move(run, State.CANCELLED, why=why)
        return FAILED if any(each.sign == "fail" for each in answers) else REFUSED

    def _follow(self, run: Run) -> int:
        """Stay until the run has come to its end, and say each change of state once."""
        try:
            while not _over(run):
                self._say(run)
                self.sleep(0.2)
                run = self._stepped(self._now(run))
        except BotError as error:
            self._print(line(error.sentence))
            return UNKNOWN
        self._say(run)
        return EXITS.get(run.state, UNKNOWN)

    def _stepped(self, run: Run) -> Run:
        """Take the run a step further where it is due and no bot on this store was faster."""
        if _over(run) or run.due_at > self.desk.now():
            return run
        claimed = self.desk.runs.claim(run, self.desk.now() + 30)
        return (self.waiting.step(claimed) if claimed else None) or self._now(run)

    def _interrupted(self, run: Run) -> int:
        """Say what Ctrl-C left behind: what was sent goes on in AWS, what was not is closed."""
        now = self._now(run)
        if now.state is State.SENDING:
            now = conclude(self.desk, now) or self._now(run)
        if now.state in ENDED:
            self._say(now)
            return EXITS[now.state]
        if now.state in (State.FOLLOWING, State.UNKNOWN):
            self._print(
                f"\nNo longer watching. {now.action} was sent and goes on in AWS; a bot that runs on this store"
            )
            self._print(f"follows it to its end. To look: {self._look(now)}")
            return UNKNOWN
        self.desk.move(now, State.CANCELLED, why="Interrupted; nothing was sent.")
        self._print("\nInterrupted; nothing was sent.")
        return INTERRUPTED

    def _look(self, run: Run) -> str:
        service = run.action.partition(" ")[0]
        known = self.desk.commands.find(service, "list") and "new" not in ids_of(run.planned)
        action = Action(service, "list", ids_of(run.planned) if known else (), account=run.account, region=run.region)
        return f"python -m bot shell -c {shlex.quote(line(str(action)))}"

    def _now(self, run: Run) -> Run:
        return self.desk.runs.get(run.id) or run

    def _say(self, run: Run) -> None:
        secret = self.desk.secrets.pop(run.id, None)
        words = plain(secret or card(self.desk, run))
        if words != self._said:
            self._print(words)
        self._said = words

    def _print(self, words: str) -> None:
        print(words, file=self.out, flush=True)


def _over(run: Run) -> bool:
    """Whether there is nothing to wait for: it ended, cannot be found out, or broke off in this process's hands."""
    return run.state in ENDED or run.state in OWNED or (run.state is State.UNKNOWN and run.ended_at > 0)
