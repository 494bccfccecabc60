"""What broke other chat bots: each case has a test named for it, or a reason here why it cannot occur.

A case's id stands in a test's name (`test_d1_…`) or in its docstring. Letters: authorisation, confirm and approve,
delivery, liveness, output, input, schedules, audit, concurrency.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
COUNTS = {"A": 17, "C": 9, "D": 11, "L": 7, "O": 10, "I": 5, "S": 10, "U": 6, "X": 4}
CASES = frozenset(f"{letter}{number + 1}" for letter, count in COUNTS.items() for number in range(count))
NOT_HERE = {
    "C2": "approvals by a second person are not built yet; whoever asked confirms, nobody else",
    "D3": "there is no HTTP mode yet; in Socket Mode nothing is signed",
    "D9": "as D3",
}
_ID = re.compile(r"(?<![A-Za-z0-9])([ACDLOISUX]\d{1,2})(?![A-Za-z0-9])", re.IGNORECASE)


def named() -> Iterator[str]:
    """Every id in the name or docstring of a test, or in the docstring of a module of tests."""
    for path in TESTS.rglob("test_*.py"):
        if path.name == Path(__file__).name:
            continue
        tree = ast.parse(path.read_text())
        functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.name[:5] == "test_"]
        for each in functions:
            yield from _ID.findall(each.name.replace("_", " "))
            yield from _ID.findall(ast.get_docstring(each) or "")
        yield from _ID.findall(ast.get_docstring(tree) or "")


def test_every_case_has_a_test_or_a_reason() -> None:
    known = {each.upper() for each in named()}
    assert sorted(CASES - known - NOT_HERE.keys()) == []


def test_no_reason_stands_for_a_case_that_is_tested() -> None:
    assert sorted({each.upper() for each in named()} & NOT_HERE.keys()) == []
