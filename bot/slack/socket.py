"""The line to Slack: slack_bolt's own Socket Mode handler, with its reconnecting taken into our hands.

The builtin client of slack_sdk carries frames, pings and acknowledgements. What it does badly is notice and come back:
it is deaf for 3 s at each refresh, spins for most of a minute on a connection cut without a close frame, repeats a
failing apps.connections.open every few seconds without end, and sleeps through a Retry-After while holding the line.
So one thread here watches the connection and renews it: at once on a refresh, a close frame or an end of file, after
two missed pongs on silence, and with growing, jittered pauses when Slack does not take us.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt import App

from bot.errors import OperatorError, SlackError
from bot.slack.calls import SlackCalls
from bot.slack.line import Line

CLOSING_SECONDS = 3.0
LARGEST_CONTROL_MESSAGE = 4096
REFRESH = "refresh_requested"
SWITCHED_OFF = "link_disabled"
TOO_MANY = "too_many_websockets"

TOKEN_IS_WRONG = frozenset(
    {
        "access_denied",
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Timing:
    """Seconds. A session that lasted `calm` starts the pauses between attempts anew."""

    look: float = 0.5
    ping: float = 5.0
    hello: float = 10.0
    first_pause: float = 0.5
    longest_pause: float = 30.0
    calm: float = 10.0

    @property
    def silence(self) -> float:
        """Two pings without a pong, and a second for the road."""
        return 2 * self.ping + 1

    def pause(self, attempts: int) -> float:
        """None before the first attempt, then doubling up to the longest, at random between half and whole."""
        if attempts == 0:
            return 0.0
        whole = min(self.longest_pause, self.first_pause * 2.0 ** min(attempts - 1, 16))
        return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreads replicas, keeps no secret


@dataclass(frozen=True, slots=True)
class LinkState:
    """The line as `status` and health checks show it.

    `alive`: somebody watches the line. `last_pong`: when Slack last answered a ping, on the wall clock.
    `num_connections`: how many sockets of this app Slack counted at the last hello; more than there are replicas means
    ghosts, which swallow their share of the commands. `own`: how many of them were ours, two where one was replaced.
    """

    connected: bool
    alive: bool
    num_connections: int
    own: int
    last_pong: float | None
    connects: int
    last_error: str


class Socket:
    """One connection to Slack for the life of the process; `app`'s listeners stay as they are over every reconnect."""

    def __init__(self, app: App, app_token: str, timing: Timing = Timing()) -> None:
        self._token = app_token
        self._timing = timing
        self._calls = SlackCalls(app.client)
        self._line = Line(app, app_token, timing.ping, self.heard)
        self._news = threading.Condition()
        self._watcher = threading.Thread(target=self._watch, name="slack-socket", daemon=True)
        self._stopped = self._greeted = False
        self._trouble = "not connected yet"
        self._refused = ""
        self._last_error = ""
        self._attempts = self._connects = self._num_connections = 0
        self._own = 1
        self._up_since = self._not_before = 0.0

    def connect(self, patience: float | None = None) -> bool:
        """Wait until Slack has said hello, trying again as long as it does not; False if closed meanwhile.

        Raises OperatorError at once when Slack refuses the app-level token, and after `patience` seconds (None: never).
        """
        self._watcher.start()
        with self._news:
            over = self._news.wait_for(lambda: self._connects or self._refused or self._stopped, patience)
        if self._refused:
            self.close()
            raise OperatorError(self._refused)
        if not over:
            self.close()
            raise OperatorError(f"Slack could not be reached within {patience} s. {self._last_error}".rstrip())
        return not self._stopped

    def close(self) -> None:
        """Leave, so that Slack sends nothing more here; returns within three seconds whatever the network does."""
        with self._news:
            self._stopped = True
            self._news.notify_all()
        leaving = threading.Thread(target=self._line.close, name="slack-socket-close", daemon=True)
        leaving.start()
        leaving.join(CLOSING_SECONDS)

    @property
    def state(self) -> LinkState:
        return LinkState(
            connected=self._greeted and self._line.open and not self._stopped,
            alive=self._watcher.is_alive(),
            num_connections=self._num_connections,
            own=self._own,
            last_pong=self._line.last_pong,
            connects=self._connects,
            last_error=self._last_error,
        )

    def renew(self) -> None:
        """Replace the connection as if Slack had asked for it: the old one serves on until the new one is there."""
        with self._news:
            if self._greeted and not self._trouble:
                self._trouble = REFRESH
            self._news.notify_all()

    def heard(self, raw: str) -> None:
        """Take note of Slack's hello and disconnect; everything else is Bolt's."""
        message = _control(raw)
        with self._news:
            if message.get("type") == "hello":
                self._greeted, self._num_connections = True, message.get("num_connections", 0)
            elif message.get("type") == "disconnect":
                self._asked_to_go(str(message.get("reason")))
            self._news.notify_all()

    def _asked_to_go(self, reason: str) -> None:
        """A plain refresh before the hello is the old connection's second warning: its successor is on the way."""
        if reason in (SWITCHED_OFF, TOO_MANY):
            self._trouble = reason
        elif self._greeted:
            self._trouble = REFRESH

    def _watch(self) -> None:
        while not self._stopped:
            try:
                self._look()
            except Exception:
                log.exception("watching the connection to Slack failed; it goes on")
                self._wait(self._timing.longest_pause)

    def _look(self) -> None:
        trouble = self._trouble or self._line.fault(self._timing.silence)
        if trouble == SWITCHED_OFF:
            self._give_up("Socket Mode was switched off for this app: switch it on again and restart the bot.")
        elif trouble:
            self._renew(trouble)
        else:
            self._wait(self._timing.look, lambda: bool(self._trouble))

    def _wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        with self._news:
            self._news.wait_for(lambda: self._stopped or until(), seconds)

    def _give_up(self, sentence: str) -> None:
        log.error("%s", sentence)
        with self._news:
            self._last_error = self._refused = sentence
            self._stopped = True
            self._news.notify_all()
        self._line.drop()

    def _renew(self, trouble: str) -> None:
        """Replace the connection. One that Slack asks to refresh serves on until its successor is there."""
        if self._up_since and time.monotonic() - self._up_since > self._timing.calm:
            self._attempts = 0
        self._up_since = 0.0
        if trouble != REFRESH or self._line.fault(self._timing.silence):
            self._lost(trouble)
        pause = self._timing.pause(self._attempts)
        if trouble == TOO_MANY:
            pause = max(pause, self._timing.longest_pause / 2)
        self._wait(max(pause, self._not_before - time.monotonic()))
        self._attempts += 1
        if not self._stopped:
            self._attempt()

    def _lost(self, trouble: str) -> None:
        if self._greeted:
            log.warning("the connection to Slack is lost: %s", trouble)
            self._last_error = f"The connection was lost: {trouble}."
        self._greeted = False
        self._line.drop()

    def _attempt(self) -> None:
        try:
            self._open()
        except SlackError as error:
            self._failed(error)
            return
        log.info("connected to Slack, with %s sockets of this app", self._num_connections)
        with self._news:
            self._up_since = time.monotonic()
            self._connects += 1
            self._news.notify_all()

    def _open(self) -> None:
        url = self._calls.socket_url(self._token)
        with self._news:
            self._trouble, self._greeted = "", False
        self._own = 2 if self._line.open else 1
        self._line.dial(url)
        self._wait(self._timing.hello, lambda: self._greeted or bool(self._trouble) or not self._line.open)
        if not self._greeted:
            raise SlackError(f"Slack did not say hello. {self._trouble}".rstrip(), code="no_hello")

    def _failed(self, error: SlackError) -> None:
        if self._stopped:
            return
        log.warning("no connection to Slack: %s", error.sentence)
        self._trouble = self._trouble or error.code
        self._last_error = error.sentence
        self._not_before = time.monotonic() + (error.retry_after or 0.0)
        if error.code in TOKEN_IS_WRONG and not self._connects:
            self._give_up(
                f"Slack does not take the app-level token ({error.code}). Set SLACK_APP_TOKEN to the token that starts "
                "with xapp- and has the scope connections:write (Basic Information, App-Level Tokens)."
            )


def _control(raw: str) -> dict[str, Any]:
    """A hello or disconnect, which are small and JSON; anything else is not ours to read."""
    if len(raw) > LARGEST_CONTROL_MESSAGE or not raw.startswith("{"):
        return {}
    try:
        message = json.loads(raw)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
