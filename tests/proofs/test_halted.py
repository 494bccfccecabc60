"""Two bots on one store: what one of them is told to stop, neither starts two seconds later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.demo import BOT_YML
from tests.proofs.world import World, buttons, within, world

NEVER = """\
  - {id: never-looks, effect: deny, actions: [ec2:DescribeInstances], who: {everyone: true}, accounts: ["*"]}
"""
SECONDS = 2.0
CARLA = "U0CARLA003"


@pytest.fixture(scope="module")
def w(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two bots on one SQLite file, and a channel for operators."""
    with world(tmp_path_factory.mktemp("halted")) as made:
        made.slack.order("limits", enabled=False)
        (made.directory / "bot.yml").write_text(BOT_YML + "operators: C0DEV00002\n")
        made.start()
        made.start()
        yield made


def answers(w: World, text: str, user: str, count: int) -> list[str]:
    """What `count` tries of a command are told, each delivered to either bot."""
    before = len(w.slack.messages("ops", user))
    for _ in range(count):
        w.slack.command(text, user=user, channel="ops")
    new: Any = within(15, lambda: len(got := w.slack.messages("ops", user)[before:]) >= count and got, w.said)
    return [each["text"] for each in new]


def notices(w: World, words: str) -> list[str]:
    """What operators were told: each thing once, though there are two bots."""
    return [each["text"] for each in w.slack.messages("dev") if words in each["text"]]


@pytest.mark.slow
def test_x13_both_bots_stop_within_two_seconds_and_go_on_when_two_people_say_so(w: World) -> None:
    w.slack.command("ec2 stop name=web-1", channel="ops")
    card = within(15, lambda: next((each for each in w.messages("ops") if "confirm" in buttons(each)), None), w.said)
    began = time.monotonic()
    w.slack.command("halt the lab is on fire", user="carla", channel="ops")
    within(SECONDS, lambda: "Halted by carla" in str(w.messages("ops")), w.said)
    took = time.monotonic() - began
    assert took <= SECONDS, f"{took:.2f} s"
    w.click(card, "confirm")
    told = answers(w, "ec2 list", "ana", 10)
    assert all("Halted by carla" in each for each in told), told
    assert w.sent() == 0
    within(5, lambda: len(notices(w, "Halted by carla")) == 1, w.said)
    w.slack.command("resume", user="ana", channel="ops")
    within(15, lambda: not any("Halted" in each for each in answers(w, "ec2 list", "ana", 4)), w.said)


@pytest.mark.slow
def test_a_right_that_is_taken_out_of_the_file_is_gone_on_both_bots_within_five_seconds(w: World) -> None:
    path = w.directory / "bot.yml"
    before = path.read_text()
    began = time.monotonic()
    path.write_text(before.replace("rules:\n", f"rules:\n{NEVER}"))
    within(10, lambda: len(notices(w, "is in force")) == 1, w.said)
    time.sleep(max(0.0, began + 5 - time.monotonic()))
    told = answers(w, "ec2 list", "ben", 8)
    assert all("Not allowed" in each for each in told), told
    assert len(notices(w, "is in force")) == 1
    path.write_text(before)


@pytest.mark.slow
def test_a_file_stops_both_bots_within_two_seconds_though_the_store_is_locked(w: World) -> None:
    stop = w.directory / "HALT"
    with w.database.write():
        stop.write_text("by hand")
        time.sleep(SECONDS / 2)
    told = answers(w, "ec2 list", "ana", 6)
    stop.unlink()
    assert all("by hand" in each for each in told), told


@pytest.mark.slow
def test_a_right_that_goes_with_a_group_is_gone_on_both_bots_within_a_minute(w: World) -> None:
    """Slack tells one of two bots that a group changed; the other finds out by itself."""
    again = ["ana", "carla"]
    assert all("Not allowed" not in each for each in answers(w, "ec2 console name=web-1", "ana", 2))
    w.slack.order("people", group="oncall", users=["carla"])
    began = time.monotonic()

    def gone() -> bool:
        return all("Not allowed" in each for each in answers(w, "ec2 console name=web-1", "ana", 8))

    within(60, gone, w.said)
    assert time.monotonic() - began <= 60
    w.slack.order("people", group="oncall", users=again)
