"""Ids named in a message, looked up: each becomes a read like any other, asked and answered for one person alone.

What counts as an id is declared by the commands that show one (`finds`). Nothing else of the message is read.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bot.action import quote
from bot.command import Command, Effect
from bot.errors import BotError, Refused
from bot.reply import Mono, Reply, text
from bot.road.engine import Asked, Engine, Received
from bot.store.database import new_id
from bot.store.runs import Run

log = logging.getLogger(__name__)

MOST = 5
"""Ids looked up at once: each answer takes one of a response_url's five uses."""
LONGEST = 100_000
"""Characters of a message that are searched."""


@dataclass(frozen=True, slots=True)
class Named:
    """An id in a message and the command that shows it."""

    command: Command
    id: str

    @property
    def typed(self) -> str:
        """The command as somebody would type it: an ARN says its own account and Region."""
        parts = self.id.split(":", 5)
        region, account = (parts[3], parts[4]) if self.id.startswith("arn:") and len(parts) > 5 else ("", "")
        where = [f"--account {quote(account)}"] * bool(account) + [f"--region {quote(region)}"] * bool(region)
        return " ".join([self.command.name, quote(self.id), *where, "--private"])


def named(commands: Iterable[Command], message: str) -> tuple[Named, ...]:
    """Find the ids in a message, in their order and each once; of two that overlap, the first and longer counts."""
    found = [
        (match.start(), match.end(), command)
        for command in commands
        if command.finds and command.effect is Effect.READS
        for match in re.finditer(rf"(?<![\w-])(?:{command.finds})(?![\w-])", message[:LONGEST])
    ]
    ids: dict[str, Command] = {}
    end = 0
    for start, stop, command in sorted(found, key=lambda each: (each[0], -each[1])):
        if start >= end:
            ids.setdefault(message[start:stop].rstrip(".,;:!?)'"), command)
            end = stop
    return tuple(Named(command, id_) for id_, command in ids.items())


class Lookup:
    """Looks up what a message names."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.desk = engine.desk

    def receive(self, asked: Asked, answer: Callable[[Reply], None], taken: Callable[[Run], None]) -> Received:
        """Take the wish in, on the ack path; `asked.text` is the whole message. What arrives twice counts once."""
        runs, now = self.desk.runs, self.desk.now()
        return self.engine.admit(lambda: not runs.seen_before(asked.delivery, now), self.work, asked, answer, taken)

    def work(self, asked: Asked, answer: Callable[[Reply], None], taken: Callable[[Run], None]) -> None:
        """Ask for each id, or say what could be looked up."""
        found = named(self.desk.commands, asked.text)
        if not found:
            answer(self._nothing(asked))
            return
        for each in found[:MOST]:
            run = self.engine.new_run(replace(asked, text=each.typed, delivery=""))
            with self.desk.hands.holding(run.id):
                self.desk.runs.receive(run, "")
                taken(run)
                self.engine.work(run)

    def _nothing(self, asked: Asked) -> Reply:
        """Say which kinds of ids are known, of those that whoever asks may look up."""
        try:
            actor = self.desk.directory.actor(asked.user, (asked.team,))
            place = self.desk.directory.place(asked.channel, asked.thread)
            mine = [each for each in self.desk.commands if each.finds and self.desk.may(actor, place, each)]
        except BotError as error:
            if isinstance(error, Refused):
                why = f"{error.layer}: {error.sentence}"
                self.desk.audit.write(self.desk.now(), "refused", self.engine.new_run(replace(asked, text="")), why=why)
            return Reply(error.sentence, sign="no")
        except Exception:
            reference = new_id()
            log.exception("A look-up failed by a mistake of the bot's (%s)", reference)
            return Reply(f"Something went wrong in the bot itself. Reference {reference}.", sign="fail")
        known = tuple(text(Mono(each.name), f" {_kind(each)}") for each in mine)
        rest = "I know these:" if known else "There is nothing that you may look up here; type /aws whoami."
        return Reply(f"That message names nothing I can look up. {rest}", known, "no")


def _kind(command: Command) -> str:
    first = next((param for param in command.params if param.word), None)
    return first.help if first and first.help else command.summary
