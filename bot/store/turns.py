"""Who writes next: one thread of this process at a time, first come first served, those in a hurry before the rest.

SQLite lets one write at a time, and its own waiting polls with growing pauses: of forty threads the luckiest went
first and the last gave up. Between processes it still decides.
"""

from __future__ import annotations

from collections import deque
from threading import Event, Lock


class Turns:
    """A lock with a queue."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = False
        self._hurried: deque[Event] = deque()
        self._patient: deque[Event] = deque()

    def take(self, seconds: float, *, hurried: bool = False) -> bool:
        """Wait for one's turn at most so long; False where it did not come."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            mine, queue = Event(), self._hurried if hurried else self._patient
            queue.append(mine)
        if mine.wait(seconds):
            return True
        with self._lock:
            if mine.is_set():  # it came at the last moment
                return True
            queue.remove(mine)
            return False

    def give(self) -> None:
        """Let the next one have its turn."""
        with self._lock:
            queue = self._hurried or self._patient
            if queue:
                queue.popleft().set()
            else:
                self._taken = False
