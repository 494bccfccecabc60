"""What Slack makes of the text a person types after a command before it sends it to the app.

`&`, `<` and `>` become entities always. With should_escape on, people, groups, channels and links also become
Slack's encoded forms. Source: Slack's page on implementing slash commands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
SPECIAL = re.compile(r"https?://[^\s<>\"'`]+|(?<![\w@#/])[@#][\w.-]*\w|[&<>]")


def entities(text: str) -> str:
    return re.sub("[&<>]", lambda found: ENTITIES[found[0]], text)


def sent_text(text: str, workspace: Workspace, should_escape: bool) -> str:
    """The text as it stands in the payload."""
    if not should_escape:
        return entities(text)
    return SPECIAL.sub(lambda found: _encoded(found[0], workspace), text)


def _encoded(piece: str, workspace: Workspace) -> str:
    if piece.startswith("http"):
        return f"<{entities(piece)}>"
    if piece[0] == "@":
        return _mention(piece, workspace)
    if piece[0] == "#":
        return _channel(piece, workspace)
    return ENTITIES[piece]


def _mention(piece: str, workspace: Workspace) -> str:
    name = piece[1:]
    user = next((user for user in workspace.users if user.name == name and not user.deleted), None)
    group = next((group for group in workspace.groups if group.handle == name and not group.date_delete), None)
    if user:
        return f"<@{user.id}>"
    return f"<!subteam^{group.id}|{piece}>" if group else piece


def _channel(piece: str, workspace: Workspace) -> str:
    found = (each for each in workspace.channels if each.name == piece[1:] and not each.is_im)
    channel = next(found, None)
    if channel is None:
        return piece
    return f"<#{channel.id}|{'' if channel.is_private else channel.name}>"
