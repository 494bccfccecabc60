"""The brake: what is halted, read before anything starts. It needs nothing else to be healthy.

A halt is a row in the store, which every process reads; a file on the host, whose text is the reason; and what this
process holds in memory because the store did not take it. Whoever asks and cannot be told is refused.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.store.database import StoreError
from bot.store.halts import EVERYTHING, Halt, Halts

log = logging.getLogger(__name__)

OF_FILE = "file"
"""Who halted, where a file did."""
_REASON_CHARACTERS = 500
NO_REASON = "no reason given"


@dataclass(frozen=True, slots=True)
class PutOn:
    """A halt as it was put in force: the one of the same scope that was there `before`, and what could not be done."""

    halt: Halt
    before: bool = False
    failed: tuple[str, ...] = ()


class Brake:
    """The halts in force, by the store, the file and this process's memory."""

    def __init__(self, halts: Halts, file: Path | None = None) -> None:
        self.halts = halts
        self.file = file
        self._lock = threading.Lock()
        self._held: dict[str, Halt] = {}
        self._written = ""

    def in_force(self) -> tuple[Halt, ...]:
        """Return every halt in force. Raises StoreError where that cannot be known."""
        return (*self.here(), *self.halts.active())

    def here(self) -> tuple[Halt, ...]:
        """Return the halts of this host and process, which are known without the store."""
        with self._lock:
            held = tuple(self._held.values())
        return (*self._of_file(), *held)

    def over(self, users: Iterable[str], account_id: str) -> Halt | None:
        """Return a halt that stops these people or this account. Raises StoreError where that cannot be known."""
        people = frozenset(users)
        for known in (self.here, self.halts.active):
            found = next((halt for halt in known() if halt.covers(people, account_id)), None)
            if found:
                return found
        return None

    def put_on(self, halt: Halt) -> PutOn:
        """Halt at once: in memory first, then in the store; where it does not take it, in memory and by the file."""
        with self._lock:
            self._held[halt.scope] = halt
        try:
            now = self.halts.put(halt)
        except StoreError as error:
            log.error("Halted in memory alone: %s", error.sentence)  # noqa: TRY400 - a sentence, not a bug
            return PutOn(halt, failed=(_NOT_STORED.format(error.sentence), self._write(halt)))
        self._let_go(halt)
        return PutOn(now, before=now != halt)

    def settle(self) -> None:
        """Put into the store what it did not take before, and remove the file that stood for it."""
        with self._lock:
            held = tuple(self._held.values())
        for halt in held:
            self.halts.put(halt)
            self._let_go(halt)
        if self._written and not self._held:
            self._remove_own()

    def _let_go(self, halt: Halt) -> None:
        with self._lock:
            if self._held.get(halt.scope) == halt:
                del self._held[halt.scope]

    def _of_file(self) -> tuple[Halt, ...]:
        """Read the file. Where nobody can say whether it is there, it is."""
        if self.file is None:
            return ()
        try:
            at = self.file.stat().st_mtime
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            return (Halt(EVERYTHING, by=OF_FILE, by_name=f"the file {self.file}", reason=_unread(error)),)
        return (Halt(EVERYTHING, by=OF_FILE, by_name=f"the file {self.file}", reason=self._reason(), at=at),)

    def _reason(self) -> str:
        assert self.file
        try:
            with self.file.open(encoding="utf-8", errors="replace") as file:
                return " ".join(file.read(4 * _REASON_CHARACTERS).split())[:_REASON_CHARACTERS] or NO_REASON
        except OSError as error:
            return _unread(error)

    def _write(self, halt: Halt) -> str:
        """Write the file, so that a restart stays halted; returns what that came to, as a sentence."""
        if self.file is None:
            return "There is no file to halt by: a restart of this process forgets it."
        words = f"{halt.reason} ({halt.by_name or halt.by}, {halt.scope})\n"
        try:
            with self.file.open("x", encoding="utf-8") as file:
                file.write(words)
        except FileExistsError:
            return f"The file {self.file} halts everything on this host already."
        except OSError as error:
            return (
                f"The file {self.file} could not be written ({error.strerror}): a restart of this process forgets it."
            )
        self._written = words
        return f"The file {self.file} halts everything on this host until the store has it."

    def _remove_own(self) -> None:
        """Remove the file this process wrote, unless somebody has written another."""
        assert self.file
        with contextlib.suppress(OSError):
            if self.file.read_text("utf-8") == self._written:
                self.file.unlink()
        self._written = ""


def _unread(error: OSError) -> str:
    return f"it cannot be read ({error.strerror})"


_NOT_STORED = "{} So this process alone is halted, in memory: other processes were not told."
