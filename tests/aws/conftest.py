"""A gateway to the local AWS over HTTP; the journal at the endpoint is the witness of what was sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.aws.gateway import Gateway
from bot.sandbox.aws.estate import ACCESS_KEY, DEV, PROD, PROD_ROLE, REGION, SECRET_KEY
from tests.sandbox.aws_wire import Aws, running


@dataclass(frozen=True)
class Known:
    """An account as bot.yml describes it."""

    id: str
    region: str = REGION
    role: str | None = None
    profile: str | None = None


ACCOUNTS = {"dev": Known(DEV), "prod": Known(PROD, role=PROD_ROLE)}


@dataclass
class Watched:
    """A gateway and the naps it took; `to` makes another one, `seen` is what arrived at AWS."""

    gateway: Gateway
    naps: list[float]
    aws: Aws
    to: Callable[..., Gateway]

    def seen(self) -> list[tuple[str, str]]:
        return [(one["operation"], one["account"]) for one in self.aws.log()]


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws) -> Aws:
    server.control("reset", {})
    return server


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No AWS settings but the key in the environment, and two files that are not there yet."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    ours = {
        "HOME": str(tmp_path),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    }
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def watched(aws: Aws) -> Iterator[Watched]:
    made: list[Gateway] = []
    naps: list[float] = []

    def to(**accounts: Known) -> Gateway:
        made.append(Gateway(accounts, aws.url, naps.append))
        return made[-1]

    yield Watched(to(**ACCOUNTS), naps, aws, to)
    for gateway in made:
        gateway.close()
