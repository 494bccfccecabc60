"""Every command's example works as it stands in the reference, through Slack and on the estate of the demo."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import pytest

from bot.command import Effect
from bot.compose import all_commands
from bot.parse import Defaults, parse
from tests import reference
from tests.reference import Example
from tests.whole import Whole, running

COMMANDS = all_commands()
NAMES = [command.name for command in COMMANDS]
LOOKS_BY_ITSELF = {
    "hello": {"ec2:DescribeInstances"},  # real names in its examples, where the asker may list them
    "report run": {"ec2:DescribeInstances"},  # the report that it starts
}
NOT_IN_THE_EXAMPLE = {
    "s3 list": {"s3:ListBuckets"},  # of the form without a bucket
    "s3 presign": {"s3:GetObject"},  # signed, and made by whoever follows the link
    "s3 create": {"s3:GetBucketTagging"},  # of a bucket that is there already
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with running(tmp_path_factory.mktemp("whole")) as bot:
        yield bot


@pytest.fixture(scope="module")
def examples(whole: Whole) -> dict[str, Example]:
    return {each.command.name: each for each in reference.run_examples(whole, COMMANDS)}


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_of_its_own_command(name: str) -> None:
    service, _, verb = name.rpartition(" ")
    command = COMMANDS.find(service, verb)
    assert command is not None
    defaults = Defaults({"dev": "dev"}, {"dev": "eu-west-1"}, "dev")
    assert parse(command.example, COMMANDS, defaults).name == name


@pytest.mark.parametrize("name", NAMES)
def test_an_example_ends_well(examples: dict[str, Example], whole: Whole, name: str) -> None:
    example = examples[name]
    command = example.command
    assert not example.answer.text.startswith(("⛔", "❌", "❓")), example.answer.words
    assert (example.question is not None) == (command.effect is not Effect.READS), "changes ask, reads do not"
    if example.question:
        assert all(f"{call} " in example.question.words for call in command.calls), "the exact call stands on the card"
        assert whole.bot.desk.runs.get(example.question.run).state == "done"
    if command.follow:
        assert command.follow.goal in example.answer.text


@pytest.mark.parametrize("name", NAMES)
def test_an_example_makes_the_calls_it_declared_and_no_others(examples: dict[str, Example], name: str) -> None:
    example = examples[name]
    own = {call for call in example.command.operations if call.startswith("bot:")}
    declared = (set(example.command.operations) - own) | LOOKS_BY_ITSELF.get(name, set())
    seen = set(example.calls)
    assert seen <= declared, f"{name} made calls it did not declare"
    if not example.command.own:
        assert seen | NOT_IN_THE_EXAMPLE.get(name, set()) == declared, (
            f"{name} declares calls that its example does not need"
        )


def test_what_is_secret_goes_to_the_asker_alone(examples: dict[str, Example]) -> None:
    for example in examples.values():
        if example.command.secret:
            assert example.answer.only_for or example.answer.channel != "ops"


def test_the_reference_is_what_the_examples_answer(examples: dict[str, Example]) -> None:
    written, now = reference.PAGE.read_text().splitlines(), reference.page(examples.values()).splitlines()
    old = list(difflib.unified_diff(written, now, "docs/commands.md", "what it should be", lineterm="", n=1))
    assert not old, "\n".join(["docs/commands.md is old: make docs", *old[:40]])


def test_what_differs_from_run_to_run_is_made_the_same() -> None:
    said = "i-0a1b2c3d4e5f60001 i-00000000000000abc 2026-11-22 19:55:01 GMT, 2026-11-22 19:55 UTC"
    assert reference.same(said) == (
        "i-0a1b2c3d4e5f60001 i-0123456789abcdef0 2026-01-31 09:30:00 GMT, 2026-01-31 09:30 UTC"
    )


def test_the_page_names_every_command_with_its_right() -> None:
    words = reference.PAGE.read_text()
    for command in COMMANDS:
        assert f"\n## {command.name}\n" in words
        assert all(f"`{call}`" in words for call in command.operations)
