"""Somebody else on the line: Slack counts more connections of this app than there are bot processes.

Whoever holds the app-level token receives a share of the commands, and Slack says so only by the number in its hello.
A connection that is being replaced stands twice for a moment: our own is taken off the count, another process's is gone
when Slack is asked again. So one hello is a suspicion, and a second one, a minute later on a connection renewed for it,
an alarm; from then on it is looked again every ten minutes, until the numbers agree. A lost process that Slack still
counts looks the same, and the alarm says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from bot.reply import Reply, note, text
from bot.slack.socket import LinkState
from bot.store.database import StoreError

LOOK_SECONDS = 5.0
AGAIN_SECONDS = 60.0
STILL_SECONDS = 600.0
SINCE = "strangers_since"
"""What the alarm is called among the facts of a heartbeat."""

log = logging.getLogger(__name__)


class Lookout:
    """Compares Slack's count with the bot processes of the store; `look` is called every few seconds.

    `alive` are the heartbeats' facts by process; `renew` asks for a new connection, and so for a new count.
    """

    def __init__(
        self,
        state: Callable[[], LinkState],
        renew: Callable[[], None],
        alive: Callable[[], Mapping[str, Mapping[str, Any]]],
        announce: Callable[[Reply, str], object],
        now: Callable[[], float],
    ) -> None:
        self._state = state
        self._renew = renew
        self._alive = alive
        self._announce = announce
        self._now = now
        self._judged = 0
        self._again_at = 0.0
        self.since = 0.0
        self.warning = ""

    @property
    def facts(self) -> dict[str, Any]:
        """What the heartbeat says: health shows it, and the other processes do not announce it again."""
        return {"warn": [self.warning], SINCE: self.since} if self.warning else {}

    def look(self) -> None:
        """Judge a count that is new; ask for another where one is due."""
        state = self._state()
        if not state.connected:
            return
        if state.connects != self._judged:
            try:
                self._judge(state)
            except StoreError as error:
                log.warning("Slack's count of connections could not be compared. %s", error.sentence)
                return
            self._judged = state.connects
        elif self._again_at and self._now() >= self._again_at:
            self._again_at = self._now() + AGAIN_SECONDS
            self._renew()

    def _judge(self, state: LinkState) -> None:
        bots = {id_: facts for id_, facts in self._alive().items() if "live" in facts}
        counted, expected = state.num_connections - (state.own - 1), max(1, len(bots))
        if counted <= expected:
            self._agree()
        elif self._again_at:
            self._again_at = self._now() + STILL_SECONDS
            self._alarm(counted, expected, [facts[SINCE] for facts in bots.values() if facts.get(SINCE)])
        else:
            log.info("Slack counts %s connections for %s bot processes; asking again", counted, expected)
            self._again_at = self._now() + AGAIN_SECONDS

    def _agree(self) -> None:
        if self.warning:
            log.warning("Slack counts no more connections than there are bot processes any more")
        self._again_at, self.since, self.warning = 0.0, 0.0, ""

    def _alarm(self, counted: int, expected: int, others: list[float]) -> None:
        """Say it once for as long as it lasts, whichever process found it first."""
        processes = "1 bot process works" if expected == 1 else f"{expected} bot processes work"
        self.warning = f"Slack counts {counted} connections of this app, but {processes} on this store"
        if self.since:
            return
        log.error("%s: somebody else may hold the app token", self.warning)
        self.since = min((*others, self._now()))
        if not others:
            self._announce(_told(self.warning), f"connections/{self.since:.0f}")


def _told(warning: str) -> Reply:
    why = text(
        "Somebody else may hold the app token (xapp-…) and receive a share of the commands. If no bot of yours on "
        "another store, and no process that was just lost, explains it: make a new token, restart with it, revoke the "
        "old one."
    )
    return Reply(warning, (why, note("/aws status shows the numbers; docs/security.md has the steps.")), "fail")
