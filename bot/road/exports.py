"""A stored table as a file: CSV that no spreadsheet takes for formulas, or JSON.

CSV is RFC 4180 (CRLF, quotes doubled) in UTF-8 with a byte order mark, without which Excel takes it for another
encoding. A cell that a spreadsheet would calculate (it begins with `=`, `+`, `-`, `@`, a tab or a line end, or with
their wide forms, also after spaces) gets a `'` before it; numbers stay numbers. JSON holds every cell as it was read.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from bot import spool
from bot.reply import File

KINDS = ("csv", "json")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_CALCULATES = re.compile(r"[\t\r\n]|[\s\x00\ufeff\u200b]*[=+\-@＝＋－＠]")


def written(name: str, kind: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> File:
    """Write rows to a file of the spool, as CSV or as a JSON list of objects."""
    path = spool.new_file(f"{name}.{kind}")
    encoding = "utf-8-sig" if kind == "csv" else "utf-8"
    with path.open("w", encoding=encoding, errors="replace", newline="") as out:
        (to_csv if kind == "csv" else to_json)(out, columns, rows)
    return File(f"{name}.{kind}", str(path), Path(path).stat().st_size)


def to_csv(out: TextIO, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    writer = csv.writer(out)
    writer.writerow(map(harmless, columns))
    for row in rows:
        writer.writerow(map(harmless, row))


def harmless(cell: str) -> str:
    """Put a `'` before what a spreadsheet would calculate; a number stays one."""
    return f"'{cell}" if _CALCULATES.match(cell) and not _NUMBER.fullmatch(cell) else cell


def to_json(out: TextIO, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    names = _distinct(columns)
    out.write("[")
    for n, row in enumerate(rows):
        out.write(",\n " if n else "\n ")
        named = (*names, *(f"column {at}" for at in range(len(names) + 1, len(row) + 1)))
        json.dump(dict(zip(named, row, strict=False)), out, ensure_ascii=False)
    out.write("\n]\n")


def _distinct(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Number the columns that have a name another one had before."""
    seen: dict[str, int] = {}
    names = []
    for column in columns:
        seen[column] = seen.get(column, 0) + 1
        names.append(column if seen[column] == 1 else f"{column} {seen[column]}")
    return tuple(names)
