"""The files of the workspace: on disk in a folder that goes with the server, or made up as they are read.

Nothing holds a whole file in memory. A file is the app's to read once it was shared where the bot is, came from the
bot, or was handed in by a modal. Source of the fields: Slack's file object.
"""

from __future__ import annotations

import mimetypes
import random
import secrets
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.workspace import BOT_USER, TEAM_DOMAIN, TEAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.sandbox.slack.journal import Journal
    from bot.sandbox.slack.workspace import Workspace

Json = dict[str, Any]
CHUNK = 65_536


def made_up(size: int, seed: int = 0) -> Iterator[bytes]:
    """So many bytes, the same for the same seed, a chunk at a time."""
    for start in range(0, size, CHUNK):
        whole = random.Random(f"{seed}:{start}").randbytes(CHUNK)  # noqa: S311  made up, not secret
        yield whole[: size - start]


@dataclass(frozen=True)
class File:
    """`seed` is set where the bytes are made up; a modal has `handed_in` the file; shares: channel to ts."""

    id: str
    name: str
    user: str
    size: int
    created: int
    title: str = ""
    alt_txt: str = ""
    snippet_type: str = ""
    seed: int | None = None
    handed_in: bool = False
    shares: dict[str, str] = field(default_factory=dict)

    @property
    def mimetype(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def json(self, url: str) -> Json:
        """Slack's file object; `url` is the server's."""
        suffix = Path(self.name).suffix.removeprefix(".").lower()
        address = f"{url}/files/{self.id}/{quote(self.name, safe='')}"
        shown: Json = {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": self.snippet_type or suffix or "binary",
            "pretty_type": (self.snippet_type or suffix or "binary").upper(),
            "user": self.user,
            "user_team": TEAM_ID,
            "editable": bool(self.snippet_type),
            "size": self.size,
            "mode": "snippet" if self.snippet_type else "hosted",
            "is_external": False,
            "is_public": any(channel.startswith("C") for channel in self.shares),
            "file_access": "visible",
            "url_private": address,
            "url_private_download": address,
            "permalink": f"https://{TEAM_DOMAIN}.slack.com/files/{self.user}/{self.id}/{quote(self.name, safe='')}",
        }
        return shown | ({"alt_txt": self.alt_txt} if self.alt_txt else {}) | self._places()

    def _places(self) -> Json:
        kinds = {"channels": "C", "groups": "G", "ims": "D"}
        told: Json = {kind: [each for each in self.shares if each[0] == letter] for kind, letter in kinds.items()}
        for side, letters in (("public", "C"), ("private", "GD")):
            shares = {channel: [{"ts": ts}] for channel, ts in self.shares.items() if channel[0] in letters}
            told |= {"shares": {**told.get("shares", {}), side: shares}} if shares else {}
        return {"shares": {}, **told}


class Files:
    """All files by id; every change is told to the page."""

    def __init__(self, url: str, now: Callable[[], float], journal: Journal) -> None:
        self._url = url
        self._now = now
        self._journal = journal
        self._files: dict[str, File] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def new(self, name: str, user: str, size: int, **more: Any) -> File:
        """A file object not yet kept: its bytes may still have to come."""
        return File("F" + secrets.token_hex(5).upper(), name, user, size, int(self._now()), **more)

    def keep(self, file: File) -> File:
        self._files[file.id] = file
        self._journal.publish({"type": "file", "file": self.json(file)})
        return file

    def get(self, file_id: str) -> File:
        file = self._files.get(file_id)
        if file is None:
            raise Refusal("file_not_found")
        return file

    def json(self, file: File) -> Json:
        return file.json(self._url)

    def share(self, file: File, channel: str, ts: str) -> File:
        return self.keep(replace(file, shares=file.shares | {channel: ts}))

    def hand_in(self, file: File) -> File:
        """A modal gives the file to the app, wherever else it may be."""
        return self.keep(replace(file, handed_in=True))

    def for_app(self, file_id: str, workspace: Workspace) -> File:
        """The file if the bot may see it; `file_not_found` otherwise."""
        file = self.get(file_id)
        places = [workspace.channel(channel) for channel in file.shares]
        if file.user == BOT_USER or file.handed_in or any(place and place.bot_is_member for place in places):
            return file
        raise Refusal("file_not_found")

    def path(self, file_id: str) -> Path:
        """Where the bytes of a file lie that were not made up."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="sandbox-slack-")
        return Path(self._folder.name, file_id)

    def chunks(self, file: File) -> Iterator[bytes]:
        if file.seed is not None:
            yield from made_up(file.size, file.seed)
            return
        with self.path(file.id).open("rb") as stored:
            while chunk := stored.read(CHUNK):
                yield chunk

    def clear(self) -> None:
        """Forget every file, and take the folder away."""
        self._files.clear()
        if self._folder is not None:
            self._folder.cleanup()
        self._folder = None
