"""How far an upload has come: written to its run, and told, every few seconds."""

from __future__ import annotations

import logging
import threading

from bot.command import Call
from bot.road.desk import Desk
from bot.store.database import StoreError
from bot.store.runs import Run, states_json

log = logging.getLogger(__name__)

EVERY_SECONDS = 3.0
_MB = 1_000_000


class Progress:
    """Counts the bytes of one upload as they leave; called by any of its threads."""

    def __init__(self, desk: Desk, run: Run, call: Call) -> None:
        self._desk = desk
        self._run = run
        self._call = call
        self._lock = threading.Lock()
        self._sent = 0
        self._told_at = desk.now()

    def __call__(self, count: int) -> None:
        """Count what has left; a part that is sent again is taken back first (a negative count)."""
        with self._lock:
            self._sent += count
            due = self._desk.now() - self._told_at >= EVERY_SECONDS
            if due:
                self._told_at = self._desk.now()
            sent = self._sent
        if due:
            self._tell(sent)

    def _tell(self, sent: int) -> None:
        """Write it down and have it told; that it cannot be told is no reason to break the upload off."""
        size = self._call.upload.size if self._call.upload else sent
        self._write(states_json(dict.fromkeys(self._call.ids, in_words(sent, size))))

    def over(self) -> None:
        """Forget how far it came: from here on the states are AWS's."""
        self._write("")

    def _write(self, seen: str) -> None:
        try:
            run = self._desk.runs.note(self._run, seen=seen)
            if seen:
                self._desk.tell(run)
        except StoreError as error:
            log.warning("Run %s: how far it is could not be written: %s", self._run.id, error)


def in_words(sent: int, size: int) -> str:
    """Say how much of a size has left, in whole megabytes: `sending, 120 of 200 MB`."""
    return f"sending, {min(sent, size) // _MB:,} of {-(-size // _MB):,} MB"
