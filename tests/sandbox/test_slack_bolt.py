"""An unchanged Bolt app lives with the local Slack as with the real one, its faults included."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.slack.server import SlackServer
from tests.sandbox.slack_wire import BUTTONS, Wire, bolt, error_of, field, modal, until

if TYPE_CHECKING:
    from collections.abc import Iterator

VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "AWS"}, "blocks": []}


@pytest.fixture
def wire() -> Iterator[Wire]:
    with SlackServer() as server:
        yield Wire(server)


def serve(app: Any, ran: list[str]) -> None:
    """A little bot: a card with a button for every command, which a click replaces."""

    @app.command("/aws")
    def command(ack: Any, body: Any, client: Any) -> None:
        ran.append(body["text"])
        if body["text"] == "slow":
            time.sleep(3.3)
        ack(f"on it: {body['text']}")
        if body["text"] == "card":
            client.chat_postMessage(channel=body["channel_id"], text="Stop?", blocks=BUTTONS)
        if body["text"] == "form":
            trigger = body["trigger_id"]
            ran.extend(error_of(lambda: client.views_open(trigger_id=trigger, view=VIEW)) for _ in range(2))

    @app.action("go")
    def click(ack: Any, body: Any, respond: Any) -> None:
        ack()
        respond(text=f"stopped by {body['user']['name']}", replace_original=True)

    @app.event("user_change")
    def change(event: Any) -> None:
        ran.append(event["user"]["name"])


def test_a_command_a_click_and_an_event_make_the_whole_round(wire: Wire) -> None:
    ran: list[str] = []
    with bolt(wire) as app:
        serve(app, ran)
        assert wire.command("card")["outcome"] == "acked"
        card = next(each for each in wire.messages() if each["blocks"])
        assert wire.click(card["ts"], user="ben")["outcome"] == "acked"
        until(lambda: [each["text"] for each in wire.messages(user="ben")] == ["stopped by ben"])
        assert wire.messages()[-1]["text"] == "on it: card"
        wire.order("people", user="ben", real_name="Benjamin")
        until(lambda: ran == ["card", "ben"])


def test_a_handler_slower_than_three_seconds_times_out_and_its_late_ack_is_rejected(wire: Wire) -> None:
    ran: list[str] = []
    with bolt(wire) as app:
        serve(app, ran)
        assert wire.command("slow")["outcome"] == "operation_timeout"
        until(lambda: wire.log("late_ack"))
    assert [each["text"] for each in wire.messages()] == ['/aws failed with the error "operation_timeout"']


def test_an_envelope_delivered_twice_runs_an_app_that_does_not_look_twice(wire: Wire) -> None:
    ran: list[str] = []
    wire.order("fault", kind="deliver_twice")
    with bolt(wire) as app:
        serve(app, ran)
        wire.command("list")
        until(lambda: ran == ["list", "list"])
        until(lambda: [each["reason"] for each in wire.log("unknown_ack")] == ["duplicate"])
    assert [each["text"] for each in wire.messages()] == ["on it: list"]


def test_a_trigger_is_spent_by_its_first_use(wire: Wire) -> None:
    ran: list[str] = []
    with bolt(wire) as app:
        serve(app, ran)
        wire.command("form")
        until(lambda: len(ran) == 3)
    assert ran == ["form", "no error", "exchanged_trigger_id"]


def test_two_apps_share_the_commands(wire: Wire) -> None:
    first: list[str] = []
    second: list[str] = []
    with bolt(wire) as one, bolt(wire) as other:
        serve(one, first)
        serve(other, second)
        texts = [str(number) for number in range(24)]
        assert {wire.command(text)["outcome"] for text in texts} == {"acked"}
    assert sorted(first + second, key=int) == texts
    assert first
    assert second


def first_command_after(kind: str) -> list[str]:
    """What ran once the client had lost its socket in this way and Slack had one again."""
    ran: list[str] = []
    with SlackServer() as server:
        wire = Wire(server)
        with bolt(wire, ping_interval=1) as app:
            serve(app, ran)
            wire.order("fault", kind=kind)
            until(lambda: len(wire.log("socket_open")) == 2, seconds=30)
            until(lambda: wire.command("again")["outcome"] == "acked", seconds=30)
    return ran


def test_the_client_comes_back_however_its_socket_was_lost() -> None:
    kinds = ["refresh", "close_socket", "drop_socket", "freeze_socket"]
    with ThreadPoolExecutor(len(kinds)) as pool:
        for kind, ran in zip(kinds, pool.map(first_command_after, kinds), strict=True):
            assert "again" in ran, kind


def test_bolt_hears_mentions_and_fills_in_a_modal_from_a_shortcut(wire: Wire) -> None:
    with bolt(wire) as app:
        heard: list[str] = []

        @app.event("app_mention")
        def on_mention(event: dict[str, Any]) -> None:
            heard.append(event["text"])

        @app.event("message")
        def on_message(event: dict[str, Any]) -> None:
            heard.append(event["text"])

        @app.shortcut("look_up")
        def on_shortcut(ack: Any, body: dict[str, Any], client: Any) -> None:
            client.views_open(trigger_id=body["trigger_id"], view=modal(field("name"), callback_id="form"))
            ack()

        @app.view("form")
        def on_form(ack: Any, view: dict[str, Any]) -> None:
            name = view["state"]["values"]["name"]["typed"]["value"]
            ack() if name == "web-1" else ack(response_action="errors", errors={"name": f"No {name} here"})

        @app.event("app_home_opened")
        def on_home(event: dict[str, Any], client: Any) -> None:
            client.views_publish(user_id=event["user"], view={"type": "home", "blocks": []})

        ts = wire.say("@aws help")["ts"]
        wire.client().chat_postMessage(channel="U0ANA00001", text="the bot's own, which Bolt ignores")
        wire.say("hello", channel="U0ANA00001")
        until(lambda: sorted(heard) == ["<@U0BOT00007> help", "hello"])
        wire.order("shortcut", user="ana", channel="ops", messageTs=ts, callback_id="look_up")
        (form,) = until(lambda: wire.get("/_control/views?user=ana")["modals"])

        def submitted(name: str) -> dict[str, Any]:
            values = {"name": {"typed": {"value": name}}}
            return wire.order("submit", user="ana", view_id=form["id"], values=values)

        assert submitted("web-9")["errors"] == {"name": "No web-9 here"}
        assert submitted("web-1")["view"] is None
        wire.order("home", user="ana")
        assert until(lambda: wire.get("/_control/views?user=ana")["home"])["type"] == "home"
