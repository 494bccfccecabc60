"""What Slack makes of the text a person types, after a command or as a message, before it sends it to the app.

`&`, `<` and `>` become entities always. With should_escape on, people, groups, channels and links also become
Slack's encoded forms; in a message they always do, and so do addresses without a scheme. Source: Slack's pages on
implementing slash commands and on formatting text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Workspace

ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
SPECIAL = re.compile(r"https?://[^\s<>\"'`]+|(?<![\w@#/])[@#][\w.-]*\w|[&<>]")

POSTED = re.compile(
    r"<@[UW]\w+>"  # chosen from the client's list of people, and encoded there
    r"|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<site>(?<![\w@./:-])(?:[A-Za-z0-9-]+\.)+(?:com|org|net|io|dev|co|ai|app)\b(?!\.\w)(?:/[^\s<>\"'`]*)?)"
    r"|" + SPECIAL.pattern
)
EVERYBODY = ("@here", "@channel", "@everyone")


def entities(text: str) -> str:
    return re.sub("[&<>]", lambda found: ENTITIES[found[0]], text)


def sent_text(text: str, workspace: Workspace, should_escape: bool) -> str:
    """The text as it stands in the payload."""
    if not should_escape:
        return entities(text)
    return SPECIAL.sub(lambda found: _encoded(found[0], workspace), text)


def posted_text(text: str, workspace: Workspace) -> str:
    """The text of a message as its events carry it."""
    return POSTED.sub(lambda found: _posted(found, workspace), text)


def _posted(found: re.Match[str], workspace: Workspace) -> str:
    piece = found[0]
    if found["mail"]:
        return f"<mailto:{piece}|{piece}>"
    if found["site"]:
        return f"<http://{entities(piece)}|{entities(piece)}>"
    if piece in EVERYBODY:
        return f"<!{piece[1:]}>"
    if piece.startswith("<@"):
        return piece if workspace.user(piece[2:-1]) else entities(piece)
    return _encoded(piece, workspace)


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
