"""The edge that time comes in by, with the real scheduler, Slack and store: from a moment to its message."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import schedule as edge
from bot.compose import all_commands
from bot.config.load import load
from bot.errors import ConfigError
from bot.road.alarms import sound_alarms
from bot.road.enrolment import checked
from bot.sandbox.demo import BOT_YML, REPORTS
from bot.store.reports import Report
from bot.terminal.health import health
from tests.sandbox.slack_wire import until
from tests.whole import Card, Whole, running

FILE = (
    BOT_YML
    + REPORTS.replace("every 2 minutes", "every day at 3:00")
    + "  instances: {schedule: every day at 3:00, channel: C0OPS00001, command: ec2 list, contact: U0BEN00002}\n"
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with running(tmp_path_factory.mktemp("scheduled"), FILE) as bot:
        yield bot


def due(whole: Whole, name: str) -> Report:
    """Let a report's moment come now."""
    report = whole.bot.desk.reports.named(name)
    assert report
    return whole.bot.desk.reports.change(report, next_at=time.time() - 1)


def arrives(whole: Whole, name: str, user: str = "ana", channel: str = "ops") -> Card:
    before = whole.stamps(user, channel)
    due(whole, name)
    return whole.next(user, channel, 30, after=before)


def test_a_report_of_the_file_arrives_in_its_channel_with_its_chart(whole: Whole) -> None:
    card = arrives(whole, "costs")
    again = r"nothing changed since [\d-]+ [\d:]+ UTC\. "
    assert re.match(rf"costs: ({again})?Yesterday cost USD", card.text), "whether or not it has run before"
    assert "AWS Lambda" in card.words
    assert "Report costs, every day at 3:00 (UTC)" in card.words
    until(lambda: whole.bot.desk.outbox.waiting() == 0, 30)


def test_what_is_added_from_slack_is_started_and_s2_what_another_process_adds_within_seconds(whole: Whole) -> None:
    whole.type('report add "every day at 4:00" ec2 list state=stopped --name mine')
    assert "mine: 1 instance" in arrives(whole, "mine").text
    job = f"report:{whole.bot.desk.reports.named('mine').id}"  # type: ignore[union-attr]
    until(lambda: whole.bot.schedule.clock.get_job(job), 10)
    whole.type("report pause mine")
    until(lambda: whole.bot.schedule.clock.get_job(job) is None, 10)
    whole.type("report remove mine")


def test_s9_each_report_has_one_job_however_often_it_is_synced(whole: Whole) -> None:
    for _ in range(3):
        whole.bot.schedule.sync()
    jobs = [each.id for each in whole.bot.schedule.clock.get_jobs() if each.id.startswith("report:")]
    assert len(jobs) == len(set(jobs)) == len(whole.bot.desk.reports.all())


def test_l6_connecting_anew_starts_nothing_twice(whole: Whole) -> None:
    until(lambda: not whole.bot.desk.runs.open() and not whole.bot.desk.outbox.waiting(), 30)
    jobs = {each.id for each in whole.bot.schedule.clock.get_jobs()}
    before = whole.stamps()
    connects = whole.bot.desk.pulse.slack()["Connects"]
    whole.slack.order("fault", kind="drop_socket")
    until(lambda: whole.bot.desk.pulse.slack()["Connects"] > connects, 30)
    assert {each.id for each in whole.bot.schedule.clock.get_jobs()} == jobs
    assert whole.stamps() == before


def test_s8_where_the_channel_is_closed_the_contact_is_told_in_person(whole: Whole) -> None:
    report = whole.bot.desk.reports.named("instances")
    assert report
    whole.bot.desk.reports.change(report, channel="C0RANDOM03")
    card = arrives(whole, "instances", "ben", "dev")
    assert card.channel not in ("ops", "dev")
    assert "where I cannot post" in card.words
    whole.bot.desk.reports.change(report, channel="C0OPS00001")


def test_health_is_red_with_the_name_of_a_report_that_did_not_arrive(
    whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the scheduler stands still: health reads the store."""
    url = whole.bot.database.url
    until(lambda: whole.bot.desk.outbox.waiting() == 0, 30)
    until(lambda: health(url, live=False) == 0, 10)
    whole.bot.schedule.clock.pause()
    report = whole.bot.desk.reports.named("costs")
    assert report
    whole.bot.desk.reports.change(report, next_at=time.time() - 700)
    capsys.readouterr()
    assert health(url, live=False) == 1
    assert "report costs of" in capsys.readouterr().out
    assert health(url, live=True) == 0
    before = whole.stamps()
    assert sound_alarms(whole.bot.desk) == 1
    assert "Report costs did not arrive within 10 minutes" in whole.next(after=before).text
    before = whole.stamps()
    whole.bot.schedule.clock.resume()
    assert "Late: it was due" in whole.next(after=before, seconds=30).words


def test_the_watch_has_a_thread_of_its_own(whole: Whole) -> None:
    assert whole.bot.schedule._watch.is_alive()
    assert edge.WATCH_SECONDS <= 60


def test_the_example_of_the_docs_loads(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "reports.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "bot.yml").write_text(example)
    assert set(load(tmp_path / "bot.yml", checked(all_commands())).reports) == {"fleet", "costs"}


def test_the_demos_file_with_its_report_is_valid(tmp_path: Path) -> None:
    (tmp_path / "bot.yml").write_text(BOT_YML + REPORTS)
    assert load(tmp_path / "bot.yml", checked(all_commands())).reports["costs"].schedule == "every 2 minutes"
    (tmp_path / "bot.yml").write_text(BOT_YML + REPORTS.replace("report cost", "ec2 stop i-1; report cost"))
    with pytest.raises(ConfigError, match="is no report"):
        load(tmp_path / "bot.yml", checked(all_commands()))
