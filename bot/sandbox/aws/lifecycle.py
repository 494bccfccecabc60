"""How long an EC2 instance takes from one state to the next, kept beside moto, which knows no waiting.

An accepted change shows the transitional state at once and the final one when its time has come; nothing runs
in the background: `settle` is called before every request.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock
from typing import Final
from weakref import WeakKeyDictionary

from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance, InstanceState, StateReason

CODES: Final = {
    "pending": 0,
    "running": 16,
    "shutting-down": 32,
    "terminated": 48,
    "stopping": 64,
    "stopped": 80,
}
SECONDS: Final = {"launch": 6.0, "start": 8.0, "stop": 6.0, "force": 2.0, "terminate": 5.0, "forget": 3600.0}
"""What each change takes at speed 1; a terminated instance is forgotten after an hour, as EC2 does."""

MEMORY: Final = RLock()
"""Held around every use of moto's memory, which belongs to the process and is not thread-safe."""

FIRST_BOOT: Final = StateReason("pending", "pending")
SHUTDOWN: Final = StateReason("Client.UserInitiatedShutdown: User initiated shutdown", "Client.UserInitiatedShutdown")
HIBERNATE: Final = StateReason(
    "Client.UserInitiatedHibernate: User initiated hibernate", "Client.UserInitiatedHibernate"
)


@dataclass(frozen=True)
class Due:
    """The state an instance reaches at `at`, in seconds of the clock, and the two ways it says why."""

    at: float
    state: str
    reason: str = ""
    explained: StateReason | None = None


@dataclass(frozen=True)
class Moved:
    """One line of the reply to Start, Stop or Terminate."""

    instance: Instance
    before: str
    after: str


_due: WeakKeyDictionary[Instance, Due] = WeakKeyDictionary()


class Lifecycle:
    """Moves instances between states; `speed` 50 makes every wait fifty times shorter."""

    def __init__(self, speed: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._speed = speed
        self._clock = clock

    def launch(self, instance: Instance) -> None:
        """A new instance: pending until it has booted for the first time."""
        self._begin(instance, "pending", Due(self._after("launch"), "running", explained=FIRST_BOOT))

    def start(self, instance: Instance) -> Moved:
        before = instance.state
        if before == "stopped":
            instance.start()  # moto hands out the new public address here
            instance.launch_time = datetime.now(UTC).replace(tzinfo=None)
            self._begin(instance, "pending", Due(self._after("start"), "running"))
        return Moved(instance, before, instance.state)

    def stop(self, instance: Instance, *, hibernate: bool = False, force: bool = False) -> Moved:
        before = instance.state
        if before in {"running", "pending"} or (force and before == "stopping"):
            at = self._after("force" if force else "stop")
            self._begin(
                instance, "stopping", Due(at, "stopped", user_initiated(), HIBERNATE if hibernate else SHUTDOWN)
            )
        return Moved(instance, before, instance.state)

    def terminate(self, instance: Instance) -> Moved:
        """EC2 has nothing to shut down in a stopped instance: that one is terminated at once."""
        before = instance.state
        if before == "stopped":
            self._terminated(instance, user_initiated())
        elif before not in {"terminated", "shutting-down"}:
            due = Due(self._after("terminate"), "terminated", user_initiated(), SHUTDOWN)
            self._begin(instance, "shutting-down", due)
        return Moved(instance, before, instance.state)

    def has_run(self, instance: Instance) -> bool:
        """Whether it has ever been running: EC2 stops no instance that has not."""
        due = _due.get(instance)
        return not (due and due.explained is FIRST_BOOT)

    def settle(self) -> None:
        """Bring every instance whose time has come to its final state."""
        now = self._clock()
        for instance, due in list(_due.items()):
            if due.at <= now:
                self._arrive(instance, due)

    def _after(self, change: str) -> float:
        return self._clock() + SECONDS[change] / self._speed

    def _begin(self, instance: Instance, state: str, due: Due) -> None:
        show(instance, state, due.reason, due.explained)
        _due[instance] = due

    def _arrive(self, instance: Instance, due: Due) -> None:
        del _due[instance]
        if due.state == "stopped":
            instance.stop()  # moto takes the public address away here
            show(instance, "stopped", due.reason, due.explained)
        elif due.state == "terminated":
            self._terminated(instance, due.reason)
        elif due.state == "running":
            show(instance, "running")
        else:
            forget(instance)

    def _terminated(self, instance: Instance, reason: str) -> None:
        instance.terminate()
        show(instance, "terminated", reason, SHUTDOWN)
        _due[instance] = Due(self._after("forget"), "forgotten")


def show(instance: Instance, state: str, reason: str = "", explained: StateReason | None = None) -> None:
    """Make moto report this state, with EC2's two ways of saying why."""
    instance._state = InstanceState(state, CODES[state])  # noqa: SLF001  # moto has no public way to set it
    instance._reason = reason  # noqa: SLF001
    instance.state_reason = explained or StateReason()


def clear() -> None:
    """Nothing is due any more: moto's memory has been emptied."""
    _due.clear()


def user_initiated() -> str:
    """EC2's StateTransitionReason for what a caller asked for, with the time it was asked."""
    return f"User initiated ({datetime.now(UTC):%Y-%m-%d %H:%M:%S} GMT)"


def forget(instance: Instance) -> None:
    backend = ec2_backends[instance.owner_id][instance.region_name]
    for reservation in list(backend.reservations.values()):
        if instance in reservation.instances:
            reservation.instances.remove(instance)
            if not reservation.instances:
                del backend.reservations[reservation.id]
