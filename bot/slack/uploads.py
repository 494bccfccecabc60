"""A file's way to Slack: an address to send it to, its bytes piece by piece, and the message it stands in.

Nothing can be seen at Slack before the last of the three steps, so only an unanswered last step may have happened. The
bytes go to Slack's own hosts or the configured server, and follow no redirect.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from bot.errors import SlackError
from bot.slack.calls import SlackCalls, tls

MOST_BYTES = 1_000_000_000
SECONDS = 60
"""How long Slack may take for the next piece, and to say that it has all of it."""
_ALT = 1_000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file to hand over: its bytes are read once. `words` stand beside it, `alt` is read in a picture's place."""

    name: str
    source: BinaryIO
    size: int
    words: str = ""
    alt: str = ""


class Uploads:
    """Hands files over at Slack, with the scope files:write, to channels the bot is in."""

    def __init__(self, calls: SlackCalls) -> None:
        self._calls = calls
        self._ours = urlsplit(calls.api_url)[:2]
        self._web = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=tls()))

    def hand_over(self, file: Outgoing, channel: str, thread: str) -> None:
        """Upload a file into a thread. Raises SlackError."""
        if not 0 < file.size <= MOST_BYTES:
            what = "is empty" if not file.size else "is larger than the 1 GB that Slack takes"
            raise SlackError(f"{file.name} {what}.", code="file_size")
        url, id_ = self._address(file)
        self._send(url, file)
        self._calls.complete_upload(id_, file.name, channel, thread, file.words)

    def _address(self, file: Outgoing) -> tuple[str, str]:
        """Ask where to send it; an address that nobody uses is nothing that happened."""
        try:
            return self._calls.upload_address(file.name, file.size, file.alt[:_ALT])
        except SlackError as error:
            code = "unreachable" if error.ambiguous else error.code
            raise SlackError(error.sentence, code=code, retry_after=error.retry_after) from error

    def _send(self, url: str, file: Outgoing) -> None:
        self._check(url)
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.size)}
        ask = urllib.request.Request(url, file.source, headers, method="POST")  # noqa: S310 - checked
        try:
            with self._web.open(ask, timeout=SECONDS) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            with error:
                code = "ratelimited" if error.code == 429 else "unreachable" if error.code >= 500 else "upload_refused"
                raise SlackError(f"Slack did not take the bytes of {file.name}: {error.code}.", code=code) from None
        except (OSError, HTTPException) as error:
            words = f"Slack cannot be reached to upload {file.name} ({type(error).__name__})."
            raise SlackError(words, code="unreachable") from None

    def _check(self, url: str) -> None:
        """Raise SlackError where the file would leave for anybody but Slack."""
        about = urlsplit(url)
        host = about.hostname or ""
        slacks = about.scheme == "https" and (host == "slack.com" or host.endswith((".slack.com", ".slack-gov.com")))
        if not slacks and about[:2] != self._ours:
            raise SlackError(f"Slack named {host or 'no host'} to upload to; nothing was sent there.", code="odd_host")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None
