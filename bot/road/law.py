"""The law: the bot.yml in force, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.command import Resource
from bot.config.botfile import Account, BotFile
from bot.errors import Refused
from bot.parse import Defaults
from bot.policy.production import production


@dataclass(frozen=True)
class Law:
    """The rules in force, or what is wrong with bot.yml: then every command is answered with that.

    `since` (epoch seconds) and `digest` (SHA-256) say which, and `warning` what is wrong with the file on disk now.
    """

    file: BotFile
    problems: tuple[str, ...] = ()
    since: float = 0.0
    digest: str = ""
    warning: str = ""

    @property
    def locked(self) -> str:
        return self.problems[0] if self.problems else ""

    @property
    def defaults(self) -> Defaults:
        accounts = self.file.accounts
        names = {name: name for name in accounts} | {about.id: name for name, about in accounts.items()}
        regions = {name: about.region for name, about in accounts.items()}
        default = next((name for name, about in accounts.items() if about.default), None)
        return Defaults(names, regions, default)

    def open(self, account: str, region: str) -> None:
        """Refuse a Region that the account's entry does not open; a word of the bot has no account."""
        if account and region:
            self.opened(account, region)

    def opened(self, account: str, region: str) -> Account:
        """Return an account of bot.yml. Raises Refused where its entry does not open the Region."""
        about = self.file.account(account)
        if not about.takes(region):
            raise Refused(f"{account} is not open in {region} (regions: in bot.yml).", layer="allowlist")
        return about

    def marked(self, account: str, resources: Iterable[Resource] = ()) -> str:
        """An account's name as cards show it: production is said out loud."""
        return f"{account} (PRODUCTION)" if self.production(account, resources) else account

    def production(self, account: str, resources: Iterable[Resource] = ()) -> bool:
        """Say whether it is a production account, or any of these is known to be production."""
        return any(production(self.file, account, each) for each in (None, *resources))
