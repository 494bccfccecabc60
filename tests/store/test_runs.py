"""Once: whatever arrives twice, clicks twice or runs in two processes, one of them wins and the others see it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from bot.command import Call, Plan, Resource, Skipped
from bot.store import tables
from bot.store.database import Database, StoreError
from bot.store.runs import ENDED, OWNED, TIMED, Run, Runs, Sent, State, plan_json, states_json

Opened = Callable[[], Database]
RECEIVED = Run("r1", State.RECEIVED, owner="p1", team="T1", user="U1", text="ec2 stop i-1", created_at=1.0)
ASKED = replace(RECEIVED, state=State.ASKED, due_at=300.0)
TWO = (Sent("r1", 0, "ec2:StopInstances", "", "i-1"), Sent("r1", 1, "ec2:StopInstances", "", "i-2 i-3"))


@pytest.fixture
def runs(database: Database) -> Runs:
    return Runs(database)


def put(runs: Runs, run: Run) -> Run:
    assert runs.receive(run, "")
    return run


def sending(runs: Runs, run: Run = ASKED, held: tuple[str, ...] = ("dev/i-1",)) -> Run:
    """A run of the process p1 with its calls written."""
    put(runs, run)
    moved = runs.start(run, [replace(each, run=run.id) for each in TWO], held, owner="p1")
    assert isinstance(moved, Run)
    return moved


def holds(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return {row.resource: row.run for row in connection.execute(select(tables.holds))}


def at_once(how_many: int, does: Callable[[int], Any]) -> list[Any]:
    barrier = Barrier(how_many)

    def one(n: int) -> Any:
        barrier.wait(60)
        return does(n)

    with ThreadPoolExecutor(how_many) as pool:
        return list(pool.map(one, range(how_many)))


# Deliveries


def test_d1_a_delivery_that_arrives_twice_makes_one_run(runs: Runs) -> None:
    assert runs.receive(RECEIVED, "d1")
    assert not runs.receive(replace(RECEIVED, id="r2"), "d1")
    assert runs.get("r1") == RECEIVED
    assert runs.get("r2") is None


def test_d2_another_delivery_of_the_same_words_is_another_run(runs: Runs) -> None:
    assert runs.receive(RECEIVED, "d1")
    assert runs.receive(replace(RECEIVED, id="r2"), "d2")
    assert runs.get("r2") == replace(RECEIVED, id="r2")


def test_d4_a_delivery_is_known_after_the_file_was_opened_anew(runs: Runs, database: Database, opened: Opened) -> None:
    runs.receive(RECEIVED, "d1")
    database.close()
    assert not Runs(opened()).receive(replace(RECEIVED, id="r2"), "d1")


def test_d4_a_delivery_is_known_to_another_process(runs: Runs, url: str) -> None:
    runs.receive(RECEIVED, "d1")
    other = (
        "import sys\n"
        "from bot.store.database import Database\n"
        "from bot.store.runs import Run, Runs, State\n"
        "runs = Runs(Database(sys.argv[1]))\n"
        "print([runs.receive(Run(each, State.RECEIVED), each) for each in ('d1', 'd2')])\n"
    )
    said = subprocess.run([sys.executable, "-c", other, url], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.strip() == "[False, True]"
    assert not runs.receive(replace(RECEIVED, id="r3"), "d2")


def test_d1_of_eight_copies_that_arrive_at_once_one_is_taken(runs: Runs, opened: Opened) -> None:
    doors = [Runs(opened()) for _ in range(8)]
    taken = at_once(8, lambda n: doors[n].receive(replace(RECEIVED, id=f"r{n}"), "d1"))
    assert taken.count(True) == 1
    assert [bool(runs.get(f"r{n}")) for n in range(8)] == taken


def test_c4_a_click_that_arrives_twice_counts_once(runs: Runs, opened: Opened) -> None:
    assert not runs.seen_before("click", 1.0)
    assert runs.seen_before("click", 2.0)
    assert Runs(opened()).seen_before("click", 3.0)


def test_a_run_without_a_delivery_is_written_all_the_same(runs: Runs) -> None:
    assert runs.receive(RECEIVED, "")
    assert runs.receive(replace(RECEIVED, id="r2"), "")


def test_the_same_run_twice_is_a_mistake_and_not_a_delivery_seen(runs: Runs) -> None:
    runs.receive(RECEIVED, "d1")
    with pytest.raises(StoreError):
        runs.receive(RECEIVED, "d2")
    assert not runs.seen_before("d2", 1.0)


# Moving


def test_a_run_reads_back_as_it_was_written(runs: Runs) -> None:
    resource = Resource("i-1", "web-1 <!channel>", "running", {"env": "dév", "": ""}, "arn:aws:ec2:x")
    call = Call("ec2:StopInstances", {"InstanceIds": ["i-1"], "Force": False, "n": {"a": [1, None]}}, ("i-1",))
    plan = Plan("stop web-1", (call,), (resource, Resource("i-2")), (Skipped("i-9", "is gone"),), ("a note",))
    states = {"i-1": "stopping"}
    run = put(runs, replace(RECEIVED, plan=plan_json(plan), seen=states_json(states), thread="1.2", by="U2"))
    found = runs.get("r1")
    assert found == run
    assert found.planned == plan
    assert found.states == states
    assert found.asker == "T1/U1"
    assert RECEIVED.states == {}


@pytest.mark.parametrize("state", [*State])
def test_c4_of_eight_that_move_a_run_at_once_one_does(runs: Runs, opened: Opened, state: State) -> None:
    run = put(runs, replace(RECEIVED, state=state, due_at=5.0))
    doors = [Runs(opened()) for _ in range(8)]
    moved = at_once(8, lambda n: doors[n].move(run, State.CANCELLED, owner=f"m{n}", why=str(n), due_at=6.0))
    (winner,) = [each for each in moved if each]
    assert winner == replace(run, state=State.CANCELLED, owner=winner.owner, why=winner.owner[1:], due_at=6.0)
    assert runs.get("r1") == winner


def test_a_move_says_what_it_changed_and_leaves_the_rest(runs: Runs) -> None:
    run = put(runs, ASKED)
    moved = runs.move(run, State.EXPIRED, why="too late", ended_at=9.0)
    assert moved == replace(ASKED, state=State.EXPIRED, why="too late", ended_at=9.0)
    assert runs.get("r1") == moved


def test_a_run_that_is_not_there_moves_nowhere(runs: Runs) -> None:
    assert runs.move(RECEIVED, State.DONE) is None
    assert runs.get("r1") is None


@pytest.mark.parametrize("state", sorted(OWNED))
def test_a_run_in_another_owner_s_hands_cannot_be_moved(runs: Runs, state: State) -> None:
    put(runs, replace(RECEIVED, state=state, owner="p2"))
    mine = replace(RECEIVED, state=state)
    assert runs.move(mine, State.DONE) is None
    assert runs.start(mine, (), ()) is None
    assert runs.get("r1") == replace(mine, owner="p2")


def test_note_writes_facts_and_moves_nothing(runs: Runs) -> None:
    run = put(runs, ASKED)
    assert runs.note(run, rules="one") == replace(run, rules="one") == runs.get("r1")
    assert runs.move(run, State.CANCELLED)


# Starting


def test_start_moves_writes_the_calls_and_takes_hold(runs: Runs, database: Database) -> None:
    run = sending(runs, held=("dev/i-1", "dev/i-2", "dev/i-1"))
    assert (run.state, run.owner) == (State.SENDING, "p1")
    assert runs.get("r1") == run
    assert runs.calls("r1") == TWO
    assert TWO[1].touched == ("i-2", "i-3")
    assert holds(database) == {"dev/i-1": "r1", "dev/i-2": "r1"}


def test_x1_a_resource_in_hand_keeps_the_other_run_whole_where_it_was(runs: Runs, database: Database) -> None:
    sending(runs, held=("dev/i-1",))
    second = put(runs, replace(ASKED, id="r2"))
    assert runs.start(second, [replace(TWO[0], run="r2")], ["dev/i-0", "dev/i-1", "dev/i-2"]) == "r1"
    assert runs.get("r2") == second
    assert runs.calls("r2") == ()
    assert holds(database) == {"dev/i-1": "r1"}


def test_x1_of_eight_runs_on_one_resource_one_starts(runs: Runs, opened: Opened, database: Database) -> None:
    doors = [Runs(opened()) for _ in range(8)]
    asked = [put(runs, replace(ASKED, id=f"r{n}")) for n in range(8)]
    came = at_once(8, lambda n: doors[n].start(asked[n], (), [f"dev/only-{n}", "dev/i-1"], owner="p1"))
    (started,) = [each for each in came if isinstance(each, Run)]
    assert [each for each in came if not isinstance(each, Run)] == [started.id] * 7
    assert set(holds(database).values()) == {started.id}


def test_c4_of_eight_clicks_on_one_question_one_starts(runs: Runs, opened: Opened) -> None:
    doors = [Runs(opened()) for _ in range(8)]
    run = put(runs, ASKED)
    came = at_once(8, lambda n: doors[n].start(run, TWO, (), owner=f"p{n}"))
    (started,) = [each for each in came if each]
    assert runs.get("r1") == started
    assert runs.calls("r1") == TWO


def test_what_is_written_together_is_written_whole(runs: Runs) -> None:
    run = put(runs, ASKED)
    with pytest.raises(ZeroDivisionError), runs.together():  # noqa: PT012 - all of it is one transaction
        assert runs.move(run, State.CANCELLED)
        raise ZeroDivisionError
    assert runs.get("r1") == ASKED


def test_what_cannot_be_written_whole_is_not_started(runs: Runs, database: Database) -> None:
    run = put(runs, ASKED)
    with pytest.raises(StoreError):
        runs.start(run, (TWO[0], TWO[0]), ["dev/i-1"])
    assert runs.get("r1") == ASKED
    assert runs.calls("r1") == ()
    assert holds(database) == {}


@pytest.mark.parametrize("to", sorted(ENDED))
def test_x1_a_run_that_ends_lets_go(runs: Runs, database: Database, to: State) -> None:
    run = sending(runs)
    sending(runs, replace(ASKED, id="r2"), ("dev/i-2",))
    assert runs.move(run, to)
    assert holds(database) == {"dev/i-2": "r2"}


def test_x1_a_run_under_way_holds_on_and_one_that_ends_unknown_lets_go(runs: Runs, database: Database) -> None:
    run = sending(runs)
    unknown = runs.move(run, State.UNKNOWN, due_at=1.0)
    assert unknown
    assert holds(database) == {"dev/i-1": "r1"}
    following = runs.move(unknown, State.FOLLOWING, due_at=2.0)
    assert following
    assert holds(database) == {"dev/i-1": "r1"}
    assert runs.move(following, State.UNKNOWN, due_at=4e9, ended_at=3.0)
    assert holds(database) == {}


def test_a_move_that_was_lost_lets_go_of_nothing(runs: Runs, database: Database) -> None:
    sending(runs)
    assert runs.move(ASKED, State.CANCELLED) is None
    assert holds(database) == {"dev/i-1": "r1"}


# Calls


def test_what_became_of_a_call_is_written_by_its_owner_alone(runs: Runs) -> None:
    run = sending(runs)
    assert runs.call(run, 1, state="sent", sent_at=5.0)
    assert not runs.call(replace(run, owner="p2"), 1, state="accepted")
    assert not runs.call(run, 7, state="accepted")
    assert runs.calls("r1") == (TWO[0], replace(TWO[1], state="sent", sent_at=5.0))


def test_u2_a_process_that_wakes_up_after_its_run_was_rescued_writes_nothing(runs: Runs) -> None:
    run = sending(runs)
    rescued = runs.move(run, State.UNKNOWN, due_at=9.0)
    assert rescued
    assert not runs.call(run, 0, state="sent")
    assert runs.move(run, State.DONE) is None
    assert runs.calls("r1") == TWO
    runs.settle_call("r1", 0, state="accepted", ended_at=7.0)
    assert runs.calls("r1")[0] == replace(TWO[0], state="accepted", ended_at=7.0)


# What waits


def test_timed_runs_come_due_longest_waiting_first(runs: Runs) -> None:
    for n, state in enumerate(State):
        put(runs, replace(RECEIVED, id=f"s{n}", state=state, due_at=20.0 - n))
    put(runs, replace(ASKED, id="later", due_at=21.0))
    due = runs.due(20.0)
    assert {each.state for each in due} == TIMED
    assert [each.due_at for each in due] == sorted(each.due_at for each in due)
    assert runs.due(20.0, limit=1) == due[:1]
    assert runs.due(0.0) == ()


def test_of_two_that_claim_a_due_run_one_works_on_it(runs: Runs, opened: Opened) -> None:
    put(runs, ASKED)
    doors = [Runs(opened()) for _ in range(2)]
    seen = [door.due(300.0)[0] for door in doors]
    claimed = at_once(2, lambda n: doors[n].claim(seen[n], 330.0))
    (winner,) = [each for each in claimed if each]
    assert winner == replace(ASKED, due_at=330.0)
    assert runs.due(329.0) == ()
    assert runs.due(330.0) == (winner,)
    assert runs.move(ASKED, State.EXPIRED) is None, "who read it before the claim cannot move it"


def test_u2_orphans_are_owned_runs_whose_process_is_gone(runs: Runs) -> None:
    for n, state in enumerate(State):
        put(runs, replace(RECEIVED, id=f"a{n}", state=state, owner="p1"))
        put(runs, replace(RECEIVED, id=f"b{n}", state=state, owner="p2"))
    assert {(each.owner, each.state) for each in runs.orphans(["p1"])} == {("p2", state) for state in OWNED}
    assert runs.orphans(["p1", "p2"]) == ()
    assert len(runs.orphans([])) == 2 * len(OWNED)


def test_open_runs_are_those_that_have_not_ended(runs: Runs) -> None:
    for n, state in enumerate(State):
        put(runs, replace(RECEIVED, id=f"s{n}", state=state))
    assert {each.state for each in runs.open()} == set(State) - ENDED


def test_undos_of_a_run_oldest_first(runs: Runs) -> None:
    late = put(runs, replace(ASKED, id="u2", undoes="r1", created_at=9.0))
    early = put(runs, replace(ASKED, id="u1", undoes="r1", created_at=2.0))
    put(runs, replace(ASKED, id="u3", undoes="r2"))
    assert runs.undos("r1") == (early, late)


def test_pruning_forgets_what_ended_long_ago_and_nothing_else(runs: Runs, database: Database) -> None:
    from bot.store.audit import Audit
    from bot.store.outbox import FINAL, Outbox

    outbox, audit = Outbox(database), Audit(database)
    old = sending(runs, replace(ASKED, id="old"))
    outbox.mark("old", FINAL, 1.0)
    audit.write(1.0, "sending", old)
    assert runs.move(old, State.DONE, ended_at=50.0)
    put(runs, replace(RECEIVED, id="ancient", state=State.DONE))  # without a time of its end
    put(runs, replace(RECEIVED, id="unknown", state=State.UNKNOWN, ended_at=60.0))
    kept = {
        put(runs, replace(RECEIVED, id="open", state=State.FOLLOWING)).id,
        put(runs, replace(RECEIVED, id="lookedfor", state=State.UNKNOWN)).id,
        put(runs, replace(RECEIVED, id="justended", state=State.DONE, ended_at=100.0)).id,
        put(runs, replace(RECEIVED, id="young", state=State.DONE, created_at=100.0)).id,
    }
    outbox.mark("open", FINAL, 1.0)
    runs.seen_before("early", 99.0)
    runs.seen_before("late", 100.0)
    runs.prune(100.0)
    with database.read() as connection:
        assert set(connection.scalars(select(tables.runs.c.id))) == kept
    assert runs.calls("old") == ()
    assert outbox.get("old") is None
    assert outbox.get("open")
    assert [row["run"] for row in audit.rows()] == ["old"]
    assert not runs.seen_before("early", 101.0)
    assert runs.seen_before("late", 101.0)
