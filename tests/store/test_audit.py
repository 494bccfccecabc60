"""The audit only grows, and heartbeats say who is alive."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlalchemy import select

from bot.store import tables
from bot.store.audit import Audit
from bot.store.database import Database
from bot.store.processes import DEAD_AFTER_SECONDS, Processes
from bot.store.runs import Run, State

RUN = Run("r1", State.ASKED, team="T1", user="U1", channel="C1", text="ec2 stop web-1", action="ec2 stop i-1")


def test_u3_a_row_names_who_where_what_was_typed_and_what_it_meant(database: Database) -> None:
    audit = Audit(database)
    audit.write(5.0, "asked", RUN, rules="oncall")
    (row,) = audit.rows()
    assert {name: row[name] for name in ("at", "event", "run", "actor_kind", "team", "user", "channel")} == {
        "at": 5.0,
        "event": "asked",
        "run": "r1",
        "actor_kind": "slack",
        "team": "T1",
        "user": "U1",
        "channel": "C1",
    }
    assert (row["text"], row["action"]) == ("ec2 stop web-1", "ec2 stop i-1")


def test_u5_details_are_structured_and_empty_ones_are_left_out(database: Database) -> None:
    audit = Audit(database)
    audit.write(5.0, "call accepted", RUN, n=0, request_id="q", why="", by=None, calls=["a b", "c"], to=State.DONE)
    assert json.loads(audit.rows()[0]["detail"]) == {"n": 0, "request_id": "q", "calls": ["a b", "c"], "to": "done"}


def test_u6_a_click_is_its_clicker_s(database: Database) -> None:
    audit = Audit(database)
    audit.write(5.0, "cancelled", RUN, user="U2")
    (row,) = audit.rows()
    assert row["user"] == "U2"
    assert "user" not in json.loads(row["detail"])


def test_rows_come_oldest_first_of_one_run_or_of_all(database: Database) -> None:
    audit = Audit(database)
    for at, run in ((1.0, "r1"), (2.0, "r2"), (3.0, "r1")):
        audit.write(at, "asked", replace(RUN, id=run))
    assert [row["at"] for row in audit.rows()] == [1.0, 2.0, 3.0]
    assert [row["at"] for row in audit.rows("r1")] == [1.0, 3.0]
    assert [row["at"] for row in audit.rows(limit=2)] == [1.0, 2.0]


def test_a_process_is_alive_while_its_heart_beats(database: Database) -> None:
    processes = Processes(database)
    processes.beat("p1", 100.0, {"live": True})
    processes.beat("p2", 105.0, {"live": True})
    processes.beat("p1", 108.0, {"live": False, "why": ["no Slack"]})
    assert list(processes.alive(109.0).items()) == [
        ("p1", {"live": False, "why": ["no Slack"]}),
        ("p2", {"live": True}),
    ]
    assert list(processes.alive(105.0 + DEAD_AFTER_SECONDS)) == ["p1"]
    assert processes.alive(500.0) == {}


def test_processes_that_died_long_ago_are_forgotten_when_another_starts(database: Database) -> None:
    processes = Processes(database)
    processes.beat("old", 100.0, {})
    processes.beat("late", 80_000.0, {})
    processes.beat("new", 86_501.0, {})
    with database.read() as connection:
        assert set(connection.scalars(select(tables.processes.c.id))) == {"late", "new"}


def test_a_process_that_leaves_is_not_waited_for(database: Database) -> None:
    processes = Processes(database)
    processes.beat("p1", 100.0, {})
    processes.leave("p1")
    assert processes.alive(100.0) == {}
