"""A stored answer as one looks at it: a page of its table, what a filter hides, and what can be done with it.

The whole answer lies in `runs.reply` and the place in it in `runs.view`. Nothing here asks AWS: another page, a filter,
a row and an export are cut from what was read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from pydantic import TypeAdapter, ValidationError

from bot.command import Audience, Command, Effect
from bot.policy.floor import private
from bot.reply import Button, Buttons, Choice, Note, Part, Reply, Rows, Table, from_json, note
from bot.road.desk import Desk
from bot.store.runs import Run, State
from bot.text import cut, line

NEXT, PREVIOUS, FILTER, FIND, ALL = "next", "previous", "filter", "find", "all"
CSV, JSON, SHARE, ROW = "csv", "json", "share", "row"
LONGEST_FIND = 100
"""Characters of a filter."""
_PAGES = (15, 10, 5)
"""Rows of a page: fifteen and their buttons fill a phone's screen; fewer where rows are long."""
_PAGE_CHARACTERS = 6_000
"""What a page may hold of a message's 10,000, with cells of at most 80."""
_CELL = 80


@dataclass(frozen=True, slots=True)
class View:
    """How a stored answer is looked at: the page, what is looked for, and whether it was shared."""

    page: int = 0
    find: str = ""
    shared: bool = False


_VIEW: TypeAdapter[View] = TypeAdapter(View)


def view_of(run: Run) -> View:
    try:
        return _VIEW.validate_json(run.view) if run.view else View()
    except ValidationError:
        return View()


def view_json(view: View) -> str:
    return _VIEW.dump_json(view).decode()


@lru_cache(maxsize=4)
def stored(json: str) -> Reply:
    """Read a stored answer; the newest few are kept, because 10,000 rows take 70 ms to read."""
    return from_json(json)


@dataclass(frozen=True)
class Listing:
    """The table of an answer under a view. `numbers` are the rows that the filter leaves, counted in the whole."""

    index: int
    table: Table
    view: View

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        wanted = self.view.find.casefold()
        rows = enumerate(self.table.rows)
        return tuple(n for n, row in rows if not wanted or any(wanted in cell.casefold() for cell in row))

    @cached_property
    def size(self) -> int:
        """How many rows a page has: always the same for one table, whatever the filter."""
        weights = [sum(min(len(cell), _CELL) for cell in row) for row in self.table.rows]
        return next((size for size in _PAGES if _heaviest(weights, size) <= _PAGE_CHARACTERS), _PAGES[-1])

    @property
    def last_page(self) -> int:
        return max(0, (len(self.numbers) - 1) // self.size)

    @property
    def page(self) -> int:
        return min(max(0, self.view.page), self.last_page)

    @property
    def shown(self) -> tuple[int, ...]:
        return self.numbers[self.page * self.size : (self.page + 1) * self.size]

    @property
    def long(self) -> bool:
        """Whether there is more of it than one page, filtered or not."""
        return len(self.table.rows) > self.size

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The rows that the filter leaves, from all pages."""
        return tuple(self.table.rows[n] for n in self.numbers)


def _heaviest(weights: list[int], size: int) -> int:
    """Weigh the heaviest run of rows there could be on a page, under any filter: the longest rows together."""
    return sum(sorted(weights, reverse=True)[:size])


def listing(run: Run) -> Listing | None:
    """Return the table of a run's answer that pages, rows and exports are about: its longest; None without one."""
    parts = stored(run.reply).parts if run.reply else ()
    tables = [(n, part) for n, part in enumerate(parts) if isinstance(part, Table)]
    found = max(tables, key=lambda each: (each[1].of is not None, len(each[1].rows)), default=None)
    return Listing(*found, view_of(run)) if found else None


def face(desk: Desk, run: Run) -> Reply:
    """Return a stored answer as it is to be shown: in a terminal whole, in Slack one page with its controls."""
    reply = stored(run.reply)
    command = _command(desk, run)
    if run.actor_kind == "terminal" or run.state is not State.DONE or command is None:
        return reply
    found = listing(run)
    share = (Button("Share", SHARE, run.id),) if shareable(desk, run, command) else ()
    if found is None:
        return replace(reply, parts=(*reply.parts, *_row_of(share)))
    controls = (*_menu(desk, run, found, command), *_row_of((*_controls(run, found), *share)))
    page = (*_page(found), *_place(found), *controls)
    return replace(reply, parts=(*reply.parts[: found.index], *page, *reply.parts[found.index + 1 :]))


def _command(desk: Desk, run: Run) -> Command | None:
    service, _, verb = run.action.partition(" ")
    return desk.commands.find(service, verb.split(" ")[0])


def _page(found: Listing) -> tuple[Table, ...]:
    """Cut the page out; what exists beyond what was read is said below it, and so is a filter that nothing passes."""
    if found.view.find and not found.shown:
        return ()
    more = 0 if found.long else found.table.more
    return (replace(found.table, rows=tuple(found.table.rows[n] for n in found.shown), more=more, of=None),)


def _place(found: Listing) -> tuple[Note, ...]:
    """Say which rows these are, of how many, and how many are hidden or were never read."""
    left, total = len(found.numbers), len(found.table.rows)
    if not found.long and not found.view.find:
        return ()
    first = found.page * found.size + 1
    looked = f' with "{line(found.view.find)}"' if found.view.find else ""
    said = f"Rows {first:,}–{first + len(found.shown) - 1:,} of {left:,}{looked}." if left else f"No rows{looked}."
    hidden = f" {total - left:,} hidden by the filter." if found.view.find else ""
    beyond = f" {found.table.more:,} more were not read: narrow it down." if found.table.more and found.long else ""
    return (note(said + hidden + beyond),)


def _menu(desk: Desk, run: Run, found: Listing, command: Command) -> tuple[Part, ...]:
    of = found.table.of
    if of is None or command.wide or not any(desk.commands.find(of.service, verb) for verb in of.verbs):
        return ()
    options = tuple((str(n), label_of(found.table.rows[n], of)) for n in found.shown)
    return (Choice("Do something with one row…", ROW, run.id, options),) if options else ()


def label_of(row: tuple[str, ...], of: Rows) -> str:
    """What people call a row, with its id where that is something else: names are not unique."""
    label, id_ = cell(row, of.label), cell(row, of.column)
    named = label.strip(" –-") and label != id_
    return f"{cut(label, max(12, 34 - len(id_)))} · {id_}" if named else id_


def cell(row: tuple[str, ...], column: int) -> str:
    return line(row[column]) if column < len(row) else ""


def _controls(run: Run, found: Listing) -> Iterator[Button]:
    """Offer what this table is long enough for, or made for: a short one without ids needs nothing."""
    if found.page > 0:
        yield Button("◀ Previous", PREVIOUS, run.id)
    if found.page < found.last_page:
        yield Button("Next ▶", NEXT, run.id)
    if found.long or found.view.find:
        yield Button("Filter", FILTER, run.id)
    if found.view.find:
        yield Button("Show all", ALL, run.id)
    if found.numbers and (found.long or found.table.of):
        yield from (Button("CSV", CSV, run.id), Button("JSON", JSON, run.id))


def _row_of(buttons: Iterable[Button]) -> tuple[Buttons, ...]:
    row = tuple(buttons)
    return (Buttons(row),) if row else ()


def shareable(desk: Desk, run: Run, command: Command) -> bool:
    """Whether a private answer has a Share button: it is one of a reading command, and only the asker's wish hid it.

    The click is decided again; this only spares a button that would always say no.
    """
    if run.audience != "asker" or run.actor_kind != "slack" or run.channel[:1] in ("", "D") or view_of(run).shared:
        return False
    if command.effect is not Effect.READS or command.secret or not command.calls or any(map(private, command.calls)):
        return False
    deciding = [rule for rule in desk.law.file.rules if rule.id in run.rules.split(", ")]
    return any(rule.audience is not Audience.ASKER for rule in deciding)
