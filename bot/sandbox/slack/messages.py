"""The messages of every channel: posted, edited and deleted, each with a time stamp no other message has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.workspace import APP_ID, BOT_ID, BOT_USER

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.slack.journal import Journal

Blocks = list[dict[str, Any]]


@dataclass(frozen=True)
class Message:
    """One message; `bot_id` is another bot's, and a `silent` one is shown without an event of its own."""

    channel: str
    user: str
    text: str
    blocks: Blocks
    ts: str = ""
    thread_ts: str | None = None
    edited_ts: str | None = None
    ephemeral_to: str | None = None
    metadata: dict[str, Any] | None = None
    files: tuple[dict[str, Any], ...] = ()
    subtype: str | None = None
    bot_id: str | None = None
    silent: bool = False

    def json(self) -> dict[str, Any]:
        """The message as Slack's API shows it, with `ephemeral_to` beside."""
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "text": self.text, "user": self.user}
        if self.user == BOT_USER:
            shown |= {"bot_id": BOT_ID, "app_id": APP_ID}
        shown["blocks"] = self.blocks
        optional = {
            "thread_ts": self.thread_ts,
            "edited": {"user": self.user, "ts": self.edited_ts} if self.edited_ts else None,
            "ephemeral_to": self.ephemeral_to,
            "metadata": self.metadata,
            "files": list(self.files) or None,
            "subtype": self.subtype,
            "bot_id": self.bot_id or shown.get("bot_id"),
        }
        return shown | {key: value for key, value in optional.items() if value is not None}


@dataclass(frozen=True)
class Change:
    """A message that came (`message`), was edited (`update`) or went (`delete`), and what it was before."""

    kind: str
    message: Message
    before: Message | None = None


class Timeline:
    """All messages by channel; every change is told to the page and to `heard`, which makes events of it."""

    def __init__(self, now: Callable[[], float], journal: Journal, heard: Callable[[Change], None]) -> None:
        self._now = now
        self._journal = journal
        self._heard = heard
        self._channels: dict[str, dict[str, Message]] = {}
        self._last_ts = 0

    def next_ts(self) -> str:
        self._last_ts = max(self._last_ts + 1, int(self._now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, draft: Message) -> Message:
        message = replace(draft, ts=self.next_ts())
        self._channels.setdefault(message.channel, {})[message.ts] = message
        self._tell(Change("message", message))
        return message

    def edit(self, message: Message, text: str, blocks: Blocks, metadata: dict[str, Any] | None = None) -> Message:
        """The new text and blocks take the place of the old ones; metadata stays unless given."""
        kept = message.metadata if metadata is None else metadata
        new = replace(message, text=text, blocks=blocks, metadata=kept, edited_ts=self.next_ts())
        self._channels[message.channel][message.ts] = new
        self._tell(Change("update", new, message))
        return new

    def delete(self, message: Message) -> None:
        del self._channels[message.channel][message.ts]
        self._tell(Change("delete", message, message))

    def find(self, channel: str, ts: str) -> Message | None:
        return self._channels.get(channel, {}).get(ts)

    def seen_by(self, channel: str, user: str | None) -> list[Message]:
        """What the user sees in the channel, oldest first; without a user, everything."""
        messages = self._channels.get(channel, {}).values()
        return [each for each in messages if user is None or each.ephemeral_to in (None, user)]

    def clear(self) -> None:
        self._channels.clear()
        self._journal.publish({"type": "reset"})

    def _tell(self, change: Change) -> None:
        message = change.message
        self._journal.publish({"type": change.kind, "channel": message.channel, "message": message.json()})
        if not message.ephemeral_to and not message.silent:
            self._heard(change)
