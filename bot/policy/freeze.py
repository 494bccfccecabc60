"""Freezes: times in which nothing is changed, and whom they except. Reads go on; who is excepted still needs a rule.

To be excepted takes more than a confirmation does: a membership of a user group counts once it is old enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.command import Effect
from bot.config.botfile import BotFile, Freeze
from bot.glob import matches
from bot.policy.match import Request, belongs


def freezing(file: BotFile, request: Request) -> tuple[Freeze, ...]:
    """Return the freezes that keep this from being done. Where the time is not known, all of them are in force."""
    about = (each for each in file.freezes if concerns(each, request))
    return tuple(each for each in about if each.holds(request.at) and not _excepted(each, request))


def told(freezes: Iterable[Freeze], names: Mapping[str, str] | None = None) -> str:
    """Say what is frozen until when and why, and who is excepted, as text that pings nobody."""
    return " ".join(_told(each, names or {}) for each in sorted(set(freezes), key=lambda each: each.id))


def concerns(freeze: Freeze, request: Request) -> bool:
    """Say whether a freeze is about this, whenever and whoever asks: it never is about reads."""
    return (
        request.effect is not Effect.READS
        and ("*" in freeze.accounts or request.account in freeze.accounts)
        and (freeze.actions is None or matches(freeze.actions, request.operation))
    )


def _excepted(freeze: Freeze, request: Request) -> bool:
    if freeze.except_ is None:
        return False
    return belongs(request.actor, freeze.except_.who, request.actor.settled)


def excepted(freeze: Freeze) -> tuple[str, ...]:
    """Return the groups and users (ids) that a freeze does not concern."""
    who = freeze.except_.who if freeze.except_ else None
    return (*who.groups, *who.users) if who else ()


def _told(freeze: Freeze, names: Mapping[str, str]) -> str:
    reason = freeze.reason if freeze.reason.endswith((".", "!", "?")) else f"{freeze.reason}."
    free = [names.get(each, each) for each in excepted(freeze)]
    free += ["every member"] if freeze.except_ and freeze.except_.who.everyone else []
    return f"Frozen by {freeze.id}, {freeze.told}: {reason}" + (f" Excepted: {', '.join(free)}." if free else "")
