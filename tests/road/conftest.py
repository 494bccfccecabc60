"""One local AWS for the road's tests, new for each of them, and a bench over a store in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.aws.gateway import Gateway
from tests.road.bench import Bench, bot_file, opened
from tests.sandbox.aws_wire import Aws, running


@pytest.fixture(scope="package")
def local_aws() -> Iterator[Aws]:
    with running() as aws:
        yield aws


@pytest.fixture(scope="package")
def gateway(local_aws: Aws) -> Iterator[Gateway]:
    """One gateway for all: making EC2's clients takes half a second."""
    with opened(local_aws) as gateway:
        yield gateway


@pytest.fixture
def bench(local_aws: Aws, gateway: Gateway, tmp_path: Path) -> Iterator[Bench]:
    """Ann and Bob may do everything of EC2 in dev; changes are confirmed."""
    local_aws.control("reset", {})
    made = Bench(tmp_path / "bot.db", local_aws, bot_file({}), gateway)
    yield made
    made.close()
