from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.store.database import Database
from bot.store.processes import DEAD_AFTER_SECONDS, Processes
from tests.migrated import store_at
from tests.sandbox.slack_wire import until
from tests.terminal.conftest import Bot
from tests.whole import running

WELL = {"live": True, "ready": True, "why": []}


@pytest.fixture
def store(home: Path) -> Iterator[Database]:
    database = store_at(home / "bot.db")
    yield database
    database.close()


def beats(store: Database, name: str, ago: float = 0.0, **facts: Any) -> None:
    Processes(store).beat(name, time.time() - ago, facts)


def test_a_bot_that_is_well_is_ready(bot: Bot, store: Database) -> None:
    beats(store, "one", **WELL)
    assert bot("health")[:2] == (0, "ready\n")
    assert bot("health", "--live")[0] == 0


def test_a_warning_is_said_and_makes_nothing_unready(bot: Bot, store: Database) -> None:
    beats(store, "one", **WELL)
    beats(store, "two", **WELL, warnings=["Slack counts 3 connections"])
    assert bot("health")[:2] == (0, "ready, but Slack counts 3 connections\n")


@pytest.mark.parametrize("url", ["sqlite:///none.db", "sqlite:////no/such/folder/none.db", "sqlite://"])
def test_no_store_is_down_and_none_is_made(bot: Bot, home: Path, url: str) -> None:
    before = set(home.iterdir())
    for words in (("health",), ("health", "--live")):
        code, said, _ = bot(*words, "--database-url", url)
        assert (code, said.startswith("down: ")) == (1, True)
    assert set(home.iterdir()) == before


def test_a_store_without_tables_is_down(bot: Bot, home: Path) -> None:
    (home / "bot.db").touch()
    assert bot("health")[0] == 1


def test_a_url_that_is_none_is_usage_and_not_repeated(bot: Bot) -> None:
    code, _, told = bot("health", "--database-url", "hunter2")
    assert (code, "hunter2" in told) == (2, False)


def test_no_process_or_only_dead_ones_is_down(bot: Bot, store: Database) -> None:
    assert bot("health")[0] == 1
    beats(store, "one", ago=DEAD_AFTER_SECONDS + 1, **WELL)
    assert bot("health")[0] == 1
    assert bot("health", "--live")[0] == 1


def test_a_terminal_is_no_bot(bot: Bot, store: Database) -> None:
    beats(store, "one", shell=True)
    assert bot("health", "--live")[0] == 1


def test_l5_stuck_workers_are_down_though_the_process_lives(bot: Bot, store: Database) -> None:
    beats(store, "one", live=False, ready=False, why=[])
    code, said, _ = bot("health", "--live")
    assert (code, "stuck" in said) == (1, True)


def test_a_bot_that_lives_and_is_not_ready_says_why(bot: Bot, store: Database) -> None:
    beats(store, "one", live=True, ready=False, why=["not connected to Slack"])
    beats(store, "two", live=True, ready=False, why=["not connected to Slack", "bot.yml line 3: no"])
    code, said, _ = bot("health")
    assert code == 1
    assert said.count("not connected to Slack") == 1
    assert "line 3" in said
    assert bot("health", "--live")[0] == 0


def test_one_ready_process_is_enough(bot: Bot, store: Database) -> None:
    beats(store, "one", live=True, ready=False, why=["not connected to Slack"])
    beats(store, "two", **WELL)
    assert bot("health")[0] == 0


def test_a_running_bot_is_ready_and_a_locked_one_is_not(bot: Bot, home: Path) -> None:
    with running(home):
        until(lambda: bot("health")[:2] == (0, "ready\n"))
    assert bot("health")[0] == 1
    with running(home, "rulez: []\n"):
        until(lambda: "line 1" in bot("health")[1] and "connected" not in bot("health")[1])
        assert bot("health")[0] == 1
        assert bot("health", "--live")[0] == 0


def test_health_loads_neither_slack_nor_aws(home: Path, store: Database) -> None:
    """A container asks every few seconds: what it imports is what it costs."""
    beats(store, "one", **WELL)
    code = "import sys; from bot.__main__ import main; code = main(['health']); print(*sys.modules); sys.exit(code)"
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=home, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not {"boto3", "botocore", "slack_bolt", "slack_sdk", "apscheduler", "bot.compose"} & set(done.stdout.split())
