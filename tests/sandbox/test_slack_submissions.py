"""A modal submitted, closed and clicked in: Slack's payloads, and what the ack may do."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.sandbox.slack.server import SlackServer
from tests.sandbox.slack_wire import (
    BUTTON,
    Peer,
    Wire,
    actions,
    changes,
    choice,
    error_of,
    field,
    modal,
    option,
    peer,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
HOME = {"type": "home", "blocks": [actions(BUTTON)]}


@pytest.fixture(scope="module")
def server() -> Iterator[SlackServer]:
    with SlackServer(redelivery=()) as running:
        yield running


@pytest.fixture
def wire(server: SlackServer) -> Wire:
    wire = Wire(server)
    until(lambda: wire.connections() == 0)
    wire.order("reset")
    return wire


def opened(wire: Wire, *blocks: Json, **more: Any) -> str:
    """A modal in front of ana, by the trigger of a command of hers."""
    wire.command()
    view = modal(*blocks, **more)
    return str(wire.client().views_open(trigger_id=wire.payload()["trigger_id"], view=view)["view"]["id"])


def pushed(wire: Wire, **more: Any) -> str:
    wire.command()
    view = modal(**more)
    return str(wire.client().views_push(trigger_id=wire.payload()["trigger_id"], view=view)["view"]["id"])


def answered(wire: Wire, order: str, *payloads: Json, **body: Any) -> tuple[Json, list[Json]]:
    """The order's outcome and the envelopes it sent, each acknowledged with the next payload."""

    async def scenario() -> tuple[Json, list[Json]]:
        async with peer(wire) as app:
            asked = asyncio.create_task(asyncio.to_thread(wire.order, order, **{"user": "ana"} | body))
            envelopes = [await _acked(app, payload) for payload in payloads]
            return await asked, envelopes

    return asyncio.run(scenario())


async def _acked(app: Peer, payload: Json) -> Json:
    envelope = await app.receive()
    await app.ack(envelope, **({"payload": payload} if payload else {}))
    return envelope


def modals(wire: Wire) -> list[str]:
    return [each["id"] for each in wire.get("/_control/views?user=ana")["modals"]]


def test_a_submission_carries_the_state_and_no_channel(wire: Wire) -> None:
    file = wire.upload("plan.txt", content=base64.b64encode(b"hello").decode(), share=False)["file"]
    view_id = opened(
        wire,
        actions(choice("checkboxes", "x", "y")),
        field("name"),
        field("note") | {"optional": True},
        field("one") | {"element": choice("static_select", "a", "b")},
        field("many") | {"element": choice("multi_static_select", "a", "b")},
        field("radio") | {"element": choice("radio_buttons", "a", "b", initial_option=option("a"))},
        field("file", type="file_input", filetypes=["txt"]),
        callback_id="form",
        private_metadata="7",
    )
    values = {
        "name": {"typed": {"value": "web-1"}},
        "row": {"chosen": {"selected_options": [{"value": "y"}]}},
        "one": {"chosen": {"selected_option": {"value": "b"}}},
        "many": {"chosen": {"selected_options": [{"value": "a"}]}},
        "file": {"typed": {"files": [file["id"]]}},
    }
    assert error_of(lambda: wire.client().files_info(file=file["id"])) == "file_not_found"
    outcome, (envelope,) = answered(wire, "submit", {}, view_id=view_id, values=values)
    assert (outcome["outcome"], outcome["view"], modals(wire)) == ("acked", None, [])
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("interactive", True)
    payload = envelope["payload"]
    assert payload["type"] == "view_submission"
    assert payload["trigger_id"]
    assert "channel" not in payload
    assert payload["user"] == {"id": "U0ANA00001", "username": "ana", "name": "ana", "team_id": "T0TIDEWATR"}
    view = payload["view"]
    assert (view["id"], view["callback_id"], view["private_metadata"]) == (view_id, "form", "7")
    state = view["state"]["values"]
    assert state["name"]["typed"] == {"type": "plain_text_input", "value": "web-1"}
    assert state["note"]["typed"] == {"type": "plain_text_input", "value": None}
    assert state["row"]["chosen"]["selected_options"] == [option("y")]
    assert state["one"]["chosen"] == {"type": "static_select", "selected_option": option("b")}
    assert state["many"]["chosen"]["selected_options"] == [option("a")]
    assert state["radio"]["chosen"]["selected_option"] == option("a")
    (brought,) = state["file"]["typed"]["files"]
    assert (brought["id"], brought["name"], brought["size"]) == (file["id"], "plan.txt", 5)
    assert brought["url_private_download"] == file["url_private_download"]
    assert wire.client().files_info(file=file["id"])["ok"]


FULL = {"name": {"typed": {"value": "web"}}}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, "required"),
        ({"name": {"typed": {"value": "w"}}}, "at least 2"),
        ({"name": {"typed": {"value": "wwwww"}}}, "at most 4"),
        ({"many": {"chosen": {"selected_options": [{"value": "a"}, {"value": "b"}]}}}, "at most 1"),
        ({"file": {"typed": {"files": 2}}}, "at most 1"),
        ({"file": {"typed": {"files": 1}}}, "not accepted"),
    ],
)
def test_what_slacks_client_would_not_send_stays_in_the_form(wire: Wire, given: Json, wrong: str) -> None:
    view_id = opened(
        wire,
        field("name", min_length=2, max_length=4),
        field("many") | {"optional": True, "element": choice("multi_static_select", "a", "b", max_selected_items=1)},
        field("file", type="file_input", filetypes=["csv"], max_files=1) | {"optional": True},
    )
    if "file" in given:
        files = [wire.upload(share=False)["file"]["id"] for _ in range(given["file"]["typed"]["files"])]
        given = {"file": {"typed": {"files": files}}}
    outcome = wire.order("submit", user="ana", view_id=view_id, values=given and FULL | given)
    (problem,) = outcome["errors"].values()
    assert (outcome["outcome"], wrong in problem) == ("incomplete", True)
    assert not [each for each in wire.log("dispatch_failed") if each["payload"].get("type") == "view_submission"]
    assert wire.order("submit", user="ana", view_id=view_id, force=True)["outcome"] == "dispatch_failed"


def test_only_what_is_offered_and_ones_own_can_be_put_in(wire: Wire) -> None:
    view_id = opened(wire, actions(choice("static_select", "a")), field("file", type="file_input"))
    bens = wire.upload(user="ben", share=False)["file"]["id"]
    for values, error in (
        ({"row": {"chosen": {"selected_option": {"value": "moon"}}}}, "no_such_value"),
        ({"file": {"typed": {"files": [{"id": bens}]}}}, "file_not_found"),
    ):
        assert wire.order("submit", user="ana", view_id=view_id, values=values)["error"] == error
    assert wire.order("submit", user="ben", view_id=view_id)["error"] == "view_not_found"


def test_errors_belong_to_input_blocks(wire: Wire) -> None:
    view_id = opened(wire, field("name"), {"type": "divider", "block_id": "line"})
    sent = {"view_id": view_id, "values": FULL}
    answer = {"response_action": "errors", "errors": {"name": "No such instance"}}
    outcome, _ = answered(wire, "submit", answer, **sent)
    assert (outcome["outcome"], outcome["errors"]) == ("acked", {"name": "No such instance"})
    for wrong in ({"line": "x"}, {"nowhere": "x"}, {}, None):
        outcome, _ = answered(wire, "submit", {"response_action": "errors", "errors": wrong}, **sent)
        assert (outcome["outcome"], outcome["error"]) == ("refused", "invalid_errors")
    assert modals(wire) == [view_id]
    assert len(wire.log("ack_payload_refused")) == 4


def test_an_ack_may_update_push_or_clear(wire: Wire) -> None:
    view_id = opened(wire)
    outcome, _ = answered(
        wire, "submit", {"response_action": "update", "view": modal(callback_id="next")}, view_id=view_id
    )
    assert (outcome["view"]["id"], outcome["view"]["callback_id"]) == (view_id, "next")
    outcome, _ = answered(wire, "submit", {"response_action": "push", "view": modal()}, view_id=view_id)
    top = outcome["view"]["id"]
    assert modals(wire) == [view_id, top]
    outcome, _ = answered(wire, "submit", {}, view_id=top)
    assert outcome["view"]["id"] == view_id
    pushed(wire)
    third = pushed(wire)
    outcome, _ = answered(wire, "submit", {"response_action": "push", "view": modal()}, view_id=third)
    assert (outcome["outcome"], outcome["error"]) == ("refused", "push_limit_reached")
    answered(wire, "submit", {"response_action": "clear"}, view_id=third)
    assert modals(wire) == []


@pytest.mark.parametrize("answer", [{"response_action": "dance"}, {"text": "done"}, {"response_action": "update"}])
def test_an_ack_that_means_nothing_leaves_the_modal(wire: Wire, answer: Json) -> None:
    view_id = opened(wire)
    assert answered(wire, "submit", answer, view_id=view_id)[0]["outcome"] == "refused"
    assert modals(wire) == [view_id]


def test_a_submission_nobody_acknowledges_leaves_the_modal(wire: Wire) -> None:
    view_id = opened(wire)
    assert wire.order("submit", user="ana", view_id=view_id)["outcome"] == "dispatch_failed"
    assert modals(wire) == [view_id]


def test_a_close_is_told_where_it_was_asked_for(wire: Wire) -> None:
    assert wire.order("close", user="ana", view_id=opened(wire)) == {"ok": True, "outcome": "closed"}
    view_id = opened(wire, notify_on_close=True, private_metadata="7")
    outcome, (envelope,) = answered(wire, "close", {}, view_id=view_id)
    payload = envelope["payload"]
    assert (outcome["outcome"], envelope["accepts_response_payload"]) == ("acked", False)
    assert (payload["type"], payload["is_cleared"]) == ("view_closed", False)
    assert (payload["view"]["private_metadata"], modals(wire)) == ("7", [])


def test_a_modal_that_clears_on_close_takes_the_stack_with_it(wire: Wire) -> None:
    first = opened(wire, notify_on_close=True)
    second = pushed(wire, notify_on_close=True, clear_on_close=True)
    assert wire.order("close", user="ana", view_id=first)["error"] == "view_not_found"
    _, envelopes = answered(wire, "close", {}, {}, view_id=second)
    closed = [(each["payload"]["view"]["id"], each["payload"]["is_cleared"]) for each in envelopes]
    assert (closed, modals(wire)) == ([(second, True), (first, True)], [])


def test_a_click_in_a_modal_comes_with_its_view_and_without_a_channel(wire: Wire) -> None:
    view_id = opened(wire, actions(BUTTON, choice("overflow", "a", "b")), field("name"))
    given = {"view_id": view_id, "values": FULL}
    outcome, (envelope,) = answered(wire, "interact", {}, **given, action={"action_id": "go"})
    payload = envelope["payload"]
    (action,) = payload["actions"]
    assert (outcome["outcome"], payload["type"], action["value"]) == ("acked", "block_actions", "17")
    assert payload["container"] == {"type": "view", "view_id": view_id}
    assert payload["view"]["state"]["values"]["name"]["typed"]["value"] == "web"
    assert not {"channel", "message", "response_url"} & payload.keys()
    wire.order("interact", user="ana", view_id=view_id, action={"action_id": "chosen", "value": "b"})
    assert wire.payload()["actions"][0]["selected_option"] == option("b")
    pushed(wire)
    assert wire.order("interact", user="ana", **given, action={"action_id": "go"})["error"] == "view_not_found"


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ({"action_id": "nothing"}, "no_such_action"),
        ({"action_id": "go", "value": "18"}, "no_such_value"),
        ({"action_id": "chosen", "selected_option": {"value": "moon"}}, "no_such_value"),
        ({"action_id": "typed", "value": "x"}, "no_dispatch_action"),
    ],
)
def test_what_a_view_does_not_offer_cannot_be_clicked(wire: Wire, action: Json, error: str) -> None:
    view_id = opened(wire, actions(BUTTON, choice("static_select", "a")), field("name"))
    assert wire.order("interact", user="ana", view_id=view_id, action=action)["error"] == error
    assert wire.order("interact", user="ben", view_id=view_id, action=action)["error"] == "view_not_found"


def test_an_input_that_dispatches_is_told_as_it_is_filled_in(wire: Wire) -> None:
    view_id = opened(wire, field("name") | {"dispatch_action": True})
    wire.order("interact", user="ana", view_id=view_id, action={"action_id": "typed", "value": "web"})
    payload = wire.payload()
    assert (payload["actions"][0]["value"], payload["actions"][0]["block_id"]) == ("web", "name")
    assert payload["view"]["state"]["values"]["name"]["typed"]["value"] == "web"


def test_the_home_tab_is_opened_clicked_and_told_again_with_what_it_shows(wire: Wire) -> None:
    wire.order("home", user="ana")
    (event,) = [each["event"] for each in wire.events()]
    assert (event["type"], event["tab"], event["channel"]) == ("app_home_opened", "home", "D0ANA00001")
    assert "view" not in event
    view = wire.client().views_publish(user_id="U0ANA00001", view=HOME)["view"]
    wire.order("home", user="ana")
    assert wire.events()[-1]["event"]["view"]["id"] == view["id"]
    wire.order("interact", user="ana", view_id=view["id"], action={"action_id": "go"})
    assert wire.payload()["view"]["type"] == "home"
    assert wire.order("home", user="dana")["error"] == "channel_not_found"


def test_a_message_shortcut_works_in_a_thread_with_the_message_and_its_files(wire: Wire) -> None:
    ts = wire.upload("plan.txt", text="i-123", thread_ts="1.000001")["ts"]
    order = {"channel": "ops", "messageTs": ts, "callback_id": "put_file"}
    outcome, (envelope,) = answered(wire, "shortcut", {}, user="ben", **order)
    payload = envelope["payload"]
    assert (outcome["outcome"], payload["type"], payload["callback_id"]) == ("acked", "message_action", "put_file")
    assert (payload["message"]["thread_ts"], payload["message"]["files"][0]["name"]) == ("1.000001", "plan.txt")
    assert (payload["channel"]["id"], payload["message_ts"]) == ("C0OPS00001", ts)
    assert payload["user"]["id"] == "U0BEN00002"
    assert wire.client().views_open(trigger_id=payload["trigger_id"], view=modal())["ok"]
    wire.post(payload["response_url"], {"text": "found", "replace_original": True})
    assert [(each["text"], each.get("ephemeral_to")) for each in wire.messages()][-1] == ("found", "U0BEN00002")
    assert wire.messages()[0]["text"] == "i-123"


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"callback_id": "fly"}, "no_such_shortcut"),
        ({"messageTs": "1.1"}, "message_not_found"),
        ({"channel": "partner-shared", "user": "sam"}, "not_allowed"),
        ({"channel": "partner-shared", "user": "carla"}, "not_allowed"),
    ],
)
def test_a_shortcut_needs_a_message_a_name_and_a_member_of_the_workspace(wire: Wire, order: Json, error: str) -> None:
    place = order.get("channel", "ops")
    ts = wire.say("i-123", channel=place)["ts"]
    asked = {"channel": place, "user": "ana", "messageTs": ts, "callback_id": "look_up"} | order
    assert wire.order("shortcut", **asked)["error"] == error
    if error != "message_not_found":
        assert wire.order("shortcut", **asked, force=True)["outcome"] == "dispatch_failed"


@pytest.mark.parametrize(
    ("element", "action", "told"),
    [
        (choice("static_select", "a", "b"), {"selected_option": {"value": "b"}}, {"selected_option": option("b")}),
        (choice("overflow", "a", "b"), {"selected_option": {"value": "a"}}, {"selected_option": option("a")}),
        (choice("checkboxes", "a", "b"), {"selected_options": [{"value": "b"}]}, {"selected_options": [option("b")]}),
    ],
    ids=["static_select", "overflow", "checkboxes"],
)
def test_a_choice_in_a_message_is_its_whole_option(wire: Wire, element: Json, action: Json, told: Json) -> None:
    blocks = [actions(element)]
    ts = wire.client().chat_postMessage(channel="C0OPS00001", text="card", blocks=blocks)["ts"]
    wire.order("interact", channel="ops", user="ana", messageTs=ts, action={"action_id": "chosen"} | action)
    payload = wire.payload()
    assert {key: payload["actions"][0][key] for key in told} == told
    held = payload["state"]["values"].get("row", {}).get("chosen")
    assert held == (None if element["type"] == "overflow" else {"type": element["type"], **told})


def test_views_and_files_are_told_to_the_page_as_they_change(wire: Wire) -> None:
    def happens() -> None:
        view_id = opened(wire)
        wire.client().views_update(view_id=view_id, view=modal())
        wire.order("close", user="ana", view_id=view_id)
        wire.client().views_publish(user_id="U0ANA00001", view=HOME)
        wire.upload(share=False)

    async def scenario() -> list[Json]:
        async with aiohttp.ClientSession() as session, session.get(f"{wire.server.url}/_control/stream") as stream:
            await changes(stream)
            happening = asyncio.create_task(asyncio.to_thread(happens))
            told = []
            while not told or told[-1]["type"] != "file":
                told.append(await changes(stream))
            await happening
            return told

    told = asyncio.run(scenario())
    views = [(each["change"], each["user"]) for each in told if each["type"] == "view"]
    assert views == [(change, "U0ANA00001") for change in ("open", "update", "close", "home")]
    assert told[-1]["file"]["name"] == "notes.txt"
