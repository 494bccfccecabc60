"""When a report runs: crontab(5) or words, in an IANA time zone, and the moments that come of it.

A fixed time of day happens once a local date: one that a clock change leaves out happens right after it, one that comes
twice happens the first time. What is written with `*` or `*/n` goes by the minutes that really pass. `every 15 minutes`
goes by real time alone. cronsim reads the five fields; which moments a date has is found here, because around
half-hour clock changes (Lord Howe) it leaves some out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from bot.errors import UsageError

EXAMPLES = '"every weekday at 9:00", "every monday at 8:00", "on the 1st at 9:00", "every 15 minutes" or "0 9 * * 1-5"'
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_OF_WEEK = {"day": "*", "weekday": "1-5", "weekend": "0,6", **{name: str(n) for n, name in enumerate(_DAYS)}}
_DAILY = re.compile(r"every ([a-z]+(?:(?: and |, ?)[a-z]+)*) at (\d{1,2}):(\d\d)")
_MONTHLY = re.compile(r"on the (\d{1,2})(?:st|nd|rd|th)? at (\d{1,2}):(\d\d)")
_MINUTES = re.compile(r"every (\d{1,2}) minutes")
_HOURS = re.compile(r"every (\d{1,2}) hours")
_FIELD = re.compile(r"[0-9A-Za-z*,/-]+")
_YEARS = 9
"""A 29th of February comes within so many years; what does not come by then never does."""
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Five fields as crontab(5) has them, and the zone whose clocks they mean; made by `schedule`."""

    crontab: str
    zone: str

    def after(self, moment: float) -> float:
        """Return the first moment after this one, both in epoch seconds. Raises UsageError where there is none."""
        return next(self.moments(moment))

    def moments(self, moment: float) -> Iterator[float]:
        """Yield the moments after this one, in order. Raises UsageError where there is none within nine years."""
        step = _step(self.crontab)
        if step:
            yield from _every(moment, step)
        zone, fields = zone_of(self.zone), _fields(self.crontab)
        day = datetime.fromtimestamp(moment, UTC).astimezone(zone).date() - _DAY
        last = day + timedelta(days=366 * _YEARS)
        while day < last:
            for found in _on(day, zone, fields):
                if found > moment:
                    yield found
                    moment, last = found, day + timedelta(days=366 * _YEARS)
            day += _DAY
        raise UsageError(f"{self.crontab!r} never comes: no date is like that. Write it like {EXAMPLES}.")


def schedule(text: str, zone: str = "UTC") -> Schedule:
    """Read words or a crontab's five fields. Raises UsageError."""
    words = " ".join(text.lower().split())
    crontab = _in_words(words) or " ".join(text.split())
    if not crontab or not all(map(_FIELD.fullmatch, crontab.split())) or len(crontab.split()) != 5:
        raise UsageError(f"I cannot read {text!r} as a time. Write it like {EXAMPLES}.")
    zone_of(zone)
    made = Schedule(crontab, zone)
    made.after(0.0)  # 1970: nothing about today counts
    return made


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return an IANA time zone. Raises UsageError where there is none of that name."""
    known = re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]*", name) and name not in ("localtime", "posixrules")
    try:
        return ZoneInfo(name if known else "")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"I know no time zone {name!r}. They are written like Europe/Berlin or UTC.") from None


def clock(moment: float, zone: str) -> str:
    """Write a moment as the clocks of a zone show it; in UTC where there is no such zone any more."""
    try:
        there = zone_of(zone)
    except UsageError:
        return f"{datetime.fromtimestamp(moment, UTC):%a %d %b %H:%M} UTC"
    return f"{datetime.fromtimestamp(moment, there):%a %d %b %H:%M}"


def _in_words(words: str) -> str:
    """Turn words into five fields; empty where they are none that are known."""
    if words in ("every hour", "every minute"):
        return "0 * * * *" if words == "every hour" else "*/1 * * * *"
    if found := _MINUTES.fullmatch(words):
        return _steps(words, int(found[1]), 60, "*/{} * * * *")
    if found := _HOURS.fullmatch(words):
        return _steps(words, int(found[1]), 24, "0 */{} * * *")
    if found := _MONTHLY.fullmatch(words):
        return f"{int(found[3])} {int(found[2])} {int(found[1])} * *"
    if found := _DAILY.fullmatch(words):
        days = [_of_week(each, words) for each in re.split(r" and |, ?", found[1])]
        return f"{int(found[3])} {int(found[2])} * * {'*' if '*' in days else ','.join(days)}"
    return ""


def _steps(words: str, n: int, whole: int, fields: str) -> str:
    if n == 0 or whole % n:
        fitting = ", ".join(str(each) for each in range(2, whole) if whole % each == 0)
        raise UsageError(f"{words!r} does not come out even. These do: {fitting}.")
    return fields.format(n) if n < whole else fields.format(1).replace("*/1", "0")


def _of_week(name: str, words: str) -> str:
    for known in (name, name.removesuffix("s")):
        if known in _OF_WEEK:
            return _OF_WEEK[known]
    raise UsageError(f"I do not know the day {name!r} in {words!r}. Write it like {EXAMPLES}.")


def _step(crontab: str) -> float:
    """Return the seconds of `*/n * * * *`, which goes on by real time; 0 for every other schedule."""
    found = re.fullmatch(r"\*/(\d+) \* \* \* \*", crontab)
    return 60.0 * int(found[1]) if found and int(found[1]) and 60 % int(found[1]) == 0 else 0.0


def _every(moment: float, step: float) -> Iterator[float]:
    while True:
        moment = (moment // step + 1) * step
        yield moment


@cache
def _fields(crontab: str) -> CronSim:
    try:
        return CronSim(crontab, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        wrong = str(error).removeprefix("Bad ")
        raise UsageError(f"I cannot read {crontab!r} as a time (the {wrong}). Write it like {EXAMPLES}.") from None


def _on(day: date, zone: ZoneInfo, fields: CronSim) -> Iterator[float]:
    """Yield the moments of one local date, in order."""
    if day.month not in fields.months or not fields.match_day(day):
        return
    minute, hour = fields.parts[1:3]
    if minute.startswith("*") or hour.startswith("*"):
        yield from _passing(day, zone, fields)
        return
    times = (time(h, m) for h in fields.hours for m in fields.minutes)
    yield from sorted({_once(datetime.combine(day, each), zone) for each in times})


def _passing(day: date, zone: ZoneInfo, fields: CronSim) -> Iterator[float]:
    """Yield every minute of a date that fits, as they pass: a repeated hour passes twice."""
    now = datetime.fromtimestamp(_once(datetime.combine(day, time()), zone), UTC)
    while (local := now.astimezone(zone)).date() <= day:
        if local.date() == day and local.hour in fields.hours and local.minute in fields.minutes:
            yield now.timestamp()
        now += _MINUTE


def _once(local: datetime, zone: ZoneInfo) -> float:
    """Return when clocks first show this; where they leap over it, the moment they have leapt."""
    while True:
        at = local.replace(tzinfo=zone).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) == local:
            return at.timestamp()
        local += _MINUTE
