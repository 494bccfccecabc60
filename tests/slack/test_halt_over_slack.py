"""The stop button over the wire: typed, mentioned and written directly, with a full pool and a store that is ill."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.road.halt_words import halting
from bot.sandbox.demo import BOT_YML
from bot.sandbox.slack.workspace import BOT_USER
from bot.store.database import StoreError
from bot.store.runs import State
from tests.sandbox.slack_wire import until
from tests.whole import Whole, running

OPERATORS = "C0DEV00002"
NEVER = """\
  - {id: never-looks, effect: deny, actions: [ec2:DescribeInstances], who: {everyone: true}, accounts: ["*"]}
"""
SECONDS = 2.0
"""From the word to the effect, on every process."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with running(tmp_path_factory.mktemp("halt"), BOT_YML + f"operators: {OPERATORS}\n") as whole:
        yield whole


@pytest.fixture
def whole(kept: Whole) -> Iterator[Whole]:
    """One bot for all, with nothing halted and nothing to tell when a test is over."""
    kept.slack.order("limits", enabled=False)
    yield kept
    brake = kept.bot.desk.brake
    for halt in brake.halts.active():
        brake.halts.end(halt, time.time(), "the test")
    until(lambda: not kept.bot.desk.outbox.waiting() and not brake.in_force())


def halted(whole: Whole) -> list[str]:
    return [halt.by for halt in whole.bot.desk.brake.in_force()]


def test_a_typed_halt_is_in_force_within_two_seconds_voids_the_card_and_tells_operators(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-1")
    before, notices = time.monotonic(), whole.stamps(channel="dev")
    whole.slack.command("halt it's on fire", user="carla")
    until(lambda: halted(whole) == ["T0TIDEWATR/U0CARLA003"], SECONDS)
    assert time.monotonic() - before < SECONDS
    voided = whole.until("not sent", card)
    assert "Halted by carla" in voided.words
    assert "it's on fire" in voided.words
    assert "Halted by carla" in whole.next(channel="dev", after=notices).text
    refused = whole.type("ec2 list")
    assert "Halted by carla" in refused.text
    assert refused.only_for or refused.channel != "ops"


def test_two_people_are_needed_to_go_on(whole: Whole) -> None:
    whole.type("halt", user="carla")
    assert "second listed person" in whole.type("resume", user="carla").text
    assert "Only who is listed" in whole.type("resume", user="ben").text
    assert "Resumed all" in whole.type("resume").text
    assert "web-1" in whole.type("ec2 list").words


@pytest.mark.parametrize("channel", ["ops", "ana"])
def test_a_mention_and_a_direct_message_halt_as_well(whole: Whole, channel: str) -> None:
    whole.say(f"<@{BOT_USER}> halt user <@U0BEN00002> lost phone", channel=channel)
    until(lambda: [halt.scope for halt in whole.bot.desk.brake.in_force()] == ["user/U0BEN00002"], SECONDS)
    assert "Halted for U0BEN00002 by ana" in whole.type("ec2 list", user="ben").text


def test_who_is_not_listed_halts_nothing(whole: Whole) -> None:
    assert "carla" in whole.type("halt", user="ben").text
    assert halted(whole) == []


def test_a_full_pool_takes_a_halt(whole: Whole) -> None:
    pool, places = whole.bot.engine.pool, 0
    while pool.reserve():
        places += 1
    try:
        whole.slack.command("ec2 list")
        assert "Busy" in str(whole.slack.log("ack")[-1])
        assert "Halted by ana" in whole.type("halt busy").text
    finally:
        for _ in range(places):
            pool.release()


def test_a_store_that_takes_nothing_is_said_to_whoever_halts(whole: Whole) -> None:
    runs, stop = whole.bot.desk.runs, whole.bot.desk.brake.file
    receive, put = runs.receive, whole.bot.desk.brake.halts.put
    assert stop

    def fail(*given: Any) -> Any:
        raise StoreError("The store cannot be written (disk full).")

    runs.receive = whole.bot.desk.brake.halts.put = fail  # type: ignore[method-assign]
    try:
        said = whole.type("halt no disk")
        assert "disk full" in said.words
        assert "other processes were not told" in said.words
        assert stop.exists()
    finally:
        runs.receive, whole.bot.desk.brake.halts.put = receive, put  # type: ignore[method-assign]
    until(lambda: not stop.exists() and halted(whole) == ["T0TIDEWATR/U0ANA00001"])


def test_a_file_is_in_force_within_two_seconds_and_a_new_bot_yml_within_five(whole: Whole) -> None:
    stop, config = whole.bot.desk.brake.file, whole.bot.reload.path
    card = whole.type("ec2 stop name=web-1")
    assert stop
    stop.write_text("by hand")
    whole.until("not sent", card, SECONDS)
    stop.unlink()
    assert "web-1" in whole.type("ec2 list").words
    until(lambda: any("is gone" in each.text for each in whole.messages(channel="dev")))
    before, notices = config.read_text(), whole.stamps(channel="dev")
    config.write_text(before.replace("rules:\n", f"rules:\n{NEVER}"))
    try:
        assert "in force" in whole.next(channel="dev", after=notices).text
        assert "Not allowed" in whole.type("ec2 list", user="ben").text
    finally:
        config.write_text(before)
        until(lambda: "never-looks" not in str(whole.bot.desk.law.file.rules), 10)


def test_health_is_ready_and_says_what_is_halted(whole: Whole) -> None:
    whole.type("halt", user="carla")
    facts = whole.bot.facts()
    assert facts["ready"]
    assert "Halted by carla" in facts["warnings"][0]


def test_every_run_of_a_halt_ends(whole: Whole) -> None:
    whole.type("halt why")
    assert not [run for run in whole.bot.desk.runs.open() if halting(run.text) and run.state is State.RECEIVED]
