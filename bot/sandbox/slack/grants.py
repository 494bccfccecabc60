"""What Slack hands out with each payload for a while: the trigger_id and the response_url."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.workspace import TEAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable

TRIGGER_SECONDS = 3
URL_SECONDS = 30 * 60
URL_USES = 5


@dataclass
class ResponseUrl:
    """The right to answer one payload; `original` is the message whose button was clicked."""

    path: str
    channel: str
    user: str
    issued_at: float
    command_line: str | None = None
    original: str | None = None
    uses: int = 0
    echoed: bool = False


class Grants:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._urls: dict[str, ResponseUrl] = {}
        self._triggers: dict[str, tuple[str, float | None]] = {}

    def issue_url(
        self, channel: str, user: str, *, command_line: str | None = None, original: str | None = None
    ) -> ResponseUrl:
        root = "commands" if command_line else "actions"
        path = f"/{root}/{TEAM_ID}/{secrets.randbelow(10**12)}/{secrets.token_urlsafe(18)}"
        self._urls[path] = ResponseUrl(path, channel, user, self._now(), command_line, original)
        return self._urls[path]

    def use_url(self, path: str) -> ResponseUrl:
        """Count one use; `expired_url` when unknown, older than 30 minutes or used five times."""
        url = self._urls.get(path)
        if url is None or self._now() - url.issued_at > URL_SECONDS or url.uses >= URL_USES:
            raise Refusal("expired_url")
        url.uses += 1
        return url

    def issue_trigger(self, user: str) -> str:
        trigger = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = (user, self._now())
        return trigger

    def spend_trigger(self, trigger: str) -> str:
        """Whose trigger it was; good once, for three seconds."""
        if trigger not in self._triggers:
            raise Refusal("invalid_trigger_id")
        user, issued_at = self._triggers[trigger]
        if issued_at is None:
            raise Refusal("exchanged_trigger_id")
        if self._now() - issued_at > TRIGGER_SECONDS:
            raise Refusal("expired_trigger_id")
        self._triggers[trigger] = (user, None)
        return user

    def clear(self) -> None:
        self._urls.clear()
        self._triggers.clear()
