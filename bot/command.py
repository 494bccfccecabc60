"""A command: one declaration that drives parsing, help, policy, the guard and the documents.

A command that reads returns a Reply. A command that changes returns a Plan: the exact API calls it would make,
on which resources. The engine decides on that plan, shows it, stores it and sends it, so that what was confirmed
is what runs. Nothing here knows where a command comes from: `perform` is any callable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from bot.action import Action
from bot.params import Param
from bot.reply import Part, Reply

T = TypeVar("T")

ANSWER_BYTES = 100_000
"""How much of a stream in AWS's answer is read for an Outcome; one byte more says that there was more."""


class Effect(StrEnum):
    """What a command does to AWS."""

    READS = "reads"
    CHANGES = "changes"
    DESTROYS = "destroys"


class Audience(StrEnum):
    """Who sees the answer."""

    CHANNEL = "channel"
    ASKER = "asker"


class Aws(Protocol):
    """One command's way to AWS: clients that refuse every call its command did not declare."""

    @property
    def account(self) -> str: ...

    @property
    def account_id(self) -> str:
        """The account's twelve digits."""
        ...

    @property
    def region(self) -> str: ...

    @property
    def partition(self) -> str:
        """What ARNs of this Region begin with: `aws`, `aws-cn`, `aws-us-gov`."""
        ...

    @property
    def token(self) -> str:
        """An idempotency token of this run, the same each time it is read."""
        ...

    def client(self, service: str) -> Any:
        """Return a boto3 client of this run's account and Region, armed with the guard."""
        ...

    def file(self, id_: str) -> Upload:
        """Return the facts of a file that was shared in Slack (`F…`) or lies on the terminal's disk. Raises Refused."""
        ...


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What one account and Region answered: a `value`, or why there is none (`failed`, or not allowed: `skipped`)."""

    account: str
    region: str
    value: T | None = None
    failed: str = ""
    skipped: str = ""

    @property
    def where(self) -> str:
        return f"{self.account} {self.region}".strip()


class Estate(Protocol):
    """A wide command's way to every account and Region of bot.yml that the asker may read."""

    @property
    def now(self) -> datetime: ...

    def each(self, operation: str, read: Callable[[Aws], T], *, regional: bool = True) -> tuple[Reading[T], ...]:
        """Read everywhere at once; what fails somewhere is said there and stops nothing. Not `regional`: once each."""
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A file somebody handed in: `id` is Slack's (`F…`) or a path on the terminal's host; `size` in bytes."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing in AWS as it was when it was looked at; `tags` is None where they could not be read."""

    id: str
    name: str = ""
    state: str = ""
    tags: Mapping[str, str] | None = None
    arn: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One API call, exactly: `operation` as botocore spells it (`ec2:StopInstances`), and the ids it touches.

    `makes` is how many things it counts as in a limit, for each id: more than one where it makes several at once.
    `upload` is streamed as its body, in parts where it is large; `seconds` is how long AWS may take to answer.
    """

    operation: str
    params: Mapping[str, Any]
    ids: tuple[str, ...] = ()
    upload: Upload | None = None
    seconds: int = 20
    makes: int = 1


@dataclass(frozen=True, slots=True)
class Skipped:
    """A thing that was named and will not be touched, and why."""

    id: str
    why: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do. `headline` is an imperative without its verdict: `stop web-1 and web-2`."""

    headline: str
    calls: tuple[Call, ...] = ()
    resources: tuple[Resource, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Follow:
    """How to see what became of a change: it passes through `via` until `goal`.

    `look` reads states by id. A change that makes things also says what it `made`, read from AWS's answer, and how
    to `find` them when that answer was lost. `takes` says how long it usually takes.
    """

    look: Callable[[Aws, tuple[str, ...]], Mapping[str, str]]
    goal: str
    via: tuple[str, ...] = ()
    takes: str = ""
    made: Callable[[Mapping[str, Any]], tuple[Resource, ...]] | None = None
    find: Callable[[Aws, Call], tuple[Resource, ...]] | None = None

    def reached(self, states: Mapping[str, str]) -> bool:
        return all(state == self.goal for state in states.values())

    def under_way(self, states: Mapping[str, str]) -> bool:
        return any(state in self.via for state in states.values())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What AWS's answer to a change says beyond having been accepted: the verdict in words, and what to show of it.

    It is read from the answer with its streams as bytes, at most `ANSWER_BYTES` and one of each, and stored as it is:
    it holds what was asked for and nothing else. `failed` is for an answer that bears an error (a Lambda function that
    raised).
    """

    verdict: str
    parts: tuple[Part, ...] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Undo:
    """The opposite of a change, where it is safe: its verb, its call, its label, and what it cannot bring back."""

    verb: str
    call: Callable[[tuple[str, ...]], Call]
    label: str
    loses: str


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person may ask for.

    `calls` are the operations that make it what it is: the right to the first is the right to the command; `reads`
    come with that right. `secret` output goes to the asker alone and is never stored. `outcome` reads AWS's answer to
    the last call. A `wide` command reads every account and Region that the asker may read: its function gets an
    Estate. A `free` one is a word of the bot's that needs no rule. `finds` is the pattern of ids that it shows when
    they are named in a message.
    """

    service: str
    verb: str
    summary: str
    effect: Effect
    calls: tuple[str, ...]
    example: str
    perform: Callable[[Any, Action], Reply | Plan]
    params: tuple[Param, ...] = ()
    reads: tuple[str, ...] = ()
    follow: Follow | None = None
    undo: Undo | None = None
    outcome: Callable[[Mapping[str, Any]], Outcome] | None = None
    secret: bool = False
    wide: bool = False
    free: bool = False
    finds: str = ""
    help: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.service} {self.verb}".strip()

    @property
    def own(self) -> bool:
        """Say whether it is a word of the bot's own: it happens in no account and no Region."""
        return self.free or not self.service or any(call.startswith("bot:") for call in self.calls)

    @property
    def operations(self) -> tuple[str, ...]:
        """Every operation this command may make."""
        return tuple(dict.fromkeys((*self.calls, *self.reads)))

    @property
    def usage(self) -> str:
        """The command's form in one line, as help prints it."""
        return " ".join([self.name, *(param.usage for param in self.params)])
