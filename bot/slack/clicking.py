"""Clicks in: a button or menu of a message, of a form or of the Home tab, and the filter's form.

A click is acknowledged before anything is asked of Slack; what it does stands in the store.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

from bot.errors import SlackError
from bot.reply import Reply
from bot.road.click import Click
from bot.road.engine import Received
from bot.road.pages import FILTER, FIND, view_of
from bot.road.usage import FORM
from bot.slack.envelopes import BUSY, Edge, Json, key, safely
from bot.slack.filter_form import BLOCK, filter_form, filter_wanted
from bot.slack.forms import SlackForms
from bot.slack.home import HomeTab
from bot.store.database import StoreError


class Clicking:
    """Takes clicks in."""

    def __init__(self, edge: Edge, forms: SlackForms, home: HomeTab) -> None:
        self.edge = edge
        self.forms = forms
        self.home = home

    def on_click(self, ack: Callable[..., Any], body: Json) -> None:
        said = safely(self._click, body)
        ack()
        if said:
            # Bolt sends the ack when this function returns: what asks Slack must not come before
            self.edge.teller.soon(partial(self.edge.answer(body), Reply(said, sign="no")))

    def _click(self, body: Json) -> str:
        click = self._read(body)
        if not (body.get("container") or {}).get("is_ephemeral"):
            message = str((body.get("container") or {}).get("message_ts") or "")
            self.edge.teller.adopt(click.about, click.channel, message)
        if click.does == FILTER:
            self._open_filter(click, body)
            return ""
        if click.does == FORM:
            return self.forms.reopened(click, body)
        taken = self.edge.clicks.receive(click, self.edge.answer(body), self._then(click, body))
        return BUSY if taken is Received.BUSY else ""

    def _read(self, body: Json) -> Click:
        action = body["actions"][0]
        user, container = body["user"], body.get("container") or {}
        about = str(action.get("value") or (action.get("selected_option") or {}).get("value") or "")
        clicked = action.get("action_ts") or body.get("trigger_id")
        return Click(
            does=str(action.get("action_id") or ""),
            run=about,
            user=str(user["id"]),
            team=self.edge.team_of_click(body),
            delivery=key("click", clicked, user["id"], container.get("message_ts"), action["action_id"]),
            channel=str(container.get("channel_id") or ""),
            thread=str(container.get("thread_ts") or ""),
            keep=partial(self.edge.keep, str(body.get("response_url") or "")),
            replace=self.edge.answer(body, replace=True) if container.get("is_ephemeral") else None,
        )

    def _then(self, click: Click, body: Json) -> Callable[[], None]:
        """Return what follows a click: the Home tab on which it was made shows what is now."""
        if (body.get("view") or {}).get("type") != "home":
            return lambda: None
        return partial(self.home.wanted, click.user, click.team)

    # ── the filter's form ──

    def _open_filter(self, click: Click, body: Json) -> None:
        """Open the form at once: a trigger_id lives three seconds. What it finds is decided when it is submitted."""
        if click.replace:
            self.edge.keep(str(body.get("response_url") or ""), f"find {click.about}")
        trigger = str(body.get("trigger_id") or "")
        Thread(target=self._show_filter, args=(click, trigger, self.edge.answer(body)), daemon=True).start()

    def _show_filter(self, click: Click, trigger: str, answer: Callable[[Reply], None]) -> None:
        """Show the form, with what was typed last for whoever asked: nobody else was looked up yet."""
        try:
            found = self.edge.clicks.desk.runs.get(click.about)
            mine = found is not None and (found.team, found.user) == (click.team, click.user)
            typed = view_of(found).find if found and mine else ""
            self.edge.teller.calls.open_view(trigger, filter_form(click.about, typed))
        except (SlackError, StoreError) as error:
            answer(Reply(f"The filter's form could not be opened: {error.sentence} Click again.", sign="fail"))

    def on_filter(self, ack: Callable[..., Any], body: Json) -> None:
        """Take the submitted form in: a click like any other, with what was typed."""
        said = safely(self._find, body)
        ack(response_action="errors", errors={BLOCK: said}) if said else ack()

    def _find(self, body: Json) -> str:
        user, (run, text) = body["user"], filter_wanted(body["view"])
        url = self.edge.teller.urls.of(f"find {run}")
        told = {"user": user, "response_url": url}
        click = Click(
            FIND,
            run,
            str(user["id"]),
            self.edge.team_of_click(body),
            key("find", body["view"].get("id"), user["id"]),
            text=text,
            replace=self.edge.answer(told, replace=True) if url else None,
        )
        return BUSY if self.edge.clicks.receive(click, self.edge.answer(told)) is Received.BUSY else ""
