"""What a run is: one request, where it stands, and the API calls it made. How it moves is `bot.store.runs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

from bot.actor import Actor
from bot.command import Plan


class State(StrEnum):
    """Where a run is."""

    RECEIVED = "received"
    ASKED = "asked"
    ARMED = "armed"
    SENDING = "sending"
    FOLLOWING = "following"
    UNKNOWN = "unknown"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    USAGE = "usage"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    VOID = "void"


ENDED = frozenset({State.DONE, State.FAILED, State.REFUSED, State.USAGE, State.CANCELLED, State.EXPIRED, State.VOID})
TIMED = frozenset({State.ASKED, State.ARMED, State.FOLLOWING, State.UNKNOWN})
OWNED = frozenset({State.RECEIVED, State.SENDING})


@dataclass(frozen=True, slots=True)
class Run:
    """One request and what became of it; times are epoch seconds or 0.

    `seen` holds each resource's last state, `answer` what AWS's answer to a change says (a Reply), `view` how a stored
    result is looked at. A run of a report bears its id and the moment it was scheduled for.
    """

    id: str
    state: State
    owner: str = ""
    actor_kind: str = "slack"
    team: str = ""
    user: str = ""
    user_name: str = ""
    channel: str = ""
    thread: str = ""
    audience: str = "channel"
    text: str = ""
    action: str = ""
    account: str = ""
    region: str = ""
    plan: str = ""
    seen: str = ""
    reply: str = ""
    why: str = ""
    rules: str = ""
    by: str = ""
    undoes: str = ""
    answer: str = ""
    view: str = ""
    report: str = ""
    scheduled_for: float = 0.0
    created_at: float = 0.0
    confirmed_at: float = 0.0
    ended_at: float = 0.0
    due_at: float = 0.0

    @property
    def asker(self) -> str:
        """The asker's key, as `Actor.key` spells it."""
        return Actor(self.actor_kind, self.user, team=self.team).key  # type: ignore[arg-type]

    @property
    def planned(self) -> Plan:
        return _PLAN.validate_json(self.plan)

    @property
    def states(self) -> dict[str, str]:
        return _STATES.validate_json(self.seen) if self.seen else {}


@dataclass(frozen=True, slots=True)
class Sent:
    """One API call of a run: planned, sent, accepted, refused or unknown."""

    run: str
    n: int
    operation: str
    params: str
    ids: str
    state: str = "planned"
    request_id: str = ""
    why: str = ""
    sent_at: float = 0.0
    ended_at: float = 0.0

    @property
    def touched(self) -> tuple[str, ...]:
        return tuple(self.ids.split())


_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
_STATES: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


def plan_json(plan: Plan) -> str:
    return _PLAN.dump_json(plan).decode()


def states_json(states: Mapping[str, str]) -> str:
    return _STATES.dump_json(dict(states)).decode()
