"""What every interaction's payload bears, whoever did whatever where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.workspace import APP_ID, TEAM_DOMAIN, TEAM_ID, TEAM_NAME

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Channel, User

Json = dict[str, Any]


def around(team: str | None = None) -> Json:
    return {
        "api_app_id": APP_ID,
        "token": "sandbox",
        "team": {"id": team or TEAM_ID, "domain": TEAM_DOMAIN, "name": TEAM_NAME},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def actor(user: User, team: str | None = None) -> Json:
    return {"id": user.id, "username": user.name, "name": user.name, "team_id": team or user.team_id}


def shown_name(channel: Channel) -> str:
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name
