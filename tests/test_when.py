"""When reports run: words and crontab(5), on the clocks of a zone, also on the days when those are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest

from bot.errors import UsageError
from bot.when import schedule

CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 10, 4), date(2026, 4, 5)),
}
"""Zones with the dates when their clocks go forward and back in 2026; Lord Howe's by half an hour."""


def between(text: str, zone: str, start: datetime, end: datetime) -> list[datetime]:
    """The moments of a schedule, on its zone's clocks."""
    moments = schedule(text, zone).moments(start.timestamp())
    found = takewhile(lambda moment: moment < end.timestamp(), moments)
    return [datetime.fromtimestamp(moment, ZoneInfo(zone)) for moment in found]


def around(text: str, zone: str, day: date) -> list[datetime]:
    """The moments of the week around a date."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return between(text, zone, noon - timedelta(days=4), noon + timedelta(days=3))


def next_of(text: str, after: str = "2026-11-22 21:00", zone: str = "UTC") -> str:
    start = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone))
    moment = schedule(text, zone).after(start.timestamp())
    return f"{datetime.fromtimestamp(moment, ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "comes"),
    [
        ("every weekday at 9:00", "Mon 2026-11-23 09:00"),
        ("every day at 7:30", "Mon 2026-11-23 07:30"),
        ("Every  Monday at 8:00", "Mon 2026-11-23 08:00"),
        ("every sunday at 8:00", "Sun 2026-11-29 08:00"),
        ("every tuesday and thursday at 18:05", "Tue 2026-11-24 18:05"),
        ("every weekend at 10:00", "Sat 2026-11-28 10:00"),
        ("every hour", "Sun 2026-11-22 22:00"),
        ("every 15 minutes", "Sun 2026-11-22 21:15"),
        ("every 6 hours", "Mon 2026-11-23 00:00"),
        ("every minute", "Sun 2026-11-22 21:01"),
        ("on the 1st at 9:00", "Tue 2026-12-01 09:00"),
        ("on the 22nd at 21:01", "Sun 2026-11-22 21:01"),
    ],
)
def test_words_say_when(text: str, comes: str) -> None:
    assert next_of(text) == comes


@pytest.mark.parametrize(
    ("text", "comes"),
    [
        ("0 9 * * 1-5", "Mon 2026-11-23 09:00"),
        ("0 9 * * 0", "Sun 2026-11-29 09:00"),
        ("0 9 * * 7", "Sun 2026-11-29 09:00"),
        ("0 9 * * sun", "Sun 2026-11-29 09:00"),
        ("0 9 * * Mon-Fri", "Mon 2026-11-23 09:00"),
        ("30 6-22/4 * jan,DEC *", "Tue 2026-12-01 06:30"),
        ("0 0 29 2 *", "Tue 2028-02-29 00:00"),
        ("0 9 13 * 5", "Fri 2026-11-27 09:00"),
        ("0 9 24 * 5", "Tue 2026-11-24 09:00"),
        ("*/20 * * * *", "Sun 2026-11-22 21:20"),
        ("59 23 31 12 *", "Thu 2026-12-31 23:59"),
    ],
)
def test_crontab_means_what_cron_means(text: str, comes: str) -> None:
    """Sunday is 0 and 7; where both a day of the month and one of the week are named, either will do."""
    assert next_of(text) == comes


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "I cannot read ''"),
        ("every 7 minutes", "does not come out even. These do: 2, 3, 4"),
        ("every 5 hours", "does not come out even"),
        ("every 0 minutes", "does not come out even"),
        ("every fooday at 9:00", "I do not know the day 'fooday'"),
        ("every day at 25:00", "the hour"),
        ("0 0 31 2 *", "the day-of-month"),
        ("0 0 30 2 *", "the day-of-month"),
        ("61 * * * *", "the minute"),
        ("* * * * * *", "I cannot read"),
        ("0 9 * * L", "the day-of-week"),
        ("0 9 * * 1#2", "I cannot read"),
        ("@daily", "I cannot read"),
    ],
)
def test_what_cannot_be_read_says_how_to_write_it(text: str, why: str) -> None:
    with pytest.raises(UsageError) as wrong:
        schedule(text)
    assert why in wrong.value.sentence


@pytest.mark.parametrize("zone", ["Europe/Berln", "", "../etc/passwd", "localtime", "/etc/localtime", "a b"])
def test_a_zone_is_an_iana_name(zone: str) -> None:
    with pytest.raises(UsageError, match="I know no time zone"):
        schedule("every hour", zone)


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize(
    "text", ["30 2 * * *", "0 2 * * *", "45 1 * * *", "15 2 * * *", "every day at 9:00", "0 0 * * *"]
)
def test_s5_a_fixed_time_comes_once_a_local_date_when_the_clocks_are_changed(zone: str, text: str) -> None:
    for day in CHANGES[zone]:
        dates = [each.date() for each in around(text, zone, day)]
        assert dates == sorted(set(dates))
        assert len(dates) in (6, 7)
        assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(dates))


@pytest.mark.parametrize(
    ("zone", "text", "forward", "back"),
    [
        ("Europe/Berlin", "30 2 * * *", "03:00+0200", "02:30+0200"),
        ("America/New_York", "30 2 * * *", "03:00-0400", "02:30-0500"),
        ("Australia/Lord_Howe", "15 2 * * *", "02:30+1100", "02:15+1030"),
        ("Australia/Lord_Howe", "45 1 * * *", "01:45+1030", "01:45+1100"),
    ],
)
def test_s5_what_is_leapt_over_comes_right_after_and_what_is_repeated_comes_first(
    zone: str, text: str, forward: str, back: str
) -> None:
    for day, expected in zip(CHANGES[zone], (forward, back), strict=True):
        (there,) = [each for each in around(text, zone, day) if each.date() == day]
        assert f"{there:%H:%M%z}" == expected


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize(
    ("text", "seconds"), [("every 15 minutes", 900), ("every 20 minutes", 1200), ("* * * * *", 60)]
)
def test_s5_every_so_many_minutes_goes_on_by_real_time(zone: str, text: str, seconds: int) -> None:
    for day in CHANGES[zone]:
        moments = [each.timestamp() for each in around(text, zone, day)]
        assert {later - earlier for earlier, later in pairwise(moments)} == {seconds}


@pytest.mark.parametrize("text", ["* 3 * * *", "0 */2 * * *", "*/10 1-4 * * *", "30 */1 * * *"])
@pytest.mark.parametrize("zone", CHANGES)
def test_s5_what_is_written_with_stars_comes_at_every_minute_that_fits_and_at_no_other(zone: str, text: str) -> None:
    """Against the definition itself: each minute that passes, and whether it fits."""
    minutes, hours = text.split()[:2]
    fits = schedule(text, zone)
    for day in CHANGES[zone]:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=14)
        end = start + timedelta(hours=38)
        passing = (start + timedelta(minutes=n) for n in range(1, 38 * 60))
        expected = [
            each.timestamp()
            for each in passing
            if _fits(each.astimezone(ZoneInfo(zone)).minute, minutes, 60)
            and _fits(each.astimezone(ZoneInfo(zone)).hour, hours, 24)
        ]
        assert list(takewhile(lambda at, end=end: at < end.timestamp(), fits.moments(start.timestamp()))) == expected


def _fits(value: int, field: str, whole: int) -> bool:
    if field.startswith("*"):
        return value % int(field.partition("/")[2] or 1) == 0
    low, _, high = field.partition("-")
    return int(low) <= value <= int(high or low) < whole


def test_asking_again_from_each_moment_comes_to_the_same() -> None:
    made = schedule("30 2 * * *", "Europe/Berlin")
    at = start = datetime(2026, 10, 20, tzinfo=UTC).timestamp()
    for moment in takewhile(lambda moment: moment < start + 10 * 86_400, made.moments(start)):
        at = made.after(at)
        assert at == moment
