"""A bounded pool of workers: a place is taken before anything is promised, and a full pool says so at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

log = logging.getLogger(__name__)


class Pool:
    """`workers` threads and room for `waiting` more jobs."""

    def __init__(self, workers: int, waiting: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._room = threading.BoundedSemaphore(workers + waiting)

    def reserve(self) -> bool:
        """Take a place; False where there is none. Every place is given back by `submit`'s job or by `release`."""
        return self._room.acquire(blocking=False)

    def release(self) -> None:
        self._room.release()

    def submit(self, job: Callable[..., Any], *args: Any) -> None:
        """Run a job in the place reserved for it. Raises RuntimeError once the pool is closed."""
        try:
            self._executor.submit(self._run, job, args)
        except RuntimeError:
            self._room.release()
            raise

    def _run(self, job: Callable[..., Any], args: tuple[Any, ...]) -> None:
        try:
            job(*args)
        except Exception:
            log.exception("A job failed")
        finally:
            self._room.release()

    def close(self, seconds: float) -> bool:
        """Take no more work and wait so long for what runs; False where something still runs then.

        Jobs that have not begun are dropped; their runs are found at the next start.
        """
        self._executor.shutdown(wait=False, cancel_futures=True)
        until = time.monotonic() + seconds
        while self._executor._threads and any(each.is_alive() for each in self._executor._threads):  # noqa: SLF001 - no public door
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True
