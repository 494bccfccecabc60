"""The chat.* methods: where the bot may write, how much, and what an edit leaves behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.blocks import check
from bot.sandbox.slack.limits import POSTS, TIER_3, TIER_4, Rate
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.web_api import Args, Method
from bot.sandbox.slack.workspace import BOT_USER

if TYPE_CHECKING:
    from bot.sandbox.slack.state import Slack
    from bot.sandbox.slack.workspace import Channel

Json = dict[str, Any]
MOST_TEXT = 40_000
MOST_BYTES = 4_000
UPDATES = Rate(50, 20)


def writable(slack: Slack, ref: str) -> Channel:
    """The conversation the bot may post to; a user's id means the DM with that user."""
    channel = slack.workspace.direct(ref) if ref.startswith(("U", "W")) else _by_id(slack, ref)
    if channel is None or (channel.is_private and not channel.bot_is_member):
        raise Refusal("channel_not_found")
    if channel.is_archived:
        raise Refusal("is_archived")
    if not channel.bot_is_member:
        raise Refusal("not_in_channel")
    return channel


def _by_id(slack: Slack, ref: str) -> Channel | None:
    channel = slack.workspace.channel(ref)
    return channel if channel and channel.id == ref else None


def content(args: Args) -> tuple[str, list[Json]]:
    """The call's text and checked blocks; `no_text` when there is neither."""
    blocks = args.json("blocks") or []
    if not blocks and not args.text("text"):
        raise Refusal("no_text")
    return args.text("text"), check(blocks)


def _within_bytes(text: str) -> None:
    if len(text.encode()) > MOST_BYTES:
        raise Refusal("msg_too_long")


def post_message(slack: Slack, args: Args) -> Json:
    channel = writable(slack, args.required("channel"))
    text, blocks = content(args)
    draft = Message(channel.id, BOT_USER, text[:MOST_TEXT], blocks, metadata=args.json("metadata"))
    message = slack.timeline.post(replace(draft, thread_ts=args.text("thread_ts") or None))
    told: Json = {"channel": channel.id, "ts": message.ts, "message": message.json()}
    if len(text) > MOST_TEXT:
        told |= {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    return told


def post_ephemeral(slack: Slack, args: Args) -> Json:
    channel = writable(slack, args.required("channel"))
    user = args.required("user")
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    text, blocks = content(args)
    _within_bytes(text)
    draft = Message(channel.id, BOT_USER, text, blocks, ephemeral_to=user)
    message = slack.timeline.post(replace(draft, thread_ts=args.text("thread_ts") or None))
    return {"message_ts": message.ts}


def _own(slack: Slack, args: Args, not_ours: str) -> Message:
    channel = _by_id(slack, args.required("channel"))
    if channel is None or (channel.is_private and not channel.bot_is_member):
        raise Refusal("channel_not_found")
    message = slack.timeline.find(channel.id, args.required("ts"))
    if message is None or message.ephemeral_to:
        raise Refusal("message_not_found")
    if message.user != BOT_USER:
        raise Refusal(not_ours)
    return message


def update(slack: Slack, args: Args) -> Json:
    """Text without blocks removes the blocks, as in Slack."""
    message = _own(slack, args, "cant_update_message")
    text, blocks = content(args)
    _within_bytes(text)
    new = slack.timeline.edit(message, text, blocks, args.json("metadata"))
    return {"channel": new.channel, "ts": new.ts, "text": new.text, "message": new.json()}


def delete(slack: Slack, args: Args) -> Json:
    message = _own(slack, args, "cant_delete_message")
    slack.timeline.delete(message)
    return {"channel": message.channel, "ts": message.ts}


METHODS = {
    "chat.postMessage": Method(post_message, POSTS, "chat:write", per_channel=True),
    "chat.postEphemeral": Method(post_ephemeral, TIER_4, "chat:write"),
    "chat.update": Method(update, UPDATES, "chat:write"),
    "chat.delete": Method(delete, TIER_3, "chat:write"),
}
