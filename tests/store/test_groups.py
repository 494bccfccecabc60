"""The book of user groups, in SQLite and in PostgreSQL, written to by two processes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest

from bot.store.database import Database
from bot.store.groups import ALWAYS, NEVER, Change, GroupBook, Seen

OPS = "S0OPS"


def seen(*users: str, at: float, updated: float = 0.0, by: str = "UBOSS", disabled: bool = False) -> Seen:
    return Seen(OPS, frozenset(users), at, updated or at, by, disabled)


class Book:
    """A process's book, and what it told."""

    def __init__(self, database: Database) -> None:
        self.book = GroupBook(database)
        self.told: list[Change] = []

    def take(self, reading: Seen) -> dict[str, float]:
        return dict(self.book.take(reading, self.told.append).since)


@pytest.fixture
def book(database: Database) -> Book:
    return Book(database)


def test_the_first_reading_is_where_history_begins(book: Book) -> None:
    known = book.book.take(seen("U1", "U2", at=100.0, by="U1"), book.told.append)
    assert known.since == {"U1": ALWAYS, "U2": ALWAYS}
    assert (known.by, known.changed_at, book.told) == ("U1", NEVER, [])


def test_an_empty_first_reading_is_one_too(book: Book) -> None:
    assert book.take(seen(at=100.0)) == {}
    assert book.take(seen("U1", at=130.0)) == {"U1": 130.0}


def test_who_comes_later_is_known_since_then_whatever_comes_after(book: Book) -> None:
    book.take(seen("U1", at=100.0))
    for at in (130.0, 160.0, 9_000.0):
        assert book.take(seen("U1", "U2", at=at)) == {"U1": ALWAYS, "U2": 130.0}
    (change,) = book.told
    assert (change.added, change.removed, change.by, change.at) == (("U2",), (), "UBOSS", 130.0)


def test_who_left_and_came_back_is_new(book: Book) -> None:
    book.take(seen("U1", "U2", at=100.0))
    book.take(seen("U2", at=130.0))
    assert book.take(seen("U1", "U2", at=160.0)) == {"U1": 160.0, "U2": ALWAYS}
    assert [(each.added, each.removed) for each in book.told] == [((), ("U1",)), (("U1",), ())]


def test_who_left_by_an_event_is_out_at_once_and_new_when_seen_again(book: Book) -> None:
    book.take(seen("U1", "U2", at=100.0))
    book.book.leave(OPS, ["U1"], 110.0)
    assert book.take(seen("U1", "U2", at=105.0)) == {"U2": ALWAYS}, "asked before it happened"
    assert book.take(seen("U1", "U2", at=130.0)) == {"U1": 130.0, "U2": ALWAYS}
    assert [each.returned for each in book.told] == [("U1",)]


def test_who_left_by_an_event_and_stays_away_is_told_once(book: Book) -> None:
    book.take(seen("U1", "U2", at=100.0))
    book.book.leave(OPS, ["U1"], 110.0)
    for at in (130.0, 160.0):
        assert book.take(seen("U2", at=at)) == {"U2": ALWAYS}
    assert [each.removed for each in book.told] == [("U1",)]


@pytest.mark.parametrize("stale", [seen("U1", "U2", at=120.0), seen("U1", "U2", at=140.0, updated=99.0)])
def test_an_older_reading_changes_nothing_and_learns_what_is_known(book: Book, stale: Seen) -> None:
    book.take(seen("U1", "U2", at=100.0))
    book.take(seen("U2", at=130.0))
    assert book.take(stale) == {"U2": ALWAYS}
    assert len(book.told) == 1


def test_the_last_change_is_known_with_its_author_and_when_it_was_seen(book: Book) -> None:
    book.take(seen("U1", at=100.0, updated=50.0))
    same = book.book.take(seen("U1", at=130.0, updated=50.0), book.told.append)
    assert (same.by, same.changed_at) == ("UBOSS", NEVER)
    renamed = book.book.take(seen("U1", at=160.0, updated=150.0, by="U1"), book.told.append)
    assert (renamed.by, renamed.changed_at, book.told) == ("U1", 160.0, [])


def test_a_group_that_is_gone_is_disabled_and_its_members_are_new_when_it_is_back(book: Book) -> None:
    book.take(seen("U1", at=100.0))
    assert book.take(Seen(OPS, frozenset(), 130.0, disabled=True)) == {}
    assert book.take(seen("U1", at=160.0)) == {"U1": 160.0}
    assert [(each.disabled, each.removed, each.added) for each in book.told] == [
        (True, ("U1",), ()),
        (False, (), ("U1",)),
    ]


def test_one_change_has_one_key_and_another_has_another() -> None:
    change = Change(OPS, 1.0, "UBOSS", 5.0, added=("U1",))
    assert change.key == Change(OPS, 2.0, "UBOSS", 5.0, added=("U1",)).key
    others = (
        Change(OPS, 1.0, "UBOSS", 6.0, added=("U1",)),
        Change(OPS, 1.0, "UBOSS", 5.0, added=("U2",)),
        Change(OPS, 1.0, "UBOSS", 5.0, removed=("U1",)),
        Change("S0OTHER", 1.0, "UBOSS", 5.0, added=("U1",)),
    )
    assert len({change.key, *(each.key for each in others)}) == 5


def test_a_change_that_cannot_be_told_is_not_written_and_found_again(book: Book) -> None:
    def fails(_change: Change) -> None:
        raise ValueError("no")

    book.take(seen("U1", at=100.0))
    with pytest.raises(ValueError, match="no"):
        book.book.take(seen("U2", at=130.0), fails)
    book.take(seen("U2", at=160.0))
    assert len(book.told) == 1


def test_of_two_processes_that_read_at_once_one_begins_and_one_tells(
    database: Database, opened: Callable[[], Database]
) -> None:
    books = [Book(database), *(Book(opened()) for _ in range(3))]
    for reading in (seen("U1", at=100.0), seen("U1", "U2", at=130.0), seen("U2", at=160.0)):
        threads = [Thread(target=each.take, args=(reading,)) for each in books]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    told = [change for each in books for change in each.told]
    assert sorted((each.added, each.removed) for each in told) == [((), ("U1",)), (("U2",), ())]
    assert books[0].take(seen("U2", at=190.0)) == {"U2": 130.0}
