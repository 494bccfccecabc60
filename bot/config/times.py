"""Times in bot.yml: weekly windows, moments on a zone's clocks, and how long something is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from bot.config.ids import Section, checked, sentence, string
from bot.errors import UsageError
from bot.when import zone_of

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = rf"({'|'.join(DAYS)})(-({'|'.join(DAYS)}))?"
_HOURS = r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
_DURATION = r"[1-9][0-9]{0,5}[smhd]"
_RATE = r"[1-9][0-9]{0,5}/[mh]"
_MOMENT = r"\d{4}-\d\d-\d\d( \d\d:\d\d)?"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

Day = Annotated[str, AfterValidator(checked("a day (mon) or a span of days (mon-fri)", _DAY)), string(_DAY)]
Hours = Annotated[str, AfterValidator(checked('from and until, as in "09:00-17:00"', _HOURS)), string(_HOURS)]
_SPAN = "a whole number with s, m, h or d: 30m, 1h, 7d"
Duration = Annotated[str, AfterValidator(checked(_SPAN, _DURATION)), string(_DURATION)]
Rate = Annotated[str, AfterValidator(checked("so many a minute or an hour: 60/m, 500/h", _RATE)), string(_RATE)]


def _is_a_zone(name: str) -> str:
    try:
        zone_of(name)
    except UsageError as error:
        raise sentence(error.sentence) from None
    return name


Zone = Annotated[str, AfterValidator(_is_a_zone), Field(description="An IANA time zone: Europe/Berlin.")]


def _written(value: Any) -> Any:
    """Take a date as YAML reads it back to how it was written."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}" if value.tzinfo is None and not value.second else str(value)
    return value.isoformat() if isinstance(value, date) else value


def _is_a_moment(text: str) -> str:
    if re.fullmatch(_MOMENT, text):
        with suppress(ValueError):
            datetime.fromisoformat(text)
            return text
    raise sentence(f'{text!r} is no moment: write it like "2026-12-20 09:00" or "2026-12-20"')


Moment = Annotated[str, BeforeValidator(_written), AfterValidator(_is_a_moment), string(_MOMENT)]


def seconds_of(duration: str) -> float:
    """Return how many seconds `30m`, `1h` or `7d` are."""
    return float(int(duration[:-1]) * _SECONDS[duration[-1]])


def rate_of(text: str) -> tuple[int, float]:
    """Return `60/m` as a count and the seconds it counts in."""
    count, _, unit = text.partition("/")
    return int(count), float(_SECONDS[unit])


def moment_of(text: str, zone: str, *, last: bool = False) -> float:
    """Return when clocks of a zone show this, in epoch seconds; the `last` time, where they show it twice."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone), fold=int(last)).timestamp()


class Window(Section):
    """Hours of days, every week, on the clocks of a zone. Hours that wrap midnight belong to the day they begin on."""

    days: Annotated[tuple[Day, ...] | None, Field(default=None, min_length=1)] = None
    hours: Annotated[Hours | None, Field(description="The end is no part of it; it may wrap midnight.")] = None
    zone: Zone = "UTC"

    @field_validator("hours")
    @classmethod
    def _last(cls, hours: str | None) -> str | None:
        begin, _, end = (hours or "").partition("-")
        if hours and begin == end:
            raise sentence(f"{hours!r} is no time at all, or all of it: leave hours out for the whole day")
        return hours

    @model_validator(mode="after")
    def _says_something(self) -> Window:
        if self.days is None and self.hours is None:
            raise sentence("this needs days or hours")
        return self

    def holds(self, at: float) -> bool:
        """Say whether a moment (epoch seconds) is inside."""
        local = datetime.fromtimestamp(at, UTC).astimezone(zone_of(self.zone))
        today = self._on(local.weekday())
        if self.hours is None:
            return today
        begin, end = (_minutes(each) for each in self.hours.split("-"))
        now = local.hour * 60 + local.minute
        if begin < end:
            return today and begin <= now < end
        return (today and now >= begin) or (self._on((local.weekday() - 1) % 7) and now < end)

    def _on(self, day: int) -> bool:
        return self.days is None or any(day in _span(each) for each in self.days)

    def __str__(self) -> str:
        """As people read it: `mon-fri 09:00-17:00 (Europe/Berlin)`."""
        return " ".join([*filter(None, (", ".join(self.days or ()), self.hours)), f"({self.zone})"])


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _span(days: str) -> Iterable[int]:
    """Return the days of a span by number, Monday first; it may go over the week's end."""
    first, _, last = days.partition("-")
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return [day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)]
