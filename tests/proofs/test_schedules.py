"""Seven days of reports around both clock changes, in three zones, on a fake clock: each moment once and none missed.

Two processes share a store. One or the other dies at random: before it takes a moment, after it took it, or while its
run is under way; another comes in its place. Then the same with real processes and kill -9, in real minutes. `-s`
prints the figures.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.aws.gateway import Gateway
from bot.road.occurrences import Occurrences
from bot.sandbox.demo import BOT_YML
from bot.store.database import Database, new_id
from bot.store.reports import PERSON, Report, Reports
from bot.store.runs import State
from bot.when import schedule
from tests.proofs.world import World, within, world
from tests.road.bench import ANN, OPS, TEAM, Bench, bot_file, opened
from tests.sandbox.aws_wire import Aws, running

CHANGES = {
    "Europe/Berlin": (date(2027, 3, 28), date(2027, 10, 31)),
    "America/New_York": (date(2027, 3, 14), date(2027, 11, 7)),
    "Australia/Lord_Howe": (date(2027, 10, 3), date(2027, 4, 4)),
}
TIMES = ("30 2 * * *", "15 2 * * *", "every day at 9:00", "every weekday at 1:45", "0 */3 * * *", "every 30 minutes")
STEP = 300.0
"""Seconds by which the clock goes on between two looks."""


class Store:
    """A bench whose processes each have their own door to the store, and can die."""

    def __init__(self, bench: Bench, chance: random.Random) -> None:
        self.bench = bench
        self.chance = chance
        self.killed = 0
        self.alive = [self.born(), self.born()]

    def born(self) -> Occurrences:
        return Occurrences(self.bench.process(new_id(), self.bench.desk.law.file)[1])

    def dies(self, at: float) -> bool:
        return self.chance.random() < at

    def kill(self, process: Occurrences) -> None:
        """It is gone with all it had in hand; what it knew it tells nobody."""
        process.engine.pool.close(1)
        self.killed += 1
        self.alive[self.alive.index(process)] = self.born()

    def look(self) -> None:
        """Let each process do what is due, in any order."""
        for process in self.chance.sample(self.alive, 2):
            if self.dies(0.02):
                self.kill(process)
                continue
            self._work(process)

    def _work(self, process: Occurrences) -> None:
        others = tuple(each.desk.owner for each in self.alive if each is not process)
        runs = [*process.adopt(others), *filter(None, map(process.take, process.due()))]
        for run in runs:
            if self.dies(0.05):
                self.kill(process)
                return
            process.work(run)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def gateway(aws: Aws) -> Iterator[Gateway]:
    with opened(aws) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1], ids=["forward", "back"])
@pytest.mark.parametrize("zone", CHANGES)
def test_s5_seven_days_around_a_clock_change_with_kills_and_two_processes(
    zone: str, which: int, aws: Aws, gateway: Gateway, tmp_path: Path
) -> None:
    day = CHANGES[zone][which]
    start = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)) - timedelta(days=4)
    bench = Bench(tmp_path / "bot.db", aws, bot_file({}), gateway)
    bench.clock.now = start.timestamp()
    end = bench.clock.now + 7 * 86_400
    for at, text in enumerate(TIMES):
        bench.desk.reports.add(_report(f"r{at}", text, zone, bench.clock.now))
    store = Store(bench, random.Random(f"{zone} {which}"))
    while bench.clock.now < end:
        bench.clock.now += STEP
        store.look()
    for _ in range(3):
        store.look()
    for report in bench.desk.reports.all():
        _each_once(bench, report, start.timestamp(), end)
    runs = Counter(run.state for report in bench.desk.reports.all() for run in bench.desk.reports.runs(report, 999))
    print(f"\n{zone}, {'back' if which else 'forward'}: {dict(runs)}, {store.killed} kills")  # noqa: T201 - the figure
    bench.close()


def _report(name: str, text: str, zone: str, now: float) -> Report:
    next_at = schedule(text, zone).after(now)
    facts = {"schedule": text, "zone": zone, "command": "ec2 list state=stopped --account dev --region eu-west-1"}
    return Report(new_id(), name, PERSON, TEAM, ANN, OPS, created_at=now, next_at=next_at, **facts)  # type: ignore[arg-type]


def _each_once(bench: Bench, report: Report, start: float, end: float) -> None:
    """Each moment has one run that was done, or was skipped where the one before had not ended; and one message."""
    moments = list(takewhile(lambda at: at <= end, schedule(report.schedule, report.zone).moments(start)))
    runs = bench.desk.reports.runs(report, 999)
    assert sorted(run.scheduled_for for run in runs) == moments, report.schedule
    assert {run.state for run in runs} <= {State.DONE, State.VOID}
    skipped = [run for run in runs if run.state is State.VOID]
    assert all("has not ended" in run.why for run in skipped)
    assert all(bench.desk.outbox.get(run.id) for run in runs)
    local = [datetime.fromtimestamp(at, ZoneInfo(report.zone)).date() for at in moments]
    if report.schedule in TIMES[:3]:
        assert len(local) == len(set(local)) == 7, "once a local date"


@pytest.mark.slow
def test_s2_real_processes_on_one_store_are_killed_and_each_minute_is_told_once(tmp_path: Path) -> None:
    """Two processes, four real minutes; one of them is killed every half minute or so and started anew."""
    with world(tmp_path) as w:
        reports = "reports:\n  tick: {schedule: every minute, channel: C0OPS00001, command: ec2 list state=stopped}\n"
        (tmp_path / "bot.yml").write_text(BOT_YML + reports)
        w.start()
        w.start()
        chance = random.Random(7)
        until_then = time.monotonic() + 245
        while time.monotonic() < until_then:
            time.sleep(chance.uniform(20, 35))
            chance.choice([each for each in w.processes if each.alive]).kill()
            w.start()
        within(90, lambda: _settled(w), w.said)
        runs = [run for run in w.runs() if run.report and run.scheduled_for]
        minutes = sorted(run.scheduled_for for run in runs)
        assert len(minutes) >= 4, w.said()
        assert {later - earlier for earlier, later in pairwise(minutes)} == {60.0}, w.said()
        assert {run.state for run in runs} == {State.DONE}, [(run.state, run.why) for run in runs]
        told = [each for each in w.messages("ops") if each["text"].split("\n")[0].find("tick: ") >= 0]
        first = [each for each in told if "Sent again" not in str(each["blocks"])]
        assert len(first) == len(runs), [each["text"][:80] for each in told]
        print(f"\n{len(runs)} minutes, {len(w.processes)} processes, {len(told)} messages")  # noqa: T201 - the figure


def _settled(w: World) -> bool:
    database = Database(f"sqlite:///{w.directory}/bot.db")
    try:
        under_way = any(map(Reports(database).under_way, Reports(database).all()))
    finally:
        database.close()
    return not under_way and not w.untold()


def test_a_clock_change_is_among_the_days_that_are_proved() -> None:
    for zone, days in CHANGES.items():
        for day in days:
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            offsets = {(noon + timedelta(days=n)).astimezone(ZoneInfo(zone)).utcoffset() for n in (-2, 2)}
            assert len(offsets) == 2, (zone, day)
