"""What arrives from Slack: acknowledged before anything else, taken in once, and said where it cannot be.

The whole bot is there, over the wire; payloads that the local Slack does not make are handed to Bolt itself.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from slack_bolt import App, BoltRequest

from bot.road.clicks import Clicks
from bot.sandbox.slack.deliveries import DEADLINE
from bot.sandbox.slack.workspace import BOT_TOKEN, PARTNER_TEAM_ID, TEAM_ID
from bot.slack.calls import web_client
from bot.slack.listeners import Listeners
from bot.store.forms import Forms
from tests.sandbox.slack_wire import until
from tests.whole import Whole, running

ANA = "U0ANA00001"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with running(tmp_path_factory.mktemp("listeners"), deadline=DEADLINE) as whole:
        yield whole


@pytest.fixture
def whole(kept: Whole) -> Iterator[Whole]:
    """One bot for all; each test finds it idle and leaves it so."""
    kept.slack.order("limits", enabled=False)
    kept.bot.teller.pace._buckets.clear()
    yield kept
    kept.slack.order("fault", kind="clear")
    for run in kept.bot.desk.runs.open():
        kept.bot.desk.runs.note(run, state="cancelled")
    kept.aws.control("reset", {})
    until(lambda: not kept.bot.desk.outbox.waiting())


@pytest.fixture
def listeners(whole: Whole) -> Listeners:
    """Listeners of one's own on the same bot, to hand payloads to."""
    return Listeners(Clicks(whole.bot.engine), whole.bot.people, whole.bot.teller, TEAM_ID, Forms(whole.bot.database))


@pytest.fixture
def app(whole: Whole, listeners: Listeners) -> App:
    return listeners.app(web_client(BOT_TOKEN, whole.slack.server.api_url))


def dispatched(app: App, body: dict[str, Any]) -> tuple[int, str]:
    answer = app.dispatch(BoltRequest(body={"team": {"id": TEAM_ID}, "user": {"id": ANA}, **body}, mode="socket_mode"))
    return answer.status, answer.body


def since(whole: Whole, mark: int) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = whole.slack.get(f"/_control/log?since={mark}")["entries"]
    return entries


def mark(whole: Whole) -> int:
    end: int = whole.slack.get("/_control/log")["next"]
    return end


@contextmanager
def full(whole: Whole) -> Iterator[None]:
    """The bot's workers and their queue are taken."""
    taken = 0
    while whole.bot.engine.pool.reserve():
        taken += 1
    try:
        yield
    finally:
        for _ in range(taken):
            whole.bot.engine.pool.release()


@contextmanager
def altered(whole: Whole, sql: str, back: str) -> Iterator[None]:
    path = whole.bot.database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as store:
        store.execute(sql)
        store.commit()
        try:
            yield
        finally:
            store.execute(back)
            store.commit()


# ── the acknowledgement comes first ──


def test_a_command_is_acknowledged_before_slack_or_aws_is_asked_for_anything(whole: Whole) -> None:
    whole.slack.order("fault", kind="api_slow", method="*", seconds=3.5, times=None)
    whole.aws.fault("slow", seconds=3.5)
    start = mark(whole)
    assert whole.slack.command("ec2 list")["outcome"] == "acked"
    kinds = [each["kind"] for each in since(whole, start)]
    assert kinds.index("ack") < (kinds.index("api") if "api" in kinds else len(kinds))
    whole.slack.order("fault", kind="clear")
    until(lambda: not whole.bot.desk.runs.open(), 30)


def test_a_click_is_acknowledged_before_slack_or_aws_is_asked_for_anything(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-1")
    whole.slack.order("fault", kind="api_slow", method="*", seconds=3.5, times=None)
    start = mark(whole)
    assert whole.click("cancel")["outcome"] == "acked"
    kinds = [each["kind"] for each in since(whole, start)]
    assert kinds.index("ack") < (kinds.index("api") if "api" in kinds else len(kinds))
    whole.slack.order("fault", kind="clear")
    whole.until("cancelled", card)


def test_a_full_bot_says_so_in_the_acknowledgement_and_runs_nothing_later(whole: Whole) -> None:
    before = len(whole.bot.desk.audit.rows())
    with full(whole):
        start = mark(whole)
        assert whole.slack.command("ec2 list")["outcome"] == "acked"
    (ack,) = [each for each in since(whole, start) if each["kind"] == "ack"]
    assert "Busy" in ack["payload"]["text"]
    assert not whole.bot.desk.runs.open()
    assert len(whole.bot.desk.audit.rows()) == before


def test_a_full_bot_acknowledges_a_click_and_says_so_after_it(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-1")
    start = mark(whole)
    with full(whole):
        assert whole.click("confirm")["outcome"] == "acked"
    (told,) = until(lambda: [each for each in since(whole, start) if each["kind"] == "response_url"])
    assert "Busy" in told["args"]["text"]
    assert "confirm" in whole.card(card).buttons
    whole.click("cancel")
    whole.until("cancelled", card)


# ── whose payload, and once ──


def test_a_command_of_another_team_is_refused_written_down_and_asks_aws_nothing(whole: Whole) -> None:
    whole.forget_calls()
    seen = whole.stamps()
    assert whole.slack.command("ec2 stop name=web-1", team=PARTNER_TEAM_ID)["outcome"] == "acked"
    answer = whole.next(after=seen)
    assert answer.only_for == ANA
    assert whole.aws_calls(own=True) == []
    assert whole.bot.desk.audit.rows()[-1]["event"] == "refused"


def test_a_click_of_another_team_does_nothing(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-1")
    whole.forget_calls()
    seen = whole.stamps()
    whole.click("confirm", team=PARTNER_TEAM_ID)
    assert whole.next(after=seen).only_for == ANA
    assert whole.aws_calls(own=True) == []
    assert "confirm" in whole.card(card).buttons
    until(lambda: whole.bot.desk.audit.rows()[-1]["event"] == "click refused")  # written after it was said
    whole.click("cancel", card)
    whole.until("cancelled", card)


def test_a_payload_that_names_no_team_is_refused(whole: Whole, app: App) -> None:
    whole.forget_calls()
    body = {"command": "/aws", "text": "ec2 list", "user_id": ANA, "channel_id": "C0OPS00001", "trigger_id": "t1"}
    assert dispatched(app, body)[0] == 200
    until(lambda: whole.bot.desk.audit.rows()[-1]["event"] == "refused")
    assert whole.aws_calls(own=True) == []


def test_a_command_delivered_twice_runs_once(whole: Whole) -> None:
    whole.forget_calls()
    seen = whole.stamps()
    whole.slack.order("fault", kind="deliver_twice")
    assert whole.slack.command("ec2 list state=running")["outcome"] == "acked"
    whole.next(after=seen)
    until(lambda: not whole.bot.desk.runs.open())
    assert whole.aws_calls() == ["ec2:DescribeInstances"]
    assert len(whole.stamps() - seen) == 1


def test_a_confirmation_delivered_twice_stops_once(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-2")
    whole.forget_calls()
    seen = whole.stamps()
    whole.slack.order("fault", kind="deliver_twice")
    assert whole.click("confirm")["outcome"] == "acked"
    whole.until("stopped", card)
    assert whole.aws_calls(changes=True) == ["ec2:StopInstances"]
    assert whole.stamps() == seen


def test_two_clicks_of_one_person_count_once_and_the_second_hears_why(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-2")
    seen = whole.stamps()
    whole.click("confirm")
    whole.click("confirm", force=True)
    assert whole.next(after=seen).only_for == ANA
    whole.until("stopped", card)
    assert whole.aws_calls(changes=True).count("ec2:StopInstances") == 1


# ── what nobody listens to, and what goes wrong ──


def test_what_no_listener_takes_is_acknowledged_all_the_same(whole: Whole, app: App) -> None:
    assert whole.slack.command("help", command="/other")["outcome"] == "acked"
    for body in (
        {"type": "shortcut", "callback_id": "x", "trigger_id": "t"},
        {"type": "message_action", "callback_id": "x", "trigger_id": "t"},
        {"type": "view_submission", "view": {"callback_id": "x", "type": "modal"}},
        {"type": "event_callback", "event": {"type": "reaction_added"}, "team_id": TEAM_ID},
        {"type": "something_new"},
    ):
        assert dispatched(app, body)[0] == 200


def test_a_store_that_cannot_be_written_is_said_in_the_acknowledgement(whole: Whole) -> None:
    whole.forget_calls()
    with altered(whole, "ALTER TABLE deliveries RENAME TO away", "ALTER TABLE away RENAME TO deliveries"):
        start = mark(whole)
        assert whole.slack.command("ec2 list")["outcome"] == "acked"
    (ack,) = [each for each in since(whole, start) if each["kind"] == "ack"]
    assert "store" in ack["payload"]["text"]
    assert "nothing was done" in ack["payload"]["text"]
    assert whole.aws_calls() == []
    assert whole.type("ec2 list state=running")


def test_a_locked_store_is_said_before_slack_gives_up(whole: Whole) -> None:
    path = whole.bot.database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as store:
        store.execute("BEGIN IMMEDIATE")
        start = mark(whole)
        assert whole.slack.command("ec2 list")["outcome"] == "acked"
        store.rollback()
    (ack,) = [each for each in since(whole, start) if each["kind"] == "ack"]
    assert "store" in ack["payload"]["text"]


def test_whoever_clicks_while_the_store_is_away_hears_of_it(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-1")
    seen = whole.stamps()
    with altered(whole, "ALTER TABLE deliveries RENAME TO away", "ALTER TABLE away RENAME TO deliveries"):
        assert whole.click("confirm")["outcome"] == "acked"
    assert "store" in whole.next(after=seen).text
    whole.click("cancel", card)
    whole.until("cancelled", card)


def test_a_mistake_on_the_way_in_is_said_and_the_next_command_works(
    whole: Whole, listeners: Listeners, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    good = listeners.edge.people
    listeners.edge.people = None  # type: ignore[assignment]
    body = {"command": "/aws", "text": "ec2 list", "user_id": ANA, "team_id": TEAM_ID, "trigger_id": "t2"}
    status, said = dispatched(app, body)
    assert (status, "Something went wrong" in said) == (200, True)
    assert "could not be taken in" in caplog.text
    listeners.edge.people = good
    assert dispatched(app, {**body, "trigger_id": "t3", "channel_id": "C0OPS00001"}) == (200, "")
    assert whole.type("whoami")


@pytest.mark.parametrize("broken", [{"actions": [{}]}, {"user": None}, {"container": None}])
def test_a_malformed_click_is_acknowledged_and_does_nothing(whole: Whole, app: App, broken: dict[str, Any]) -> None:
    before = whole.bot.desk.runs.open()
    body = {"type": "block_actions", "actions": [{"action_id": "confirm", "block_id": "b", "value": "nothing"}]}
    assert dispatched(app, {**body, **broken})[0] == 200
    assert whole.bot.desk.runs.open() == before
    assert whole.type("whoami")


def test_a_listener_that_fails_is_logged_and_acknowledged(
    listeners: Listeners, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    listeners.edge.people = None  # type: ignore[assignment]
    body = {"type": "event_callback", "team_id": TEAM_ID, "event": {"type": "user_change", "user": {"id": ANA}}}
    assert dispatched(app, body)[0] == 200
    assert "A listener failed" in caplog.text


def test_no_log_holds_a_response_url_or_a_token(whole: Whole, app: App, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    whole.type("ec2 list state=running")
    dispatched(app, {"type": "something_new", "response_url": "http://127.0.0.1/commands/secret"})
    assert "/commands/" not in caplog.text
    assert BOT_TOKEN not in caplog.text


# ── telling whoever clicked ──


def test_whoever_clicks_in_vain_hears_it_alone(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-1")
    seen = whole.stamps("carla")
    whole.click("confirm", user="carla")
    answer = whole.next("carla", after=seen)
    assert answer.only_for == "U0CARLA003"
    assert "ana" in answer.words.lower() or "Ana" in answer.words
    whole.click("cancel", card)
    whole.until("cancelled", card)


def test_where_there_is_no_response_url_the_channel_shows_it_to_one(whole: Whole, listeners: Listeners) -> None:
    from bot.reply import Reply

    seen = whole.stamps()
    listeners.edge.answer({"user": {"id": ANA}, "container": {"channel_id": "C0OPS00001"}})(Reply("for ana"))
    assert whole.next(after=seen).only_for == ANA


def test_whoever_cannot_be_told_is_a_line_in_the_log(
    whole: Whole, listeners: Listeners, caplog: pytest.LogCaptureFixture
) -> None:
    from bot.reply import Reply

    listeners.edge.answer({"user": {"id": "U0NOBODY99"}})(Reply("for nobody"))
    assert "could not be told" in caplog.text


# ── events, and cards whose place was lost ──


def test_somebody_who_is_deactivated_is_refused_at_once(whole: Whole) -> None:
    assert whole.type("whoami", user="ben").only_for == "U0BEN00002"
    whole.slack.order("people", user="ben", deleted=True)
    try:
        until(lambda: refused_now(whole))
    finally:
        whole.slack.order("people", user="ben", deleted=False)
        until(lambda: not refused_now(whole))


def refused_now(whole: Whole) -> bool:
    seen = whole.stamps("ben")
    whole.slack.command("whoami", user="ben")
    whole.next("ben", after=seen)
    return bool(whole.bot.desk.audit.rows()[-1]["event"] == "refused")


def test_a_card_whose_place_was_lost_is_found_by_the_click_on_it(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-1")
    row = whole.bot.desk.outbox.get(card.run)
    assert row
    whole.bot.desk.outbox.release(row, channel="", ts="")
    seen = whole.stamps()
    whole.click("cancel", card)
    whole.until("cancelled", card)
    assert whole.stamps() == seen


def test_what_one_person_alone_sees_is_no_cards_place(whole: Whole, app: App) -> None:
    card = whole.type("ec2 stop name=web-1")
    row = until(lambda: whole.bot.desk.outbox.get(card.run))
    until(lambda: not whole.bot.desk.outbox.waiting())
    whole.bot.desk.outbox.release(row, channel="", ts="")
    clicked = {"action_id": "nothing", "block_id": "b", "value": card.run, "action_ts": "1.2"}
    seen = {"message_ts": "1.1", "channel_id": "C0OPS00001", "is_ephemeral": True}
    assert dispatched(app, {"type": "block_actions", "actions": [clicked], "container": seen})[0] == 200
    now = whole.bot.desk.outbox.get(card.run)
    assert now
    assert now.ts == ""
    whole.bot.desk.outbox.release(row, channel=row.channel, ts=row.ts)
    whole.click("cancel", card)
    whole.until("cancelled", card)
