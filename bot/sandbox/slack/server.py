"""The local Slack as a server: Web API, Socket Mode, response_urls, control API and page on one port."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from bot.sandbox.slack import answers, chat, directory, file_methods, views
from bot.sandbox.slack.control import Control
from bot.sandbox.slack.deliveries import DEADLINE
from bot.sandbox.slack.file_routes import FileRoutes
from bot.sandbox.slack.state import Slack
from bot.sandbox.slack.web_api import WebApi, hang_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from aiohttp.typedefs import Handler

PAGE = Path(__file__).parent.parent / "page"
SLACKS_OWN = ("/api/", "/link", "/commands/", "/actions/", "/files/", "/upload/")
REDELIVERY = (0.0, 60.0, 300.0)
BIGGEST_BODY = 64_000_000


class SlackServer:
    """A Slack on loopback: `start()` returns when it listens, `stop()` when all its sockets are closed.

    `now` is the clock of time stamps, grants and rate limits; the three-second deadlines run on real time.
    `redelivery` are the seconds before each retry of an event that was not acknowledged. A test that is
    not about acks may grant more than Slack's `deadline`: on a machine that does much else, late is not the bot's.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        now: Callable[[], float] = time.time,
        page_dir: Path | None = None,
        redelivery: Sequence[float] = REDELIVERY,
        deadline: float = DEADLINE,
    ) -> None:
        self._listener = socket.create_server((host, port))
        self.url = f"http://{host}:{self._listener.getsockname()[1]}"
        self._page = page_dir or PAGE
        self._slack = Slack(self.url, now, redelivery, deadline)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def api_url(self) -> str:
        """The base_url for a WebClient."""
        return f"{self.url}/api/"

    @property
    def connections(self) -> int:
        """How many sockets are open."""
        return len(self._slack.sockets.open)

    def start(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self.serve(ready.set)), name="sandbox-slack", daemon=True
        )
        self._thread.start()
        if not ready.wait(timeout=10):
            raise RuntimeError("The sandbox's Slack did not start within 10 s.")
        return self

    def stop(self) -> None:
        if self._thread and self._loop and self._stopping:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(timeout=10)
        self._thread = None
        self._listener.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve on the running loop until stopped or cancelled."""
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.SockSite(runner, self._listener).start()
            ready()
            await self._stopping.wait()
        finally:
            await self._close(runner)

    async def _close(self, runner: web.AppRunner) -> None:
        self._slack.journal.close()
        await self._slack.sockets.close()
        await runner.cleanup()
        self._slack.files.clear()

    def _app(self) -> web.Application:
        slack = self._slack
        api = WebApi(slack, {**directory.METHODS, **chat.METHODS, **file_methods.METHODS, **views.METHODS})
        control, files = Control(slack), FileRoutes(slack)
        app = web.Application(middlewares=[self._unreachable_while_down()], client_max_size=BIGGEST_BODY)
        app.router.add_route("*", "/api/{method}", api.serve)
        app.router.add_get("/link/", slack.sockets.serve)
        app.router.add_post("/{kind:commands|actions}/{rest:.+}", self._response_url)
        app.router.add_post("/upload/v1/{id}", files.upload)
        app.router.add_get("/files/{id}/{name}", files.download)
        app.router.add_get("/_control/files/{id}", files.show)
        app.router.add_get("/_control/state", control.state)
        app.router.add_get("/_control/messages/{channel}", control.messages)
        app.router.add_get("/_control/views", control.views)
        app.router.add_get("/_control/log", control.log)
        app.router.add_get("/_control/stream", control.stream)
        app.router.add_post("/_control/{order}", control.order)
        app.router.add_get("/", self._file)
        app.router.add_get("/page/{path:.+}", self._file)
        return app

    def _unreachable_while_down(self) -> Any:
        @web.middleware
        async def cut(request: web.Request, handler: Handler) -> web.StreamResponse:
            if self._slack.faults.away and request.path.startswith(SLACKS_OWN):
                return hang_up(request)
            return await handler(request)

        return cut

    async def _response_url(self, request: web.Request) -> web.StreamResponse:
        return await answers.serve(self._slack, request)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        page = self._page.resolve()
        path = (page / request.match_info.get("path", "index.html")).resolve()
        if not path.is_relative_to(page) or not path.is_file():
            return web.Response(status=404, text="no such page")
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})
