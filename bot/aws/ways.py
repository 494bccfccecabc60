"""What the gateway keeps of each account: its credentials, session and clients, behind a lock of its own."""

from __future__ import annotations

import threading
from typing import Any, Protocol

import boto3
from botocore.config import Config

from bot.aws.credentials import Source


class Account(Protocol):
    """What the gateway has to know of an account of bot.yml."""

    @property
    def id(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def role(self) -> str | None: ...

    @property
    def profile(self) -> str | None: ...


def same(one: Account, other: Account) -> bool:
    """Whether two entries lead to the same credentials."""
    return all(getattr(one, each) == getattr(other, each) for each in ("id", "region", "role", "profile"))


class Way:
    """What the gateway keeps of one account, as bot.yml had it when this was made; behind a lock of its own."""

    def __init__(self, about: Account) -> None:
        self.about = about
        self.lock = threading.RLock()
        self.source: Source | None = None
        self.session: boto3.Session | None = None
        self.clients: dict[tuple[str, str, Config], Any] = {}
        self.pinned = False

    def forget(self) -> None:
        """Close every connection and begin anew: the next use reads the credentials again."""
        clients, self.clients = self.clients, {}
        for client in clients.values():
            client.close()
        if self.source:
            self.source.close()
        self.source = self.session = None
        self.pinned = False
