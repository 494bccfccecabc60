"""Tables: the first one in a message as Slack's own, cut to its limits; any further one as aligned text.

On a phone Slack's table scrolls sideways by itself, which suits lists; a decision is better told in fields and text.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.reply import Code, Part, Table
from bot.slack.elements import Block, notice
from bot.slack.fit import LEAST, size
from bot.text import NO_ROWS, grid, line, rows_left

_ROWS = 100  # of a table, its header among them
_COLUMNS = 20
_CELLS = (300, 80, 20)  # characters of a cell, tried in turn until a whole page fits, or a first row of a long table
_PAGE = 15  # rows of a table that are all shown, if shorter cells can do it: the next page goes on after them


def one_table(parts: tuple[Part, ...]) -> Iterator[Part]:
    """Keep the first table (Slack takes one in a message) and turn the others into aligned text."""
    tables = 0
    for part in parts:
        tables += isinstance(part, Table)
        yield Code(aligned(part)) if isinstance(part, Table) and tables > 1 else part


def aligned(table: Table) -> str:
    rows = tuple(tuple(_shortened(cell, _CELLS[0]) for cell in row) for row in table.rows[:_ROWS])
    total = len(table.rows) + table.more
    rest = f"\n{rows_left(total - len(rows), total)}" if total > len(rows) else ""
    return (grid(table.columns, rows, width=100) if rows else NO_ROWS) + rest


def table_blocks(table: Table, room: int) -> list[Block]:
    header = [table.columns] if table.columns else []
    width = max(map(len, [*header, *table.rows]), default=0)
    if not (table.rows and width):
        return [notice(_none_shown(table))]
    for longest in _CELLS:
        rows = list(_rows([*header, *table.rows][:_ROWS], min(width, _COLUMNS), longest, room - LEAST))
        enough = len(header) + (len(table.rows) if len(table.rows) <= _PAGE else 1)
        if len(rows) >= enough:
            break
    if len(rows) == len(header):
        return [notice(_none_shown(table))]
    return [{"type": "table", "rows": rows}, *_not_in_table(table, len(rows) - len(header), width)]


def _none_shown(table: Table) -> str:
    total = len(table.rows) + table.more
    return rows_left(total, total) if total else NO_ROWS


def _rows(rows: list[tuple[str, ...]], width: int, longest: int, room: int) -> Iterator[list[Block]]:
    for row in rows:
        cells = [_cell(cell, longest) for cell in [*row, *[""] * width][:width]]
        room -= sum(size(cell["text"]) for cell in cells)
        if room < 0:
            return
        yield cells


def _cell(text: str, longest: int) -> Block:
    return {"type": "raw_text", "text": _shortened(text, longest) or "–"}


def _shortened(text: str, longest: int) -> str:
    shown = line(text[: 4 * longest])
    return (
        f"{shown[:longest]}… (+{len(text) - longest:,})" if len(text) > 4 * longest or len(shown) > longest else shown
    )


def _not_in_table(table: Table, shown: int, width: int) -> Iterator[Block]:
    total = len(table.rows) + table.more
    columns = f"Not shown: {width - _COLUMNS:,} of {width:,} columns. " if width > _COLUMNS else ""
    rows = rows_left(total - shown, total) if total > shown else ""
    if columns or rows:
        yield notice(columns + rows)
