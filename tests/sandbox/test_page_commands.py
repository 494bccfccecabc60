"""The page's completion list is written from the declarations; this finds where it was not written anew."""

from __future__ import annotations

from tests.sandbox.page.commands import SCRIPT, written


def test_the_page_completes_every_command_there_is_as_it_is_declared() -> None:
    assert SCRIPT.read_text() == written(), "run `make docs`, or: python -m tests.sandbox.page.commands"
