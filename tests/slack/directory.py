"""Slack's directory as the bot reads it, over the local Slack's wire, with a clock to move."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import Refused
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import BOT_TOKEN, TEAM_ID
from bot.slack.calls import SlackCalls, web_client
from bot.slack.groups import Book
from bot.slack.identity import People
from tests.sandbox.slack_wire import Clock, Wire

ANA, BEN, CARLA = "U0ANA00001", "U0BEN00002", "U0CARLA003"
ONCALL, DEVS, RETIRED = "S0ONCALL01", "S0DEVS0002", "S0EMPTY003"
OURS = (TEAM_ID,)
DAY = 86_400.0


class Desk:
    """People over the local Slack, with a clock to move and the server's own log of what was asked."""

    def __init__(
        self,
        slack: SlackServer,
        groups: frozenset[str] = frozenset({ONCALL}),
        enterprise: str = "",
        book: Book | None = None,
    ) -> None:
        self.wire = Wire(slack)
        self.clock = Clock()
        calls = SlackCalls(web_client(BOT_TOKEN, slack.api_url))
        self.people = People(
            calls, team=TEAM_ID, enterprise=enterprise, now=self.clock, groups=groups, age=DAY, book=book
        )

    def asked(self, method: str) -> int:
        return len([each for each in self.wire.log("api") if each["method"] == method])

    def groups(self, user: str = ANA) -> frozenset[str]:
        return self.people.actor(user, OURS).groups

    def unread(self, user: str = ANA) -> frozenset[str]:
        return self.people.actor(user, OURS).unread

    def settled(self, user: str = ANA) -> frozenset[str]:
        return self.people.actor(user, OURS).settled

    def wait(self, seconds: float) -> None:
        """Let time pass, and the groups be read as often as they are."""
        until = self.clock.time + seconds
        while self.clock.time + 30 <= until:
            self.clock.time += 30
            self.people.refresh_groups()
        self.clock.time = until

    def leap(self, seconds: float) -> None:
        """Let much time pass at once."""
        self.clock.time += seconds
        self.people.refresh_groups()

    def change(self, group: str = "oncall", **about: Any) -> None:
        """Change a group at Slack; no event of it arrives here, since no socket is open."""
        assert self.wire.order("people", group=group, **about)["ok"]

    def fail(self, method: str, error: str = "internal_error", times: int | None = None) -> None:
        self.wire.order("fault", kind="api_error", method=method, error=error, times=times)

    def refusal(self, user: str, teams: tuple[Any, ...] = OURS) -> Refused:
        with pytest.raises(Refused) as refused:
            self.people.actor(user, teams)
        assert refused.value.layer == "identity"
        return refused.value
