"""Rates: counted a key, in a window that slides; at the gateway each request counts, a paginator's too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.aws.gateway import Gateway
from bot.aws.meter import Meter, Reads
from bot.errors import Refused
from tests.aws.conftest import ACCOUNTS, Watched

REGION = "eu-west-1"
SEE = ("ec2:DescribeInstances",)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_so_many_pass_and_the_next_is_told_how_long_to_wait() -> None:
    clock = Clock()
    meter = Meter(clock)
    assert [meter.wait("ann", (3, 60.0)) for _ in range(3)] == [0.0] * 3
    clock.now = 20.0
    assert meter.wait("ann", (3, 60.0)) == 40.0
    assert meter.wait("bob", (3, 60.0)) == 0.0
    clock.now = 60.0
    assert [meter.wait("ann", (3, 60.0)) for _ in range(4)] == [0.0, 0.0, 0.0, 60.0]


def test_who_is_refused_is_not_counted_and_what_passes_is() -> None:
    clock = Clock()
    meter = Meter(clock)
    meter.wait("a", (1, 60.0))
    for _ in range(5):
        assert meter.wait("a", (1, 60.0)) == 60.0
    clock.now = 30.0
    assert meter.wait("a", (1, 60.0), passes=True) == 0.0
    clock.now = 61.0
    assert meter.wait("a", (1, 60.0)) == 29.0


def test_keys_that_are_not_used_any_more_are_forgotten() -> None:
    clock = Clock()
    meter = Meter(clock)
    for n in range(1001):
        meter.wait(n, (1, 60.0))
    clock.now = 61.0
    meter.wait("new", (1, 60.0))
    assert len(meter._seen) == 1


def test_who_is_refused_is_told_what_was_too_much_where_and_when_there_is_room() -> None:
    clock = Clock()
    count = Reads((1, 60.0), Meter(clock)).counting("dev", REGION)
    count("ec2:DescribeInstances")
    clock.now = 18.5
    with pytest.raises(Refused) as no:
        count("ec2:DescribeInstances")
    assert no.value.layer == "limit"
    assert no.value.sentence == (
        "ec2:DescribeInstances was asked 1 times within 60 s in dev eu-west-1. No more is let through, so that AWS's "
        "own limit is left to changes. Try again in 42 s."
    )


def test_without_a_rate_nothing_is_counted() -> None:
    count = Reads(None).counting("dev", REGION)
    for _ in range(10):
        count("ec2:DescribeInstances")


@pytest.fixture
def gateway(watched: Watched) -> Iterator[Gateway]:
    made = Gateway(ACCOUNTS, watched.aws.url, rate=(3, 60.0))
    yield made
    made.close()


def looks(gateway: Gateway, account: str = "dev", region: str = REGION, *, finishing: bool = False) -> None:
    gateway.reading(account, region, SEE, finishing=finishing).client("ec2").describe_instances()


def test_too_many_reads_of_one_api_are_refused_before_they_leave(gateway: Gateway, watched: Watched) -> None:
    for _ in range(3):
        looks(gateway)
    before = len(watched.seen())
    with pytest.raises(Refused, match=r"ec2:DescribeInstances was asked 3 times .* Try again in \d+ s\.") as no:
        looks(gateway)
    assert no.value.layer == "limit"
    assert len(watched.seen()) == before


def test_another_region_account_or_api_has_its_own_rate(gateway: Gateway) -> None:
    for _ in range(3):
        looks(gateway)
    looks(gateway, region="us-east-1")
    looks(gateway, account="prod")
    gateway.reading("dev", REGION, ("ec2:DescribeRegions",)).client("ec2").describe_regions()


def test_a_paginator_is_bounded_too(gateway: Gateway) -> None:
    gateway.reads = Reads((1, 60.0))
    paginator = gateway.reading("dev", REGION, SEE).client("ec2").get_paginator("describe_instances")
    pages = iter(paginator.paginate(PaginationConfig={"PageSize": 5}))
    assert next(pages)["NextToken"]
    with pytest.raises(Refused):
        next(pages)


def test_reads_that_finish_a_change_are_not_held_up(gateway: Gateway) -> None:
    for _ in range(3):
        looks(gateway)
    looks(gateway, finishing=True)
    with pytest.raises(Refused):
        looks(gateway)
