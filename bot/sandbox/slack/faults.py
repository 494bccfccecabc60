"""How the sandbox misbehaves when told to: faults of API calls, double delivery, lost acks, being away."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

API_KINDS = ("api_429", "api_500", "api_slow", "api_error", "api_hang_after")


@dataclass
class ApiFault:
    """One way a method misbehaves, for the next `times` calls of it (None: until cleared)."""

    kind: str
    method: str
    times: float
    seconds: float
    error: str

    def concerns(self, method: str) -> bool:
        return self.times > 0 and self.method in ("*", method)


class Faults:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.clear()

    def clear(self) -> None:
        self._api: list[ApiFault] = []
        self._away_until = 0.0
        self._twice = 0
        self._lost = 0

    def add_api(self, kind: str, order: dict[str, Any]) -> None:
        times = order.get("times", 1)
        self._api.append(
            ApiFault(
                kind=kind,
                method=str(order.get("method", "*")),
                times=math.inf if times is None else float(times),
                seconds=float(order.get("retry_after", order.get("seconds", 1))),
                error=str(order.get("error", "fatal_error")),
            )
        )

    def take(self, method: str, *kinds: str) -> ApiFault | None:
        """The first fault of these kinds that waits for the method, used up by one."""
        found = next((each for each in self._api if each.kind in kinds and each.concerns(method)), None)
        if found:
            found.times -= 1
        return found

    def go_away(self, seconds: float | None) -> None:
        self._away_until = math.inf if seconds is None else self._now() + seconds

    @property
    def away(self) -> bool:
        return self._now() < self._away_until

    def deliver_twice(self, times: int) -> None:
        self._twice = times

    def lose_acks(self, times: int) -> None:
        self._lost = times

    def take_lost(self) -> bool:
        self._lost -= 1
        return self._lost >= 0

    def take_twice(self) -> bool:
        self._twice -= 1
        return self._twice >= 0
