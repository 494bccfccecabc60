"""`bot check --replay`: what another file would have said to what was asked, from the store's audit."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.config.load import load
from bot.policy.decide import decide_all
from bot.policy.record import EVENT, written
from bot.store.audit import Audit
from bot.store.database import Database, new_id
from bot.store.runs import Run, State
from tests.rules import request
from tests.terminal.conftest import Bot

ACCOUNTS = 'accounts:\n  dev: {id: "111111111111", region: eu-west-1}\nrules:\n'
STOPS = "  - {id: stops, actions: [ec2:StopInstances], who: {users: [UANN000001]}, accounts: [dev]}\n"
NOTHING = "  - {id: looks, actions: ['ec2:Describe*'], who: {everyone: true}, accounts: [dev]}\n"


@pytest.fixture
def store(home: Path) -> str:
    """A store in which Ann was allowed to stop an instance an hour ago, and a hundred days ago."""
    (home / "bot.yml").write_text(ACCOUNTS + STOPS)
    database = Database(url := f"sqlite:///{home}/asked.db")
    database.migrate()
    ann = request().actor.__class__("slack", "UANN000001")
    asked = [request(actor=ann)]
    detail = written(asked, decide_all(load(home / "bot.yml"), asked))
    run = Run(new_id(), State.DONE, actor_kind="slack", user="UANN000001", action="ec2 stop i-1")
    for age in (3600.0, 100 * 86_400.0):
        Audit(database).write(time.time() - age, EVENT, run, **detail)
    database.close()
    return url


def test_what_would_be_otherwise_is_listed_and_the_exit_says_so(bot: Bot, home: Path, store: str) -> None:
    (home / "new.yml").write_text(ACCOUNTS + NOTHING)
    code, said, _ = bot("check", "--replay", str(home / "new.yml"), "--database-url", store)
    assert code == 3
    assert "1 decision of the last 30 days" in said
    assert "newly denied (1):" in said
    assert "ec2:StopInstances in dev by UANN000001" in said
    assert "No rule allows ec2:StopInstances in dev." in said


def test_the_same_file_changes_nothing(bot: Bot, home: Path, store: str) -> None:
    code, said, _ = bot("check", "--replay", str(home / "bot.yml"), "--days", "365", "--database-url", store)
    assert code == 0
    assert "2 decisions of the last 365 days" in said
    assert "nothing would be otherwise" in said


@pytest.mark.parametrize(("file", "database"), [("none.yml", ""), ("bot.yml", "sqlite:///nowhere.db")])
def test_what_is_not_there_is_said_and_not_made(bot: Bot, home: Path, store: str, file: str, database: str) -> None:
    code, _, problem = bot("check", "--replay", str(home / file), "--database-url", database or store)
    assert code == 2
    assert "There is no file" in problem
    assert not (home / "nowhere.db").exists()


def test_a_malformed_file_is_said_with_its_line(bot: Bot, home: Path, store: str) -> None:
    (home / "new.yml").write_text(ACCOUNTS + STOPS.replace("StopInstances", "StopInstance"))
    code, _, problem = bot("check", "--replay", str(home / "new.yml"), "--database-url", store)
    assert code == 2
    assert "new.yml line 4" in problem
