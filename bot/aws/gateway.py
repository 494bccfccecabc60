"""The only door to AWS: sessions, credentials and clients live here, and every client is guarded.

Clients are made once per account, Region, service and purpose and shared by all threads. Reads retry adaptively; a
change leaves with one attempt, because botocore's own retries would send it again after a lost reply. Each set of
credentials is asked once who it is (GetCallerIdentity) and refused where the answer is not the account in bot.yml.
Nothing an account answers, or fails to answer, keeps another account waiting.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import boto3
from botocore.config import Config

from bot.aws import models, transfers
from bot.aws.configs import CHANGING, EXPLAINING, READING, changing, of_service, uploading
from bot.aws.credentials import Source
from bot.aws.errors import translated
from bot.aws.foreign import Home
from bot.aws.guard import Pass, armed
from bot.aws.identity import ASKING
from bot.aws.meter import Rate, Reads, watch
from bot.aws.own_calls import DECODE, WHO_AM_I
from bot.aws.sessions import guarded
from bot.aws.ways import Account, Way, same
from bot.command import Call, Upload
from bot.errors import AwsError, AwsRefused, AwsUnsent, BotError, UsageError

log = logging.getLogger(__name__)

_DECODE = Pass(reads=frozenset({DECODE}))

__all__ = ["CHANGING", "READING", "Door", "Gateway", "no_files", "uploading"]
_THROTTLED_WAITS = (0.5, 1.0, 2.0)


Progress = Callable[[int], None]


def unheard(_bytes: int) -> None:
    """Take no notice of an upload's progress."""


def always() -> None:
    """Let a call leave."""


def no_files(_id: str) -> Upload:
    raise UsageError("No file can be handed in here.")


@dataclass(frozen=True)
class Door:
    """One run's way to AWS: see `bot.command.Aws`."""

    gateway: Gateway
    account: str
    region: str
    granted: Pass
    config: Config = READING
    token: str = ""
    files: Callable[[str], Upload] = no_files
    counts: Callable[[str], None] | None = None

    @property
    def account_id(self) -> str:
        return self.gateway.account_id(self.account)

    @property
    def partition(self) -> str:
        return models.partition(self.region)

    def file(self, id_: str) -> Upload:
        return self.files(id_)

    def client(self, service: str) -> Any:
        client = self.gateway.client(self.account, self.region, service, self.config)
        return watch(armed(client, self.granted), self.counts)


class Gateway:
    """Sessions by account, clients by account, Region and service."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        endpoint_url: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        rate: Rate | None = None,
    ) -> None:
        self.reads = Reads(rate)
        self._accounts = accounts
        self._endpoint_url = endpoint_url
        self._sleep = sleep
        self._ways = {name: Way(about) for name, about in accounts.items()}

    def use(self, accounts: Mapping[str, Account]) -> None:
        """Put other accounts in the place of those known; of one that changed nothing is kept, calls under way finish.

        An account that is gone is refused from now on.
        """
        old, before = self._ways, self._accounts
        kept = {name for name in accounts if name in before and same(before[name], accounts[name])}
        self._accounts = accounts
        self._ways = {name: old[name] if name in kept else Way(about) for name, about in accounts.items()}
        for name in old.keys() - kept:
            old[name].forget()

    def reading(
        self,
        account: str,
        region: str,
        operations: tuple[str, ...],
        token: str = "",
        files: Callable[[str], Upload] = no_files,
        *,
        finishing: bool = False,
    ) -> Door:
        """Open a way to AWS for these operations alone; `finishing` is never held up. Raises AwsError."""
        self._pin(account)
        granted = Pass(reads=frozenset(operations), home=Home(self.account_id(account), region))
        counts = self.reads.counting(account, region, passes=finishing)
        return Door(self, account, region, granted, token=token, files=files, counts=counts)

    def send(  # noqa: PLR0917  # a call, and what goes with it
        self,
        account: str,
        region: str,
        call: Call,
        body: Callable[[], BinaryIO] | None = None,
        progress: Progress = unheard,
        still: Callable[[], None] = always,
        *,
        named: frozenset[str] = frozenset(),
    ) -> Mapping[str, Any]:
        """Make one change, once; sent again only where AWS turned it away unread. Raises AwsError.

        `body` opens what a call uploads, from its beginning; `named` are the ARNs of other accounts or Regions that the
        decision granted by name. `still` is asked last, each time the call is about to leave, and raises where it must
        not any more.
        """
        self._pin(account)
        granted = transfers.granted(call) if call.upload else Pass(exactly=((call.operation, call.params),))
        granted = replace(granted, home=Home(self.account_id(account), region, named))
        config = uploading(call.seconds) if call.upload else changing(call.seconds)
        door = Door(self, account, region, granted, config)
        for wait in (*_THROTTLED_WAITS, None):
            try:
                return self._once(door, call, body, progress, still)
            except AwsRefused as error:
                if not error.unread or wait is None:
                    raise
                self._sleep(wait + random.uniform(0, wait / 2))  # noqa: S311 - jitter, not a secret
        raise AssertionError

    def decoded(self, account: str, region: str, message: str) -> Mapping[str, Any] | None:
        """Ask AWS what its encoded authorization message says; None where it does not say, or cannot be asked."""
        try:
            self._pin(account)
            with translated(DECODE, changes=False):
                sts = Door(self, account, region, _DECODE, EXPLAINING).client("sts")
                said = json.loads(sts.decode_authorization_message(EncodedMessage=message)["DecodedMessage"])
        except (BotError, LookupError, ValueError) as error:
            log.info("An authorization message stays encoded: %s", error)
            return None
        return said if isinstance(said, dict) else None

    def client(self, account: str, region: str, service: str, config: Config) -> Any:
        """Return the shared client, which refuses every call until it is armed. Raises AwsError for a wrong account.

        Its credentials were compared with the account: also where bot.yml was read again since the run began.
        """
        way = self._way(account)
        with way.lock:
            self._compared(account, way)
            return self._made(way, region, service, config)

    def _made(self, way: Way, region: str, service: str, config: Config) -> Any:
        key = (region, service, config)
        with way.lock:
            if key not in way.clients:
                way.clients[key] = self._session(way).client(
                    service,
                    region_name=region,
                    config=of_service(service, config),
                    endpoint_url=self._endpoint_url,
                )
            return way.clients[key]

    def account_id(self, account: str) -> str:
        """Return the twelve digits of an account of bot.yml."""
        return self._way(account).about.id

    def warm(self, account: str) -> None:
        """Make the client that an account's first command would wait a second for; AWS is asked nothing."""
        try:
            with translated("ec2:DescribeInstances", changes=False):
                way = self._way(account)
                self._made(way, way.about.region, "ec2", READING)
        except AwsError as error:
            log.warning("%s: %s", account, error.sentence)

    def close(self) -> None:
        """Close every connection; calls still under way lose theirs when they end."""
        for way in self._ways.values():
            way.forget()

    def _once(
        self,
        door: Door,
        call: Call,
        body: Callable[[], BinaryIO] | None = None,
        progress: Progress = unheard,
        still: Callable[[], None] = always,
    ) -> Mapping[str, Any]:
        """Send a change; whatever keeps it from being signed is known before anything can have left."""
        service, method = models.client_method(call.operation)
        with translated(call.operation, changes=False):
            client = door.client(service)
            client._request_signer._credentials.get_frozen_credentials()  # noqa: SLF001 - no public door
        still()
        if call.upload:
            return self._upload(client, call, body, progress)
        with translated(call.operation, changes=True):
            answer: Mapping[str, Any] = getattr(client, method)(**call.params)
        return answer

    def _upload(
        self, client: Any, call: Call, body: Callable[[], BinaryIO] | None, progress: Progress
    ) -> Mapping[str, Any]:
        assert body
        with transfers.opened(call, body) as stream, translated(call.operation, changes=True):
            return transfers.upload(client, call, stream, progress)

    def _session(self, way: Way) -> boto3.Session:
        if way.session is None:
            about = way.about
            way.source = Source(
                about.profile, region_name=about.region, config=READING, endpoint_url=self._endpoint_url
            )
            way.session = guarded(way.source.credentials(about.role), about.profile)
        return way.session

    def _way(self, account: str) -> Way:
        if account not in self._ways:
            raise AwsUnsent(f"{account} is no account of bot.yml any more: nothing was sent.", code="NoAccount")
        return self._ways[account]

    def _pin(self, account: str) -> None:
        """Check once that the credentials are the named account's (invariant 4); only success is remembered."""
        self._compared(account, self._way(account))

    def _compared(self, account: str, way: Way) -> None:
        with way.lock:
            if way.pinned:
                return
            try:
                self._compare(account, way)
            except BaseException:
                way.forget()
                raise
            way.pinned = True

    def _compare(self, account: str, way: Way) -> None:
        about = way.about
        with translated(WHO_AM_I, changes=False):
            client = armed(self._made(way, about.region, "sts", READING), ASKING)
            found = client.get_caller_identity()["Account"]
        if found != about.id:
            raise AwsUnsent(
                f"The credentials for {account} belong to another account (…{found[-4:]}, not …{about.id[-4:]}): "
                "nothing was sent. Whoever runs the bot must mend accounts: in bot.yml or the credentials.",
                code="WrongAccount",
            )
