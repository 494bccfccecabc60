"""What another bot.yml would have said to everything that was decided: newly allowed, newly denied, asked less.

Each decision of the audit is made again from what it was made from then: who asked, in which groups and where, the
resources with their tags, the parameters, the moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.config.botfile import BotFile
from bot.policy.decide import Needs, decide_all, reachable
from bot.policy.match import UNPLANNED, Request
from bot.policy.record import Record, read

_COULD = "It could be allowed, depending on the resource: it was refused before that was looked up."


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would be otherwise: what was asked, by whom, why it would be so, and how often it was asked."""

    user: str
    operation: str
    account: str
    why: str
    times: int = 1
    last: float = 0.0
    example: str = ""


@dataclass
class Replayed:
    """Everything that would be otherwise; `unread` rows were written by a release that kept less."""

    decisions: int = 0
    unread: int = 0
    allowed: dict[tuple[str, ...], Difference] = field(default_factory=dict)
    denied: dict[tuple[str, ...], Difference] = field(default_factory=dict)
    unasked: dict[tuple[str, ...], Difference] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        return not (self.allowed or self.denied or self.unasked)


def replay(file: BotFile, rows: Iterable[Mapping[str, Any]]) -> Replayed:
    """Decide again, under `file`, rows of the audit: `at`, `action`, and what `record.written` made as `detail`."""
    found = Replayed()
    for row in rows:
        try:
            record = read(row["detail"])
        except ValueError:
            found.unread += 1
            continue
        for each in _one_by_one(record):
            found.decisions += 1
            _compare(found, file, each, row)
    return found


def _one_by_one(record: Record) -> Iterator[Record]:
    if record.alone:
        yield from (replace(record, requests=(each,)) for each in record.requests)
    elif record.requests:
        yield record


def _compare(found: Replayed, file: BotFile, record: Record, row: Mapping[str, Any]) -> None:
    closed = next((why for each in record.requests if (why := _closed(file, each))), None)
    decision = decide_all(file, record.requests)
    allowed = decision.allowed and not closed
    if allowed and not record.allowed:
        _count(found.allowed, record, row, decision.reason)
    elif not record.allowed and not closed and _within_reach(file, record.requests):
        _count(found.allowed, record, row, _COULD)
    elif record.allowed and not allowed:
        _count(found.denied, record, row, closed or decision.reason)
    elif allowed and record.needs == Needs.CONFIRM and decision.needs is Needs.NOTHING:
        _count(found.unasked, record, row, decision.reason)


def _within_reach(file: BotFile, asked: tuple[Request, ...]) -> bool:
    """Say whether what was refused before anything was looked up would be looked at: whatever the resource is."""
    return all(
        each.params is UNPLANNED
        and reachable(file, each.actor, each.place, each.operation, each.account, each.region, at=each.at)
        for each in asked
    )


def _closed(file: BotFile, request: Request) -> str:
    """Say why an account's entry keeps a request out, before any rule is asked."""
    if not request.account:  # a word of the bot
        return ""
    about = file.accounts.get(request.account)
    if about is None:
        return f"bot.yml would have no account {request.account}."
    if request.account_id and about.id != request.account_id:
        return f"{request.account} would be another account."
    return "" if about.takes(request.region) else f"{request.account} would not be open in {request.region}."


def _count(among: dict[tuple[str, ...], Difference], record: Record, row: Mapping[str, Any], why: str) -> None:
    first = record.requests[0]
    key = (first.actor.user, first.operation, first.account, why)
    was = among.get(key) or Difference(*key, times=0)
    among[key] = replace(was, times=was.times + 1, last=float(row["at"]), example=str(row["action"]))
