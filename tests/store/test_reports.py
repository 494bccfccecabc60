"""A report's moment is taken once, and a name is given once, however many processes are at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.store.database import Database
from bot.store.reports import FILE, Report, Reports
from tests.store.test_runs import at_once

Opened = Callable[[], Database]
REPORT = Report("p1", "fleet", FILE, channel="C1", schedule="0 9 * * *", command="ec2 list", next_at=100.0)


@pytest.fixture
def reports(database: Database) -> Reports:
    return Reports(database)


def test_s2_of_eight_processes_that_take_a_moment_at_once_one_does(reports: Reports, opened: Opened) -> None:
    assert reports.add(REPORT)
    doors = [Reports(opened()) for _ in range(8)]
    came = at_once(8, lambda n: doors[n].claim(REPORT, next_at=200.0, last_at=100.0))
    (taken,) = [each for each in came if each]
    assert taken == reports.get("p1") == replace(REPORT, next_at=200.0, last_at=100.0)


def test_s2_of_eight_processes_that_enter_a_report_at_once_one_does(reports: Reports, opened: Opened) -> None:
    doors = [Reports(opened()) for _ in range(8)]
    came = at_once(8, lambda n: doors[n].add(replace(REPORT, id=f"p{n}")))
    assert came.count(True) == 1
    assert [each.name for each in reports.all()] == ["fleet"]


def test_an_alarm_is_sounded_by_one(reports: Reports, opened: Opened) -> None:
    assert reports.add(REPORT)
    doors = [Reports(opened()) for _ in range(8)]
    assert at_once(8, lambda n: doors[n].alarm(REPORT, 100.0)).count(True) == 1
