"""What to type instead, with the commands that there are."""

from __future__ import annotations

import pytest

from bot.compose import all_commands
from bot.errors import UsageError
from bot.hints import ELSEWHERE
from bot.parse import Commands, Defaults, parse

COMMANDS = Commands(all_commands())
DEFAULTS = Defaults({"dev": "dev"}, {"dev": "eu-west-1"}, "dev")


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as refused:
        parse(text, COMMANDS, DEFAULTS)
    return refused.value.sentence


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ec2 restart name=web-1", "reboot"),
        ("ec2 kill name=web-1", "terminate"),
        ("ec2 describe-instances", "list or show"),
        ("ec2 run-instances", "launch"),
        ("ec2 create", "launch"),
        ("s3 cp notes.txt s3://x", "put or get"),
        ("s3 Download x", "get"),
        ("s3 rm x", "delete"),
        ("lambda run thumbnailer", "invoke"),
        ("cloudwatch describe-alarms", "alarms"),
        ("restart web-1", "ec2 reboot"),
        ("stop-instances", "ec2 stop"),
        ("upload notes.txt", "s3 put"),
    ],
)
def test_what_things_are_called_elsewhere_is_understood_and_not_done(text: str, meant: str) -> None:
    assert f" Did you mean {meant}?" in refusal(text)


@pytest.mark.parametrize("text", ["what is broken", "that", "salt"])
def test_nobody_is_led_to_the_stop_button_by_a_word_that_looks_like_it(text: str) -> None:
    assert "Usage: halt" not in refusal(text)
    assert "Did you mean halt?" in refusal("hlat all")


def test_our_words_for_what_is_said_elsewhere_are_there() -> None:
    verbs = {command.verb for command in COMMANDS}
    assert {verb for ours in ELSEWHERE.values() for verb in ours} <= verbs


@pytest.mark.parametrize("line", ["aws ec2 list", "/aws ec2 list", "AWS ec2 list"])
def test_a_line_copied_with_the_aws_in_front_is_the_same_line(line: str) -> None:
    assert parse(line, COMMANDS, DEFAULTS) == parse("ec2 list", COMMANDS, DEFAULTS)
    assert parse("aws help", COMMANDS, DEFAULTS) == parse("help", COMMANDS, DEFAULTS)
    assert "I do not know aws." in refusal("aws aws ec2 list")
    assert "I do not know aws." in refusal("aws")
