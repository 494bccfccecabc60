"""CloudWatch as CloudWatch behaves, where moto does not: whole periods, gaps, percentiles, exact dimensions, pages.

Everything not overridden here is moto's own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from moto.cloudwatch.exceptions import InvalidParameterValue, ValidationError
from moto.cloudwatch.models import Alarm, MetricDatum, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from bot.sandbox.aws.invocations import Ran
from bot.sandbox.aws.lifecycle import MEMORY
from bot.sandbox.aws.measured import HOT, HOT_MINUTES, Metric, forget, metrics
from bot.sandbox.aws.names import DEV, PROD, REGION

T = TypeVar("T")
LISTED: Final = 500
RECENT: Final = timedelta(days=14)
PERCENTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
STATS: Final[Mapping[str, Any]] = {
    "Average": lambda values: sum(values) / len(values),
    "Sum": sum,
    "Minimum": min,
    "Maximum": max,
    "SampleCount": len,
}


class CloudWatch(CloudWatchResponse):
    """One request to CloudWatch."""

    def answer(self, request: Any, url: str, headers: Any) -> Any:
        with MEMORY:
            return self._dispatch(request, url, headers)

    def get_metric_data(self) -> ActionResult:
        asked = self._get_params()
        start, end = (_seconds(asked[name]) for name in ("StartTime", "EndTime"))
        if start >= end:
            raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
        known = metrics(self.current_account, self.region)
        newest_first = asked.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        results = [_result(known, each, start, end) for each in asked.get("MetricDataQueries", [])]
        for each in results if newest_first else ():
            each["Timestamps"].reverse()
            each["Values"].reverse()
        return ActionResult({"MetricDataResults": results})

    def list_metrics(self) -> ActionResult:
        asked = self._get_params()
        now = int(datetime.now(UTC).timestamp())
        since = now - int((timedelta(hours=3) if asked.get("RecentlyActive") else RECENT).total_seconds())
        known = (each for each in metrics(self.current_account, self.region) if _fits(each, asked))
        live = [each for each in known if any(True for _ in each.points(since, now + 1))]
        shown, token = _page(live, asked.get("NextToken"), LISTED)
        return ActionResult({"Metrics": list(map(_described, shown)), "NextToken": token})

    def describe_alarms(self) -> ActionResult:
        """Metric alarms alone unless AlarmTypes asks for more, at most MaxRecords at once."""
        asked = self._get_params()
        found = sorted(self.cloudwatch_backend.describe_alarms(), key=lambda alarm: alarm.name)
        wanted = [alarm for alarm in found if _wanted(alarm, asked)]
        shown, token = _page(wanted, asked.get("NextToken"), int(asked.get("MaxRecords") or 50))
        parted = {
            "MetricAlarms": [alarm for alarm in shown if alarm.rule is None],
            "CompositeAlarms": [alarm for alarm in shown if alarm.rule is not None],
        }
        return ActionResult({**parted, "NextToken": token})


def _result(known: Iterable[Metric], query: Mapping[str, Any], start: int, end: int) -> dict[str, Any]:
    """One query's answer, oldest first: a value for each period in which something was measured."""
    if "MetricStat" not in query:
        raise ValidationError("The local CloudWatch knows no expressions.")
    stat = query["MetricStat"]
    period = int(stat["Period"])
    if period % 60 and period not in {1, 5, 10, 30}:
        raise ValidationError("Period must be 1, 5, 10, 30, or a multiple of 60")
    measured: dict[int, list[float]] = {}
    for metric in known:
        if _is(metric, stat["Metric"]):
            for at, value in metric.points(start - start % period, end):
                measured.setdefault(at - at % period, []).append(value)
    moments = sorted(measured)
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or stat["Metric"]["MetricName"],
        "Timestamps": [datetime.fromtimestamp(at, UTC).replace(tzinfo=None) for at in moments],
        "Values": [computed(stat["Stat"], measured[at]) for at in moments],
        "StatusCode": "Complete",
    }


def computed(stat: str, values: list[float]) -> float:
    """A statistic of the values of one period."""
    if stat in STATS:
        return float(STATS[stat](values))
    percentile = PERCENTILE.fullmatch(stat)
    if not percentile:
        raise ValidationError(
            f"The value {stat} for parameter MetricDataQueries.member.1.MetricStat.Stat is not supported."
        )
    ordered = sorted(values)
    place = (len(ordered) - 1) * float(percentile[1]) / 100
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def _is(metric: Metric, asked: Mapping[str, Any]) -> bool:
    dimensions = tuple(sorted((each["Name"], each["Value"]) for each in asked.get("Dimensions", [])))
    return (metric.namespace, metric.name, metric.dimensions) == (asked["Namespace"], asked["MetricName"], dimensions)


def _fits(metric: Metric, asked: Mapping[str, Any]) -> bool:
    about = {"Namespace": metric.namespace, "MetricName": metric.name}
    has = dict(metric.dimensions)
    wanted = [(each["Name"], each.get("Value")) for each in asked.get("Dimensions", [])]
    return all(asked.get(name, value) == value for name, value in about.items()) and all(
        name in has and value in {None, has[name]} for name, value in wanted
    )


def _described(metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    return {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}


def _wanted(alarm: Alarm, asked: Mapping[str, Any]) -> bool:
    kind = "MetricAlarm" if alarm.rule is None else "CompositeAlarm"
    return (
        kind in (asked.get("AlarmTypes") or ["MetricAlarm"])
        and alarm.name in (asked.get("AlarmNames") or [alarm.name])
        and alarm.name.startswith(asked.get("AlarmNamePrefix") or "")
        and asked.get("StateValue", alarm.state_value) == alarm.state_value
    )


def _page(found: list[T], token: str | None, most: int) -> tuple[list[T], str | None]:
    if token and not token.isdigit():
        raise InvalidParameterValue("Request parameter NextToken is invalid")
    first = int(token or 0)
    return found[first : first + most], str(first + most) if first + most < len(found) else None


def _seconds(moment: datetime) -> int:
    return math.ceil(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())


# ── what is there from the beginning ──


def seed_metrics() -> None:
    """Begin to measure, and set the alarms that somebody set up long ago."""
    forget()
    cpu = "CPUUtilization", "AWS/EC2"
    hot = _alarm(DEV, "worker-1-cpu-high", cpu, {"InstanceId": HOT}, 90.0, "worker-1 is too busy to take more work")
    words = "[97.4 (now), 96.1, 95.8] were greater than the threshold (90.0)"
    crossed = (
        f"Threshold Crossed: 3 out of the last 3 datapoints {words} (minimum 3 datapoints for OK -> ALARM transition)."
    )
    _set(hot, "ALARM", crossed, minutes=HOT_MINUTES - 15)
    calm = _alarm(DEV, "web-1-cpu-high", cpu, {"InstanceId": "i-0a1b2c3d4e5f60001"}, 80.0, "web-1 is busy")
    below = "Threshold Crossed: 1 datapoint [12.6] was not greater than the threshold (80.0)."
    _set(calm, "OK", below, minutes=9 * 1440)
    disk = "disk_used_percent", "CWAgent"
    silent = _alarm(DEV, "batch-1-disk-full", disk, {"InstanceId": "i-0a1b2c3d4e5f60006"}, 85.0, "the disk fills up")
    _set(silent, "INSUFFICIENT_DATA", "Insufficient Data: 3 datapoints were unknown.", minutes=2.2 * 1440)
    both = _alarm(DEV, "workers-in-trouble", None, {}, 0.0, "page whoever is on call")
    both.rule = 'ALARM("worker-1-cpu-high") OR ALARM("worker-2-cpu-high")'
    _set(both, "ALARM", f"{hot.alarm_arn} transitioned to ALARM.", minutes=HOT_MINUTES - 16)
    prod = _alarm(PROD, "web-prod-1-cpu-high", cpu, {"InstanceId": "i-0a1b2c3d4e5f60101"}, 80.0, "web-prod-1 is busy")
    _set(prod, "OK", below, minutes=31 * 1440)


def _alarm(  # noqa: PLR0917 - a row of a table
    account: str, name: str, metric: tuple[str, str] | None, dimensions: dict[str, str], threshold: float, about: str
) -> Alarm:
    metric_name, namespace = metric or ("", "")
    return cloudwatch_backends[account][REGION].put_metric_alarm(
        name=name,
        namespace=namespace,
        metric_name=metric_name,
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=3,
        period=300,
        threshold=threshold,
        statistic="Average",
        description=about,
        dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        alarm_actions=[f"arn:aws:sns:{REGION}:{account}:on-call"],
    )


def _set(alarm: Alarm, state: str, reason: str, minutes: float) -> None:
    alarm.update_state(reason, "{}", state)
    since = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(minutes=minutes)
    alarm.state_updated_timestamp = since
    alarm.state_transitioned_timestamp = since  # type: ignore[attr-defined]  # moto tells it where it is there


def measure_invocation(account: str, region: str, name: str, ran: Ran, at: datetime | None = None) -> None:
    """Count an invocation as Lambda does."""
    at = (at or datetime.now(UTC)).replace(tzinfo=None)
    values = {"Invocations": 1.0, "Errors": float(ran.error), "Duration": ran.ms}
    with MEMORY:
        cloudwatch_backends[account][region].metric_data += [
            MetricDatum("AWS/Lambda", metric, value, [{"Name": "FunctionName", "Value": name}], at)
            for metric, value in values.items()
        ]
