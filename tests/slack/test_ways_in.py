"""Every way in that is not a slash command, over Slack's wire: written to, filled in, looked up, and the Home tab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import App, BoltRequest

from bot.road.clicks import Clicks
from bot.sandbox.slack.workspace import BOT_TOKEN, BOT_USER, TEAM_ID
from bot.slack.calls import web_client
from bot.slack.listeners import Listeners
from bot.store.forms import Forms
from tests.sandbox.slack_wire import until
from tests.whole import Card, Whole, running

ANA = "U0ANA00001"
WEB = "i-0a1b2c3d4e5f60001"
ME = f"<@{BOT_USER}>"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with running(tmp_path_factory.mktemp("ways")) as whole:
        whole.slack.order("limits", enabled=False)
        whole.slack.order("redelivery", seconds=[0.2, 0.4])
        yield whole


@pytest.fixture
def whole(kept: Whole) -> Iterator[Whole]:
    """One bot for all; each test finds it idle, AWS as it was seeded, and nobody with a modal open."""
    until(lambda: not kept.bot.desk.outbox.waiting())
    kept.bot.teller.pace._buckets.clear()
    yield kept
    kept.slack.order("fault", kind="clear")
    for user in ("ana", "ben", "gus"):
        while shown := kept.modal(user):
            kept.slack.order("close", user=user, view_id=shown["id"])
    for run in kept.bot.desk.runs.open():
        until(lambda run=run: run.id not in kept.bot.desk.hands)
        kept.bot.desk.runs.note(run, state="cancelled")
    if kept.aws_calls(changes=True):
        kept.aws.control("reset", {})
    kept.forget_calls()


@pytest.fixture
def app(whole: Whole) -> App:
    """A Bolt app of one's own on the same bot, for payloads that the local Slack does not make."""
    forms = Forms(whole.bot.database)
    listeners = Listeners(Clicks(whole.bot.engine), whole.bot.people, whole.bot.teller, TEAM_ID, forms)
    return listeners.app(web_client(BOT_TOKEN, whole.slack.server.api_url))


def event(app: App, about: dict[str, Any], **outer: Any) -> int:
    body = {"type": "event_callback", "team_id": TEAM_ID, "event_id": "Ev1", "event": about, **outer}
    return app.dispatch(BoltRequest(body=body, mode="socket_mode")).status


def raw(whole: Whole, ts: str, channel: str = "ops", user: str = "ana") -> dict[str, Any]:
    (found,) = [each for each in whole.slack.messages(channel, user) if each["ts"] == ts]
    return found


def picked(view: dict[str, Any], label: str, name: str = "pick:instances") -> dict[str, Any]:
    """The state of a menu in which the option with this label was picked."""
    (block,) = [each for each in view["blocks"] if each.get("block_id") == name]
    option = next(each for each in block["element"]["options"] if label in each["text"]["text"])
    kind = block["element"]["type"]
    return {"type": kind} | (
        {"selected_options": [option]} if kind.startswith("multi") else {"selected_option": option}
    )


def typed_in(value: str) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": value}


# ── mentions and direct messages ──


def test_a_mention_in_a_thread_is_answered_in_that_thread(whole: Whole) -> None:
    top = whole.say("web-1 is slow")
    seen = whole.stamps()
    whole.say(f"could you? {ME} ec2 stop name=web-1", thread_ts=top)
    card = whole.next(after=seen)
    assert card.text.startswith("⚠️ Stop web-1 in dev?")
    assert raw(whole, card.ts)["thread_ts"] == top
    whole.click("confirm", card)
    whole.until("stopped", card)
    assert whole.aws_calls(changes=True) == ["ec2:StopInstances"]


def test_a_mention_at_the_top_level_is_answered_in_the_channel(whole: Whole) -> None:
    seen = whole.stamps()
    whole.say("@aws ec2 list state=stopped")
    card = whole.next(after=seen)
    assert "worker-2" in card.words
    assert not raw(whole, card.ts).get("thread_ts")


def test_a13_a_direct_message_is_answered_there_in_its_thread_too(whole: Whole) -> None:
    seen = whole.stamps()
    top = whole.say("ec2 list state=stopped", channel=ANA)
    card = whole.next(after=seen)
    assert (card.channel, "worker-2" in card.words) == ("ana", True)
    seen = whole.stamps()
    whole.say("whoami", channel=ANA, thread_ts=top)
    told = whole.next(after=seen)
    assert told.text.startswith("You are")
    assert raw(whole, told.ts, "ana")["thread_ts"] == top


def test_i1_what_a_phone_makes_of_it_is_undone_in_a_message_too(whole: Whole) -> None:
    seen = whole.stamps()
    whole.say(f"{ME}\u00a0ec2 list “name=web-1” —region eu-west-1")
    assert "web-1" in whole.next(after=seen).words


def test_a_bare_mention_says_hello_to_whoever_wrote_with_a_pointer_in_place(whole: Whole) -> None:
    top = whole.say("hm")
    seen = whole.stamps()
    whole.say(ME, thread_ts=top)
    told: list[Card] = until(lambda: len(new := _new(whole, seen)) == 2 and new)
    pointer, hello = told
    assert hello.channel == "ana"
    assert "Try one of these" in hello.text
    assert (pointer.text, pointer.only_for) == ("I answered you in a direct message.", ANA)


def _new(whole: Whole, seen: set[Any]) -> list[Card]:
    return [each for each in whole.messages() if (each.channel, each.ts) not in seen]


def test_a6_a_guest_and_another_companys_people_run_nothing_by_a_mention(whole: Whole, app: App) -> None:
    whole.forget_calls()
    whole.say("@aws ec2 stop name=web-1", user="gus")
    until(lambda: whole.bot.desk.audit.rows()[-1]["event"] == "refused")
    count = len(whole.bot.desk.audit.rows())
    about = {"type": "app_mention", "user": ANA, "channel": "C0OPS00001", "ts": "9.1", "text": f"{ME} ec2 list"}
    assert event(app, {**about, "user_team": "T0PARTNER1"}, event_id="Ev2") == 200
    until(lambda: len(whole.bot.desk.audit.rows()) == count + 1)
    assert whole.bot.desk.audit.rows()[-1]["event"] == "refused"
    assert whole.aws_calls() == []


def test_d5_d6_edits_quotes_and_bots_run_nothing_and_what_comes_next_runs(whole: Whole) -> None:
    whole.forget_calls()
    ts = whole.say("@aws is a fine bot, they say", user="ben", channel="random")
    whole.slack.order("edit", channel="random", user="ben", ts=ts, text=f"{ME} ec2 stop name=web-1")
    ts = whole.say("nothing yet")
    whole.slack.order("edit", channel="ops", user="ana", ts=ts, text=f"{ME} ec2 stop name=web-1")
    whole.say(f"> {ME} ec2 stop name=web-1")
    whole.say(f"```{ME} ec2 stop name=web-1```")
    whole.say(f"{ME} ec2 stop name=web-1", bot_id="B0OTHER001", subtype="bot_message")
    seen = whole.stamps()
    whole.say(f"{ME} ec2 list state=stopped")
    assert "worker-2" in whole.next(after=seen).words
    assert whole.aws_calls() == ["ec2:DescribeInstances"]


def test_d7_d8_shapes_nobody_knows_are_passed_over_and_the_next_command_works(whole: Whole, app: App) -> None:
    odd: list[Any] = [
        {},
        {"type": "app_mention"},
        {
            "type": "message",
            "channel_type": "im",
            "channel": "D0ANA00001",
            "subtype": "message_changed",
            "message": None,
        },
        {
            "type": "app_mention",
            "user": ANA,
            "channel": "C0OPS00001",
            "text": None,
            "blocks": None,
            "edited": {},
            "bot_id": "B",
        },
        {"type": "message", "channel_type": "im", "user": ANA, "channel": "D0ANA00001", "text": ["x"], "files": [None]},
        {"type": "app_home_opened", "tab": "messages", "user": ANA},
        {"type": "app_home_opened", "tab": "home"},
        {"type": "something_new"},
    ]
    runs = len(whole.bot.desk.runs.open())
    assert [event(app, about, event_id=f"Odd{n}") for n, about in enumerate(odd)] == [200] * len(odd)
    assert len(whole.bot.desk.runs.open()) == runs
    seen = whole.stamps()
    whole.say("@aws ec2 list state=stopped")
    assert "worker-2" in whole.next(after=seen).words


def test_d1_d2_an_event_is_known_by_its_id_whatever_its_retry_number(whole: Whole, app: App) -> None:
    whole.forget_calls()
    about = {"type": "app_mention", "user": ANA, "channel": "C0OPS00001", "ts": "9.2", "text": f"{ME} ec2 list"}
    body = {"type": "event_callback", "team_id": TEAM_ID, "event_id": "EvLate", "event": about}
    retried = {"x-slack-retry-num": ["3"], "x-slack-retry-reason": ["http_timeout"]}
    seen = whole.stamps()
    for _ in range(2):
        assert app.dispatch(BoltRequest(body=body, mode="socket_mode", headers=retried)).status == 200
    whole.next(after=seen)
    until(lambda: not whole.bot.desk.outbox.waiting())
    assert whole.aws_calls() == ["ec2:DescribeInstances"]
    again = Listeners(
        Clicks(whole.bot.engine), whole.bot.people, whole.bot.teller, TEAM_ID, Forms(whole.bot.database)
    ).app(web_client(BOT_TOKEN, whole.slack.server.api_url))  # as after a restart: only the store remembers
    assert again.dispatch(BoltRequest(body=body, mode="socket_mode")).status == 200
    assert whole.aws_calls() == ["ec2:DescribeInstances"]


def test_d10_two_mentions_at_once_each_run_with_their_own_words(whole: Whole) -> None:
    seen = whole.stamps()
    whole.say("@aws ec2 list name=web-1")
    whole.say("@aws ec2 list name=worker-2", user="ben")
    cards: list[Card] = until(lambda: len(new := _new(whole, seen)) == 2 and new)
    words = " ".join(card.words for card in cards)
    assert [words.count("t3.medium"), words.count("c6i.xlarge")] == [1, 1]


def test_a_full_bot_says_so_where_it_was_written_and_runs_nothing_later(whole: Whole) -> None:
    whole.forget_calls()
    taken = 0
    while whole.bot.engine.pool.reserve():
        taken += 1
    seen = whole.stamps()
    whole.say("@aws ec2 list")
    told = whole.next(after=seen)
    assert ("Busy" in told.text, told.only_for) == (True, ANA)
    seen = whole.stamps()
    whole.say("ec2 list", channel=ANA)
    assert "Busy" in whole.next(after=seen).text
    for _ in range(taken):
        whole.bot.engine.pool.release()
    assert whole.aws_calls() == []
    assert not whole.bot.desk.runs.open()


# ── forms ──


def test_a_change_with_something_missing_opens_a_form_and_what_is_filled_in_is_confirmed(whole: Whole) -> None:
    assert whole.slack.command("ec2 stop --force")["outcome"] == "acked"
    view = whole.form()
    assert view["title"]["text"] == "ec2 stop"
    assert whole.submit()["errors"].keys() == {"pick:instances"}
    seen = whole.stamps()
    assert whole.submit(pick_instances=picked(view, "web-1"))["outcome"] == "acked"
    assert whole.modal() is None
    card = whole.next(after=seen)
    assert f'ec2:StopInstances InstanceIds=["{WEB}"] Hibernate=false Force=true' in card.words
    assert whole.aws_calls(changes=True) == []
    whole.click("confirm", card)
    whole.until("stopped", card)


def test_the_modal_opens_before_anything_else_is_asked_of_slack_or_aws(whole: Whole) -> None:
    whole.bot.people._users.forget(ANA)
    whole.forget_calls()
    whole.aws.fault("slow", seconds=1.0)
    start = whole.slack.get("/_control/log")["next"]
    whole.slack.command("ec2 stop")
    until(whole.modal)
    entries = whole.slack.get(f"/_control/log?since={start}")["entries"]
    assert next(each["method"] for each in entries if each["kind"] == "api") == "views.open"
    whole.form()
    methods = [each["method"] for each in whole.slack.log("api")]
    assert "views.update" in methods


def test_who_may_not_run_it_sees_the_refusal_in_the_modal(whole: Whole) -> None:
    whole.forget_calls()
    for user, words in (("ben", "Not allowed: ec2 terminate"), ("gus", "full members of its own workspace only")):
        whole.slack.command("ec2 terminate", user=user)
        view = whole.form(user)
        assert words in str(view["blocks"])
        assert "submit" not in view or view["submit"] is None
    assert whole.aws_calls() == []


def test_an_expired_trigger_leaves_a_button_that_opens_the_form(whole: Whole) -> None:
    whole.slack.order("fault", kind="api_error", method="views.open", error="expired_trigger_id", times=1)
    seen = whole.stamps()
    whole.slack.command("ec2 stop --force")
    usage = whole.next(after=seen)
    assert (usage.only_for, list(usage.buttons)) == (ANA, ["form"])
    whole.click("form", usage)
    assert whole.form()["title"]["text"] == "ec2 stop"


def test_a_mention_with_something_missing_bears_the_button_and_its_form_answers_in_the_thread(whole: Whole) -> None:
    top = whole.say("what runs?")
    seen = whole.stamps()
    whole.say("@aws ec2 show", thread_ts=top)
    usage = until(lambda: next((each for each in _new(whole, seen) if each.buttons), None))
    seen = whole.stamps()
    whole.click("form", usage)
    view = whole.form()
    whole.submit(pick_instance=picked(view, "web-2", "pick:instance"))
    card = until(lambda: next((each for each in _new(whole, seen) if each.text.startswith("✅ web-2")), None))
    assert raw(whole, card.ts)["thread_ts"] == top


def test_a_form_that_is_gone_says_so_in_its_place(whole: Whole) -> None:
    whole.slack.command("ec2 stop")
    view = whole.form()
    with whole.bot.database.write() as connection:
        connection.exec_driver_sql("update forms set created_at = created_at - 3601")
    answer = whole.submit(pick_instances=picked(view, "web-1"))
    assert "good for an hour" in str(answer["view"]["blocks"])
    assert whole.aws_calls(changes=True) == []


def test_a_submission_while_the_bot_is_full_or_its_store_is_closed_can_be_tried_again(whole: Whole) -> None:
    whole.slack.command("ec2 stop")
    view = whole.form()
    taken = 0
    while whole.bot.engine.pool.reserve():
        taken += 1
    assert "Busy" in str(whole.submit(pick_instances=picked(view, "web-1"))["errors"])
    for _ in range(taken):
        whole.bot.engine.pool.release()
    with whole.bot.database.write() as connection:
        connection.exec_driver_sql("alter table forms rename to elsewhere")
    assert "store" in str(whole.submit(pick_instances=picked(view, "web-1"))["errors"])
    with whole.bot.database.write() as connection:
        connection.exec_driver_sql("alter table elsewhere rename to forms")
    seen = whole.stamps()
    assert "errors" not in whole.submit(pick_instances=picked(view, "web-1"))
    assert whole.next(after=seen).text.startswith("⚠️ Stop web-1")


def test_a_malformed_submission_is_acknowledged_and_runs_nothing(whole: Whole, app: App) -> None:
    view = {"type": "modal", "callback_id": "form", "state": None, "blocks": [{"type": "input"}]}
    body = {"type": "view_submission", "view": view, "user": {"id": ANA}}
    assert app.dispatch(BoltRequest(body=body, mode="socket_mode")).status == 200
    assert not whole.bot.desk.runs.open()


# ── message shortcuts ──


def test_look_up_answers_whoever_clicked_alone_each_id_once(whole: Whole) -> None:
    ts = whole.say(f"ALARM on {WEB}: see instance/{WEB} and i-0a1b2c3d4e5f60002.", user="ben")
    seen = whole.stamps()
    assert whole.shortcut("look_up", ts)["outcome"] == "acked"
    cards: list[Card] = until(lambda: len(new := _new(whole, seen)) == 2 and new)
    assert [card.only_for for card in cards] == [ANA, ANA]
    assert "web-1" in cards[0].text
    assert "web-2" in cards[1].text
    until(lambda: not whole.bot.desk.outbox.waiting())
    assert len(_new(whole, seen)) == 2


def test_look_up_says_what_it_knows_where_a_message_names_nothing(whole: Whole) -> None:
    ts = whole.say("all is well")
    seen = whole.stamps()
    whole.shortcut("look_up", ts)
    told = whole.next(after=seen)
    assert told.only_for == ANA
    assert "ec2 show" in told.words


def test_a12_look_up_decides_like_typing_does(whole: Whole) -> None:
    ts = whole.say(f"{WEB}?", user="ana")
    whole.forget_calls()
    whole.shortcut("look_up", ts, user="gus")
    until(lambda: whole.bot.desk.audit.rows()[-1]["event"] == "refused")
    assert whole.aws_calls() == []


def test_put_file_opens_the_form_with_the_messages_file(whole: Whole) -> None:
    about = {"channel": "ops", "user": "ana", "name": "notes.txt", "content": "aGVsbG8="}
    shared = whole.slack.order("upload", **about)
    whole.shortcut("put_file", shared["ts"])
    view = whole.form()
    assert "notes.txt" in str(view["blocks"])
    seen = whole.stamps()
    told = whole.submit(
        pick_bucket=picked(view, "tidewater-dev-artifacts", "pick:bucket"), text_key=typed_in("notes/hello.txt")
    )
    assert "errors" not in told, told
    card = whole.next(after=seen)
    assert "notes.txt as notes/hello.txt (5 bytes)" in card.words
    assert raw(whole, card.ts)["thread_ts"] == shared["ts"]
    ts = whole.say("no file here")
    seen = whole.stamps()
    whole.shortcut("put_file", ts)
    assert "bears no file" in whole.next(after=seen).text


def test_a_file_that_comes_with_a_mention_is_what_is_stored(whole: Whole) -> None:
    about = {"channel": "ops", "user": "ana", "name": "log.txt", "content": "aGVsbG8=", "share": False}
    file = whole.slack.order("upload", **about)["file"]["id"]
    seen = whole.stamps()
    whole.say("@aws s3 put tidewater-dev-artifacts log.txt", files=[file])
    assert "log.txt as log.txt (5 bytes)" in whole.next(after=seen).words


# ── the Home tab ──


def test_the_home_tab_says_what_waits_and_confirms_it_and_shows_what_is_in_flight(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-2")
    home = whole.home()
    assert "Stop web-2 in dev?" in home.words
    assert "ec2 stop" in home.words.partition("You may")[2]
    action = {"action_id": "confirm", "value": home.buttons["confirm"]["value"]}
    assert whole.slack.order("interact", user="ana", view_id=home.channel, action=action)["outcome"] == "acked"
    now = until(lambda: "confirm" not in (shown := _home(whole)).buttons and shown)
    assert "Nothing waits for you." in now.words
    whole.until("stopped", card)
    assert whole.aws_calls(changes=True) == ["ec2:StopInstances"]


def _home(whole: Whole, user: str = "ana") -> Card:
    view = whole.slack.get(f"/_control/views?user={user}")["home"]
    return Card(view["id"], "", "", view["blocks"])


def test_what_others_do_in_ones_channels_is_seen_and_nowhere_else(whole: Whole) -> None:
    whole.slack.order("fault", kind="clear")
    card = whole.type("ec2 stop name=web-1")
    run = whole.run(card)
    whole.bot.desk.runs.note(run, state="following", seen='{"i-0a1b2c3d4e5f60001": "stopping"}', due_at=9e9)
    assert "Stop web-1 in dev: stopping" in whole.home("ben").words.partition("In flight")[2]
    whole.bot.desk.runs.note(run, channel="G0SECRET04")
    until(lambda: "Nothing is in flight." in whole.home("ben").words)


def test_ones_own_reports_stand_on_the_home_tab_and_nobody_elses(whole: Whole) -> None:
    told = whole.type('report add "every weekday at 9:00" ec2 list --name mornings')
    assert "mornings" in told.words
    assert "mornings ec2 list" in whole.home().words.partition("Your reports")[2]
    assert "Your reports" not in whole.home("ben").words
    whole.type("report remove mornings")


def test_a_guest_sees_why_the_home_tab_is_empty(whole: Whole) -> None:
    assert "full members of its own workspace only" in whole.home("gus").words


def test_opening_the_home_tab_again_and_again_publishes_it_once_in_a_while(whole: Whole) -> None:
    start = whole.slack.get("/_control/log")["next"]
    for _ in range(5):
        whole.slack.order("home", user="ben")
    until(lambda: "AWS for" in _home(whole, "ben").words)
    entries = whole.slack.get(f"/_control/log?since={start}")["entries"]
    assert len([each for each in entries if each.get("method") == "views.publish"]) <= 2
