"""Writes bot/sandbox/page/commands.js, what the page's composers complete, from the commands' declarations.

`python -m tests.sandbox.page.commands` writes it (`make docs` does too); a test fails where it is not what would be.
"""

from __future__ import annotations

import json
from pathlib import Path

from bot import sandbox
from bot.command import Command
from bot.compose import all_commands

SCRIPT = Path(sandbox.__file__).parent / "page" / "commands.js"
HEAD = "/** The commands there are, written by `make docs` from the declarations in bot/services/. */\n"


def entry(command: Command) -> str:
    """One line of the list: what is typed, its form, its summary, and whether more must follow."""
    facts = {
        "name": command.name,
        "usage": command.usage.removeprefix(command.name).strip(),
        "needs": any(param.required for param in command.params),
        "about": command.summary,
    }
    pairs = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
    return f"  {{ {', '.join(pairs)} }},"


def written() -> str:
    """The whole script; the greeting is what `/aws` alone shows, and no word to type."""
    ordered = sorted((each for each in all_commands() if each.name != "hello"), key=lambda each: not each.service)
    return "\n".join([HEAD, "export const COMMANDS = [", *map(entry, ordered), "];", ""])


if __name__ == "__main__":
    SCRIPT.write_text(written())
