"""`cloudwatch alarms` and `graph` through the gateway."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.aws.gateway import Gateway
from bot.errors import UsageError
from bot.reply import Chart, Reply, Table
from bot.road.desk import Law
from bot.services import _measured
from bot.text import plain
from tests.sandbox.aws_wire import Aws
from tests.services.conftest import Service
from tests.whole import Whole

WEB, WORKER, STOPPED = (f"i-0a1b2c3d4e5f6000{n}" for n in (1, 4, 5))
ORDERS = (20, 20, 20, 24, 31, 38, 44, 46, 41, 33, 27, 22, 18, 12, 9, 7, 9, 14, 20, 26, 29, 33, 35, 36, 38, 40, 41, 38)
ORDERS += (33, 29, 26, 24, 22, 20, 20, 20, 20, 20, 20)


def given(whole: Whole) -> None:
    """A shop's orders in the last hours, the same whenever it is looked at: it begins and ends level."""
    if not whole.aws.client("cloudwatch").list_metrics(Namespace="Tidewater/Shop")["Metrics"]:
        put(whole.aws, "Tidewater/Shop", "Orders", {"Shop": "harbour"}, ORDERS)


def put(aws: Any, namespace: str, name: str, dimensions: dict[str, str], values: tuple[float, ...]) -> None:
    """Measure one value every five minutes, the last of them in the period that comes next."""
    now = int(time.time()) // 300 * 300
    about = {"MetricName": name, "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()]}
    data = [
        {**about, "Timestamp": datetime.fromtimestamp(now - 300 * (len(values) - 2 - n), UTC), "Value": value}
        for n, value in enumerate(values)
    ]
    aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


@pytest.fixture
def service(_servers: tuple[Aws, Law, Gateway]) -> Service:
    """The estate as the tests before left it, with an empty journal: seeding it anew would take longer than they do."""
    aws, law, gateway = _servers
    aws.control("clear", {})
    return Service(aws, law, gateway)


def chart_of(reply: Reply) -> Chart:
    return next(part for part in reply.parts if isinstance(part, Chart))


def table_of(reply: Reply) -> Table:
    return next(part for part in reply.parts if isinstance(part, Table))


# ── alarms ──


def test_alarms_that_fire_come_first_with_since_when_and_why(service: Service) -> None:
    reply = service.read("cloudwatch alarms")
    assert reply.summary == "4 alarms in dev eu-west-1: 2 firing, 1 without data, 1 OK"
    rows = table_of(reply).rows
    assert [row[0] for row in rows] == ["firing", "firing", "without data", "OK"]
    assert rows[0][1] == "workers-in-trouble (composite)", "the newest first"
    assert rows[1][1] == "worker-1-cpu-high"
    assert rows[1][3] == "Threshold Crossed: 3 out of the last 3 datapoints were greater than the threshold (90.0)."
    since = datetime.strptime(rows[1][2], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert timedelta(minutes=25) < datetime.now(UTC) - since < timedelta(minutes=40)
    assert ("web-1-cpu-high", "OK") in reply.facts


def test_when_all_is_well_one_line_says_so(service: Service) -> None:
    reply = service.read("cloudwatch alarms --account prod")
    assert (reply.summary, reply.parts, reply.sign) == ("All well: 1 alarm in prod eu-west-1, none firing", (), "ok")
    assert reply.facts == (("web-prod-1-cpu-high", "OK"),)


def test_alarms_narrow_by_name_and_state_and_come_from_every_page(service: Service) -> None:
    client = service.aws.client("cloudwatch")
    for n in range(60):
        about = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 300}
        compared = {"EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
        client.put_metric_alarm(AlarmName=f"many-{n}", **about, **compared)
    assert service.read("cloudwatch alarms name=many-*").summary.startswith("All well: 60 alarms")
    assert len(table_of(service.read("cloudwatch alarms name=many-1* state=ok")).rows) == 11
    assert len(table_of(service.read("cloudwatch alarms state=firing")).rows) == 2
    assert service.read("cloudwatch alarms name=none").summary == "No alarms in dev eu-west-1 for name=none"


@pytest.mark.parametrize(("words", "told"), [("state=red", "state=no-data"), ("web-1", "Use name=web-")])
def test_a_word_that_names_no_alarm_is_told_what_does(service: Service, words: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        service.read(f"cloudwatch alarms {words}")


# ── graph ──


def test_a_graph_is_a_chart_and_its_numbers(service: Service) -> None:
    reply = service.read(f"cloudwatch graph AWS/EC2 CPUUtilization InstanceId={WEB} --hours 24")
    chart = chart_of(reply)
    assert (chart.title, chart.unit) == ("CPUUtilization (Average, times in UTC)", "%")
    assert len(chart.labels) == 288
    (series,) = chart.series
    known = [value for value in series.values if value is not None]
    assert len(known) > 280
    (row,) = table_of(reply).rows
    assert row[0] == WEB
    lowest, highest = (float(row[n].removesuffix(" %")) for n in (2, 3))
    assert lowest == pytest.approx(min(known), rel=0.01)
    assert highest == pytest.approx(max(known), rel=0.01)
    assert "Average of every 5 minutes" in plain(reply)
    assert reply.summary.startswith(f"CPUUtilization of {WEB} in dev eu-west-1, last 24 hours: last ")


def test_short_words_mean_the_same(service: Service) -> None:
    long = service.read(f"cloudwatch graph AWS/EC2 CPUUtilization InstanceId={WEB}")
    short = service.read(f"cloudwatch graph cpu {WEB}")
    assert chart_of(short).series == chart_of(long).series
    assert chart_of(service.read("cloudwatch graph errors nightly-report")).title.startswith("Errors")


def test_a_dimension_that_is_left_out_or_given_twice_gives_a_line_for_each(service: Service) -> None:
    two = service.read(f"cloudwatch graph cpu {WEB} {WORKER} --stat max")
    assert [each.name for each in chart_of(two).series] == [WEB, WORKER]
    assert two.summary.endswith("last 3 hours: 2 series")
    every = service.read("cloudwatch graph AWS/EC2 CPUUtilization")
    assert len(chart_of(every).series) == 8
    assert "1 more metric would fit" in plain(every)
    assert STOPPED not in plain(every), "nothing was measured of it for weeks"


def test_x3_what_was_not_measured_is_a_gap_and_never_0(service: Service) -> None:
    put(service.aws, "T", "M", {"D": "a"}, (5, 5, 5, 5))
    chart = chart_of(service.read("cloudwatch graph T M D=a --hours 1 --stat Sum"))
    assert chart.series[0].values == (*[None] * 10, 5, 5) or chart.series[0].values == (*[None] * 9, 5, 5, 5)
    assert "Not measured, and left open: a " in plain(service.read("cloudwatch graph T M D=a --hours 1"))


def test_no_data_is_no_data_and_what_there_is_is_named(service: Service) -> None:
    reply = service.read(f"cloudwatch graph cpu {STOPPED}")
    assert reply.summary.startswith(f"No data: AWS/EC2 CPUUtilization InstanceId={STOPPED} in dev eu-west-1")
    assert f"CloudWatch knows CPUUtilization of: InstanceId={WEB}" in plain(reply)
    assert not [part for part in reply.parts if isinstance(part, Chart)]
    assert "There is: CPUUtilization, NetworkIn" in plain(service.read("cloudwatch graph AWS/EC2 Cpu InstanceId=x"))
    assert "Nothing was measured in Nowhere" in plain(service.read("cloudwatch graph Nowhere M"))


def test_statistics_are_computed_by_cloudwatch(service: Service) -> None:
    put(service.aws, "T", "M", {"D": "b"}, tuple(float(n) for n in range(1, 40)))
    put(service.aws, "T", "M", {"D": "b"}, tuple(float(n) + 100 for n in range(1, 40)))
    read = {stat: service.read(f"cloudwatch graph T M D=b --stat {stat}") for stat in ("Sum", "p99", "count", "min")}
    low, total, ninety_nine = (chart_of(read[stat]).series[0].values for stat in ("min", "Sum", "p99"))
    assert all(s == 2 * m + 100 for s, m in zip(total, low, strict=True))
    assert all(p == pytest.approx(m + 99) for p, m in zip(ninety_nine, low, strict=True))
    assert set(chart_of(read["count"]).series[0].values) == {2}
    stats = {each["MetricDataQueries"][0]["MetricStat"]["Stat"] for each in service.calls("GetMetricData")}
    assert stats == {"Sum", "p99", "SampleCount", "Minimum"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("AWS/EC2", "Name a metric"),
        (f"AWS/EC2 InstanceId={WEB}", "Name a metric"),
        ("AWS/EC2 CPUUtilization web-1", "is no dimension"),
        ("cpu web-1 --stat median", "a percentile such as p99"),
        ("cpu web-1 --hours 0", "a number of hours"),
        ("cpu web-1 --hours 9999", None),
    ],
)
def test_words_that_name_no_metric_are_told_what_does(service: Service, words: str, told: str | None) -> None:
    if told is None:
        assert "No data" in service.read(f"cloudwatch graph {words}").summary
        return
    with pytest.raises(UsageError, match=told):
        service.read(f"cloudwatch graph {words}")


@pytest.mark.parametrize(
    ("hours", "period"),
    [(1, 300), (26, 300), (27, 900), (72, 900), (73, 3600), (360, 3600), (361, 10_800), (9999, 86_400)],
)
def test_the_period_is_one_that_cloudwatch_still_has_and_the_span_is_whole_periods(hours: int, period: int) -> None:
    now = datetime(2026, 11, 22, 21, 47, 13, tzinfo=UTC)
    asked = _measured.wanted(("cpu", WEB), hours, "Average", now)
    assert asked.period == period
    assert 1 <= len(asked.moments) == len(asked.labels) <= 420
    assert asked.start.timestamp() % period == asked.end.timestamp() % period == 0
    assert now - asked.end < timedelta(seconds=period)
