"""Slack goes away while a stop is under way; AWS's answer is lost: what people read afterwards is true, and once."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from bot.store.outbox import Outbox
from tests.proofs.test_killed import IDS, asked, confirmed, picture, settled, stopping
from tests.proofs.world import World, buttons, within, world


@pytest.fixture(scope="module")
def w(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("outage")) as made:
        yield made


@pytest.fixture(autouse=True)
def afresh(w: World) -> Iterator[None]:
    w.afresh()
    w.start()
    yield
    w.kill()


def away(w: World, seconds: float) -> None:
    w.slack.order("fault", kind="down", seconds=seconds)


def kept_from_slack(w: World, seconds: float) -> bool:
    """Whether something has waited so long for Slack to take it."""
    waiting = Outbox(w.database).due(4e9)
    return any(row.failed_since and time.time() - row.failed_since > seconds for row in waiting)


def test_a_card_is_finished_when_slack_returns_and_says_that_it_was_away(w: World) -> None:
    stopping(w)
    away(w, 600)
    within(30, lambda: w.states(IDS) == {"stopped"})
    within(60, lambda: kept_from_slack(w, 2.5), lambda: picture(w))
    w.slack.order("fault", kind="clear")
    within(60, lambda: "stopped" in w.messages("ops")[0]["text"], lambda: picture(w))
    (card,) = w.messages()
    assert "While Slack was away" in str(card["blocks"])
    assert w.sent() == 1
    within(30, lambda: w.slack.connections() == 1)
    assert w.slack.command("help")["outcome"] == "acked"


@pytest.mark.slow
def test_a_card_asked_for_before_an_outage_is_posted_once_after_it(w: World) -> None:
    w.aws.fault("slow", "DescribeInstances", seconds=1)
    assert w.slack.command("ec2 list")["outcome"] == "acked"
    within(30, lambda: w.sent("DescribeInstances"), w.said)
    away(w, 5)
    within(60, lambda: w.messages("ops"), w.said)
    within(30, lambda: not w.untold(), w.said)
    time.sleep(2)
    assert len(w.messages()) == 1
    assert w.sent("DescribeInstances") == 1


@pytest.mark.slow
def test_a_stop_survives_ten_minutes_without_slack(w: World) -> None:
    stopping(w)
    away(w, 600)
    time.sleep(600)
    within(60, lambda: "stopped" in w.messages("ops")[0]["text"], lambda: picture(w))
    assert "While Slack was away" in str(w.messages("ops")[0]["blocks"])
    within(60, lambda: w.slack.connections() == 1)
    assert len(w.messages()) == w.sent() == 1


@pytest.mark.slow
def test_a_reply_lost_after_the_change_is_told_as_unknown_and_then_as_what_it_was(w: World) -> None:
    w.aws.fault("lost_reply", "StopInstances", seconds=0.2)
    card = asked(w)
    w.aws.fault("slow", "DescribeInstances", times=3, seconds=1)
    assert w.click(card, "confirm")["outcome"] == "acked"
    within(30, lambda: "unknown" in w.messages("ops")[0]["text"], lambda: picture(w))
    within(40, lambda: settled(w) and "stopped" in w.messages("ops")[0]["text"], lambda: picture(w))
    assert w.states(IDS) == {"stopped"}
    assert w.sent() == len(w.messages()) == 1


@pytest.mark.slow
def test_a_request_lost_before_the_change_is_told_as_unknown_and_then_as_not_done(w: World) -> None:
    w.aws.fault("refuse_connection", "StopInstances")
    confirmed(w)
    within(30, lambda: "unknown" in w.messages("ops")[0]["text"], lambda: picture(w))
    within(40, lambda: settled(w), lambda: picture(w))
    (card,) = w.messages()
    assert "unknown" not in card["text"].splitlines()[0]
    assert "continue" in buttons(card)
    assert all(id_ in str(card["blocks"]) for id_ in IDS)
    assert w.states(IDS) == {"running"}
    assert w.sent() == 1
