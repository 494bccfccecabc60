"""Who asks, and where, by Slack's own word and by ids only.

A person is vouched for when the payload is of our team and users.info shows a full member of it: guests, strangers,
deleted people and bots are refused in one sentence that tells them nothing, and so is whoever Slack would not speak
about. What Slack said is dropped when Slack says that it changed. Where it never says so, a person is believed for a
minute (users.info answers 100 times a minute; whoever does something costs one of them at most) and a place for five.
Looking up may wait for Slack: of all this only `on_event` and `group_name` belong on the way to an acknowledgement.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from bot.actor import Actor, Place
from bot.errors import Refused, SlackError, Unsure
from bot.slack.calls import SlackCalls
from bot.slack.groups import Book, Groups, NoBook, slack_date
from bot.slack.recent import Kept, Recent

VOUCHED = 60.0
"""Seconds that a person is believed."""

KEPT = 300.0
"""Seconds that a place, or what a person is called, is believed."""

BRIEFLY = 15.0
"""Seconds that "the bot is not in this channel" is believed: the way out is an invitation, and it must help at once."""

OUTSIDE = "This bot answers full members of its own workspace only."
UNSURE = "Slack would not say who you are just now, so nothing was done. Try again in a minute."

NOT_A_FULL_MEMBER = (
    "deleted",
    "is_bot",
    "is_workflow_bot",
    "is_restricted",
    "is_ultra_restricted",
    "is_stranger",
    "is_invited_user",
)
SLACKBOT = "USLACKBOT"
NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
CHANNEL_EVENTS = frozenset(
    {
        "channel_archive",
        "channel_shared",
        "channel_unarchive",
        "channel_unshared",
        "group_archive",
        "member_joined_channel",
        "member_left_channel",
    }
)


log = logging.getLogger(__name__)


class People:
    """Slack's directory as the bot reads it; safe to share between threads.

    `groups` are the ids of the user groups that bot.yml names: the membership of no other is read. A membership is
    settled after `age` seconds; `book` is what keeps them beyond this process.
    """

    def __init__(
        self,
        calls: SlackCalls,
        *,
        team: str,
        enterprise: str,
        now: Callable[[], float],
        groups: frozenset[str],
        age: float = 0.0,
        book: Book | None = None,
    ) -> None:
        self._calls = calls
        self._team = team
        self._ours = frozenset({team, enterprise}) - {""}
        self._enterprise = enterprise
        self._now = now
        self._users: Recent[dict[str, Any]] = Recent(now)
        self._places: Recent[Place] = Recent(now)
        self._names: Recent[str] = Recent(now)
        self.groups = Groups(calls, groups, now, book or NoBook(), age)

    def actor(self, user: str, teams: Iterable[str]) -> Actor:
        """Vouch for `user`; `teams` are all team and enterprise ids that the payload bears.

        Raises Refused for everyone who is not a full member of our workspace, and when that cannot be found out.
        """
        about = self._vouched(user, frozenset(teams) - {"", None})
        mine = self.groups.of(user)
        return Actor("slack", user, self._team, mine.groups, mine.settled, _name(about) or user, mine.unread)

    def place(self, channel: str, thread: str = "") -> Place:
        """What conversations.info says of the channel; a direct message (`D…`) is not looked up."""
        if channel.startswith("D"):
            return Place(channel, thread, direct=True)
        seen = self._places.get(channel, lambda: self._looked_at(channel))
        return Place(channel, thread, seen.member, seen.shared)

    def refresh_groups(self) -> None:
        """Read the configured groups again; called every half minute."""
        self.groups.refresh()

    @property
    def ours(self) -> frozenset[str]:
        """Our workspace's id, and our organisation's where there is one."""
        return self._ours

    def name(self, id_: str) -> str:
        """What a person, a user group or anything else is called, for display alone."""
        if id_.startswith("S"):
            return self.group_name(id_)
        return self.user_name(id_) if id_.startswith(("U", "W")) else id_

    def group_name(self, group: str) -> str:
        """The group's handle for display, or its id where it was never read."""
        return self.groups.names.get(group, group)

    def user_name(self, user: str) -> str:
        """The person's name for display, or the id where Slack would not say."""
        try:
            return self._names.get(user, lambda: Kept(_name(self._about(user)) or user, KEPT))
        except SlackError:
            return user

    def on_event(self, kind: str, event: dict[str, Any]) -> None:
        """Forget what the event says has changed; a right that was taken away is gone at once."""
        if kind == "user_change":
            changed = str(event.get("user", {}).get("id", ""))
            self._users.forget(changed)
            self._names.forget(changed)
        elif kind in CHANNEL_EVENTS:
            self._places.forget(str(event.get("channel", "")))
        elif kind == "subteam_members_changed":
            gone = frozenset(event.get("removed_users") or ())
            self.groups.without(str(event.get("subteam_id", "")), gone, slack_date(event.get("date_update")))
        elif kind == "subteam_updated":
            self.groups.only(dict(event.get("subteam") or {}))

    def _vouched(self, user: str, teams: frozenset[str]) -> dict[str, Any]:
        if not teams or not teams <= self._ours:
            raise _outside(user, "payload of another team")
        try:
            about = self._about(user)
        except SlackError as error:
            raise self._unknown(user, error) from None
        if reason := self._foreign(about):
            raise _outside(user, reason)
        return about

    def _unknown(self, user: str, error: SlackError) -> Refused:
        if error.code in NOBODY:
            return _outside(user, error.code)
        log.warning("users.info of %s failed (%s): refused", user, error.code)
        return Unsure(UNSURE, layer="identity")

    def _about(self, user: str) -> dict[str, Any]:
        return self._users.get(user, lambda: Kept(self._calls.user(user), VOUCHED))

    def _foreign(self, about: dict[str, Any]) -> str:
        """Why this is not a full member of our workspace; empty if it is one.

        Slack always says a user's team_id; where a server does not, the payload's team has to do.
        """
        if flag := next((flag for flag in NOT_A_FULL_MEMBER if about.get(flag)), ""):
            return flag
        if about.get("id") == SLACKBOT:
            return "is_bot"
        in_org = about.get("enterprise_user") or {}
        if self._enterprise and in_org.get("enterprise_id") == self._enterprise:
            return "" if self._team in (in_org.get("teams") or ()) else "another workspace of the organisation"
        return "" if about.get("team_id", self._team) in self._ours else "another team"

    def _looked_at(self, channel: str) -> Kept[Place]:
        try:
            about = self._calls.channel(channel)
        except SlackError as error:
            return _unseen(channel, error)
        member = None if about.get("is_member") is None else bool(about["is_member"])
        writable = False if about.get("is_archived") else member
        shared = bool(about.get("is_ext_shared") or about.get("is_pending_ext_shared"))
        return Kept(Place(channel, "", writable, shared), KEPT if writable else BRIEFLY)


def _unseen(channel: str, error: SlackError) -> Kept[Place]:
    """A channel Slack does not show is one the bot is not in; only a server that is not Slack lacks the method."""
    if error.code == "channel_not_found":
        return Kept(Place(channel, "", member=False, shared=None), BRIEFLY)
    if error.code == "unknown_method":
        return Kept(Place(channel, "", member=None, shared=False), KEPT)
    log.warning("conversations.info of %s failed (%s)", channel, error.code)
    return Kept(Place(channel, "", member=None, shared=None), 0)


def _outside(user: str, reason: str) -> Refused:
    log.info("refused %s: %s", user, reason)
    return Refused(OUTSIDE, layer="identity")


def _name(about: dict[str, Any]) -> str:
    profile = about.get("profile") or {}
    return str(profile.get("display_name") or about.get("real_name") or about.get("name") or "")
