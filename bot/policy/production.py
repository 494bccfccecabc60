"""What is production: an account that bot.yml marks as such, or whatever bears one of its production tags."""

from __future__ import annotations

from dataclasses import replace

from bot.command import Resource
from bot.config.botfile import BotFile
from bot.policy.match import Request, own


def known(file: BotFile, request: Request) -> Request:
    """Return the request with what is known of its being production."""
    about = False if own(request) else production(file, request.account, request.resource)
    return replace(request, production=about)


def production(file: BotFile, account: str, resource: Resource | None) -> bool | None:
    """Say whether something is production; None where that is not known: no tags to look at, no such account."""
    about = file.accounts.get(account)
    if about and about.production:
        return True
    if file.production is None:
        return False if about else None
    tags = resource.tags if resource else None
    if tags is None:
        return None
    tagged = any(tags.get(key) in values for key, values in file.production.tags.items())
    return tagged or (False if about else None)
