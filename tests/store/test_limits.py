"""Limits: in a window that slides, and never more than there is, however many processes take at once."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot.store import tables
from bot.store.database import Database
from bot.store.limits import Limits, Short, Use

Opened = Callable[[], Database]
FIVE = Use("five", "person/ann", 1, 5, 3600.0)


@pytest.fixture
def limits(database: Database) -> Limits:
    return Limits(database)


def used(database: Database) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.coalesce(func.sum(tables.uses.c.count), 0))) or 0


def test_what_is_there_is_taken_and_no_more(limits: Limits, database: Database) -> None:
    assert [limits.take([FIVE], f"r{n}", 100.0 + n) for n in range(5)] == [None] * 5
    assert limits.take([FIVE], "r5", 110.0) == Short(FIVE, 0, 3700.0)
    assert limits.look([FIVE], 110.0) == Short(FIVE, 0, 3700.0)
    assert used(database) == 5


def test_looking_takes_nothing(limits: Limits, database: Database) -> None:
    assert limits.look([replace(FIVE, count=5)], 1.0) is None
    assert used(database) == 0


def test_the_window_slides(limits: Limits) -> None:
    limits.take([replace(FIVE, count=3)], "a", 0.0)
    limits.take([replace(FIVE, count=2)], "b", 1000.0)
    assert limits.look([FIVE], 3599.9) == Short(FIVE, 0, 3600.0)
    assert limits.look([FIVE], 3600.0) is None
    four = replace(FIVE, count=4)
    assert limits.look([four], 3600.0) == Short(four, 3, 4600.0)
    assert limits.take([four], "c", 4600.0) is None


def test_what_never_fits_is_said_to_be_so(limits: Limits) -> None:
    six = replace(FIVE, count=6)
    assert limits.take([six], "a", 0.0) == Short(six, 5, 0.0)


def test_keys_and_limits_are_counted_apart(limits: Limits) -> None:
    limits.take([replace(FIVE, count=5)], "a", 0.0)
    assert limits.look([FIVE], 1.0)
    assert limits.look([replace(FIVE, key="person/bob"), replace(FIVE, limit="six")], 1.0) is None


def test_what_is_given_back_is_there_again(limits: Limits) -> None:
    limits.take([replace(FIVE, count=5)], "a", 0.0)
    limits.give_back("b")
    assert limits.look([FIVE], 1.0)
    limits.give_back("a")
    assert limits.look([replace(FIVE, count=5)], 1.0) is None


def test_taking_is_undone_with_the_block_around_it(limits: Limits, database: Database) -> None:
    def refused() -> None:
        with database.write():
            limits.take([FIVE], "a", 0.0)
            if limits.take([replace(FIVE, limit="one", at_most=1, count=2)], "a", 0.0):
                raise LookupError

    with pytest.raises(LookupError):
        refused()
    assert used(database) == 0


def test_what_is_out_of_its_window_is_forgotten(limits: Limits, database: Database) -> None:
    for n in range(4):
        limits.take([FIVE], f"r{n}", n * 4000.0)
    assert used(database) == 1


def test_of_twelve_at_once_five_are_let_through(limits: Limits, database: Database, opened: Opened) -> None:
    doors = [Limits(opened()) for _ in range(6)]
    barrier = threading.Barrier(12)

    def take(n: int) -> bool:
        barrier.wait(60)
        return doors[n % 6].take([FIVE, replace(FIVE, limit="a", at_most=100)], f"r{n}", 1.0) is None

    with ThreadPoolExecutor(12) as pool:
        taken = list(pool.map(take, range(12)))
    assert taken.count(True) == 5


def test_two_processes_at_once_never_take_more_than_there_is(limits: Limits, database: Database, url: str) -> None:
    other = (
        "import sys\n"
        "from bot.store.database import Database\n"
        "from bot.store.limits import Limits, Use\n"
        "limits, use = Limits(Database(sys.argv[1])), Use('five', 'person/ann', 1, 25, 3600.0)\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(sum(limits.take([use], f'{sys.argv[2]}{n}', 1.0) is None for n in range(20)))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", other, url, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in "ab"
    ]
    for each in processes:
        assert each.stdout
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()
    taken = [int(each.communicate(timeout=60)[0]) for each in processes]
    assert sum(taken) == used(database) == 25
