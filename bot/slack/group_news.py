"""A user group that rules go by has changed: written to the audit and announced, once, by the process that found it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.reply import Reply, Span, Text, User, note, text
from bot.store.audit import Audit
from bot.store.database import StoreError
from bot.store.groups import Change

log = logging.getLogger(__name__)

NEW = note("New members count at once for what needs a confirmation, and later for what needs more.")


@dataclass(frozen=True)
class GroupNews:
    """Called inside the transaction that found the change: the row, the announcement and the book are one."""

    audit: Audit
    announce: Callable[[Reply, str], object]
    name: Callable[[str], str]

    def __call__(self, change: Change) -> None:
        what = {
            "added": change.added,
            "removed": change.removed,
            "returned": change.returned,
            **({} if change.disabled is None else {"disabled": change.disabled}),
        }
        told = {name: value for name, value in what.items() if value != ()}
        self.audit.write(change.at, "group changed", None, user=change.by, group=change.group, **told)
        try:
            self.announce(said(change, self.name(change.group)), change.key)
        except StoreError:
            raise
        except Exception:
            log.exception("The change of user group %s could not be announced", change.group)


def said(change: Change, name: str) -> Reply:
    """Put a change in words."""
    verb = {None: "changed", True: "was disabled", False: "was enabled"}[change.disabled]
    by = text("By ", User(change.by), ".") if change.by else text("Slack does not say by whom.")
    lines = [
        _people("Added: ", change.added),
        _people("Removed: ", change.removed),
        _people("Removed and added again: ", change.returned),
    ]
    known = tuple(line for line in lines if line)
    new = (NEW,) if change.added or change.returned else ()
    return Reply(f"User group {name} ({change.group}), which bot.yml names, {verb}", (by, *known, *new))


def _people(label: str, users: Iterable[str]) -> Text | None:
    spans: list[Span] = []
    for user in users:
        spans += [", " if spans else label, User(user)]
    return text(*spans) if spans else None
