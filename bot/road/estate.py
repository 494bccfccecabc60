"""Every account and Region that somebody may read, at once: what a wide command is given instead of one account.

Each place is decided for itself, operation by operation, and read through a pass for that operation alone. A place that
may not be read is skipped with the reason, one that fails is said to have failed, and none keeps another waiting. When
the time is over, what has not answered counts as failed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

from bot.actor import Actor, Place
from bot.aws.errors import translated
from bot.command import Aws, Command, Effect, Reading
from bot.config.botfile import Account
from bot.errors import AwsError, BotError
from bot.policy import wide
from bot.policy.costs import COSTS
from bot.policy.decide import Decision, decide, decide_all
from bot.policy.match import Request
from bot.road.desk import Desk
from bot.road.halted import halted_account
from bot.store.runs import Run

log = logging.getLogger(__name__)
T = TypeVar("T")

SECONDS = 60.0
"""How long all readings of one command may take together."""
_AT_ONCE = 8
EVERYWHERE = ""
"""The Region of what an account has once."""


@dataclass
class Everywhere:
    """One run's way to all accounts and Regions of bot.yml: see `bot.command.Estate`.

    `decided` collects the decisions that let something be read.
    """

    desk: Desk
    actor: Actor
    place: Place
    run: Run
    command: Command
    seconds: float = SECONDS
    decided: list[Decision] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    asked: list[tuple[Request, Decision]] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.desk.now(), UTC)

    def each(self, operation: str, read: Callable[[Aws], T], *, regional: bool = True) -> tuple[Reading[T], ...]:
        """Read every place at once. The operation is one that the command declares."""
        if operation not in self.command.operations:
            raise AssertionError(f"{self.command.name} does not declare {operation}")
        places = self.places(regional=regional)
        found: dict[tuple[str, str], Reading[T]] = {}
        waiting: SimpleQueue[tuple[Account, str]] = SimpleQueue()
        for account, region in places:
            refused = self._refused(operation, account, region)
            shown = region if regional else EVERYWHERE
            if refused:
                found[account.name, region] = Reading(account.name, shown, skipped=refused)
            else:
                waiting.put((account, region))
        self._read_all(operation, read, waiting, found, regional=regional)
        late = f"no answer within {self.seconds:.0f} s"
        return tuple(
            found.get((account.name, region))
            or Reading(account.name, region if regional else EVERYWHERE, failed=f"{operation}: {late}")
            for account, region in places
        )

    def places(self, *, regional: bool = True) -> tuple[tuple[Account, str], ...]:
        """Return the accounts and Regions that are asked for, and that bot.yml opens."""
        file, run = self.desk.law.file, self.run
        if regional:
            return wide.places(file, run.account, run.region)
        chosen = [each for each in file.accounts.values() if run.account in ("", each.name)]
        return tuple((each, run.region or each.region) for each in chosen)

    def allowed(self, operation: str) -> tuple[Decision, ...]:
        """Return the decisions that allow an operation, one a place."""
        found = (self._decide(operation, account, region) for account, region in self.places())
        return tuple(each for each in found if each.allowed)

    def whole(self) -> Decision:
        """Decide every operation of the command in every place: who may look at what all of them answered."""
        asked = [
            self._request(operation, account, region)
            for operation in self.command.operations
            for account, region in self.places()
        ]
        return self.desk.decided(self.run, decide_all(self.desk.law.file, asked), asked)

    def write_down(self) -> None:
        """Keep in the audit what was decided, place by place: what was allowed, and what was not."""
        for allowed in (True, False):
            pairs = [pair for pair in self.asked if pair[1].allowed is allowed]
            if pairs:
                self.desk.write_down(self.run, pairs[0][1], [request for request, _ in pairs], alone=True)

    def paid(self) -> list[Request]:
        """Return what is paid for each time, once an account that may be asked."""
        costly = [operation for operation in self.command.operations if operation in COSTS]
        asked = [(each, *place) for each in costly for place in self.places(regional=False)]
        return [self._request(*each) for each in asked if self._decide(*each).allowed]

    def _request(self, operation: str, account: Account, region: str) -> Request:
        return Request(
            self.actor,
            self.place,
            operation,
            account.name,
            region,
            None,
            {},
            Effect.READS,
            account_id=account.id,
            at=self.desk.now(),
        )

    def _decide(self, operation: str, account: Account, region: str) -> Decision:
        request = self._request(operation, account, region)
        decision = decide(self.desk.law.file, request)
        self.asked.append((request, decision))
        return self.desk.sound(decision, self.run)

    def _refused(self, operation: str, account: Account, region: str) -> str:
        """Decide one place; returns why not, or nothing."""
        if halted_account(self.desk, account.name):
            return f"{account.name} is halted"
        decision = self._decide(operation, account, region)
        if decision.allowed:
            self.decided.append(decision)
            return ""
        return f"{operation} is not allowed"

    def _read_all(
        self,
        operation: str,
        read: Callable[[Aws], T],
        waiting: SimpleQueue[tuple[Account, str]],
        found: dict[tuple[str, str], Reading[T]],
        *,
        regional: bool,
    ) -> None:
        """Let a few threads read what waits, until it is done or the time is over; nobody waits for a late one."""
        done, count = SimpleQueue[tuple[tuple[str, str], Reading[T]]](), waiting.qsize()
        over = Event()

        def work() -> None:
            for account, region in _taken(waiting, over):
                shown = region if regional else EVERYWHERE
                done.put(((account.name, region), self._one(operation, read, account, region, shown)))

        for _ in range(min(_AT_ONCE, count)):
            Thread(target=work, name="estate", daemon=True).start()
        for _ in range(count):
            try:
                key, reading = done.get(timeout=max(0.0, self.began + self.seconds - time.monotonic()))
            except Empty:
                over.set()
                return
            found[key] = reading

    def _one(self, operation: str, read: Callable[[Aws], T], account: Account, region: str, shown: str) -> Reading[T]:
        try:
            aws = self.desk.gateway.reading(account.name, region, (operation,), token=self.run.id)
            with translated(operation, changes=False):
                return Reading(account.name, shown, read(aws))
        except AwsError as error:
            log.warning("Run %s: %s %s: %s", self.run.id, account.name, region, error.sentence)
            return Reading(account.name, shown, failed=f"{operation}: {error.code}")
        except BotError as error:
            return Reading(account.name, shown, failed=f"{operation}: {error.sentence}")
        except Exception:
            log.exception("Run %s: reading %s %s failed by a mistake of the bot's", self.run.id, account.name, region)
            return Reading(account.name, shown, failed=f"{operation}: a mistake of the bot's")


def _taken(waiting: SimpleQueue[tuple[Account, str]], over: Event) -> Iterator[tuple[Account, str]]:
    while not over.is_set():
        try:
            yield waiting.get_nowait()
        except Empty:
            return
