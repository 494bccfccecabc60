"""What was decided, as the audit keeps it: whole enough to be explained later, and decided again under other rules.

Of a call's parameters only what a rule can compare is kept: nothing sensitive, and no long text, which may be data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from bot.aws.masks import masked_params
from bot.policy.decide import Decision
from bot.policy.match import UNPLANNED, Request, own

EVENT = "decided"
"""What the audit calls such a row."""
_LONGEST = 128
_UNPLANNED = "(not planned yet)"
_REQUEST = TypeAdapter(Request)


@dataclass(frozen=True, slots=True)
class Record:
    """Requests, and whether they were allowed; `alone` where each was decided by itself (accounts and Regions)."""

    requests: tuple[Request, ...]
    allowed: bool
    needs: str = ""
    alone: bool = False


def written(requests: Iterable[Request], decision: Decision, *, alone: bool = False) -> dict[str, Any]:
    """Write a decision as JSON values; what is alike in all its requests stands once, beside what is not."""
    rows = [
        _REQUEST.dump_python(each, mode="json", exclude={"params"}) | {"params": _params(each)} for each in requests
    ]
    alike = {name: value for name, value in rows[0].items() if all(row[name] == value for row in rows)} if rows else {}
    kept = [{name: value for name, value in row.items() if name not in alike} for row in rows]
    found = {"allowed": decision.allowed, "needs": decision.needs, "why": decision.reason}
    return {
        "alike": alike,
        "requests": kept,
        **found,
        "rules": ", ".join(decision.rules),
        **({"alone": True} if alone else {}),
    }


def read(detail: Mapping[str, Any]) -> Record:
    """Read it back. Raises ValueError (pydantic's) for a row that another release wrote otherwise."""
    alike = detail.get("alike", {})
    requests = tuple(_read(_REQUEST.validate_python({**alike, **each})) for each in detail.get("requests", ()))
    return Record(requests, bool(detail.get("allowed")), str(detail.get("needs", "")), bool(detail.get("alone")))


def _read(request: Request) -> Request:
    return replace(request, params=UNPLANNED) if _UNPLANNED in request.params else request


def _params(request: Request) -> dict[str, Any]:
    if request.params is UNPLANNED:
        return {_UNPLANNED: True}
    shown = request.params if own(request) else masked_params(request.operation, request.params)
    return {name: _kept(value) for name, value in shown.items()}


def _kept(value: Any) -> Any:
    """Keep a parameter as far as a rule compares it: the rest only as something that no rule's value equals."""
    if isinstance(value, list | tuple | set | frozenset):
        return [_kept(each) for each in value]
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    return value if value is None or isinstance(value, bool | int | float) else {}
