"""What Slack answered of late, by id: bounded, believed for so long, and asked for once however many want it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

MOST = 2000

Value = TypeVar("Value")


@dataclass(frozen=True)
class Kept(Generic[Value]):
    """An answer of Slack's and for how many seconds it is believed."""

    value: Value
    seconds: float


class Recent(Generic[Value]):
    """The newest answers by id, at most MOST of them; many who ask for one id at once share one question."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Value, float]] = OrderedDict()
        self._asked: dict[str, Future[Value]] = {}

    def get(self, key: str, ask: Callable[[], Kept[Value]]) -> Value:
        """What is known of `key`, or else what `ask` answers; its error goes to everyone who waits for it."""
        with self._lock:
            value, until = self._kept.get(key, (None, 0.0))
            if value is not None and self._now() < until:
                self._kept.move_to_end(key)
                return value
            asked = self._asked.get(key)
            answer = asked or self._asked.setdefault(key, Future())
        if asked is None:
            self._settle(key, answer, ask)
        return answer.result()

    def forget(self, key: str) -> None:
        """Drop what is known of `key`; an answer that is on its way is given out and not kept."""
        with self._lock:
            self._kept.pop(key, None)
            self._asked.pop(key, None)

    def _settle(self, key: str, answer: Future[Value], ask: Callable[[], Kept[Value]]) -> None:
        try:
            asked_at = self._now()
            kept = ask()
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            self._keep(key, answer, None, 0)
            answer.set_exception(error)
        else:
            self._keep(key, answer, kept.value, asked_at + kept.seconds)
            answer.set_result(kept.value)

    def _keep(self, key: str, answer: Future[Value], value: Value | None, until: float) -> None:
        with self._lock:
            if self._asked.get(key) is not answer:
                return
            del self._asked[key]
            if value is not None:
                self._kept[key] = (value, until)
                self._kept.move_to_end(key)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
