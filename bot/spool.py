"""Files on their way to a person: in a folder of the temporary directory that only this user of the host can open.

What writes one puts it into a reply as a `File`; what hands it over deletes it. Files that nobody handed over (the
process died, Slack was away for too long) are removed by `clean`, at start and every hour.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from bot.errors import OperatorError

KEEP_SECONDS = 3600.0
"""How long a file waits to be handed over."""
_SUFFIX = 16


def folder() -> Path:
    """Return the folder, made where it is not there. Raises OperatorError where somebody else can open it."""
    path = Path(tempfile.gettempdir()) / f"aws-slack-bot-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    about = path.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
        raise OperatorError(f"{path} can be opened by others: remove it, or set TMPDIR to a folder of the bot's own.")
    return path


def new_file(name: str) -> Path:
    """Make an empty file for something called `name`, which gives its ending alone; nobody else can read it."""
    ending = Path(name).suffix[:_SUFFIX]
    safe = ending if ending[1:].isalnum() and ending.isascii() else ""
    handle, path = tempfile.mkstemp(suffix=safe, prefix="", dir=folder())
    os.close(handle)
    return Path(path)


def spooled(path: str) -> bool:
    """Whether this is a file of the folder that is still there: nothing else on the disk is ever handed out."""
    return Path(path).parent == folder() and Path(path).is_file() and not Path(path).is_symlink()


def discard(path: str) -> None:
    """Delete a file that was handed over or given up; one that lies elsewhere or is gone is left alone."""
    if spooled(path):
        Path(path).unlink(missing_ok=True)


def clean(before: float) -> int:
    """Delete the files last written before a moment (epoch seconds); returns how many."""
    old = [each for each in folder().iterdir() if each.lstat().st_mtime < before]
    for each in old:
        each.unlink(missing_ok=True)
    return len(old)
