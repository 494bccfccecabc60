"""What the local AWS's tests share: a server whose clock they turn by hand, and real boto3 clients to it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from bot.sandbox.aws.estate import ACCESS_KEY, PROD_ROLE, REGION, SECRET_KEY
from bot.sandbox.aws.server import AwsServer

SESSION = boto3.session.Session()  # one: each would read EC2's large model again


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Aws:
    """The local AWS as a test sees it; `wait` turns its clock."""

    def __init__(self, server: AwsServer, clock: Clock) -> None:
        self.server = server
        self.url = server.url
        self._clock = clock

    def wait(self, seconds: float) -> None:
        self._clock.now += seconds

    def client(
        self, service: str, region: str = REGION, patience: float = 30, signature: str = "", **credentials: str
    ) -> Any:
        """A client that asks once and waits `patience` seconds for the answer."""
        return made(self.url, service, region, patience, signature=signature, keys=tuple(credentials.items()))

    @property
    def ec2(self) -> Any:
        return self.client("ec2")

    def prod(self, service: str) -> Any:
        """A client with the prod role's credentials."""
        got = self.client("sts").assume_role(RoleArn=PROD_ROLE, RoleSessionName="bot")["Credentials"]
        return self.client(
            service,
            aws_access_key_id=got["AccessKeyId"],
            aws_secret_access_key=got["SecretAccessKey"],
            aws_session_token=got["SessionToken"],
        )

    def instance(self, one: str, ec2: Any = None) -> dict[str, Any]:
        (reservation,) = (ec2 or self.ec2).describe_instances(InstanceIds=[one])["Reservations"]
        found: dict[str, Any] = reservation["Instances"][0]
        return found

    def state(self, one: str) -> str:
        return str(self.instance(one)["State"]["Name"])

    def control(self, name: str, body: object = None) -> Any:
        """POST with a body, GET without one; the answer's JSON, also of a refusal."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/_control/{name}", data, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return {**json.load(refused), "status": refused.code}

    def fault(self, kind: str, operation: str = "*", **more: object) -> None:
        assert self.control("fault", {"kind": kind, "operation": operation, **more}) == {"ok": True}

    def log(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.control("log")["entries"]
        return entries


@cache
def made(
    url: str, service: str, region: str, patience: float, *, signature: str, keys: tuple[tuple[str, str], ...]
) -> Any:
    ours = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
    once: dict[str, Any] = {"retries": {"total_max_attempts": 1}, "read_timeout": patience}
    config = Config(**once, parameter_validation=False, signature_version=signature or None)
    return SESSION.client(service, region_name=region, endpoint_url=url, config=config, **(dict(keys) or ours))


@contextmanager
def running(speed: float = 1.0) -> Iterator[Aws]:
    clock = Clock()
    with AwsServer(speed=speed, clock=clock) as server:
        yield Aws(server, clock)


@contextmanager
def refused(code: str, words: str = "") -> Iterator[ClientError]:
    """The call inside is refused with this code and, in full, these words."""
    with pytest.raises(ClientError) as caught:
        yield  # type: ignore[misc]
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert not words or error["Message"] == words
