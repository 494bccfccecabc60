"""`python -m bot halt` and `resume`: on the host, without a second person, and with whatever is ill."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.compose_terminal import who_runs_this
from bot.store.audit import Audit
from bot.store.database import Database
from bot.store.halts import Halt, Halts
from bot.store.processes import Processes
from bot.store.runs import Run, Runs, State

ACCOUNT = "111111111111"
BOT_YML = f'accounts: {{dev: {{id: "{ACCOUNT}", region: eu-west-1, default: true}}}}\n'


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A bot's folder with a store and a bot.yml, and a bot that is alive on it."""
    monkeypatch.chdir(tmp_path)
    for name in ("BOT_CONFIG", "BOT_DATABASE_URL", "BOT_HALT_FILE"):
        monkeypatch.delenv(name, raising=False)
    Path("bot.yml").write_text(BOT_YML)
    database = Database("sqlite:///bot.db")
    database.migrate()
    Processes(database).beat("one", time.time(), {"live": True, "ready": True, "why": []})
    yield database
    database.close()


def scopes(host: Database) -> list[str]:
    return [halt.scope for halt in Halts(host).active()]


def test_halt_stops_every_bot_on_the_store_and_says_what_it_found(
    host: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = Run("r1", State.ASKED, team="T1", user="UANN", action="ec2 stop i-1", account="dev", due_at=9e9)
    runs = Runs(host)
    runs.receive(waits, "")
    runs.receive(Run("r2", State.SENDING, owner="one", user="UBOB", action="ec2 stop i-2", account="dev"), "")
    assert main(["halt", "the", "lab", "is", "on", "fire"]) == 0
    said = capsys.readouterr().out
    assert "the lab is on fire" in said
    assert "ec2 stop i-1" in said.partition("Still running")[0]
    assert "ec2 stop i-2" in said.partition("Still running")[2]
    assert "1 bot process " in said
    assert runs.get("r1").state is State.VOID  # type: ignore[union-attr]
    (halt,) = Halts(host).active()
    assert halt.by == f"terminal/{who_runs_this()}"
    assert [(row["event"], row["user"]) for row in Audit(host).rows() if row["event"] == "halted"] == [
        ("halted", who_runs_this())
    ]


def test_resume_on_the_host_needs_no_second_person_and_no_list(
    host: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    Halts(host).put(Halt("all", "", "T1/UBOB", "bob", "smoke", 1.0))
    assert main(["halt"]) == 0
    assert "Already: Halted by bob" in capsys.readouterr().out
    assert main(["resume"]) == 0
    assert "smoke" in capsys.readouterr().out
    assert scopes(host) == []
    assert "resumed" in [row["event"] for row in Audit(host).rows()]
    assert main(["resume"]) == 2
    assert "Nothing is halted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "scope"),
    [(["--user", "UANN"], "user/UANN"), (["--account", "dev"], f"account/{ACCOUNT}"), (["--account", ACCOUNT], None)],
)
def test_one_person_and_one_account_can_be_halted_alone(host: Database, options: list[str], scope: str | None) -> None:
    assert main(["halt", *options, "why"]) == 0
    assert scopes(host) == [scope or f"account/{ACCOUNT}"]
    assert main(["resume"]) == 2, "that is not all"
    assert main(["resume", *options]) == 0
    assert scopes(host) == []


def test_a_bot_yml_that_is_wrong_keeps_nobody_from_halting(host: Database) -> None:
    Path("bot.yml").write_text("rules: [")
    assert main(["halt", "--user", "UANN", "why"]) == 0
    assert main(["halt", "--account", ACCOUNT, "why"]) == 0
    assert scopes(host) == ["user/UANN", f"account/{ACCOUNT}"]


@pytest.mark.parametrize("content", [b"\xff\xfe rules", b"rules: &a [*a]", None])
def test_a_bot_yml_that_cannot_even_be_read_keeps_nobody_from_halting(host: Database, content: bytes | None) -> None:
    Path("bot.yml").unlink()
    if content is None:
        Path("bot.yml").mkdir()
    else:
        Path("bot.yml").write_bytes(content)
    assert main(["halt", "why"]) == 0
    assert scopes(host) == ["all"]
    assert main(["resume"]) == 0
    assert scopes(host) == []


def test_a_store_that_takes_nothing_leaves_the_file(host: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with host.write() as connection:
        connection.exec_driver_sql("drop table halts")
    assert main(["halt", "no store"]) == 1
    assert "The file HALT halts everything on this host" in " ".join(capsys.readouterr().out.split())
    assert "no store" in Path("HALT").read_text()


def test_resume_removes_the_file_that_halts(host: Database, capsys: pytest.CaptureFixture[str]) -> None:
    Path("HALT").write_text("by hand")
    assert main(["resume"]) == 0
    assert not Path("HALT").exists()
    assert "by hand" in capsys.readouterr().out


def test_a_store_that_is_not_there_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["halt", "--database-url", "sqlite:///other.db"]) == 2
    assert "no file other.db" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nobody_alive_on_the_store_is_said(host: Database, capsys: pytest.CaptureFixture[str]) -> None:
    Processes(host).leave("one")
    assert main(["halt"]) == 0
    assert "Is it the right one?" in capsys.readouterr().out
