"""What every command really asks of AWS, as the endpoint and the sockets saw it, is what it declares: no more, no less.

Each command runs its example and the cases below on the real road: decided, planned, confirmed, sent, followed. A call
that was not declared is red, and so is one that is declared and never made.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

import pytest

from bot.aws import transfers
from bot.aws.own_calls import OWN_CALLS
from bot.command import Call, Command, Upload
from bot.compose import all_commands
from bot.reply import File, Link, Reply, Text
from bot.sandbox.aws.buckets import ARTIFACTS, LOGS
from bot.spool import discard
from bot.store.runs import ENDED, Run, State
from tests.aws.sockets import connections
from tests.road.bench import Bench, bot_file, opened
from tests.sandbox.aws_wire import running

COMMANDS = {each.name: each for each in all_commands() if not each.own}
ALL = {"actions": sorted({call for each in COMMANDS.values() for call in each.operations}), "accounts": ["*"]}
LARGE = 6 * 1024 * 1024


@dataclass(frozen=True)
class Case:
    """A command typed in another way than its example; `fault` is what AWS answers one call with."""

    text: str
    fault: Mapping[str, Any] = field(default_factory=dict)
    ends: State = State.DONE


CASES: Mapping[str, tuple[Case, ...]] = {
    "s3 list": (Case("s3 list"),),
    "s3 create": (Case(f"s3 create {LOGS}"),),
    "s3 put": (
        Case(f"s3 put {ARTIFACTS} large.bin --file F1"),
        Case(
            f"s3 put {ARTIFACTS} broken.bin --file F1",
            {"kind": "code", "operation": "UploadPart", "code": "InvalidPart", "status": 400},
            State.FAILED,
        ),
    ),
    "lambda invoke": (
        Case("lambda invoke thumbnailer --async"),
        Case("lambda invoke thumbnailer --dry-run"),
    ),
}


class OneFile:
    """A large file that somebody shared."""

    def facts(self, id_: str, run: Run) -> Upload:
        return Upload(id_, f"{run.id}.bin", LARGE)

    def open(self, id_: str) -> BinaryIO:
        return BytesIO(id_[:1].encode() * LARGE)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with running() as aws, opened(aws) as gateway:
        made = Bench(tmp_path_factory.mktemp("calls") / "bot.db", aws, bot_file(ALL), gateway)
        made.desk.files = OneFile()
        yield made
        made.close()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_asks_aws_for_what_it_declares_and_nothing_else(bench: Bench, name: str) -> None:
    command = COMMANDS[name]
    made = set[str]()
    for case in (Case(command.example), *CASES.get(name, ())):
        made |= ran(bench, command, case)
    assert made - declared(command) == set(), "made and not declared"
    assert declared(command) - made == set(), "declared and made by no case"


def test_the_cases_are_about_commands_that_there_are() -> None:
    assert set(CASES) <= set(COMMANDS)
    assert len(COMMANDS) > 20


def test_a_call_that_is_not_declared_shows(bench: Bench) -> None:
    """A comparison that finds nothing would make the promise above empty."""
    console = COMMANDS["ec2 console"]
    assert ran(bench, console, Case(console.example)) - {"ec2:GetConsoleOutput"} == {"ec2:DescribeInstances"}


def declared(command: Command) -> set[str]:
    """The operations of a command, with those that an upload is made of."""
    parts = transfers.granted(Call(transfers.PUT, {}, upload=Upload("F1", "x", 1))).within
    return set(command.operations) | ({each.operation for each in parts} if transfers.PUT in command.calls else set())


def ran(bench: Bench, command: Command, case: Case) -> set[str]:
    """Run a case to its end; what arrived at AWS. No socket of this process goes anywhere else."""
    bench.aws.control("reset", {})
    if case.fault:
        bench.aws.fault(**case.fault)
    with connections() as made:
        run = bench.ask(case.text)
        if run.state is State.ASKED:
            assert bench.click("confirm", run) == ""
        for _ in range(60):
            if bench.run(run.id).state in ENDED:
                break
            bench.wait(2)
            bench.tick()
        follow_links(bench.desk.secrets.pop(run.id, None) if command.secret else None)
    assert bench.run(run.id).state is case.ends, (bench.run(run.id).why, bench.card(run))
    assert set(made) <= {bench.aws.url.removeprefix("http://")}
    return {f"{each['service']}:{each['operation']}" for each in bench.aws.log()} - OWN_CALLS


def follow_links(reply: Reply | None) -> None:
    """Open what was signed, and throw away what was fetched."""
    for part in reply.parts if reply else ():
        if isinstance(part, File):
            discard(part.path)
        for span in part.spans if isinstance(part, Text) else ():
            if isinstance(span, Link):
                with urllib.request.urlopen(span.url, timeout=10) as answer:
                    answer.read()
