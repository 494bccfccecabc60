"""Every socket that this process connects, in whatever thread, as Python itself reports it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_LISTENING: list[list[str]] = []


@contextmanager
def connections() -> Iterator[list[str]]:
    """Where sockets were connected, and what names were looked up, in the block: `127.0.0.1:80`, or a name."""
    _watch()
    made: list[str] = []
    _LISTENING.append(made)
    try:
        yield made
    finally:
        _LISTENING.remove(made)


@cache
def _watch() -> None:
    sys.addaudithook(_heard)  # once, and for good: an audit hook cannot be taken back


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if not _LISTENING:
        return
    if event in ("socket.connect", "socket.sendto"):
        for each in _LISTENING:
            each.append(":".join(map(str, args[1][:2])) if isinstance(args[1], tuple) else str(args[1]))
    if event == "socket.gethostbyname" or (
        event == "socket.getaddrinfo" and args[0] not in ("127.0.0.1", b"127.0.0.1")
    ):
        for each in _LISTENING:
            each.append(str(args[0]))
