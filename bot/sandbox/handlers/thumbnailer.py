"""The demo's `thumbnailer`: says which thumbnails it made of a picture."""  # noqa: INP001 - a function's code, not ours

from __future__ import annotations

import os
from typing import Any

SIZES = (128, 512, 1024)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    key = event.get("key", "cat.jpg")
    name, _, kind = key.rpartition(".")
    bucket = os.environ["THUMBNAIL_BUCKET"]
    print(f"making {len(SIZES)} thumbnails of {key} in {bucket}")  # noqa: T201 - its log
    made = [{"key": f"thumbs/{name}-{width}.{kind}", "width": width} for width in SIZES]
    return {"source": key, "bucket": bucket, "thumbnails": made, "version": context.function_version}
