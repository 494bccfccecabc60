"""The server's own life: it starts, answers from many threads, and leaves nothing behind."""

from __future__ import annotations

import socket
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.sandbox.aws.server import AwsServer
from tests.sandbox.aws_wire import Aws, Clock, refused, running

WEB = "i-0a1b2c3d4e5f60001"


def test_it_stops_at_once_and_twice_is_no_error() -> None:
    server = AwsServer().start()
    url = server.url
    began = time.monotonic()
    server.stop()
    server.stop()
    assert time.monotonic() - began < 15
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=1)
    assert "local-aws" not in {thread.name for thread in threading.enumerate()}


def test_it_starts_again_on_the_same_port() -> None:
    server = AwsServer().start()
    url = server.url
    server.stop()
    with server:
        assert server.url == url
        assert Aws(server, Clock()).control("log") == {"entries": []}


def test_a_taken_port_is_an_error_that_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        AwsServer(port=taken.getsockname()[1]).start()


def test_stopping_does_not_wait_for_a_slow_answer() -> None:
    with running() as aws, ThreadPoolExecutor() as pool:
        aws.fault("lost_reply", seconds=60)
        asked = pool.submit(aws.ec2.describe_regions)
        while not aws.log():
            time.sleep(0.01)
        began = time.monotonic()
        aws.server.stop()
        assert asked.exception(timeout=30)
        assert time.monotonic() - began < 15


def test_many_callers_at_once_each_get_their_answer() -> None:
    with running() as aws, ThreadPoolExecutor(16) as pool:
        ec2 = aws.ec2
        calls = [pool.submit(ec2.stop_instances, InstanceIds=[WEB]) for _ in range(32)]
        before = [call.result()["StoppingInstances"][0]["PreviousState"]["Name"] for call in calls]
        assert sorted(before) == ["running", *["stopping"] * 31]


def test_it_says_nothing_about_requests(capfd: pytest.CaptureFixture[str]) -> None:
    with running() as aws:
        aws.state(WEB)
        aws.fault("refuse_connection")
        with pytest.raises(Exception, match="Connection was closed"):
            aws.state(WEB)
    assert capfd.readouterr() == ("", "")


def test_a_failure_of_its_own_is_an_internal_error_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with running() as aws, refused("InternalError"):
        aws.ec2.describe_instances(MaxResults="many")
    assert "The local AWS failed at ec2:DescribeInstances" in caplog.text


def test_a_region_that_is_none_is_refused() -> None:
    with running() as aws, refused("AuthFailure", "Credential should be scoped to a valid region."):
        aws.client("ec2", "mars-north-1").describe_instances()
