"""kill -9 at each step of a five-instance stop.

Whatever was under way: each change is sent at most once, and within 60 s of the restart every open card tells the
truth, names what was never sent and offers to go on with it. `-s` prints how long each card took.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.sandbox.aws.estate import MACHINES
from bot.store.runs import ENDED, State
from tests.proofs.world import Message, World, buttons, within, world

FIVE = tuple(each for each in MACHINES if each.name in ("web-1", "web-2", "api-1", "worker-1", "batch-1"))
IDS = tuple(each.id for each in FIVE)
STOP = "ec2 stop " + " ".join(IDS)
SECONDS = 60.0
"""From the restart until every open card has to tell the truth."""
OPEN_WORDS = ("stopping", "sending", "Working")

Step = Callable[[World], None]


def delivered(w: World) -> None:
    w.slack.command(STOP, wait=False)
    within(30, lambda: w.slack.log("envelope"))


def acknowledged(w: World, after: float = 0.0) -> None:
    assert w.slack.command(STOP)["outcome"] == "acked"
    time.sleep(after)


def while_the_card_is_posted(w: World) -> None:
    w.slack.order("fault", kind="api_slow", method="chat.postMessage", seconds=1.0)
    acknowledged(w)
    within(30, lambda: w.sent("DescribeInstances"))
    time.sleep(0.5)


def card_posted_and_the_answer_lost(w: World) -> None:
    w.slack.order("fault", kind="api_hang_after", method="chat.postMessage")
    acknowledged(w)
    within(30, lambda: w.messages("ops"))


def asked(w: World) -> Message:
    acknowledged(w)
    return within(30, lambda: open_question(w), lambda: picture(w))


def open_question(w: World) -> Message | None:
    return next((each for each in w.messages("ops") if "confirm" in buttons(each)), None)


def card_shown(w: World) -> None:
    asked(w)


def confirmed(w: World, after: float = 0.0) -> None:
    assert w.click(asked(w), "confirm")["outcome"] == "acked"
    time.sleep(after)


def sent_and_unanswered(w: World, after: float = 0.0) -> None:
    w.aws.fault("slow", "StopInstances", seconds=1)
    confirmed(w)
    within(30, w.sent)
    time.sleep(after)


def done_and_the_answer_lost(w: World) -> None:
    w.aws.fault("lost_reply", "StopInstances", seconds=2)
    confirmed(w)
    within(30, lambda: w.states(IDS) == {"stopping"})


def refused_unread(w: World) -> None:
    w.aws.fault("throttle", "StopInstances", times=1)
    confirmed(w)
    within(30, w.sent)


def stopping(w: World, after: float = 0.0) -> None:
    confirmed(w)
    within(30, lambda: "stopping" in w.messages("ops")[0]["text"])
    time.sleep(after)


def stopped_and_not_told(w: World) -> None:
    stopping(w)
    w.slack.order("fault", kind="api_slow", method="chat.update", seconds=3, times=None)
    within(30, lambda: w.states(IDS) == {"stopped"})
    time.sleep(1.5)


def stopped_in_aws(w: World) -> None:
    confirmed(w)
    within(30, lambda: w.states(IDS) == {"stopped"})


def told(w: World) -> None:
    confirmed(w)
    within(30, lambda: "stopped" in w.messages("ops")[0]["text"])


QUICK: dict[str, Step] = {"confirmed": partial(confirmed, after=0.02)}
"""Tried by `make test` too; tests/road/test_rescue.py shows in one process that a kill at any write is survived."""
EVERY: dict[str, Step] = {
    "delivered": delivered,
    "acknowledged": acknowledged,
    "acknowledged, 50 ms": partial(acknowledged, after=0.05),
    "acknowledged, 150 ms": partial(acknowledged, after=0.15),
    "while the card is posted": while_the_card_is_posted,
    "card posted and the answer lost": card_posted_and_the_answer_lost,
    "card shown": card_shown,
    **{f"confirmed, {ms} ms": partial(confirmed, after=ms / 1000) for ms in (0, 5, 10, 20, 35, 50, 75, 100, 150, 300)},
    **{f"confirmed, random {n}": partial(confirmed, after=random.Random(n).uniform(0, 0.3)) for n in range(3)},
    "sent and unanswered": sent_and_unanswered,
    "sent and unanswered, 500 ms": partial(sent_and_unanswered, after=0.5),
    "sent and answered just now": partial(sent_and_unanswered, after=1.0),
    "done and the answer lost": done_and_the_answer_lost,
    "refused unread": refused_unread,
    "stopping": stopping,
    "stopping, 1 s": partial(stopping, after=1.0),
    "stopped in AWS": stopped_in_aws,
    "stopped and not told": stopped_and_not_told,
    "told": told,
}
SECOND_COPY = ("while the card is posted", "card posted and the answer lost", "acknowledged, 150 ms")
"""Killed while Slack's answer to a post was under way: a second copy may be, and must say so."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def w(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory: Path = tmp_path_factory.mktemp("killed")
    url = request.getfixturevalue("postgres").url() if request.param == "postgresql" else ""
    with world(directory, url=url) as made:
        yield made


@pytest.mark.parametrize("step", QUICK)
def test_a_kill_is_survived(w: World, step: str) -> None:
    survived(w, step, QUICK[step])


@pytest.mark.slow
@pytest.mark.parametrize("step", EVERY)
def test_a_kill_at_every_step_is_survived(w: World, step: str) -> None:
    survived(w, step, EVERY[step])


def survived(w: World, step: str, reach: Step) -> None:
    w.afresh()
    w.start()
    reach(w)
    w.kill()
    w.slack.order("fault", kind="clear")
    began = time.monotonic()
    w.start()
    within(SECONDS, lambda: settled(w), lambda: picture(w))
    took = time.monotonic() - began
    truthful(w, step)
    print(f"\n{step}: true {took:.1f} s after the restart; {outcome(w)}")  # noqa: T201 - the figure
    carried_on(w)


def settled(w: World) -> bool:
    """Whether every run has ended or asks, and Slack was told."""
    return all(run.state in ENDED or run.state is State.ASKED for run in w.runs()) and not w.untold()


def truthful(w: World, step: str) -> None:
    """Compare what stands in Slack with what AWS shows and was asked."""
    cards, runs = w.messages(), w.runs()
    assert len(runs) <= 1, picture(w)
    assert w.sent() <= (2 if step == "refused unread" else 1), picture(w)  # what AWS refused unread may go again
    assert len(cards) <= (2 if step in SECOND_COPY else 1), picture(w)
    if not runs:
        assert step == "delivered", picture(w)  # never acknowledged: Slack itself said so to the person
        return
    assert cards, picture(w)
    last = cards[-1]
    assert not any(word in card["text"] for card in cards for word in OPEN_WORDS), picture(w)
    if runs[0].state is State.DONE:
        assert w.states(IDS) == {"stopped"}, picture(w)
        assert "stopped" in last["text"], picture(w)
    else:
        assert w.states(IDS) == {"running"}, picture(w)
        assert "confirm" in buttons(last) or "stopped" not in last["text"].splitlines()[0], picture(w)
    if runs[0].state is State.FAILED and runs[0].plan:
        assert "continue" in buttons(last), picture(w)
        assert all(id_ in str(last["blocks"]) for id_ in IDS), picture(w)


def carried_on(w: World) -> None:
    """Go on with what was not done, and see that it is done once."""
    last = (w.messages() or [None])[-1]
    before = w.sent()
    if last is None or not {"confirm", "continue"} & set(buttons(last)):
        return
    if "continue" in buttons(last):
        old = len(w.messages())
        assert w.click(last, "continue")["outcome"] == "acked"
        last = within(30, lambda: w.messages("ops")[-1] if len(w.messages()) > old else None, lambda: picture(w))
    assert w.click(last, "confirm")["outcome"] == "acked"
    within(30, lambda: settled(w) and w.states(IDS) == {"stopped"}, lambda: picture(w))
    assert w.sent() == before + 1, picture(w)


def outcome(w: World) -> str:
    runs = w.runs()
    return f"{runs[0].state if runs else 'never taken'}, sent {w.sent()} times, {len(w.messages())} messages"


def picture(w: World) -> str:
    runs = [(run.state, run.why) for run in w.runs()]
    cards = [card["text"] for card in w.messages()]
    calls = [entry["operation"] for entry in w.aws.log()]
    return f"{runs}\n{cards}\n{calls}\nuntold {w.untold()}, AWS {w.states(IDS)}\n{w.said()}"
