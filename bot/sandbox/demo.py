"""`make demo`: a local Slack with a page, a local AWS, and the real bot connected to both; nothing leaves the machine.

The bot runs as a child process exactly as in production (`python -m bot run`), with the sandbox's tokens and keys in
place of whatever the environment held. It ends with this process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import OperatorError
from bot.sandbox.aws.names import ACCESS_KEY, DEV, PROD, PROD_ROLE, REGION, SECRET_KEY
from bot.sandbox.loopback import child_environment, clean_environment, only_loopback
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN

if TYPE_CHECKING:  # they take seconds to import, and the first line is printed before that
    from bot.sandbox.aws.server import AwsServer
    from bot.sandbox.slack.server import SlackServer

BOT_YML = f"""\
# The demo's allowlist: what ana (on call and a developer), ben (a developer) and everyone else may do.
accounts:
  dev: {{id: "{DEV}", default: true, region: {REGION}}}
  prod: {{id: "{PROD}", role: "{PROD_ROLE}", region: {REGION}, production: true}}
contact: U0CARLA003
catalogue: "2026-11"
halt: {{who: {{users: [U0ANA00001, U0CARLA003]}}}}
rules:
  - id: everyone-looks
    actions: [ec2:DescribeInstances, bot:Status]
    who: {{everyone: true}}
    accounts: [dev, prod]
  - id: oncall-asks-about-rights
    actions: [bot:WhoCan, bot:ExplainPolicy]
    who: {{groups: [S0ONCALL01]}}
    accounts: [dev]
  - id: developers-dev
    actions: [ec2:StartInstances, ec2:StopInstances, ec2:RebootInstances, ec2:RunInstances]
    who: {{groups: [S0DEVS0002]}}
    accounts: [dev]
    tags: {{env: [dev]}}
  - id: oncall-everything-in-dev
    actions: [ec2:StartInstances, ec2:StopInstances, ec2:RebootInstances, ec2:TerminateInstances]
    who: {{groups: [S0ONCALL01]}}
    accounts: [dev]
  - id: oncall-prod
    actions: [ec2:StartInstances, ec2:StopInstances, ec2:RebootInstances]
    who: {{groups: [S0ONCALL01]}}
    channels: [C0OPS00001]
    accounts: [prod]
  - id: oncall-console
    actions: [ec2:GetConsoleOutput]
    who: {{groups: [S0ONCALL01]}}
    accounts: [dev, prod]
    audience: asker
  - id: everyone-sees-functions-and-metrics
    actions:
      - lambda:ListFunctions
      - lambda:GetFunctionConfiguration
      - cloudwatch:DescribeAlarms
      - cloudwatch:GetMetricData
    who: {{everyone: true}}
    accounts: [dev, prod]
  - id: developers-invoke
    actions: [lambda:Invoke]
    who: {{groups: [S0DEVS0002]}}
    accounts: [dev]
    tags: {{env: [dev]}}
  - id: oncall-function-logs
    actions: [logs:FilterLogEvents]
    who: {{groups: [S0ONCALL01]}}
    accounts: [dev, prod]
    audience: asker
  - id: everyone-looks-at-buckets
    actions: [s3:ListObjectsV2, s3:GetBucketEncryption]
    who: {{everyone: true}}
    accounts: [dev, prod]
  - id: developers-objects-dev
    actions: [s3:PutObject, s3:DeleteObject]
    who: {{groups: [S0DEVS0002]}}
    accounts: [dev]
    tags: {{env: [dev]}}
  - id: developers-fetch-dev
    actions: [s3:GetObject]
    who: {{groups: [S0DEVS0002]}}
    accounts: [dev]
    audience: asker
  - id: oncall-buckets-dev
    actions: [s3:CreateBucket, s3:PutPublicAccessBlock, s3:PutBucketEncryption, s3:PutBucketVersioning]
    who: {{groups: [S0ONCALL01]}}
    accounts: [dev]
  - id: everyone-reads-reports
    actions:
      - "ec2:Describe*"
      - lambda:ListFunctions
      - cloudwatch:DescribeAlarms
      - cloudwatch:GetMetricData
      - s3:ListBuckets
      - s3:GetPublicAccessBlock
      - s3:GetBucketPolicyStatus
      - s3:GetBucketAcl
      - s3:GetBucketEncryption
      - s3:GetBucketVersioning
      - iam:ListUsers
      - iam:ListAccessKeys
      - ce:GetCostAndUsage
      - ce:GetCostForecast
    who: {{everyone: true, reports: ["*"]}}
    accounts: [dev, prod]
  - id: everyone-has-reports
    actions: ["bot:*Report", bot:ListReports]
    who: {{everyone: true}}
    accounts: [dev, prod]
"""

REPORTS = """\
# They run by themselves, as principals of their own: the rule everyone-reads-reports grants them what they read.
reports:
  costs:
    schedule: every 2 minutes
    channel: C0OPS00001
    command: report cost --tag team
"""

WELCOME = """
  Open     {url}
  Type     /aws ec2 list
           /aws ec2 stop name=web-1
           /aws help

You are ana in #ops. Act as ben, gus (a guest) or sam (another company) from the list of people.
The bot's log is {log}. Ctrl-C stops everything.
"""

LOCK = "demo.lock"
OURS = frozenset({LOCK, "bot.yml", "bot.db", "bot.db-wal", "bot.db-shm", "bot.log", "empty"})
"""What the demo writes into its folder, and deletes from it: nothing else there is touched."""
CONNECT_SECONDS = 30.0
END_SECONDS = 10.0


def demo(port: int, directory: Path) -> int:
    """Run the demo until it is interrupted; returns the exit code. Raises OperatorError with the next step in it."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    print("Starting the local Slack, the local AWS and the bot…", flush=True)
    only_loopback()
    with _slack(port) as slack, folder(directory):
        environment = child_environment(clean_environment(os.environ, directory.absolute()))
        os.environ.clear()
        os.environ.update(environment)
        return _run(slack, directory, stop)


def _run(slack: SlackServer, directory: Path, stop: threading.Event) -> int:
    """Start the bot while this process is still busy with the local AWS: each takes its seconds."""
    with reserved() as port, (directory / "bot.log").open("wb") as log:
        bot = subprocess.Popen(  # noqa: S603 - our own
            command(directory, slack.api_url, f"http://127.0.0.1:{port.getsockname()[1]}", REPORTS),
            env=credentials(os.environ.copy()),
            stdin=subprocess.PIPE,  # its other end closes with this process, and that ends the bot
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is this process's to hear
        )
        try:
            with _aws(port):
                return _stay(bot, slack, directory, stop)
        finally:
            _end(bot)


def _slack(port: int) -> SlackServer:
    from bot.sandbox.slack.server import SlackServer  # noqa: PLC0415 - after the first line is printed

    try:
        return SlackServer(port=port)
    except OSError as error:
        raise OperatorError(f"Port {port} is taken ({error.strerror}). Try: make demo PORT={port + 1}") from error


@contextmanager
def folder(directory: Path) -> Iterator[None]:
    """Hold the demo's own folder, emptied of what an earlier demo left. Raises OperatorError for anybody else's."""
    if directory.exists() and not _ours(directory):
        raise OperatorError(f"{directory} is not the demo's own. Name a new folder: --dir FOLDER")
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperatorError(f"A demo is running in {directory}. Name another folder: --dir FOLDER") from None
        for name in OURS - {LOCK}:
            (directory / name).unlink(missing_ok=True)
        yield


def _ours(directory: Path) -> bool:
    return directory.is_dir() and ((directory / LOCK).exists() or not any(directory.iterdir()))


@contextmanager
def reserved() -> Iterator[socket.socket]:
    """Keep a free port of this machine until its server comes."""
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        yield port


def _aws(port: socket.socket) -> AwsServer:
    from bot.sandbox.aws.server import AwsServer  # noqa: PLC0415 - two seconds of moto, while the bot starts

    number = port.getsockname()[1]
    port.close()
    return AwsServer(port=number)


def command(directory: Path, slack_url: str, aws_url: str, reports: str = "") -> list[str]:
    """Write the demo's bot.yml and return the command line that runs the bot on the sandbox."""
    config = directory / "bot.yml"
    config.write_text(BOT_YML + reports)
    store = f"sqlite:///{directory.absolute()}/bot.db"
    where = ["--config", str(config), "--database-url", store]
    servers = ["--slack-api-url", slack_url, "--aws-endpoint-url", aws_url]
    return [sys.executable, "-m", "bot", "--loopback-only", "--dies-with-parent", "run", *where, *servers]


def credentials(environment: dict[str, str]) -> dict[str, str]:
    """Return an environment with the sandbox's tokens and keys."""
    aws = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    slack = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "BOT_LOG": "info", "BOT_LOG_FORMAT": "human"}
    return {**environment, **aws, **slack}


def _stay(bot: subprocess.Popen[bytes], slack: SlackServer, directory: Path, stop: threading.Event) -> int:
    log = directory / "bot.log"
    started = time.monotonic()
    while not slack.connections and not stop.wait(0.05):
        if bot.poll() is not None:
            raise OperatorError(f"{_last_words(log)}The bot did not start; what it said is in {log}.")
        if time.monotonic() - started > CONNECT_SECONDS:
            raise OperatorError(f"The bot did not connect within {CONNECT_SECONDS:.0f} s; see {log}.")
    if not stop.is_set():
        print(WELCOME.format(url=slack.url, log=log), flush=True)
    while not stop.wait(0.2):
        if bot.poll() is not None:
            raise OperatorError(f"{_last_words(log)}The bot ended by itself (exit code {bot.returncode}); see {log}.")
    print("Stopped.", flush=True)
    return 0


def _last_words(log: Path) -> str:
    return "".join(f"{line}\n" for line in log.read_text(errors="replace").splitlines()[-5:])


def _end(bot: subprocess.Popen[bytes]) -> None:
    """Let the bot go in order; after some seconds, without it."""
    bot.terminate()
    try:
        bot.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        bot.kill()
        bot.wait()
    if bot.stdin:
        bot.stdin.close()
