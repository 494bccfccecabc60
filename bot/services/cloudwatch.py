"""CloudWatch: the alarms, firing first, and a metric as a picture with its numbers.

What was not measured is said to be no data, never 0. Each combination of dimensions is a metric of its own in
CloudWatch, so a dimension that is left out gives a line for each metric that has the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from bot.command import Aws
from bot.declare import reads
from bot.errors import UsageError
from bot.glob import matches
from bot.params import Shape
from bot.reply import Chart, Note, Reply, Series, Table, note, text
from bot.services import _measured
from bot.services._measured import Line, Wanted
from bot.text import number

_ORDER = ("ALARM", "INSUFFICIENT_DATA", "OK")
_WORDS = {"ALARM": "firing", "INSUFFICIENT_DATA": "without data", "OK": "OK"}
_DATAPOINTS = re.compile(r"\s*\[[^\]]*\]|\s*\(minimum [^)]*\)")
_ARN = re.compile(r"arn:\S+:alarm:")
_REASON = 160


@reads("cloudwatch:DescribeAlarms", example="cloudwatch alarms")
def alarms(aws: Aws, alarms: Annotated[tuple[str, ...], "name=web-* or state=alarm, ok, no-data"] = ()) -> Reply:
    """List alarms, firing ones first: since when and why. When all is well, say so in one line."""
    names, states = _criteria(alarms)
    pages = aws.client("cloudwatch").get_paginator("describe_alarms")
    every = [
        each
        for page in pages.paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        for kind in ("MetricAlarms", "CompositeAlarms")
        for each in page.get(kind, ())
    ]
    found = [each for each in every if not names or matches(names, each["AlarmName"])]
    found = [each for each in found if not states or each["StateValue"] in states]
    found.sort(key=lambda each: (_ORDER.index(each["StateValue"]), -_since(each).timestamp(), each["AlarmName"]))
    where = f"{aws.account} {aws.region}"
    facts = tuple(sorted((each["AlarmName"], _WORDS[each["StateValue"]]) for each in found))
    if not found:
        return Reply(f"No alarms in {where}" + (f" for {' '.join(alarms)}" if alarms else ""), (), "ok")
    counts = Counter(each["StateValue"] for each in found)
    if not states and set(counts) == {"OK"}:
        return Reply(f"All well: {_plural(len(found), 'alarm')} in {where}, none firing", (), "ok", facts=facts)
    counted = ", ".join(f"{counts[state]} {_WORDS[state]}" for state in _ORDER if counts[state])
    table = Table(("State", "Alarm", "Since", "Why"), tuple(map(_row, found)))
    title = f"{_plural(len(found), 'alarm')} in {where}: {counted}"
    return Reply(title, (table,), "" if counts["ALARM"] else "ok", facts=facts)


@reads(
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    example="cloudwatch graph Tidewater/Shop Orders Shop=harbour --stat Sum",
)
def graph(
    aws: Aws,
    metric: Annotated[tuple[str, ...], f"NAMESPACE METRIC DIMENSION=VALUE…, or {_measured.SHORT_WORDS} with an id"],
    *,
    hours: Annotated[int, "how far back", Shape(r"0*[1-9]\d{0,3}", "a number of hours from 1 to 9999")] = 3,
    stat: Annotated[
        str, "Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p99", _measured.STATISTIC
    ] = "Average",
) -> Reply:
    """Draw a metric as a picture, with its last, lowest, highest and average value.

    `cloudwatch graph cpu i-0a1b2c3d4e5f60001` is short for `AWS/EC2 CPUUtilization InstanceId=i-0a1b2c3d4e5f60001`.
    A dimension that is given twice, or left out, gives a line for each metric that fits, eight at most. Times are UTC.
    """
    wanted = _measured.wanted(metric, hours, _measured.statistic(stat), datetime.now(UTC))
    lines, more = _measured.lines(aws, wanted)
    measured = [each for each in lines if each.known]
    if not measured:
        return Reply(_nothing(aws, wanted), (text(_measured.instead(aws, wanted)),))
    chart = Chart(wanted.title, wanted.unit, wanted.labels, tuple(Series(each.name, each.values) for each in lines))
    columns = ("Series", "Last", "Lowest", "Highest", "Average", *(("Total",) if wanted.adds_up else ()))
    table = Table(columns, tuple(_numbers(each, wanted) for each in lines))
    last = f"last {_value(measured[0].known[-1], wanted)}, highest {_value(max(measured[0].known), wanted)}"
    told = last if len(lines) == 1 else f"{len(lines)} series"
    title = f"{wanted.metric} of {measured[0].name}" if len(lines) == 1 else wanted.metric
    where = f"{aws.account} {aws.region}"
    return Reply(f"{title} in {where}, {_span(wanted)}: {told}", (chart, table, *_about(lines, more, wanted)), "ok")


def _criteria(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part the words into patterns of names and states. Raises UsageError."""
    states = {"alarm": "ALARM", "firing": "ALARM", "ok": "OK", "no-data": "INSUFFICIENT_DATA"}
    states |= {"insufficient-data": "INSUFFICIENT_DATA", "insufficient_data": "INSUFFICIENT_DATA"}
    pairs = [word.partition("=")[::2] for word in words]
    for word, (key, value) in zip(words, pairs, strict=True):
        if key not in {"name", "state"} or not value:
            raise UsageError(f"{word!r} names no alarm. Use name=web-* or state=alarm.")
        if key == "state" and value.casefold() not in states:
            raise UsageError(f"There is no state {value!r}. Use state=alarm, state=ok or state=no-data.")
    names = tuple(value for key, value in pairs if key == "name")
    return names, tuple(states[value.casefold()] for key, value in pairs if key == "state")


def _row(each: Mapping[str, Any]) -> tuple[str, ...]:
    why = _ARN.sub("", _DATAPOINTS.sub("", str(each.get("StateReason") or ""))).strip()
    why = why if len(why) <= _REASON else why[: _REASON - 1] + "…"
    rule = "" if "MetricName" in each or "Metrics" in each else " (composite)"
    return (_WORDS[each["StateValue"]], each["AlarmName"] + rule, f"{_since(each):%Y-%m-%d %H:%M}", why or "–")


def _since(each: Mapping[str, Any]) -> datetime:
    """When the state last changed; AWS tells it of newer alarms apart from when it was last confirmed."""
    at: datetime = each.get("StateTransitionedTimestamp") or each["StateUpdatedTimestamp"]
    return at.astimezone(UTC)


def _nothing(aws: Aws, wanted: Wanted) -> str:
    return f"No data: {wanted.words} in {aws.account} {aws.region}, {_span(wanted)}"


def _span(wanted: Wanted) -> str:
    return f"last {_plural(wanted.hours, 'hour')}"


def _numbers(each: Line, wanted: Wanted) -> tuple[str, ...]:
    """A line's row: the last value bears its time where nothing was measured since."""
    if not each.known:
        return (each.name, "no data", *["–"] * (4 if wanted.adds_up else 3))
    total = sum(each.known)
    values = (min(each.known), max(each.known), total / len(each.known), *((total,) if wanted.adds_up else ()))
    at = max(n for n, value in enumerate(each.values) if value is not None)
    when = f" ({wanted.labels[at]})" if at < len(each.values) - 2 else ""
    return (each.name, _value(each.known[-1], wanted) + when, *(_value(value, wanted) for value in values))


def _value(value: float, wanted: Wanted) -> str:
    return f"{number(value)} {wanted.unit}".strip()


def _about(lines: tuple[Line, ...], more: int, wanted: Wanted) -> tuple[Note, ...]:
    """Say what was asked for, what is missing and what was left out."""
    begins, ends = (f"{at:%Y-%m-%d %H:%M}" for at in (wanted.start, wanted.end))
    said = [f"{wanted.stat} of every {wanted.minutes_in_words}, {begins} to {ends} UTC."]
    gaps = [f"{each.name} {each.missing} of {len(each.values)}" for each in lines if each.missing]
    said += [f"Not measured, and left open: {', '.join(gaps)}."] if gaps else []
    said += [f"{_plural(more, 'more metric')} would fit: narrow it with DIMENSION=VALUE."] if more else []
    said += (
        ["CloudWatch could not read all of it: what is missing may be there."] if any(e.partial for e in lines) else []
    )
    return tuple(map(note, said))


def _plural(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("s" if count != 1 else "")
