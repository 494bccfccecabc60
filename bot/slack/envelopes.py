"""What every kind of envelope has in common: whose it is, what names its delivery, and whom to tell.

Nothing escapes: an exception on the way to an acknowledgement would lose it, so whatever goes wrong there is said.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.errors import SlackError
from bot.reply import Reply
from bot.road.clicks import Clicks
from bot.slack.blocks import message
from bot.slack.identity import People
from bot.slack.telling import Teller
from bot.store.database import StoreError

log = logging.getLogger(__name__)

BUSY = "Busy: I have as much in hand as I can take, so this was not run and will not be. Try again in a minute."
NO_STORE = "I cannot write to my store, so nothing was done. Whoever runs the bot has been told in its log."
FAULT = "Something went wrong in the bot itself; nothing was done."

Json = dict[str, Any]


@dataclass
class Edge:
    """What every way in works with; `team` is our workspace."""

    clicks: Clicks
    people: People
    teller: Teller
    team: str

    def team_of(self, *ids: Any) -> str:
        """Return our team's id, or the id in the payload that is not ours: identity refuses it."""
        given = [str(each) for each in ids if each]
        return next((each for each in given if each not in self.people.ours), self.team) if given else ""

    def team_of_click(self, body: Json) -> str:
        """Return the team of a click, a submission or a shortcut: the workspace's, and that of whoever acted."""
        return self.team_of((body.get("team") or {}).get("id"), (body.get("user") or {}).get("team_id"))

    def keep(self, url: str, run: str) -> None:
        """Remember how to answer whoever asked, alone, for the run that it became."""
        if url:
            self.teller.urls.keep(run, url)

    def answer(self, body: Json, *, replace: bool = False) -> Callable[[Reply], None]:
        """Return a way to tell whoever clicked, alone; `replace` puts it in the place of what bore the button."""
        url, channel = str(body.get("response_url") or ""), str((body.get("container") or {}).get("channel_id") or "")
        user = str((body.get("user") or {}).get("id") or "")

        def tell(reply: Reply) -> None:
            try:
                if url:
                    self.teller.calls.respond(url, message(reply), replace=replace)
                elif channel:
                    self.teller.calls.ephemeral(channel, user, message(reply))
                else:
                    self.teller.calls.post(user, message(reply))
            except SlackError as error:
                log.warning("Whoever clicked could not be told: %s", error.code)

        return tell


def safely(take: Callable[..., str], *given: Any) -> str:
    """Take an envelope in; returns what to say about it, usually nothing."""
    try:
        return take(*given)
    except StoreError as error:
        log.error("%s", error.sentence)  # noqa: TRY400 - a sentence, not a bug
        return NO_STORE
    except Exception:
        log.exception("An envelope could not be taken in")
        return FAULT


def key(*parts: Any) -> str:
    """Name a delivery by what Slack repeats when it delivers twice; hashed, because a trigger_id is a capability."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()
