"""bot.yml, read: `load` returns its accounts and rules, or says what is wrong with it, line by line.

A file that is missing or empty is an empty allowlist: the bot runs and answers help and whoami. A file that cannot be
fully understood is never half used: `load` raises with every problem it found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from bot.aws.models import close
from bot.config import names
from bot.config.botfile import Account, BotFile, Needs, Rule, Who
from bot.config.marks import Document, Loc, Problem, read
from bot.config.settings import Settings
from bot.errors import ConfigError

__all__ = ["Account", "BotFile", "Needs", "Rule", "Settings", "Who", "load", "parse", "schema"]


Check = Callable[[BotFile], Iterable[names.Finding]]
"""Finds what is wrong in a file whose shape and names are right, and where."""


def nothing_more(_file: BotFile) -> Iterable[names.Finding]:
    return ()


def load(path: Path | str, more: Check = nothing_more) -> BotFile:
    """Read bot.yml. A missing or empty file is an empty allowlist; a wrong one raises ConfigError with all problems.

    `more` looks at what this package cannot know: whether the commands of reports can be read.
    """
    path = Path(path)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return BotFile()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((f"{path.name} line 1: I cannot read it: {error}.",)) from None
    return parse(text, path.name, more)


def parse(text: str, name: str = "bot.yml", more: Check = nothing_more) -> BotFile:
    """Read the text of a bot.yml; `name` is the file's name in the problems. Raises ConfigError."""
    document = read(text)
    file = _shaped(document)
    if file:
        document.problems += [Problem(document.line(loc), why) for loc, why in (*names.check(file), *more(file))]
    if file is None or document.problems:
        found = sorted(set(document.problems), key=lambda problem: (problem.line, problem.sentence))
        raise ConfigError(tuple(f"{name} line {each.line}: {_stop(each.sentence)}" for each in found))
    return file


def schema() -> str:
    """Return the JSON Schema of bot.yml, for editors, as it stands in docs/bot.schema.json."""
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_without_null(BotFile.model_json_schema())}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _without_null(part: Any) -> Any:
    """Take "or null" out of a schema: a key of bot.yml may be absent, but not without a value."""
    if isinstance(part, list):
        return [_without_null(each) for each in part if each != {"type": "null"}]
    if not isinstance(part, dict):
        return part
    kept = {key: _without_null(each) for key, each in part.items() if not (key == "default" and each is None)}
    only = kept.pop("anyOf") if len(kept.get("anyOf", ())) == 1 else [{}]
    return {**only[0], **kept}


def _stop(text: str) -> str:
    return text if text.endswith(("?", ".")) else text + "."


def _shaped(document: Document) -> BotFile | None:
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        document.problems.append(Problem(1, "this should be keys with values: accounts, rules, reports, contact"))
        return None
    document.problems += _account_notes(value.get("accounts"), document)
    try:
        return BotFile.model_validate({key: each for key, each in value.items() if each is not None})
    except ValidationError as error:
        document.problems += [_problem(each, document) for each in error.errors() if not _echo(each)]
        return None


def _echo(error: Any) -> bool:
    """Say whether pydantic calls a list too short only because what stands in it is wrong."""
    return error["type"] == "too_short" and bool(error["input"])


def _account_notes(accounts: Any, document: Document) -> Iterator[Problem]:
    """What pydantic cannot see: that an id is not in quotes, and that an account's name is its key."""
    for name, account in accounts.items() if isinstance(accounts, dict) else ():
        if not isinstance(account, dict):
            continue
        loc = ("accounts", name, "id")
        if loc in document.plain:
            yield Problem(document.line(loc), _unquoted(document.plain[loc], account["id"]))
        if "name" in account:
            yield Problem(
                document.line(("accounts", name, "name")), "I do not know the key name: the account's is above"
            )


def _unquoted(written: str, value: Any) -> str:
    reads = f"as {value}" if isinstance(value, int) and str(value) != written else "as a number"
    return f'an account id goes in quotes: "{written}". Without them YAML reads it {reads}'


def _problem(error: Any, document: Document) -> Problem:
    loc: Loc = tuple(part for part in error["loc"] if part != "[key]")
    key = next((part for part in reversed(loc) if isinstance(part, str)), "this")
    return Problem(document.line(loc), _sentence(error, loc, key))


def _sentence(error: Any, loc: Loc, key: str) -> str:
    kind, given = error["type"], error["input"]
    if kind == "bot":
        return str(error["ctx"]["text"])
    if kind == "extra_forbidden":
        return f"I do not know the key {key}{_key_meant(key, _section(loc))}"
    if kind == "missing":
        return f"{key} is missing"
    if kind == "tuple_type":
        shown = f": write {key}: [{given}]" if isinstance(given, str | int | float) else ""
        return f"{key} takes a list{shown}"
    if kind in ("literal_error", "enum"):
        return f"{key} is {error['ctx']['expected']}, not {given!r}"
    if kind in ("greater_than_equal", "int_type"):
        return f"{key} is a whole number, 1 or more"
    wants = {"string_type": "takes text (in quotes)", "bool_type": "is true or false", "too_short": _EMPTY}
    return f"{key} {wants.get(kind, 'takes keys with values')}"


_EMPTY = "is empty, and an empty list means nothing: take it out for any, or name some"


def _section(loc: Loc) -> type[BaseModel]:
    """Return the section that a key stands in, found by walking down the shapes of the file."""
    section: type[BaseModel] = BotFile
    for part in loc[:-1]:
        field = _keys(section).get(str(part))
        section = (_model_in(field.annotation) if field else None) or section
    return section


def _keys(section: type[BaseModel]) -> dict[str, Any]:
    """Return a section's fields by the keys they have in the file."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that a field holds, also where it holds many."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _key_meant(key: str, section: type[BaseModel]) -> str:
    if section is Rule and key in Who.model_fields:
        return f": it belongs under who, as who: {{{key}: [...]}}"
    return names.did_you_mean(close(key, frozenset(_keys(section))))
