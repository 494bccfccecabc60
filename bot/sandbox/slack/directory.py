"""The methods that say who and what there is: auth, users, user groups, conversations, and the socket's address."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.limits import SPECIAL, TIER_2, TIER_3, TIER_4
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.web_api import Args, Method, require_scope
from bot.sandbox.slack.workspace import (
    APP_ID,
    APP_TOKEN,
    BOT_ID,
    BOT_USER,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
)

if TYPE_CHECKING:
    from bot.sandbox.slack.state import Slack
    from bot.sandbox.slack.workspace import Channel, Group, User

Json = dict[str, Any]


def auth_test(slack: Slack, args: Args) -> Json:  # noqa: ARG001  the token was all it asked for
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": TEAM_NAME,
        "user": "aws",
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def connections_open(slack: Slack, args: Args) -> Json:  # noqa: ARG001  same
    address = slack.url.replace("http", "ws", 1)
    return {"url": f"{address}/link/?ticket={slack.sockets.issue_ticket()}&app_id={APP_ID}"}


def page_of(items: list[Any], args: Args) -> tuple[list[Any], Json]:
    """The slice a cursor asks for, and the metadata with the next cursor (empty at the end)."""
    try:
        start = int(base64.b64decode(args.text("cursor"), validate=True) or 0)
    except ValueError:
        raise Refusal("invalid_cursor") from None
    end = start + (args.number("limit", 0) or len(items))
    cursor = base64.b64encode(str(end).encode()).decode() if end < len(items) else ""
    return items[start:end], {"response_metadata": {"next_cursor": cursor}}


def user_json(user: User) -> Json:
    shown: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "tz": "Etc/UTC",
        "profile": {"real_name": user.real_name, "display_name": user.name, "team": user.team_id},
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if not user.deleted:
        flags = ("is_admin", "is_owner", "is_restricted", "is_ultra_restricted")
        shown |= {flag: getattr(user, flag) for flag in flags} | {"is_primary_owner": user.is_owner}
    return shown | ({"is_stranger": True} if user.is_stranger else {})


def users_info(slack: Slack, args: Args) -> Json:
    wanted = args.required("user")
    user = next((user for user in slack.workspace.users if user.id == wanted), None)
    if user is None:
        raise Refusal("user_not_found")
    return {"user": user_json(user)}


def users_list(slack: Slack, args: Args) -> Json:
    users, metadata = page_of(list(slack.workspace.users), args)
    return {"members": [user_json(user) for user in users], **metadata}


def group_json(group: Group) -> Json:
    return {
        "id": group.id,
        "team_id": TEAM_ID,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "date_update": group.date_update,
        "date_delete": group.date_delete,
        "updated_by": group.updated_by,
        "user_count": len(group.users),
    }


def usergroups_list(slack: Slack, args: Args) -> Json:
    disabled, users = args.flag("include_disabled"), args.flag("include_users")
    shown = [group for group in slack.workspace.groups if disabled or not group.date_delete]
    return {"usergroups": [group_json(group) | ({"users": group.users} if users else {}) for group in shown]}


def usergroups_users_list(slack: Slack, args: Args) -> Json:
    wanted = args.required("usergroup")
    group = next((group for group in slack.workspace.groups if group.id == wanted), None)
    if group is None or (group.date_delete and not args.flag("include_disabled")):
        raise Refusal("no_such_subteam")
    return {"users": group.users}


def channel_json(channel: Channel) -> Json:
    shown: Json = {
        "id": channel.id,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private and not channel.is_im,
        "is_im": channel.is_im,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "context_team_id": TEAM_ID,
    }
    if channel.is_im:
        return shown | {"user": channel.members[0]}
    return shown | {"name": channel.name, "is_member": channel.bot_is_member}


def _kind(channel: Channel) -> str:
    return "im" if channel.is_im else "private_channel" if channel.is_private else "public_channel"


READ_SCOPES = {
    "public_channel": "channels:read",
    "private_channel": "groups:read",
    "im": "im:read",
    "mpim": "mpim:read",
}


def _readable(slack: Slack, args: Args) -> Channel:
    wanted = args.required("channel")
    channel = next((each for each in slack.workspace.channels if each.id == wanted), None)
    if channel is None or (channel.is_private and not channel.bot_is_member):
        raise Refusal("channel_not_found")
    require_scope(slack, READ_SCOPES[_kind(channel)])
    return channel


def conversations_info(slack: Slack, args: Args) -> Json:
    return {"channel": channel_json(_readable(slack, args))}


def conversations_members(slack: Slack, args: Args) -> Json:
    members, metadata = page_of(list(_readable(slack, args).members), args)
    return {"members": members, **metadata}


def conversations_list(slack: Slack, args: Args) -> Json:
    kinds = args.text("types", "public_channel").replace(" ", "").split(",")
    for kind in kinds:
        require_scope(slack, READ_SCOPES.get(kind, kind))
    visible = [
        each
        for each in slack.workspace.channels
        if _kind(each) in kinds and (each.bot_is_member or not each.is_private)
    ]
    channels, metadata = page_of(visible, args)
    return {"channels": [channel_json(each) for each in channels], **metadata}


def users_conversations(slack: Slack, args: Args) -> Json:
    """Only the channels the bot is in; as with Slack itself, they bear no `is_member`."""
    kinds = args.text("types", "public_channel").replace(" ", "").split(",")
    for kind in kinds:
        require_scope(slack, READ_SCOPES.get(kind, kind))
    closed = args.flag("exclude_archived")
    own = [each for each in slack.workspace.channels if each.bot_is_member and not (closed and each.is_archived)]
    channels, metadata = page_of([channel_json(each) for each in own if _kind(each) in kinds], args)
    return {"channels": [{name: each[name] for name in each if name != "is_member"} for each in channels], **metadata}


METHODS = {
    "auth.test": Method(auth_test, SPECIAL),
    "apps.connections.open": Method(connections_open, TIER_3, token=APP_TOKEN),
    "users.info": Method(users_info, TIER_4, "users:read"),
    "users.list": Method(users_list, TIER_2, "users:read"),
    "usergroups.list": Method(usergroups_list, TIER_2, "usergroups:read"),
    "usergroups.users.list": Method(usergroups_users_list, TIER_2, "usergroups:read"),
    "conversations.info": Method(conversations_info, TIER_3),
    "conversations.list": Method(conversations_list, TIER_2),
    "conversations.members": Method(conversations_members, TIER_4),
    "users.conversations": Method(users_conversations, TIER_3),
}
