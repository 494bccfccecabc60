"""What the bot says, as plain values with no Slack in them.

Every string in a reply is data: the renderers (Block Kit in `slack/blocks.py`, plain text in `text.py`) escape it for
where it goes. Emphasis, mentions and times are values of their own. `Reply.summary` is the notification and the lock
screen: its first 120 characters say verb, name, account and verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Bold:
    """Emphasised text."""

    text: str
    kind: Literal["bold"] = "bold"


@dataclass(frozen=True, slots=True)
class Mono:
    """An identifier or something to type."""

    text: str
    kind: Literal["mono"] = "mono"


@dataclass(frozen=True, slots=True)
class User:
    """A person, named by id; shown without notifying where the edge can."""

    id: str
    kind: Literal["user"] = "user"


@dataclass(frozen=True, slots=True)
class When:
    """A moment, shown in each reader's own time zone where the edge can, else in UTC."""

    at: datetime
    kind: Literal["when"] = "when"


@dataclass(frozen=True, slots=True)
class Link:
    """An address to follow, under words of ours; shown in full where the edge knows no links."""

    text: str
    url: str
    kind: Literal["link"] = "link"


Span = str | Bold | Mono | User | When | Link


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    spans: tuple[Span, ...]
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Fields:
    """Labels with values, two columns where there is room."""

    pairs: tuple[tuple[str, str], ...]
    kind: Literal["fields"] = "fields"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a reader may do with one row of a table: `verbs` of `service`, typed with `words` and then the row's id.

    `column` holds the ids, `label` what people call the rows.
    """

    service: str
    verbs: tuple[str, ...]
    column: int = 0
    label: int = 0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column names; `more` counts rows that exist and are not here."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0
    of: Rows | None = None
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Series:
    """One line or row of bars: a value a label, None where nothing was measured."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbers that are easier to see: drawn as a picture where the edge can, said in numbers everywhere."""

    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    shape: Literal["line", "bar"] = "line"
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True, slots=True)
class File:
    """A file on the bot's disk that goes with an answer; it is deleted when it was handed over. `size` in bytes."""

    name: str
    path: str
    size: int
    kind: Literal["file"] = "file"


@dataclass(frozen=True, slots=True)
class Code:
    """Text as it came, in fixed width."""

    text: str
    kind: Literal["code"] = "code"


@dataclass(frozen=True, slots=True)
class Note:
    """A line in small print."""

    spans: tuple[Span, ...]
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class Button:
    """Something to click: `does` is the verb (`confirm`), `run` the id it is about; never the command itself."""

    label: str
    does: str
    run: str
    style: Literal["default", "primary", "danger"] = "default"


@dataclass(frozen=True, slots=True)
class Buttons:
    """A row of buttons."""

    buttons: tuple[Button, ...]
    kind: Literal["buttons"] = "buttons"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several to pick: `options` are values with their labels; `does` and `run` are a button's."""

    label: str
    does: str
    run: str
    options: tuple[tuple[str, str], ...]
    kind: Literal["choice"] = "choice"


Sign = Literal["", "ok", "busy", "ask", "no", "fail", "unknown"]
Part = Text | Fields | Table | Chart | File | Code | Note | Buttons | Choice


@dataclass(frozen=True, slots=True)
class Reply:
    """One message. `summary` is its first line and its notification; `sign` is the verdict's mark.

    `thread` is told below the message. `facts` are what two runs of a report are compared by: subjects with their
    states, told nowhere.
    """

    summary: str
    parts: tuple[Part, ...] = ()
    sign: Sign = ""
    thread: tuple[Part, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def text(*spans: Span) -> Text:
    return Text(spans)


def note(*spans: Span) -> Note:
    return Note(spans)


def answer(sentence: str, sign: Sign) -> Reply:
    """Make a message of a sentence; lines below it of the form `Usage: …` or `Example: …` show what to type."""
    first, *rest = sentence.split("\n")
    return Reply(first, tuple(map(_typed, rest)), sign)


def _typed(line: str) -> Text:
    label, colon, words = line.partition(": ")
    return text(f"{label}: ", Mono(words)) if colon else text(line)


_JSON: TypeAdapter[Reply] = TypeAdapter(Reply)


def to_json(reply: Reply) -> str:
    return _JSON.dump_json(reply).decode()


def from_json(json: str) -> Reply:
    return _JSON.validate_json(json)
