"""slack_bolt's Socket Mode handler, and every attribute of slack_sdk's client that its documentation does not promise.

They are used here and nowhere else, for the pinned slack-sdk 3.47; a test looks whether each is still there.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import closing

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

DEAF_SECONDS = 0.25
"""How long one recv may wait. The client's own 3 s would leave it deaf so long whenever a connection is replaced."""


class Line:
    """The client of one handler: dial, drop, see what is wrong; who decides when is `Socket`."""

    def __init__(self, app: App, app_token: str, ping: float, heard: Callable[[str], None]) -> None:
        logger = logging.getLogger("bot.slack.sdk")
        logger.setLevel(logging.WARNING)  # below it the client logs payloads, with their response_urls
        self._client = SocketModeHandler(
            app,
            app_token,
            logger=logger,
            auto_reconnect_enabled=False,
            ping_interval=ping,
            receive_buffer_size=65536,
            concurrency=20,
        ).client
        self._closed = False
        self._seen: tuple[float | None, float] = (None, 0.0)
        self._client.connect_to_new_endpoint = lambda **_: None  # type: ignore[method-assign]
        self._client.on_message_listeners.append(heard)

    @property
    def open(self) -> bool:
        return self._client.is_connected()

    @property
    def last_pong(self) -> float | None:
        session = self._client.current_session
        return session.last_ping_pong_time if session else None

    def dial(self, url: str) -> None:
        """Connect to a fresh single-use address; acknowledgements wait meanwhile and leave on the new connection.

        The old connection's recv holds the lock that closing it needs, and the new one is not read before: a short
        time-out on each makes that a moment instead of three seconds.
        """
        with self._client.connect_operation_lock:
            if self._closed:
                return
            self._seen = (None, time.monotonic())
            self._client.wss_uri = url
            self._client.connect()
            session = self._client.current_session
            if session and session.sock:
                session.sock.settimeout(DEAF_SECONDS)

    def drop(self) -> None:
        """Close the socket, so that nothing reads on at its end of file."""
        self._client.current_session_state.terminated = True
        self._client.disconnect()

    def fault(self, silence: float) -> str:
        """What is wrong with the connection, as far as it can be seen from here; empty if nothing."""
        session = self._client.current_session
        if session is None or not session.is_active():
            return "closed"
        if at_end_of_file(session.sock):
            return "cut without a close frame"
        quiet = self._quiet(session.last_ping_pong_time)
        return f"no pong for {quiet:.0f} s" if quiet > silence else ""

    def _quiet(self, pong: float | None) -> float:
        """Seconds since the last new pong, or since the session began: by the clock that nobody sets."""
        if pong != self._seen[0]:
            self._seen = (pong, time.monotonic())
        return time.monotonic() - self._seen[1]

    def close(self) -> None:
        with self._client.connect_operation_lock:
            self._closed = True
        self._client.closed = True
        self._client.message_queue.put(None)  # wakes the client's reader of the queue, which looks once a second
        self._client.close()


def at_end_of_file(sock: socket.socket | None) -> bool:
    """Whether the peer has closed its side and everything it sent was read; looked at below TLS, taking nothing."""
    try:
        with closing(socket.socket(fileno=os.dup(sock.fileno() if sock else -1))) as peeped:
            return peeped.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
