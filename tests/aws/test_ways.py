"""Invariant 2, way by way: each is stopped, each of its stops holds alone, and without them it comes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from bot.aws import guard, sessions
from bot.aws.errors import translated
from bot.aws.gateway import Gateway
from bot.errors import AwsUnsent, GuardError
from bot.sandbox.aws.buckets import ABROAD
from bot.sandbox.aws.estate import REGION
from tests.aws.conftest import ACCOUNTS, Watched
from tests.aws.sockets import connections
from tests.aws.ways import WAYS, Tried, table
from tests.sandbox.aws_wire import Aws

HOOKS = frozenset({"parameters", "signature", "seal", "sessions", "ARNs", "stay"})
ALONE = [(name, stop) for name, way in WAYS.items() for stop in way.stops]
Remove = Callable[[frozenset[str]], None]
Trying = Callable[[str], Watched]


def ignore(*_: object, **__: object) -> None:
    """A hook that holds nothing."""


@pytest.fixture
def remove(monkeypatch: pytest.MonkeyPatch) -> Iterator[Remove]:
    """Every session is held, as in production, until a test removes hooks: those named, and no others."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    guard.hold_every_session()
    how: dict[str, Callable[[], None]] = {
        "parameters": lambda: monkeypatch.setitem(guard.HOOKS, "provide-client-params", lambda _: ignore),
        "signature": lambda: monkeypatch.setitem(guard.HOOKS, "before-sign", lambda _: ignore),
        "seal": lambda: monkeypatch.setattr(guard, "Sealed", lambda inside: inside),
        "sessions": guard.let_sessions_be,
        "ARNs": lambda: monkeypatch.setattr(guard, "foreign", lambda *_: ""),
        "stay": lambda: monkeypatch.setattr(sessions, "stay", ignore),
    }

    def without(hooks: frozenset[str]) -> None:
        for hook in hooks:
            how[hook]()

    yield without
    with suppress(ValueError):
        guard.let_sessions_be()


@pytest.fixture(scope="module")
def kept() -> Iterator[dict[str, Gateway]]:
    """One gateway for the ways that go through a client it arms: its hooks are those of the moment it is armed in."""
    gateways: dict[str, Gateway] = {}
    yield gateways
    for gateway in gateways.values():
        gateway.close()


@pytest.fixture
def trying(server: Aws, kept: dict[str, Gateway]) -> Iterator[Trying]:
    """What a way is tried with. A session's own clients have the hooks of when it was made: those get a new gateway."""
    made: list[Gateway] = []

    def for_way(name: str) -> Watched:
        fresh = Gateway(ACCOUNTS, server.url)
        made.append(fresh)
        gateway = fresh if "session" in WAYS[name].go.__code__.co_names else kept.setdefault(server.url, fresh)
        return Watched(gateway, [], server, Gateway)

    server.control("clear", {})
    yield for_way
    for each in made:
        if each not in kept.values():
            each.close()


def gone(watched: Watched, name: str) -> str:
    """Try a way; what came of it: what arrived at AWS, or what was signed. Raises GuardError."""
    watched.gateway.reading("dev", REGION, ())  # who the credentials are has been asked by now
    watched.aws.control("clear", {})
    signed: object = ""
    with suppress(ClientError):  # what AWS says to it does not matter: it was asked
        signed = WAYS[name].go(Tried(watched))
    arrived = " ".join(operation for operation, _ in watched.seen())
    return arrived or (str(signed) if "signature" in str(signed).lower() else "")


@pytest.mark.parametrize("name", [name for name, way in WAYS.items() if way.stops])
def test_a_way_round_is_refused_and_no_socket_goes_anywhere(trying: Trying, remove: Remove, name: str) -> None:
    watched = trying(name)
    with connections() as made, pytest.raises(GuardError):
        gone(watched, name)
    assert watched.seen() == []
    assert set(made) <= {watched.aws.url.removeprefix("http://")}


@pytest.mark.parametrize(("name", "stop"), ALONE, ids=[f"{name}: {'+'.join(sorted(stop))}" for name, stop in ALONE])
def test_each_of_its_stops_holds_it_alone(trying: Trying, remove: Remove, name: str, stop: frozenset[str]) -> None:
    remove(HOOKS - stop)
    watched = trying(name)
    with pytest.raises(GuardError):
        gone(watched, name)
    assert watched.seen() == []


@pytest.mark.parametrize("name", WAYS)
def test_without_its_hooks_it_comes_through(trying: Trying, remove: Remove, name: str) -> None:
    remove(WAYS[name].without)
    assert gone(trying(name), name)


def test_the_table_in_the_docs_is_this_one() -> None:
    docs = Path(guard.__file__).parents[2] / "docs" / "security.md"
    assert table() in docs.read_text(), f"docs/security.md, The ways round that were tried:\n{table()}"


def test_a_way_that_only_a_contract_stops_says_so() -> None:
    assert [name for name, way in WAYS.items() if not way.stops] == [
        "SigV4 by hand, with credentials taken out of a client"
    ]


# S3's redirect, and the credentials' own calls: what passes inside another call


def regions(watched: Watched) -> set[str]:
    return {each["region"] for each in watched.aws.log()}


def list_abroad(watched: Watched) -> None:
    s3 = watched.gateway.reading("dev", REGION, ("s3:ListObjectsV2",)).client("s3")
    watched.aws.control("clear", {})
    s3.list_objects_v2(Bucket=ABROAD)


def test_a_bucket_in_another_region_is_not_followed_there(watched: Watched, remove: Remove) -> None:
    with pytest.raises(ClientError, match="PermanentRedirect"):
        list_abroad(watched)
    assert (regions(watched), len(watched.seen())) == ({REGION}, 1)


def test_without_its_hook_a_bucket_in_another_region_is_followed(watched: Watched, remove: Remove) -> None:
    remove(frozenset({"stay"}))
    list_abroad(watched)
    assert regions(watched) == {REGION, "us-east-1"}


def test_the_redirect_s_own_head_bucket_is_on_no_list(watched: Watched, remove: Remove) -> None:
    remove(frozenset({"stay"}))
    s3 = watched.gateway.reading("dev", REGION, ("s3:ListObjectsV2", "s3:HeadBucket")).client("s3")
    watched.aws.control("clear", {})
    watched.aws.fault("code", "ListObjectsV2", code="PermanentRedirect", status=301)
    with pytest.raises(GuardError, match="HeadBucket"):
        s3.list_objects_v2(Bucket=ABROAD)
    assert [operation for operation, _ in watched.seen()] == ["ListObjectsV2"]


def test_a_held_process_still_becomes_a_role_and_asks_who_it_is(watched: Watched, remove: Remove) -> None:
    watched.gateway.reading("prod", REGION, ("ec2:DescribeInstances",)).client("ec2").describe_instances()
    assert [operation for operation, _ in watched.seen()] == ["AssumeRole", "GetCallerIdentity", "DescribeInstances"]


def test_transfers_work_on_a_sealed_client(watched: Watched, remove: Remove, tmp_path: Any) -> None:
    s3 = watched.gateway.reading("dev", REGION, ("s3:PutObject", "s3:GetObject", "s3:HeadObject")).client("s3")
    (tmp_path / "up").write_bytes(b"through and back")
    for _ in range(2):
        s3.upload_file(str(tmp_path / "up"), "tidewater-dev-artifacts", "up")
    s3.download_file("tidewater-dev-artifacts", "up", str(tmp_path / "down"))
    assert (tmp_path / "down").read_bytes() == b"through and back"


def test_what_the_recorder_sees_is_every_socket(watched: Watched) -> None:
    """A recorder that is blind would make the promise above empty."""
    elsewhere = Gateway({"dev": watched.gateway._accounts["dev"]}, "http://127.0.0.1:9")
    with connections() as made, pytest.raises(AwsUnsent), translated("x", changes=False):
        elsewhere.reading("dev", REGION, ())
    elsewhere.close()
    assert set(made) == {"127.0.0.1:9"}
