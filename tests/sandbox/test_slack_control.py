"""The control API: everything can be seen, done as a person, changed, reset and followed as it happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.sandbox.slack import control
from bot.sandbox.slack.journal import KEPT, Journal
from bot.sandbox.slack.server import SlackServer
from tests.sandbox.slack_wire import BUTTONS, Wire, changes, peer, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPS = "C0OPS00001"


@pytest.fixture(scope="module")
def server() -> Iterator[SlackServer]:
    with SlackServer() as running:
        yield running


@pytest.fixture
def wire(server: SlackServer) -> Wire:
    wire = Wire(server)
    wire.order("reset")
    return wire


def card(wire: Wire, blocks: Any = BUTTONS) -> str:
    return str(wire.client().chat_postMessage(channel=OPS, text="card", blocks=blocks)["ts"])


def test_the_state_begins_with_the_person_and_the_channel_of_the_quick_start(wire: Wire) -> None:
    state = wire.get("/_control/state")
    assert (state["users"][0]["name"], state["channels"][0]["name"]) == ("ana", "ops")
    assert (state["team"]["id"], state["connections"]) == ("T0TIDEWATR", 0)
    assert [each["name"] for each in state["users"] if each["is_guest"]] == ["gus"]
    assert [each["name"] for each in state["users"] if each["is_stranger"]] == ["sam"]
    assert [each["name"] for each in state["users"] if each["deleted"]] == ["dana"]
    channels = {each["name"]: each for each in state["channels"]}
    assert [name for name, each in channels.items() if not each["bot_is_member"]] == ["random", "boardroom"]
    assert channels["partner-shared"]["is_ext_shared"]
    assert channels["ana"]["id"] == "D0ANA00001"
    assert [each["handle"] for each in state["groups"] if each["disabled"]] == ["retired"]


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"channel": "nowhere"}, "channel_not_found"),
        ({"user": "nobody"}, "user_not_found"),
    ],
)
def test_a_command_needs_a_person_and_a_place(wire: Wire, order: dict[str, str], error: str) -> None:
    assert wire.command(**order) == {"ok": False, "error": error}


def test_a_command_may_come_from_another_team(wire: Wire) -> None:
    wire.command(team="T0PARTNER1", channel=OPS, user="U0SAM00005")
    payload = wire.payload()
    assert (payload["team_id"], payload["user_id"], payload["channel_id"]) == ("T0PARTNER1", "U0SAM00005", OPS)


def test_in_a_direct_message_the_channel_is_called_so(wire: Wire) -> None:
    wire.command(channel="D0ANA00001")
    assert wire.payload()["channel_name"] == "directmessage"


def test_should_escape_can_be_switched_off(wire: Wire) -> None:
    assert wire.order("should_escape", enabled=False)["enabled"] is False
    wire.command("ask @ana <now>")
    assert wire.payload()["text"] == "ask @ana &lt;now&gt;"


@pytest.mark.parametrize(
    ("ts", "more", "error"),
    [
        ("1.1", {}, "message_not_found"),
        ("", {"action": {"action_id": "other"}}, "no_such_action"),
        ("", {"action": {"block_id": "other"}}, "no_such_action"),
        ("", {"action": {"value": "18"}}, "no_such_value"),
    ],
)
def test_what_is_not_on_the_message_cannot_be_clicked(wire: Wire, ts: str, more: dict[str, Any], error: str) -> None:
    ts = ts or card(wire)
    assert wire.click(ts, **more) == {"ok": False, "error": error}
    assert wire.click(ts, **more, force=True)["ok"]


def test_a_forced_click_carries_what_it_claims(wire: Wire) -> None:
    wire.click("1.1", action={"action_id": "forged", "value": "99"}, team="T0PARTNER1", force=True)
    payload = wire.payload()
    assert (payload["actions"][0]["action_id"], payload["actions"][0]["value"]) == ("forged", "99")
    assert (payload["user"]["team_id"], payload["team"]["id"]) == ("T0PARTNER1", "T0PARTNER1")
    assert "message" not in payload


def test_an_ephemeral_message_is_clicked_by_its_person_alone(wire: Wire) -> None:
    call = {"channel": OPS, "user": "U0ANA00001", "text": "card", "blocks": BUTTONS}
    ts = wire.client().chat_postEphemeral(**call)["message_ts"]
    assert wire.click(ts, user="ben")["error"] == "message_not_found"
    assert wire.click(ts, user="ana")["ok"]


def test_a_stranger_clicks_from_his_own_team_and_in_a_thread(wire: Wire) -> None:
    call = {"channel": "C0SHARED06", "text": "card", "blocks": BUTTONS, "thread_ts": "1.1"}
    ts = wire.client().chat_postMessage(**call)["ts"]
    wire.click(ts, channel="partner-shared", user="sam")
    payload = wire.payload()
    assert (payload["user"]["team_id"], payload["team"]["id"]) == ("T0PARTNER1", "T0TIDEWATR")
    assert payload["container"]["thread_ts"] == "1.1"


def test_a_choice_from_a_menu_is_the_selected_option(wire: Wire) -> None:
    options = [{"text": {"type": "plain_text", "text": word}, "value": word} for word in ("dev", "prod")]
    menu = {"type": "static_select", "action_id": "go", "options": options}
    ts = card(wire, [{"type": "section", "text": {"type": "mrkdwn", "text": "Where?"}, "accessory": menu}])
    assert wire.click(ts, action={"value": "moon"})["error"] == "no_such_value"
    wire.click(ts, action={"value": "prod"})
    (action,) = wire.payload()["actions"]
    assert (action["type"], action["selected_option"]) == ("static_select", options[1])


def test_a_reset_makes_everything_new_and_the_logs_indexes_go_on(wire: Wire) -> None:
    card(wire)
    wire.order("people", user="ben", deleted=True)
    before = wire.get("/_control/log")["next"]
    wire.order("reset")
    assert wire.messages() == []
    assert not wire.get("/_control/state")["users"][1]["deleted"]
    log = wire.get("/_control/log")
    assert (log["entries"], log["next"] >= before) == ([], True)
    card(wire)
    assert [each["kind"] for each in wire.get(f"/_control/log?since={log['next']}")["entries"]] == ["api"]
    assert wire.get(f"/_control/log?since={log['next'] + 1}")["entries"] == []


def test_the_log_forgets_its_oldest_entries() -> None:
    journal = Journal(lambda: 0.0)
    for _ in range(KEPT + 5):
        journal.record("tick")
    assert (len(journal.since(0)), journal.since(0)[0]["index"], journal.end) == (KEPT, 5, KEPT + 5)


def test_people_groups_and_channels_change_by_field(wire: Wire) -> None:
    wire.order("people", channel="random", members=["ana", "aws"])
    assert wire.client().chat_postMessage(channel="C0RANDOM03", text="now a member")["ok"]
    wire.order("people", user="gus", is_restricted=False)
    assert not wire.client().users_info(user="U0GUS00004")["user"]["is_restricted"]
    wire.order("people", group="oncall", date_delete=1)
    assert [each["handle"] for each in wire.client().usergroups_list()["usergroups"]] == ["developers"]


def test_a_renamed_person_does_not_become_another(wire: Wire) -> None:
    wire.order("people", user="gus", name="U0ANA00001")
    wire.command(user="U0ANA00001")
    assert wire.payload()["user_name"] == "ana"


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"user": "nobody"}, "user_not_found"),
        ({"group": "nobody"}, "no_such_subteam"),
        ({"channel": "nowhere"}, "channel_not_found"),
        ({"user": "ben", "is_king": True}, "unknown_field"),
        ({"group": "oncall", "users": ["nobody"]}, "user_not_found"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(wire: Wire, order: dict[str, Any], error: str) -> None:
    assert wire.order("people", **order)["error"] == error


def test_an_order_that_is_none_is_refused(wire: Wire) -> None:
    assert wire.order("dance")["error"] == "unknown_order"
    assert wire.order("fault", kind="boredom")["error"] == "unknown_fault"
    assert wire.post("/_control/command", b"{")[1]["error"] == "invalid_json"
    assert wire.post("/_control/command", [])[1]["error"] == "invalid_json"
    assert wire.get("/_control/messages/nowhere")["ok"] is False


def test_the_stream_tells_every_change_as_it_happens(wire: Wire) -> None:
    async def scenario() -> list[dict[str, Any]]:
        async with aiohttp.ClientSession() as session, session.get(f"{wire.server.url}/_control/stream") as stream:
            assert stream.content_type == "text/event-stream"
            told = [await changes(stream) for _ in range(2)]
            slack = wire.client()
            ts = (await asyncio.to_thread(slack.chat_postMessage, channel=OPS, text="one"))["ts"]
            await asyncio.to_thread(slack.chat_update, channel=OPS, ts=ts, text="two")
            await asyncio.to_thread(slack.chat_delete, channel=OPS, ts=ts)
            async with peer(wire):
                told += [await changes(stream) for _ in range(4)]
            told.append(await changes(stream))
            await asyncio.to_thread(wire.order, "reset")
            return [*told, await changes(stream)]

    hello, none, message, update, delete, one, none_again, reset = asyncio.run(scenario())
    assert (hello, none) == ({"type": "hello"}, {"type": "connections", "n": 0})
    assert [each["type"] for each in (message, update, delete)] == ["message", "update", "delete"]
    assert (message["channel"], message["message"]["text"], update["message"]["text"]) == (OPS, "one", "two")
    assert (one["n"], none_again["n"]) == (1, 0)
    assert reset == {"type": "reset"}


def test_a_quiet_stream_is_kept_alive(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "KEEPALIVE_SECONDS", 0.05)

    async def scenario() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(f"{wire.server.url}/_control/stream") as stream:
            return await asyncio.wait_for(stream.content.readuntil(b": still here"), 5)

    assert asyncio.run(scenario()).endswith(b": still here")


def test_a_stopping_server_ends_its_streams_and_sockets() -> None:
    async def scenario() -> None:
        server = await asyncio.to_thread(SlackServer().start)
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{server.url}/_control/stream") as stream,
            peer(Wire(server)) as app,
        ):
            stopped = asyncio.create_task(asyncio.to_thread(server.stop))
            frame = await app.socket.receive(timeout=30)
            assert (frame.type, frame.data) == (aiohttp.WSMsgType.CLOSE, 1001)
            await app.socket.close()
            await asyncio.wait_for(stream.content.read(), 5)
            await stopped

    asyncio.run(scenario())


def test_the_page_is_served_and_nothing_beside_it(tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<title>Tidewater</title>")
    (page / "app.js").write_text("start()")
    (tmp_path / "secret").write_text("not for the page")

    async def scenario() -> None:
        async with aiohttp.ClientSession() as session:

            async def get(path: str) -> tuple[int, str]:
                async with session.get(server.url + path) as answer:
                    return answer.status, await answer.text()

            assert await get("/") == (200, "<title>Tidewater</title>")
            assert await get("/page/app.js") == (200, "start()")
            assert (await get("/page/%2e%2e/secret"))[0] == 404
            assert (await get("/page/missing.js"))[0] == 404

    with SlackServer(page_dir=page) as server:
        asyncio.run(scenario())


def test_a_server_can_run_in_the_foreground_and_be_cancelled() -> None:
    async def scenario() -> None:
        server = SlackServer()
        ready = asyncio.Event()
        serving = asyncio.create_task(server.serve(ready.set))
        await asyncio.wait_for(ready.wait(), 5)
        async with aiohttp.ClientSession() as session, session.get(f"{server.url}/_control/state") as answer:
            assert (await answer.json())["ok"]
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        server.stop()

    asyncio.run(scenario())


def test_a_port_that_is_taken_is_said_at_once(wire: Wire) -> None:
    port = int(wire.server.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        SlackServer(port=port)


def test_commands_need_not_be_waited_for(wire: Wire) -> None:
    envelope_id = wire.command(wait=False)["envelope_id"]
    until(lambda: wire.log("dispatch_failed"))
    assert wire.log("dispatch_failed")[0]["envelope_id"] == envelope_id
