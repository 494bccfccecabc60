"""People, groups and channels as the control API shows and changes them, with the events a change sends."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.directory import group_json, user_json
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.workspace import CARLA, TEAM_ID

if TYPE_CHECKING:
    from bot.sandbox.slack.state import Slack
    from bot.sandbox.slack.workspace import Channel, Group, User, Workspace

Json = dict[str, Any]


def user_state(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "real_name": user.real_name,
        "is_bot": user.is_bot,
        "is_admin": user.is_admin,
        "is_guest": user.is_restricted or user.is_ultra_restricted,
        "is_stranger": user.is_stranger,
        "deleted": user.deleted,
        "team_id": user.team_id,
    }


def channel_state(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_private": channel.is_private,
        "is_im": channel.is_im,
        "is_ext_shared": channel.is_ext_shared,
        "is_archived": channel.is_archived,
        "bot_is_member": channel.bot_is_member,
        "members": channel.members,
    }


def group_state(group: Group) -> Json:
    return {
        "id": group.id,
        "handle": group.handle,
        "name": group.name,
        "users": group.users,
        "disabled": bool(group.date_delete),
    }


def change(slack: Slack, order: Json) -> None:
    """Set the named fields of one user, group or channel; people are named by id or name.

    `{"user": "ben", "deleted": true}`, `{"group": "oncall", "users": ["ana"]}`,
    `{"channel": "random", "members": ["ana", "aws"]}`. A group changes as by the owner's hand, unless `updated_by` is
    said.
    """
    settings = {key: value for key, value in order.items() if key not in ("user", "group", "channel")}
    for key in ("users", "members"):
        if key in settings:
            settings[key] = _ids(slack.workspace, settings[key])
    if settings.get("updated_by"):
        (settings["updated_by"],) = _ids(slack.workspace, [settings["updated_by"]])
    if "user" in order:
        _change_user(slack, str(order["user"]), settings)
    elif "group" in order:
        _change_group(slack, str(order["group"]), settings)
    else:
        _change_channel(slack, str(order.get("channel", "")), settings)


def _ids(workspace: Workspace, refs: list[str]) -> tuple[str, ...]:
    users = [workspace.user(ref) for ref in refs]
    if None in users:
        raise Refusal("user_not_found")
    return tuple(user.id for user in users if user)


def _known(item: Any, settings: Json) -> Json:
    allowed = {field.name for field in fields(item)} - {"id"}
    unknown = sorted(settings.keys() - allowed)
    if unknown:
        raise Refusal("unknown_field", fields=unknown)
    return settings


def _change_user(slack: Slack, ref: str, settings: Json) -> None:
    user = slack.workspace.user(ref)
    if user is None:
        raise Refusal("user_not_found")
    user = replace(user, **_known(user, settings))
    slack.workspace = slack.workspace.with_user(user)
    slack.emit({"type": "user_change", "user": user_json(user), "event_ts": slack.timeline.next_ts()})


def _change_group(slack: Slack, ref: str, settings: Json) -> None:
    old = slack.workspace.group(ref)
    if old is None:
        raise Refusal("no_such_subteam")
    made: Json = {"updated_by": CARLA.id, "date_update": max(int(slack.now()), old.date_update + 1)}
    group = replace(old, **made | _known(old, settings))
    slack.workspace = slack.workspace.with_group(group)
    if group.users != old.users:
        slack.emit(_members_changed(old, group, slack.timeline.next_ts()))
    shown = group_json(group) | {"users": group.users}
    slack.emit({"type": "subteam_updated", "subteam": shown, "event_ts": slack.timeline.next_ts()})


def _members_changed(old: Group, new: Group, event_ts: str) -> Json:
    added = [user for user in new.users if user not in old.users]
    removed = [user for user in old.users if user not in new.users]
    return {
        "type": "subteam_members_changed",
        "subteam_id": new.id,
        "team_id": TEAM_ID,
        "date_previous_update": old.date_update,
        "date_update": new.date_update,
        "added_users": added,
        "added_users_count": len(added),
        "removed_users": removed,
        "removed_users_count": len(removed),
        "event_ts": event_ts,
    }


def _change_channel(slack: Slack, ref: str, settings: Json) -> None:
    channel = slack.workspace.channel(ref)
    if channel is None:
        raise Refusal("channel_not_found")
    slack.workspace = slack.workspace.with_channel(replace(channel, **_known(channel, settings)))
