"""What Slack tells the app beside commands and clicks: who was mentioned, what was written to it, and from where.

A message to the bot's direct messages is a `message` (message.im); elsewhere only a mention of the bot is told, as
app_mention, and only where the bot is a member. The bot's own direct messages are told too, with its bot_id. Sources:
Slack's pages on app_mention, message.im, message_changed, Slack Connect and the Events API's outer event.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.workspace import APP_ID, BOT_USER, TEAM_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.slack.messages import Change, Message
    from bot.sandbox.slack.workspace import Channel, Workspace

Json = dict[str, Any]
MENTION = re.compile(rf"<@{BOT_USER}(\|[^>]*)?>")
SPOKEN = (None, "bot_message", "file_share", "me_message", "thread_broadcast")
SCOPES_OF = {"app_mention": "app_mentions:read", "message.im": "im:history"}


def wanted(workspace: Workspace, event: Json) -> bool:
    """Whether the app subscribed to it and has the scope for it."""
    name = f"message.{event['channel_type']}" if event["type"] == "message" else event["type"]
    return name in workspace.subscriptions and SCOPES_OF.get(name, "") in ("", *workspace.tokens_scopes)


def callback(workspace: Workspace, event: Json, now: float) -> Json:
    """The outer event; in a shared channel `team_id` is the author's workspace, `authorizations` always ours."""
    channel = workspace.channel(event["channel"]) if isinstance(event.get("channel"), str) else None
    return {
        "token": "sandbox",
        "team_id": event.get("user_team", TEAM_ID),
        "context_team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": "Ev" + secrets.token_hex(5).upper(),
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
    }


def of_change(workspace: Workspace, change: Change, event_ts: str) -> Iterator[Json]:
    """The events that a change of a channel's messages makes, before anybody asks who subscribed."""
    channel = workspace.channel(change.message.channel)
    if channel is None or not channel.bot_is_member:
        return
    if channel.is_im:
        yield _direct(workspace, change, channel, event_ts)
    elif change.kind != "delete" and _mentions(change.message):
        yield {**_told(workspace, change.message, channel), "type": "app_mention", "event_ts": event_ts}


def _mentions(message: Message) -> bool:
    spoken = message.user != BOT_USER and message.subtype in SPOKEN
    return spoken and MENTION.search(message.text) is not None


def _direct(workspace: Workspace, change: Change, channel: Channel, event_ts: str) -> Json:
    told = _told(workspace, change.message, channel)
    around: Json = {"type": "message", "channel": channel.id, "channel_type": "im", "event_ts": event_ts}
    if change.before is None:
        return {**told, **around}
    before = _told(workspace, change.before, channel)
    around |= {"hidden": True, "ts": event_ts, "previous_message": before}
    if change.kind == "delete":
        return around | {"subtype": "message_deleted", "deleted_ts": change.message.ts}
    return around | {"subtype": "message_changed", "message": told}


def _told(workspace: Workspace, message: Message, channel: Channel) -> Json:
    """The message as an event carries it: with its author's workspace, and where shared, files by id alone."""
    told = {key: value for key, value in message.json().items() if value != []} | {"channel": channel.id}
    author = workspace.user(message.user)
    team = author.team_id if author else TEAM_ID
    told["team"] = team
    if channel.is_ext_shared:
        told |= {"user_team": team, "source_team": team}
    if channel.is_ext_shared and "files" in told:
        told["files"] = [{"id": file["id"], "file_access": "check_file_info"} for file in told["files"]]
    return told
