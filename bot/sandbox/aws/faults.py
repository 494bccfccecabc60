"""Faults on demand: how the local AWS is told to misbehave, and what AWS says when it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, Final

from bot.sandbox.aws.authorization import encoded
from bot.sandbox.aws.calls import ApiCall

KINDS: Final = ("slow", "throttle", "500", "expired", "refuse_connection", "lost_reply", "denied", "code")


@dataclass(frozen=True)
class Fault:
    """What happens to the next `times` calls of `operation` (wildcards allowed).

    `seconds` is the delay of slow, and how long lost_reply holds the connection before it closes it unanswered.
    `code`, `message` and `status` say another error than the kind's own.
    """

    kind: str
    operation: str = "*"
    times: int = 1
    seconds: float = 0.0
    code: str = ""
    message: str = ""
    status: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}; not {self.kind!r}")
        if self.kind == "code" and not self.code:
            raise ValueError("kind code needs a code, such as InsufficientInstanceCapacity")
        if self.kind == "slow" and not self.seconds:
            raise ValueError("kind slow needs seconds")
        if self.times < 1 or self.seconds < 0:
            raise ValueError("times is 1 or more, seconds is 0 or more")


@dataclass(frozen=True)
class Refusal:
    """An error as AWS words it."""

    status: int
    code: str
    message: str


def read_fault(asked: Mapping[str, Any]) -> Fault:
    """A fault from the control API's JSON; ValueError says what is wrong with it."""
    unknown = set(asked) - {field.name for field in fields(Fault)}
    if unknown:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))}")
    if "kind" not in asked:
        raise ValueError("kind is missing")
    numbers: dict[str, Any] = {"times": int, "seconds": float, "status": int}
    return Fault(**{name: numbers.get(name, str)(value) for name, value in asked.items()})


class Faults:
    """The faults still to happen; the first that fits a call is used up."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def take(self, call: ApiCall) -> Fault | None:
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if fnmatchcase(call.operation, fault.operation):
                    left = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    self._waiting[index : index + 1] = left
                    return fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()


def refusal_of(fault: Fault, call: ApiCall, caller: str) -> Refusal | None:
    """The error this fault answers with, or nothing for those that do not answer with one."""
    words = usual(fault.kind, call, caller)
    if words is None:
        return None
    status = fault.status or words.status
    return Refusal(status, fault.code or words.code, fault.message or words.message)


USUAL: Final = {
    ("throttle", "ec2"): Refusal(503, "RequestLimitExceeded", "Request limit exceeded."),
    ("throttle", "s3"): Refusal(503, "SlowDown", "Please reduce your request rate."),
    ("throttle", ""): Refusal(400, "ThrottlingException", "Rate exceeded"),
    ("500", "ec2"): Refusal(500, "InternalError", "An internal error has occurred"),
    ("500", "s3"): Refusal(500, "InternalError", "We encountered an internal error. Please try again."),
    ("500", ""): Refusal(500, "InternalFailure", "An internal error has occurred"),
    ("expired", "ec2"): Refusal(400, "RequestExpired", "Request has expired."),
    ("expired", ""): Refusal(403, "ExpiredToken", "The security token included in the request is expired"),
    ("code", ""): Refusal(400, "", "The local AWS was told to answer so."),
}
"""The same trouble has other names in other services."""


def usual(kind: str, call: ApiCall, caller: str) -> Refusal | None:
    if kind == "denied":
        return denied(call, caller)
    return USUAL.get((kind, call.service)) or USUAL.get((kind, ""))


def denied(call: ApiCall, caller: str) -> Refusal:
    action = f"{call.service}:{call.operation}"
    named = call.params.get("InstanceId.1") or call.params.get("InstanceId")
    arn = f"arn:aws:ec2:{call.region}:{call.account}:instance/{named}" if named else "*"
    why = f"because no identity-based policy allows the {action} action"
    words = f"User: {caller} is not authorized to perform: {action} on resource: {arn} {why}"
    if call.service == "ec2":
        more = f"Encoded authorization failure message: {encoded(call, caller, arn)}"
        told = f"You are not authorized to perform this operation. {words}. {more}"
        return Refusal(403, "UnauthorizedOperation", told)
    return Refusal(403, "AccessDenied", words)
