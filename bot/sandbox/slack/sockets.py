"""Socket Mode's connections: tickets used once, at most ten sockets, pongs that echo the ping, and faults.

An envelope goes to exactly one connection, chosen at random. A frozen connection neither reads nor writes
nor pongs, but its bytes arrive when it thaws, as they would after a network's pause.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from bot.sandbox.slack.workspace import APP_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.slack.journal import Journal

MOST = 10
HOST = "applink-sandbox"


class Connection:
    """One WebSocket of the app, from hello to close."""

    def __init__(self, number: int, socket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self.number = number
        self.socket = socket
        self.transport = transport
        self.refreshed = False
        self.thawed = asyncio.Event()
        self.thawed.set()

    @property
    def alive(self) -> bool:
        return not self.socket.closed and not self.transport.is_closing()

    async def send(self, message: dict[str, Any]) -> None:
        await self.thawed.wait()
        if self.alive:
            await self.socket.send_str(json.dumps(message, separators=(",", ":")))

    def freeze(self, seconds: float | None) -> None:
        self.thawed.clear()
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self.thawed.set)

    async def close(self) -> None:
        self.thawed.set()
        await self.socket.close(code=1001)


class Sockets:
    def __init__(self, journal: Journal, on_text: Callable[[str], None]) -> None:
        self._journal = journal
        self._on_text = on_text
        self._tickets: set[str] = set()
        self._connections: list[Connection] = []
        self._opened = 0

    @property
    def open(self) -> list[Connection]:
        return [each for each in self._connections if each.alive]

    def issue_ticket(self) -> str:
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return ticket

    def choose(self) -> Connection | None:
        """Any open connection; one that was told to refresh only while there is no other."""
        fresh = [each for each in self.open if not each.refreshed]
        candidates = fresh or self.open
        return random.choice(candidates) if candidates else None  # noqa: S311  a load balancer's whim

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection from upgrade to close."""
        ticket = request.query.get("ticket", "")
        transport = request.transport
        if ticket not in self._tickets or transport is None:
            return web.Response(status=403, text="invalid ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False, compress=False, timeout=1, max_msg_size=16_000_000)
        await socket.prepare(request)
        self._opened += 1
        connection = Connection(self._opened, socket, transport)
        if len(self.open) >= MOST:
            await self._turn_away(connection)
            return socket
        await self._hold(connection)
        return socket

    async def _turn_away(self, connection: Connection) -> None:
        self._journal.record("socket_refused", reason="too_many_websockets")
        await connection.send(_disconnect("too_many_websockets"))
        await connection.close()

    async def _hold(self, connection: Connection) -> None:
        self._connections.append(connection)
        self._journal.record("socket_open", connection=connection.number, connections=len(self.open))
        self._publish_count()
        try:
            await connection.send(_hello(len(self.open)))
            await self._read(connection)
        except ConnectionError:
            pass  # the peer left while we spoke: the close below is all there is to say
        finally:
            self._connections.remove(connection)
            self._journal.record("socket_close", connection=connection.number, connections=len(self.open))
            self._publish_count()

    async def _read(self, connection: Connection) -> None:
        while True:
            frame = await connection.socket.receive()
            await connection.thawed.wait()
            if frame.type is WSMsgType.PING:
                await connection.socket.pong(frame.data)
            elif frame.type is WSMsgType.TEXT:
                self._on_text(frame.data)
            elif frame.type is not WSMsgType.PONG:
                return

    def _publish_count(self) -> None:
        self._journal.publish({"type": "connections", "n": len(self.open)})

    def drop(self) -> None:
        """Cut every connection below the WebSocket: no close frame."""
        for each in self.open:
            each.transport.abort()
            each.thawed.set()

    async def close(self) -> None:
        await asyncio.gather(*(each.close() for each in self._connections))

    def freeze(self, seconds: float | None) -> None:
        """Leave every peer without a word for so many seconds, or until the faults are cleared."""
        for each in self.open:
            each.freeze(seconds)

    def thaw(self) -> None:
        for each in self._connections:
            each.thawed.set()

    async def refresh(self, reason: str) -> None:
        """Ask every client to reconnect, and leave its old socket open."""
        for each in self.open:
            each.refreshed = True
            await each.send(_disconnect(reason))


def _hello(connections: int) -> dict[str, Any]:
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {"host": HOST, "build_number": 1, "approximate_connection_time": 18060},
        "connection_info": {"app_id": APP_ID},
    }


def _disconnect(reason: str) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}}
