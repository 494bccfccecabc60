"""Forty slow commands at once, on default settings: each acknowledged in time, and run once or told busy."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.compose import QUEUE, WORKERS
from bot.store.runs import Run, State
from tests.proofs.world import World, within, world

MANY = 40
CHANNELS = ("ops", "dev", "secret-ops", "D0ANA00001")


@pytest.mark.slow
def test_forty_slow_commands_at_once_are_acknowledged_in_time_and_run_once_each(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        w.start()
        w.slack.order("limits", enabled=False)
        w.aws.fault("slow", "DescribeInstances", times=10 * MANY, seconds=3)
        began = time.monotonic()
        with ThreadPoolExecutor(MANY) as people:
            found = list(people.map(lambda n: w.slack.command("ec2 list", channel=CHANNELS[n % 4]), range(MANY)))
        assert [each["outcome"] for each in found] == ["acked"] * MANY
        acks = sorted(each["ack_ms"] for each in found)
        assert acks[-1] < 3000
        busy = sum("Busy" in str(each["payload"]) for each in w.slack.log("ack"))
        assert not w.slack.log("operation_timeout", "late_ack", "unknown_ack")
        within(60, lambda: len(ended(w)) == MANY - busy, lambda: picture(w))
        took = time.monotonic() - began
        within(30, lambda: len(w.messages(*CHANNELS)) == MANY - busy and not w.untold(), lambda: picture(w))
        time.sleep(3.5)
        assert w.sent("DescribeInstances") == MANY - busy == len(w.runs())
        print(f"\nacks {acks[MANY // 2]:.0f} ms p50, {acks[-1]:.0f} ms max; {busy} busy; done in {took:.1f} s")  # noqa: T201


@pytest.mark.slow
def test_more_than_can_be_taken_is_told_busy_and_never_runs(tmp_path: Path) -> None:
    many = WORKERS + QUEUE + 20
    with world(tmp_path) as w:
        w.start()
        w.aws.fault("slow", "DescribeInstances", times=10 * many, seconds=6)
        with ThreadPoolExecutor(many) as people:
            found = list(people.map(lambda _: w.slack.command("ec2 list --private"), range(many)))
        assert [each["outcome"] for each in found] == ["acked"] * many
        busy = sum("Busy" in str(each["payload"]) for each in w.slack.log("ack"))
        assert busy == 20
        w.aws.control("clear", {})
        within(60, lambda: len(ended(w)) == many - busy, lambda: picture(w))
        assert w.sent("DescribeInstances") <= many - busy


def ended(w: World) -> list[Run]:
    return [run for run in w.runs() if run.state is State.DONE]


def picture(w: World) -> str:
    states, acks = Counter(run.state for run in w.runs()), Counter(str(each["payload"]) for each in w.slack.log("ack"))
    return f"{states}\n{acks}\n{Counter(run.why for run in w.runs())}\n{w.said()[-3000:]}"
