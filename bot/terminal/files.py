"""The files of a terminal: paths on its host, read by whoever runs the bot there."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from bot.command import Upload
from bot.errors import Refused, UsageError
from bot.store.runs import Run

MOST_BYTES = 1_000_000_000
"""The same bound as at Slack."""


class LocalFiles:
    """Paths; see `bot.road.desk.Files`. Only a terminal's own requests are given any."""

    def facts(self, id_: str, run: Run) -> Upload:
        """Say what a file is. Raises Refused for whoever does not sit here, UsageError where it cannot be read."""
        if run.actor_kind != "terminal":
            raise Refused("Only a terminal's own user can name a path.", layer="file")
        path = Path(id_)
        if not path.is_file():
            raise UsageError(f"There is no file {id_} here. Name an ordinary file by its path.")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UsageError(f"{path.name} is larger than 1 GB ({size:,} bytes). Hand in a smaller file.")
        return Upload(id_, path.name, size)

    def open(self, id_: str) -> BinaryIO:
        """Open a file. Raises OSError where it cannot be read (any more)."""
        return Path(id_).open("rb")
