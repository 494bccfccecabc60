"""The local CloudWatch: what is measured, and that periods, gaps, statistics, dimensions and pages are CloudWatch's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.sandbox.aws.measured import cpu
from bot.sandbox.aws.metrics import computed
from tests.sandbox.aws_wire import Aws, refused, running

WEB, WORKER, STOPPED, BATCH = (f"i-0a1b2c3d4e5f6000{n}" for n in (1, 4, 5, 6))


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with running() as server:
        yield server


def asked(metric: str, dimensions: dict[str, str], stat: str, period: int, namespace: str) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    about = {"Namespace": namespace, "MetricName": metric, "Dimensions": named}
    return {"Id": "m0", "MetricStat": {"Metric": about, "Period": period, "Stat": stat}}


def read(
    aws: Aws,
    metric: str,
    dimensions: dict[str, str],
    *,
    hours: float = 24,
    stat: str = "Average",
    period: int = 300,
    namespace: str = "AWS/EC2",
    **more: Any,
) -> list[tuple[datetime, float]]:
    now = datetime.now(UTC)
    answer = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[asked(metric, dimensions, stat, period, namespace)],
        StartTime=now - timedelta(hours=hours),
        EndTime=now,
        ScanBy="TimestampAscending",
        **more,
    )
    (result,) = answer["MetricDataResults"]
    assert result["StatusCode"] == "Complete"
    return list(zip(result["Timestamps"], result["Values"], strict=True))


def test_an_instance_is_measured_every_five_minutes_while_it_runs(aws: Aws) -> None:
    day = read(aws, "CPUUtilization", {"InstanceId": WEB})
    assert 287 <= len(day) <= 290
    assert {later[0] - earlier[0] for earlier, later in pairwise(day)} == {timedelta(minutes=5)}
    assert all(0 < value < 100 for _, value in day)
    assert read(aws, "CPUUtilization", {"InstanceId": STOPPED}) == []
    assert day == read(aws, "CPUUtilization", {"InstanceId": WEB})[: len(day)], "the same whenever it is asked"


def test_what_is_not_measured_is_left_out_and_not_0(aws: Aws) -> None:
    moments = [at.astimezone(UTC) for at, _ in read(aws, "CPUUtilization", {"InstanceId": BATCH})]
    assert moments
    assert not [at for at in moments if at.hour == 3 and at.minute < 40]


def test_the_busy_machine_is_what_its_alarm_is_about(aws: Aws) -> None:
    assert all(value > 90 for _, value in read(aws, "CPUUtilization", {"InstanceId": WORKER}, hours=0.4))
    assert cpu(WORKER, 1_700_000_000) < 60


def test_a_stopped_machine_is_not_measured_any_more(aws: Aws) -> None:
    aws.ec2.stop_instances(InstanceIds=["i-0a1b2c3d4e5f60003"])
    aws.wait(60)
    aws.ec2.describe_instances()
    later = read(aws, "CPUUtilization", {"InstanceId": "i-0a1b2c3d4e5f60003"})
    assert later
    assert later[-1][0] <= datetime.now(UTC)
    aws.control("reset", {})


def test_periods_are_whole_and_statistics_are_of_what_is_in_them(aws: Aws) -> None:
    fine = read(aws, "CPUUtilization", {"InstanceId": WEB}, hours=6)
    for stat, compute in (("Maximum", max), ("Minimum", min), ("Sum", sum), ("SampleCount", len)):
        for at, value in read(aws, "CPUUtilization", {"InstanceId": WEB}, hours=3, period=3600, stat=stat)[1:]:
            assert at.timestamp() % 3600 == 0
            within = [each for moment, each in fine if at <= moment < at + timedelta(hours=1)]
            assert value == pytest.approx(compute(within))


@pytest.mark.parametrize(
    ("stat", "value"), [("p0", 1), ("p50", 3), ("p99", 4.96), ("p100", 5), ("Average", 3), ("Sum", 15)]
)
def test_percentiles_lie_between_the_values(stat: str, value: float) -> None:
    assert computed(stat, [5.0, 1.0, 3.0, 2.0, 4.0]) == pytest.approx(value)


def test_dimensions_are_exact(aws: Aws) -> None:
    assert read(aws, "CPUUtilization", {}) == []
    assert read(aws, "CPUUtilization", {"InstanceId": WEB, "More": "x"}) == []
    assert read(aws, "CPUUtilization", {"InstanceId": WEB}, namespace="Other") == []


def test_what_is_put_is_measured_beside_it(aws: Aws) -> None:
    now = datetime.now(UTC)
    data = [{"MetricName": "Orders", "Value": float(n), "Timestamp": now - timedelta(minutes=20)} for n in (1, 2, 6)]
    aws.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=data)
    ((at, value),) = read(aws, "Orders", {}, namespace="Shop", stat="Average")
    assert value == 3
    assert at <= now - timedelta(minutes=20)
    listed = aws.client("cloudwatch").list_metrics(Namespace="Shop")["Metrics"]
    assert listed == [{"Namespace": "Shop", "MetricName": "Orders", "Dimensions": []}]


def test_an_invocation_is_counted(aws: Aws) -> None:
    aws.control("reset", {})
    before = read(aws, "Errors", {"FunctionName": "nightly-report"}, namespace="AWS/Lambda", stat="Sum", hours=1)
    assert [value for _, value in before] == [1], "the one in its log"
    aws.client("lambda").invoke(FunctionName="nightly-report")
    after = read(aws, "Errors", {"FunctionName": "nightly-report"}, namespace="AWS/Lambda", stat="Sum", hours=1)
    assert sum(value for _, value in after) == 2


def test_metrics_are_listed_by_what_they_have_in_pages(aws: Aws) -> None:
    client = aws.client("cloudwatch")
    of_web = client.list_metrics(Dimensions=[{"Name": "InstanceId", "Value": WEB}])["Metrics"]
    assert {each["MetricName"] for each in of_web} == {"CPUUtilization", "NetworkIn", "NetworkOut", "StatusCheckFailed"}
    assert not client.list_metrics(Dimensions=[{"Name": "InstanceId", "Value": STOPPED}])["Metrics"]
    data = [{"MetricName": f"m{n}", "Value": 1.0} for n in range(520)]
    client.put_metric_data(Namespace="Many", MetricData=data)
    first = client.list_metrics(Namespace="Many")
    assert len(first["Metrics"]) == 500
    assert len(client.list_metrics(Namespace="Many", NextToken=first["NextToken"])["Metrics"]) == 20


def test_alarms_come_in_pages_and_composite_ones_only_when_asked_for(aws: Aws) -> None:
    client = aws.client("cloudwatch")
    states = {each["AlarmName"]: each["StateValue"] for each in client.describe_alarms()["MetricAlarms"]}
    assert states == {"batch-1-disk-full": "INSUFFICIENT_DATA", "web-1-cpu-high": "OK", "worker-1-cpu-high": "ALARM"}
    assert client.describe_alarms()["CompositeAlarms"] == []
    both = client.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert [each["AlarmName"] for each in both["CompositeAlarms"]] == ["workers-in-trouble"]
    page = client.describe_alarms(MaxRecords=2)
    assert len(page["MetricAlarms"]) == 2
    assert len(client.describe_alarms(MaxRecords=2, NextToken=page["NextToken"])["MetricAlarms"]) == 1
    assert [each["AlarmName"] for each in client.describe_alarms(StateValue="ALARM")["MetricAlarms"]] == [
        "worker-1-cpu-high"
    ]


def test_what_cloudwatch_does_not_take_is_refused(aws: Aws) -> None:
    client, now = aws.client("cloudwatch"), datetime.now(UTC)
    query = asked("CPUUtilization", {"InstanceId": WEB}, "Average", 300, "AWS/EC2")
    with refused("ValidationError"):
        client.get_metric_data(MetricDataQueries=[query], StartTime=now, EndTime=now)
    for wrong in ({"Period": 301}, {"Stat": "Median"}):
        stat = {**query["MetricStat"], **wrong}
        with refused("ValidationError"):
            client.get_metric_data(
                MetricDataQueries=[{**query, "MetricStat": stat}], StartTime=now - timedelta(hours=1), EndTime=now
            )
