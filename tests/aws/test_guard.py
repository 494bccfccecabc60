"""Invariant 2: no way round. Whatever a pass does not allow is refused, and AWS's journal shows that nothing came."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.hooks import HierarchicalEmitter
from s3transfer.manager import TransferManager

from bot.aws.gateway import CHANGING, READING, Door
from bot.aws.guard import Pass, Sealed, armed
from bot.errors import GuardError
from bot.sandbox.aws.estate import REGION
from tests.aws.conftest import Watched

WEB, WEB_2 = "i-0a1b2c3d4e5f60001", "i-0a1b2c3d4e5f60002"
STOP = "ec2:StopInstances"
FORM = {"InstanceIds": [WEB], "Hibernate": False}


@contextmanager
def refused(watched: Watched) -> Iterator[None]:
    """What happens inside is refused by the guard, and nothing of it reaches AWS."""
    watched.gateway.reading("dev", REGION, ())  # who the credentials are has been asked by now
    watched.aws.control("clear", {})
    with pytest.raises(GuardError):
        yield
    assert watched.seen() == []


def client(watched: Watched, service: str, *operations: str) -> Any:
    return watched.gateway.reading("dev", REGION, operations).client(service)


def changing(watched: Watched, params: Mapping[str, Any]) -> Any:
    return Door(watched.gateway, "dev", REGION, Pass(exactly=((STOP, params),)), CHANGING).client("ec2")


def in_a_thread(ec2: Any) -> None:
    caught: list[BaseException] = []

    def work() -> None:
        try:
            ec2.describe_instances()
        except GuardError as error:
            caught.append(error)

    thread = Thread(target=work)
    thread.start()
    thread.join()
    for error in caught:
        raise error


def by_hand(ec2: Any) -> None:
    """Past the client's front door: the endpoint is asked directly."""
    model = ec2.meta.service_model.operation_model("DescribeInstances")
    request = ec2._convert_to_request_dict({}, model, ec2.meta.endpoint_url, context={"client_region": REGION})
    ec2._endpoint.make_request(model, request)


def signed_by_hand(any_client: Any, context: dict[str, Any] | None = None) -> str:
    request = {"url": "https://x.example/", "method": "GET", "headers": {}, "body": b"", "context": context or {}}
    url: str = any_client._request_signer.generate_presigned_url(request, "DescribeInstances")
    return url


WAYS: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "call": ("ec2", lambda ec2: ec2.stop_instances(InstanceIds=[WEB])),
    "dry run": ("ec2", lambda ec2: ec2.stop_instances(InstanceIds=[WEB], DryRun=True)),
    "paginator": ("ec2", lambda ec2: list(ec2.get_paginator("describe_instances").paginate())),
    "waiter": ("ec2", lambda ec2: ec2.get_waiter("instance_running").wait(InstanceIds=[WEB])),
    "thread": ("ec2", in_a_thread),
    "presigned url": ("s3", lambda s3: s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})),
    "presigned post": ("s3", lambda s3: s3.generate_presigned_post("b", "k")),
    "transfer": ("s3", lambda s3: s3.upload_fileobj(io.BytesIO(b"x"), "b", "k")),
    "database token": ("rds", lambda rds: rds.generate_db_auth_token("db.example", 5432, "admin")),
    "cluster token": ("dsql", lambda dsql: dsql.generate_db_connect_auth_token("db.example")),
    "signer": ("ec2", signed_by_hand),
    "endpoint": ("ec2", by_hand),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_client_without_a_pass_does_nothing_in_any_way(watched: Watched, way: str) -> None:
    service, go = WAYS[way]
    bare = watched.gateway.client("dev", REGION, service, READING)
    with refused(watched):
        go(bare)


def test_no_right_to_a_service_brings_its_tokens(watched: Watched) -> None:
    with refused(watched):
        client(
            watched, "rds", "rds:GenerateDBAuthToken", "rds-db:connect", "rds:DescribeDBInstances"
        ).generate_db_auth_token("db.example", 5432, "admin")


def test_the_credential_chain_s_clients_get_credentials_and_nothing_else(watched: Watched) -> None:
    watched.gateway.reading("prod", REGION, ())
    source = watched.gateway._ways["prod"].source
    assert source
    sts = source._client("sts", region_name=REGION)
    with refused(watched):
        sts.get_caller_identity()
    with refused(watched):
        source._client("ec2", region_name=REGION).describe_instances()


def test_what_was_declared_passes_in_every_way(watched: Watched) -> None:
    ec2 = client(watched, "ec2", "ec2:DescribeInstances")
    watched.aws.control("clear", {})
    ec2.describe_instances()
    assert len(list(ec2.get_paginator("describe_instances").paginate(MaxResults=5))) == 2
    ec2.get_waiter("instance_running").wait(InstanceIds=[WEB])
    in_a_thread(ec2)
    assert [operation for operation, _ in watched.seen()] == ["DescribeInstances"] * 5
    s3 = client(watched, "s3", "s3:GetObject")
    assert "X-Amz-Signature=" in s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})


def test_i9_a_change_passes_exactly_as_it_was_confirmed(watched: Watched) -> None:
    ec2 = changing(watched, FORM)
    watched.aws.control("clear", {})
    ec2.stop_instances(**FORM)
    (entry,) = watched.aws.log()
    assert (entry["operation"], entry["params"]) == ("StopInstances", {"InstanceId.1": WEB, "Hibernate": "false"})


@pytest.mark.parametrize(
    "params",
    [
        {"InstanceIds": [WEB_2], "Hibernate": False},
        {"InstanceIds": [WEB, WEB_2], "Hibernate": False},
        {"InstanceIds": [], "Hibernate": False},
        {"InstanceIds": [WEB], "Hibernate": True},
        {"InstanceIds": [WEB], "Hibernate": False, "Force": True},
        {"InstanceIds": [WEB], "Hibernate": False, "Force": False},
        {"InstanceIds": [WEB]},
        {"Hibernate": False},
        {},
    ],
)
def test_i9_a_change_with_any_other_parameters_is_refused(watched: Watched, params: dict[str, Any]) -> None:
    ec2 = changing(watched, FORM)
    with refused(watched):
        ec2.stop_instances(**params)


def test_the_right_to_a_change_is_the_right_to_no_other_operation(watched: Watched) -> None:
    ec2 = changing(watched, FORM)
    for method in ("terminate_instances", "start_instances", "reboot_instances"):
        with refused(watched):
            getattr(ec2, method)(InstanceIds=[WEB])
    with refused(watched):
        ec2.describe_instances()


def test_two_passes_on_one_shared_client_do_not_mix(watched: Watched) -> None:
    passes = {"describe_instances": "ec2:DescribeInstances", "describe_volumes": "ec2:DescribeVolumes"}
    client(watched, "ec2")
    watched.aws.control("clear", {})
    barrier, wrong = Barrier(4), list[str]()

    def work(mine: str, others: str) -> None:
        barrier.wait(30)
        for _ in range(5):
            ec2 = client(watched, "ec2", passes[mine])
            getattr(ec2, mine)()
            try:
                getattr(ec2, others)()
            except GuardError:
                continue
            wrong.append(others)

    one, two = passes
    threads = [Thread(target=work, args=names) for names in ((one, two), (two, one), (one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    seen = [operation for operation, _ in watched.seen()]
    assert sorted(seen) == ["DescribeInstances"] * 10 + ["DescribeVolumes"] * 10


def test_the_stamp_of_one_pass_is_worth_nothing_to_another(watched: Watched) -> None:
    bare = watched.gateway.client("dev", REGION, "ec2", READING)
    mine, other = Pass(frozenset({"ec2:DescribeInstances"})), Pass(frozenset({"ec2:DescribeInstances"}))
    stamp = (mine, "DescribeInstances")
    assert "Signature" in signed_by_hand(armed(bare, mine), {"bot-pass": stamp})
    with refused(watched):
        signed_by_hand(armed(bare, other), {"bot-pass": stamp})
    with refused(watched):
        signed_by_hand(armed(bare, mine), {"bot-pass": (mine, "DescribeVolumes")})


def test_arming_leaves_the_shared_client_as_it_was(watched: Watched) -> None:
    client(watched, "ec2", "ec2:DescribeInstances").describe_instances()
    bare = watched.gateway.client("dev", REGION, "ec2", READING)
    with refused(watched):
        bare.describe_instances()


def test_a_client_that_is_armed_says_so_when_a_handler_is_taken_off(watched: Watched) -> None:
    with pytest.raises(GuardError, match="before-sign cannot be changed"):
        client(watched, "ec2").meta.events.unregister("before-sign")


def test_a_body_counts_what_leaves_once_it_is_signed_however_often_its_client_transfers() -> None:
    did: list[str] = []
    events = HierarchicalEmitter()
    events.register("request-created.s3", lambda **_: did.append("signed"))
    for _ in range(2):
        TransferManager(SimpleNamespace(meta=SimpleNamespace(events=Sealed(events)))).shutdown()
    body = SimpleNamespace(
        signal_not_transferring=lambda: did.append("off"), signal_transferring=lambda: did.append("on")
    )
    events.emit("request-created.s3", request=SimpleNamespace(body=body), operation_name="PutObject")
    assert did == ["off", "signed", "on"]


def test_armed_copies_share_one_connection(watched: Watched) -> None:
    for _ in range(5):
        ec2 = client(watched, "ec2", "ec2:DescribeInstances")
        ec2.describe_instances()
    bare = watched.gateway.client("dev", REGION, "ec2", READING)
    assert ec2._endpoint.http_session is bare._endpoint.http_session
    pool = bare._endpoint.http_session._manager.connection_from_url(watched.aws.url)
    assert (pool.num_connections, pool.num_requests) == (1, 5)
