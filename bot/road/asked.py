"""A request as an edge hands it in, and what becomes of it on its way in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


def unheard(_said: object) -> None:
    """Take no notice."""


class Received(Enum):
    """What became of a request on its way in."""

    TAKEN = auto()
    SEEN = auto()
    BUSY = auto()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as an edge hands it in: ids as the edge got them, and the delivery that brought it."""

    text: str
    user: str
    team: str
    channel: str = ""
    thread: str = ""
    delivery: str = ""
    kind: str = "slack"
