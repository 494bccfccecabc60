"""Envelopes: sent to one connection, acknowledged once within three seconds, or lost.

An ack that comes late, twice or for an envelope never sent is logged and its payload ignored. Commands and
interactions are never sent again; events are, three times, with the same event_id.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sandbox.slack.faults import Faults
    from bot.sandbox.slack.journal import Journal
    from bot.sandbox.slack.sockets import Connection, Sockets

DEADLINE = 3.0
Json = dict[str, Any]


@dataclass(frozen=True)
class Envelope:
    """What goes down a socket; `takes_payload` is Slack's accepts_response_payload."""

    type: str
    payload: Json
    takes_payload: bool = False
    retry: tuple[int, str] | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def json(self) -> Json:
        shown: Json = {
            "envelope_id": self.id,
            "type": self.type,
            "accepts_response_payload": self.takes_payload,
            "payload": self.payload,
        }
        if self.retry is not None:
            shown |= {"retry_attempt": self.retry[0], "retry_reason": self.retry[1]}
        return shown


@dataclass(frozen=True)
class Outcome:
    """How a delivery ended: acked, operation_timeout or dispatch_failed."""

    outcome: str
    envelope_id: str
    ack_ms: float | None = None
    payload: Json | None = None

    def json(self) -> Json:
        told = {"ok": True, "outcome": self.outcome, "envelope_id": self.envelope_id}
        return told | {"ack_ms": self.ack_ms}


class Deliveries:
    def __init__(self, journal: Journal, faults: Faults, redelivery: Sequence[float], deadline: float) -> None:
        self._journal = journal
        self._faults = faults
        self.redelivery = redelivery
        self.deadline = deadline
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._ended: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def deliver(self, envelope: Envelope, sockets: Sockets) -> Outcome:
        """Send to one connection and wait for the ack, three seconds from now at most."""
        connection = sockets.choose()
        if connection is None or self._faults.away:
            self._record("dispatch_failed", envelope)
            return Outcome("dispatch_failed", envelope.id)
        loop = asyncio.get_running_loop()
        began = loop.time()
        acked = self._waiting[envelope.id] = loop.create_future()
        self._send(envelope, connection)
        if self._faults.take_twice():
            self._send(envelope, sockets.choose() or connection)
        try:
            await asyncio.wait({acked}, timeout=self.deadline)
        finally:
            del self._waiting[envelope.id]
        if not acked.done():
            return self._missed(envelope)
        return self._received(envelope, acked.result(), round((loop.time() - began) * 1000, 3))

    def _send(self, envelope: Envelope, connection: Connection) -> None:
        """In a task of its own: a frozen connection takes nothing, and the deadline runs all the same."""
        self._record("envelope", envelope, connection=connection.number)
        task = asyncio.create_task(_quietly(connection, envelope.json()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _record(self, kind: str, envelope: Envelope, **more: Any) -> None:
        facts = {"envelope_id": envelope.id, "type": envelope.type, "payload": envelope.payload, **more}
        if envelope.retry:
            facts["retry_attempt"] = envelope.retry[0]
        self._journal.record(kind, **facts)

    def _missed(self, envelope: Envelope) -> Outcome:
        self._ended[envelope.id] = "late"
        self._journal.record("operation_timeout", type=envelope.type, envelope_id=envelope.id)
        return Outcome("operation_timeout", envelope.id)

    def _received(self, envelope: Envelope, ack: Json, ack_ms: float) -> Outcome:
        self._ended[envelope.id] = "duplicate"
        payload = ack.get("payload") or None
        self._journal.record("ack", envelope_id=envelope.id, ms=ack_ms, payload=payload)
        if payload and not envelope.takes_payload:
            self._journal.record("ack_payload_ignored", envelope_id=envelope.id)
            payload = None
        return Outcome("acked", envelope.id, ack_ms, payload)

    def on_text(self, text: str) -> None:
        """Take what a client says on its socket: acks are all it may say."""
        try:
            ack = json.loads(text)
            envelope_id = ack["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self._journal.record("unknown_ack", reason="malformed", text=text[:200])
            return
        if self._faults.take_lost():
            self._journal.record("lost_ack", envelope_id=envelope_id)
            return
        waiting = self._waiting.get(envelope_id)
        if waiting is None or waiting.done():
            self._reject(envelope_id)
        else:
            waiting.set_result(ack)

    def _reject(self, envelope_id: str) -> None:
        reason = self._ended.get(envelope_id, "duplicate" if envelope_id in self._waiting else "unknown")
        kind = "late_ack" if reason == "late" else "unknown_ack"
        self._journal.record(kind, envelope_id=envelope_id, reason=reason)

    async def deliver_event(self, payload: Json, sockets: Sockets) -> None:
        """Send an Events API event until it is acknowledged: at once, then after each redelivery delay."""
        for attempt, delay in enumerate((0.0, *self.redelivery)):
            await asyncio.sleep(delay)
            retry = (attempt, "timeout" if attempt else "")
            outcome = await self.deliver(Envelope("events_api", payload, retry=retry), sockets)
            if outcome.outcome == "acked":
                return


async def _quietly(connection: Connection, message: Json) -> None:
    try:
        await connection.send(message)
    except ConnectionError:
        return  # the peer is gone: the deadline will tell
