"""Budgets of our own, so that Slack need not refuse; and pauses where it did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.pace import ANSWERS, LONGEST_PAUSE, UPDATES, Pace


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(clock)


def taken(pace: Pace, key: str, times: int, spare: float = 0.0) -> int:
    return sum(not pace.wait(key, spare) for _ in range(times))


def test_a_channel_takes_a_burst_and_then_one_post_a_second(pace: Pace, clock: Clock) -> None:
    assert taken(pace, "C1", 20) == 8
    assert pace.wait("C1") == pytest.approx(1.0)
    clock.time += 1
    assert taken(pace, "C1", 20) == 1


def test_each_channel_has_its_own_budget_and_edits_share_one(pace: Pace) -> None:
    assert taken(pace, "C1", 20) == taken(pace, "C2", 20) == 8
    assert taken(pace, UPDATES, 50) == 20


def test_answers_by_response_url_have_no_rate(pace: Pace) -> None:
    assert taken(pace, ANSWERS, 500) == 500


def test_looking_takes_nothing(pace: Pace) -> None:
    assert all(pace.seconds("C1") == 0 for _ in range(50))
    assert taken(pace, "C1", 20) == 8


def test_progress_leaves_edits_to_what_is_final(pace: Pace) -> None:
    assert taken(pace, UPDATES, 50, spare=5) == 15
    assert taken(pace, UPDATES, 50) == 5


def test_retry_after_closes_one_budget_for_so_long(pace: Pace, clock: Clock) -> None:
    pace.close("C1", 30)
    assert pace.wait("C1") == pytest.approx(30)
    assert pace.wait("C2") == 0
    clock.time += 29
    assert pace.seconds("C1") == pytest.approx(1)
    clock.time += 1.01
    assert pace.wait("C1") == 0


def test_pauses_grow_while_slack_is_away_and_end_when_it_is_back(pace: Pace, clock: Clock) -> None:
    pauses = []
    for _ in range(8):
        pauses.append(pace.trouble("C1"))
        clock.time += pauses[-1]
    assert pauses == [0.5, 1, 2, 4, 8, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert pace.wait("C1") == 0
    pace.well("C1")
    assert pace.trouble("C1") == 0.5


def test_slacks_own_word_for_a_pause_counts(pace: Pace) -> None:
    assert pace.trouble("C1", 7.0) == 7.0
    assert pace.wait("C1") == pytest.approx(7.0)


@given(st.lists(st.floats(0, 5), max_size=80))
def test_no_minute_holds_more_edits_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    clock = Clock()
    pace = Pace(clock)
    sent = []
    for pause in pauses:
        clock.time += pause
        if not pace.wait(UPDATES):
            sent.append(clock.time)
    for first in sent:
        assert sum(first <= each < first + 60 for each in sent) <= 70
