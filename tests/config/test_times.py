"""Weekly windows on a zone's clocks, and what durations and rates mean."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.config.times import Window, rate_of, seconds_of


def at(text: str, zone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def window(**keys: object) -> Window:
    return Window.model_validate({"zone": "Europe/Berlin", **keys})


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("2026-06-01 08:59:59", False),
        ("2026-06-01 09:00", True),
        ("2026-06-05 16:59:59", True),
        ("2026-06-05 17:00", False),
        ("2026-06-06 12:00", False),
        ("2026-12-01 09:00", True),  # in winter too, though UTC is another
    ],
)
def test_the_end_is_no_part_of_the_hours(text: str, inside: bool) -> None:
    assert window(days=["mon-fri"], hours="09:00-17:00").holds(at(text)) is inside


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("2026-06-05 21:59", False),
        ("2026-06-05 22:00", True),  # friday
        ("2026-06-06 05:59", True),
        ("2026-06-06 06:00", False),
        ("2026-06-06 22:00", False),
        ("2026-06-05 05:00", False),  # the night before friday is thursday's
    ],
)
def test_hours_that_wrap_midnight_belong_to_the_day_they_begin_on(text: str, inside: bool) -> None:
    assert window(days=["fri"], hours="22:00-06:00").holds(at(text)) is inside


def test_a_span_of_days_may_go_over_the_week_s_end() -> None:
    days = [f"2026-06-0{day} 12:00" for day in range(1, 8)]  # monday to sunday
    assert [window(days=["sat-mon"]).holds(at(day)) for day in days] == [True, *[False] * 4, True, True]
    assert [window(days=["tue", "thu-fri"]).holds(at(day)) for day in days] == [
        False,
        True,
        False,
        True,
        True,
        False,
        False,
    ]


def test_without_days_it_is_every_day_and_without_hours_the_whole_day() -> None:
    assert window(hours="09:00-24:00").holds(at("2026-06-07 23:59"))
    assert not window(hours="09:00-24:00").holds(at("2026-06-08 00:00"))
    assert window(days=["sun"]).holds(at("2026-06-07 00:00"))
    assert not window(days=["sun"]).holds(at("2026-06-08 00:00"))


def test_a_window_without_a_zone_is_utc_s() -> None:
    assert Window(hours="09:00-10:00").holds(at("2026-06-01 09:30", "UTC"))
    assert not Window(hours="09:00-10:00").holds(at("2026-06-01 09:30"))


def test_a_window_reads_as_it_is_written() -> None:
    assert str(window(days=["mon-thu", "sat"], hours="09:00-17:00")) == "mon-thu, sat 09:00-17:00 (Europe/Berlin)"


def test_durations_and_rates_are_seconds() -> None:
    assert [seconds_of(each) for each in ("30m", "1h", "7d")] == [1800, 3600, 604_800]
    assert [rate_of(each) for each in ("60/m", "5/h")] == [(60, 60), (5, 3600)]
