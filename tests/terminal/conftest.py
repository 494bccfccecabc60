"""A terminal: `python -m bot` in this process, over the real local AWS with EC2's waits fifty times shorter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.aws.guard import let_sessions_be
from bot.compose_terminal import who_runs_this
from bot.sandbox.aws.server import AwsServer
from tests.sandbox.aws_wire import Aws, Clock
from tests.whole import SPEED, sandbox_environment

BOT_YML = """\
accounts:
  dev: {{id: "111111111111", default: true, region: eu-west-1}}
rules:
  - id: looks
    actions: [ec2:DescribeInstances, bot:Status]
    who: {{terminal: [{user!r}], users: [U0ANA00001]}}
    accounts: [dev]
  - id: changes
    actions: [ec2:StopInstances, ec2:StartInstances, ec2:RebootInstances, ec2:GetConsoleOutput]
    who: {{terminal: [{user!r}], groups: [S0ONCALL01]}}
    accounts: [dev]
"""
Said = tuple[int, str, str]
"""An exit code, what was written to standard output, and to standard error."""
Bot = Callable[..., Said]


@pytest.fixture(scope="package")
def local_aws() -> Iterator[Aws]:
    with AwsServer(speed=SPEED) as server:
        yield Aws(server, Clock())


@pytest.fixture
def aws(local_aws: Aws) -> Aws:
    local_aws.control("reset", {})
    return local_aws


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a bot.yml under which this very user may do most things in dev."""
    with sandbox_environment(tmp_path / "home"):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "bot.yml").write_text(BOT_YML.format(user=who_runs_this()))
        yield tmp_path


@pytest.fixture
def bot(home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Bot]:
    """`bot("check")` is `python -m bot check`."""
    levels = {name: logging.getLogger(name).level for name in ("slack_bolt", "slack_sdk", "botocore", "alembic")}

    def run(*words: str) -> Said:
        capsys.readouterr()
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    let_sessions_be()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def shell(bot: Bot, aws: Aws) -> Bot:
    """`shell("-c", "ec2 list")` over the local AWS."""
    return lambda *words: bot("shell", "--aws-endpoint-url", aws.url, *words)
