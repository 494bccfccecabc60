"""A reply as plain text: for the terminal, the docs and logs, and what a screen reader is given beside Slack's blocks.

Nothing that came from AWS or a person can steer a terminal or hide: control, bidirectional and invisible characters are
shown as `�`. Verdicts are words (`done:`), since those read aloud, sort and grep the same everywhere. Times are in UTC.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from itertools import accumulate

from bot.reply import (
    Bold,
    Button,
    Buttons,
    Chart,
    Choice,
    Code,
    Fields,
    File,
    Link,
    Mono,
    Note,
    Part,
    Reply,
    Series,
    Span,
    Table,
    Text,
    User,
    When,
)

NARROW = "Narrow it with name=… or tag:…"
NO_ROWS = "(none)"
EMPTY = "(empty)"

_WORDS = {"": "", "ok": "done", "busy": "working", "ask": "confirm", "no": "refused"}
_WORDS |= {"fail": "failed", "unknown": "unknown"}
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_GAP = "  "
_HEARD = 2_000  # characters of a text, and rows of a table, that are looked at to be read aloud
_ROWS_HEARD = 50
_BLOCKS = "▁▂▃▄▅▆▇█"
_SPARKS = 40
_KEEP = 24  # columns: an instance id (19) is never cut to make a table narrower


def plain(reply: Reply, width: int = 100, *, buttons: bool = False) -> str:
    """Write the whole reply, prose wrapped at `width` columns; buttons are named only where asked for."""
    texts = [headline(reply)]
    for part in (*reply.parts, *reply.thread):
        body = _part(part, width) if buttons or not isinstance(part, Buttons | Choice) else ""
        if body:
            texts += ["", body] if isinstance(part, Table | Code) else [body]
    return "\n".join(texts)


def short(reply: Reply, limit: int = 120) -> str:
    """Say the verdict in one line of at most `limit` characters."""
    return cut(headline(reply), limit)


def aloud(reply: Reply, limit: int = 1_000) -> str:
    """Read the parts in a line each, to about `limit` characters, without `Code`, which may be long or private."""
    told: list[str] = []
    for part in reply.parts:
        if sum(map(len, told)) > limit:
            break
        told += filter(None, [_spoken(part)])
    return cut("\n".join(told), limit)


def headline(reply: Reply) -> str:
    """Give the verdict's word and the summary, in one line."""
    word, summary = _WORDS[reply.sign], line(reply.summary)
    return f"{word}: {summary}" if word and summary else summary or word


def clean(text: str) -> str:
    """Show what cannot be seen or would steer a terminal as `�`; any line end becomes LF, tabs stay."""
    return _UNSEEN.sub("�", _BREAKS.sub("\n", text))


def line(text: str) -> str:
    """Clean a value and fold it into one line, so that it cannot look like two."""
    return " ".join(clean(text).split())


def cut(text: str, limit: int) -> str:
    """Shorten to `limit` characters at a word where one ends near, with `…` in place of the rest."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head[: at_word(head)].rstrip() or head) + "…"


def at_word(head: str) -> int:
    """Tell how much of a cut-off text to keep so that no word is cut, giving up at most 30 characters."""
    space = max(head.rfind(" "), head.rfind("\n"))
    return space + 1 if space >= len(head) - 30 and space >= 0 else len(head)


def moment(at: datetime) -> str:
    """Write a moment in UTC to the minute; one without a zone is taken to be UTC."""
    try:
        at = at.astimezone(UTC) if at.tzinfo else at
    except OverflowError:  # within hours of year 1 or 9999 the zone makes no readable difference
        at = at.replace(tzinfo=UTC)
    return f"{at:%Y-%m-%d %H:%M} UTC"


def said(span: Span) -> str:
    """Give one span's words. Only a bare string may hold line ends: names inside a line cannot start a new one."""
    match span:
        case str():
            return clean(span)
        case User():
            return f"@{line(span.id)}"
        case When():
            return moment(span.at)
        case Bold() | Mono():
            return line(span.text)
        case Link():
            return f"{line(span.text)}: {line(span.url)}"


def rows_left(left: int, total: int) -> str:
    return f"Not shown: {left:,} of {total:,} rows. {NARROW}."


def characters_left(left: int) -> str:
    return f"Not shown: {left:,} more characters. {NARROW}."


def columns_of(text: str) -> int:
    """Count the terminal columns a text takes: wide East Asian characters and emoji take two, marks none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def grid(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], width: int) -> str:
    """Align cells under their names; columns wider than an id are cut with `…` where the table is too wide."""
    count = max(map(len, (columns, *rows)), default=0)
    table = [[line(cell) for cell in row] + [""] * (count - len(row)) for row in ((columns,) if columns else ()) + rows]
    widths = _narrowed([max(map(columns_of, cells)) for cells in zip(*table, strict=True)], width)
    return "\n".join(
        _GAP.join(_pad(cell, room) for cell, room in zip(row, widths, strict=True)).rstrip() for row in table
    )


def _narrowed(widths: list[int], width: int) -> list[int]:
    """Cut the widest columns alike until the table fits, or they are as narrow as an id."""
    room = width - len(_GAP) * (len(widths) - 1)
    for widest in range(width, _KEEP, -1):
        if sum(min(each, widest) for each in widths) <= room:
            return [min(each, widest) for each in widths]
    return [min(each, _KEEP) for each in widths]


def _part(part: Part, width: int) -> str:
    match part:
        case Text() | Note():
            return _wrap("".join(map(said, part.spans)), width)
        case Fields():
            return _labelled(part)
        case Table():
            return _table(part, width)
        case Chart():
            return _labelled(charted(part))
        case File():
            return f"File: {line(part.name)} ({bytes_in_words(part.size)}) {line(part.path)}".rstrip()
        case Code():
            return clean(part.text).rstrip("\n") if clean(part.text).strip() else EMPTY
        case Buttons():
            return f"Choose: {_labels(part.buttons)}" if part.buttons else ""
        case Choice():
            return f"{line(part.label)}: {', '.join(line(label) for _, label in part.options)}"


def charted(chart: Chart) -> Fields:
    """Say a chart in numbers: a line of blocks and the last, lowest and highest value of each series."""
    return Fields(tuple((each.name, f"{_sparks(each)} {_range(each, chart.unit)}".strip()) for each in chart.series))


def number(value: float) -> str:
    """Write a number as people read it: thousands apart, small ones to three digits."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def bytes_in_words(size: float) -> str:
    """Write a size in bytes, in units of 1,000."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def _sparks(series: Series) -> str:
    values = series.values[-_SPARKS:]
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    steps = len(_BLOCKS) - 1
    return "".join(
        " " if value is None else _BLOCKS[round((value - low) / (high - low) * steps) if high > low else 0]
        for value in values
    )


def _range(series: Series, unit: str) -> str:
    known = [value for value in series.values if value is not None]
    if not known:
        return "no data"
    last, low, high = (f"{number(value)} {unit}".strip() for value in (known[-1], min(known), max(known)))
    return f"last {last}, lowest {low}, highest {high}"


def _labelled(fields: Fields) -> str:
    pairs = [(f"{line(label)}:", line(value)) for label, value in fields.pairs]
    room = max((columns_of(label) for label, _ in pairs), default=0)
    return "\n".join(f"{_pad(label, room)} {value}".rstrip() for label, value in pairs)


def _table(table: Table, width: int) -> str:
    body = grid(table.columns, table.rows, width) if table.rows else NO_ROWS
    return f"{body}\n{rows_left(table.more, len(table.rows) + table.more)}" if table.more else body


def _spoken(part: Part) -> str:
    match part:
        case Text() | Note():
            return line("".join(map(said, part.spans))[:_HEARD])
        case Fields():
            return ", ".join(f"{line(label[:_HEARD])} {line(value[:_HEARD])}" for label, value in part.pairs)
        case Table():
            rows = "; ".join(", ".join(line(cell[:_HEARD]) for cell in row if cell) for row in part.rows[:_ROWS_HEARD])
            return f"{len(part.rows) + part.more:,} rows: {rows}" if part.rows else NO_ROWS
        case Chart():
            return ", ".join(f"{line(name)} {line(value)}" for name, value in charted(part).pairs)
        case File():
            return f"File {line(part.name)}, {bytes_in_words(part.size)}"
        case Code():
            return f"(output of {part.text.count(chr(10)) + 1:,} lines)"
        case Buttons():
            return f"Choose: {_labels(part.buttons)}" if part.buttons else ""
        case Choice():
            return line(part.label)


def _labels(buttons: tuple[Button, ...]) -> str:
    return ", ".join(line(button.label) for button in buttons)


def _wrap(text: str, width: int) -> str:
    """Wrap prose between words only: an id or a command in it stays whole."""
    return "\n".join(_wrapped(row, width) for row in text.split("\n")).strip("\n")


def _wrapped(row: str, width: int) -> str:
    indent = row[: len(row) - len(row.lstrip())]
    lines, used = [""], 0
    for word in row.split():
        size = columns_of(word)
        if lines[-1] and used + 1 + size > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else indent + word
        used = columns_of(lines[-1])
    return "\n".join(lines)


def _pad(cell: str, room: int) -> str:
    size = columns_of(cell)
    return cell + " " * (room - size) if size <= room else _pad(_within(cell, room - 1) + "…", room)


def _within(text: str, room: int) -> str:
    """Give as many characters as fit into so many terminal columns."""
    return text[: sum(used <= room for used in accumulate(map(_columns, text)))]


def _columns(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
