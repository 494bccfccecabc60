"""The local AWS: one HTTP endpoint for every service, Region and account, on the loopback interface.

Moto's memory belongs to the process: two servers in one process show the same accounts.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from threading import Thread
from typing import Self

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

from bot.sandbox.aws.layer import Layer
from bot.sandbox.aws.lifecycle import Lifecycle


class AwsServer:
    """Starts seeded; `speed` shortens EC2's waits (`clock` counts them); `port` 0 takes any free one."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if "MOTO_ACCOUNT_ID" in os.environ:
            raise RuntimeError("Unset MOTO_ACCOUNT_ID: it makes every access key belong to that one account.")
        self._host = host
        self._port = port
        self._layer = Layer(Lifecycle(speed, clock))
        self._server: ThreadedWSGIServer | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    def start(self) -> Self:
        """Seed the estate and answer; OSError when the port is taken."""
        self._layer.stopping.clear()
        self._layer.reset()
        with socket.create_server((self._host, self._port)) as listening:
            self._server = ThreadedWSGIServer(self._host, self._port, self._layer, Handler, fd=listening.fileno())
        self._port = self._server.port
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="local-aws", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering; connections still open are cut. Safe to call twice."""
        if self._server and self._thread:
            self._layer.stopping.set()
            self._server.shutdown()
            self._thread.join()
            self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class Handler(MotoRequestHandler):
    """One connection; it writes no request log."""

    protocol_version = "HTTP/1.1"

    def connection_dropped(self, *_: object, **__: object) -> None:
        """Close without an answer, whether the client went away or the layer lets it down."""
        self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # werkzeug's own name
        """Every call is in the journal; the terminal stays the reader's."""
