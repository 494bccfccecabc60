"""The response_urls of runs under way: bearer capabilities, in memory only, never stored and never logged."""

from __future__ import annotations

import threading
from collections import OrderedDict

from bot.road.desk import Desk

URL_SECONDS = 1700.0
"""A response_url lives 30 minutes; we stop using it a little earlier."""


class ResponseUrls:
    """The newest thousand, by run."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._urls: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, run: str, url: str) -> None:
        with self._lock:
            self._urls[run] = (url, self._desk.now() + URL_SECONDS)
            while len(self._urls) > 1000:
                self._urls.popitem(last=False)

    def of(self, run: str) -> str:
        with self._lock:
            url, until = self._urls.get(run, ("", 0.0))
        return url if until > self._desk.now() else ""

    def drop(self, run: str) -> None:
        with self._lock:
            self._urls.pop(run, None)
