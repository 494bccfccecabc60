"""A local AWS in a process of its own, so that its memory is not the measuring one's, and small programs to measure.

`python -m tests.proofs.elsewhere aws [KEYS] [INSTANCES]` serves until its input ends; `python -m tests.proofs.elsewhere
keys|instances|fetch URL …` does one thing against it and prints seconds and megabytes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

MANY = "tidewater-dev-many"


@dataclass(frozen=True)
class There:
    """Where the other process's AWS is."""

    url: str


def megabytes(pid: int | str = "self") -> float:
    """Resident memory of a process: VmRSS."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith("VmRSS")]
    return int(kilobytes) * 1024 / 1e6


@contextmanager
def aws(keys: int = 0, instances: int = 0) -> Iterator[There]:
    """Run an AWS elsewhere with a bucket of so many keys, and so many more instances in dev."""
    command = [sys.executable, "-m", "tests.proofs.elsewhere", "aws", str(keys), str(instances)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin
    assert child.stdout
    try:
        url = child.stdout.readline().strip()
        assert url.startswith("http"), "the other AWS did not start"
        yield There(url)
    finally:
        child.stdin.close()
        child.wait(20)
        child.stdout.close()


def measured(*arguments: str) -> tuple[float, float, int]:
    """Do one thing in a fresh process: seconds, megabytes that came on top, and how many things it had."""
    environment = {**os.environ, **_keys()}
    said = subprocess.run(
        [sys.executable, "-m", "tests.proofs.elsewhere", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return float(said[0]), float(said[1]), int(said[2])


def _keys() -> dict[str, str]:
    from bot.sandbox.aws.names import ACCESS_KEY, SECRET_KEY

    return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}


def _serve(keys: int, instances: int) -> None:
    from bot.sandbox.aws.server import AwsServer

    with AwsServer() as server:
        _remember(server._layer)
        _fill_bucket(keys)
        _launch(instances)
        print(server.url, flush=True)  # noqa: T201
        sys.stdin.read()


def _remember(layer: Any) -> None:
    """Answer what was asked before without asking moto again: its seconds a page are not what is measured."""
    slow, answers = layer._by_moto, {}
    locks: defaultdict[Any, Lock] = defaultdict(Lock)

    def quick(environ: Any, call: Any) -> Any:
        if call.operation != "DescribeInstances":
            return slow(environ, call)
        asked = tuple(sorted(call.params.items()))
        with locks[asked]:
            if asked not in answers:
                answers[asked] = slow(environ, call)
            return answers[asked]

    layer._by_moto = quick


def _fill_bucket(keys: int) -> None:
    """Many keys of one small object: what a list shows is their names."""
    from moto.s3.models import FakeKey, s3_backends

    from bot.sandbox.aws.names import DEV, REGION

    bucket = s3_backends[DEV]["aws"].create_bucket(MANY, REGION)
    one = FakeKey("one", b"x" * 100, account_id=DEV, region_name=REGION, bucket_name=MANY)
    for number in range(keys):
        dict.__setitem__(bucket.keys, f"events/2025/11/{number % 30 + 1:02}/{number:08}.json.gz", [one])


def _launch(instances: int) -> None:
    """Many instances without tags: for each instance moto looks through every tag there is."""
    if not instances:
        return
    from moto.ec2.models import ec2_backends

    from bot.sandbox.aws.estate import AMI
    from bot.sandbox.aws.names import DEV, REGION

    backend = ec2_backends[DEV][REGION]
    for start in range(0, instances, 250):
        count = min(250, instances - start)
        made = backend.run_instances(
            AMI,
            count,
            None,
            [],
            instance_type="t3.micro",
            is_instance_type_default=False,
            region_name=REGION,
            client_token="",
        )
        assert len(made.instances) == count


def _plain(service: str, operation: str, **params: Any) -> Iterator[Any]:
    import boto3
    from botocore.config import Config

    config = Config(read_timeout=300)
    client = boto3.client(service, region_name="eu-west-1", endpoint_url=sys.argv[2], config=config)
    yield client
    yield from client.get_paginator(operation).paginate(**params)


def _loop(service: str, operation: str, read: Any, **params: Any) -> tuple[float, float, int]:
    """List everything with boto3 alone; the client is made, and the first page read, before it counts."""
    pages = _plain(service, operation, **params)
    next(pages)
    before, began = megabytes(), time.monotonic()
    rows = [row for page in pages for row in read(page)]
    return time.monotonic() - began, megabytes() - before, len(rows)


def _fetch() -> tuple[float, float, int]:
    """Stream one object into a file as `s3 get` does, however large it is."""
    from bot.aws.gateway import Gateway
    from bot.sandbox.aws.names import DEV, REGION
    from bot.services import _objects
    from bot.spool import discard
    from tests.aws.conftest import Known

    gateway = Gateway({"dev": Known(DEV)}, sys.argv[2])
    door = gateway.reading("dev", REGION, ("s3:GetObject", "s3:HeadObject"))
    about = _objects.head(door, *sys.argv[3:5])
    before, began = megabytes(), time.monotonic()
    file = _objects.fetched(door, *sys.argv[3:5], about, most=10**9)
    grown, took = megabytes() - before, time.monotonic() - began
    assert Path(file.path).stat().st_size == file.size == about.size
    discard(file.path)
    gateway.close()
    return took, grown, file.size


def _instances(page: Any) -> Iterator[Any]:
    for reservation in page["Reservations"]:
        yield from reservation["Instances"]


def main() -> None:
    what = sys.argv[1]
    if what == "aws":
        _serve(int(sys.argv[2]), int(sys.argv[3]))
        return
    doing = {
        "keys": lambda: _loop("s3", "list_objects_v2", lambda page: page.get("Contents", ()), Bucket=MANY),
        "instances": lambda: _loop("ec2", "describe_instances", _instances, MaxResults=1000),
        "fetch": _fetch,
    }
    print(*doing[what]())  # noqa: T201


if __name__ == "__main__":
    main()
