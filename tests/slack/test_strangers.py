"""A stranger on the line is an alarm, once; a connection that is being replaced is none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from bot.reply import Reply
from bot.slack.socket import LinkState
from bot.slack.strangers import AGAIN_SECONDS, SINCE, STILL_SECONDS, Lookout
from bot.store.database import StoreError
from bot.text import plain
from tests.sandbox.slack_wire import Clock, Wire, peer, until
from tests.whole import running


class Line:
    """What Slack counts, by hand: each `hello` is a connection anew."""

    def __init__(self, *processes: str) -> None:
        self.clock = Clock()
        self.alive: dict[str, dict[str, Any]] = {name: {"live": True} for name in processes or ("one",)}
        self.told: list[tuple[str, str]] = []
        self.state = LinkState(True, True, 0, 1, None, 0, "")
        self.renewed = 0
        self.lookout = self.watched()

    def watched(self) -> Lookout:
        return Lookout(lambda: self.state, self.renew, lambda: self.alive, self.tell, self.clock)

    def renew(self) -> None:
        self.renewed += 1

    def tell(self, reply: Reply, key: str) -> None:
        self.told.append((plain(reply), key))

    def hello(self, connections: int, own: int = 1) -> None:
        self.state = LinkState(True, True, connections, own, None, self.state.connects + 1, "")
        self.lookout.look()

    def wait(self, seconds: float) -> None:
        """Let time pass, looked at every five seconds."""
        for _ in range(int(seconds // 5)):
            self.clock.time += 5
            self.lookout.look()


def test_as_many_connections_as_processes_are_no_alarm_and_no_question() -> None:
    line = Line("one", "two")
    for connections in (1, 2):
        line.hello(connections)
        line.wait(2 * STILL_SECONDS)
    assert (line.told, line.renewed, line.lookout.facts) == ([], 0, {})


def test_our_own_connection_that_is_being_replaced_is_taken_off() -> None:
    line = Line()
    line.hello(2, own=2)
    line.wait(2 * STILL_SECONDS)
    assert (line.told, line.renewed) == ([], 0)


def test_another_process_that_was_replacing_its_own_is_none_when_slack_is_asked_again() -> None:
    line = Line("one", "two")
    line.hello(3)
    line.wait(AGAIN_SECONDS)
    assert (line.told, line.renewed) == ([], 1)
    line.hello(3, own=2)
    line.wait(2 * STILL_SECONDS)
    assert (line.told, line.renewed, line.lookout.facts) == ([], 1, {})


def test_a_stranger_at_two_hellos_is_an_alarm_told_once_and_shown_as_long_as_it_lasts() -> None:
    line = Line()
    line.hello(2)
    assert line.told == []
    line.wait(AGAIN_SECONDS)
    line.hello(3, own=2)
    ((words, key),) = line.told
    assert "Slack counts 2 connections of this app, but 1 bot process works on this store" in words
    assert "Somebody else may hold the app token" in words
    assert key == f"connections/{line.clock.time:.0f}"
    for _ in range(3):
        line.wait(STILL_SECONDS)
        line.hello(3, own=2)
    assert (len(line.told), line.renewed) == (1, 4)
    assert line.lookout.facts["warn"] == [
        "Slack counts 2 connections of this app, but 1 bot process works on this store"
    ]


def test_a_stranger_who_left_is_no_warning_any_more_and_is_an_alarm_when_back() -> None:
    line = Line()
    for connections in (2, 2, 1):
        line.hello(connections)
    assert line.lookout.facts == {}
    line.wait(60)
    for connections in (2, 2):
        line.hello(connections)
    assert len({key for _, key in line.told}) == 2


def test_what_another_process_has_announced_is_shown_and_not_announced_again() -> None:
    line = Line("one", "two")
    line.alive["two"] |= {"warn": ["…"], SINCE: 1_699_999_000.0}
    for connections in (3, 3):
        line.hello(connections)
    assert line.told == []
    assert line.lookout.facts[SINCE] == 1_699_999_000.0


def test_a_terminal_on_the_same_store_holds_no_connection() -> None:
    line = Line()
    line.alive["shell"] = {"shell": True}
    for connections in (2, 2):
        line.hello(connections)
    assert len(line.told) == 1


def test_a_count_that_could_not_be_compared_is_compared_later(caplog: pytest.LogCaptureFixture) -> None:
    line = Line()
    alive, line.alive = line.alive, None  # type: ignore[assignment]

    def away() -> dict[str, dict[str, Any]]:
        if line.alive is None:
            raise StoreError("The store is away.")
        return line.alive

    line.lookout._alive = away
    line.hello(2)
    assert "could not be compared" in caplog.text
    line.alive = alive
    line.wait(AGAIN_SECONDS + 5)
    assert line.renewed == 1


def test_while_there_is_no_connection_nothing_is_judged() -> None:
    line = Line()
    line.state = LinkState(False, True, 5, 1, None, 1, "")
    line.wait(STILL_SECONDS)
    assert (line.told, line.renewed) == ([], 0)


@contextmanager
def stranger(wire: Wire) -> Iterator[None]:
    """Somebody else with the app token, on a raw connection."""
    there, over = Event(), Event()

    async def hold() -> None:
        async with peer(wire):
            there.set()
            await asyncio.to_thread(over.wait)

    thread = Thread(target=lambda: asyncio.run(hold()))
    thread.start()
    try:
        assert there.wait(30)
        yield
    finally:
        over.set()
        thread.join(30)


def test_a_second_connection_is_found_by_the_bot_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "bot")
    with running(tmp_path) as whole:
        skew = [0.0]
        whole.bot.lookout._now = lambda: 1_700_000_000.0 + skew[0]
        with stranger(whole.slack):
            whole.slack.order("fault", kind="refresh")  # the stranger's too, who does not heed it
            until(lambda: whole.bot.lookout._again_at)
            assert whole.bot.lookout.warning == ""
            skew[0] = AGAIN_SECONDS
            until(lambda: whole.bot.lookout.warning)
            assert whole.bot.socket.state.connects == 3
            until(lambda: "but 1 bot process works on this store" in whole.type("status").words)
        skew[0] += STILL_SECONDS
        until(lambda: not whole.bot.lookout.warning)
    announced = [each for each in caplog.messages if each.startswith("failed: Slack counts 2 connections")]
    assert len(announced) == 1
