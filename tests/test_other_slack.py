"""The bot, unchanged and as a process of its own, on a Slack that is not ours and on an AWS that is not ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from bot.sandbox.aws.estate import ACCESS_KEY, DEV, SECRET_KEY
from bot.sandbox.aws.server import AwsServer
from tests.other_slack import APP_TOKEN, BOT_TOKEN, CHANNEL, GUEST, MEMBER, OtherSlack
from tests.sandbox.slack_wire import until

CHECKOUT = Path(__file__).parents[1]
SECONDS = 45


@dataclass(frozen=True)
class Aws:
    """An AWS to run on: its address, whose keys, which account and Region."""

    url: str
    key: str
    secret: str
    account: str
    region: str

    def ec2(self) -> Any:
        keys = {"aws_access_key_id": self.key, "aws_secret_access_key": self.secret}
        return boto3.client("ec2", endpoint_url=self.url, region_name=self.region, **keys)


@contextmanager
def ours() -> Iterator[Aws]:
    with AwsServer(speed=20) as server:
        yield Aws(server.url, ACCESS_KEY, SECRET_KEY, DEV, "eu-west-1")


class _Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None: ...


@contextmanager
def plain_moto() -> Iterator[Aws]:
    """Moto's own server, with nothing of ours before it."""
    BackendDict.reset()
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield Aws(f"http://127.0.0.1:{server.port}", "AKIAOTHER", "other", "123456789012", "us-east-2")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        BackendDict.reset()


@contextmanager
def bot(slack: OtherSlack, aws: Aws, home: Path) -> Iterator[None]:
    """`python -m bot run`, from the moment it is connected until it is told to go."""
    config = home / "bot.yml"
    config.write_text(f"""\
accounts:
  dev: {{id: "{aws.account}", default: true, region: {aws.region}}}
rules:
  - id: robin
    actions: [ec2:DescribeInstances, ec2:StopInstances]
    who: {{users: [{MEMBER}], groups: [S07CREW]}}
    channels: [{CHANNEL}]
    accounts: [dev]
  - id: members
    actions: [ec2:DescribeInstances]
    who: {{everyone: true}}
    accounts: [dev]
""")
    tokens = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
    keys = {"AWS_ACCESS_KEY_ID": aws.key, "AWS_SECRET_ACCESS_KEY": aws.secret}
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **tokens, **keys}
    servers = ["--slack-api-url", f"{slack.url}/api/", "--aws-endpoint-url", aws.url]
    where = ["--config", str(config), "--database-url", f"sqlite:///{home}/bot.db"]
    with (home / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "bot", "run", *where, *servers], env=environment, cwd=CHECKOUT, stderr=log
        )
        try:
            until(lambda: slack.lines or child.poll() is not None, SECONDS)
            assert child.poll() is None, (home / "log").read_text()
            yield
        finally:
            child.terminate()
            assert child.wait(SECONDS) == 0, (home / "log").read_text()


def shown(slack: OtherSlack, true: Callable[[str], bool]) -> dict[str, Any]:
    """The message in the channel of which this becomes true, blocks and all."""
    here = lambda: (each for each in slack.posts if each["channel"] == CHANNEL)  # noqa: E731
    found: dict[str, Any] = until(lambda: next((each for each in here() if true(json.dumps(each))), None), SECONDS)
    return found


def verdict(post: dict[str, Any]) -> str:
    """The last word of a message's first line."""
    return str(post["text"].splitlines()[0].split()[-1])


def state(ec2: Any, instance: str) -> str:
    (reservation,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"]
    return str(reservation["Instances"][0]["State"]["Name"])


def list_and_stop(slack: OtherSlack, ec2: Any, instance: str) -> None:
    """What a person does: look, ask, confirm, and see it done."""
    assert slack.command("ec2 list")
    shown(slack, lambda said: instance in said and '"confirm"' not in said)
    assert slack.command(f"ec2 stop {instance}")
    card = shown(slack, lambda said: instance in said and '"confirm"' in said)
    assert state(ec2, instance) == "running"
    assert slack.click(card, "Stop")
    until(lambda: verdict(card) == "stopped", SECONDS)
    assert state(ec2, instance) == "stopped"
    assert slack.posts[-1] is card


def test_it_lists_and_stops_on_another_slack_of_an_organisation(tmp_path: Path) -> None:
    with ours() as aws, OtherSlack() as slack, bot(slack, aws, tmp_path):
        list_and_stop(slack, aws.ec2(), "i-0a1b2c3d4e5f60001")
        assert {"users.info", "conversations.info", "usergroups.list"} <= set(slack.calls)


def test_it_lists_and_stops_on_plain_moto_where_slack_lacks_methods_and_fields(tmp_path: Path) -> None:
    lacking = OtherSlack(frozenset({"conversations.info"}), sparse=True)
    with plain_moto() as aws, lacking as slack, bot(slack, aws, tmp_path):
        ec2 = aws.ec2()
        image = ec2.register_image(Name="harbor", RootDeviceName="/dev/sda1")["ImageId"]
        made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        list_and_stop(slack, ec2, made)


def test_whoever_is_no_full_member_is_refused_there_too(tmp_path: Path) -> None:
    others = [{"user": GUEST}, {"user": "W07NOBODY"}, {"team": "T07OTHER"}]
    with ours() as aws, OtherSlack() as slack, bot(slack, aws, tmp_path):
        assert all(slack.command("ec2 list", **other) for other in others)
        until(lambda: len(slack.answers) == len(others), SECONDS)
        assert {answer["response_type"] for answer in slack.answers} == {"ephemeral"}
        assert "i-0a1b2c3d4e5f6" not in json.dumps(slack.answers)
        assert slack.posts == []
