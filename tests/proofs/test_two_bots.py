"""Two bots on one PostgreSQL: Slack hands each envelope to either, either may be killed, and all happens once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.sandbox.demo import BOT_YML
from bot.store.runs import ENDED, OWNED, State
from tests.postgres import Cluster
from tests.proofs.test_killed import (
    EVERY,
    IDS,
    SECONDS,
    carried_on,
    confirmed,
    open_question,
    outcome,
    picture,
    settled,
    truthful,
)
from tests.proofs.world import Message, Process, World, buttons, within, world

CHANNELS = ("ops", "dev", "secret-ops", "D0ANA00001")


@pytest.fixture(scope="module")
def w(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("two"), url=postgres.url()) as made:
        yield made


@pytest.fixture
def two(w: World) -> tuple[Process, Process]:
    """Two processes on an empty store; the pair of the test before, where both live on."""
    if sum(each.alive for each in w.processes) == 2:
        w.emptied()
    else:
        w.afresh()
        w.start()
        w.start()
    first, second = w.processes
    return first, second


def test_d4_x1_what_two_bots_are_asked_and_told_to_do_is_done_once(w: World, two: tuple[Process, Process]) -> None:
    w.slack.order("limits", enabled=False)
    everybody(
        w,
        {f"ec2 stop {id_}": CHANNELS[n % 2] for n, id_ in enumerate(IDS)} | dict.fromkeys(("help", "ec2 list"), "ops"),
    )
    cards = within(30, lambda: questions(w, len(IDS)), lambda: picture(w))
    with ThreadPoolExecutor(15) as people:
        list(people.map(lambda card: w.click(card, "confirm"), 3 * cards))
    within(60, lambda: settled(w) and w.states(IDS) == {"stopped"}, lambda: picture(w))
    stops = [run for run in w.runs() if run.plan]
    assert Counter(run.state for run in stops) == {State.DONE: len(IDS)}, picture(w)
    assert w.sent() == len(IDS), picture(w)
    assert len(questions(w)) == 0
    seen = w.messages(*CHANNELS)
    assert sum(not each.get("ephemeral_to") for each in seen) == len(IDS) + 1, "a card for each stop, and the list"
    owners = {run.owner for run in w.runs()}
    assert owners <= {each.owner for each in two}


@pytest.mark.slow
def test_x1_two_who_stop_one_machine_at_once_stop_it_once(w: World, two: tuple[Process, Process]) -> None:
    everybody(w, {f"ec2 stop {IDS[0]}": "ops", f"ec2 stop {IDS[0]} {IDS[1]}": "dev"})
    cards = within(30, lambda: questions(w, 2), lambda: picture(w))
    w.aws.fault("slow", "StopInstances", times=2, seconds=2)
    with ThreadPoolExecutor(2) as people:
        list(people.map(lambda card: w.click(card, "confirm"), cards))
    within(60, lambda: settled(w) and w.sent() == 1 and "stopped" in w.states(IDS[:2]), lambda: picture(w))
    assert w.sent() == 1, picture(w)


@pytest.mark.slow
def test_u2_the_one_that_works_is_killed_in_the_middle_and_the_other_finishes(
    w: World, two: tuple[Process, Process]
) -> None:
    w.aws.fault("slow", "StopInstances", seconds=1)
    confirmed(w)
    within(10, w.sent, lambda: picture(w))
    kill_one(w, two, dies="the one that works")
    finished_by_the_other(w, "sent and unanswered")


@pytest.mark.slow
@pytest.mark.parametrize("step", [each for each in EVERY if "confirmed, " not in each or "5" in each])
def test_u2_a_kill_at_every_step_is_finished_by_the_other(w: World, two: tuple[Process, Process], step: str) -> None:
    EVERY[step](w)
    kill_one(w, two, dies="the one that works")
    w.slack.order("fault", kind="clear")
    finished_by_the_other(w, step)


@pytest.mark.slow
@pytest.mark.parametrize("step", ["acknowledged", "card shown", "confirmed, 50 ms", "stopping"])
def test_u2_a_kill_of_the_idle_one_changes_nothing(w: World, two: tuple[Process, Process], step: str) -> None:
    EVERY[step](w)
    kill_one(w, two, dies="the other")
    finished_by_the_other(w, step)


@pytest.mark.slow
def test_d4_many_people_and_a_kill_in_the_middle_of_it(w: World, two: tuple[Process, Process]) -> None:
    """Whatever the one that died had acknowledged is told; what it had not was never taken."""
    w.slack.order("limits", enabled=False)
    w.aws.fault("slow", "DescribeInstances", times=400, seconds=0.5)
    with ThreadPoolExecutor(40) as people:
        asked = [people.submit(w.slack.command, "ec2 list", channel=CHANNELS[n % 4]) for n in range(40)]
        time.sleep(0.3)
        two[0].kill()
        acked = [each.result()["outcome"] for each in asked].count("acked")
    within(SECONDS, lambda: all(run.state in ENDED for run in w.runs()) and not w.untold(), lambda: picture(w))
    assert acked <= len(w.runs()) <= 40
    assert w.sent("DescribeInstances") <= 40


REPORT = """\
  - id: the-report
    actions: [ec2:DescribeInstances]
    who: {reports: [every-minute]}
    accounts: [dev]
reports:
  every-minute: {schedule: "* * * * *", channel: C0DEV00002, command: ec2 list}
"""
MINUTES = 3


@pytest.fixture
def unmade(w: World, postgres: Cluster) -> Iterator[World]:
    """A database without tables, and a report every minute."""
    w.afresh()
    before = w.url
    w.use(postgres.url(), BOT_YML.rstrip() + "\n" + REPORT)
    yield w
    w.use(before, BOT_YML)


@pytest.mark.slow
def test_s2_two_bots_that_start_at_once_run_each_moment_of_a_report_once_and_either_may_die(unmade: World) -> None:
    w = unmade
    first, second = w.launch(), w.launch()
    within(60, lambda: w.slack.connections() == 2, w.said)
    within(70, w.runs, w.said)
    first.kill()
    w.start()
    within(70, lambda: len(w.runs()) == 2, w.said)
    second.kill()
    within(60 * MINUTES, lambda: len(w.runs()) > MINUTES and settled(w), lambda: picture(w))
    moments = [run.scheduled_for for run in w.runs()]
    assert moments == [moments[0] + 60 * n for n in range(len(moments))], "none missed, none twice"
    assert {run.state for run in w.runs()} == {State.DONE}
    assert len(w.messages("dev")) == len(moments)


def everybody(w: World, asks: dict[str, str]) -> None:
    """Let all commands be typed at once, each in its channel."""
    with ThreadPoolExecutor(len(asks)) as people:
        found = list(people.map(lambda text: w.slack.command(text, channel=asks[text]), asks))
    assert [each["outcome"] for each in found] == ["acked"] * len(asks)


def questions(w: World, how_many: int = 0) -> list[Message]:
    """The cards that ask, once there are so many."""
    found = [each for each in w.messages(*CHANNELS) if "confirm" in buttons(each)]
    return found if len(found) >= how_many else []


def kill_one(w: World, two: tuple[Process, Process], *, dies: str) -> None:
    """SIGKILL one of the two: whichever has the run in its hands (or had it last), or the one that has not."""
    owner = next((run.owner for run in w.runs() if run.state in OWNED or run.owner), two[0].owner)
    works = w.process_of(owner)
    other = next(each for each in two if each is not works)
    (works if dies == "the one that works" else other).kill()


def still(w: World) -> bool:
    """Whether all is settled and stays so: the survivor may be at work on a click that shows nothing yet."""
    if not settled(w):
        return False
    time.sleep(1.5)
    return settled(w)


def finished_by_the_other(w: World, step: str) -> None:
    began = time.monotonic()
    within(SECONDS, lambda: still(w), lambda: picture(w))
    truthful(w, step)
    print(f"\n{step}: true {time.monotonic() - began:.1f} s after the kill; {outcome(w)}")  # noqa: T201 - the figure
    within(20, lambda: w.slack.connections() == 1)
    if open_question(w) or w.runs():
        carried_on(w)
