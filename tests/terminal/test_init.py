from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.aws.catalogue import releases
from bot.aws.identity import Identity
from bot.compose_terminal import who_runs_this
from bot.config.load import load, parse
from bot.sandbox.aws.names import DEV, PROD
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import BOT_TOKEN
from bot.terminal.init import Named, Workspace, written
from tests.sandbox.aws_wire import Aws
from tests.sandbox.slack_wire import Wire
from tests.terminal.conftest import Bot


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    with SlackServer() as server:
        monkeypatch.setenv("SLACK_API_URL", server.api_url)
        yield Wire(server)


@pytest.fixture
def init(bot: Bot, home: Path, aws: Aws) -> Bot:
    (home / "bot.yml").unlink()
    return lambda *words: bot("init", "--aws-endpoint-url", aws.url, *words)


def uncommented(text: str) -> str:
    """The file with the lines of its examples, and those of the accounts it did not find, made real."""
    lines = [
        line.replace("#  ", "  ", 1) if line.startswith(("#  - ", "#    ")) else line for line in text.splitlines()
    ]
    return "\n".join(
        line.removeprefix("# ") if line.startswith(("# accounts:", "#   main:")) else line for line in lines
    )


def test_a_first_file_holds_the_real_ids_and_lets_everybody_look(
    init: Bot, bot: Bot, slack: Wire, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    code, said, _ = init()
    assert code == 0
    assert "Not in it yet" not in said
    file = load(home / "bot.yml")
    (account,) = file.accounts.values()
    assert (account.id, account.region, account.default, account.role) == (DEV, "eu-west-1", True, None)
    (rule,) = file.rules
    assert rule.who.everyone
    assert set(rule.actions) == {"ec2:DescribeInstances", "bot:Status"}
    text = (home / "bot.yml").read_text()
    assert f'catalogue: "{releases()[-1]}"' in text
    for found in ("T0TIDEWATR", "S0ONCALL01 @oncall", "S0DEVS0002", "C0OPS00001 #ops", "C0DEV00002", "G0SECRET04"):
        assert found in text
    for absent in ("C0RANDOM03", "S0EMPTY003", "G0BOARD005"):
        assert absent not in text
    assert bot("check")[0] == 0
    assert bot("check", "--user", "U0BEN00002", "--channel", "C0OPS00001", "ec2 list")[0] == 0
    assert bot("check", "--user", "U0BEN00002", "--channel", "C0OPS00001", "ec2 stop i-1")[0] == 3


def test_the_examples_load_when_they_are_uncommented(init: Bot, slack: Wire, home: Path) -> None:
    init()
    file = parse(uncommented((home / "bot.yml").read_text()))
    changing, looking = file.rules[1:]
    assert (changing.who.groups, changing.channels) == (("S0ONCALL01",), ("C0OPS00001",))
    assert looking.who.terminal == (who_runs_this(),)


def test_a_file_that_is_there_is_never_written_over(init: Bot, slack: Wire, aws: Aws, home: Path) -> None:
    (home / "bot.yml").write_text("rules: []\n")
    code, said, told = init()
    assert (code, said) == (2, "")
    assert "bot.yml" in told
    assert (home / "bot.yml").read_text() == "rules: []\n"
    assert aws.log() == []
    (home / "dangling.yml").symlink_to(home / "nowhere.yml")
    assert init("--config", "dangling.yml")[0] == 2
    assert not (home / "nowhere.yml").exists()


def test_a_place_that_cannot_be_written_to_is_said(init: Bot, slack: Wire) -> None:
    code, _, told = init("--config", "no/such/folder/bot.yml")
    assert (code, "no/such/folder" in told) == (2, True)


def test_without_token_and_credentials_there_are_placeholders_and_sentences(
    bot: Bot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    code, said, _ = bot("init", "--config", "first.yml")
    assert code == 0
    first, second, _ = said.splitlines()
    assert "SLACK_BOT_TOKEN" in first
    assert "credentials" in second
    text = (home / "first.yml").read_text()
    assert not load(home / "first.yml").accounts
    assert len(load(home / "first.yml").rules) == 1
    file = parse(uncommented(text))
    assert list(file.accounts) == ["main"]
    assert len(file.rules) == 3


def test_scopes_that_are_missing_are_said_and_the_rest_is_there(init: Bot, slack: Wire, home: Path) -> None:
    for method in ("usergroups.list", "users.conversations"):
        slack.order("fault", kind="api_error", method=method, error="missing_scope")
    code, said, _ = init()
    assert code == 0
    assert said.count("missing_scope") == 2
    assert "us-east-1" in said  # no Region is configured here
    assert load(home / "bot.yml").accounts["main"].id == DEV


def test_an_aws_that_refuses_is_said(init: Bot, slack: Wire, aws: Aws, home: Path) -> None:
    aws.fault("expired", "GetCallerIdentity")
    assert "credentials" in init()[1]
    assert not load(home / "bot.yml").accounts


def test_names_stay_in_their_comments() -> None:
    name = 'x\nrules: [{id: evil, actions: ["ec2:*"], who: {everyone: true}, accounts: ["*"]}]\u2028# \x1b[2J'
    group, channel = (Named("S0ONCALL01", name),), (Named("C0OPS00001", name),)
    text = written(
        Workspace(Named("T1", name), group, channel),
        Identity(PROD, f"arn:aws:sts::{PROD}:x\nrules: 7", ""),
        "o'brien: x",
    )
    assert len(parse(text).rules) == 1
    assert parse(uncommented(text)).rules[2].who.terminal == ("o'brien: x",)
    assert "\x1b" not in text


def test_a_large_workspace_is_named_in_part() -> None:
    many = tuple(Named(f"C0MANY{number:04}", f"#c{number}") for number in range(100))
    text = written(Workspace(Named("T1", "Large"), (), many), None, "root")
    assert "and 60 more" in text
    assert "C0MANY0099" not in text
    assert "none found" in text
