"""Message shortcuts: look up the ids that a message names, and put a file that it bears into S3.

Anybody's message may be looked at, an alarm of another app's above all; only ids and files are taken from it.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bot.reply import Reply
from bot.road.engine import Asked, Received
from bot.road.lookup import LONGEST, Lookup
from bot.slack.envelopes import BUSY, Edge, Json, key, safely
from bot.slack.forms import SlackForms
from bot.text import bytes_in_words

LOOK_UP, PUT_FILE = "look_up", "put_file"
_SHOWN = ("text", "fallback", "title", "pretext", "value", "footer", "alt_text", "url")
_DEEPEST = 12


class Shortcuts:
    """Takes message shortcuts in."""

    def __init__(self, edge: Edge, lookup: Lookup, forms: SlackForms) -> None:
        self.edge = edge
        self.lookup = lookup
        self.forms = forms

    def on_look_up(self, ack: Callable[..., Any], body: Json) -> None:
        self._taken(ack, body, self._look_up)

    def on_put_file(self, ack: Callable[..., Any], body: Json) -> None:
        self._taken(ack, body, self._put_file)

    def _taken(self, ack: Callable[..., Any], body: Json, take: Callable[[Json], str]) -> None:
        said = safely(take, body)
        ack()
        if said:  # Bolt sends the ack when this returns: what asks Slack must not come before
            self.edge.teller.soon(partial(self.edge.answer(body), Reply(said, sign="no")))

    def _look_up(self, body: Json) -> str:
        url = str(body.get("response_url") or "")
        asked = self._asked(body, html.unescape("\n".join(_texts(body["message"]))[:LONGEST]))
        taken = self.lookup.receive(asked, self.edge.answer(body), lambda run: self.edge.keep(url, run.id))
        return BUSY if taken is Received.BUSY else ""

    def _put_file(self, body: Json) -> str:
        """Open the form that stores a file, with the message's file in it, or its files to choose from."""
        command = self.lookup.desk.commands.find("s3", "put")
        param = next((each for each in command.params if each.file), None) if command else None
        if command is None or param is None:
            return "I have no command that takes a file."
        files = tuple(_file(each) for each in body["message"].get("files") or () if _there(each))
        if not files:
            return "That message bears no file. Use the shortcut on a message with one."
        given = f" --{param.option} {files[0][0]}" if len(files) == 1 else ""
        asked = self._asked(body, f"{command.name}{given}")
        taken = self.forms.wanted(asked, body, offered={param.name: files})
        return BUSY if taken is Received.BUSY else ""

    def _asked(self, body: Json, text: str) -> Asked:
        """Whoever clicked asks, in the thread of the message they clicked on."""
        about, user = body["message"], str(body["user"]["id"])
        ts = str(about.get("thread_ts") or about.get("ts") or body.get("message_ts") or "")
        once = key("shortcut", body.get("trigger_id") or body.get("action_ts"), user, body.get("callback_id"), ts)
        team = self.edge.team_of_click(body)
        return Asked(text, user, team, str(body["channel"]["id"]), ts, once)


def _texts(value: Any, name: str = "", depth: int = 0) -> Iterator[str]:
    """Yield what a message shows: its text, and that of its blocks and attachments."""
    if isinstance(value, str):
        if name in _SHOWN:
            yield value
    elif depth < _DEEPEST and isinstance(value, list):
        for each in value:
            yield from _texts(each, name, depth + 1)
    elif depth < _DEEPEST and isinstance(value, dict):
        for key_, each in value.items():
            yield from _texts(each, key_, depth + 1)


def _there(file: Any) -> bool:
    return isinstance(file, dict) and bool(file.get("id")) and file.get("mode") not in ("tombstone", "hidden_by_limit")


def _file(file: Json) -> tuple[str, str]:
    name = str(file.get("name") or file.get("title") or file["id"])
    return str(file["id"]), f"{name}, {bytes_in_words(file.get('size') or 0)}"
