"""Slack's rate limits: per method (chat.postMessage: per channel) a bucket that refills by the minute.

Source: Slack's rate limit tiers (20, 50, 100 a minute, 1 post a second per channel); the bursts are ours,
since Slack tolerates bursts without saying how large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    per_minute: int
    burst: int


TIER_2 = Rate(20, 20)
TIER_3 = Rate(50, 25)
TIER_4 = Rate(100, 50)
POSTS = Rate(60, 10)
SPECIAL = Rate(600, 100)


class RateLimits:
    def __init__(self) -> None:
        self.enabled = True
        self._buckets: dict[str, tuple[float, float]] = {}

    def retry_after(self, key: str, rate: Rate, now: float) -> int:
        """0 when the call may go on, else the whole seconds to wait."""
        if not self.enabled:
            return 0
        tokens, at = self._buckets.get(key, (float(rate.burst), now))
        tokens = min(rate.burst, tokens + (now - at) * rate.per_minute / 60)
        if tokens < 1:
            self._buckets[key] = (tokens, now)
            return max(1, math.ceil((1 - tokens) * 60 / rate.per_minute))
        self._buckets[key] = (tokens - 1, now)
        return 0

    def clear(self) -> None:
        self.enabled = True
        self._buckets.clear()
