"""`report fleet`, `hygiene` and `cost`: what they find, what they stand on, and that unread is unknown and never 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.actor import Actor, Place
from bot.command import Reading
from bot.reply import Chart, Reply
from bot.road.changed import changes_between
from bot.road.desk import Desk
from bot.road.estate import Everywhere
from bot.services import _costs, _coverage
from bot.store.reports import Reports
from bot.store.runs import Run, State
from bot.text import plain
from tests.road.bench import ANN, COMMANDS, OPS, TEAM, Bench, bot_file, opened
from tests.sandbox.aws_wire import running
from tests.sandbox.slack_wire import until
from tests.whole import Whole

ALL = {"actions": ["ec2:*", "cloudwatch:*", "lambda:*", "s3:*", "iam:*", "ce:*"], "accounts": ["*"]}
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def given(whole: Whole) -> None:
    """Let a report that an example started come to its end before the next example."""
    reports: Reports = whole.bot.desk.reports
    until(lambda: not any(map(reports.under_way, reports.all())) and whole.bot.desk.outbox.waiting() == 0, 20)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with running() as aws, opened(aws) as gateway:
        made = Bench(tmp_path_factory.mktemp("reports") / "bot.db", aws, bot_file(ALL), gateway)
        made.clock.now = datetime.now(UTC).timestamp()
        yield made
        made.close()


@pytest.fixture
def fresh(bench: Bench) -> Bench:
    bench.aws.control("clear", {})
    bench.use(bot_file(ALL))
    return bench


def ask(bench: Bench, text: str, user: str = ANN) -> Reply:
    from bot.reply import from_json

    run = bench.ask(text, user)
    assert run.reply, run.why
    return from_json(run.reply)


def said(reply: Reply) -> str:
    return plain(replace(reply, parts=(*reply.parts, *reply.thread)))


# ── fleet ──


def test_the_fleet_is_counted_over_all_accounts_and_what_is_wrong_comes_first(fresh: Bench) -> None:
    reply = ask(fresh, "report fleet")
    assert reply.summary.startswith("13 instances: 12 running, 1 stopped")
    assert "firing" in reply.summary
    assert "worker-2" in said(reply)
    assert "stopped for" in said(reply)
    assert "Read 2 of 2 accounts, 1 Region" in said(reply)
    assert any(subject.startswith("prod eu-west-1: instance web-prod-1") for subject, _ in reply.facts)


def test_a_failed_read_is_unknown_and_never_zero(fresh: Bench) -> None:
    before = ask(fresh, "report fleet").facts
    fresh.aws.fault("denied", "DescribeInstances", times=1)
    reply = ask(fresh, "report fleet")
    assert reply.sign == "unknown"
    assert "failed:" in said(reply)
    assert "ec2:DescribeInstances" in said(reply)
    assert "Read 1 of 2 accounts" in said(reply)
    assert not [each for each in changes_between(before, reply.facts) if "instance" in each], "nothing is gone"
    assert not [each for each in changes_between(reply.facts, before) if "instance" in each], "nothing is new"


def test_a_place_that_may_not_be_read_is_skipped_with_the_reason(fresh: Bench) -> None:
    """A12: a wide command is decided place by place; no place is read that the asker may not read."""
    fresh.use(bot_file({**ALL, "accounts": ["dev"]}))
    fresh.aws.control("clear", {})
    reply = ask(fresh, "report fleet")
    assert "skipped: prod eu-west-1 (" in said(reply)
    assert reply.summary.startswith("10 instances")
    assert {each["account"] for each in fresh.aws.log() if each["operation"] == "DescribeInstances"} == {"111111111111"}


def test_who_may_read_nowhere_is_refused_and_nothing_is_asked(fresh: Bench) -> None:
    fresh.use(bot_file({"actions": ["lambda:*"], "accounts": ["dev"]}))
    fresh.aws.control("clear", {})
    run = fresh.ask("report fleet")
    assert run.state is State.REFUSED
    assert fresh.journal() == []


def test_one_account_or_region_may_be_named(fresh: Bench) -> None:
    assert ask(fresh, "report fleet --account prod").summary.startswith("All well: 3 instances")
    assert "1 instance: 1 running" in ask(fresh, "report fleet --region us-east-1").summary


def test_the_regions_of_an_account_are_all_read(fresh: Bench) -> None:
    fresh.use(bot_file(ALL, dev={"regions": ["eu-west-1", "us-east-1"]}))
    reply = ask(fresh, "report fleet")
    assert reply.summary.startswith("14 instances")
    assert "2 Regions" in said(reply)


def test_a_word_in_an_account_that_is_not_open_there_reads_nothing(fresh: Bench) -> None:
    fresh.use(bot_file(ALL, dev={"regions": ["eu-*"]}))
    assert fresh.ask("report fleet --account dev --region us-east-1").state is State.REFUSED


def test_what_does_not_answer_in_time_counts_as_failed(fresh: Bench) -> None:
    """S7: one slow place keeps nobody waiting for longer than the time there is."""
    desk: Desk = fresh.desk
    command = COMMANDS.find("report", "fleet")
    assert command
    run = Run("r", State.RECEIVED, actor_kind="slack", team=TEAM, user=ANN)
    fresh.aws.fault("slow", "DescribeInstances", seconds=3)
    everywhere = Everywhere(desk, Actor("slack", ANN, TEAM), Place(OPS), run, command, seconds=1.5)
    readings = everywhere.each("ec2:DescribeInstances", lambda aws: aws.client("ec2").describe_instances())
    assert sorted(bool(each.value) for each in readings) == [False, True]
    assert "no answer within" in "".join(each.failed for each in readings)


def test_an_operation_that_was_not_declared_is_not_read(fresh: Bench) -> None:
    command = COMMANDS.find("report", "fleet")
    assert command
    run = Run("r", State.RECEIVED, actor_kind="slack", team=TEAM, user=ANN)
    everywhere = Everywhere(fresh.desk, Actor("slack", ANN, TEAM), Place(OPS), run, command)
    with pytest.raises(AssertionError, match="does not declare"):
        everywhere.each("ec2:DescribeVolumes", lambda aws: aws)
    (reading, *_) = everywhere.each("ec2:DescribeInstances", lambda aws: aws.client("ec2").describe_volumes())
    assert reading.failed


# ── hygiene ──


def test_hygiene_finds_what_was_left_lying_about(fresh: Bench) -> None:
    words = said(ask(fresh, "report hygiene --tag env"))
    assert "vol-0a1b2c3d4e5f60021" in words
    assert "200 GiB" in words
    assert "203.0.113.50" in words
    assert "deploy-2024" in words
    assert "(412)" in words
    assert "without tag (env)" in words
    assert "without versioning" in words
    assert "AKIA" not in words, "a key is named by its end"


def test_buckets_without_the_required_key_are_findings(fresh: Bench) -> None:
    words = said(ask(fresh, "report hygiene --key alias/nobody-uses-this"))
    assert "without the required key" in words


def test_a_bucket_that_cannot_be_looked_at_is_said_and_the_others_are_judged(fresh: Bench) -> None:
    fresh.aws.fault("denied", "GetBucketVersioning", times=1)
    words = said(ask(fresh, "report hygiene --account dev"))
    assert "could not be looked at" in words
    assert "203.0.113.50" in words


def test_users_that_cannot_be_listed_leave_the_keys_unknown(fresh: Bench) -> None:
    fresh.aws.fault("denied", "ListUsers", times=99)
    reply = ask(fresh, "report hygiene")
    assert reply.sign == "unknown"
    assert ("dev: access key", "unknown") in reply.facts
    assert "deploy-2024" not in said(reply)


# ── cost ──


def test_costs_say_what_rose_most_with_their_currency_and_a_chart(fresh: Bench) -> None:
    reply = ask(fresh, "report cost --tag team")
    assert "AWS Lambda in prod by USD" in reply.summary
    assert "Forecast for" in said(reply)
    assert "without team" in said(reply)
    assert [part.unit for part in reply.parts if isinstance(part, Chart)] == ["USD"]
    assert ("prod: cost of AWS Lambda", "rising") in reply.facts


def test_only_on_increase_is_one_line_where_nothing_rose_enough(fresh: Bench) -> None:
    reply = ask(fresh, "report cost --only-on-increase --threshold 100000")
    assert "Nothing rose by 100000 or more; yesterday cost USD" in reply.summary
    assert reply.parts == ()
    assert "AWS Lambda" in ask(fresh, "report cost --only-on-increase --threshold 5").summary


def test_each_account_is_asked_twice_and_a_tag_costs_one_request_more(fresh: Bench) -> None:
    fresh.aws.control("clear", {})
    ask(fresh, "report cost --account dev")
    assert sorted(fresh.journal()) == ["GetCostAndUsage", "GetCostForecast"]
    fresh.aws.control("clear", {})
    ask(fresh, "report cost --account dev --tag team")
    assert len(fresh.journal()) == 3


def test_costs_that_cannot_be_read_are_unknown(fresh: Bench) -> None:
    fresh.aws.fault("denied", "GetCostAndUsage", times=99)
    reply = ask(fresh, "report cost")
    assert reply.sign == "unknown"
    assert "unknown" in reply.summary
    assert "USD 0" not in said(reply)
    assert ("dev: cost of", "unknown") in reply.facts


def reading(account: str, days: dict[date, dict[tuple[str, str], Decimal]]) -> Reading[_costs.Costs]:
    return Reading(account, "", _costs.Costs(days))


def test_currencies_are_not_added_up_and_cents_are_exact() -> None:
    yesterday = date(2026, 11, 21)
    cents = {("S3", "USD"): Decimal("0.10"), ("EC2", "USD"): Decimal("0.20")}
    bill = _costs.Bill(
        date(2026, 11, 22),
        (reading("dev", {yesterday: cents}), reading("cn", {yesterday: {("EC2", "CNY"): Decimal(7)}})),
        (Reading("dev", "", {"USD": Decimal("1.00")}), Reading("cn", "", {"CNY": Decimal(2)})),
    )
    reply = _costs.told(bill, NOW, threshold=Decimal(1), only_on_increase=False)
    assert "Yesterday cost CNY 7.00 + USD 0.30" in reply.summary
    assert "CNY 9.00 + USD 1.30" in said(reply)


def test_on_the_first_the_month_told_of_is_the_one_that_has_ended() -> None:
    bill = _costs.Bill(date(2026, 12, 1), (reading("dev", {date(2026, 11, 30): {("S3", "USD"): Decimal(5)}}),), ())
    words = said(_costs.told(bill, NOW, threshold=Decimal(1), only_on_increase=False))
    assert "November until 30 Nov: USD 5.00" in words.replace("  ", " ")
    assert "Forecast for December: USD 0.00" in words or "Forecast for December: nothing" in words


def test_new_services_rise_from_nothing() -> None:
    bill = _costs.Bill(date(2026, 11, 22), (reading("dev", {date(2026, 11, 21): {("S3", "USD"): Decimal(5)}}),), ())
    (rise,) = _costs.rises_of(bill)
    assert rise.amount == Decimal(5)
    assert "(new)" in said(_costs.told(bill, NOW, threshold=Decimal(1), only_on_increase=False))


# ── coverage ──


def test_coverage_names_what_failed_and_what_was_skipped_and_counts_the_rest() -> None:
    readings = (
        Reading("dev", "eu-west-1", 1),
        Reading("dev", "us-east-1", 2),
        Reading("prod", "eu-west-1", failed="ec2:DescribeInstances: AccessDenied"),
        Reading("lab", "eu-west-1", skipped="ec2:DescribeInstances is not allowed"),
    )
    assert _coverage.coverage(readings, NOW) == (
        "Read 1 of 3 accounts, 2 Regions, at 09:00 UTC; "
        "failed: prod eu-west-1 (ec2:DescribeInstances: AccessDenied); "
        "skipped: lab eu-west-1 (ec2:DescribeInstances is not allowed)."
    )


def test_many_failures_are_counted_beyond_five() -> None:
    readings = [Reading("dev", f"r{n}", failed="x") for n in range(9)]
    assert "and 4 more" in _coverage.coverage(readings, NOW)
