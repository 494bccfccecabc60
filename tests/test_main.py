"""The command line itself: what it takes, what it answers where it cannot begin, and how `run` begins and ends."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import boto3
import pytest

from bot.__main__ import main
from bot.aws.guard import let_sessions_be
from bot.errors import GuardError
from bot.sandbox import loopback, parent
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN
from bot.store.database import Database
from tests.sandbox.slack_wire import Wire, until
from tests.whole import sandbox_environment


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder of its own; levels, handlers and signals as they were afterwards."""
    root = logging.getLogger()
    names = ("bot", "slack_bolt", "slack_sdk", "botocore", "boto3", "urllib3", "apscheduler", "alembic", "werkzeug")
    levels = {name: logging.getLogger(name).level for name in names}
    handlers = list(logging.getLogger("bot").handlers)
    signals = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    level = root.level
    with sandbox_environment(tmp_path / "home"):
        monkeypatch.chdir(tmp_path)
        yield tmp_path
    let_sessions_be()
    for number, handler in signals.items():
        signal.signal(number, handler)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    logging.getLogger("bot").handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    with SlackServer() as server:
        yield server


@pytest.mark.parametrize("words", [[], ["nonsense"], ["run", "--nonsense"], ["demo", "--port", "x"]])
def test_what_cannot_be_read_is_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(verb in said for verb in ("run", "shell", "check", "init", "health", "demo"))
    assert "parent" not in said


def test_it_runs_as_a_module() -> None:
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    words = [sys.executable, "-m", "bot", "check"]
    done = subprocess.run(
        words, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "empty allowlist" in done.stdout


def test_what_is_missing_or_wrong_in_the_environment_is_told_at_once_and_not_repeated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "hunter2-token")
    monkeypatch.setenv("SLACK_APP_TOKEN", "hunter2-app")
    monkeypatch.setenv("BOT_LOG", "loud")
    monkeypatch.setenv("SLACK_API_URL", "http://192.0.2.1/api/")
    assert main(["run"]) == 2
    told = capsys.readouterr().err
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "BOT_LOG", "--slack-api-url"):
        assert name in told
    assert "hunter2" not in told


def test_tokens_that_are_not_set_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    told = capsys.readouterr().err
    assert "SLACK_BOT_TOKEN" in told
    assert "SLACK_APP_TOKEN" in told


def test_only_a_named_env_file_is_read(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".env").write_text("BOT_CONFIG=elsewhere.yml\n")
    assert main(["check"]) == 0
    assert "bot.yml" in capsys.readouterr().out
    assert main(["check", "--env-file", ".env"]) == 0
    assert "elsewhere.yml" in capsys.readouterr().out
    assert main(["check", "--env-file", "none.env"]) == 2


def test_l3_a_token_that_slack_does_not_accept_ends_it_with_a_sentence(
    slack: SlackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    Wire(slack).order("fault", kind="api_error", method="auth.test", error="invalid_auth")
    assert main(["run", "--slack-api-url", slack.api_url]) == 2
    told = capsys.readouterr().err
    assert "SLACK_BOT_TOKEN" in told
    assert BOT_TOKEN not in told


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_run_connects_says_that_there_is_no_allowlist_and_ends_at_a_signal(
    slack: SlackServer, home: Path, how: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    """A1: a file that is named and is not there is an empty allowlist, and start-up says so."""
    said = threading.Event()

    def stop() -> None:
        until(lambda: slack.connections, 30)
        said.set()
        os.kill(os.getpid(), how)

    stopping = threading.Thread(target=stop)
    stopping.start()
    with Listening() as heard:
        assert main(["run", "--slack-api-url", slack.api_url, "--config", "missing.yml"]) == 0
    stopping.join(10)
    assert said.is_set()
    assert any("missing.yml" in line and "empty allowlist" in line for line in heard.lines)
    assert not any("Traceback" in line for line in heard.lines)
    assert "Traceback" not in capsys.readouterr().err
    database = Database(f"sqlite:///{home}/bot.db")
    with database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from processes").scalar_one() == 0
    database.close()


class Listening(logging.Handler):
    """What the bot logs within a block."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage() + (" Traceback" if record.exc_info else ""))

    def __enter__(self) -> Self:
        logging.getLogger("bot").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("bot").removeHandler(self)


def test_the_demo_s_flags_keep_a_child_to_this_machine_and_to_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    monkeypatch.setattr(loopback, "only_loopback", lambda: kept.append("loopback"))
    monkeypatch.setattr(parent, "die_with_parent", lambda: kept.append("parent"))
    assert main(["--loopback-only", "--dies-with-parent", "check"]) == 0
    assert kept == ["loopback", "parent"]


@pytest.mark.parametrize("words", [["run"], ["shell", "-c", "help"], ["check"], ["init"]], ids=" ".join)
def test_a_process_that_may_ask_aws_holds_every_session_made_in_it(words: list[str]) -> None:
    with contextlib.suppress(SystemExit):
        main(words)
    sts = boto3.Session().client("sts", region_name="eu-west-1", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(GuardError):
        sts.get_caller_identity()
