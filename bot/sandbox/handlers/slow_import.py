"""The demo's `slow-import`: takes its time, as long as the event says."""  # noqa: INP001 - a function's code, not ours

from __future__ import annotations

import time
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    seconds = float(event.get("seconds", 4))
    print(f"importing for {seconds:g} s, {context.get_remaining_time_in_millis() // 1000} s left", flush=True)  # noqa: T201 - its log
    time.sleep(seconds)
    return {"rows": int(seconds * 1000)}
