"""What to type instead: did-you-mean, what one can begin with, and how a command is typed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from bot.action import shown
from bot.command import Command
from bot.errors import UsageError

_SHORT = 4
"""Words of so few letters are like many others: those that begin otherwise are not meant."""
ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "call": ("invoke",),
    "chart": ("graph",),
    "cp": ("put", "get"),
    "create": ("launch",),
    "delete": ("terminate", "remove"),
    "describe": ("show", "list"),
    "destroy": ("terminate", "delete", "remove"),
    "download": ("get",),
    "find": ("list",),
    "get": ("show",),
    "kill": ("terminate",),
    "link": ("presign",),
    "log": ("logs",),
    "ls": ("list",),
    "mb": ("create",),
    "metrics": ("graph",),
    "new": ("launch", "create", "add"),
    "remove": ("terminate", "delete"),
    "restart": ("reboot",),
    "rm": ("delete", "remove"),
    "run": ("launch", "invoke"),
    "tail": ("logs",),
    "upload": ("put",),
}
"""What people say elsewhere, and our verbs for it."""


def no_service(typed: str, menu: list[Command]) -> UsageError:
    firsts = sorted({command.service or command.verb for command in menu})
    close = [command.name for command in menu if command.verb == typed.lower()] or meant(typed, menu)
    close = close[:3] or [each for each in near(typed, firsts) if each[0] == typed[:1].lower() or len(each) > _SHORT]
    told = f"I do not know {shown(typed)}. A command begins with its service.{question(close)}"
    named = [command for command in menu if close and close[0] in (command.name, command.service)]
    return UsageError(told + (f" You can begin with {either(firsts)}." if firsts else "") + form(*named, *menu))


def no_verb(service: str, typed: str, menu: list[Command]) -> UsageError:
    verbs = [command.verb for command in menu]
    close = [name.rpartition(" ")[2] for name in meant(typed, menu)] or near(typed, verbs)
    told = f"{service} has no verb {shown(typed)}.{question(close)}" if typed else f"Say what to do with {service}."
    named = [command for command in menu if command.verb in close[:1]]
    return UsageError(told + (f" You can say {service} {either(verbs)}." if verbs else "") + form(*named, *menu))


def meant(typed: str, menu: Iterable[Command]) -> list[str]:
    """Name the commands that a word means elsewhere: in speech, or as the AWS CLI spells operations."""
    menu = tuple(menu)
    words = ELSEWHERE.get(typed.lower(), ())
    said = [command.name for word in words for command in menu if command.verb == word]
    return said or [command.name for command in menu if command.calls and _in_cli(command.calls[0]) == typed.lower()]


def _in_cli(operation: str) -> str:
    """Spell `ec2:StopInstances` as `stop-instances`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", operation.partition(":")[2]).lower()


def near(typed: str, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(typed[:60].lower(), list(names), n=3)


def question(close: list[str]) -> str:
    return f" Did you mean {either(close)}?" if close else ""


def either(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def bare(option: str) -> str:
    """Show an option that somebody typed, without quotes where it is harmless."""
    return option if re.fullmatch(r"[\w-]{1,40}", option, re.ASCII) else shown(option)


def form(*commands: Command) -> str:
    """Show how the first of these is typed; nothing where there is none."""
    return "".join(f"\nUsage: {command.usage}\nExample: {command.example}" for command in commands[:1])
