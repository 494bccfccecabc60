"""The only door to AWS: sessions, credentials and clients live here, and every client is guarded.

Clients are made once per account, Region, service and purpose and shared by all threads. Reads retry adaptively; a
change leaves with one attempt, because botocore's own retries would send it again after a lost reply. Each set of
credentials is asked once who it is (GetCallerIdentity) and refused where the answer is not the account in bot.yml.
Nothing an account answers, or fails to answer, keeps another account waiting.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from bot.aws import models, transfers
from bot.aws.configs import CHANGING, READING, changing, of_service, uploading
from bot.aws.credentials import Source
from bot.aws.errors import translated
from bot.aws.guard import Pass, armed, hold
from bot.aws.ways import Account, Way, same
from bot.command import Call, Upload
from bot.errors import AwsError, AwsRefused, AwsUnsent, UsageError

log = logging.getLogger(__name__)

_WHO_AM_I = Pass(reads=frozenset({"sts:GetCallerIdentity"}))
"""The gateway's own call, made for no command."""

__all__ = ["CHANGING", "READING", "Door", "Gateway", "Identity", "identity", "no_files", "uploading"]

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
    token: str
    granted: Pass
    config: Config = READING
    files: Callable[[str], Upload] = no_files

    @property
    def account_id(self) -> str:
        return self.gateway.account_id(self.account)

    def file(self, id_: str) -> Upload:
        return self.files(id_)

    def client(self, service: str) -> Any:
        return armed(self.gateway.client(self.account, self.region, service, self.config), self.granted)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose credentials the default chain finds; `region` is empty where none is configured."""

    account: str
    arn: str
    region: str


def identity(endpoint_url: str | None = None) -> Identity:
    """Ask AWS who the credentials of boto3's default chain are. Raises AwsError."""
    with translated("sts:GetCallerIdentity", changes=False):
        region = str(botocore.session.Session().get_config_variable("region") or "")
        where: dict[str, Any] = {"region_name": region or "us-east-1", "endpoint_url": endpoint_url}
        with closing(Source(None, config=READING, **where)) as source:
            session = _guarded(source.credentials(None))
            with closing(session.client("sts", config=READING, **where)) as client:
                answer = armed(client, _WHO_AM_I).get_caller_identity()
    return Identity(answer["Account"], answer["Arn"], region)


def _guarded(credentials: Any, profile: str | None = None) -> boto3.Session:
    """Return a session whose clients refuse every call until they are armed."""
    core = botocore.session.Session(profile=profile)
    core.register_component("data_loader", _loader())
    hold(core.get_component("event_emitter"))
    core.get_component("event_emitter").register("before-call.s3", _stay)
    core._credentials = credentials  # noqa: SLF001 - no setter
    return boto3.Session(botocore_session=core)


def _stay(context: dict[str, Any], **_: Any) -> None:
    """Keep S3's clients in their Region: the rules were asked about that one, and not about where a bucket is."""
    context.setdefault("s3_redirect", {})["redirected"] = True


@cache
def _loader() -> Loader:
    """Return the one loader of botocore's own models: EC2's alone is 20 MB, and nobody's `~/.aws/models` counts."""
    loader = Loader(include_default_search_paths=False)
    loader.search_paths.append(Loader.BUILTIN_DATA_PATH)
    return loader


class Gateway:
    """Sessions by account, clients by account, Region and service."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        endpoint_url: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._accounts = accounts
        self._endpoint_url = endpoint_url
        self._sleep = sleep
        self._ways = {name: Way() for name in accounts}

    def use(self, accounts: Mapping[str, Account]) -> None:
        """Put other accounts in the place of those known; of one that changed nothing is kept, calls under way finish.

        An account that is gone is refused from now on.
        """
        old, before = self._ways, self._accounts
        kept = {name for name in accounts if name in before and same(before[name], accounts[name])}
        self._accounts = accounts
        self._ways = {name: old[name] if name in kept else Way() for name in accounts}
        for name in old.keys() - kept:
            old[name].forget()

    def reading(
        self,
        account: str,
        region: str,
        operations: tuple[str, ...],
        token: str = "",
        files: Callable[[str], Upload] = no_files,
    ) -> Door:
        """Open a way to AWS for these operations and no others. Raises AwsError for a wrong account."""
        self._pin(account)
        return Door(self, account, region, token, Pass(reads=frozenset(operations)), files=files)

    def send(  # noqa: PLR0917  # a call, and what goes with it
        self,
        account: str,
        region: str,
        call: Call,
        body: Callable[[], BinaryIO] | None = None,
        progress: Progress = unheard,
        still: Callable[[], None] = always,
    ) -> Mapping[str, Any]:
        """Make one change, once; sent again only where AWS turned it away unread. Raises AwsError.

        `body` opens what a call uploads, from its beginning. `still` is asked last, each time the call is about to
        leave, and raises where it must not any more.
        """
        self._pin(account)
        granted = transfers.granted(call) if call.upload else Pass(exactly=((call.operation, call.params),))
        config = uploading(call.seconds) if call.upload else changing(call.seconds)
        door = Door(self, account, region, "", granted, config)
        for wait in (*_THROTTLED_WAITS, None):
            try:
                return self._once(door, call, body, progress, still)
            except AwsRefused as error:
                if not error.unread or wait is None:
                    raise
                self._sleep(wait + random.uniform(0, wait / 2))  # noqa: S311 - jitter, not a secret
        raise AssertionError

    def client(self, account: str, region: str, service: str, config: Config) -> Any:
        """Return the shared client, which refuses every call until it is armed."""
        way, key = self._way(account), (region, service, config)
        with way.lock:
            if key not in way.clients:
                way.clients[key] = self._session(account, way).client(
                    service,
                    region_name=region,
                    config=of_service(service, config),
                    endpoint_url=self._endpoint_url,
                )
            return way.clients[key]

    def account_id(self, account: str) -> str:
        """Return the twelve digits of an account of bot.yml."""
        return self._accounts[account].id

    def warm(self, account: str) -> None:
        """Make the client that an account's first command would wait a second for; AWS is asked nothing."""
        try:
            with translated("ec2:DescribeInstances", changes=False):
                self.client(account, self._accounts[account].region, "ec2", READING)
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
        body: Callable[[], BinaryIO] | None,
        progress: Progress,
        still: Callable[[], None],
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
        assert body, "a call that uploads is sent with its body"
        with transfers.opened(call, body) as stream, translated(call.operation, changes=True):
            return transfers.upload(client, call, stream, progress)

    def _session(self, account: str, way: Way) -> boto3.Session:
        if way.session is None:
            about = self._accounts[account]
            way.source = Source(
                about.profile, region_name=about.region, config=READING, endpoint_url=self._endpoint_url
            )
            way.session = _guarded(way.source.credentials(about.role), about.profile)
        return way.session

    def _way(self, account: str) -> Way:
        if account not in self._ways:
            raise AwsUnsent(f"{account} is no account of bot.yml any more: nothing was sent.", code="NoAccount")
        return self._ways[account]

    def _pin(self, account: str) -> None:
        """Check once that the credentials are the named account's (invariant 4); only success is remembered."""
        way = self._way(account)
        with way.lock:
            if way.pinned:
                return
            try:
                self._compare(account)
            except BaseException:
                way.forget()
                raise
            way.pinned = True

    def _compare(self, account: str) -> None:
        about = self._accounts[account]
        door = Door(self, account, about.region, "", _WHO_AM_I)
        with translated("sts:GetCallerIdentity", changes=False):
            found = door.client("sts").get_caller_identity()["Account"]
        if found != about.id:
            raise AwsUnsent(
                f"The credentials for {account} belong to another account (…{found[-4:]}, not …{about.id[-4:]}): "
                "nothing was sent. Whoever runs the bot must mend accounts: in bot.yml or the credentials.",
                code="WrongAccount",
            )
