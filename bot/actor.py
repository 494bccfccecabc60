"""Who asks, and where: ids only, looked up at the edge and never taken from a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Actor:
    """A person the edge has vouched for, or a report of bot.yml.

    `slack`: a full member of our workspace (`user` is `U…`/`W…`, `groups` user group ids `S…`). `terminal`: the
    operating system's user name on the bot's own host, a principal of its own. `settled` are those of the groups that
    count for what needs more than a confirmation.
    `report`: a scheduled report of bot.yml, by its name; it may only read. `name` is for display and decides
    nothing. `unread` are groups of which nobody can say just now who is in them: a right is not given by
    them, and a denial or a limit of theirs holds.
    """

    kind: Literal["slack", "terminal", "report"]
    user: str
    team: str = ""
    groups: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()
    name: str = ""
    unread: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """One string that tells any two people apart: `T024/U024BE7LH`, `terminal/root`."""
        return f"{self.team or self.kind}/{self.user}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where it was asked.

    `channel` is empty in a terminal. `member` says whether the bot can post there; None, where a server does not say,
    is found out by posting. `shared` says whether another company reads along; None, where Slack would not say, counts
    as shared.
    """

    channel: str = ""
    thread: str = ""
    member: bool | None = True
    shared: bool | None = False
    direct: bool = False
