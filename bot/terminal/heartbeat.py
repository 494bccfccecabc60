"""A terminal's sign of life in the store: a bot that works on the same store must not take its runs for orphans."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.store.database import StoreError
from bot.store.processes import BEAT_SECONDS, Processes

log = logging.getLogger(__name__)


@contextmanager
def beating(processes: Processes, owner: str, seconds: float = BEAT_SECONDS) -> Iterator[None]:
    """Be alive for as long as the block runs, and gone after it."""
    over = threading.Event()
    processes.beat(owner, time.time(), {"shell": True})
    thread = threading.Thread(target=_beat, args=(processes, owner, seconds, over), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        processes.leave(owner)


def _beat(processes: Processes, owner: str, seconds: float, over: threading.Event) -> None:
    while not over.wait(seconds):
        try:
            processes.beat(owner, time.time(), {"shell": True})
        except StoreError as error:
            log.warning("No heartbeat: %s", error.sentence)
