"""When Slack may be asked again: its rate limits as budgets of our own, its Retry-After, and pauses while it is away.

chat.update has one budget for the workspace (50 a minute), each channel one for posts (1 a second), in Slack's own
numbers; the bursts are ours and a little smaller than what Slack is seen to take.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

UPDATES = "chat.update"
ANSWERS = "response_url"
"""Answers through response_urls: Slack counts five uses each, and no rate."""

LONGEST_PAUSE = 15.0
_FIRST_PAUSE = 0.5


@dataclass
class _Bucket:
    tokens: float
    at: float
    closed_until: float = 0.0
    failures: int = 0


@dataclass
class Pace:
    """Token buckets by key: UPDATES, ANSWERS, or the channel that is posted to."""

    now: Callable[[], float]
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, key: str, spare: float = 0.0) -> float:
        """Take a token and leave `spare` of them; returns 0, or the seconds after which to ask again."""
        with self._lock:
            wait = self._seconds(key, spare)
            if not wait and key != ANSWERS:
                self._buckets[key].tokens -= 1
            return wait

    def seconds(self, key: str, spare: float = 0.0) -> float:
        """Return what `wait` would, and take nothing."""
        with self._lock:
            return self._seconds(key, spare)

    def _seconds(self, key: str, spare: float) -> float:
        burst, rate = _budget(key)
        now = self.now()
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.closed_until > now:
            return bucket.closed_until - now
        return max(0.0, (1 + spare - bucket.tokens) / rate)

    def close(self, key: str, seconds: float) -> None:
        """Obey a Retry-After."""
        with self._lock:
            self._bucket(key).closed_until = self.now() + seconds

    def trouble(self, key: str, seconds: float | None = None) -> float:
        """Note that Slack did not take it; returns for how long nothing more of this kind is sent."""
        with self._lock:
            bucket = self._bucket(key)
            pause = seconds or min(LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(bucket.failures, 6))
            bucket.failures += 1
            bucket.closed_until = self.now() + pause
            return pause

    def well(self, key: str) -> None:
        """Note that Slack took it."""
        with self._lock:
            self._bucket(key).failures = 0

    def _bucket(self, key: str) -> _Bucket:
        return self._buckets.setdefault(key, _Bucket(_budget(key)[0], self.now()))


def _budget(key: str) -> tuple[float, float]:
    return (20.0, 50 / 60) if key == UPDATES else (8.0, 1.0)
