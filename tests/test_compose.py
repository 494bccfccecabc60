"""The bot put together, started where something is wrong, and ended: always in words, never for ever."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import compose
from bot import running as bot_running
from bot.config.settings import Settings
from bot.errors import OperatorError
from bot.sandbox.demo import BOT_YML
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN
from bot.slack.calls import SlackCalls, web_client
from bot.store.runs import Run, State
from bot.terminal.health import health
from tests.proofs.world import World, buttons, within, world
from tests.sandbox.slack_wire import Wire, until
from tests.whole import running

NOWHERE = "http://127.0.0.1:9/api/"


@pytest.fixture(scope="module")
def one_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("compose"), speed=20) as made:
        yield made


@pytest.fixture
def w(one_world: World) -> Iterator[World]:
    """The world without faults, and without bots once the test is over, however it ended."""
    yield one_world
    one_world.slack.order("fault", kind="clear")
    one_world.aws.control("clear", {})
    one_world.kill()


def settings(directory: Path, slack: SlackServer, bot_token: str = BOT_TOKEN, app_token: str = APP_TOKEN) -> Settings:
    (directory / "bot.yml").write_text(BOT_YML)
    return Settings(
        bot_token=SecretStr(bot_token),
        app_token=SecretStr(app_token),
        config=directory / "bot.yml",
        database_url=f"sqlite:///{directory}/bot.db",
        slack_api_url=slack.api_url,
        aws_endpoint_url=NOWHERE,
    )


# ── started where something is wrong ──


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "SLACK_BOT_TOKEN"), ({"SLACK_APP_TOKEN": "xapp-wrong"}, "SLACK_APP_TOKEN")],
)
def test_a_wrong_token_is_a_sentence_and_an_exit_code(w: World, wrong: dict[str, str], named: str) -> None:
    process = w.launch(**wrong)
    assert process.ended(60) == 2
    assert named in process.said
    assert "Traceback" not in process.said
    assert not any(token in process.said for token in wrong.values())


def test_a_bot_that_cannot_reach_slack_says_so_goes_on_and_can_be_ended(w: World) -> None:
    process = w.launch("--slack-api-url", NOWHERE)
    within(60, lambda: "Trying again" in process.said, lambda: process.said)
    process.ask_to_end()
    assert process.ended(40) == 130
    assert "Traceback" not in process.said


def test_a_bot_that_waits_for_slacks_hello_can_be_ended(w: World) -> None:
    w.slack.order("fault", kind="api_500", method="apps.connections.open", times=None)
    process = w.launch()
    within(60, lambda: "no connection to Slack" in process.said, lambda: process.said)
    process.ask_to_end()
    assert process.ended(40) == 0
    assert "Traceback" not in process.said
    w.slack.order("fault", kind="clear")


def test_a_bot_started_while_slack_is_away_connects_when_it_is_back(w: World) -> None:
    w.slack.order("fault", kind="down", seconds=2)
    w.start()
    w.kill()


def test_a_wrong_bot_token_is_said_by_name(tmp_path: Path) -> None:
    with SlackServer() as slack, pytest.raises(OperatorError, match="SLACK_BOT_TOKEN"):
        compose.on_slack(settings(tmp_path, slack, bot_token="xoxb-wrong"))


def test_a_wrong_app_token_ends_the_start_and_leaves_nothing_running(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with SlackServer() as slack:
        bot = compose.on_slack(settings(tmp_path, slack, app_token="xapp-wrong"))
        with pytest.raises(OperatorError, match="SLACK_APP_TOKEN"):
            bot.start()
        assert bot.processes.alive(time.time()) == {}
    until(lambda: set(threading.enumerate()) <= before)


def test_slack_is_tried_for_a_while_and_then_the_way_out_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    calls = SlackCalls(web_client(BOT_TOKEN, NOWHERE))
    with pytest.raises(OperatorError, match="could not be reached"):
        compose.identity(calls, (0.01, 0.01))
    assert caplog.text.count("Trying again") == 2


def test_slack_in_passing_trouble_is_asked_again() -> None:
    with SlackServer() as slack:
        wire = Wire(slack)
        wire.order("fault", kind="api_500", method="auth.test")
        who = compose.identity(SlackCalls(web_client(BOT_TOKEN, slack.api_url)), (0.01, 0.01))
        assert who["team_id"] == "T0TIDEWATR"


def test_a_malformed_bot_yml_locks_the_bot_and_says_each_mistake(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bot.yml").write_text("rules: nothing\naccount: none\n")
    found = compose.law(Settings(config=tmp_path / "bot.yml"))
    assert found.locked
    assert len(found.problems) == len(caplog.records) >= 2


# ── how it is ──


def test_health_follows_the_connection_the_token_and_the_allowlist(tmp_path: Path) -> None:
    with running(tmp_path) as whole:
        bot = whole.bot
        assert bot.facts()["ready"]
        bot.teller.dead_token = "token_revoked"
        assert bot.facts()["why"] == ["token_revoked"]
        bot.teller.dead_token = ""
        whole.slack.order("fault", kind="down", seconds=4)
        until(lambda: not bot.facts()["ready"])
        assert "not connected" in bot.facts()["why"][0]
        assert bot.facts()["live"]
        until(lambda: bot.facts()["ready"], 30)
        bot.beat()
        assert health(bot.database.url, live=False) == 0
        assert bot.desk.pulse.slack()["Slack"] == "connected"


def test_health_turns_red_when_the_workers_are_stuck(tmp_path: Path) -> None:
    with running(tmp_path) as whole:
        bot = whole.bot
        bot.clock.pause()
        bot.desk.runs.receive(_run(bot, "stuck", State.RECEIVED, bot.desk.owner, time.time() - 301), "")
        bot.beat()
        assert health(bot.database.url, live=True) == 1
        assert "in hand" in bot.facts()["why"][0]


def test_what_another_process_or_a_person_holds_up_is_not_stuck(tmp_path: Path) -> None:
    with running(tmp_path) as whole:
        bot = whole.bot
        bot.clock.pause()
        long_ago = time.time() - 1000
        bot.desk.runs.receive(_run(bot, "theirs", State.RECEIVED, "other", long_ago), "")
        bot.desk.runs.receive(_run(bot, "question", State.ASKED, bot.desk.owner, long_ago), "")
        assert bot.facts()["live"]


def _run(bot: compose.Bot, id_: str, state: State, owner: str, at: float) -> Run:
    return Run(id_, state, owner=owner, user="U0ANA00001", created_at=at, due_at=4e9, account="dev", region="eu-west-1")


def test_l4_a_revoked_token_turns_readiness_red_with_nobody_asking_anything(tmp_path: Path) -> None:
    with running(tmp_path) as whole:
        whole.slack.order("fault", kind="api_error", method="auth.test", error="token_revoked", times=None)
        (look,) = [job for job in whole.bot.clock.get_jobs() if job.func == whole.bot.teller.check_token]
        look.func()
        assert not whole.bot.facts()["ready"]
        assert "token_revoked" in whole.bot.facts()["why"][0]


def test_the_last_errors_are_kept_for_status_in_one_line_each(tmp_path: Path) -> None:
    with running(tmp_path) as whole:
        logging.getLogger("bot.somewhere").error("It broke\nand this is the traceback")
        assert "It broke" in whole.bot.desk.pulse.errors[-1]
        assert "traceback" not in whole.bot.desk.pulse.errors[-1]
        compose._remember_errors(whole.bot.desk)
        logging.getLogger("bot.somewhere").error("once")
        assert [line for line in whole.bot.desk.pulse.errors if "once" in line] == [whole.bot.desk.pulse.errors[-1]]


def test_what_is_old_is_forgotten(tmp_path: Path) -> None:
    with running(tmp_path) as whole:
        bot = whole.bot
        bot.desk.runs.receive(_run(bot, "old", State.CANCELLED, "", time.time() - 40 * 86_400), "")
        bot.prune()
        assert bot.desk.runs.get("old") is None


# ── ended ──


def test_l7_a_signal_lets_a_slow_change_finish_and_the_next_start_tells_it(w: World) -> None:
    w.afresh()
    process = w.start()
    w.slack.command("ec2 stop name=web-1")
    card = within(60, lambda: next((each for each in w.messages("ops") if "confirm" in buttons(each)), None), w.said)
    w.aws.fault("slow", "StopInstances", seconds=3)
    w.click(card, "confirm")
    within(60, w.sent)
    process.ask_to_end()
    assert process.ended(40) == 0
    (run,) = w.runs()
    assert run.state is State.FOLLOWING
    w.start()
    within(30, lambda: "stopped" in w.messages("ops")[0]["text"], w.said)
    assert w.sent() == 1
    assert len(w.messages()) == 1
    w.kill()


def test_an_end_does_not_wait_for_a_worker_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot_running, "END_SECONDS", 1.0)
    go = threading.Event()
    with SlackServer() as slack:
        bot = compose.on_slack(settings(tmp_path, slack))
        bot.start()
        assert bot.engine.pool.reserve()
        bot.engine.pool.submit(go.wait, 30)
        began = time.monotonic()
        assert not bot.stop()
        assert time.monotonic() - began < 15
        go.set()
        until(lambda: not [each for each in threading.enumerate() if each.name.startswith("worker")])


def test_a_bot_that_drains_beats_on(tmp_path: Path) -> None:
    go = threading.Event()
    with SlackServer() as slack:
        bot = compose.on_slack(settings(tmp_path, slack))
        bot.start()
        assert bot.engine.pool.reserve()
        bot.engine.pool.submit(go.wait, 30)
        ending = threading.Thread(target=bot.stop)
        ending.start()
        seen = _seen(tmp_path)
        until(lambda: _seen(tmp_path) > seen)
        go.set()
        ending.join(30)
        assert _seen(tmp_path) == 0


def _seen(directory: Path) -> float:
    with closing(sqlite3.connect(directory / "bot.db")) as store:
        return float(store.execute("select coalesce(max(seen_at), 0) from processes").fetchone()[0])


# ── two bots, one store ──


def test_two_bots_on_one_store_and_one_slack_do_everything_once(w: World) -> None:
    w.afresh()
    w.start()
    w.start()
    names = ("web-1", "web-2", "api-1", "worker-1", "batch-1", "web-fleet")
    w.slack.order("fault", kind="deliver_twice", times=2 * len(names))
    for name in names:
        assert w.slack.command(f"ec2 stop name={name}")["outcome"] == "acked"
    within(30, lambda: len(w.messages("ops")) == len(names), w.said)
    for card in w.messages("ops"):
        assert w.click(card, "confirm")["outcome"] == "acked"
    within(40, lambda: all("stopped" in each["text"] for each in w.messages("ops")), w.said)
    assert w.sent() == len(names)
    assert len(w.messages()) == len(names)
    assert len(w.runs()) == len(names)
    took = {each["connection"] for each in w.slack.log("envelope")}
    assert len(took) == 2, "one bot was given all of it: nothing was shown"
    w.kill()


@pytest.mark.slow
def test_a_secret_answer_is_told_by_the_process_that_holds_it(w: World) -> None:
    w.afresh()
    w.start()
    w.start()
    for _ in range(4):
        w.slack.command("ec2 console name=web-1")
    told = within(30, lambda: found if len(found := w.messages()) == 4 else None, w.said)
    assert all("not kept" not in each["text"] for each in told)
    w.kill()
