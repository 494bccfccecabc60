"""A metric over a span: what was asked for, which metrics that is, and what CloudWatch measured of them.

The period follows from the span, and is one that CloudWatch still has: one-minute values are kept for 15 days, those of
five minutes for 63, those of an hour for 455.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.command import Aws
from bot.errors import UsageError
from bot.params import Shape

Dimensions = tuple[tuple[str, str], ...]

MOST = 8
"""Lines that can be told apart in one picture."""
STATISTIC = Shape(
    r"(?i:average|sum|minimum|maximum|samplecount|min|max|avg|count|p(100|\d{1,2}(\.\d{1,2})?))",
    "Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p99",
)
_STATISTICS = {"average": "Average", "avg": "Average", "sum": "Sum", "minimum": "Minimum", "min": "Minimum"}
_STATISTICS |= {"maximum": "Maximum", "max": "Maximum", "samplecount": "SampleCount", "count": "SampleCount"}
_SHORT: Mapping[str, tuple[str, str, str]] = {
    "cpu": ("AWS/EC2", "CPUUtilization", "InstanceId"),
    "network-in": ("AWS/EC2", "NetworkIn", "InstanceId"),
    "network-out": ("AWS/EC2", "NetworkOut", "InstanceId"),
    "status": ("AWS/EC2", "StatusCheckFailed", "InstanceId"),
    "invocations": ("AWS/Lambda", "Invocations", "FunctionName"),
    "errors": ("AWS/Lambda", "Errors", "FunctionName"),
    "duration": ("AWS/Lambda", "Duration", "FunctionName"),
}
SHORT_WORDS = ", ".join(_SHORT)
_UNITS = (
    (r"(Utilization|Percent(age)?)$|_percent$", "%"),
    (r"^Duration$", "ms"),
    (r"Latency$|Time$", "s"),
    (r"Network(In|Out)$|Bytes$", "bytes"),
)
_PERIODS = ((26, 300), (72, 900), (15 * 24, 3600), (62 * 24, 10_800))
_OLDEST_HOURS = 455 * 24
_LISTED = 2_000
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for; `given` holds the values of each dimension that was named, `period` is in seconds."""

    namespace: str
    metric: str
    given: Mapping[str, tuple[str, ...]]
    hours: int
    stat: str
    start: datetime
    end: datetime
    period: int

    @property
    def words(self) -> str:
        named = [f"{name}={value}" for name, values in self.given.items() for value in values]
        return " ".join([self.namespace, self.metric, *named])

    @property
    def unit(self) -> str:
        """The unit, where the metric's name tells it: GetMetricData does not."""
        if self.stat == "SampleCount":
            return ""
        return next((unit for pattern, unit in _UNITS if re.search(pattern, self.metric)), "")

    @property
    def adds_up(self) -> bool:
        """Whether the periods' values can be added to a total."""
        return self.stat in {"Sum", "SampleCount"}

    @property
    def minutes_in_words(self) -> str:
        minutes = self.period // 60
        return f"{minutes} minutes" if minutes < 60 else f"{minutes // 60} hours" if minutes > 60 else "hour"

    @property
    def title(self) -> str:
        return f"{self.metric} ({self.stat}, times in UTC)"

    @property
    def moments(self) -> tuple[datetime, ...]:
        count = int((self.end - self.start).total_seconds()) // self.period
        return tuple(self.start + timedelta(seconds=self.period * n) for n in range(count))

    @property
    def labels(self) -> tuple[str, ...]:
        form = "%H:%M" if self.hours <= 24 else "%d %b %H:%M" if self.hours <= 15 * 24 else "%Y-%m-%d"
        return tuple(f"{at:{form}}" for at in self.moments)


@dataclass(frozen=True, slots=True)
class Line:
    """One metric's values, None where nothing was measured; `partial` where CloudWatch could not read all of it."""

    name: str
    values: tuple[float | None, ...]
    partial: bool = False

    @property
    def known(self) -> list[float]:
        return [value for value in self.values if value is not None]

    @property
    def missing(self) -> int:
        return self.values.count(None)


def statistic(typed: str) -> str:
    return _STATISTICS.get(typed.casefold(), typed.casefold())


def wanted(words: tuple[str, ...], hours: int, stat: str, now: datetime) -> Wanted:
    """Read the words of a metric. Raises UsageError."""
    if hours > _OLDEST_HOURS:
        raise UsageError(f"CloudWatch keeps 455 days. Use --hours {_OLDEST_HOURS:,} or fewer.".replace(",", ""))
    namespace, metric, rest = _named(words)
    given: dict[str, tuple[str, ...]] = {}
    for word in rest:
        name, _, value = word.partition("=")
        if not name or not value:
            raise UsageError(f"{word!r} is no dimension. Write NAME=VALUE, as in InstanceId=i-0a1b2c3d4e5f60001.")
        given[name] = (*given.get(name, ()), *(() if value == "*" else (value,)))
    period = next((period for most, period in _PERIODS if hours <= most), 86_400)
    end = datetime.fromtimestamp(now.timestamp() // period * period, UTC)
    start = datetime.fromtimestamp((end - timedelta(hours=hours)).timestamp() // period * period, UTC)
    return Wanted(namespace, metric, given, hours, stat, start, end, period)


def _named(words: tuple[str, ...]) -> tuple[str, str, list[str]]:
    """Part the words into namespace, metric and dimensions; a short word stands for the first two."""
    short = _SHORT.get(words[0].casefold())
    if short:
        rest = [word if "=" in word else f"{short[2]}={word}" for word in words[1:]]
        return short[0], short[1], rest
    if len(words) < 2 or any("=" in word for word in words[:2]):
        raise UsageError(
            f"Name a metric: {SHORT_WORDS} with an id, or its namespace and name.\n"
            "Example: cloudwatch graph cpu i-0a1b2c3d4e5f60001\n"
            "Example: cloudwatch graph AWS/SQS ApproximateNumberOfMessagesVisible QueueName=orders"
        )
    return words[0], words[1], list(words[2:])


def lines(aws: Aws, asked: Wanted) -> tuple[tuple[Line, ...], int]:
    """Read what fits, eight metrics at most; returns how many more would."""
    found = [each for each in _listed(aws, asked) if _fits(each, asked)]
    typed = tuple((name, value) for name, values in asked.given.items() for value in values)
    one_each = all(len(values) == 1 for values in asked.given.values())
    exact = tuple(sorted(typed))
    if one_each and (exact in found or not found):
        found = [exact]  # also where ListMetrics does not know it (yet): it takes up to a quarter of an hour
    chosen = found[:MOST]
    return _read(aws, asked, chosen), len(found) - len(chosen)


def instead(aws: Aws, asked: Wanted) -> str:
    """Say what there is in place of a metric without data: values of its dimensions, or metrics of its namespace."""
    known = _metrics(aws, Namespace=asked.namespace, MetricName=asked.metric)
    if known:
        listed = [" ".join(f"{name}={value}" for name, value in each) or "no dimension" for each in known[:_NAMED]]
        rest = f" and {len(known) - _NAMED:,} more" if len(known) > _NAMED else ""
        return f"CloudWatch knows {asked.metric} of: {', '.join(listed)}{rest}. Or look further back with --hours."
    names = sorted(set(_names(aws, asked.namespace)))
    if names:
        rest = " …" if len(names) > _NAMED * 3 else ""
        return (
            f"There is no metric {asked.metric} in {asked.namespace}. There is: {', '.join(names[: _NAMED * 3])}{rest}."
        )
    return f"Nothing was measured in {asked.namespace} here in the last two weeks. Namespaces look like AWS/EC2."


def _listed(aws: Aws, asked: Wanted) -> list[Dimensions]:
    narrowed = [
        {"Name": name, **({"Value": values[0]} if len(values) == 1 else {})} for name, values in asked.given.items()
    ]
    return _metrics(aws, Namespace=asked.namespace, MetricName=asked.metric, Dimensions=narrowed)


def _metrics(aws: Aws, **asked: Any) -> list[Dimensions]:
    """List the dimensions of each metric that CloudWatch knows (those measured in the last two weeks), sorted."""
    pages = (
        aws.client("cloudwatch").get_paginator("list_metrics").paginate(**asked, PaginationConfig={"MaxItems": _LISTED})
    )
    found = [each.get("Dimensions", []) for page in pages for each in page["Metrics"]]
    return sorted({tuple(sorted((one["Name"], one["Value"]) for one in each)) for each in found})


def _names(aws: Aws, namespace: str) -> list[str]:
    pages = (
        aws.client("cloudwatch")
        .get_paginator("list_metrics")
        .paginate(Namespace=namespace, PaginationConfig={"MaxItems": _LISTED})
    )
    return [each["MetricName"] for page in pages for each in page["Metrics"]]


def _fits(dimensions: Dimensions, asked: Wanted) -> bool:
    has = dict(dimensions)
    return all(name in has and (not values or has[name] in values) for name, values in asked.given.items())


def _read(aws: Aws, asked: Wanted, chosen: list[Dimensions]) -> tuple[Line, ...]:
    queries = [_query(f"m{n}", asked, each) for n, each in enumerate(chosen)]
    pages = (
        aws.client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(MetricDataQueries=queries, StartTime=asked.start, EndTime=asked.end, ScanBy="TimestampAscending")
    )
    values: dict[str, dict[datetime, float]] = {each["Id"]: {} for each in queries}
    status: dict[str, str] = {}
    for page in pages:
        for each in page["MetricDataResults"]:
            status[each["Id"]] = each.get("StatusCode", "Complete")
            at = (moment.astimezone(UTC) for moment in each["Timestamps"])
            values[each["Id"]].update(zip(at, each["Values"], strict=True))
    moments = asked.moments
    return tuple(
        Line(_called(each, chosen), tuple(found.get(at) for at in moments), status.get(id_, "Complete") != "Complete")
        for each, (id_, found) in zip(chosen, values.items(), strict=True)
    )


def _query(id_: str, asked: Wanted, dimensions: Dimensions) -> dict[str, Any]:
    about = {
        "Namespace": asked.namespace,
        "MetricName": asked.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
    }
    return {"Id": id_, "MetricStat": {"Metric": about, "Period": asked.period, "Stat": asked.stat}}


def _called(dimensions: Dimensions, chosen: list[Dimensions]) -> str:
    """Name a line by what tells it from the others."""
    shared = set(chosen[0]).intersection(*chosen) if len(chosen) > 1 else set()
    own = [value for name, value in dimensions if (name, value) not in shared]
    return " ".join(own) or "all together"
