"""Ids in a message: which are found, as what, and what is typed for them."""

from __future__ import annotations

import pytest

from bot.action import Action
from bot.command import Command, Effect
from bot.parse import begun
from bot.reply import Reply
from bot.road.lookup import named
from tests.road.bench import COMMANDS
from tests.road.test_forms import DEV

WEB = "i-0a1b2c3d4e5f60001"
FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:thumbnailer"


def ids(message: str) -> list[str]:
    return [each.id for each in named(COMMANDS, message)]


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (f"{WEB} is down", [WEB]),
        (f"{WEB}, {WEB}; and i-1a2b3c4d.", [WEB, "i-1a2b3c4d"]),
        (f"arn:aws:ec2:eu-west-1:111111111111:instance/{WEB}", [WEB]),
        (f"InstanceId={WEB}", [WEB]),
        (f'{{"InstanceId":"{WEB}"}}', [WEB]),
        (f"({FUNCTION})", [FUNCTION]),
        ("ami-0a1b2c3d4e5f60101 and i-12345 and hi-0a1b2c3d4e5f60001 and i-0a1b2c3d4e5f600019", []),
        ("", []),
    ],
)
def test_ids_are_found_whole_once_and_in_order(message: str, found: list[str]) -> None:
    assert ids(message) == found


def test_an_arn_says_its_own_account_and_region_and_every_look_is_private() -> None:
    (one,) = named(COMMANDS, FUNCTION)
    assert one.typed.endswith("--account 111111111111 --region eu-west-1 --private")
    assert named(COMMANDS, WEB)[0].typed == f"ec2 show {WEB} --private"


def test_i5_what_is_found_is_data_in_the_command_that_is_typed_for_it() -> None:
    command = Command(
        "x", "see", "See.", Effect.READS, ("ec2:DescribeInstances",), "x see", lambda *_: Reply(""), finds=r"x<[^>]*>"
    )
    (one,) = named((command,), 'look: x<a" --account prod @here `b`>')
    found = begun(one.typed.replace("x see", "ec2 show"), COMMANDS, DEV)
    assert found
    assert found.action == Action(
        "ec2", "show", ('x<a" --account prod @here `b`>',), (), "dev", "eu-west-1", private=True
    )


def test_a_change_is_never_looked_up() -> None:
    command = Command(
        "x", "end", "End.", Effect.DESTROYS, ("ec2:TerminateInstances",), "x end", lambda *_: Reply(""), finds="i-.*"
    )
    assert named((command,), WEB) == ()


def test_a_long_message_is_searched_to_a_bound_in_no_time() -> None:
    assert ids("i-" * 200_000) == []
    assert len(ids(" ".join(f"i-{n:08x}" for n in range(20_000)))) > 5
