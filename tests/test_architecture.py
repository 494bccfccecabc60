"""The shape of the house, held by looking at its source: who may reach AWS, what is declared, how long files are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import bot
from bot.aws import models
from bot.command import Command, Effect
from bot.compose import all_commands

ROOT = Path(bot.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
COMMANDS = list(all_commands())
NAMES = [command.name for command in COMMANDS]

MAKES_CLIENTS = {"aws"}
"""The one part that makes sessions and clients; what imports botocore beside it only reads its models."""
SEEDS_ITS_OWN = {"sandbox"}
AWS_SDK = {"boto3", "botocore", "s3transfer", "aiobotocore"}
SESSIONS = {"Session", "get_session", "client", "resource", "create_client", "setup_default_session"}
WITHOUT_A_WAY_OUT = {"base64", "collections", "contextlib", "dataclasses", "datetime", "decimal", "json"} | {
    "re",
    "typing",
}
"""What of Python's library a service may use."""
NEVER_BOT_WORDS = {"health", "account", "config", "support"}
LONG_FOR_A_REASON: dict[str, str] = {}
"""Files of more than 300 lines that are one idea all the same, with the reason."""


def part(source: Path) -> str:
    """The part of the bot a file belongs to: `aws`, `road`, or its own name at the top."""
    return source.relative_to(ROOT).parts[0].removesuffix(".py")


def name(source: Path) -> str:
    return str(source.relative_to(ROOT))


@cache
def tree(source: Path) -> ast.Module:
    return ast.parse(source.read_text())


def imported(source: Path) -> set[str]:
    """Every top-level package a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def makes_sessions(source: Path) -> Iterator[str]:
    """Calls that make a session or a client of the AWS SDK: `boto3.client(…)`, `Session(…)`, `session.client(…)`."""
    names = {each for node in ast.walk(tree(source)) for each in _sdk_names(node)}
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.partition(".")[0] in names and called.rpartition(".")[2] in SESSIONS:
                yield called


def _sdk_names(node: ast.AST) -> Iterator[str]:
    """The names under which the SDK, or something of it, is known in a file."""
    if isinstance(node, ast.Import):
        for each in node.names:
            if each.name.partition(".")[0] in AWS_SDK:
                yield each.asname or each.name.partition(".")[0]
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in AWS_SDK:
        for each in node.names:
            yield each.asname or each.name


# ── the one door to AWS ──


def test_only_the_gateways_part_and_the_sandbox_know_the_aws_sdk() -> None:
    others = [each for each in SOURCES if part(each) not in MAKES_CLIENTS | SEEDS_ITS_OWN]
    assert [name(each) for each in others if imported(each) & AWS_SDK] == []


def test_only_the_gateways_part_makes_sessions_and_clients() -> None:
    others = [each for each in SOURCES if part(each) not in MAKES_CLIENTS]
    assert [(name(each), list(makes_sessions(each))) for each in others if list(makes_sessions(each))] == []


def test_the_search_for_sessions_finds_them(tmp_path: Path) -> None:
    source = tmp_path / "sly.py"
    source.write_text("import boto3 as b\nfrom boto3 import client as c, Session\nb.client('s3'); Session(); c = 1\n")
    assert list(makes_sessions(source)) == ["b.client", "Session"]
    assert imported(source) == {"boto3"}
    gateway = [each for each in SOURCES if part(each) == "aws" and list(makes_sessions(each))]
    assert gateway, "the gateway makes them, so a search that finds none there is blind"


def test_a_service_reaches_aws_through_what_it_is_given() -> None:
    for source in SOURCES:
        if part(source) == "services":
            assert imported(source) <= {"__future__", "bot"} | WITHOUT_A_WAY_OUT


BUILTINS_OUT = {"__import__", "eval", "exec", "compile", "getattr", "setattr", "vars", "globals", "open"}
PAST_THE_PROTOCOL = {"meta", "gateway", "granted", "config"}
"""Attributes of a client and of the gateway's door that lead past what `bot.command.Aws` offers."""
WORDS_OF_AWS = {"bot.aws.s3_names"}
"""What services may know of the gateway's part: how names are spelt."""


def reaches_past(source: Path) -> Iterator[str]:
    """What a file has in hand that no hook of the guard sees: private doors, the door's own parts, ways to import."""
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Attribute) and (node.attr.startswith("_") or node.attr in PAST_THE_PROTOCOL):
            yield ast.unparse(node)
        if isinstance(node, ast.Name) and node.id in BUILTINS_OUT:
            yield node.id


def bot_parts(source: Path) -> set[str]:
    """The parts of the bot a file imports, by module."""
    found = [node for node in ast.walk(tree(source)) if isinstance(node, ast.ImportFrom) and node.module]
    modules = {f"{node.module}.{each.name}" for node in found for each in node.names} | {str(n.module) for n in found}
    return {each for each in modules if each.startswith("bot.")}


def test_a_service_has_no_private_door_in_hand() -> None:
    """Signing by hand fires no event of botocore's: that services have nothing to do it with is shown here."""
    services = [each for each in SOURCES if part(each) == "services"]
    for source in services:
        assert list(reaches_past(source)) == [], name(source)
        of_aws = {each for each in bot_parts(source) if each.startswith(("bot.aws", "bot.road", "bot.compose"))}
        assert {each for each in of_aws if not each.startswith(tuple(WORDS_OF_AWS))} == set(), name(source)


def test_the_search_for_private_doors_finds_them(tmp_path: Path) -> None:
    source = tmp_path / "sly.py"
    lines = (
        "from bot.aws.guard import Pass",
        "def f(aws):",
        "    aws.client('s3')._request_signer._credentials; aws.client('s3').meta.events; aws.gateway.send",
        "    __import__('socket'); getattr(aws, 'gate' + 'way'); aws.client('s3').exceptions.ClientError",
    )
    source.write_text("\n".join(lines))
    assert set(reaches_past(source)) == {
        "aws.client('s3')._request_signer._credentials",
        "aws.client('s3')._request_signer",
        "aws.client('s3').meta",
        "aws.gateway",
        "__import__",
        "getattr",
    }
    assert "bot.aws.guard" in bot_parts(source)


# ── declarations ──


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_every_declared_call_exists_in_aws(command: Command) -> None:
    for call in command.operations:
        assert call.startswith("bot:") or models.exists(call), call


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_change_declares_what_it_changes_and_what_it_looks_at(command: Command) -> None:
    looks = ("Describe", "Get", "List", "Head", "Search", "Lookup", "Filter")
    reading = [call for call in command.operations if call.partition(":")[2].startswith(looks)]
    if command.effect is Effect.READS:
        own = {call for call in command.operations if call.startswith("bot:")}  # the bot's words, none of AWS's
        assert set(command.operations) - own == set(reading) - own, "a read changes nothing"
    else:
        assert not set(command.calls) & set(reading), "the right to change is not the right to look"
        assert set(command.reads) <= set(reading), "planning changes nothing"
        assert command.reads, "a change is planned on what is there"


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_help_is_a_sentence_and_every_parameter_says_what_it_is(command: Command) -> None:
    assert command.summary.endswith(".")
    assert "\n" not in command.summary
    assert len(command.summary) <= 100
    assert [param.name for param in command.params if not param.help] == []


def test_a_bot_word_is_no_name_of_an_aws_service() -> None:
    words = {command.verb for command in COMMANDS if not command.service}
    assert not words & NEVER_BOT_WORDS
    assert not words & models.services()
    assert models.services() >= NEVER_BOT_WORDS


def test_every_service_is_named_as_botocore_names_it() -> None:
    ours = {"", "report", "policy"}  # what is about no service of AWS's is named for what it is
    assert {command.service for command in COMMANDS} - ours <= models.services()
    assert not ours & models.services()


# ── the house ──


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Every node of these kinds in the bot's source, with where it stands."""
    for source in SOURCES:
        for node in ast.walk(tree(source)):
            if isinstance(node, kinds):
                yield f"{name(source)}: {getattr(node, 'name', 'module')}", node


def test_a_docstring_begins_with_a_sentence() -> None:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = [(where, ast.get_docstring(node) or "") for where, node in nodes(*kinds)]  # type: ignore[arg-type]
    first = [(where, doc.partition("\n\n")[0]) for where, doc in docs if doc]
    assert len(first) > 300
    assert [(where, words) for where, words in first if not words.endswith((".", ":", "…", "?", "!"))] == []


def test_a_file_of_more_than_300_lines_has_a_reason() -> None:
    lengths = {name(source): len(source.read_text().splitlines()) for source in SOURCES}
    long = {where: lines for where, lines in lengths.items() if lines > 300}
    assert set(long) == set(LONG_FOR_A_REASON), f"is it two ideas? {long}"


def test_a_function_is_at_most_40_lines() -> None:
    """A migration is a list of tables, and stays as it was on the day it was written."""
    functions = nodes(ast.FunctionDef, ast.AsyncFunctionDef)
    lengths = {where: (node.end_lineno or 0) - node.lineno + 1 for where, node in functions}  # type: ignore[attr-defined]
    assert {where: lines for where, lines in lengths.items() if lines > 40 and "migrations" not in where} == {}


def test_no_file_is_named_for_nothing() -> None:
    empty_names = {"utils", "util", "helpers", "helper", "common", "core", "manager", "base", "misc"}
    paths = {each.relative_to(ROOT) for each in SOURCES}
    assert [str(path) for path in paths if empty_names & {each.removesuffix(".py") for each in path.parts}] == []
