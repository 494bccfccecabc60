"""The files that people hand in at Slack: what they are, who may use them, and their bytes, piece by piece.

A file counts where whoever asks uploaded it, or where it is shared in the channel in which it was asked. Its bytes come
from Slack's own hosts (or the configured server) with the bot's token, which goes nowhere else: a redirect to another
host is refused. Slack answers with its sign-in page, status 200, where the token may not read files.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, BinaryIO, cast
from urllib.parse import urljoin, urlsplit

from bot.command import Upload
from bot.errors import Refused, SlackError, UsageError
from bot.slack.calls import SlackCalls, tls
from bot.store.runs import Run

MOST_BYTES = 1_000_000_000
"""Slack takes no larger files, and neither does the bot."""
SECONDS = 30
"""How long Slack may take for the next piece."""
_REDIRECTS = 3
_GONE = frozenset({"file_not_found", "file_deleted", "not_visible"})


class SharedFiles:
    """Slack's files; see `bot.road.desk.Files`."""

    def __init__(self, calls: SlackCalls, token: str, api_url: str) -> None:
        self._calls = calls
        self._token = token
        self._ours = urlsplit(api_url)[:2]
        self._web = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=tls()))

    def facts(self, id_: str, run: Run) -> Upload:
        """Say what a file is. Raises Refused where whoever asked may not use it, UsageError where there is none."""
        file = self._info(id_)
        if not _may_use(file, run):
            raise Refused(
                f"The file {id_} is neither yours nor shared here. Share it in this channel, and ask again.",
                layer="file",
            )
        size = int(file.get("size") or 0)
        if size > MOST_BYTES:
            raise UsageError(f"{_name(file)} is larger than 1 GB ({size:,} bytes). Hand in a smaller file.")
        return Upload(id_, _name(file), size)

    def open(self, id_: str) -> BinaryIO:
        """Open a file's bytes, which are read once and piece by piece. Raises SlackError."""
        file = self._info(id_)
        url = str(file.get("url_private_download") or file.get("url_private") or "")
        answer = self._get(url)
        if _sign_in_page(answer.headers, file):
            answer.close()
            raise SlackError(
                "Slack showed its sign-in page instead of the file: the app lacks the scope files:read. "
                "Add it and install the app again.",
                code="missing_scope",
            )
        return cast("BinaryIO", answer)

    def _info(self, id_: str) -> Mapping[str, Any]:
        if not re.fullmatch(r"F[A-Z0-9]{2,30}", id_):
            raise UsageError(f"A file is named by its id at Slack (F…), not {id_[:40]!r}. Upload it here first.")
        try:
            return self._calls.file(id_)
        except SlackError as error:
            if error.code in _GONE:
                raise UsageError(f"Slack knows no file {id_} (any more). Upload it again.") from error
            raise

    def _get(self, url: str) -> Any:
        for _ in range(_REDIRECTS):
            self._check(url)
            ask = urllib.request.Request(url, headers={"Authorization": f"Bearer {self._token}"})  # noqa: S310 - checked
            try:
                return self._web.open(ask, timeout=SECONDS)
            except urllib.error.HTTPError as error:
                with error:
                    onward = error.headers.get("Location") if error.code in (301, 302, 303, 307, 308) else None
                    if not onward:
                        raise SlackError(f"Slack did not hand the file out: {error.code}.", code="no_file") from None
                    url = urljoin(url, onward)
            except (OSError, HTTPException) as error:
                words = f"Slack cannot be reached for the file ({type(error).__name__})."
                raise SlackError(words, code="unreachable") from None
        raise SlackError("Slack sent the bot from one address to the next for the file.", code="no_file")

    def _check(self, url: str) -> None:
        """Raise SlackError where the bot's token would leave for anybody but Slack."""
        about = urlsplit(url)
        host = about.hostname or ""
        slacks = about.scheme == "https" and (host == "slack.com" or host.endswith((".slack.com", ".slack-gov.com")))
        if not slacks and about[:2] != self._ours:
            raise SlackError(
                f"The file does not lie at Slack but at {host or 'no host'}; it is not read.", code="no_file"
            )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Hands a redirect back: whoever follows it would send the token along."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _may_use(file: Mapping[str, Any], run: Run) -> bool:
    if run.user and file.get("user") == run.user:
        return True
    shares: Mapping[str, Mapping[str, Any]] = file.get("shares") or {}
    places = {each for kind in ("channels", "groups", "ims") for each in file.get(kind) or ()}
    return bool(run.channel) and run.channel in places.union(
        *(shares.get(kind) or {} for kind in ("public", "private"))
    )


def _name(file: Mapping[str, Any]) -> str:
    return str(file.get("name") or file.get("title") or file.get("id") or "file")


def _sign_in_page(headers: Mapping[str, str], file: Mapping[str, Any]) -> bool:
    html = str(headers.get("Content-Type") or "").startswith("text/html")
    as_said = headers.get("Content-Length") == str(file.get("size"))
    return html and not (as_said and str(file.get("mimetype")) == "text/html")
