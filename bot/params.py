"""A command's parameters, read from its function's signature: names, types and one line of help each.

Parameters before the `*` of the signature are words, those after it are options. `bool` is a flag, `tuple[str, ...]`
takes several, `Annotated[str, "help", Shape(…)]` says what a value looks like.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from bot.action import Action, shown
from bot.errors import MissingError, UsageError


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value must look like, and how to say so: `Shape(r"ami-[0-9a-f]{8,17}", "an AMI id (ami-…)")`."""

    pattern: str
    means: str

    def check(self, text: str, param: str) -> None:
        if not re.fullmatch(self.pattern, text):
            raise UsageError(f"{param} should be {self.means}, not {shown(text)}.")


@dataclass(frozen=True, slots=True)
class Choices:
    """Where a form finds what can be chosen: the table that a reading command answers with (`ec2 list state=running`).

    `column` of its first table is the value; its first column is shown beside it.
    """

    command: str
    column: int = 0


@dataclass(frozen=True, slots=True)
class Rest:
    """The words are another command's: an option that is none of this command's own is one of them."""


@dataclass(frozen=True, slots=True)
class FileParam:
    """The value is a file: an id of Slack's (`F…`) or, in a terminal, a path; a form asks for the file itself."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The value may well have several lines: a form gives it room."""


@dataclass(frozen=True, slots=True)
class Param:
    """One word or option of a command."""

    name: str
    type: type
    help: str = ""
    word: bool = False
    many: bool = False
    required: bool = False
    default: Any = None
    shape: Shape | None = None
    choices: Choices | None = None
    file: bool = False
    lines: bool = False
    rest: bool = False

    @property
    def flag(self) -> bool:
        return self.type is bool

    @property
    def option(self) -> str:
        """The option's name as typed: `key_name` is `--key-name`, and `async_`, which Python keeps, `--async`."""
        return self.name.rstrip("_").replace("_", "-")

    @property
    def usage(self) -> str:
        value = self.option.upper() + ("…" if self.many else "")
        shown = value if self.word else f"--{self.option}" + ("" if self.flag else f" {value}")
        return shown if self.required else f"[{shown}]"

    @property
    def label(self) -> str:
        return self.option.upper() if self.word else f"--{self.option}"

    def convert(self, texts: tuple[str, ...]) -> Any:
        """Turn what was typed into the function's argument. Raises UsageError."""
        self._count(texts)
        if self.flag:
            return True
        values = tuple(self._one(text) for text in texts)
        return values if self.many else values[0]

    def written(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Return the texts as they are written canonically. Raises UsageError."""
        self.convert(texts)
        return tuple(str(self._one(text)) for text in texts)

    def _count(self, texts: tuple[str, ...]) -> None:
        if self.flag and texts:
            raise UsageError(f"{self.label} takes no value; give it alone or leave it out.")
        if not self.flag and not texts:
            raise UsageError(f"{self.label} needs a value.")
        if len(texts) > 1 and not self.many:
            raise UsageError(f"{self.label} was given {len(texts)} times; give it once.")

    def _one(self, text: str) -> Any:
        if self.word and not text:
            raise UsageError(f"{self.label} is empty: {self.help or self.option}.")
        if self.shape:
            self.shape.check(text, self.label)
        if self.type is not int:
            return text
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise UsageError(f"{self.label} takes a whole number, not {shown(text)}.")
        return int(text)


def params_of(function: Callable[..., Any]) -> tuple[Param, ...]:
    """Read the parameters of a command's function; the first one, its way to AWS, is left out."""
    hints = get_type_hints(function, include_extras=True)
    given = list(inspect.signature(function).parameters.values())[1:]
    return tuple(_param(each, hints[each.name]) for each in given)


def _param(given: inspect.Parameter, hint: Any) -> Param:
    notes: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        notes = tuple(rest)
    many = get_origin(hint) is tuple
    kinds = [each for each in get_args(hint) if each not in (type(None), Ellipsis)] or [hint]
    required = given.default is inspect.Parameter.empty
    return Param(
        name=given.name,
        type=kinds[0],
        help=next((note for note in notes if isinstance(note, str)), ""),
        word=given.kind is not inspect.Parameter.KEYWORD_ONLY,
        many=many,
        required=required,
        default=None if required else given.default,
        shape=next((note for note in notes if isinstance(note, Shape)), None),
        choices=next((note for note in notes if isinstance(note, Choices)), None),
        file=any(isinstance(note, FileParam) for note in notes),
        lines=any(isinstance(note, Lines) for note in notes),
        rest=any(isinstance(note, Rest) for note in notes),
    )


def canonical(params: tuple[Param, ...], action: Action) -> Action:
    """Write every typed value the one way it is written: `007` instances are `7`. Raises UsageError."""
    given = _given(params, action)
    words = tuple(text for param, texts in given if param.word for text in param.written(texts))
    options = tuple(sorted((param.option, param.written(texts)) for param, texts in given if not param.word))
    return replace(action, words=words, options=options)


def given(params: tuple[Param, ...], action: Action) -> dict[str, tuple[str, ...]]:
    """Return the texts that an action gives to each parameter, by its name. Raises UsageError."""
    return {param.name: texts for param, texts in _given(params, action)}


def missing(params: tuple[Param, ...], action: Action) -> tuple[Param, ...]:
    """Return what an action still lacks: a required value, or the file where nothing else optional was given either.

    Raises UsageError.
    """
    present = given(params, action)
    absent = tuple(param for param in params if param.required and param.name not in present)
    said = any(not param.required and not param.flag and param.name in present for param in params)
    return absent or (() if said else tuple(param for param in params if param.file)[:1])


def bind(params: tuple[Param, ...], action: Action) -> dict[str, Any]:
    """Give each parameter its value from an action's words and options. Raises UsageError."""
    given = {param.name: param.convert(texts) for param, texts in _given(params, action)}
    for param in params:
        if param.required and param.name not in given:
            raise MissingError(f"{param.label} is missing: {param.help or param.option}.")
    return {param.name: param.default for param in params} | given


def _given(params: tuple[Param, ...], action: Action) -> list[tuple[Param, tuple[str, ...]]]:
    """Pair each parameter that was given with its texts; a word or option that no parameter takes is an error."""
    words = list(action.words)
    taken = [(param, _take(param, words, action)) for param in params]
    if words:
        raise UsageError(f"I do not know what to do with {shown(*words)}.")
    known = {param.option for param in params if not param.word}
    unknown = [name for name, _ in action.options if name not in known]
    if unknown:
        raise UsageError(f"There is no option --{unknown[0]}.")
    return [(param, texts) for param, texts in taken if texts is not None]


def _take(param: Param, words: list[str], action: Action) -> tuple[str, ...] | None:
    if not param.word:
        return action.option(param.option)
    count = len(words) if param.many else min(1, len(words))
    taken = tuple(words[:count])
    del words[:count]
    return taken or None
