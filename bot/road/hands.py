"""Which runs this process has in hand: an owned run that nobody has was let fall, and is found like an orphan."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Hands:
    """The runs that workers of this process have in hand, each as often as it was taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def __contains__(self, run: str) -> bool:
        return self._taken[run] > 0

    def take(self, run: str) -> None:
        with self._lock:
            self._taken[run] += 1

    def let_go(self, run: str) -> None:
        with self._lock:
            self._taken[run] -= 1
            self._taken += Counter()  # forget what nobody has in hand

    @contextmanager
    def holding(self, run: str) -> Iterator[None]:
        self.take(run)
        try:
            yield
        finally:
            self.let_go(run)
