"""The sandbox's Slack as a whole: its parts, made once, and what a reset means."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.deliveries import Deliveries
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.grants import Grants
from bot.sandbox.slack.journal import Journal
from bot.sandbox.slack.limits import RateLimits
from bot.sandbox.slack.messages import Timeline
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.workspace import seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence


class Slack:
    """Touched on its event loop only; every other thread comes in over HTTP."""

    def __init__(self, url: str, now: Callable[[], float], redelivery: Sequence[float]) -> None:
        self.url = url
        self.now = now
        self.workspace = seeded()
        self.should_escape = True
        self.journal = Journal(now)
        self.timeline = Timeline(now, self.journal)
        self.faults = Faults(now)
        self.limits = RateLimits()
        self.grants = Grants(now)
        self.deliveries = Deliveries(self.journal, self.faults, redelivery)
        self.sockets = Sockets(self.journal, self.deliveries.on_text)
        self.views: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run in the background and keep hold of the task until it ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def emit(self, event: dict[str, Any]) -> None:
        """Send an event to the app in the background, again and again until it is acknowledged."""
        self.spawn(self.deliveries.deliver_event(event, self.sockets, self.now()))

    def clear_faults(self) -> None:
        self.faults.clear()
        self.sockets.thaw()

    def reset(self) -> None:
        """The seeded workspace, no messages, no faults, an empty log; sockets stay."""
        self.workspace = seeded()
        self.should_escape = True
        self.clear_faults()
        self.limits.clear()
        self.grants.clear()
        self.journal.clear()
        self.timeline.clear()
