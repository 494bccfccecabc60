"""A child that ends with its parent, however that ends: the demo's bot must not outlive a demo that was killed."""

from __future__ import annotations

import os
import threading


def die_with_parent() -> None:
    """End this process at once when standard input, a pipe whose other end the parent holds, is closed."""
    threading.Thread(target=_watch, name="parent", daemon=True).start()


def _watch() -> None:
    while os.read(0, 4096):  # not sys.stdin: its lock would be held when the interpreter ends in order
        pass
    os._exit(1)
