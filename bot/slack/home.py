"""The app's Home tab: published when somebody opens it or clicks on it, once in a few seconds at most."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bot.errors import BotError, SlackError
from bot.reply import Reply
from bot.road.home import Home
from bot.slack.blocks import message
from bot.slack.calls import SlackCalls
from bot.slack.identity import KEPT
from bot.slack.recent import Kept, Recent

log = logging.getLogger(__name__)

GAP_SECONDS = 2.0
"""How long a person's Home tab stays as it is before it is published again."""


class Members:
    """Who is in a channel, as Slack says; believed for five minutes."""

    def __init__(self, calls: SlackCalls, now: Callable[[], float] = time.time) -> None:
        self._calls = calls
        self._recent: Recent[frozenset[str]] = Recent(now)

    def __call__(self, channel: str) -> frozenset[str]:
        try:
            return self._recent.get(channel, lambda: Kept(frozenset(self._calls.members(channel)), KEPT))
        except SlackError as error:
            log.info("Who is in %s could not be found out: %s", channel, error.code)
            return frozenset()


class HomeTab:
    """Publishes Home tabs, away from the thread that has to acknowledge."""

    def __init__(self, home: Home, calls: SlackCalls, soon: Callable[[Callable[[], None]], None]) -> None:
        self._home = home
        self._calls = calls
        self._soon = soon
        self._lock = threading.Lock()
        self._at: dict[str, float] = {}
        self._waiting: set[str] = set()

    def wanted(self, user: str, team: str) -> None:
        """Publish it now, or when the last one is a few seconds old; wishes that wait count as one."""
        with self._lock:
            if user in self._waiting:
                return
            now = time.monotonic()
            pause = max(0.0, self._at.get(user, 0.0) + GAP_SECONDS - now)
            self._at = {each: at for each, at in self._at.items() if at + GAP_SECONDS > now} | {user: now + pause}
            if pause:
                self._waiting.add(user)
        if not pause:
            self._soon(partial(self._publish, user, team))
            return
        later = threading.Timer(pause, self._waited, (user, team))
        later.daemon = True
        later.start()

    def _waited(self, user: str, team: str) -> None:
        with self._lock:
            self._waiting.discard(user)
        self._soon(partial(self._publish, user, team))

    def _publish(self, user: str, team: str) -> None:
        try:
            self._calls.publish_home(user, _view(self._shown(user, team)))
        except SlackError as error:
            log.warning("The Home tab of %s could not be shown: %s", user, error.code)

    def _shown(self, user: str, team: str) -> Reply:
        try:
            return self._home.shown_to(user, team)
        except BotError as error:
            return Reply(error.sentence, sign="no")
        except Exception:
            log.exception("The Home tab of %s failed by a mistake of the bot's", user)
            return Reply("Something went wrong in the bot itself. Open this tab again in a minute.", sign="fail")


def _view(reply: Reply) -> dict[str, Any]:
    return {"type": "home", "blocks": message(reply)["blocks"]}
