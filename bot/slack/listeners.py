"""Slack's envelopes in: what was typed or clicked is acknowledged at once and handed to the engine.

An acknowledging function makes no network call, writes one row (and where a card stands, if only the click knows), and
lets nothing escape after its ack (an exception there would lose it). Everything that has to be found out first happens
in the engine's pool.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

from slack_bolt import App, BoltResponse
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk import WebClient

from bot.errors import SlackError
from bot.reply import Reply
from bot.road.clicks import Click, Clicks
from bot.road.engine import Asked, Received
from bot.road.pages import FILTER, FIND, view_of
from bot.slack.blocks import message
from bot.slack.filter_form import BLOCK, filter_form, filter_wanted
from bot.slack.identity import People
from bot.slack.telling import Teller
from bot.slack.typed import typed
from bot.store.database import StoreError

log = logging.getLogger(__name__)

BUSY = "Busy: I have as much in hand as I can take, so this was not run and will not be. Try again in a minute."
NO_STORE = "I cannot write to my store, so nothing was done. Whoever runs the bot has been told in its log."
FAULT = "Something went wrong in the bot itself; nothing was done."
EVENTS = (
    "user_change",
    "subteam_members_changed",
    "subteam_updated",
    "channel_shared",
    "channel_unshared",
    "channel_archive",
    "member_joined_channel",
    "member_left_channel",
)


class Listeners:
    """The listeners of one Bolt app."""

    def __init__(self, clicks: Clicks, people: People, teller: Teller, team: str) -> None:
        self.clicks = clicks
        self.engine = clicks.engine
        self.people = people
        self.teller = teller
        self.team = team

    def app(self, client: WebClient, command: str = "/aws") -> App:
        """Build the Bolt app. One listener a kind of envelope; no catch-all that acts."""
        quiet = logging.getLogger("bot.slack.bolt")
        quiet.setLevel(logging.ERROR)  # Bolt warns that the token is given twice (client, environment), and it is
        app = App(client=client, logger=quiet, process_before_response=True, raise_error_for_unhandled_request=True)
        app.command(command)(self.on_command)
        app.action(re.compile(r".*"))(self.on_click)
        app.view(FIND)(self.on_filter)
        for event in EVENTS:
            app.event(event)(self.on_event)
        app.error(_unhandled)
        return app

    def on_command(self, ack: Callable[..., Any], body: dict[str, Any]) -> None:
        ack(_safely(self._command, body))

    def on_click(self, ack: Callable[..., Any], body: dict[str, Any]) -> None:
        said = _safely(self._click, body)
        ack()
        if said:
            # Bolt sends the ack when this function returns: what asks Slack must not come before
            self.teller.soon(partial(self._answer(body), Reply(said, sign="no")))

    def on_event(self, event: dict[str, Any]) -> None:
        self.people.on_event(str(event.get("type")), event)

    def _command(self, body: dict[str, Any]) -> str:
        """Take a slash command in; returns what to say at once, usually nothing."""
        asked = Asked(
            text=typed(str(body.get("text") or "")),
            user=str(body.get("user_id") or ""),
            team=self._team(body.get("team_id"), body.get("enterprise_id")),
            channel=str(body.get("channel_id") or ""),
            delivery=_key("command", body.get("trigger_id") or body.get("response_url")),
        )
        url = str(body.get("response_url") or "")
        taken = self.engine.receive(asked, lambda run: self.teller.urls.keep(run.id, url))
        return BUSY if taken is Received.BUSY else ""

    def _click(self, body: dict[str, Any]) -> str:
        action = body["actions"][0]
        user, container = body["user"], body.get("container") or {}
        about = str(action.get("value") or (action.get("selected_option") or {}).get("value") or "")
        clicked = action.get("action_ts") or body.get("trigger_id")
        click = Click(
            does=str(action.get("action_id") or ""),
            run=about,
            user=str(user["id"]),
            team=self._team((body.get("team") or {}).get("id"), user.get("team_id")),
            delivery=_key("click", clicked, user["id"], container.get("message_ts"), action["action_id"]),
            channel=str(container.get("channel_id") or ""),
            thread=str(container.get("thread_ts") or ""),
            keep=partial(self._keep, str(body.get("response_url") or "")),
            replace=self._answer(body, replace=True) if container.get("is_ephemeral") else None,
        )
        if not container.get("is_ephemeral"):
            self.teller.adopt(click.about, click.channel, str(container.get("message_ts") or ""))
        if click.does == FILTER:
            self._open_filter(click, body)
            return ""
        taken = self.clicks.receive(click, self._answer(body))
        return BUSY if taken is Received.BUSY else ""

    def _keep(self, url: str, run: str) -> None:
        """Remember how to answer whoever clicked, alone, for the run that their click became."""
        if url:
            self.teller.urls.keep(run, url)

    def _open_filter(self, click: Click, body: dict[str, Any]) -> None:
        """Open the form at once: a trigger_id lives three seconds. What it finds is decided when it is submitted."""
        if click.replace:
            self.teller.urls.keep(f"find {click.about}", str(body.get("response_url") or ""))
        trigger = str(body.get("trigger_id") or "")
        Thread(target=self._show_filter, args=(click.about, trigger, self._answer(body)), daemon=True).start()

    def _show_filter(self, run: str, trigger: str, answer: Callable[[Reply], None]) -> None:
        try:
            found = self.engine.desk.runs.get(run)
            self.teller.calls.open_view(trigger, filter_form(run, view_of(found).find if found else ""))
        except (SlackError, StoreError) as error:
            answer(Reply(f"The filter's form could not be opened: {error.sentence} Click again.", sign="fail"))

    def on_filter(self, ack: Callable[..., Any], body: dict[str, Any]) -> None:
        """Take the submitted form in: a click like any other, with what was typed."""
        said = _safely(self._find, body)
        ack(response_action="errors", errors={BLOCK: said}) if said else ack()

    def _find(self, body: dict[str, Any]) -> str:
        user, (run, text) = body["user"], filter_wanted(body["view"])
        url = self.teller.urls.of(f"find {run}")
        answer = self._answer({"user": user, "response_url": url})
        click = Click(
            FIND,
            run,
            str(user["id"]),
            self._team((body.get("team") or {}).get("id"), user.get("team_id")),
            _key("find", body["view"].get("id"), user["id"]),
            text=text,
            replace=self._answer({"user": user, "response_url": url}, replace=True) if url else None,
        )
        return BUSY if self.clicks.receive(click, answer) is Received.BUSY else ""

    def _team(self, *ids: Any) -> str:
        """Return our team's id, or the id in the payload that is not ours: identity refuses it."""
        given = [str(each) for each in ids if each]
        return next((each for each in given if each not in self.people.ours), self.team) if given else ""

    def _answer(self, body: dict[str, Any], *, replace: bool = False) -> Callable[[Reply], None]:
        """Return a way to tell whoever clicked, alone; `replace` puts it in the place of what bore the button."""
        url, channel = str(body.get("response_url") or ""), str((body.get("container") or {}).get("channel_id") or "")
        user = str((body.get("user") or {}).get("id") or "")

        def answer(reply: Reply) -> None:
            try:
                if url:
                    self.teller.calls.respond(url, message(reply), replace=replace)
                elif channel:
                    self.teller.calls.ephemeral(channel, user, message(reply))
                else:
                    self.teller.calls.post(user, message(reply))
            except SlackError as error:
                log.warning("Whoever clicked could not be told: %s", error.code)

        return answer


def _safely(take: Callable[[dict[str, Any]], str], body: dict[str, Any]) -> str:
    """Take an envelope in; whatever goes wrong is said, because an exception would lose the ack."""
    try:
        return take(body)
    except StoreError as error:
        log.error("%s", error.sentence)  # noqa: TRY400 - a sentence, not a bug
        return NO_STORE
    except Exception:
        log.exception("An envelope could not be taken in")
        return FAULT


def _key(*parts: Any) -> str:
    """Name a delivery by what Slack repeats when it delivers twice; hashed, because a trigger_id is a capability."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def _unhandled(error: Exception) -> BoltResponse:
    """Answer what no listener takes with 200: in Socket Mode anything else is no ack at all."""
    if not isinstance(error, BoltUnhandledRequestError):
        log.error("A listener failed", exc_info=error)
    return BoltResponse(status=200, body="")
