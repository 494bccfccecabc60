"""Commands that are written as messages: `@aws ec2 list` in a channel or thread, or anything in a direct message.

Only what follows the first mention counts, and a mention that is quoted or in a code block is none. Edits, bots, other
apps' quotes and everything that is not a person's own new message are passed over in silence. A message also sent to
the channel (thread_broadcast) and one with a file (file_share) are a person's own and count; one that is only a file
does not.
"""

from __future__ import annotations

import logging
import re
from functools import partial

from bot.errors import SlackError
from bot.parse import begun
from bot.reply import Reply
from bot.road.engine import Asked, Received
from bot.slack.blocks import message
from bot.slack.envelopes import BUSY, Edge, Json, key, safely
from bot.slack.typed import typed

log = logging.getLogger(__name__)

_OWN = (None, "", "thread_broadcast", "file_share")
_QUOTED = re.compile(
    r"```[\s\S]*?(?:```|\Z)|`[^`\n]*`|^[ \t]*(?:&gt;|>){3}[\s\S]*|^[ \t]*(?:&gt;|>)[^\n]*", re.MULTILINE
)


class Mentions:
    """Takes messages in as commands."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.engine = edge.clicks.engine
        self.teller = edge.teller

    def take(self, body: Json, bot: str) -> None:
        """Take an event in, on the ack path: at most one write, no network; `bot` is our own user id."""
        said = safely(self._take, body, bot)
        if said:
            event = body.get("event") or {}
            self.teller.soon(partial(self._tell, _place(event), str(event.get("user") or ""), Reply(said, sign="no")))

    def _take(self, body: Json, bot: str) -> str:
        event = body.get("event")
        text = command_in(event, bot) if isinstance(event, dict) else None
        if not isinstance(event, dict) or text is None:
            return ""
        channel, thread = _place(event)
        ids = (body.get("team_id"), body.get("enterprise_id"), *map(event.get, ("team", "user_team", "source_team")))
        asked = Asked(
            text=self._with_file(typed(text), event),
            user=str(event["user"]),
            team=self.edge.team_of(*ids),
            channel=channel,
            thread=thread,
            delivery=key("event", body.get("event_id") or (channel, event.get("ts"))),
        )
        answer = partial(self._tell, (channel, thread), asked.user)
        taken = self.engine.receive(asked, lambda run: self.teller.mentioned.append(run.id), answer)
        return BUSY if taken is Received.BUSY else ""

    def _with_file(self, text: str, event: Json) -> str:
        """Hand in the one file that came with the message, to a command that lacks one."""
        files = [each for each in event.get("files") or () if isinstance(each, dict) and each.get("id")]
        found = begun(text, self.engine.desk.commands, self.engine.desk.law.defaults) if len(files) == 1 else None
        lacks = next((param for param in found.lacks if param.file), None) if found else None
        return f"{text} --{lacks.option} {files[0]['id']}" if lacks and not lacks.word else text

    def _tell(self, where: tuple[str, str], user: str, reply: Reply) -> None:
        channel, thread = where
        try:
            if channel.startswith("D"):
                self.teller.calls.post(channel, message(reply), thread)
            elif channel:
                self.teller.calls.ephemeral(channel, user, message(reply), thread)
        except SlackError as error:
            log.warning("Whoever wrote could not be told: %s", error.code)


def command_in(event: Json, bot: str) -> str | None:
    """Return the command text in a message event, as Slack encodes it; None where there is nothing to run."""
    if not _by_a_person(event, bot):
        return None
    text = event.get("text") or ""
    if not isinstance(text, str):
        return None
    direct = event.get("type") == "message"
    if direct and not text.strip() and event.get("files"):
        return None
    after = after_mention(text, bot)
    return text if direct and after is None else after


def _by_a_person(event: Json, bot: str) -> bool:
    """Whether this is a new message that a person wrote to us themselves."""
    user, channel = event.get("user"), str(event.get("channel") or "")
    direct = event.get("type") == "message" and event.get("channel_type") == "im"
    mention = event.get("type") == "app_mention" and not channel.startswith("D")
    foreign = any(event.get(name) for name in ("bot_id", "bot_profile", "edited", "hidden"))
    own = isinstance(user, str) and user not in ("", bot)
    return bool(channel) and (direct or mention) and own and not foreign and event.get("subtype") in _OWN


def after_mention(text: str, bot: str) -> str | None:
    """Return what follows the first mention of the bot outside quotes and code; None where there is none."""
    if not bot:
        return None
    bare = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)
    found = re.search(rf"<@{re.escape(bot)}(?:\|[^<>]*)?>", bare)
    return text[found.end() :] if found else None


def _place(event: Json) -> tuple[str, str]:
    return str(event.get("channel") or ""), str(event.get("thread_ts") or "")
