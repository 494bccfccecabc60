"""Writes docs/commands.md: every command with its example, typed into a local Slack and answered by the bot.

`python -m tests.reference` writes the page; a test fails where the page is not what would be written. A service whose
example needs more than the seeded estate has a function `given(whole)` in its own test file, tests/services/test_*.py.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.command import Command, Effect
from bot.compose import all_commands
from bot.sandbox.aws.estate import MACHINES, PROD
from bot.store.halts import Halt
from tests.sandbox.slack_wire import until
from tests.whole import Card, Whole, running

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
OURS = {machine.id for machine in MACHINES}
INTRODUCTION = """\
# Commands

What can be typed after `/aws`. Everywhere: `--account NAME`, `--region REGION`, and `--private` for an answer to you
alone. An instance is named by its id, `name=web-*`, `tag:env=dev` or `state=running`: words of one kind add up,
different kinds narrow. The right a command needs is what `actions` in [the allowlist](allowlist.md) names.

`make docs` writes this page from the declarations in `bot/services/`. Each example was typed into the local Slack by
ana, who is on call, its question confirmed with a click, and what stands below it read from that Slack. Times, and ids
that AWS makes up, are always the same here.
"""
EFFECTS = {Effect.READS: "reads", Effect.CHANGES: "changes, asks first", Effect.DESTROYS: "destroys, asks first"}
_SAME: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?", lambda found: "2026-01-31 09:30:00"[: len(found[0])]),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ", "Sat 31 Jan "),
    (r"(?m)^\w+ until \d\d \w{3} USD \S+$", "January until 30 Jan USD 7,842.91"),
    (r"(?m)^Forecast for \w+ USD \S+$", "Forecast for January USD 11,301.48"),
    (r"(last|lowest|highest) [\d.,]+ USD", r"\1 12 USD"),
    (r"USD [\d,]+\.\d\d|\(\+\d+ %\)", lambda found: re.sub(r"\d", "1", found[0])),
    (r"\d+ errors? in 24 h", "1 error in 24 h"),
    (r" at \d\d:\d\d UTC", " at 09:30 UTC"),
    (r"\d\d:\d\d, by hand", "09:30, by hand"),
    (r"i-[0-9a-f]{17}", lambda found: found[0] if found[0] in OURS else "i-0123456789abcdef0"),
    (r"subnet-[0-9a-f]+", "subnet-0123456789abcdef0"),
    (r'ClientToken="[^"]*"', 'ClientToken="a-token-of-this-run"'),
    (r'"run":"[^"]*"', '"run":"a-token-of-this-run"'),
    (r"(?m)^(Public IP) \S+$", r"\1 203.0.113.7"),
    (r"Public IP \d[\d.]+", "Public IP 203.0.113.7"),
    (r"up \d+ s", "up 12 s"),
    (r"Rules [0-9a-f]{8}", "Rules 0123abcd"),
    (r"RequestId: [0-9a-f]{8}-[0-9a-f-]{27}", "RequestId: 01234567-89ab-cdef-0123-456789abcdef"),
    (r"\bsg-[0-9a-f]+", "sg-0123456789abcdef0"),
    (r"\d[\d,]*(\.\d+)? ms\b", "12 ms"),
    (r"Max Memory Used: \d+ MB", "Max Memory Used: 40 MB"),
    (r"[▁▂▃▄▅▆▇█]{10,}", "▁▂▃▄▅▆▇█▇▆▅▄▃▂▁"),
    (r"(Runs open|Messages waiting for Slack) \d+", r"\1 0"),
    (r"@U0ANA00001", "@ana"),
)


@dataclass(frozen=True)
class Example:
    """A command's example as it went: the question where it asked one, the last answer, and the AWS calls seen."""

    command: Command
    question: Card | None
    answer: Card
    calls: tuple[str, ...]


def typed(command: Command) -> str:
    """What is typed for a command's example; the greeting is what `/aws` alone shows."""
    return "" if command.name == "hello" else command.example


def run_example(whole: Whole, command: Command) -> Example:
    """Type a command's example, click where it asks, and wait for how it ended."""
    given(whole, command.service)
    if command.name == "resume":
        halted_by_carla(whole)
    whole.forget_calls()
    answer = whole.type(typed(command))
    question = answer if "confirm" in answer.buttons else None
    if question:
        whole.click("confirm", question)
        answer = whole.until(lambda card: card.text.startswith("✅"), question, what="a change that is done")
    until(lambda: whole.bot.desk.outbox.waiting() == 0, 20)  # what goes into its thread is not the next one's answer
    return Example(command, question, answer, tuple(whole.aws_calls()))


def given(whole: Whole, service: str) -> None:
    """Make in AWS what a service's examples speak of, if its tests say how."""
    name = f"tests.services.test_{service}"
    if service and importlib.util.find_spec(name):
        getattr(importlib.import_module(name), "given", lambda _: None)(whole)


def halted_by_carla(whole: Whole) -> None:
    """What ana may resume is what somebody else halted."""
    brake, now = whole.bot.desk.brake, whole.bot.desk.now()
    for mine in brake.in_force():
        brake.halts.end(mine, now, "ana")
    brake.put_on(Halt(f"account/{PROD}", "prod", "T0TIDEWATR/U0CARLA003", "carla", "the alarms make no sense", now))


def run_examples(whole: Whole, commands: Iterable[Command]) -> list[Example]:
    """Run every example on one estate: those that only read first, so that they see it as it was seeded."""
    ordered = sorted(commands, key=lambda command: command.effect is not Effect.READS)
    return [run_example(whole, command) for command in ordered]


def page(examples: Iterable[Example]) -> str:
    """Write the whole reference."""
    ordered = sorted(examples, key=lambda each: _place(each.command))
    rows = [
        f"| [`{each.command.name}`](#{each.command.name.replace(' ', '-')}) | {each.command.summary} "
        f"| {_effect(each.command)} | {_right(each.command)} |"
        for each in ordered
    ]
    table = "\n".join(["| Command | What it does | Effect | Right it needs |", "| --- | --- | --- | --- |", *rows])
    return "\n".join([INTRODUCTION, table, "", *map(section, ordered)])


def section(example: Example) -> str:
    """Write one command: usage, options, and how its example went."""
    command = example.command
    options = [f"| `{param.label}` | {param.help} |" for param in command.params if param.help]
    table = ["| Option | |", "| --- | --- |", *options, ""] if options else []
    reads = [] if command.own else [call for call in command.operations if call not in command.calls[:1]]
    along = f" Along with that right it may call {', '.join(f'`{call}`' for call in reads)}." if reads else ""
    about = f"{_effect(command).capitalize()}. Needs: {_right(command)}.{along}"
    usage = ["```text", f"/aws {command.usage}", "```", ""]
    return "\n".join([f"## {command.name}", "", command.help, "", *usage, *table, about, "", *_went(example)])


def _went(example: Example) -> list[str]:
    said = f"`/aws {typed(example.command)}`".replace(" `", "`")
    to_whom = ", to the asker alone" if example.answer.only_for or example.answer.channel != "ops" else ""
    if example.question is None:
        return [f"Example: {said} answers{to_whom}:", "", *_shown(example.answer)]
    (label,) = [each["text"]["text"] for name, each in example.question.buttons.items() if name == "confirm"]
    question = [f"Example: {said} asks:", "", *_shown(example.question)]
    return [*question, f"and after a click on *{label}* the same message becomes:", "", *_shown(example.answer)]


def _shown(card: Card) -> list[str]:
    return ["```text", *(line.rstrip() for line in same(card.words).split("\n")), "```", ""]


def same(words: str) -> str:
    """Make what differs from run to run the same: times, ids that AWS makes up, addresses."""
    for pattern, instead in _SAME:
        words = re.sub(pattern, instead, words)
    return words


def _place(command: Command) -> tuple[str, int]:
    everything = [each.name for each in all_commands()]
    return command.service or "~", everything.index(command.name) if command.name in everything else len(everything)


def _effect(command: Command) -> str:
    return "answers" if command.own else EFFECTS[command.effect]


def _right(command: Command) -> str:
    return f"`{command.calls[0]}`" if command.calls else "none"


def written() -> str:
    """Run every example and write the page."""
    with TemporaryDirectory() as directory, running(Path(directory)) as whole:
        return page(run_examples(whole, all_commands()))


if __name__ == "__main__":
    PAGE.write_text(written())
