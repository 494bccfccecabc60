"""What Slack is told of a run: once, in order, where it can be read, and at last even if Slack was away for long.

The Slack is the local one over HTTP, the store a SQLite file; one clock, turned by hand, is Slack's and the bot's.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.command import Call, Plan, Resource
from bot.compose import desk as composed
from bot.config.load import load
from bot.config.settings import Settings
from bot.reply import Reply, text, to_json
from bot.road.desk import Desk, Law
from bot.sandbox.demo import BOT_YML
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import BOT_TOKEN, BOT_USER
from bot.slack.calls import SlackCalls, web_client
from bot.slack.response_urls import URL_SECONDS, ResponseUrls
from bot.slack.telling import Teller
from bot.store.database import Database, new_id
from bot.store.outbox import Telling
from bot.store.runs import Run, State, plan_json
from bot.terminal.shell import Terminal
from tests.migrated import store_at
from tests.sandbox.slack_wire import Clock, Wire, until

ANA = "U0ANA00001"
OPS = "C0OPS00001"
ANAS = "D0ANA00001"
WEB = Resource("i-0a1b2c3d4e5f60001", "web-1", "running", {"env": "dev"})
PLAN = plan_json(Plan("stop web-1", (Call("ec2:StopInstances", {"InstanceIds": [WEB.id]}, (WEB.id,)),), (WEB,)))


class Edge:
    """A teller between a store and a local Slack; nothing is told until `tell`."""

    def __init__(self, server: SlackServer, clock: Clock, desk: Desk) -> None:
        self.slack = Wire(server)
        self.clock = clock
        self.desk = desk
        self.teller = Teller(desk, SlackCalls(web_client(BOT_TOKEN, server.api_url)))

    def asked(self, words: str = "", **more: Any) -> Run:
        """A run that something is to be told of: an answer of these words, or a question where there are none."""
        about: dict[str, Any] = {"team": "T0TIDEWATR", "user": ANA, "channel": OPS, "owner": self.desk.owner}
        about |= {"created_at": self.clock(), "ended_at": self.clock(), "account": "dev", "region": "eu-west-1"}
        told = {"reply": to_json(Reply(words, sign="ok"))} if words else {"plan": PLAN, "action": "ec2 stop web-1"}
        run = Run(**{"id": new_id(), "state": State.DONE if words else State.ASKED, **about, **told, **more})
        assert self.desk.runs.receive(run, "")
        self.desk.tell(run)
        return run

    def answer(self, run: Run, words: str) -> None:
        """The run has something newer to tell."""
        self.desk.runs.note(run, reply=to_json(Reply(words, sign="ok")))
        self.desk.tell(run)

    def tell(self, seconds: float = 0.0) -> None:
        """Turn the clock, sweep the outbox once, and wait until nothing is under way."""
        self.clock.time += seconds
        self.teller.sweep()
        until(lambda: not self.teller._lanes._names)

    def row(self, run: Run) -> Telling:
        row = self.desk.outbox.get(run.id)
        assert row is not None
        return row

    def told(self, channel: str = "ops") -> list[str]:
        """Everything that stands in a channel from the bot, each with the words of its blocks."""
        return [f"{each['text']} {each['blocks']}" for each in self.messages(channel)]

    def messages(self, channel: str = "ops") -> list[dict[str, Any]]:
        return [each for each in self.slack.messages(channel) if each["user"] == BOT_USER]

    def calls(self, *methods: str) -> list[dict[str, Any]]:
        return [each for each in self.slack.log("api") if not methods or each["method"] in methods]

    def fault(self, kind: str, method: str = "*", **more: Any) -> None:
        assert self.slack.order("fault", kind=kind, method=method, **more)["ok"]

    def mended(self) -> None:
        self.slack.order("fault", kind="clear")

    def typed(self) -> str:
        """A response_url, as a slash command bears it."""
        self.slack.command("help", wait=False)
        url: str = until(lambda: self.slack.log("envelope", "dispatch_failed"))[-1]["payload"]["response_url"]
        return url


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    clock = Clock()
    (tmp_path / "bot.yml").write_text(BOT_YML)
    database = store_at(tmp_path / "bot.db")
    with SlackServer(now=clock) as server:
        made = composed(Settings(), database, Terminal("root"), Law(load(tmp_path / "bot.yml")))
        made.now = clock
        edge = Edge(server, clock, made)
        yield edge
        assert edge.teller.close()
        made.gateway.close()
        database.close()


# ── one message a run ──


def test_a_run_is_one_message_that_is_edited_in_place(edge: Edge) -> None:
    run = edge.asked()
    edge.tell()
    (question,) = edge.messages()
    assert "web-1" in question["text"]
    edge.answer(run, "web-1 stopped")
    edge.tell()
    (card,) = edge.messages()
    assert card["ts"] == question["ts"]
    assert "web-1 stopped" in card["text"]


def test_what_was_told_is_not_told_again(edge: Edge) -> None:
    edge.asked("3 instances")
    for _ in range(5):
        edge.tell(60)
    assert len(edge.calls("chat.postMessage")) == 1


def test_marks_made_while_nothing_was_told_become_one_message(edge: Edge) -> None:
    run = edge.asked()
    for n in range(5):
        edge.answer(run, f"step {n}")
    edge.tell()
    assert len(edge.told()) == len(edge.calls()) == 1
    assert "step 4" in edge.told()[0]


def test_what_becomes_newer_while_it_is_told_is_told_as_well(edge: Edge) -> None:
    run = edge.asked("first")
    row = edge.desk.outbox.claim(edge.row(run), edge.clock())
    assert row
    edge.answer(run, "second")
    edge.teller.send(row)
    edge.answer(run, "third")
    edge.tell()
    assert "third" in edge.told()[0]


def test_the_teller_works_by_itself_when_it_is_woken(edge: Edge) -> None:
    edge.desk.wake = edge.teller.wake
    edge.teller.start()
    edge.asked("3 instances")
    until(edge.told)


def test_a_run_that_was_forgotten_is_not_told(edge: Edge) -> None:
    edge.desk.outbox.mark("gone", 0, edge.clock())
    edge.tell()
    assert edge.desk.outbox.waiting() == 0
    edge.desk.outbox.mark("gone", 0, edge.clock())
    row = edge.desk.outbox.get("gone")
    assert row
    edge.teller.send(row)
    assert edge.desk.outbox.waiting() == 0


def test_a_card_that_cannot_be_drawn_is_logged_and_tried_later(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    run = edge.asked(plan="{")
    edge.tell()
    assert "could not be told" in caplog.text
    edge.answer(run, "mended")
    edge.tell(5)
    assert not edge.told()
    edge.tell(6)
    assert "mended" in edge.told()[0]


def test_an_outbox_that_cannot_be_read_does_not_end_the_teller(
    edge: Edge, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken.db").write_bytes(b"this is no database, and long enough to be taken for one" * 100)
    database = edge.desk.outbox._database
    good, database.engine = database.engine, Database(f"sqlite:///{tmp_path}/broken.db").engine
    edge.teller.start()
    until(lambda: "could not be read" in caplog.text)
    database.engine.dispose()
    database.engine = good
    edge.asked("3 instances")
    until(edge.told)


# ── a second process ──


def test_a_new_answer_is_left_to_the_process_that_took_the_command(edge: Edge) -> None:
    edge.asked("3 instances", owner="other")
    edge.tell()
    edge.tell(2)
    assert not edge.told()
    edge.tell(1.1)
    assert edge.told()


def test_a_row_somebody_else_has_in_hand_is_left_alone(edge: Edge) -> None:
    run = edge.asked("3 instances")
    assert edge.desk.outbox.claim(edge.row(run), edge.clock())
    edge.teller._take(replace(edge.row(run), claimed_until=0.0), OPS, 0.0)
    edge.tell()
    assert not edge.told()


def test_a_post_whose_process_died_is_made_again_and_says_so(edge: Edge) -> None:
    run = edge.asked("3 instances")
    assert edge.desk.outbox.claim(edge.row(run), edge.clock())
    edge.tell(31)
    assert "Sent again" in edge.told()[0]


def test_a_card_is_found_by_a_click_on_it(edge: Edge) -> None:
    run = edge.asked()
    edge.tell()
    row = edge.row(run)
    edge.desk.outbox.release(row, channel="", ts="", told=0)
    edge.teller.adopt(run.id, row.channel, row.ts)
    edge.answer(run, "stopped")
    edge.tell()
    assert len(edge.told()) == 1
    assert "stopped" in edge.told()[0]


def test_a_click_does_not_move_a_card_that_is_known(edge: Edge) -> None:
    run = edge.asked()
    edge.tell()
    before = edge.row(run)
    edge.teller.adopt(run.id, "C0DEV00002", "1.1")
    edge.teller.adopt("nobody", "C0DEV00002", "1.1")
    assert edge.row(run) == before


def test_what_waits_behind_a_slow_message_is_not_claimed_and_not_told_twice(edge: Edge) -> None:
    go = threading.Event()
    edge.teller._lanes.put(OPS, "slow", lambda: go.wait(10) and None)
    runs = [edge.asked(f"answer {n}") for n in range(3)]
    for _ in range(4):
        edge.clock.time += 60
        edge.teller.sweep()
    assert all(not edge.row(run).claimed_until for run in runs)
    go.set()
    until(lambda: not edge.teller._lanes._names)
    assert len(edge.told()) == 3
    assert "Sent again" not in str(edge.told())


# ── Slack is away ──


def test_ten_minutes_without_slack_lose_nothing_and_tell_nothing_twice(edge: Edge) -> None:
    question, answer = edge.asked(), edge.asked("3 instances")
    edge.tell()
    edge.fault("down")
    edge.clock.time += 1
    stopped = edge.desk.move(question, State.CANCELLED, why="web-1 stopped meanwhile")
    assert stopped
    other = edge.asked("asked while Slack was away", channel="C0DEV00002")
    for _ in range(120):
        edge.tell(5)
    assert edge.row(question).attempts < 60  # growing pauses, no storm
    edge.mended()
    before = len(edge.calls())
    for _ in range(4):
        edge.tell(5)
    assert len(edge.calls()) - before == 2
    answered, card = edge.told()
    assert "While Slack was away" in card
    assert "cancelled" in card
    assert "3 instances" in answered
    (late,) = edge.told("dev")
    assert "asked while Slack was away" in late
    assert "While Slack was away" in late
    assert [edge.row(run).failed_since for run in (question, answer, other)] == [0, 0, 0]


def test_a_moment_without_slack_is_not_worth_a_line(edge: Edge) -> None:
    edge.asked("3 instances")
    edge.fault("api_error", "chat.postMessage", error="service_unavailable")
    edge.tell()
    assert not edge.told()
    edge.tell(0.6)
    assert "While Slack was away" not in edge.told()[0]


@pytest.mark.parametrize("kind", ["api_429", "api_500", "api_hang_after"])
def test_o10_an_edit_that_fails_in_passing_makes_no_second_copy(edge: Edge, kind: str) -> None:
    run = edge.asked()
    edge.tell()
    edge.answer(run, "web-1 stopped")
    edge.fault(kind, "chat.update", times=3, retry_after=2)
    for _ in range(12):
        edge.tell(2)
    assert len(edge.calls("chat.postMessage")) == 1
    assert len(edge.calls("chat.update")) == 4
    (card,) = edge.told()
    assert "web-1 stopped" in card
    assert "Sent again" not in card


def test_a_post_whose_answer_was_lost_is_told_again_once_and_says_so(edge: Edge) -> None:
    run = edge.asked()
    edge.fault("api_hang_after", "chat.postMessage")
    edge.tell()
    assert edge.row(run).doubtful
    for _ in range(5):
        edge.tell(5)
    first, second = edge.told()
    assert "Sent again" in second
    assert "Sent again" not in first
    edge.answer(run, "web-1 stopped")
    edge.tell()
    assert "web-1 stopped" in edge.told()[1]
    assert "Sent again" not in edge.told()[1]


def test_a_post_that_slack_refused_is_not_called_a_second_copy(edge: Edge) -> None:
    edge.asked("3 instances")
    edge.fault("api_error", "chat.postMessage", error="service_unavailable")
    for _ in range(3):
        edge.tell(5)
    assert "Sent again" not in edge.told()[0]


# ── Retry-After ──


def test_a_retry_after_is_waited_for_and_the_order_stays(edge: Edge) -> None:
    runs = [edge.asked(f"answer {n}") for n in range(5)]
    edge.fault("api_429", "chat.postMessage", retry_after=30)
    edge.tell()
    assert len(edge.calls("chat.postMessage")) == 1
    for _ in range(28):
        edge.tell(1)
    assert len(edge.calls("chat.postMessage")) == 1  # nothing is tried while Slack said to wait
    edge.tell(2)
    assert [words.split()[2] for words in edge.told()] == ["0", "1", "2", "3", "4"]
    assert all(edge.row(run).attempts == 0 for run in runs)


def test_a_retry_after_of_one_channel_holds_up_no_other(edge: Edge) -> None:
    edge.fault("api_429", "chat.postMessage", retry_after=30)
    edge.asked("held up")
    edge.tell()
    edge.asked("at once", channel="C0DEV00002")
    edge.tell()
    assert not edge.told()
    assert "at once" in edge.told("dev")[0]


def test_a_retry_after_of_a_direct_message_holds_up_no_channel(edge: Edge) -> None:
    edge.fault("api_429", "chat.postMessage", retry_after=30)
    edge.asked("for ana", audience="asker")
    edge.tell()
    edge.asked("for all")
    edge.tell()
    assert "for all" in edge.told()[0]
    assert not edge.told(ANAS)


def test_o3_more_than_a_channel_takes_goes_out_in_order_and_slack_refuses_none(edge: Edge) -> None:
    for n in range(30):
        edge.asked(f"answer {n}")
    for _ in range(30):
        edge.tell(1)
    assert [int(words.split()[2]) for words in edge.told()] == list(range(30))
    assert all(each["ok"] for each in edge.calls())


def test_final_edits_go_before_progress(edge: Edge) -> None:
    runs = [edge.asked(channel=channel) for channel in (OPS, "C0DEV00002", "G0SECRET04") for _ in range(8)]
    for _ in range(3):
        edge.tell(1)
    for run in runs:
        edge.desk.runs.note(run, state=State.FOLLOWING)
        edge.desk.tell(replace(run, state=State.FOLLOWING))
    edge.tell()
    assert len(edge.calls("chat.update")) == 15
    edge.desk.runs.note(runs[-1], state=State.CANCELLED, why="the last one ended")
    edge.desk.tell(replace(runs[-1], state=State.CANCELLED))
    edge.tell()
    assert "the last one ended" in str(edge.told("secret-ops"))


# ── where Slack does not want it ──


@pytest.mark.parametrize(
    ("channel", "error"),
    [("C0RANDOM03", "not_in_channel"), ("G0BOARD005", "channel_not_found"), ("C0NOWHERE9", "channel_not_found")],
)
def test_o2_a_question_in_a_closed_place_is_withdrawn_and_the_asker_told(edge: Edge, channel: str, error: str) -> None:
    run = edge.asked(channel=channel)
    edge.tell()
    edge.tell()
    found = edge.desk.runs.get(run.id)
    assert found
    assert found.state is State.REFUSED
    assert error in edge.told(ANAS)[0]
    assert "confirm" not in edge.told(ANAS)[0]


def test_an_answer_in_a_closed_place_goes_to_the_asker(edge: Edge) -> None:
    edge.asked("3 instances", channel="C0RANDOM03")
    edge.tell()
    edge.tell()
    assert "3 instances" in edge.told(ANAS)[0]


@pytest.mark.parametrize("change", [{"is_archived": True}, {"bot_is_member": False}])
def test_a_card_in_a_place_that_was_closed_is_finished_in_a_direct_message(edge: Edge, change: dict[str, bool]) -> None:
    run = edge.asked(channel="G0SECRET04")
    edge.tell()
    if change.get("is_archived"):
        edge.fault("api_error", "chat.update", error="is_archived")
    else:
        edge.fault("api_error", "chat.update", error="channel_not_found")
    edge.answer(run, "web-1 stopped")
    edge.tell()
    edge.tell()
    assert "web-1 stopped" in edge.told(ANAS)[0]


def test_who_cannot_be_written_to_is_given_up_until_there_is_something_new(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    run = edge.asked("3 instances", audience="asker", user="U0NOBODY99")
    edge.tell()
    for _ in range(5):
        edge.tell(60)
    assert len(edge.calls()) == 1
    assert edge.row(run).gave_up == "channel_not_found"
    assert "cannot be told" in caplog.text
    edge.answer(run, "4 instances")
    edge.tell()
    assert len(edge.calls()) == 2


@pytest.mark.parametrize("error", ["message_not_found", "cant_update_message", "edit_window_closed"])
def test_a_card_that_was_deleted_is_posted_anew(edge: Edge, error: str) -> None:
    run = edge.asked()
    edge.tell()
    edge.answer(run, "web-1 stopped")
    edge.fault("api_error", "chat.update", error=error)
    edge.tell()
    edge.tell()
    assert "web-1 stopped" in edge.told()[-1]
    assert len(edge.calls("chat.postMessage")) == 2


def test_a_block_slack_does_not_know_is_sent_plainer(edge: Edge) -> None:
    edge.asked()
    edge.fault("api_error", "chat.postMessage", error="invalid_blocks")
    edge.tell()
    (card,) = edge.messages()
    assert {"section", "actions"} <= {block["type"] for block in card["blocks"]}
    assert "rich_text" not in str(card["blocks"])


def test_where_no_block_is_taken_the_text_goes_alone(edge: Edge) -> None:
    edge.asked("3 instances")
    edge.fault("api_error", "chat.postMessage", error="invalid_blocks", times=2)
    edge.tell()
    (card,) = edge.messages()
    assert card["blocks"] == []
    assert "3 instances" in card["text"]


# ── the token ──


@pytest.mark.parametrize("error", ["token_revoked", "token_expired", "invalid_auth", "account_inactive"])
def test_a_dead_token_is_noticed_and_forgotten_when_it_lives_again(edge: Edge, error: str) -> None:
    edge.asked("3 instances")
    edge.fault("api_error", "chat.postMessage", error=error, times=2)
    edge.tell()
    assert error in edge.teller.dead_token
    edge.tell(1)
    assert error in edge.teller.dead_token
    edge.tell(5)
    assert edge.told()
    assert edge.teller.dead_token == ""


def test_a_dead_token_is_noticed_with_nothing_to_tell(edge: Edge) -> None:
    edge.teller.check_token()
    assert edge.teller.dead_token == ""
    edge.fault("api_error", "auth.test", error="token_revoked")
    edge.teller.check_token()
    assert "token_revoked" in edge.teller.dead_token
    edge.fault("api_500", "auth.test")
    edge.teller.check_token()
    assert "token_revoked" in edge.teller.dead_token  # Slack in trouble proves neither
    edge.teller.check_token()
    assert edge.teller.dead_token == ""


def test_an_answer_that_needs_no_token_does_not_call_it_living(edge: Edge) -> None:
    edge.teller.dead_token = "dead"
    run = edge.asked("for ana", audience="asker")
    edge.teller.urls.keep(run.id, edge.typed())
    edge.tell()
    assert edge.row(run).told
    assert edge.teller.dead_token == "dead"


# ── to the asker alone ──


def test_a_private_answer_goes_by_its_response_url(edge: Edge) -> None:
    run = edge.asked("for ana", audience="asker", channel="C0RANDOM03")
    edge.teller.urls.keep(run.id, edge.typed())
    edge.tell()
    (answer,) = edge.messages()
    assert answer["ephemeral_to"] == ANA
    assert not edge.calls()
    assert edge.teller.urls.of(run.id) == ""


def test_a_response_url_that_is_used_up_leaves_the_direct_message(edge: Edge) -> None:
    run = edge.asked("for ana", audience="asker")
    edge.teller.urls.keep(run.id, edge.typed())
    edge.fault("api_error", "response_url", error="expired_url")
    edge.tell()
    assert "for ana" in edge.told(ANAS)[0]


@pytest.mark.parametrize("kind", ["api_429", "api_500", "api_hang_after"])
def test_a_response_url_in_passing_trouble_is_used_again(edge: Edge, kind: str) -> None:
    run = edge.asked("for ana", audience="asker")
    edge.teller.urls.keep(run.id, edge.typed())
    edge.fault(kind, "response_url", retry_after=2)
    edge.tell()
    edge.tell(3)
    assert not edge.told(ANAS)
    expected = {"api_429": [False], "api_500": [True], "api_hang_after": [False, True]}[kind]
    assert ["Sent again" in words for words in edge.told()] == expected


def test_an_old_response_url_is_not_tried(edge: Edge) -> None:
    run = edge.asked("for ana", audience="asker")
    edge.teller.urls.keep(run.id, edge.typed())
    edge.clock.time += URL_SECONDS + 1
    edge.tell()
    assert not edge.slack.log("response_url")
    assert "for ana" in edge.told(ANAS)[0]


def test_a_private_card_is_a_direct_message_with_a_hint_where_it_was_asked(edge: Edge) -> None:
    run = edge.asked(audience="asker")
    edge.teller.urls.keep(run.id, edge.typed())
    edge.tell()
    until(edge.told)
    assert "direct message" in edge.told()[0]
    assert "web-1" not in edge.told()[0]
    edge.answer(run, "web-1 stopped")
    edge.tell()
    assert "web-1 stopped" in edge.told(ANAS)[0]
    assert len(edge.told()) == 1


def test_a_hint_that_slack_does_not_take_is_no_harm(edge: Edge, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    run = edge.asked(audience="asker")
    edge.teller.urls.keep(run.id, edge.typed())
    edge.fault("api_error", "response_url", error="expired_url")
    edge.tell()
    until(lambda: "no hint" in caplog.text)
    assert "web-1" in edge.told(ANAS)[0]


def test_a_private_card_asked_for_in_a_direct_message_needs_no_hint(edge: Edge) -> None:
    run = edge.asked(audience="asker", channel=ANAS)
    edge.teller.urls.keep(run.id, edge.typed())
    edge.tell()
    assert len(edge.told(ANAS)) == 1
    assert not edge.slack.log("response_url")


def test_a_secret_answer_is_told_once_and_never_stored(edge: Edge) -> None:
    run = edge.asked("shown to the asker alone, and not kept", audience="asker")
    edge.desk.secrets[run.id] = Reply("Console of web-1", (text("password: hunter2"),), "ok")
    edge.tell()
    assert "hunter2" in edge.told(ANAS)[0]
    assert not edge.desk.secrets
    assert "hunter2" not in Path(edge.desk.outbox._database.url.removeprefix("sqlite:///")).read_bytes().decode(
        "latin1"
    )


def test_only_the_newest_thousand_response_urls_are_kept(edge: Edge) -> None:
    urls = ResponseUrls(edge.desk)
    for n in range(1001):
        urls.keep(f"r{n}", f"http://127.0.0.1/{n}")
    assert urls.of("r0") == ""
    assert urls.of("r1000") == "http://127.0.0.1/1000"


# ── the end ──


def test_closing_tells_what_can_be_told(edge: Edge) -> None:
    edge.teller.start()
    edge.asked("the last words")
    assert edge.teller.close(5)
    assert "the last words" in edge.told()[0]


def test_closing_does_not_wait_for_a_slack_that_hangs(edge: Edge) -> None:
    edge.teller.start()
    edge.fault("api_slow", "chat.postMessage", seconds=2)
    run = edge.asked("the last words")
    edge.teller.wake()
    until(lambda: edge.row(run).claimed_until)
    assert not edge.teller.close(0.1)
    assert edge.teller._lanes.close(5)
