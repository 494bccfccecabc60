"""What the tests of the local Slack share: its control API as calls, a real Bolt app, and a bare WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from bot.sandbox.slack.server import SlackServer

BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go", "value": "17"}
BUTTONS = [{"type": "actions", "block_id": "row", "elements": [BUTTON]}]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(value: str, **more: Any) -> dict[str, Any]:
    return {"text": plain(value), "value": value, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("AWS"), "submit": plain("Run"), "blocks": list(blocks), **more}


def field(block_id: str, /, **element: Any) -> dict[str, Any]:
    held = {"type": "plain_text_input", "action_id": "typed", **element}
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": held}


def choice(kind: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "action_id": "chosen", "options": [option(each) for each in values], **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "block_id": "row", "elements": list(elements)}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def __call__(self) -> float:
        return self.time


class Wire:
    """The control API of one server."""

    def __init__(self, server: SlackServer) -> None:
        self.server = server

    def order(self, name: str, /, **body: Any) -> dict[str, Any]:
        return self.post(f"/_control/{name}", body)[1]

    def command(self, text: str = "help", **more: Any) -> dict[str, Any]:
        return self.order("command", **{"channel": "ops", "user": "ana", "command": "/aws", "text": text} | more)

    def click(self, ts: str, **more: Any) -> dict[str, Any]:
        action = {"action_id": "go", "value": "17", **more.pop("action", {})}
        return self.order("interact", **{"channel": "ops", "user": "ana", "messageTs": ts} | more, action=action)

    def say(self, text: str = "<@U0BOT00007> help", **more: Any) -> dict[str, Any]:
        """A message of ana's in #ops, unless said otherwise."""
        return self.order("message", **{"channel": "ops", "user": "ana", "text": text} | more)

    def events(self) -> list[dict[str, Any]]:
        """The outer events of everything that happened up to now."""
        self.order("people", user="dana", real_name=f"Mark {time.monotonic_ns()}")
        mark = self._event_payloads
        until(lambda: [each for each in mark() if each["event"]["type"] == "user_change"])
        return [each for each in mark() if each["event"]["type"] != "user_change"]

    def _event_payloads(self) -> list[dict[str, Any]]:
        sent = [each for each in self.log("envelope", "dispatch_failed") if each["type"] == "events_api"]
        return [each["payload"] for each in sent]

    def upload(self, name: str = "notes.txt", **more: Any) -> dict[str, Any]:
        return self.order("upload", **{"channel": "ops", "user": "ana", "name": name, "size": 10} | more)

    def messages(self, channel: str = "ops", user: str = "") -> list[dict[str, Any]]:
        return self.get(f"/_control/messages/{channel}?user={user}")["messages"]

    def log(self, *kinds: str) -> list[dict[str, Any]]:
        return [each for each in self.get("/_control/log")["entries"] if not kinds or each["kind"] in kinds]

    def payload(self) -> dict[str, Any]:
        """The last payload made, whether or not somebody was there to take it."""
        payload: dict[str, Any] = self.log("envelope", "dispatch_failed")[-1]["payload"]
        return payload

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.server.url + path, timeout=30) as answer:
            return json.load(answer)

    def post(self, url: str, body: Any) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        address = url if url.startswith("http") else self.server.url + url
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def client(self, token: str = BOT_TOKEN) -> WebClient:
        return WebClient(token=token, base_url=self.server.api_url, retry_handlers=[], timeout=10)

    def connections(self) -> int:
        return self.get("/_control/state")["connections"]


def until(true: Callable[[], Any], seconds: float = 30) -> Any:
    """The first true value, or a failure when it does not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = true()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


def error_of(call: Callable[[], Any]) -> str:
    """The error word of a Web API call that is refused."""
    try:
        call()
    except SlackApiError as error:
        return str(error.response["error"])
    return "no error"


@contextlib.contextmanager
def bolt(wire: Wire, **handler_options: Any) -> Iterator[App]:
    """A Bolt app on a real socket; sockets give up reading soon, so that closing is quick."""
    app = App(client=wire.client(), process_before_response=True)
    handler = SocketModeHandler(app, APP_TOKEN, **handler_options)
    before = wire.connections()
    handler.connect()
    try:
        until(lambda: wire.connections() > before)
        handler.client.current_session.sock.settimeout(0.2)
        yield app
    finally:
        handler.client.auto_reconnect_enabled = False
        if handler.client.current_session is not None and handler.client.current_session.sock is not None:
            handler.client.current_session.sock.settimeout(0.2)
        closing = threading.Thread(target=handler.close, daemon=True)  # it waits for ever where it loses a race
        closing.start()
        closing.join(10)


class Peer:
    """A bare Socket Mode client that acknowledges nothing by itself."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def receive(self) -> dict[str, Any]:
        return json.loads(await self.socket.receive_str(timeout=30))

    async def ack(self, envelope: dict[str, Any], **payload: Any) -> None:
        await self.socket.send_json({"envelope_id": envelope["envelope_id"], **payload})


@contextlib.asynccontextmanager
async def peer(wire: Wire) -> AsyncIterator[Peer]:
    """A bare connection, past its hello."""
    url = wire.client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)["url"]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, autoping=False, autoclose=False, max_msg_size=0) as socket,
    ):
        bare = Peer(socket)
        hello = await bare.receive()
        assert hello["type"] == "hello"
        yield bare


async def changes(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The next change of a stream, past the lines between."""
    while True:
        line = (await asyncio.wait_for(response.content.readline(), 5)).decode()
        if line.startswith("data: "):
            return dict(json.loads(line.removeprefix("data: ")))
