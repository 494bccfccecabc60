"""Forms over Slack: opened in the three seconds that a trigger lives, filled in afterwards, and taken back in.

The modal opens before anything else is asked of Slack or AWS; the form itself follows by views.update.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from bot.errors import Refused, SlackError
from bot.reply import Reply
from bot.road.blanks import Sheet
from bot.road.click import Click
from bot.road.engine import Asked, Received
from bot.road.forms import OVER, Filling, Wanted
from bot.slack import modals
from bot.slack.calls import SlackCalls
from bot.slack.envelopes import BUSY, FAULT, NO_STORE, Edge, Json
from bot.store.database import StoreError

log = logging.getLogger(__name__)


class Modal:
    """One modal, for as long as it takes to show a form in it."""

    def __init__(self, calls: SlackCalls, trigger: str) -> None:
        self._calls = calls
        self._trigger = trigger
        self._view = ""

    def open(self) -> None:
        if not self._trigger:
            raise SlackError("There is nothing to open a form by.", code="no_trigger")
        self._view = self._calls.open_view(self._trigger, modals.loading())

    def show(self, sheet: Sheet) -> None:
        self._calls.update_view(self._view, modals.form_view(sheet))

    def say(self, reply: Reply) -> None:
        self._calls.update_view(self._view, modals.said(reply))


class SlackForms:
    """Opens forms for commands, buttons and shortcuts, and reads what was filled in."""

    def __init__(self, edge: Edge, filling: Filling) -> None:
        self.edge = edge
        self.filling = filling

    def wanted(self, asked: Asked, body: Json, **more: Any) -> Received:
        """Ask for a form, on the ack path. `body` bears the trigger, and the response_url for what is said alone."""
        modal = Modal(self.edge.teller.calls, str(body.get("trigger_id") or ""))
        url = str(body.get("response_url") or "")
        return self.filling.receive(Wanted(asked, modal, taken=lambda run: self.edge.keep(url, run.id), **more))

    def lacking(self, text: str) -> bool:
        """Whether a typed command is a change with something missing."""
        return self.filling.lacking(text) is not None

    def reopened(self, click: Click, body: Json) -> str:
        """Open the form behind an unfinished command's button, for whoever typed it; says why not."""
        run = self.filling.desk.runs.get(click.about)
        if run is None or run.user != click.user:
            self.edge.clicks.audit_refusal(click, OVER)
            return OVER
        asked = Asked(run.text, click.user, click.team, run.channel, run.thread, click.delivery)
        return BUSY if self.wanted(asked, body) is Received.BUSY else ""

    def on_submit(self, ack: Callable[..., Any], body: Json) -> None:
        """Take a submitted form in; what is wrong with it is said under its fields."""
        try:
            said = self._submit(body)
        except Refused as error:
            said = {"response_action": "update", "view": modals.said(Reply(error.sentence, sign="no"))}
        except StoreError as error:
            log.error("%s", error.sentence)  # noqa: TRY400 - a sentence, not a bug
            said = _wrong(body, {"": NO_STORE})
        except Exception:
            log.exception("A form could not be taken in")
            said = _wrong(body, {"": FAULT})
        ack(**said)

    def _submit(self, body: Json) -> Json:
        view, user = body["view"], str(body["user"]["id"])
        texts, wrong = modals.filled(view)
        if wrong:
            return _wrong(body, wrong)
        team = self.edge.team_of_click(body)
        outcome = self.filling.submitted(str(view.get("private_metadata") or ""), user, team, texts)
        if outcome is Received.BUSY:
            return _wrong(body, {"": BUSY})
        return {} if isinstance(outcome, Received) else _wrong(body, outcome)


def _wrong(body: Json, wrong: Any) -> Json:
    errors = modals.errors(body.get("view") or {}, wrong)
    return {"response_action": "errors", "errors": errors} if errors else {}
