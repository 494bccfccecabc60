"""The list of changes that may live is whole, and about the code as it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants import EXPLAINED, Change, explained, read, told

DIFF = """# bot.policy.match.x__kind__mutmut_4: survived
--- bot/policy/match.py
+++ bot/policy/match.py
@@ -1,2 +1,2 @@
 def _kind(value: Any) -> type:
-    return bool if isinstance(value, bool) else type(value)
+    return bool if isinstance(value, bool) else None
"""
KIND = Change(
    "bot.policy.match._kind",
    ("return bool if isinstance(value, bool) else type(value)",),
    ("return bool if isinstance(value, bool) else None",),
)


def test_a_change_is_read_from_what_is_shown_of_it() -> None:
    assert read("bot.policy.match.x__kind__mutmut_4", DIFF) == KIND
    assert read("bot.aws.gateway.xǁGatewayǁuse__mutmut_11", DIFF).where == "bot.aws.gateway.Gateway.use"
    assert read("bot.policy.why.x_why__mutmut_1", DIFF).where == "bot.policy.why.why"


def test_what_is_printed_is_what_the_list_takes() -> None:
    assert explained(f"# a word on top\n\n{KIND}\nBecause.\n") == {KIND: "Because."}
    for wrong in (f"{KIND}\n", f"{KIND}\nWhy.\n\n{KIND}\nWhy.\n"):
        with pytest.raises(ValueError, match="Without a reason, or twice"):
            explained(wrong)


def test_what_lives_unexplained_or_was_not_tried_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert told("policy", {"killed": 3, "survived": 1}, [KIND], {KIND: "Because."})
    assert not told("policy", {"survived": 1}, [KIND], {})
    assert not told("policy", {"killed": 1, "not checked": 1}, [], {})
    assert str(KIND) in capsys.readouterr().out


def test_each_explained_change_is_about_a_function_and_lines_that_are_there() -> None:
    for change in explained(EXPLAINED.read_text("utf-8")):
        module, function = _found(change.where)
        lines = [line.strip() for line in module.splitlines()]
        assert function, change.where
        assert [line for line in change.old if line not in lines] == [], change


def _found(where: str) -> tuple[str, ast.AST | None]:
    """Return the text of the file that a dotted name is in, and the function it names."""
    parts = where.split(".")
    at = next(n for n in range(len(parts), 0, -1) if Path(*parts[:n]).with_suffix(".py").exists())
    text = Path(*parts[:at]).with_suffix(".py").read_text("utf-8")
    node: ast.AST | None = ast.parse(text)
    for name in parts[at:]:
        inside = ast.iter_child_nodes(node) if node else ()
        node = next((each for each in inside if getattr(each, "name", "") == name), None)
    return text, node
