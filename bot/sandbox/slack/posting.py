"""What a person does in the client beside commands and clicks: posts, edits, brings a file."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import file_methods
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.typed import posted_text

if TYPE_CHECKING:
    from bot.sandbox.slack.files import File
    from bot.sandbox.slack.state import Slack
    from bot.sandbox.slack.workspace import Channel, User

Json = dict[str, Any]


def user_of(slack: Slack, order: Json) -> User:
    user = slack.workspace.user(str(order.get("user", "")))
    if user is None:
        raise Refusal("user_not_found")
    return user


def channel_of(slack: Slack, order: Json) -> Channel:
    """By its id or name; a user's id is the bot's direct messages with that user."""
    ref = str(order.get("channel", ""))
    channel = slack.workspace.channel(ref) or slack.workspace.direct(ref)
    if channel is None:
        raise Refusal("channel_not_found")
    return channel


def _place(slack: Slack, order: Json) -> tuple[Channel, User]:
    """Where a person may post: a living one, a channel of theirs that is open."""
    channel, user = channel_of(slack, order), user_of(slack, order)
    if user.deleted:
        raise Refusal("account_inactive")
    if user.id not in channel.members:
        raise Refusal("not_in_channel")
    if channel.is_archived:
        raise Refusal("is_archived")
    return channel, user


async def message(slack: Slack, order: Json) -> Json:
    """Post as a person; `subtype` (channel_join …) and `bot_id` (another bot's) make it what Slack itself posts."""
    channel, user = _place(slack, order)
    text, files = str(order.get("text") or ""), [_own_file(slack, ref, user).id for ref in order.get("files") or ()]
    if not text and not files:
        raise Refusal("no_text")
    draft = Message(
        channel.id,
        user.id,
        posted_text(text, slack.workspace),
        [],
        thread_ts=order.get("thread_ts"),
        subtype=order.get("subtype"),
        bot_id=order.get("bot_id"),
    )
    return {"ts": file_methods.share(slack, draft, files).ts}


def _own_file(slack: Slack, ref: Any, user: User) -> File:
    file = slack.files.get(str(ref))
    if file.user != user.id:
        raise Refusal("file_not_found")
    return file


async def edit(slack: Slack, order: Json) -> Json:
    """Change the text of a message of one's own."""
    channel, user = _place(slack, order)
    old = slack.timeline.find(channel.id, str(order.get("ts", "")))
    if old is None or old.ephemeral_to:
        raise Refusal("message_not_found")
    if old.user != user.id:
        raise Refusal("cant_update_message")
    return {"ts": slack.timeline.edit(old, posted_text(str(order.get("text", "")), slack.workspace), []).ts}


async def upload(slack: Slack, order: Json) -> Json:
    """Bring a file, in base64 or made up of `size` bytes; unless `share` is false it is posted at once."""
    shared = order.get("share") is not False
    user = _place(slack, order)[1] if shared else user_of(slack, order)
    file = slack.files.keep(_brought(slack, order, user))
    ts = (await message(slack, order | {"files": [file.id]}))["ts"] if shared else None
    return {"file": slack.files.json(slack.files.get(file.id)), "ts": ts}


def _brought(slack: Slack, order: Json, user: User) -> File:
    name = str(order.get("name") or "file")
    if "content" not in order:
        return slack.files.new(name, user.id, int(order.get("size", 0)), seed=int(order.get("seed", 0)))
    try:
        data = base64.b64decode(str(order["content"]), validate=True)
    except binascii.Error:
        raise Refusal("invalid_content") from None
    file = slack.files.new(name, user.id, len(data))
    slack.files.path(file.id).write_bytes(data)
    return file


ORDERS = {"message": message, "edit": edit, "upload": upload}
