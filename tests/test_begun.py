"""What stands where a command is not typed to its end, reads every account, or takes whatever is behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import pytest

from bot.action import Action
from bot.command import Aws
from bot.errors import UsageError
from bot.params import Rest
from bot.parse import Commands, Defaults, begun, parse
from tests.samples import COMMANDS, DEFAULTS, command

NO_DEFAULT = replace(DEFAULTS, account=None)
DEV = {"account": "dev", "region": "eu-west-1"}


def explain(aws: Aws, words: Annotated[tuple[str, ...], "a command", Rest()], *, user: str = "") -> None:
    """Explain another command."""


MORE = Commands(
    [*COMMANDS, replace(command("report", "fleet"), wide=True), command("ask", "explain", explain)],
)


# What lacks something


@pytest.mark.parametrize(
    ("text", "action", "lacks"),
    [
        ("ec2 stop", Action("ec2", "stop", **DEV), ["things"]),
        ("EC2 Stop --force", Action("ec2", "stop", options=(("force", ()),), **DEV), ["things"]),
        ("ec2 stop i-1", Action("ec2", "stop", ("i-1",), **DEV), []),
        ("ec2 make --private", Action("ec2", "make", private=True, **DEV), ["kind"]),
        ("ec2 stop --account prod", Action("ec2", "stop", account="prod", region="us-east-1"), ["things"]),
        ("", Action("", "hello"), []),
    ],
)
def test_a_command_that_was_begun_is_read_as_far_as_it_goes(text: str, action: Action, lacks: list[str]) -> None:
    found = begun(text, COMMANDS, DEFAULTS)
    assert found
    assert (found.command, found.action) == (COMMANDS.of(action), action)
    assert [param.name for param in found.lacks] == lacks


@pytest.mark.parametrize(
    "text", ["ec2", "fly away", 'ec2 stop "', "ec2 stop --colour red", "ec2 stop --account nobody"]
)
def test_what_cannot_be_read_was_not_begun(text: str) -> None:
    assert begun(text, COMMANDS, DEFAULTS) is None
    assert begun("report fleet --region nowhere", MORE, NO_DEFAULT) is None


def test_a_command_may_be_begun_without_an_account_where_none_is_meant_by_default() -> None:
    def action(text: str) -> Action:
        found = begun(text, MORE, NO_DEFAULT)
        assert found
        return found.action

    assert action("ec2 stop") == Action("ec2", "stop")
    assert action("ec2 stop --region us-west-2") == Action("ec2", "stop", region="us-west-2")
    assert action("ec2 stop --account prod").region == "us-east-1"
    assert action("status") == Action("", "status")
    assert action("report fleet --account prod") == Action("report", "fleet", account="prod")


def test_what_lacks_something_cannot_be_too_long_either() -> None:
    smiles = "\U0001f600" * 400
    assert begun(f'ec2 stop "{smiles}"', COMMANDS, DEFAULTS) is None


# What reads every account


@pytest.mark.parametrize(
    ("text", "account", "region"),
    [
        ("report fleet", "", ""),
        ("report fleet --account 012345678901", "prod", ""),
        ("report fleet --region us-west-2", "", "us-west-2"),
        ("report fleet --account dev --region us-west-2", "dev", "us-west-2"),
    ],
)
def test_a_wide_command_leaves_open_what_was_not_typed(text: str, account: str, region: str) -> None:
    for defaults in (DEFAULTS, NO_DEFAULT):
        assert parse(text, MORE, defaults) == Action("report", "fleet", account=account, region=region)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("report fleet --account pro", "I know no account pro. Did you mean prod? Give --account dev or prod."),
        ("report fleet --region nowhere", "nowhere is no AWS Region that I know. One looks like eu-west-1."),
    ],
)
def test_a_wide_command_s_account_and_region_have_to_be_there(text: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(text, MORE, DEFAULTS)
    assert refused.value.sentence.startswith(f"{says}\nUsage: report fleet")


# What takes whatever is behind it


def test_options_behind_a_command_that_takes_another_are_the_other_s() -> None:
    action = parse("ask explain ec2 stop i-1 --force -x --User U1 --Private --Xuser=2 i-2", MORE, DEFAULTS)
    assert action.words == ("ec2", "stop", "i-1", "--force", "-x", "--Xuser=2", "i-2")
    assert action.options == (("user", ("U1",)),)
    assert action.private


# Where nothing is known


def test_where_nothing_is_known_the_sentence_says_who_has_to_name_it() -> None:
    def refused(text: str, defaults: Defaults) -> str:
        with pytest.raises(UsageError) as problem:
            parse(text, COMMANDS, defaults)
        return problem.value.sentence.partition("\n")[0]

    assert refused("ec2 list", Defaults({}, {})) == (
        "I know no AWS account; whoever runs me has to name one under accounts: in bot.yml."
    )
    assert refused("ec2 list", NO_DEFAULT) == "Say which account: --account dev or prod."
    assert (
        refused("ec2 list", Defaults({"dev": "dev"}, {}, "dev")) == "Say which Region, for example --region eu-west-1."
    )
    assert refused("ec2", DEFAULTS) == "Say what to do with ec2. You can say ec2 stop, make, look or list."
