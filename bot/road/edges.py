"""What the road asks of its edges: who people are and where, and the files they hand in or are handed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, Protocol

from bot.actor import Actor, Place
from bot.command import Upload
from bot.errors import UsageError
from bot.reply import File
from bot.store.runs import Run


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
