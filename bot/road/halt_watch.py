"""Carries halts out beyond who asked for them, in every process: waiting cards are voided, operators are told.

It looks every half second, so that a halt from another process, the host or the file is seen within one.
"""

from __future__ import annotations

import logging

from bot.errors import BotError
from bot.reply import Reply, note, text
from bot.road.brake import OF_FILE
from bot.road.desk import Desk
from bot.road.halted import ON_HOST, listed, said, scope_words, under_way, void_waiting
from bot.road.notices import to_operators
from bot.store.database import StoreError
from bot.store.halts import Halt

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
_TOLD_SECONDS = 3600.0
"""How long after its end a halt is still told of: a process that starts later has nothing to say about it."""


class HaltWatch:
    """Looks at what is halted; `tick` is called every half second."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._told: set[str] = set()
        self._by_file: Halt | None = None
        self._away = False

    def tick(self) -> None:
        """Void what waits and tell what is new. The store away is said once; it is refused meanwhile anyhow."""
        try:
            self._look()
            self._away = False
        except StoreError as error:
            if not self._away:
                log.warning("What is halted cannot be read: %s", error.sentence)
            self._away = True
        except BotError as error:
            log.warning("%s", error.sentence)

    def _look(self) -> None:
        desk = self.desk
        desk.brake.settle()
        halts = desk.brake.in_force()
        if halts:
            void_waiting(desk, halts)
        for halt in halts:
            self._say(_key("halt", halt), halt)
        for halt in desk.brake.halts.ended_since(desk.now() - _TOLD_SECONDS):
            self._say_ended(halt, f"Resumed {scope_words(halt)} by {halt.ended_by}")
        self._look_for_file(halts)

    def _look_for_file(self, halts: tuple[Halt, ...]) -> None:
        now = next((halt for halt in halts if halt.by == OF_FILE), None)
        if self._by_file and not now:
            self._say_ended(self._by_file, "The file that halted everything is gone: what it halted goes on")
        self._by_file = now

    def _say(self, key: str, halt: Halt) -> None:
        if key in self._told:
            return
        running = listed("Still running, and told to its end:", under_way(self.desk, (halt,)))
        how = (
            "Remove the file to go on."
            if halt.by == OF_FILE
            else f"To go on: resume {scope_words(halt)}; or {ON_HOST}."
        )
        to_operators(self.desk, Reply(said(halt), (*running, note(how)), "no"), key)
        self._told.add(key)

    def _say_ended(self, halt: Halt, words: str) -> None:
        key = _key("resumed", halt)
        if key not in self._told:
            to_operators(self.desk, Reply(words, (text(f"{said(halt)}."),), "ok"), key)
            self._told.add(key)


def _key(what: str, halt: Halt) -> str:
    return f"{what}/{halt.scope}/{halt.by}/{halt.at:.3f}"
