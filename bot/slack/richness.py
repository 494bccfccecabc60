"""A message as rich as Slack takes it: new kinds of blocks reach workspaces in turns."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from bot.errors import SlackError
from bot.reply import Reply
from bot.slack.blocks import message

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_TOO_MUCH = frozenset({"invalid_blocks", "msg_blocks_too_long", "msg_too_long", "invalid_blocks_format", "too_long"})


def as_rich_as_taken(send: Callable[[dict[str, Any]], Answer], reply: Reply) -> Answer:
    """Send rich; plainer where Slack refuses a block; then the text alone. Raises SlackError."""
    for body in (message(reply), message(reply, rich=False)):
        try:
            return send(body)
        except SlackError as error:
            if error.code not in _TOO_MUCH:
                raise
            log.warning("Slack refused a message (%s); sending it plainer", error.code)
    return send({"text": message(reply)["text"]})
