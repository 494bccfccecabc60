"""Halts in the store: one of a scope, by whoever was first, ended once, and put in force anew."""

from __future__ import annotations

import pytest

from bot.store.database import Database
from bot.store.halts import Halt, Halts

ALL = Halt("all", "", "T1/UBOB", "bob", "smoke", 100.0)


def test_the_first_halt_of_a_scope_stays_until_it_is_ended(database: Database) -> None:
    halts = Halts(database)
    assert halts.put(ALL) == ALL
    assert halts.put(Halt("all", "", "T1/UANN", "ann", "other", 101.0)) == ALL
    assert halts.active() == (ALL,)
    assert halts.end(ALL, 102.0, "ann")
    assert not halts.end(ALL, 103.0, "ann")
    assert halts.active() == ()
    (ended,) = halts.ended_since(101.0)
    assert (ended.ended_at, ended.ended_by) == (102.0, "ann")
    assert halts.ended_since(102.0) == ()
    again = Halt("all", "", "T1/UANN", "ann", "more smoke", 104.0)
    assert halts.put(again) == again
    assert halts.active() == (again,)
    assert not halts.end(ALL, 105.0, "ann"), "that one is over"


def test_halts_of_several_scopes_stand_beside_each_other(database: Database) -> None:
    halts = Halts(database)
    user, account = Halt("user/UANN", "UANN", at=1.0), Halt("account/111111111111", "dev", at=2.0)
    assert [halts.put(each) for each in (user, account)] == [user, account]
    assert halts.active() == (user, account)


@pytest.mark.parametrize(
    ("scope", "users", "account", "covered"),
    [
        ("all", (), "", True),
        ("user/UANN", ("UBOB", "UANN"), "", True),
        ("user/UANN", ("UBOB",), "1", False),
        ("user/UANN", (), "UANN", False),
        ("account/1", (), "1", True),
        ("account/1", ("1",), "", False),
        ("account/1", (), "11", False),
    ],
)
def test_a_halt_covers_its_scope_and_nothing_else(
    scope: str, users: tuple[str, ...], account: str, covered: bool
) -> None:
    assert Halt(scope).covers(frozenset(users), account) is covered
