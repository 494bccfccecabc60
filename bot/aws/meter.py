"""Rates: how often something may be done in a while that slides, counted in this process's memory.

Each process counts for itself: two processes ask AWS up to twice as often. That is enough for reads, which are only
kept from using up what production needs of AWS's own limits; what must never be exceeded is counted in the store.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from math import ceil
from typing import Any

from bot.aws.guard import listen
from bot.errors import Refused

Rate = tuple[int, float]
"""So many within so many seconds."""
_MANY_KEYS = 1000


class Meter:
    """Counts, by key."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._seen: dict[Hashable, deque[float]] = {}

    def wait(self, key: Hashable, rate: Rate, *, passes: bool = False) -> float:
        """Count one, and return 0; or count nothing and return the seconds until there is room.

        One that `passes` is counted and never kept waiting.
        """
        most, seconds = rate
        with self._lock:
            now = self._now()
            seen = self._of(key, now - seconds)
            if len(seen) >= most and not passes:
                return seen[-most] + seconds - now
            seen.append(now)
            return 0.0

    def _of(self, key: Hashable, since: float) -> deque[float]:
        """Return the moments of a key that still count."""
        if len(self._seen) > _MANY_KEYS:
            self._seen = {each: seen for each, seen in self._seen.items() if seen and seen[-1] > since}
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= since:
            seen.popleft()
        return seen


class Reads:
    """Counts each request of a read as it leaves, also a paginator's, by account, Region and API."""

    def __init__(self, rate: Rate | None, meter: Meter | None = None) -> None:
        """Without a rate nothing is counted."""
        self.rate = rate
        self._meter = meter or Meter()

    def counting(self, account: str, region: str, *, passes: bool = False) -> Callable[[str], None]:
        """Return what a client tells its operations to; it raises Refused where there were too many already."""

        def count(operation: str) -> None:
            rate = self.rate
            if rate is None:
                return
            wait = self._meter.wait((account, region, operation), rate, passes=passes)
            if wait:
                raise Refused(
                    f"{operation} was asked {rate[0]} times within {rate[1]:.0f} s in {account} {region}. No more is "
                    f"let through, so that AWS's own limit is left to changes. Try again in {ceil(wait)} s.",
                    layer="limit",
                )

        return count


def watch(client: Any, count: Callable[[str], None] | None) -> Any:
    """Let a client that was armed say each request it is about to make, where it is counted; returns the client."""
    if count is None:
        return client

    def each(model: Any, **_: Any) -> None:
        count(f"{model.service_model.service_name}:{model.name}")

    listen(client, "provide-client-params", each)
    return client
