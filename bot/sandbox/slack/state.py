"""The sandbox's Slack as a whole: its parts, made once, and what a reset means."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import events
from bot.sandbox.slack.deliveries import Deliveries
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.grants import Grants
from bot.sandbox.slack.journal import Journal
from bot.sandbox.slack.limits import RateLimits
from bot.sandbox.slack.messages import Timeline
from bot.sandbox.slack.sockets import Sockets
from bot.sandbox.slack.view_stack import Views
from bot.sandbox.slack.workspace import seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from bot.sandbox.slack.file_methods import Upload
    from bot.sandbox.slack.messages import Change


class Slack:
    """Touched on its event loop only; every other thread comes in over HTTP."""

    def __init__(self, url: str, now: Callable[[], float], redelivery: Sequence[float], deadline: float) -> None:
        self.url = url
        self.now = now
        self.workspace = seeded()
        self.should_escape = True
        self.journal = Journal(now)
        self.timeline = Timeline(now, self.journal, self._heard)
        self.faults = Faults(now)
        self.limits = RateLimits()
        self.grants = Grants(now)
        self.files = Files(url, now, self.journal)
        self.deliveries = Deliveries(self.journal, self.faults, redelivery, deadline)
        self.sockets = Sockets(self.journal, self.deliveries.on_text)
        self.uploads: dict[str, Upload] = {}
        self.views = Views(now, self.journal)
        self._redelivery = redelivery
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run in the background and keep hold of the task until it ends or everything is reset."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def emit(self, event: dict[str, Any]) -> None:
        """Send a subscribed event to the app in the background, again and again until it is acknowledged."""
        if events.wanted(self.workspace, event):
            payload = events.callback(self.workspace, event, self.now())
            self.spawn(self.deliveries.deliver_event(payload, self.sockets))

    def _heard(self, change: Change) -> None:
        for event in events.of_change(self.workspace, change, self.timeline.next_ts()):
            self.emit(event)

    def clear_faults(self) -> None:
        self.faults.clear()
        self.sockets.thaw()

    def reset(self) -> None:
        """The seeded workspace, no messages, files, views or faults, nothing under way, an empty log; sockets stay."""
        for task in self._tasks:
            task.cancel()
        self.workspace = seeded()
        self.should_escape = True
        self.deliveries.redelivery = self._redelivery
        self.clear_faults()
        self.limits.clear()
        self.grants.clear()
        self.files.clear()
        self.uploads.clear()
        self.views.clear()
        self.journal.clear()
        self.timeline.clear()
