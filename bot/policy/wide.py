"""Where a wide command reads: every open account and Region, each decided by itself; what is refused is left out."""

from __future__ import annotations

from collections.abc import Iterable

from bot.aws import models
from bot.config.botfile import Account, BotFile
from bot.policy.decide import decide
from bot.policy.match import Request

_NAMED = 6
"""Places that are named; the rest are counted."""


def places(file: BotFile, account: str, region: str) -> tuple[tuple[Account, str], ...]:
    """Return the accounts and Regions that bot.yml opens; of one account or Region where it is named."""
    chosen = [each for name, each in file.accounts.items() if account in ("", name)]
    return tuple((each, name) for each in chosen for name in _regions(each, region))


def _regions(account: Account, only: str) -> Iterable[str]:
    """Return the Regions of an account: those that its entry opens, else its own; or the one that is asked for."""
    if only:
        return (only,) if account.takes(only) else ()
    if account.regions is None:
        return (account.region,)
    return sorted(name for name in models.regions() if account.takes(name))


def parted(file: BotFile, asked: Iterable[Request]) -> tuple[tuple[Request, ...], tuple[Request, ...]]:
    """Return what would be read, and what would be left out; where nothing may be read, all of it is refused."""
    decided = [(each, decide(file, each).allowed) for each in asked]
    may, rest = (tuple(each for each, allowed in decided if allowed is wanted) for wanted in (True, False))
    return (may, rest) if may else (rest, ())


def left_out(rest: Iterable[Request]) -> str:
    """Name the places that are left out; empty where there are none."""
    named = [f"{each.account} {each.region}" for each in rest]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return f"Left out, because it is not allowed there: {', '.join(named[:_NAMED])}{more}." if named else ""
