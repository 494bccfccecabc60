"""What happened in the sandbox, with its time, for tests to read and for the page to follow as it happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = 20_000


class Journal:
    """A list of entries whose indexes keep growing over a reset, and the queues of those who listen."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._first = 0
        self._entries: list[dict[str, Any]] = []
        self._listeners: set[asyncio.Queue[dict[str, Any] | None]] = set()

    def record(self, kind: str, **facts: Any) -> None:
        index = self._first + len(self._entries)
        self._entries.append({"index": index, "at": self._now(), "kind": kind, **facts})
        if len(self._entries) > KEPT:
            self._first += 1
            del self._entries[0]

    def since(self, index: int) -> list[dict[str, Any]]:
        return self._entries[max(0, index - self._first) :]

    @property
    def end(self) -> int:
        """The index that the next entry will have."""
        return self._first + len(self._entries)

    def clear(self) -> None:
        self._first += len(self._entries)
        self._entries.clear()

    def publish(self, change: dict[str, Any]) -> None:
        for queue in self._listeners:
            queue.put_nowait(change)

    def listen(self) -> asyncio.Queue[dict[str, Any] | None]:
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._listeners.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[dict[str, Any] | None]) -> None:
        self._listeners.discard(queue)

    def close(self) -> None:
        """Tell every listener that no more will come."""
        for queue in self._listeners:
            queue.put_nowait(None)
