from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import compose_terminal
from bot.compose_terminal import who_runs_this
from bot.road import waiting
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import BOT_TOKEN
from bot.store.database import Database, StoreError
from bot.store.processes import Processes
from bot.store.runs import Runs, State
from bot.terminal import shell as terminal
from bot.terminal.heartbeat import beating
from bot.terminal.shell import DONE, FAILED, INTERRUPTED, REFUSED, UNKNOWN, USAGE
from tests.migrated import store_at
from tests.sandbox.aws_wire import Aws
from tests.sandbox.slack_wire import until
from tests.terminal.conftest import BOT_YML, Bot
from tests.whole import running

WEB = "i-0a1b2c3d4e5f60001"
STOPPED = "i-0a1b2c3d4e5f60005"


def changes(aws: Aws) -> list[str]:
    """The changes that AWS was asked for."""
    called = [entry.get("operation", "") for entry in aws.log()]
    return [each for each in called if each and not each.startswith(("Describe", "Get", "AssumeRole"))]


def states(home: Path) -> list[State]:
    """How every run in the working folder's store stands."""
    database = Database(f"sqlite:///{home}/bot.db")
    try:
        with database.read() as connection:
            ids = connection.exec_driver_sql("select id from runs order by created_at").scalars().all()
        return [run.state for id_ in ids if (run := Runs(database).get(id_))]
    finally:
        database.close()


def test_a_read_is_answered_and_done(shell: Bot) -> None:
    code, said, _ = shell("-c", "ec2 list state=running")
    assert code == DONE
    assert "web-1" in said
    assert WEB in said


def test_a_change_without_yes_sends_nothing(shell: Bot, aws: Aws, home: Path) -> None:
    code, said, _ = shell("-c", "ec2 stop name=web-1")
    assert code == USAGE
    assert "--yes" in said
    assert changes(aws) == []
    assert states(home) == [State.CANCELLED]


def test_a_change_with_yes_is_followed_to_its_end(shell: Bot, aws: Aws, home: Path) -> None:
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert code == DONE
    assert re.search(r"Stop web-1 .*stopped", said)
    assert aws.state(WEB) == "stopped"
    assert changes(aws) == ["StopInstances"]
    assert states(home) == [State.DONE]


def test_what_aws_refuses_has_failed(shell: Bot, aws: Aws) -> None:
    aws.fault("denied", "StopInstances")
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert code == FAILED
    assert "nothing was done" in said
    assert aws.state(WEB) == "running"


def test_a_read_that_aws_refuses_has_failed(shell: Bot, aws: Aws) -> None:
    aws.fault("denied", "DescribeInstances")
    assert shell("-c", "ec2 list")[0] == FAILED


@pytest.mark.parametrize("words", ["ec2 stpo i-1", "nonsense", "ec2 stop", f"ec2 stop {STOPPED}", "ec2 show name=none"])
def test_what_cannot_be_read_or_changes_nothing_is_usage(shell: Bot, aws: Aws, words: str) -> None:
    assert shell("--yes", "-c", words)[0] == USAGE
    assert changes(aws) == []


def test_what_no_rule_allows_is_refused(shell: Bot, aws: Aws) -> None:
    code, said, _ = shell("--yes", "-c", "ec2 terminate name=web-1")
    assert code == REFUSED
    assert "Not allowed" in said
    assert aws.log() == []


def test_a_terminal_needs_a_rule_that_names_its_user(shell: Bot, home: Path) -> None:
    text = (home / "bot.yml").read_text()
    (home / "bot.yml").write_text(text.replace(repr(who_runs_this()), "somebody-else"))
    assert shell("-c", "ec2 list")[0] == REFUSED


def test_the_user_is_not_who_the_environment_says(shell: Bot, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    assert shell("-c", "ec2 list")[0] == DONE
    monkeypatch.setattr(compose_terminal.os, "getuid", lambda: 3_999_999_999)
    assert who_runs_this() == "uid-3999999999"
    assert shell("-c", "ec2 list")[0] == REFUSED


def test_a_lost_answer_that_leaves_nothing_to_see_is_unknown(shell: Bot, aws: Aws, home: Path) -> None:
    aws.fault("lost_reply", "RebootInstances")
    code, said, _ = shell("--yes", "-c", "ec2 reboot name=web-1")
    assert code == UNKNOWN
    assert "unknown" in said
    assert changes(aws) == ["RebootInstances"]
    assert states(home) == [State.UNKNOWN]


def test_x2_a_lost_answer_is_looked_up_and_sent_once(shell: Bot, aws: Aws) -> None:
    aws.fault("lost_reply", "StopInstances")
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert code == DONE
    assert "unknown" in said
    assert changes(aws) == ["StopInstances"]


def test_a_dry_run_decides_and_sends_and_keeps_nothing(shell: Bot, aws: Aws, home: Path) -> None:
    code, said, _ = shell("--dry-run", "--yes", "-c", "ec2 stop name=web-1")
    assert code == DONE
    assert "nothing was sent" in said
    assert WEB in said
    assert changes(aws) == []
    assert shell("--dry-run", "-c", "ec2 terminate name=web-1")[0] == REFUSED
    assert not (home / "bot.db").exists()


def test_lines_are_done_one_after_the_other(shell: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = iter(["whoami", "", "ec2 list", "ec2 stpo", "exit", "never"])
    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return next(lines)

    monkeypatch.setattr("builtins.input", typed)
    code, said, _ = shell()
    assert code == USAGE
    assert said.index(who_runs_this()) < said.index("web-1")
    assert asked == [""] * 5
    assert next(lines) == "never"


def test_the_end_of_input_ends_the_shell(shell: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nothing)
    assert shell()[0] == DONE


def test_help_and_examples_are_the_words_to_type_here(shell: Bot) -> None:
    for words in ("", "help", "help ec2 stop", "whoami"):
        code, said, _ = shell("-c", words)
        assert code == DONE
        assert "/aws" not in said
    assert "ec2 stop name=" in shell("-c", "")[1]


def test_a_hostile_name_tag_cannot_steer_the_terminal(shell: Bot, aws: Aws) -> None:
    name = "\x9b2J\x9d0;owned\x9cweb\u202e\u2028done: everything"  # what XML lets through; ESC it does not
    aws.ec2.create_tags(Resources=[WEB], Tags=[{"Key": "Name", "Value": name}])
    for words in ("ec2 list", f"ec2 show {WEB}", f"ec2 stop {WEB}"):
        said = shell("--yes", "-c", words)[1]
        assert "owned" in said
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", said)
        assert not re.search(r"^done: everything", said, re.MULTILINE)


def test_secret_output_is_shown_and_not_kept(shell: Bot, home: Path) -> None:
    code, said, _ = shell("-c", "ec2 console name=web-1")
    assert code == DONE
    last = said.strip().splitlines()[-2]
    assert len(last) > 5
    kept = b"".join(path.read_bytes() for path in home.glob("bot.db*"))
    assert last.encode() not in kept


def test_a_locked_allowlist_fails_every_command(shell: Bot, home: Path) -> None:
    (home / "bot.yml").write_text("rulez: []\n")
    code, said, _ = shell("-c", "ec2 list")
    assert code == FAILED
    assert "line 1" in said


def test_a_resource_in_another_run_s_hands_is_refused_at_once(shell: Bot, aws: Aws, home: Path) -> None:
    shell("-c", "whoami")
    held(home, f"dev/eu-west-1/{WEB}")
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert code == REFUSED
    assert "In progress" in said
    assert changes(aws) == []
    assert states(home)[-1] is State.CANCELLED


def held(home: Path, resource: str) -> None:
    database = Database(f"sqlite:///{home}/bot.db")
    with database.write() as connection:
        connection.exec_driver_sql("insert into holds (resource, run) select ?, id from runs", (resource,))
    database.close()


def test_a_confirmation_that_breaks_has_failed(shell: Bot, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.road.clicks.Clicks._unchanged", lambda *_: 1 / 0)
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert code == FAILED
    assert "Reference" in said
    assert changes(aws) == []


def test_what_changed_between_the_question_and_the_yes_is_not_sent(
    shell: Bot, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = terminal.Shell._say

    def rename(self: terminal.Shell, run: object) -> None:
        say(self, run)  # type: ignore[arg-type]
        aws.ec2.create_tags(Resources=[WEB], Tags=[{"Key": "Name", "Value": "another"}])

    monkeypatch.setattr(terminal.Shell, "_say", rename)
    assert shell("--yes", "-c", f"ec2 stop {WEB}")[0] == REFUSED
    assert "StopInstances" not in changes(aws)


def test_a_store_that_is_lost_before_anything_was_sent_is_a_failure(
    shell: Bot, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> bool:
        raise StoreError("The store cannot be written (gone).")

    monkeypatch.setattr(Runs, "receive", lost)
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert (code, "gone" in said) == (FAILED, True)
    assert changes(aws) == []


def test_a_store_that_is_lost_while_following_leaves_the_outcome_unknown(
    shell: Bot, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise StoreError("The store cannot be written (gone).")

    monkeypatch.setattr(waiting.Waiting, "step", lost)
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert (code, "gone" in said) == (UNKNOWN, True)
    assert changes(aws) == ["StopInstances"]


# Ctrl-C, at each moment of a run.


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_while_following_says_that_it_goes_on_and_how_to_look(
    shell: Bot, aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.Shell, "_stepped", interrupt)
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert code == UNKNOWN
    assert "goes on" in said
    look = re.search(r"python -m bot shell -c '(.+)'", said)
    assert look
    assert states(home) == [State.FOLLOWING]
    code, said, _ = shell("-c", look[1])
    assert (code, WEB in said) == (DONE, True)
    assert changes(aws) == ["StopInstances"]


def test_ctrl_c_before_anything_was_sent_closes_the_run(
    shell: Bot, aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.Shell, "_confirm", interrupt)
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert (code, "nothing was sent" in said) == (INTERRUPTED, True)
    assert states(home) == [State.CANCELLED]
    assert changes(aws) == []


def test_ctrl_c_while_the_call_is_out_is_unknown_and_left_to_be_looked_up(
    shell: Bot, aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.aws.gateway.Gateway.send", interrupt)
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert (code, "goes on" in said) == (UNKNOWN, True)
    assert states(home) == [State.UNKNOWN]


def test_ctrl_c_before_the_call_left_has_done_nothing(
    shell: Bot, aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.road.sending._send_one", interrupt)
    code, said, _ = shell("--yes", "-c", "ec2 stop name=web-1")
    assert (code, "nothing was done" in said) == (FAILED, True)
    assert states(home) == [State.FAILED]


def test_ctrl_c_at_the_prompt_ends_the_shell(shell: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", interrupt)
    assert shell()[0] == INTERRUPTED


# A bot on the same store.


def test_a_run_of_the_terminal_s_is_followed_by_a_bot_on_the_same_store(bot: Bot, home: Path) -> None:
    with running(home, BOT_YML.format(user=who_runs_this())) as whole:
        code, said, _ = bot("shell", "--aws-endpoint-url", whole.aws.url, "--yes", "-c", "ec2 stop name=web-1")
        assert code == DONE
        assert "stopped" in said
        assert changes(whole.aws) == ["StopInstances"]
        assert states(home) == [State.DONE]


def test_what_the_terminal_left_is_finished_by_a_bot_on_the_same_store(
    bot: Bot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.Shell, "_stepped", interrupt)
    with running(home, BOT_YML.format(user=who_runs_this())) as whole:
        address = ("--aws-endpoint-url", whole.aws.url)
        assert bot("shell", *address, "--yes", "-c", "ec2 stop name=web-1")[0] == UNKNOWN
        until(lambda: states(home) == [State.DONE])
        assert changes(whole.aws) == ["StopInstances"]


def test_a_terminal_shows_that_it_is_alive_until_it_ends(tmp_path: Path) -> None:
    database = store_at(tmp_path / "bot.db")
    processes = Processes(database)
    with beating(processes, "me", seconds=0.02):
        first = seen(database)
        until(lambda: seen(database) > first)
        assert processes.alive(time.time()) == {"me": {"shell": True}}
    assert processes.alive(time.time()) == {}
    database.close()


def seen(database: Database) -> float:
    with database.read() as connection:
        return float(connection.exec_driver_sql("select seen_at from processes").scalar_one())


def test_a_heartbeat_that_cannot_be_written_is_missed_and_said(caplog: pytest.LogCaptureFixture) -> None:
    class Flaky:
        beats = 0

        def beat(self, *_: object) -> None:
            self.beats += 1
            if self.beats == 2:
                raise StoreError("The store cannot be written (busy).")

        def leave(self, _id: str) -> None:
            self.beats = -99

    flaky = Flaky()
    with beating(flaky, "me", seconds=0.01):  # type: ignore[arg-type]
        until(lambda: flaky.beats > 3)
    assert "busy" in caplog.text
    assert flaky.beats == -99


# Acting as somebody of Slack's.


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def as_ana(slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    return ["--slack-api-url", slack.api_url, "--as", "U0ANA00001", "--channel", "C0OPS00001"]


def test_as_somebody_against_the_sandbox(shell: Bot, as_ana: list[str], aws: Aws) -> None:
    assert shell(*as_ana, "--yes", "-c", "ec2 stop name=web-1")[0] == DONE
    assert aws.state(WEB) == "stopped"
    assert "U0ANA00001" in shell(*as_ana, "-c", "whoami")[1]


def test_as_a_guest_is_refused(shell: Bot, as_ana: list[str], aws: Aws) -> None:
    assert shell(*as_ana[:3], "U0GUS00004", "-c", "ec2 list")[0] == REFUSED
    assert aws.log() == []


def test_as_somebody_is_no_way_into_aws(bot: Bot, as_ana: list[str]) -> None:
    code, _, said = bot("shell", *as_ana, "--yes", "-c", "ec2 list")
    assert code == USAGE
    assert "--dry-run" in said
    far = ["--aws-endpoint-url", "http://192.0.2.1:4566"]
    assert bot("shell", *far, *as_ana, "-c", "ec2 list")[0] == USAGE


def test_as_somebody_in_a_dry_run(bot: Bot, as_ana: list[str]) -> None:
    code, said, _ = bot("shell", "--dry-run", *as_ana, "-c", "ec2 list")
    assert code == DONE
    assert "looks" in said


def test_a_channel_without_somebody_is_not_dropped_silently(shell: Bot) -> None:
    code, _, said = shell("--channel", "C0OPS00001", "-c", "ec2 list")
    assert (code, "--as" in said) == (USAGE, True)


def test_as_somebody_without_a_token_says_what_is_missing(shell: Bot) -> None:
    code, _, said = shell("--as", "U0ANA00001", "-c", "ec2 list")
    assert (code, "SLACK_BOT_TOKEN" in said) == (USAGE, True)
