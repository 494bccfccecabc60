"""docs/adding-a-service.md does what it says: its two files, put beside the others, are a service and its test."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import bot.services
import tests.services
from bot.aws import models
from bot.command import Command
from bot.compose import all_commands
from bot.config.load import load
from bot.sandbox.demo import BOT_YML
from tests import reference
from tests.whole import running

PAGE_FILE = Path(__file__).parents[1] / "docs" / "adding-a-service.md"
PAGE = PAGE_FILE.read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


SERVICE, TEST = blocks("python")
(RULE,) = blocks("yaml")


@pytest.fixture
def its_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The tutorial's two files as parts of the packages they belong to, in a folder that is not the tree's."""
    new = tmp_path / "new"
    new.mkdir()
    (new / "sns.py").write_text(SERVICE)
    (new / "test_sns.py").write_text(TEST)
    for package in (bot.services, tests.services):
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(new)])
    importlib.invalidate_caches()
    yield importlib.import_module("tests.services.test_sns")
    for name, package in (("sns", bot.services), ("test_sns", tests.services)):
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)


@pytest.fixture
def publish(its_test: ModuleType) -> Command:
    command = all_commands().find("sns", "publish")
    assert command is not None
    return command


def test_the_file_is_a_command(publish: Command) -> None:
    assert publish.summary == "Send a message to a topic."
    assert publish.effect == "changes"
    assert all(models.exists(call) for call in publish.calls)


def test_its_own_test_passes(its_test: ModuleType, tmp_path: Path) -> None:
    tests_in_it = [value for name, value in vars(its_test).items() if name.startswith("test_")]
    assert len(tests_in_it) == 2
    for number, run in enumerate(tests_in_it):
        place = tmp_path / str(number)
        place.mkdir()
        run(place)


def test_help_the_rights_and_the_reference_follow(its_test: ModuleType, publish: Command, tmp_path: Path) -> None:
    with running(tmp_path, BOT_YML + RULE) as whole:
        assert "sns publish Send a message to a topic." in whole.type("help").words
        shown = whole.type("help sns publish").words
        assert "sns publish TOPIC MESSAGE [--subject SUBJECT]" in shown
        assert "sns:Publish" in shown
        assert "sns publish" in whole.type("whoami").words
        assert "sns" not in whole.type("help", user="ben").words
        assert "sns publish" in whole.type("sns pubish").words, "did you mean"
        section = reference.section(reference.run_example(whole, publish))
    assert "the same message becomes" in section
    assert "`sns:Publish`" in section


def test_the_rule_on_the_page_is_the_one_that_is_tested(its_test: ModuleType, tmp_path: Path) -> None:
    assert its_test.RULE == RULE
    assert yaml.safe_load(RULE)[0]["actions"] == ["sns:Publish"]
    (tmp_path / "bot.yml").write_text(BOT_YML + RULE)
    assert "oncall-tells" in {rule.id for rule in load(tmp_path / "bot.yml").rules}


def test_it_is_short_and_passes_the_gates_of_the_house(tmp_path: Path) -> None:
    assert len(SERVICE.splitlines()) <= 40
    assert len(TEST.splitlines()) <= 60
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff is None:
        pytest.skip("ruff is not beside this Python")
    for name, words in (("bot/services/sns.py", SERVICE), ("tests/services/test_sns.py", TEST)):
        for command in (["check", "-q"], ["format", "-q", "--check"]):
            done = subprocess.run(
                [ruff, *command, "--stdin-filename", name, "-"],
                input=words,
                text=True,
                capture_output=True,
                cwd=PAGE_FILE.parents[1],
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_left_behind() -> None:
    assert all_commands().find("sns", "publish") is None
