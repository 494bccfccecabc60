"""PostgreSQL is restarted under a bot at work: everybody is answered, nothing is done twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.slack.envelopes import NO_STORE
from tests.postgres import Cluster
from tests.proofs.test_killed import IDS, asked, open_question, picture, settled
from tests.proofs.world import World, within, world


@pytest.fixture
def w(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("away"), url=postgres.url()) as made:
        made.afresh()
        made.start()
        yield made


@pytest.mark.slow
def test_o1_a_store_that_goes_away_is_said_and_found_again(w: World, postgres: Cluster) -> None:
    card = asked(w)
    postgres.stop(gently=True)
    try:
        assert w.slack.command("ec2 list")["outcome"] == "acked"
        assert NO_STORE in str(w.slack.log("ack")[-1]["payload"])
        assert w.click(card, "confirm")["outcome"] == "acked"
        within(10, lambda: "cannot" in w.said(), w.said)
    finally:
        postgres.start()
    assert w.sent("StopInstances") == 0
    card = within(10, lambda: open_question(w))
    within(30, w.owners, w.said)
    assert w.click(card, "confirm")["outcome"] == "acked"
    within(60, lambda: settled(w) and w.states(IDS) == {"stopped"}, lambda: picture(w))
    assert w.sent() == len(w.messages("ops")) - ephemeral(w) == 1
    assert "Traceback" not in w.said()


@pytest.mark.slow
def test_u2_a_store_that_crashes_while_a_change_leaves_loses_nothing(w: World, postgres: Cluster) -> None:
    w.aws.fault("slow", "StopInstances", seconds=2)
    card = asked(w)
    assert w.click(card, "confirm")["outcome"] == "acked"
    within(10, w.sent, w.said)
    postgres.stop()
    postgres.start()
    within(60, lambda: settled(w) and w.states(IDS) == {"stopped"}, lambda: picture(w))
    assert w.sent() == 1
    assert "stopped" in w.messages("ops")[0]["text"]


def ephemeral(w: World) -> int:
    return sum(bool(each.get("ephemeral_to")) for each in w.messages("ops"))
