"""What the fleet is doing: instances by state, type and Region, alarms that fire, functions that fail."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.command import Aws, Estate, Reading
from bot.reply import Note, Part, Reply, Table, note
from bot.services._coverage import Fact, complete, counted, coverage, failed, found
from bot.services._instances import Instance, name_of, state_of

LONG_DAYS = 30
ERRORS_HOURS = 24
_QUERIES = 500
"""Metrics in one request of GetMetricData."""
_SINCE = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) GMT\)")
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Fleet:
    """Readings of every place; `errors` are sums over a day, by function."""

    instances: tuple[Reading[list[Instance]], ...]
    alarms: tuple[Reading[list[str]], ...]
    functions: tuple[Reading[list[str]], ...]
    errors: tuple[Reading[dict[str, float]], ...]

    @property
    def readings(self) -> tuple[Reading[Any], ...]:
        return (*self.instances, *self.alarms, *self.functions, *self.errors)


def read(estate: Estate) -> Fleet:
    """Read it all; what fails somewhere is unknown there."""
    functions = estate.each("lambda:ListFunctions", _functions)
    names = {each.where: each.value or [] for each in functions}

    def errors(aws: Aws) -> dict[str, float]:
        return _errors(aws, names.get(f"{aws.account} {aws.region}", []), estate.now)

    return Fleet(
        estate.each("ec2:DescribeInstances", _instances),
        estate.each("cloudwatch:DescribeAlarms", _alarms),
        functions,
        estate.each("cloudwatch:GetMetricData", errors),
    )


def told(fleet: Fleet, now: datetime) -> Reply:
    """Say it: one line where all is well, what is not below it, and the rest in the thread."""
    alive = [(each, one) for each in fleet.instances for one in each.value or () if state_of(one) != "terminated"]
    states = Counter(state_of(one) for _, one in alive)
    firing = [(each.where, name) for each in fleet.alarms for name in each.value or ()]
    failing = [(each.where, name, count) for each in fleet.errors for name, count in (each.value or {}).items()]
    long = [(each.where, one, days) for each, one in alive if (days := _stopped_days(one, now)) > LONG_DAYS]
    rows = [("alarm", name, where, "firing") for where, name in firing]
    rows += [("function", name, where, _errors_in_words(count)) for where, name, count in failing]
    rows += [("instance", _named(one), where, f"stopped for {days} days") for where, one, days in long]
    said = [_counted_states(states), counted(len(firing), "alarm") + " firing" if firing else ""]
    said += [counted(len(failing), "function") + " failing" if failing else ""]
    said += [f"{len(long)} stopped for over {LONG_DAYS} days" if long else ""]
    summary = "; ".join(filter(None, said)) if rows else f"All well: {said[0]}, nothing firing or failing"
    parts: tuple[Part, ...] = (Table(("What", "Name", "Where", "State"), tuple(rows[:_SHOWN]), _more(rows)),)
    covered = note(coverage(fleet.readings, now))
    return Reply(
        summary,
        (*(parts if rows else ()), *_not_whole(fleet.readings, covered)),
        _sign(fleet.readings, rows),
        thread=(_by_type(alive), covered),
        facts=tuple(_facts(fleet)),
    )


def _instances(aws: Aws) -> list[Instance]:
    pages = aws.client("ec2").get_paginator("describe_instances").paginate(MaxResults=1000)
    return [each for page in pages for one in page["Reservations"] for each in one["Instances"]]


def _alarms(aws: Aws) -> list[str]:
    """Name the alarms that fire; composite ones have to be asked for."""
    pages = aws.client("cloudwatch").get_paginator("describe_alarms")
    kinds = ("MetricAlarms", "CompositeAlarms")
    asked = pages.paginate(StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return sorted(each["AlarmName"] for page in asked for kind in kinds for each in page.get(kind, ()))


def _functions(aws: Aws) -> list[str]:
    pages = aws.client("lambda").get_paginator("list_functions").paginate()
    return [each["FunctionName"] for page in pages for each in page["Functions"]]


def _errors(aws: Aws, names: list[str], now: datetime) -> dict[str, float]:
    """Return the functions with errors in the last day, and how many."""
    client, sums = aws.client("cloudwatch"), dict[str, float]()
    start = now - timedelta(hours=ERRORS_HOURS)
    for at in range(0, max(1, len(names)), _QUERIES):
        batch = names[at : at + _QUERIES]
        queries = [_query(f"e{n}", name) for n, name in enumerate(batch)] or [_query("e0", "none")]
        pages = client.get_paginator("get_metric_data")
        for page in pages.paginate(MetricDataQueries=queries, StartTime=start, EndTime=now):
            for each in page["MetricDataResults"]:
                name = batch[int(each["Id"][1:])] if batch else ""
                sums[name] = sums.get(name, 0.0) + sum(each["Values"])
    return {name: count for name, count in sums.items() if name and count > 0}


def _query(id_: str, function: str) -> Mapping[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": function}]
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": dimensions}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}}


def _facts(fleet: Fleet) -> Iterator[Fact]:
    yield from found(fleet.instances, "instance", lambda every: [(_named(one), state_of(one)) for one in every])
    yield from found(fleet.alarms, "alarm", lambda names: [(name, "firing") for name in names])
    yield from found(fleet.errors, "function", lambda counts: [(name, "failing") for name in counts])
    for each in fleet.functions:
        if each.value is None:
            yield f"{each.where}: function", "unknown"


def _by_type(alive: Iterable[tuple[Reading[Any], Instance]]) -> Table:
    groups = Counter((each.where, one["InstanceType"], state_of(one)) for each, one in alive)
    rows = tuple((*group, str(count)) for group, count in sorted(groups.items()))
    return Table(("Where", "Type", "State", "Instances"), rows[:_SHOWN], _more(rows))


def _stopped_days(one: Instance, now: datetime) -> int:
    """Say for how many days an instance has been stopped, by EC2's own words; 0 where they do not say."""
    since = _SINCE.search(one.get("StateTransitionReason") or "")
    if state_of(one) != "stopped" or not since:
        return 0
    return (now - datetime.strptime(since[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)).days


def _named(one: Instance) -> str:
    return f"{name_of(one)} ({one['InstanceId']})" if name_of(one) else str(one["InstanceId"])


def _counted_states(states: Counter[str]) -> str:
    told = ", ".join(f"{count} {state}" for state, count in states.most_common())
    return counted(states.total(), "instance") + (f": {told}" if told else "")


def _errors_in_words(count: float) -> str:
    return f"{counted(int(count), 'error')} in {ERRORS_HOURS} h"


def _not_whole(readings: Iterable[Reading[Any]], covered: Note) -> tuple[Note, ...]:
    return () if complete(readings) else (covered,)


def _sign(readings: Iterable[Reading[Any]], rows: list[Any]) -> Any:
    return "unknown" if failed(readings) else "" if rows else "ok"


def _more(rows: Any) -> int:
    return max(0, len(rows) - _SHOWN)
