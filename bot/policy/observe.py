"""Rules that are only observed: what is written down of them where nothing was read from AWS."""

from __future__ import annotations

from collections.abc import Iterator

from bot.config.botfile import BotFile
from bot.policy.decision import Outcome
from bot.policy.match import Request, differs_before
from bot.policy.production import known


def might_grant(file: BotFile, request: Request) -> Iterator[tuple[str, Outcome]]:
    """Name the observed rules that could have granted this, depending on what was not read."""
    request = known(file, request)
    for rule in file.rules:
        if rule.mode == "observe" and rule.effect == "allow" and not differs_before(rule, request):
            yield rule.id, Outcome(rule.grant)
