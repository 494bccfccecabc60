"""How a service file declares its commands: a decorated function is a command, and nothing else is needed.

    @changes("sns:Publish", example='sns publish arn:aws:sns:… "hello"')
    def publish(aws: Aws, topic: Topic, message: str) -> Plan:
        \"\"\"Send a message to a topic.\"\"\"

The module's name is the service, the function's name the verb, the docstring's first sentence the help.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from bot.action import Action
from bot.command import Command, Effect, Follow, Outcome, Plan, Undo
from bot.params import bind, params_of
from bot.reply import Reply

_MARK = "bot_command"


def reads(
    *calls: str, example: str, secret: bool = False, wide: bool = False, finds: str = ""
) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
    """Declare a command that only reads; the right to its first call is the right to it.

    `finds` is a pattern: ids like that, named in a message, are what it shows.
    """

    def mark(function: Callable[..., Reply]) -> Callable[..., Reply]:
        command = _command(function, Effect.READS, calls, example, secret=secret, wide=wide, finds=finds)
        setattr(function, _MARK, command)
        return function

    return mark


def changes(
    *calls: str,
    example: str,
    reads: tuple[str, ...] = (),
    destroys: bool = False,
    follow: Follow | None = None,
    undo: Undo | None = None,
    outcome: Callable[[Mapping[str, Any]], Outcome] | None = None,
) -> Callable[[Callable[..., Plan]], Callable[..., Plan]]:
    """Declare a command that changes something; its function plans the calls and the engine makes them."""

    def mark(function: Callable[..., Plan]) -> Callable[..., Plan]:
        effect = Effect.DESTROYS if destroys else Effect.CHANGES
        more = {"reads": reads, "follow": follow, "undo": undo, "outcome": outcome}
        command = _command(function, effect, calls, example, **more)
        setattr(function, _MARK, command)
        return function

    return mark


def _command(
    function: Callable[..., Any], effect: Effect, calls: tuple[str, ...], example: str, **more: Any
) -> Command:
    params = params_of(function)
    doc = inspect.getdoc(function) or ""
    service = function.__module__.rpartition(".")[2].rstrip("_")
    verb = function.__name__.rstrip("_").replace("_", "-")
    _complete(f"{service} {verb}", doc, calls, example)

    def perform(aws: Any, action: Action) -> Reply | Plan:
        result: Reply | Plan = function(aws, **bind(params, action))
        return result

    return Command(
        service=service,
        verb=verb,
        summary=doc.partition("\n")[0],
        help=doc,
        effect=effect,
        calls=calls,
        example=example,
        perform=perform,
        params=params,
        **more,
    )


def _complete(name: str, doc: str, calls: tuple[str, ...], example: str) -> None:
    """Raise TypeError where a declaration lacks what help, the allowlist and the reference need."""
    if not doc.partition("\n")[0].endswith("."):
        raise TypeError(f"{name} needs a docstring whose first line is a sentence: it is the command's help.")
    if not calls:
        raise TypeError(f"{name} declares no AWS call: the right to the first one is the right to the command.")
    if example != name and not example.startswith(f"{name} "):
        raise TypeError(f"The example of {name} is another command: {example!r}.")


def commands_in(module: ModuleType) -> Iterator[Command]:
    """Yield the commands a module declares itself, in the order they are written; imported ones are another's."""
    for value in vars(module).values():
        command = getattr(value, _MARK, None)
        if isinstance(command, Command) and value.__module__ == module.__name__:
            yield command


def discovered(package: ModuleType) -> Iterator[Command]:
    """Yield every command of a package: one file a service, found by being there; `_names` are parts of services."""
    for found in pkgutil.iter_modules(package.__path__):
        if not found.name.startswith("_"):
            yield from commands_in(importlib.import_module(f"{package.__name__}.{found.name}"))
