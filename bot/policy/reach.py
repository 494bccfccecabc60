"""How far a wildcard reaches: an allow rule that applies still does not count for what has to be named in full."""

from __future__ import annotations

from bot.config.botfile import BotFile, Rule
from bot.policy import floor
from bot.policy.match import Request


def reaches(rule: Rule, request: Request, file: BotFile) -> bool:
    """Say whether a rule that applies to a request also counts for it; a deny rule always does."""
    if rule.effect != "allow":
        return True
    if floor.never(request):
        return False
    return request.operation in rule.actions or not floor.holds(request, file)
