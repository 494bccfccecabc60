"""A response_url follows its rules: five uses in thirty minutes, ephemeral unless told, and its own original only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.webhook import WebhookClient

from bot.sandbox.slack.server import SlackServer
from tests.sandbox.slack_wire import BUTTONS, Clock, Wire, error_of

if TYPE_CHECKING:
    from collections.abc import Iterator

OPS = "C0OPS00001"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wire(clock: Clock) -> Iterator[Wire]:
    with SlackServer(now=clock) as server:
        yield Wire(server)


def commanded(wire: Wire, **more: Any) -> WebhookClient:
    """The response_url of a command, wiped of the line that says nobody was connected to take it."""
    wire.command(**more)
    return WebhookClient(wire.payload()["response_url"])


def clicked(wire: Wire, ephemeral: bool = False) -> WebhookClient:
    """The response_url of a click on a message of the bot."""
    if ephemeral:
        call = {"channel": OPS, "user": "U0ANA00001", "text": "card", "blocks": BUTTONS}
        ts = wire.client().chat_postEphemeral(**call)["message_ts"]
    else:
        ts = wire.client().chat_postMessage(channel=OPS, text="card", blocks=BUTTONS)["ts"]
    assert wire.click(ts)["outcome"] == "dispatch_failed"
    return WebhookClient(wire.payload()["response_url"])


def bot_messages(wire: Wire, channel: str = "ops") -> list[dict[str, Any]]:
    return [each for each in wire.messages(channel) if each["user"] == "U0BOT00007"]


def test_an_answer_is_ephemeral_unless_it_says_otherwise(wire: Wire) -> None:
    assert commanded(wire).send(text="for you").status_code == 200
    (message,) = bot_messages(wire)
    assert (message["text"], message["ephemeral_to"]) == ("for you", "U0ANA00001")


def test_in_channel_shows_the_command_once_and_the_answers(wire: Wire) -> None:
    url = commanded(wire, text="ec2 list")
    url.send(text="one", response_type="in_channel")
    url.send(text="two", response_type="in_channel")
    everyones = [(each["user"], each["text"]) for each in wire.messages(user="ben")]
    assert everyones == [("U0ANA00001", "/aws ec2 list"), ("U0BOT00007", "one"), ("U0BOT00007", "two")]


@pytest.mark.parametrize("channel", ["random", "boardroom"])
def test_an_answer_reaches_channels_the_bot_is_not_in(wire: Wire, channel: str) -> None:
    commanded(wire, channel=channel).send(text="here too")
    assert bot_messages(wire, channel)[0]["text"] == "here too"


def test_the_sixth_use_is_expired(wire: Wire) -> None:
    url = commanded(wire)
    assert [url.send(text="x").status_code for _ in range(6)] == [200] * 5 + [404]
    assert "expired_url" in url.send(text="x").body
    assert len(bot_messages(wire)) == 5


def test_after_thirty_minutes_the_url_is_expired(wire: Wire, clock: Clock) -> None:
    url = commanded(wire)
    clock.time += 30 * 60
    assert url.send(text="x").status_code == 200
    clock.time += 1
    assert url.send(text="x").status_code == 404


def test_an_unknown_url_is_expired(wire: Wire) -> None:
    assert WebhookClient(f"{wire.server.url}/commands/T0/1/x").send(text="x").status_code == 404


def test_an_answer_says_something_and_keeps_to_the_limits(wire: Wire) -> None:
    url = commanded(wire)
    empty = url.send_dict({"response_type": "in_channel"})
    assert (empty.status_code, "no_text" in empty.body) == (400, True)
    wrong = url.send_dict({"blocks": [{"type": "section"}]})
    assert (wrong.status_code, "invalid_blocks" in wrong.body) == (400, True)
    assert wire.post(wire.payload()["response_url"], b"{")[0] == 400
    assert wire.post(wire.payload()["response_url"], ["x"])[0] == 400


def test_a_command_has_no_original_to_replace_or_delete(wire: Wire) -> None:
    url = commanded(wire)
    url.send(text="working", response_type="ephemeral")
    url.send(text="done", replace_original=True)
    assert [each["text"] for each in bot_messages(wire)] == ["working", "done"]
    assert url.send(delete_original=True).status_code == 400
    assert len(bot_messages(wire)) == 2


@pytest.mark.parametrize("ephemeral", [False, True])
def test_a_clicks_answer_replaces_or_deletes_the_message_of_the_button(wire: Wire, ephemeral: bool) -> None:
    url = clicked(wire, ephemeral)
    url.send(text="done", replace_original=True, response_type="in_channel")
    (message,) = bot_messages(wire)
    assert (message["text"], message["blocks"]) == ("done", [])
    assert ("ephemeral_to" in message) is ephemeral
    url.send(delete_original=True)
    assert bot_messages(wire) == []


def test_a_clicks_answer_is_beside_the_message_unless_told(wire: Wire) -> None:
    clicked(wire).send(text="noted")
    card, note = bot_messages(wire)
    assert (card["text"], note["text"], note["ephemeral_to"]) == ("card", "noted", "U0ANA00001")


def test_a_thread_is_answered_in_channel_only(wire: Wire) -> None:
    url = clicked(wire)
    ts = bot_messages(wire)[0]["ts"]
    url.send_dict({"text": "seen", "response_type": "in_channel", "thread_ts": ts})
    url.send_dict({"text": "hidden", "thread_ts": ts})
    _, seen, hidden = bot_messages(wire)
    assert (seen["thread_ts"], "thread_ts" in hidden) == (ts, False)


def test_every_use_is_logged_with_its_text(wire: Wire) -> None:
    url = commanded(wire)
    url.send(text="kept")
    url.send_dict({"response_type": "ephemeral"})
    used, refused = wire.log("response_url")
    assert (used["ok"], used["uses"], used["args"]["text"]) == (True, 1, "kept")
    assert (refused["ok"], refused["error"]) == (False, "no_text")


def test_faults_strike_a_response_url_as_they_do_a_method(wire: Wire) -> None:
    url = commanded(wire)
    for kind, status in (("api_429", 429), ("api_500", 500), ("api_error", 400)):
        wire.order("fault", kind=kind, method="response_url", error="invalid_blocks", retry_after=3)
        answer = url.send(text="x")
        assert answer.status_code == status
        assert (answer.headers.get("Retry-After") == "3") is (status == 429)
    wire.order("fault", kind="api_hang_after", method="response_url")
    with pytest.raises(OSError, match=r"closed|reset|Remote"):
        WebhookClient(url.url, retry_handlers=[]).send(text="done, unheard")
    assert [each["text"] for each in bot_messages(wire)] == ["done, unheard"]


def test_a_trigger_opens_one_view_within_three_seconds(wire: Wire, clock: Clock) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "AWS"}, "blocks": []}
    slack = wire.client()

    def opened(trigger: str) -> str:
        return error_of(lambda: slack.views_open(trigger_id=trigger, view=view))

    wire.command()
    used = wire.payload()["trigger_id"]
    assert [opened(used), opened(used)] == ["no error", "exchanged_trigger_id"]
    wire.command()
    late = wire.payload()["trigger_id"]
    clock.time += 3.1
    assert [opened(late), opened("1.2.3")] == ["expired_trigger_id", "invalid_trigger_id"]
