"""Somebody else's Slack: another organisation, standard library alone, written from Slack's documentation.

It shares no line with the local Slack and knows nothing of the bot. Of optional fields it sends few, of methods it has
few, and both are a server's right: what it does send is what Slack documents.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import random
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO, Self

BOT_TOKEN = "xoxb-7-other"
APP_TOKEN = "xapp-1-A07OTHER-7"
TEAM, ORGANISATION, APP = "T07HARBOR", "E07HARBORORG", "A07OTHER"
MEMBER, GUEST = "W07ROBIN", "W07GUEST"
CHANNEL = "G07BRIDGE"
ACK_SECONDS = 3.0
WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

Json = dict[str, Any]


class Frames:
    """A WebSocket after its handshake (RFC 6455): whole frames, no extensions."""

    def __init__(self, reading: BinaryIO, writing: BinaryIO) -> None:
        self._reading = reading
        self._writing = writing
        self._lock = threading.Lock()

    def send(self, opcode: int, data: bytes) -> None:
        size = len(data)
        head = bytes([0x80 | opcode, size]) if size < 126 else struct.pack("!BBH", 0x80 | opcode, 126, size)
        if size > 0xFFFF:
            head = struct.pack("!BBQ", 0x80 | opcode, 127, size)
        with self._lock:
            self._writing.write(head + data)
            self._writing.flush()

    def receive(self) -> tuple[int, bytes]:
        """The next frame's opcode and data; EOFError where the peer is gone."""
        first, second = self._exactly(2)
        if not second & 0x80:
            raise ValueError("a client must mask its frames")
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8))
        mask = self._exactly(4)
        return first & 0x0F, bytes(byte ^ mask[n % 4] for n, byte in enumerate(self._exactly(size)))

    def _exactly(self, size: int) -> bytes:
        data = self._reading.read(size)
        if len(data) < size:
            raise EOFError
        return data


class OtherSlack:
    """The server and what was said on it. `without`: the methods it does not have; `sparse`: fewer fields still."""

    def __init__(self, without: frozenset[str] = frozenset(), *, sparse: bool = False) -> None:
        self.without = without
        self.sparse = sparse
        self.posts: list[Json] = []
        self.answers: list[Json] = []
        self.calls: list[str] = []
        self.lines: list[Frames] = []
        self._acks: dict[str, threading.Event] = {}
        self._tickets: set[str] = set()
        self._count = itertools.count(1)
        self._open: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", 0), _Request)
        self._server.slack = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="other-slack")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in list(self._open):
            each.shutdown(socket.SHUT_RDWR)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    # ── what people do ──

    def command(self, text: str, user: str = MEMBER, team: str = TEAM) -> bool:
        """Type `/aws text` in the channel; whether it was acknowledged in time."""
        payload = {
            "token": "legacy",
            "team_id": team,
            "team_domain": "harbor",
            "channel_id": CHANNEL,
            "channel_name": "privategroup",
            "user_id": user,
            "user_name": "somebody",
            "command": "/aws",
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": f"{self.url}/hooks/{next(self._count)}",
            "trigger_id": f"{next(self._count)}.7.trigger",
        }
        if self.sparse:
            del payload["trigger_id"], payload["team_domain"], payload["user_name"]
        else:
            payload["enterprise_id"] = ORGANISATION
        return self._deliver("slash_commands", payload)

    def click(self, post: Json, label: str, user: str = MEMBER) -> bool:
        """Press the button of a message that bears this label."""
        pressed = next(
            {"type": "button", "action_id": each["action_id"], "block_id": block.get("block_id", "b1")}
            | {key: each[key] for key in ("value", "text") if key in each}
            for block in post["blocks"]
            for each in block.get("elements", ())
            if each.get("type") == "button" and each["text"]["text"] == label
        )
        payload: Json = {
            "type": "block_actions",
            "user": {"id": user, "username": "somebody", "team_id": ORGANISATION},
            "api_app_id": APP,
            "container": {"type": "message", "message_ts": post["ts"], "channel_id": CHANNEL, "is_ephemeral": False},
            "trigger_id": f"{next(self._count)}.7.trigger",
            "team": {"id": TEAM, "domain": "harbor", "enterprise_id": ORGANISATION},
            "channel": {"id": CHANNEL, "name": "privategroup"},
            "message": {"type": "message", "ts": post["ts"], "text": post["text"], "blocks": post["blocks"]},
            "response_url": f"{self.url}/hooks/{next(self._count)}",
            "actions": [pressed | {"action_ts": f"{time.time():.6f}"}],
        }
        if self.sparse:  # an app installed for the whole organisation is told of no team
            payload |= {"team": None, "enterprise": {"id": ORGANISATION, "name": "Harbor"}, "actions": [pressed]}
            del payload["container"]["is_ephemeral"], payload["message"]
        return self._deliver("interactive", payload)

    def _deliver(self, kind: str, payload: Json) -> bool:
        id_ = f"envelope-{next(self._count)}"
        acked = self._acks[id_] = threading.Event()
        random.choice(self.lines).send(TEXT, _json({"envelope_id": id_, "type": kind, "payload": payload}))
        return acked.wait(ACK_SECONDS)

    # ── what the app asks ──

    def call(self, method: str, token: str, given: Json) -> Json:
        """Answer a Web API method."""
        self.calls.append(method)
        methods: dict[str, Callable[[Json], Json]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.info": self._channel,
            "users.info": self._user,
        }
        if method == "apps.connections.open":
            return self._ticket() if token == APP_TOKEN else {"ok": False, "error": "not_allowed_token_type"}
        if token != BOT_TOKEN:
            return {"ok": False, "error": "invalid_auth"}
        if method not in methods or method in self.without:
            return {"ok": False, "error": "unknown_method", "req_method": method}
        return methods[method](given)

    def _ticket(self) -> Json:
        ticket = f"ticket-{next(self._count)}"
        self._tickets.add(ticket)
        return {"ok": True, "url": f"{self.url.replace('http', 'ws', 1)}/link/?ticket={ticket}"}

    def _auth_test(self, _: Json) -> Json:
        about = {"team": "Harbor", "team_id": TEAM, "user": "bot", "user_id": "U07BOT", "bot_id": "B07BOT"}
        return {"ok": True, "url": self.url, **about, "enterprise_id": ORGANISATION, "is_enterprise_install": False}

    def _post(self, given: Json) -> Json:
        if given.get("channel") not in (CHANNEL, MEMBER, GUEST):
            return {"ok": False, "error": "channel_not_found"}
        channel = CHANNEL if given["channel"] == CHANNEL else f"D{given['channel'][1:]}"
        ts = f"{int(time.time())}.{next(self._count):06d}"
        self.posts.append({"channel": channel, "ts": ts, "text": given.get("text", ""), "blocks": _blocks(given)})
        return {"ok": True, "channel": channel, "ts": ts}

    def _update(self, given: Json) -> Json:
        at = (given.get("channel"), given.get("ts"))
        for each in self.posts:
            if (each["channel"], each["ts"]) == at:
                each.update(text=given.get("text", ""), blocks=_blocks(given))
                return {"ok": True, "channel": at[0], "ts": at[1], "text": each["text"]}
        return {"ok": False, "error": "message_not_found"}

    def _channel(self, given: Json) -> Json:
        if given.get("channel") != CHANNEL:
            return {"ok": False, "error": "channel_not_found"}
        return {"ok": True, "channel": {"id": CHANNEL, "name": "bridge", "is_group": True}}

    def _user(self, given: Json) -> Json:
        names = {MEMBER: "robin", GUEST: "gail"}
        user = str(given.get("user"))
        if user not in names:
            return {"ok": False, "error": "user_not_found"}
        return {
            "ok": True,
            "user": {"id": user, "name": names[user]} | ({"is_restricted": True} if user == GUEST else {}),
        }

    # ── the socket ──

    def serve(self, ticket: str, frames: Frames, peer: socket.socket) -> None:
        """Speak Socket Mode on one connection until it ends."""
        self._tickets.remove(ticket)
        self._open.add(peer)
        frames.send(TEXT, _json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": APP}}))
        self.lines.append(frames)
        try:
            self._listen(frames)
        except (EOFError, OSError):
            pass
        finally:
            self.lines.remove(frames)
            self._open.discard(peer)

    def _listen(self, frames: Frames) -> None:
        while True:
            opcode, data = frames.receive()
            if opcode == CLOSE:
                return
            if opcode == PING:
                frames.send(PONG, data)
            elif opcode == TEXT:
                self._acks[json.loads(data)["envelope_id"]].set()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    slack: OtherSlack


class _Request(BaseHTTPRequestHandler):
    """One request: a method of the Web API, a response_url, or the way into Socket Mode."""

    server: _Server

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/link/":
            self._upgrade(urllib.parse.parse_qs(url.query)["ticket"][0])
        else:
            self._called(url.path, dict(urllib.parse.parse_qsl(url.query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        is_json = self.headers.get("Content-Type", "").startswith("application/json")
        given = json.loads(body or "{}") if is_json else dict(urllib.parse.parse_qsl(body))
        if self.path.startswith("/hooks/"):
            self.server.slack.answers.append(given)
            self._answer(b"ok", "text/plain")
        else:
            self._called(self.path, given)

    def _called(self, path: str, given: Json) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or given.get("token", "")
        answer = self.server.slack.call(path.removeprefix("/api/"), token, given)
        self._answer(_json(answer), "application/json; charset=utf-8")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _upgrade(self, ticket: str) -> None:
        key = self.headers["Sec-WebSocket-Key"].encode()
        self.protocol_version = "HTTP/1.1"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key + WEBSOCKET_GUID).digest()).decode())
        self.end_headers()
        self.close_connection = True
        self.server.slack.serve(ticket, Frames(self.rfile, self.wfile), self.connection)

    def log_message(self, *_: object) -> None: ...


def _blocks(given: Json) -> list[Json]:
    """Blocks are JSON, and in a form they are JSON in a string."""
    blocks = given.get("blocks") or []
    found: list[Json] = json.loads(blocks) if isinstance(blocks, str) else blocks
    return found


def _json(value: Json) -> bytes:
    return json.dumps(value).encode()
