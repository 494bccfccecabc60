"""How far a wildcard reaches: an allow rule's no further than the file's catalogue, and never to the floor.

So an update, of botocore or of the bot, gives nobody a right, and what must be named in full is. What a rule names in
full it reaches, but for what is never done at all; a deny rule always reaches.
"""

from __future__ import annotations

from bot.aws.catalogue import Catalogue, shipped
from bot.config.botfile import BotFile, Rule
from bot.config.names import BOT_OPERATIONS
from bot.policy import floor
from bot.policy.match import Request, own


def reaches(rule: Rule, request: Request, file: BotFile, known: Catalogue | None = None) -> bool:
    """Say whether a rule whose pattern matches the operation means it; `known` is the shipped catalogue if absent."""
    if rule.effect != "allow":
        return True
    if floor.never(request):
        return False
    if request.operation in rule.actions:
        return True
    if own(request):
        return BOT_OPERATIONS.get(request.operation) in shipped().until(file.catalogue)
    return (known or shipped()).holds(request.operation, file.catalogue) and not floor.holds(request, file)
