"""Slack's envelopes in: what was typed, clicked, written or submitted is acknowledged at once and handed to the road.

An acknowledging function makes no network call, writes one row (and where a card stands, if only the click knows), and
lets nothing escape after its ack (an exception there would lose it). Everything that has to be found out first happens
in the engine's pool.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from slack_bolt import App, BoltContext, BoltResponse
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk import WebClient

from bot.road.clicks import Clicks
from bot.road.engine import Asked, Received
from bot.road.forms import Filling
from bot.road.home import Home
from bot.road.lookup import Lookup
from bot.road.pages import FIND
from bot.slack.clicking import Clicking
from bot.slack.envelopes import BUSY, Edge, Json, key, safely
from bot.slack.forms import SlackForms
from bot.slack.home import HomeTab, Members
from bot.slack.identity import People
from bot.slack.mentions import Mentions
from bot.slack.modals import CALLBACK
from bot.slack.shortcuts import LOOK_UP, PUT_FILE, Shortcuts
from bot.slack.telling import Teller
from bot.slack.typed import typed
from bot.store.forms import Forms

log = logging.getLogger(__name__)

FACTS = (
    "user_change",
    "subteam_members_changed",
    "subteam_updated",
    "channel_shared",
    "channel_unshared",
    "channel_archive",
    "member_joined_channel",
    "member_left_channel",
)
"""Events that make what is known of people and places old; each of them is forgotten at once."""
MESSAGES = ("app_mention", "message")
HOME_OPENED = "app_home_opened"


class Listeners:
    """The listeners of one Bolt app."""

    def __init__(self, clicks: Clicks, people: People, teller: Teller, team: str, forms: Forms) -> None:
        self.edge = Edge(clicks, people, teller, team)
        self.engine = clicks.engine
        self.forms = SlackForms(self.edge, Filling(self.engine, forms))
        home = Home(self.engine.desk, Members(teller.calls, self.engine.desk.now))
        self.home = HomeTab(home, teller.calls, teller.soon)
        self.clicking = Clicking(self.edge, self.forms, self.home)
        self.mentions = Mentions(self.edge)
        self.shortcuts = Shortcuts(self.edge, Lookup(self.engine), self.forms)

    def app(self, client: WebClient, command: str = "/aws") -> App:
        """Build the Bolt app. One listener a kind of envelope; no catch-all that acts."""
        quiet = logging.getLogger("bot.slack.bolt")
        quiet.setLevel(logging.ERROR)  # Bolt warns that the token is given twice (client, environment), and it is
        app = App(client=client, logger=quiet, process_before_response=True, raise_error_for_unhandled_request=True)
        app.command(command)(self.on_command)
        app.action(re.compile(r".*"))(self.clicking.on_click)
        app.view(FIND)(self.clicking.on_filter)
        app.view(CALLBACK)(self.forms.on_submit)
        app.shortcut(LOOK_UP)(self.shortcuts.on_look_up)
        app.shortcut(PUT_FILE)(self.shortcuts.on_put_file)
        self._hear(app)
        app.error(_unhandled)
        return app

    def _hear(self, app: App) -> None:
        for event in FACTS:
            app.event(event)(self.on_fact)
        for event in MESSAGES:
            app.event(event)(self.on_message)
        app.event(HOME_OPENED)(self.on_home)

    def on_command(self, ack: Callable[..., Any], body: Json) -> None:
        ack(safely(self._command, body))

    def on_fact(self, event: Json) -> None:
        self.edge.people.on_event(str(event.get("type")), event)

    def on_message(self, body: Json, context: BoltContext) -> None:
        self.mentions.take(body, str(context.bot_user_id or ""))

    def on_home(self, body: Json) -> None:
        safely(self._home, body)

    def _command(self, body: Json) -> str:
        """Take a slash command in; returns what to say at once, usually nothing."""
        asked = Asked(
            text=typed(str(body.get("text") or "")),
            user=str(body.get("user_id") or ""),
            team=self.edge.team_of(body.get("team_id"), body.get("enterprise_id")),
            channel=str(body.get("channel_id") or ""),
            delivery=key("command", body.get("trigger_id") or body.get("response_url")),
        )
        url = str(body.get("response_url") or "")
        if self.forms.lacking(asked.text) and body.get("trigger_id"):
            taken = self.forms.wanted(asked, body)
        else:
            answer = self.edge.answer({**body, "user": {"id": asked.user}})
            taken = self.engine.receive(asked, lambda run: self.edge.keep(url, run.id), answer)
        return BUSY if taken is Received.BUSY else ""

    def _home(self, body: Json) -> str:
        event = body["event"]
        if event.get("tab", "home") == "home":
            self.home.wanted(str(event["user"]), self.edge.team_of(body.get("team_id"), body.get("enterprise_id")))
        return ""


def _unhandled(error: Exception) -> BoltResponse:
    """Answer what no listener takes with 200: in Socket Mode anything else is no ack at all."""
    if not isinstance(error, BoltUnhandledRequestError):
        log.error("A listener failed", exc_info=error)
    return BoltResponse(status=200, body="")
