"""Who is in the user groups that bot.yml names: read in the background, by id, and not believed for long.

Slack lets 20 such questions through in a minute, so they are asked every two minutes and not for each command. Only
the configured groups are read. A disabled group is empty, and so is one whose members were last heard of more than
five minutes ago.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.errors import SlackError
from bot.slack.calls import SlackCalls

KEPT = 300.0
"""Seconds that a membership is believed."""

NO_USE_ASKING_ON = frozenset({"no_answer", "ratelimited", "unreachable"})

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Membership:
    """Who was in a group, by a question asked at `at`."""

    users: frozenset[str]
    at: float


class Groups:
    """The configured user groups' members: read in the background, believed for KEPT seconds, then empty."""

    def __init__(self, calls: SlackCalls, ids: frozenset[str], now: Callable[[], float]) -> None:
        self._calls = calls
        self._ids = ids
        self._now = now
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()
        self._members: dict[str, Membership] = {}
        self._events = 0
        self.names: dict[str, str] = {}

    def watch(self, ids: frozenset[str]) -> None:
        """Read these groups from now on, and forget all others at once."""
        with self._lock:
            self._ids = ids
            self._members = {group: seen for group, seen in self._members.items() if group in ids}

    def of(self, user: str) -> frozenset[str]:
        """The groups the user is in."""
        with self._lock:
            oldest = self._now() - KEPT
            return frozenset(group for group, seen in self._members.items() if user in seen.users and seen.at >= oldest)

    def refresh(self) -> None:
        """Ask for every configured group, the longest unread first; what fails keeps its old membership for now."""
        with self._refreshing:
            for group, disabled in self._to_read():
                try:
                    self._read(group, disabled=disabled)
                except SlackError as error:
                    log.warning("user group %s could not be read (%s)", group, error.code)
                    if error.code in NO_USE_ASKING_ON:
                        return

    def without(self, group: str, users: frozenset[str]) -> None:
        with self._lock:
            self._events += 1
            if seen := self._members.get(group):
                self._members[group] = Membership(seen.users - users, seen.at)

    def only(self, subteam: dict[str, Any]) -> None:
        """Nobody is in a disabled group, and only those named are in one whose members the event names."""
        group, named = str(subteam.get("id", "")), subteam.get("users")
        with self._lock:
            self._events += 1
            if seen := self._members.get(group):
                left = () if subteam.get("date_delete") else seen.users if named is None else named
                self._members[group] = Membership(seen.users & frozenset(left), seen.at)

    def _to_read(self) -> list[tuple[str, bool]]:
        """The configured groups and whether each is disabled or gone."""
        if not self._ids:
            return []
        try:
            listed = {group["id"]: group for group in self._calls.groups() if group["id"] in self._ids}
        except SlackError as error:
            log.warning("user groups could not be listed (%s)", error.code)
            return []
        self.names = {each: str(group.get("handle") or each) for each, group in listed.items()}
        living = {each for each, group in listed.items() if not group.get("date_delete")}
        return [(each, each not in living) for each in sorted(self._ids, key=self._read_at)]

    def _read_at(self, group: str) -> float:
        seen = self._members.get(group)
        return seen.at if seen else -1.0

    def _read(self, group: str, *, disabled: bool) -> None:
        """Keep the answer, unless an event came while Slack was answering: the refresh it asks for is next."""
        events, at = self._events, self._now()
        users = frozenset(() if disabled else self._calls.group_members(group))
        with self._lock:
            if events == self._events and group in self._ids:
                self._members[group] = Membership(users, at)
