"""YAML with line numbers: the plain values of a file, and for each of them where it stands.

Two things are refused that YAML itself lets pass: a key that is there twice, and a key without a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file, and the line it is in, counted from 1."""

    line: int
    sentence: str


@dataclass(slots=True)
class Document:
    """A file as plain values; `plain` holds the unquoted words of it as they were written."""

    value: Any = None
    lines: dict[Loc, int] = field(default_factory=dict)
    plain: dict[Loc, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, loc: Loc) -> int:
        """Return the line of a place, or of the nearest place around it."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 1)


def read(text: str) -> Document:
    """Read one YAML document. What is wrong with it stands in its problems."""
    document = Document()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            document.value = _value(node, (), document, within=())
    except yaml.MarkedYAMLError as error:
        document.problems.append(_unreadable(error))
    except yaml.YAMLError as error:
        document.problems.append(Problem(1, f"this is no YAML: {str(error).splitlines()[0]}"))
    except RecursionError:
        document.problems.append(Problem(1, "this is nested too deeply"))
    return document


def _unreadable(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    about = " ".join(part for part in (error.context, error.problem) if part)
    return Problem(mark.line + 1 if mark else 1, f"this is no YAML: {about}")


def _value(node: yaml.Node, loc: Loc, document: Document, within: tuple[int, ...]) -> Any:
    document.lines.setdefault(loc, node.start_mark.line + 1)
    if id(node) in within:
        document.problems.append(Problem(document.line(loc), "this contains itself"))
        return None
    within = (*within, id(node))
    if isinstance(node, yaml.MappingNode):
        return {key: _value(child, (*loc, key), document, within) for key, child in _entries(node, loc, document)}
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*loc, at), document, within) for at, child in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node, loc, document)


def _entries(node: yaml.MappingNode, loc: Loc, document: Document) -> Iterator[tuple[str, yaml.Node]]:
    seen: set[str] = set()
    for key_node, child in node.value:
        line = key_node.start_mark.line + 1
        if key_node.tag != "tag:yaml.org,2002:str":
            document.problems.append(Problem(line, f"the key {key_node.value} is not read as text: put it in quotes"))
            continue
        if key_node.value in seen:
            first = document.line((*loc, key_node.value))
            document.problems.append(Problem(line, f"{key_node.value} is here twice, first in line {first}"))
            continue
        seen.add(key_node.value)
        document.lines[(*loc, key_node.value)] = line
        yield key_node.value, child


def _scalar(node: yaml.ScalarNode, loc: Loc, document: Document) -> Any:
    if node.style is None:
        document.plain[loc] = node.value
    try:
        value = yaml.constructor.SafeConstructor().construct_object(node)
    except ValueError:
        value = node.value
    if value is None and len(loc) > 1:
        document.problems.append(Problem(document.line(loc), f"{loc[-1]} has no value: give it one or take it out"))
    return value
