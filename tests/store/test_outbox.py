"""What is still to be told: marks coalesce, one sender has a row, nothing is lost when it does not come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.store.database import Database
from bot.store.outbox import FINAL, PROGRESS, QUESTION, Outbox, Telling
from bot.store.processes import DEAD_AFTER_SECONDS, Processes
from tests.store.test_runs import at_once


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database)


def marked(outbox: Outbox, run: str = "r1", rank: int = FINAL, now: float = 1.0) -> Telling:
    outbox.mark(run, rank, now)
    row = outbox.get(run)
    assert row
    return row


def test_the_first_mark_makes_a_row_that_is_due_at_once(outbox: Outbox) -> None:
    assert outbox.get("r1") is None
    row = marked(outbox, rank=QUESTION)
    assert row == Telling("r1", rank=QUESTION, due_at=1.0)
    assert outbox.due(1.0) == (row,)
    assert outbox.due(0.9) == ()


def test_marks_coalesce_into_one_row_of_the_last_rank(outbox: Outbox) -> None:
    marked(outbox, rank=PROGRESS)
    marked(outbox, rank=PROGRESS, now=2.0)
    row = marked(outbox, rank=FINAL, now=3.0)
    assert (row.revision, row.rank, row.due_at) == (3, FINAL, 1.0)
    assert outbox.due(9.0) == (row,)
    assert outbox.waiting() == 1


def test_final_states_go_first_then_the_longest_waiting(outbox: Outbox) -> None:
    for run, rank, at in (("p", PROGRESS, 1.0), ("q", QUESTION, 2.0), ("f2", FINAL, 4.0), ("f1", FINAL, 3.0)):
        marked(outbox, run, rank, at)
    assert [row.run for row in outbox.due(9.0)] == ["f1", "f2", "q", "p"]
    assert [row.run for row in outbox.due(9.0, limit=2)] == ["f1", "f2"]


def test_what_was_told_is_not_due_until_there_is_something_newer(outbox: Outbox) -> None:
    row = marked(outbox)
    outbox.release(row, told=row.revision, ts="1.2", channel="C1")
    assert outbox.due(9.0) == ()
    assert outbox.waiting() == 0
    marked(outbox)
    assert [each.ts for each in outbox.due(9.0)] == ["1.2"]


def test_something_newer_while_it_is_being_told_is_told_next(outbox: Outbox) -> None:
    claimed = outbox.claim(marked(outbox), 1.0)
    assert claimed
    marked(outbox)
    outbox.release(claimed, told=claimed.revision)
    assert [row.revision for row in outbox.due(1.0)] == [2]


def test_of_eight_that_claim_a_row_one_has_it(outbox: Outbox, opened: Callable[[], Database]) -> None:
    row = marked(outbox)
    doors = [Outbox(opened()) for _ in range(8)]
    (winner,) = [each for each in at_once(8, lambda n: doors[n].claim(row, 1.0)) if each]
    assert winner.claimed_until > 1.0
    assert outbox.due(winner.claimed_until - 0.1) == ()


def test_a_claimed_row_is_read_anew(outbox: Outbox) -> None:
    row = marked(outbox)
    marked(outbox)
    claimed = outbox.claim(row, 1.0)
    assert claimed
    assert claimed.revision == 2


def test_a_row_that_was_told_meanwhile_cannot_be_claimed(outbox: Outbox) -> None:
    row = marked(outbox)
    outbox.release(row, told=1)
    assert outbox.claim(row, 1.0) is None


def test_a_claim_runs_out_and_another_takes_the_row(outbox: Outbox) -> None:
    first = outbox.claim(marked(outbox), 1.0)
    assert first
    (due,) = outbox.due(first.claimed_until)
    second = outbox.claim(due, first.claimed_until)
    assert second
    outbox.release(first, ts="1.2")
    row = outbox.get("r1")
    assert row
    assert (row.ts, row.claimed_until) == ("1.2", second.claimed_until)
    outbox.release(second, told=1)
    row = outbox.get("r1")
    assert row
    assert (row.told, row.claimed_until) == (1, 0.0)


def test_a_failure_puts_the_row_off_and_gives_it_back(outbox: Outbox) -> None:
    claimed = outbox.claim(marked(outbox), 1.0)
    assert claimed
    outbox.release(claimed, due_at=60.0, attempts=3, failed_since=1.0, doubtful=True)
    assert outbox.due(59.0) == ()
    (row,) = outbox.due(60.0)
    assert row == replace(claimed, due_at=60.0, attempts=3, failed_since=1.0, doubtful=True, claimed_until=0.0)


def test_a_row_given_up_waits_for_nothing_until_there_is_something_newer(outbox: Outbox) -> None:
    outbox.release(marked(outbox), gave_up="is_archived")
    assert outbox.due(9.0) == ()
    assert outbox.waiting() == 0
    marked(outbox)
    assert len(outbox.due(9.0)) == outbox.waiting() == 1


def test_a_message_is_found_by_where_it_stands(outbox: Outbox) -> None:
    outbox.release(marked(outbox), channel="C1", ts="1.2")
    assert outbox.at("C1", "1.2") == "r1"
    assert outbox.at("C1", "1.3") == outbox.at("C2", "1.2") == ""


def test_an_orphan_message_is_adopted_once(outbox: Outbox) -> None:
    outbox.release(marked(outbox), doubtful=True)
    outbox.adopt("r1", "C1", "1.2")
    outbox.adopt("r1", "C9", "9.9")
    row = outbox.get("r1")
    assert row
    assert (row.channel, row.ts, row.doubtful) == ("C1", "1.2", False)


def test_u2_a_claim_ends_with_the_process_that_made_it(outbox: Outbox, database: Database) -> None:
    processes = Processes(database)
    processes.beat("p1", 100.0, {})
    assert outbox.claim(marked(outbox), 100.0, "p1")
    assert outbox.due(105.0, owner="p2") == (), "it is alive, and has it"
    (row,) = outbox.due(100.0 + DEAD_AFTER_SECONDS, owner="p2")
    taken = outbox.claim(row, 110.0, "p2")
    assert taken
    assert taken.owner == "p2"


def test_a_claim_of_a_process_that_left_is_free_at_once(outbox: Outbox, database: Database) -> None:
    processes = Processes(database)
    processes.beat("p1", 100.0, {})
    assert outbox.claim(marked(outbox), 100.0, "p1")
    processes.leave("p1")
    assert [row.run for row in outbox.due(100.0, owner="p2")] == ["r1"]


def test_a_process_whose_heart_stops_for_a_while_keeps_its_own_claims(outbox: Outbox) -> None:
    assert outbox.claim(marked(outbox), 100.0, "p1")
    assert outbox.due(120.0, owner="p1") == (), "it would say it twice"
    assert [row.run for row in outbox.due(120.0, owner="p2")] == ["r1"]


def test_x4_first_marks_at_the_same_moment_are_both_counted(outbox: Outbox, opened: Callable[[], Database]) -> None:
    doors = [Outbox(opened()) for _ in range(8)]
    at_once(8, lambda n: doors[n].mark("r1", FINAL, 1.0))
    row = outbox.get("r1")
    assert row
    assert row.revision == 8
