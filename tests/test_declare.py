"""Declarations: what a service file has to say, and what is found in it."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated, Any

import pytest

from bot import services
from bot.action import Action
from bot.command import Effect, Plan
from bot.declare import changes, commands_in, discovered, reads
from bot.reply import Reply


def declared(source: str, name: str = "bot.services.lambda_") -> ModuleType:
    """A service's module made of source text."""
    module = ModuleType(name)
    vars(module).update(changes=changes, reads=reads, Plan=Plan, Reply=Reply, Annotated=Annotated, Any=Any)
    exec(source, vars(module))
    return module


LIST = '''
@reads("lambda:ListFunctions", example="lambda list-all")
def list_all(aws: Any, prefix: Annotated[str, "how it begins"] = "") -> Reply:
    """List functions.

    All of them.
    """
    return Reply(f"{aws}: {prefix}")
'''


def test_the_module_is_the_service_the_function_the_verb_and_the_docstring_the_help() -> None:
    (command,) = commands_in(declared(LIST))
    assert (command.service, command.verb) == ("lambda", "list-all")
    assert command.summary == "List functions."
    assert command.help == "List functions.\n\nAll of them."
    assert command.usage == "lambda list-all [PREFIX]"
    assert (command.effect, command.calls, command.reads) == (Effect.READS, ("lambda:ListFunctions",), ())


def test_a_command_performs_its_function_with_what_was_typed() -> None:
    (command,) = commands_in(declared(LIST))
    assert command.perform("aws", Action("lambda", "list-all", ("web",))) == Reply("aws: web")


def test_a_change_says_what_it_reads_and_whether_it_destroys() -> None:
    source = '''
@changes("lambda:DeleteFunction", reads=("lambda:GetFunction",), example="lambda delete web", destroys=True)
def delete(aws: Any, function: str) -> Plan:
    """Delete a function."""
    return Plan(f"delete {function}")
'''
    (command,) = commands_in(declared(source))
    assert command.effect is Effect.DESTROYS
    assert command.operations == ("lambda:DeleteFunction", "lambda:GetFunction")
    assert command.perform(None, Action("lambda", "delete", ("web",))) == Plan("delete web")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (LIST.replace("List functions.\n", "List functions\n"), "sentence"),
        (LIST.replace('"""List functions.\n\n    All of them.\n    """', ""), "docstring"),
        (LIST.replace('"lambda:ListFunctions", ', ""), "no AWS call"),
        (LIST.replace("lambda list-all", "lambda list"), "another command"),
        (LIST.replace("lambda list-all", "lambda list-allx"), "another command"),
    ],
)
def test_a_declaration_that_lacks_something_is_refused_when_it_is_read(wrong: str, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        declared(wrong)


def test_what_a_module_imports_is_another_modules_command() -> None:
    first = declared(LIST)
    second = declared("", "bot.services.s3")
    vars(second)["list_all"] = vars(first)["list_all"]
    assert list(commands_in(second)) == []


def test_every_service_is_found_by_being_there_and_parts_of_services_are_not_services() -> None:
    found = {command.service for command in discovered(services)}
    assert {"ec2", "s3", "lambda", "cloudwatch", "report"} <= found
    assert not any(name.startswith("-") or name in ("instances", "buckets") for name in found)
