"""Who is in the user groups that bot.yml names: read in the background, by id, and not believed for long.

One question reads every group with its members, and Slack lets 20 of them through in a minute: asked every 30 seconds,
a right that was taken away is a refusal within the minute even where Slack's event about it never came. With the event
it is one at once. Only the configured groups are kept. A disabled group is empty, and so is one whose members were last
heard of more than five minutes ago.

A group counts as settled for a member (for what needs more than a confirmation) when the bot has known them in it for
the configured age and its last change names somebody else as its author, however long ago: whoever could have put
themselves there does not count. Where Slack does not name the author of a change that the bot saw, it counts as
everybody's until it is that old; for ever would lock out a workspace whose Slack never says. Where the store cannot be
read nobody is settled.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bot.errors import SlackError
from bot.slack.calls import SlackCalls
from bot.store.database import StoreError
from bot.store.groups import ALWAYS, NEVER, Change, Seen, Standing

REFRESH_SECONDS = 30.0
KEPT = 300.0
"""Seconds that a membership is believed."""

log = logging.getLogger(__name__)


class Book(Protocol):
    """What outlives a process: since when somebody is known to be in a group."""

    def take(self, seen: Seen, tell: Callable[[Change], object]) -> Standing: ...

    def leave(self, group: str, users: frozenset[str], at: float) -> None: ...


class NoBook:
    """Where no store is kept (`check`, a dry run): every reading is a first one."""

    def take(self, seen: Seen, tell: Callable[[Change], object]) -> Standing:  # noqa: ARG002 - the shape of Book
        return Standing(dict.fromkeys(seen.users, ALWAYS), seen.by)

    def leave(self, group: str, users: frozenset[str], at: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Membership:
    """Who was in a group, by a question asked at `at`; `known` is the book's word, None where it has none."""

    users: frozenset[str]
    at: float
    known: Standing | None = None

    def settled(self, user: str, now: float, age: float) -> bool:
        if self.known is None or user not in self.known.since:
            return False
        unnamed = not self.known.by and self.known.changed_at != NEVER and now - self.known.changed_at < age
        return now - self.known.since[user] >= age and self.known.by != user and not unnamed


@dataclass(frozen=True, slots=True)
class Mine:
    """The groups somebody is in, those of them that are settled, and those that could not be read lately."""

    groups: frozenset[str]
    settled: frozenset[str]
    unread: frozenset[str] = frozenset()


class Groups:
    """The configured user groups' members: read in the background, believed for KEPT seconds, then empty.

    `tell` is given each change, inside the transaction that found it.
    """

    def __init__(
        self, calls: SlackCalls, ids: frozenset[str], now: Callable[[], float], book: Book, age: float
    ) -> None:
        self._calls = calls
        self._ids = ids
        self._now = now
        self._book = book
        self._age = age
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()
        self._members: dict[str, Membership] = {}
        self._events: dict[str, int] = {}
        self._newest: dict[str, float] = {}
        self.names: dict[str, str] = {}
        self.tell: Callable[[Change], object] = lambda change: log.warning("user group %s changed", change.group)

    def follow(self, ids: frozenset[str], age: float) -> None:
        """Go by another bot.yml from now on; a group that it names first is empty until the next refresh."""
        with self._lock:
            self._ids, self._age = ids, age

    def of(self, user: str) -> Mine:
        """Return the groups the user is in."""
        with self._lock:
            now, ids = self._now(), self._ids
            fresh = {id_: seen for id_, seen in self._members.items() if id_ in ids and seen.at >= now - KEPT}
            mine = {id_: seen for id_, seen in fresh.items() if user in seen.users}
            settled = frozenset(id_ for id_, seen in mine.items() if seen.settled(user, now, self._age))
        return Mine(frozenset(mine), settled, frozenset(ids) - frozenset(fresh))

    def refresh(self) -> None:
        """Read every configured group; what cannot be read keeps its old membership for now."""
        with self._refreshing:
            ids, events, at = self._ids, dict(self._events), self._now()
            if not ids:
                return
            try:
                listed = {str(group.get("id")): group for group in self._calls.groups()}
            except SlackError as error:
                log.warning("user groups could not be listed (%s)", error.code)
                return
            self.names = {id_: str(about.get("handle") or id_) for id_, about in listed.items() if id_ in ids}
            for id_ in sorted(ids):
                seen = _seen(id_, listed.get(id_), at)
                if seen is not None:
                    self._keep(seen, events.get(id_, 0))

    def without(self, group: str, users: frozenset[str], updated: float = 0.0) -> None:
        """Take people out at once, on Slack's word; who came is read with the next refresh."""
        self._changed(group, updated, lambda members: members & users)

    def only(self, subteam: dict[str, Any]) -> None:
        """Nobody is in a disabled group, and only those named are in one whose members the event names."""
        named = () if subteam.get("date_delete") else subteam.get("users")
        gone = (lambda _members: frozenset[str]()) if named is None else lambda members: members - frozenset(named)
        self._changed(str(subteam.get("id", "")), slack_date(subteam.get("date_update")), gone)

    def _changed(self, group: str, updated: float, gone: Callable[[frozenset[str]], frozenset[str]]) -> None:
        """Note a change that Slack told of: until it is read who made it, the group is settled for nobody."""
        with self._lock:
            if group not in self._ids:
                return
            self._events[group] = self._events.get(group, 0) + 1
            self._newest[group] = max(updated, self._newest.get(group, 0.0))
            seen = self._members.get(group)
            if seen is None:
                return
            left = gone(seen.users)
            self._members[group] = Membership(seen.users - left, seen.at)
        if left:
            try:
                self._book.leave(group, left, self._now())
            except StoreError as error:
                log.warning("Who left %s could not be written down. %s", group, error.sentence)

    def _keep(self, seen: Seen, events: int) -> None:
        """Keep an answer, unless it is older than what an event told; the next refresh asks again."""
        with self._lock:
            overtaken = events != self._events.get(seen.id, 0) or 0 < seen.updated < self._newest.get(seen.id, 0.0)
        if overtaken:
            return
        try:
            known = self._book.take(seen, self.tell)
        except StoreError as error:
            log.warning("User group %s could not be written down. %s", seen.id, error.sentence)
            kept = Membership(seen.users, seen.at)
        else:
            kept = Membership(frozenset(known.since), seen.at, known)
        with self._lock:
            if events == self._events.get(seen.id, 0):
                self._members[seen.id] = kept


def _seen(id_: str, about: dict[str, Any] | None, at: float) -> Seen | None:
    """Read a group of Slack's list; one that is not in it is gone, one without its members was not read."""
    if about is None or about.get("date_delete"):
        updated, by = (slack_date(about.get("date_update")), str(about.get("updated_by") or "")) if about else (0.0, "")
        return Seen(id_, frozenset(), at, updated, by, disabled=True)
    if not isinstance(about.get("users"), list | tuple):
        log.warning("user group %s came without its members", id_)
        return None
    users = frozenset(map(str, about["users"]))
    return Seen(id_, users, at, slack_date(about.get("date_update")), str(about.get("updated_by") or ""))


def slack_date(value: Any) -> float:
    """Read one of Slack's dates (seconds since 1970); 0 where it is none."""
    return float(value) if isinstance(value, int | float) else 0.0
