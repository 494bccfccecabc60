"""The page's completion list is written by hand; this holds it to the declarations."""

from __future__ import annotations

import re

from bot.compose import all_commands
from bot.sandbox.slack.server import PAGE


def test_the_page_completes_every_command_there_is_and_no_other() -> None:
    listed = re.findall(r'{ name: "([^"]+)"', (PAGE / "commands.js").read_text())
    assert sorted(listed) == sorted(command.name for command in all_commands() if command.verb != "hello")


def test_the_page_says_which_commands_need_something_more() -> None:
    text = (PAGE / "commands.js").read_text()
    needing = re.findall(r'{ name: "([^"]+)"[^}]*needs: true', text)
    assert sorted(needing) == sorted(
        command.name for command in all_commands() if any(param.required for param in command.params)
    )
