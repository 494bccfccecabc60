"""bot.yml without a restart: what stands on disk is looked at every second, and all of it counts at once or nothing.

What was read twice alike is put in force, so that an editor's half-written file never is. A file that is wrong, gone or
gives an account's name to another account changes nothing: the old rules stay, and the operators are told.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.config.botfile import BotFile
from bot.config.load import parse
from bot.config.times import rate_of
from bot.errors import ConfigError
from bot.parse import Commands
from bot.policy.changes import differences
from bot.reply import Part, Reply, note, text
from bot.road.desk import Desk, Law
from bot.road.enrolment import checked, enrol
from bot.road.notices import to_operators, told_in
from bot.store.database import StoreError
from bot.store.runs import State

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
GONE_SECONDS = 10.0
"""How long a file may be away before that is said: editors take it away for a moment."""
_SHOWN = 5


def read_law(path: Path, commands: Commands, now: float) -> Law:
    """Read bot.yml at the start. One that is missing is an empty allowlist; one that is wrong locks the bot."""
    content = _content(path)
    if content is None:
        return Law(BotFile(), since=now)
    try:
        return law_of(content, path.name, commands, now)
    except ConfigError as error:
        return Law(BotFile(), error.problems, since=now, digest=digest_of(content))


def law_of(content: bytes, name: str, commands: Commands, now: float) -> Law:
    """Read the content of a bot.yml. Raises ConfigError."""
    try:
        words = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError((f"{name} line 1: I cannot read it: {error}.",)) from None
    return Law(parse(words, name, checked(commands)), since=now, digest=digest_of(content))


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _content(path: Path) -> bytes | None:
    """Return what stands in a file, None where there is none. Raises ConfigError where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError((f"{path.name} line 1: I cannot read it: {error.strerror}.",)) from None


class Reload:
    """Watches one bot.yml for one desk; `watch` is given the file whose user groups have to be known from now on."""

    def __init__(self, desk: Desk, path: Path, watch: Callable[[BotFile], None] = lambda _file: None) -> None:
        self.desk = desk
        self.path = path
        self.watch = watch
        self._lock = threading.Lock()
        self._seen = desk.law.digest
        self._wrong = ""
        self._gone_since = 0.0
        self._unfinished = False

    def look(self, *, settled: bool = False) -> None:
        """Look at the file; `settled` says that nobody is writing it just now (SIGHUP). Never raises."""
        with self._lock:
            try:
                self._look(settled=settled)
            except Exception:
                log.exception("bot.yml could not be looked at; the rules stay as they are")

    def _look(self, *, settled: bool) -> None:
        if self._unfinished:
            self._finish()
        try:
            content = _content(self.path)
        except ConfigError as error:
            self._refuse(f"unreadable {error.problems}", error.problems)
            return
        if content is None:
            self._away()
            return
        self._gone_since = 0.0
        digest = digest_of(content)
        if digest == self.desk.law.digest:
            self._as_it_was(digest)
        elif settled or digest == self._seen:
            self._take(content, digest)
        self._seen = digest

    def _as_it_was(self, digest: str) -> None:
        """The file on disk is the one whose rules are in force."""
        if self.desk.law.warning:
            self.desk.law = replace(self.desk.law, warning="")
            self._say(Reply(f"bot.yml is again the one in force ({digest[:8]}): nothing changed", sign="ok"), "again")
        self._wrong = ""

    def _away(self) -> None:
        now, law = self.desk.now(), self.desk.law
        if not law.digest:
            return  # there was none at the start either
        self._gone_since = self._gone_since or now
        if now - self._gone_since > GONE_SECONDS:
            self._refuse("gone", (f"{self.path.name} is gone.",))

    def _take(self, content: bytes, digest: str) -> None:
        if digest == self._wrong:
            return
        try:
            law = law_of(content, self.path.name, self.desk.commands, self.desk.now())
        except ConfigError as error:
            self._refuse(digest, error.problems)
            return
        moved = _moved_accounts(self.desk.law.file, law.file)
        if moved:
            self._refuse(digest, moved)
        else:
            self._put_in_force(law)

    def _put_in_force(self, law: Law) -> None:
        """Change the rules by one assignment; accounts first, because the rules may name new ones."""
        desk, old = self.desk, self.desk.law
        desk.gateway.use(law.file.accounts)
        desk.gateway.reads.rate = rate_of(law.file.reads.per_api)
        desk.law = law
        self._wrong = ""
        self._unfinished = True
        log.warning("bot.yml was read again: %s is in force", law.digest[:8])
        self._finish()
        self._announce(old, law)

    def _finish(self) -> None:
        """Bring groups, reports and waiting cards in step with the rules; what fails is done at the next look."""
        try:
            enrol(self.desk)
            self._void_lost_accounts()
            self.watch(self.desk.law.file)
        except StoreError as error:
            log.warning("What follows from the new bot.yml waits for the store. %s", error.sentence)
            return
        self._unfinished = False

    def _void_lost_accounts(self) -> None:
        for run in self.desk.runs.open():
            waits = run.state in (State.ASKED, State.ARMED)
            if waits and run.account and run.account not in self.desk.law.file.accounts:
                self.desk.move(run, State.VOID, why=f"{run.account} is no account of bot.yml any more.")

    def _refuse(self, which: str, problems: tuple[str, ...]) -> None:
        """Keep the rules, and say once what is wrong."""
        desk = self.desk
        if which == self._wrong:
            return
        self._wrong = which
        for problem in problems:
            log.error("%s", problem)
        if desk.law.locked:
            desk.law = replace(desk.law, problems=problems, digest="" if which == "gone" else which)
        else:
            since = f"{datetime.fromtimestamp(desk.law.since, UTC):%Y-%m-%d %H:%M} UTC"
            warning = f"bot.yml on disk is wrong: {problems[0]} (Running on the rules of {since}.)"
            desk.law = replace(desk.law, warning=warning)
        lines = tuple(text(each) for each in problems[:_SHOWN])
        more = (note(f"and {len(problems) - _SHOWN} more"),) if len(problems) > _SHOWN else ()
        stays = "Nothing runs until it is mended." if desk.law.locked else "The old rules stay in force."
        self._say(Reply("bot.yml on disk is wrong", (*lines, *more, note(stays)), "fail"), which[:64])

    def _announce(self, old: Law, new: Law) -> None:
        """Say who gained and lost what, where the new file says, and where the old one said."""
        first = f"bot.yml was read again: {new.digest[:8]} is in force"
        was = "It was locked before." if old.locked else f"Before: {old.digest[:8] or 'no file'}."
        lines = differences(old.file, new.file, self._operations(), self.desk.directory.name)
        parts: tuple[Part, ...] = (*map(text, lines or ("Nobody gained or lost anything.",)), note(was))
        reply = Reply(first, parts, "ok")
        self._say(reply, f"{old.digest[:8]}-{new.digest[:8]}")
        if old.file.operators and old.file.operators != new.file.operators:
            self._say(reply, f"{old.digest[:8]}-{new.digest[:8]}", old.file.operators)

    def _operations(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each for command in self.desk.commands for each in command.operations))

    def _say(self, reply: Reply, key: str, channel: str = "") -> None:
        """Tell the operators, once for this state of the file, whichever process sees it first."""
        key = f"bot.yml/{key}/{self._written()}"
        try:
            if channel:
                told_in(self.desk, channel, reply, key)
            else:
                to_operators(self.desk, reply, key)
        except StoreError as error:
            log.warning("The operators could not be told of it: %s", error.sentence)

    def _written(self) -> str:
        """Name when the file was written, or the minute since when it is gone: the same in every process."""
        try:
            return str(self.path.stat().st_mtime_ns)
        except OSError:
            return f"{(self._gone_since or self.desk.now()) // 60:.0f}"


def _moved_accounts(old: BotFile, new: BotFile) -> tuple[str, ...]:
    """Say which names lead to another account than before: what is under way there would be looked for elsewhere."""
    both = old.accounts.keys() & new.accounts.keys()
    moved = sorted(name for name in both if old.accounts[name].id != new.accounts[name].id)
    return tuple(
        f"The account {name} has another id than before: give it another name, or restart the bot." for name in moved
    )
