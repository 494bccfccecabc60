"""Reports on the road: taken once, run as their owner, compared; late, skipped and missed where all can see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.aws.gateway import Gateway
from bot.config.botfile import BotFile
from bot.config.load import parse
from bot.errors import ConfigError
from bot.reply import Reply, Table
from bot.road.alarms import overdue, sound_alarms
from bot.road.changed import Before, changes_between, facts_of, since
from bot.road.enrolment import checked, enrol, in_step
from bot.road.notices import run_of
from bot.road.occurrences import Occurrences
from bot.road.reports import report_words
from bot.store.reports import Report
from bot.store.runs import Run, State
from tests.road.bench import ANN, BOB, COMMANDS, EVE, OPS, TEAM, Bench, bot_file
from tests.sandbox.aws_wire import Aws

HOUR, DAY = 3600.0, 86_400.0
OWN = {"actions": ["bot:*Report", "bot:ListReports"]}
GRANTS = ({}, OWN, {"who": {"reports": ["*"]}, "actions": ["ec2:Describe*"]})
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC).timestamp()
"""A Monday, 8:00 UTC."""


def file(reports: str = "", *about: dict[str, Any]) -> BotFile:
    entries = parse("reports:\n" + reports, more=lambda _: ()).reports if reports else {}
    rules = bot_file(*(about or GRANTS))
    return rules.model_copy(update={"reports": entries, "contact": BOB})


DAILY = f"  daily: {{schedule: every day at 9:00, channel: {OPS}, command: ec2 list}}\n"


@pytest.fixture(scope="module", autouse=True)
def _seeded(local_aws: Aws) -> None:
    """The estate as it is seeded, whichever file changed it before this one."""
    local_aws.control("reset", {})


@pytest.fixture
def b(local_aws: Aws, gateway: Gateway, tmp_path: Path) -> Iterator[Bench]:
    """A bench on a Monday, 8:00 UTC; nearly nothing here changes AWS, so that it is not seeded anew."""
    local_aws.control("clear", {})
    made = Bench(tmp_path / "bot.db", local_aws, file(), gateway)
    made.clock.now = START
    yield made
    made.close()


def occurrences(b: Bench) -> Occurrences:
    return Occurrences(b.engine)


def run_due(b: Bench, by: Occurrences | None = None) -> list[Run]:
    """Let everything that is due happen, on the spot."""
    by = by or occurrences(b)
    return [b.run(run.id) for report in by.due() if (run := by.take(report)) and by.work(run)]


def added(b: Bench, words: str = '"every day at 9:00" ec2 list --name daily', user: str = ANN) -> Report:
    run = b.ask(f"report add {words}", user)
    assert run.state is State.DONE, b.card(run)
    return newest(b)


def newest(b: Bench) -> Report:
    return max(b.desk.reports.all(), key=lambda each: (each.created_at, each.id))


def named(b: Bench, name: str = "daily") -> Report:
    report = b.desk.reports.named(name)
    assert report
    return report


def told(b: Bench) -> list[str]:
    """The summaries of all that is to be told about reports, oldest first."""
    with b.database.read() as connection:
        ids = [
            str(row[0]) for row in connection.exec_driver_sql("select id from runs where report != '' order by rowid")
        ]
    return [b.card(b.run(id_)) for id_ in ids if b.desk.outbox.get(id_)]


# ── words ──


def test_u3_adding_says_the_next_three_moments_and_is_audited(b: Bench) -> None:
    run = b.ask('report add "every weekday at 9:00" --zone Europe/Berlin ec2 list state=running --region us-east-1')
    words = b.card(run)
    assert "Tue 24 Nov 09:00, Wed 25 Nov 09:00, Thu 26 Nov 09:00 (Europe/Berlin)" in words
    report = newest(b)
    assert report.command == "ec2 list state=running --account dev --region us-east-1"
    assert (report.name, report.user, report.team, report.channel) == ("ec2-list", ANN, TEAM, OPS)
    row = next(each for each in b.desk.audit.rows(run.id) if each["event"] == "report added")
    assert (row["user"], row["team"], row["channel"]) == (ANN, TEAM, OPS)
    assert "every weekday at 9:00" in row["detail"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ('"every day at 9:00" ec2 stop i-1', "changes something"),
        ('"every day at 9:00" ec2 console web-1', "for one person"),
        ('"every day at 9:00" report list', "a word of my own"),
        ('"every day at 9:00" whoami', "a word of my own"),
        ('"every day at 9:00" ec2 lst', "Did you mean"),
        ('"every day at 9:00" "ec2 list --nonsense"', "no option --nonsense"),
        ('"every 7 minutes" ec2 list', "does not come out even"),
        ('"every hour" ec2 list --zone Mars/Olympus', "no time zone"),
        ('"every hour" ec2 list --name "a b"', "--name should be"),
        ('"every hour"', "COMMAND is missing"),
    ],
)
def test_s10_what_cannot_be_a_report_is_refused_at_once_with_the_next_step(b: Bench, words: str, why: str) -> None:
    run = b.ask(f"report add {words}")
    assert run.state is State.USAGE
    assert why in b.card(run)
    assert b.desk.reports.all() == ()


def test_a_report_is_paused_resumed_run_and_removed_by_its_owner(b: Bench) -> None:
    added(b)
    assert b.ask("report pause daily").state is State.DONE
    assert named(b).paused == "by ann"
    b.wait(2 * DAY)
    assert run_due(b) == []
    assert "paused already" in b.card(b.ask("report pause daily"))
    b.ask("report resume daily")
    assert named(b).next_at > b.clock.now
    assert "is not paused" in b.card(b.ask("report resume daily"))
    assert "every day at 9:00" in b.card(b.ask("report show daily"))
    assert b.ask("report remove daily").state is State.DONE
    assert "I know no report" in b.card(b.ask("report show daily"))
    events = b.audited()
    assert [each for each in events if each.startswith("report")] == [
        "report added",
        "report paused",
        "report resumed",
        "report removed",
    ]


def test_others_take_a_right_of_its_own(b: Bench) -> None:
    added(b)
    refused = b.ask("report pause daily", BOB)
    assert refused.state is State.REFUSED
    assert "is ann's" in b.card(refused)
    b.use(file("", *GRANTS, {"actions": ["bot:ManageReports"], "who": {"users": [BOB]}}))
    assert b.ask("report pause daily", BOB).state is State.DONE
    assert b.ask("report list", EVE).state is State.REFUSED


def test_reports_of_another_channel_are_not_shown_to_others(b: Bench) -> None:
    report = added(b)
    b.desk.reports.change(report, channel="CELSE")
    assert "1 more post elsewhere" in b.card(b.ask("report list", BOB)) or "No reports here" in b.card(
        b.ask("report list", BOB)
    )
    assert "I know no report" in b.card(b.ask("report show daily", BOB))
    assert "daily" in b.card(b.ask("report list", ANN))


def test_names_are_made_up_where_none_is_given_and_never_taken_twice(b: Bench) -> None:
    added(b, '"every hour" ec2 list')
    added(b, '"every hour" "ec2 list state=stopped"')
    assert {each.name for each in b.desk.reports.all()} == {"ec2-list", "ec2-list-2"}
    assert "There is a report ec2-list already" in b.card(b.ask('report add "every hour" ec2 list --name ec2-list'))


def test_running_by_hand_keeps_the_schedule_and_is_not_doubled(b: Bench) -> None:
    report = added(b)
    b.ask("report run daily")
    assert "running already" in b.card(b.ask("report run daily"))
    (run,) = occurrences(b).adopt(())
    occurrences(b).work(run)
    assert b.run(run.id).state is State.DONE
    assert named(b).next_at == report.next_at
    assert "by hand" in b.card(b.ask("report show daily"))


def test_every_word_is_a_sentence_and_needs_a_right() -> None:
    assert all(each.summary.endswith(".") and each.own and each.calls[0].startswith("bot:") for each in report_words())


# ── taking ──


def test_a_report_runs_when_its_moment_has_come_and_not_before(b: Bench) -> None:
    added(b)
    assert run_due(b) == []
    b.wait(HOUR)
    (run,) = run_due(b)
    assert (run.state, run.user, run.scheduled_for) == (State.DONE, ANN, START + HOUR)
    assert run_due(b) == []
    assert named(b).next_at == START + HOUR + DAY
    assert "This is the first run" in b.card(run)
    assert "Late" not in b.card(run)


def test_s1_some_seconds_late_is_not_late_and_longer_is_said(b: Bench) -> None:
    added(b)
    b.wait(HOUR + 59)
    assert "Late" not in b.card(run_due(b)[0])
    b.wait(DAY + HOUR)
    assert "Late: it was due" in b.card(run_due(b)[0])


def test_s2_two_processes_take_a_moment_once(b: Bench) -> None:
    added(b)
    other = Occurrences(b.process("second", file())[1])
    b.wait(HOUR)
    report = named(b)
    first, second = occurrences(b).take(report), other.take(report)
    assert first
    assert second is None
    assert other.due() == ()


def test_s6_after_a_night_away_the_latest_runs_and_the_missed_are_named(b: Bench) -> None:
    added(b, '"every hour" ec2 list --name daily')
    b.wait(5 * HOUR + 600)
    (run,) = run_due(b)
    assert run.scheduled_for == START + 5 * HOUR
    assert "Missed before it, while I was away: Mon 23 Nov 09:00, " in b.card(run)
    assert "and 1 more" in b.card(run)


def test_s6_more_than_half_a_day_late_is_skipped_visibly(b: Bench) -> None:
    added(b)
    b.wait(HOUR + 13 * HOUR)
    assert run_due(b) == []
    (said,) = told(b)
    assert "daily of Mon 23 Nov 09:00 was skipped" in said
    assert "Next: Tue 24 Nov 09:00" in said
    assert b.journal() == []


def test_runs_of_one_report_never_overlap_and_the_skipped_one_is_said(b: Bench) -> None:
    added(b, '"every hour" ec2 list --name daily')
    b.wait(HOUR)
    slow = occurrences(b).take(named(b))
    assert slow
    b.wait(HOUR)
    assert run_due(b) == []
    assert "the run before it has not ended" in told(b)[0]
    occurrences(b).work(slow)
    b.wait(HOUR)
    assert len(run_due(b)) == 1


def test_a_run_whose_process_died_is_taken_over_and_told_once(b: Bench) -> None:
    added(b)
    b.wait(HOUR)
    run = occurrences(b).take(named(b))
    assert run
    b.desk.hands.let_go(run.id)
    assert b.waiting.rescue() == 0 or b.run(run.id).state is State.RECEIVED, "it is run anew, not given up"
    other = Occurrences(b.process("second", file())[1])
    (adopted,) = other.adopt(("first-is-dead",))
    other.work(adopted)
    assert b.run(run.id).state is State.DONE
    assert occurrences(b).work(run) is None or b.run(run.id).owner == "second"
    assert len(told(b)) == 1


def test_s4_one_bad_stored_schedule_is_left_out_and_said_once_and_the_rest_run(b: Bench) -> None:
    bad = added(b, '"every day at 9:00" ec2 list --name bad')
    added(b)
    b.desk.reports.change(bad, schedule="nonsense")
    b.wait(HOUR)
    assert [run.report for run in run_due(b)] == [named(b).id]
    run_due(b)
    assert len([each for each in told(b) if "cannot run: I cannot read 'nonsense'" in each]) == 1


def test_nothing_runs_while_the_file_is_locked(b: Bench) -> None:
    added(b)
    b.wait(HOUR)
    b.use(file(), problems=("bot.yml line 3: no",))
    assert run_due(b) == []
    assert overdue(b.desk) == ()
    b.use(file())
    assert len(run_due(b)) == 1


# ── as whom ──


def test_s3_an_owner_who_lost_the_right_is_told_and_after_three_times_it_is_paused(b: Bench) -> None:
    added(b)
    b.use(file("", OWN))
    for seconds in (HOUR, DAY, DAY):
        b.wait(seconds)
        (run,) = run_due(b)
        assert (run.state, run.audience) == (State.REFUSED, "asker")
        assert b.desk.recipient(run) == ANN
    assert "refused 3 times in a row" in named(b).paused
    assert "report resume daily" in told(b)[-1]
    assert "report paused" in b.audited()
    b.wait(DAY)
    assert run_due(b) == []
    assert b.journal() == []


def test_s3_when_the_owner_has_left_the_contact_is_told(b: Bench) -> None:
    added(b)
    del b.people.members[ANN]
    b.wait(HOUR)
    (run,) = run_due(b)
    assert run.state is State.REFUSED
    assert b.desk.recipient(run) == BOB


def test_a15_a_report_can_do_no_more_than_its_owner(b: Bench) -> None:
    b.use(file("", {"who": {"users": [ANN]}}, {**OWN, "who": {"users": [ANN, EVE]}}))
    run = b.ask('report add "every day at 9:00" ec2 list --name daily', EVE)
    assert run.state is State.DONE
    b.wait(HOUR)
    assert run_due(b)[0].state is State.REFUSED


def test_a12_a_stored_change_is_refused_when_it_runs(b: Bench) -> None:
    """Also where the store was tampered with: reports only read."""
    report = added(b)
    b.desk.reports.change(report, command="ec2 stop i-0a1b2c3d4e5f60001")
    b.wait(HOUR)
    (run,) = run_due(b)
    assert (run.state, run.why) == (State.REFUSED, "report: A report only reads; nothing was done.")
    assert b.sent() == 0


def test_a12_reports_of_the_file_are_principals_of_their_own_and_need_a_rule(b: Bench) -> None:
    b.use(file(DAILY))
    enrol(b.desk)
    b.wait(HOUR)
    (run,) = run_due(b)
    assert (run.state, run.actor_kind, run.user) == (State.DONE, "report", "daily")
    b.use(file(DAILY, {"who": {"everyone": True}}))
    b.wait(DAY)
    (run,) = run_due(b)
    assert run.state is State.REFUSED, "everyone is people"
    assert b.desk.recipient(run) == BOB


# ── the file ──


def test_s9_starting_again_doubles_nothing_and_keeps_what_people_added(b: Bench) -> None:
    mine = added(b, '"every hour" ec2 list --name mine')
    b.use(file(DAILY))
    for _ in range(3):
        enrol(b.desk)
    assert {each.name for each in b.desk.reports.all()} == {"daily", "mine"}
    before = named(b)
    b.wait(HOUR)
    enrol(b.desk)
    assert named(b).next_at == before.next_at, "what has come is not skipped by a restart"
    b.use(file(DAILY.replace("9:00", "10:00")))
    enrol(b.desk)
    assert named(b).id == before.id
    assert named(b).next_at == START + 2 * HOUR
    b.use(file())
    enrol(b.desk)
    assert b.desk.reports.all() == (mine,)


def test_a_report_of_the_file_takes_its_name_back(b: Bench) -> None:
    mine = added(b)
    b.use(file(DAILY))
    enrol(b.desk)
    assert named(b).of_file
    kept = b.desk.reports.get(mine.id)
    assert kept
    assert kept.name.startswith("daily-")
    assert "stands in bot.yml" in b.card(_manage(b, "report remove daily"))


def _manage(b: Bench, words: str) -> Run:
    b.use(file(DAILY, *GRANTS, {"actions": ["bot:ManageReports"]}))
    return b.ask(words)


@pytest.mark.parametrize(
    ("command", "why"),
    [("ec2 stop i-1", "changes something"), ("ec3 list", "I do not know"), ("status", "a word of my own")],
)
def test_commands_of_the_file_are_checked_with_their_line(command: str, why: str) -> None:
    text = f'accounts:\n  dev: {{id: "111111111111", region: eu-west-1, default: true}}\nreports:\n{DAILY}'
    with pytest.raises(ConfigError) as wrong:
        parse(text.replace("ec2 list", command), more=checked(COMMANDS))
    (problem,) = wrong.value.problems
    assert problem.startswith("bot.yml line 4: the command")
    assert why in problem


def test_a_changed_zone_database_moves_what_comes(b: Bench) -> None:
    report = added(b)
    b.desk.reports.change(report, next_at=report.next_at + 1800)
    in_step(b.desk)
    assert named(b).next_at == report.next_at


# ── what changed ──


def test_the_first_line_says_what_changed_since_the_last_run(b: Bench) -> None:
    b.aws.control("reset", {})
    added(b)
    b.wait(HOUR)
    run_due(b)
    b.wait(DAY)
    (same,) = run_due(b)
    assert b.card(same).splitlines()[0].startswith("done: daily: nothing changed since 2026-11-23 09:00 UTC.")
    b.aws.ec2.stop_instances(InstanceIds=["i-0a1b2c3d4e5f60001"])
    b.wait(DAY)
    (other,) = run_due(b)
    first = b.card(other).splitlines()[0]
    assert "1 change since 2026-11-24 09:00 UTC: " in first
    assert "stopped" in first


@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        ({"web-1": "running"}, {"web-1": "stopped"}, ["web-1: running → stopped"]),
        ({"web-1": "running"}, {}, ["gone: web-1 (running)"]),
        ({}, {"web-1": ""}, ["new: web-1"]),
        ({"dev: instance a": "running"}, {"dev: instance": "unknown"}, []),
        ({"dev: instance": "unknown"}, {"dev: instance a": "running"}, []),
        ({"dev: instance": "unknown", "prod: instance a": "x"}, {"prod: instance a": "y"}, ["prod: instance a: x → y"]),
    ],
)
def test_what_was_not_read_is_neither_gone_nor_new(
    before: dict[str, str], now: dict[str, str], says: list[str]
) -> None:
    assert list(changes_between(tuple(before.items()), tuple(now.items()))) == says


def test_tables_are_compared_by_their_rows(b: Bench) -> None:
    reply = Reply("2 things", (Table(("Name", "State"), (("a", "on"), ("–", "on"), ("–", "off"))),))
    assert facts_of(reply) == (("a", "on"), ("–", "on"), ("– (2)", "off"))
    many = replace(reply, parts=(Table(("Name", "State"), tuple((f"n{n}", "on") for n in range(40))),))
    said = since(many, Before(facts_of(reply), START), "daily")
    assert said.summary.startswith("daily: 43 changes since")
    assert said.summary.endswith("and 41 more")


# ── the dead-man's switch ──


def test_a_report_that_nothing_started_is_said_once_for_its_moment(b: Bench) -> None:
    added(b)
    b.wait(HOUR + 500)
    assert sound_alarms(b.desk) == 0
    b.wait(200)
    assert sound_alarms(b.desk) == 1
    assert sound_alarms(b.desk) == 0
    assert "Report daily did not arrive within 10 minutes" in told(b)[-1]
    run_due(b)
    b.desk.outbox.release(b.desk.outbox.get(b.desk.reports.runs(named(b), 9)[0].id), told=9)  # type: ignore[arg-type]
    assert overdue(b.desk) == ()


def test_a_report_that_slack_was_not_told_is_overdue_until_it_is(b: Bench) -> None:
    added(b)
    b.wait(HOUR)
    (run,) = run_due(b)
    assert overdue(b.desk) == ()
    b.wait(700)
    (late,) = overdue(b.desk)
    assert "Slack has not taken it yet" in late.why
    row = b.desk.outbox.get(run.id)
    assert row
    b.desk.outbox.release(row, gave_up="is_archived")
    assert "is_archived" in overdue(b.desk)[0].why
    b.desk.outbox.release(row, told=row.revision, gave_up="")
    assert overdue(b.desk) == ()


def test_a_run_that_does_not_end_is_overdue_and_a_paused_report_never_is(b: Bench) -> None:
    added(b)
    b.wait(HOUR)
    assert occurrences(b).take(named(b))
    b.wait(700)
    assert "has not ended" in overdue(b.desk)[0].why
    b.desk.reports.change(named(b), paused="by ann")
    assert overdue(b.desk) == ()


# ── seven days ──


def test_a_week_with_two_processes_and_kills_takes_each_moment_once(b: Bench, local_aws: Aws, tmp_path: Path) -> None:
    """A quick form of the proof: runs are taken by turns, some die after they were taken, each is told once."""
    report = added(b, '"30 2 * * *" ec2 list --name daily --zone Europe/Berlin')
    b.clock.now = datetime(2027, 3, 25, tzinfo=UTC).timestamp()
    b.desk.reports.change(report, next_at=datetime(2027, 3, 25, 1, 30, tzinfo=UTC).timestamp())
    both = [occurrences(b), Occurrences(b.process("second", file())[1])]
    for hour in range(7 * 24):
        b.clock.now += HOUR
        by = both[hour % 2]
        for each in by.due():
            run = by.take(each)
            if run and hour % 3:
                by.work(run)
            elif run:
                by.desk.hands.let_go(run.id)  # its process dies here
        for run in both[(hour + 1) % 2].adopt(("nobody",)):
            both[(hour + 1) % 2].work(run)
    runs = [each for each in b.desk.reports.runs(report, 99) if each.state is State.DONE]
    days = sorted(f"{datetime.fromtimestamp(each.scheduled_for, UTC):%d %H:%M}" for each in runs)
    assert days == ["25 01:30", "26 01:30", "27 01:30", "28 01:00", "29 00:30", "30 00:30", "31 00:30"]
    assert run_of(b.desk, report, 0.0).report == report.id
