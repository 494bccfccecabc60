"""What to type instead: did-you-mean, what one can begin with, and how a command is typed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from bot.action import shown
from bot.command import Command
from bot.errors import UsageError


def no_service(typed: str, menu: list[Command]) -> UsageError:
    firsts = sorted({command.service or command.verb for command in menu})
    close = [command.name for command in menu if command.verb == typed.lower()][:3] or near(typed, firsts)
    told = f"I do not know {shown(typed)}. A command begins with its service.{question(close)}"
    named = [command for command in menu if close and close[0] in (command.name, command.service)]
    return UsageError(told + (f" You can begin with {either(firsts)}." if firsts else "") + form(*named, *menu))


def no_verb(service: str, typed: str, menu: list[Command]) -> UsageError:
    verbs = [command.verb for command in menu]
    close = near(typed, verbs)
    told = f"{service} has no verb {shown(typed)}.{question(close)}" if typed else f"Say what to do with {service}."
    named = [command for command in menu if command.verb in close[:1]]
    return UsageError(told + (f" You can say {service} {either(verbs)}." if verbs else "") + form(*named, *menu))


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
