from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.compose import all_commands
from bot.config.load import load
from bot.parse import parse
from bot.policy.check import asked_without_aws
from bot.policy.decide import decide_all
from bot.road.desk import Law
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import BOT_TOKEN
from bot.terminal.check import Question, assumed, beyond
from tests.rules import deny, of, rule
from tests.sandbox.slack_wire import Wire
from tests.terminal.conftest import Bot

RULES = """\
accounts:
  dev: {id: "111111111111", default: true, region: eu-west-1, regions: [eu-west-1]}
  prod: {id: "222222222222", region: eu-west-1}
rules:
  - id: looks
    actions: [ec2:DescribeInstances, bot:Status]
    who: {everyone: true}
    accounts: [dev]
  - id: oncall-stops
    actions: [ec2:StopInstances]
    who: {groups: [S0ONCALL01]}
    channels: [C0OPS00001]
    accounts: [dev]
  - id: tagged-starts
    actions: [ec2:StartInstances]
    who: {everyone: true}
    accounts: [dev]
    tags: {env: [dev]}
"""
ANA = ("--user", "U0ANA00001")
OPS = ("--channel", "C0OPS00001")
ONCALL = ("--group", "S0ONCALL01")


@pytest.fixture
def check(bot: Bot, home: Path) -> Bot:
    (home / "bot.yml").write_text(RULES)
    return lambda *words: bot("check", *words)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    with SlackServer() as server:
        monkeypatch.setenv("SLACK_API_URL", server.api_url)
        yield server


def test_a_report_over_all_accounts_is_allowed_where_some_may_be_read_and_says_which_not(check: Bot) -> None:
    code, said, _ = check(*ANA, *OPS, "report fleet")
    assert code == 0
    assert "Left out, because it is not allowed there: prod eu-west-1." in said


def test_a_valid_file_is_counted(check: Bot) -> None:
    code, said, _ = check()
    assert code == 0
    for fact in ("bot.yml", "2 accounts", "dev, prod", "3 rules"):
        assert fact in said


def test_a17_every_problem_is_told_with_its_line(check: Bot, home: Path) -> None:
    (home / "bot.yml").write_text(RULES.replace("ec2:StopInstances", "ec2:StopInstance").replace("dev]", "div]"))
    code, said, told = check()
    assert (code, said) == (2, "")
    assert [line.split(":")[0] for line in told.splitlines()] == [f"bot.yml line {line}" for line in (8, 10, 13, 17)], (
        told
    )


def test_another_file_is_named_on_the_command_line_or_by_the_environment(
    check: Bot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "other.yml").write_text("rules: 7\n")
    assert check("--config", "other.yml")[0] == 2
    monkeypatch.setenv("BOT_CONFIG", "other.yml")
    assert check()[0] == 2


def test_a1_a_missing_file_is_said_to_be_an_empty_allowlist(check: Bot) -> None:
    code, said, _ = check("--config", "elsewhere.yml")
    assert code == 0
    assert "elsewhere.yml" in said
    assert "empty allowlist" in said
    assert "is valid" not in said


def test_a1_a_file_without_rules_is_said_to_allow_nothing(check: Bot, home: Path) -> None:
    (home / "bot.yml").write_text("")
    code, said, _ = check()
    assert (code, "Nothing is allowed" in said) == (0, True)


def test_an_allowed_command_names_the_rule_and_why_the_others_did_not_apply(check: Bot) -> None:
    code, said, _ = check(*ANA, *ONCALL, *OPS, "ec2 stop i-1")
    assert code == 0
    lines = said.splitlines()
    assert any(line.startswith("Allowed: ec2 stop i-1 --account dev --region eu-west-1") for line in lines)
    assert "  ec2:StopInstances i-1: oncall-stops (allow) applies" in lines
    assert "  ec2:StopInstances i-1: looks (allow) does not apply, by its actions" in lines
    assert "Needs: confirm" in said


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ([*ANA, *OPS, "ec2 stop i-1"], "oncall-stops (allow) does not apply, by its who"),
        ([*ANA, *ONCALL, "ec2 stop i-1"], "oncall-stops (allow) does not apply, by its channels"),
        ([*ANA, *ONCALL, *OPS, "ec2 stop i-1 --account prod"], "oncall-stops (allow) does not apply, by its accounts"),
        ([*ANA, *OPS, "ec2 start i-1"], "tagged-starts (allow) does not apply, by its tags"),
        ([*ANA, *OPS, "ec2 list --region us-east-1"], "not open in us-east-1"),
    ],
)
def test_a_refused_command_says_what_kept_the_rules_from_applying(check: Bot, asked: list[str], why: str) -> None:
    code, said, _ = check(*asked)
    assert code == 3
    assert "Refused: " in said
    assert why in said


@pytest.mark.parametrize("words", ["ec2 list", "status", "help", "whoami", "help ec2"])
def test_reads_and_the_bot_s_own_words_are_decided_too(check: Bot, words: str) -> None:
    assert check(*ANA, *OPS, words)[0] == 0


def test_status_needs_its_rule(check: Bot, home: Path) -> None:
    (home / "bot.yml").write_text(RULES.replace(", bot:Status", ""))
    assert check(*ANA, *OPS, "status")[0] == 3
    assert check(*ANA, *OPS, "help")[0] == 0


def test_what_else_comes_into_it_is_printed(check: Bot, home: Path) -> None:
    more = (
        "  - {id: watched, effect: deny, mode: observe, actions: [ec2:StopInstances], who: {everyone: true}, "
        "accounts: [dev]}\n"
        "  - {id: ask, grant: request, actions: [ec2:RebootInstances], who: {groups: [S0ONCALL01]}, accounts: [dev]}\n"
        "limits: [{id: few, at_most: 5, within: 1h}]\n"
        "freezes: [{id: past, reason: x, from: 2020-01-01, until: 2020-01-02}]\n"
    )
    (home / "bot.yml").write_text(RULES + more)
    code, said, _ = check(*ANA, *ONCALL, *OPS, "ec2 stop i-1")
    assert code == 0
    assert "Observed: by watched it would be refused." in said
    assert "  limit few: at most 5 within 1h, per person" in said
    assert "  freeze past (until 2020-01-02 (UTC)): not in force" in said
    code, said, _ = check(*ANA, *ONCALL, *OPS, "ec2 reboot i-1")
    assert (code, "may be asked for, by rule ask" in said) == (3, True)
    assert "5 rules, 1 freeze, 1 limit" in check()[1]


def test_the_decision_is_productions(check: Bot, home: Path) -> None:
    file = load(home / "bot.yml")
    commands = all_commands()
    for words in ("ec2 stop i-1", "ec2 start i-1", "ec2 list", "ec2 terminate i-1", "ec2 stop i-1 i-2"):
        actor, place, _ = assumed(Question(words, "U0ANA00001", ("S0ONCALL01",), "C0OPS00001"))
        action = parse(words, commands, Law(file).defaults)
        asked = asked_without_aws(file, actor, place, commands.of(action), action)
        code, said, _ = check(*ANA, *ONCALL, *OPS, words)
        assert (code == 0) is decide_all(file, asked).allowed
        assert decide_all(file, asked).reason in said


def test_what_is_not_known_without_aws_is_said(check: Bot) -> None:
    said = check(*ANA, *ONCALL, *OPS, "ec2 stop i-1 --force")[1]
    assert "--force" in said.splitlines()[-1]
    assert "--dry-run" in said.splitlines()[-1]
    assert "--dry-run" not in check(*ANA, *OPS, "ec2 list")[1]


@pytest.mark.parametrize(
    "words",
    [
        [*ANA, "ec2 stpo i-1"],
        [*ANA, "ec2 stop i-1 --account nowhere"],
        ["ec2 list"],
        [*ANA],
        [*OPS],
        [*ONCALL],
        [*ANA, "ec2 list --nonsense"],
    ],
)
def test_what_cannot_be_decided_is_usage(check: Bot, words: list[str]) -> None:
    code, said, told = check(*words)
    assert (code, said) == (2, "")
    assert told


def test_a_direct_message_is_known_by_its_id() -> None:
    assert assumed(Question("help", "U1", (), "D0ANA00001"))[1].direct


def test_what_was_typed_cannot_steer_the_terminal(check: Bot) -> None:
    said = "".join(check(*ANA, *OPS, "ec2 stop i-1\x1b[2J")[1:])
    assert "\x1b" not in said
    assert "i-1" in said


def test_slack_is_asked_for_the_groups_where_there_is_a_token(check: Bot, slack: SlackServer) -> None:
    code, said, _ = check(*ANA, *OPS, "ec2 stop i-1")
    assert code == 0
    assert "S0ONCALL01" in said
    assert check("--user", "U0BEN00002", *OPS, "ec2 stop i-1")[0] == 3
    assert check("--user", "U0BEN00002", *ONCALL, *OPS, "ec2 stop i-1")[0] == 0
    assert check(*ANA, "ec2 list")[0] == 0


@pytest.mark.parametrize("nobody", ["U0GUS00004", "U0SAM00005", "U0DEL00006", "U0NOBODY99"])
def test_who_is_no_full_member_is_refused_by_slack_s_word(check: Bot, slack: SlackServer, nobody: str) -> None:
    code, said, _ = check("--user", nobody, *OPS, "ec2 list")
    assert (code, "identity" in said) == (3, True)


def test_a_change_where_the_bot_is_not_and_anything_where_others_read_along_is_refused(
    check: Bot, slack: SlackServer, home: Path
) -> None:
    (home / "bot.yml").write_text(RULES.replace("    channels: [C0OPS00001]\n", ""))
    code, said, _ = check(*ANA, "--channel", "C0RANDOM03", "ec2 stop i-1")
    assert (code, "place" in said) == (3, True)
    assert check(*ANA, "--channel", "C0RANDOM03", "ec2 stop i-1 --private")[0] == 0
    assert check(*ANA, "--channel", "C0RANDOM03", "ec2 list")[0] == 0
    assert check(*ANA, "--channel", "C0SHARED06", "ec2 list")[0] == 3


def test_a_slack_that_does_not_answer_is_not_needed(check: Bot, slack: SlackServer) -> None:
    Wire(slack).order("fault", kind="api_error", method="auth.test", error="invalid_auth")
    code, said, _ = check(*ANA, *OPS, "ec2 list")
    assert code == 0
    assert "invalid_auth" in said
    assert "assumed" in said


def test_what_wildcards_would_match_beyond_the_catalogue_is_a_note_by_rule() -> None:
    looks = rule("looks", actions=["ec2:Describe*", "sns:P*", "ec2:DescribeTags"])
    file = of([looks, deny(actions=["ec2:*"])]).model_copy(update={"catalogue": "2025-01"})
    (told,) = beyond(file)
    assert told.startswith("Note: wildcards of looks match ")
    assert "that catalogue 2025-01 does not hold; denied unless named in full: ec2:Describe" in told
    assert told.endswith(" more.")
    assert list(beyond(of([looks]))) == []
