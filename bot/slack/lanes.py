"""A few threads for what is said to Slack: jobs of one key are done in order, and none is queued twice."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from zlib import crc32

log = logging.getLogger(__name__)

LANES = 6


class Lanes:
    """Six lanes, unless said otherwise; a key always takes the same one, so that a slow channel holds up few others."""

    def __init__(self, count: int = LANES, name: str = "teller") -> None:
        self._lanes = [ThreadPoolExecutor(1, thread_name_prefix=f"{name}-{n}") for n in range(count)]
        self._names: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False

    def put(self, key: str, name: str, job: Callable[[], None]) -> bool:
        """Queue a job; False where one of this name waits or runs already, or the lanes are closed."""
        with self._lock:
            if name in self._names or self._closed:
                return False
            self._names.add(name)
            self._lanes[crc32(key.encode()) % len(self._lanes)].submit(self._run, name, job)
        return True

    def _run(self, name: str, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception:
            log.exception("Something could not be told")
        finally:
            with self._lock:
                self._names.discard(name)

    def close(self, seconds: float) -> bool:
        """Take no more and go on with what is queued for so long; False where something still runs then."""
        with self._lock:
            self._closed = True
        for lane in self._lanes:
            lane.shutdown(wait=False)
        until = time.monotonic() + seconds
        threads = [thread for lane in self._lanes for thread in lane._threads]  # noqa: SLF001 - no public door
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        for lane in self._lanes:
            lane.shutdown(wait=False, cancel_futures=True)
        return not any(thread.is_alive() for thread in threads)
