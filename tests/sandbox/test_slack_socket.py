"""Socket Mode's rules, with a bare WebSocket that acknowledges when the test says so."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import APP_TOKEN
from tests.sandbox.slack_wire import BUTTONS, Peer, Wire, peer, until

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

OPS = "C0OPS00001"


@pytest.fixture(scope="module")
def server() -> Iterator[SlackServer]:
    with SlackServer(redelivery=(0.0, 0.1)) as running:
        yield running


@pytest.fixture
def wire(server: SlackServer) -> Wire:
    wire = Wire(server)
    until(lambda: wire.connections() == 0)
    wire.order("reset")
    return wire


def off_loop(call: Callable[..., Any], *args: Any, **named: Any) -> Coroutine[Any, Any, Any]:
    """A blocking call beside the test's own socket."""
    return asyncio.to_thread(call, *args, **named)


def test_the_hello_counts_the_connections(wire: Wire) -> None:
    async def scenario() -> None:
        url = wire.client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)["url"]
        async with peer(wire), aiohttp.ClientSession() as session, session.ws_connect(url) as second:
            hello = await second.receive_json()
            assert hello["num_connections"] == 2
            assert hello["debug_info"]["approximate_connection_time"] > 0

    asyncio.run(scenario())


def test_a_ticket_opens_one_socket(wire: Wire) -> None:
    async def scenario() -> None:
        url = wire.client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)["url"]
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url):
                pass
            for refused in (url, url.replace("ticket=", "ticket=x")):
                with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                    await session.ws_connect(refused)

    asyncio.run(scenario())


def test_a_pong_echoes_its_ping_verbatim(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            await app.socket.ping(b"sdk-ping-pong:1700000000.5")
            frame = await app.socket.receive(timeout=30)
            assert (frame.type, frame.data) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1700000000.5")

    asyncio.run(scenario())


def test_a_command_carries_what_slack_sends_and_the_acks_payload_answers_it(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            asked = asyncio.create_task(off_loop(wire.command, "ec2 stop @ben", channel="secret-ops"))
            envelope = await app.receive()
            await app.ack(envelope, payload={"text": "on it"})
            outcome = await asked
            assert (outcome["outcome"], outcome["envelope_id"]) == ("acked", envelope["envelope_id"])
            assert 0 < outcome["ack_ms"] < 3000
            assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
            payload = envelope["payload"]
            assert payload["text"] == "ec2 stop <@U0BEN00002>"
            assert (payload["command"], payload["channel_name"]) == ("/aws", "privategroup")
            assert (payload["user_id"], payload["team_id"]) == ("U0ANA00001", "T0TIDEWATR")
            assert payload["is_enterprise_install"] == "false"

    asyncio.run(scenario())
    (message,) = wire.messages("secret-ops")
    assert (message["text"], message["ephemeral_to"]) == ("on it", "U0ANA00001")


def test_an_in_channel_ack_shows_the_command_to_all(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            asked = asyncio.create_task(off_loop(wire.command, "ec2 list"))
            await app.ack(await app.receive(), payload={"text": "two", "response_type": "in_channel"})
            await asked

    asyncio.run(scenario())
    assert [each["text"] for each in wire.messages(user="ben")] == ["/aws ec2 list", "two"]


def test_an_ack_payload_beyond_the_limits_is_an_error_to_the_person(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            asked = asyncio.create_task(off_loop(wire.command))
            await app.ack(await app.receive(), payload={"blocks": [{"type": "section"}]})
            await asked

    asyncio.run(scenario())
    assert [each["text"] for each in wire.messages()] == ['/aws failed with the error "invalid_blocks"']
    assert wire.log("ack_payload_refused")


def test_with_nobody_connected_the_command_fails_at_once(wire: Wire) -> None:
    assert wire.command()["outcome"] == "dispatch_failed"
    (line,) = wire.messages()
    assert line["text"] == '/aws failed with the error "dispatch_failed"'
    assert line["ephemeral_to"] == "U0ANA00001"


def test_an_ack_after_three_seconds_is_late_and_its_payload_ignored(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            asked = asyncio.create_task(off_loop(wire.command))
            envelope = await app.receive()
            assert (await asked)["outcome"] == "operation_timeout"
            await app.ack(envelope, payload={"text": "too late"})
            await off_loop(until, lambda: wire.log("late_ack"))

    asyncio.run(scenario())
    assert [each["text"] for each in wire.messages()] == ['/aws failed with the error "operation_timeout"']
    assert wire.log("operation_timeout")


def test_an_ack_counts_once_and_only_for_an_envelope_that_was_sent(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            asked = asyncio.create_task(off_loop(wire.command))
            envelope = await app.receive()
            await app.ack(envelope, payload={"text": "first"})
            await app.ack(envelope, payload={"text": "second"})
            await app.ack({"envelope_id": "never-sent"})
            await app.socket.send_str("no json")
            await asked
            await off_loop(until, lambda: len(wire.log("unknown_ack")) == 3)

    asyncio.run(scenario())
    assert [each["text"] for each in wire.messages()] == ["first"]
    assert [each["reason"] for each in wire.log("unknown_ack")] == ["duplicate", "unknown", "malformed"]


def test_a_click_carries_its_message_and_its_ack_takes_no_payload(wire: Wire) -> None:
    ts = wire.client().chat_postMessage(channel=OPS, text="card", blocks=BUTTONS)["ts"]

    async def scenario() -> dict[str, Any]:
        async with peer(wire) as app:
            clicked = asyncio.create_task(off_loop(wire.click, ts, user="ben"))
            envelope = await app.receive()
            await app.ack(envelope, payload={"text": "not shown"})
            assert (await clicked)["outcome"] == "acked"
            return envelope

    envelope = asyncio.run(scenario())
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("interactive", False)
    payload = envelope["payload"]
    (action,) = payload["actions"]
    assert (action["action_id"], action["block_id"], action["value"]) == ("go", "row", "17")
    assert action["type"] == "button"
    assert action["action_ts"] > ts
    assert payload["user"] == {"id": "U0BEN00002", "username": "ben", "name": "ben", "team_id": "T0TIDEWATR"}
    assert (payload["message"]["ts"], payload["team"]["id"]) == (ts, "T0TIDEWATR")
    assert payload["container"]["is_ephemeral"] is False
    assert payload["api_app_id"] == "A0AWSBOT01"
    assert len(wire.messages()) == 1
    assert wire.log("ack_payload_ignored")


def test_a_click_on_an_ephemeral_message_comes_without_the_message(wire: Wire) -> None:
    call = {"channel": OPS, "user": "U0ANA00001", "text": "card", "blocks": BUTTONS}
    ts = wire.client().chat_postEphemeral(**call)["message_ts"]
    wire.click(ts)
    assert "message" not in wire.payload()
    assert wire.payload()["container"]["is_ephemeral"] is True


def test_an_envelope_goes_to_one_connection_and_the_eleventh_is_turned_away(wire: Wire) -> None:
    async def scenario() -> None:
        async with contextlib.AsyncExitStack() as stack:
            apps = [await stack.enter_async_context(peer(wire)) for _ in range(10)]
            url = wire.client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)["url"]
            session = await stack.enter_async_context(aiohttp.ClientSession())
            async with session.ws_connect(url) as eleventh:
                assert (await eleventh.receive_json())["reason"] == "too_many_websockets"
                assert (await eleventh.receive(timeout=30)).type is aiohttp.WSMsgType.CLOSE
            answering = [asyncio.create_task(answer(app)) for app in apps]
            outcomes = [await off_loop(wire.command) for _ in range(12)]
            assert {each["outcome"] for each in outcomes} == {"acked"}
            for each in answering:
                each.cancel()

    asyncio.run(scenario())
    sent = wire.log("envelope")
    assert len(sent) == 12
    assert len({each["connection"] for each in sent}) > 1


async def answer(app: Peer) -> None:
    """Acknowledge whatever comes."""
    while True:
        await app.ack(await app.receive())


def test_an_envelope_may_be_delivered_twice_when_told(wire: Wire) -> None:
    wire.order("fault", kind="deliver_twice", times=1)

    async def scenario() -> None:
        async with peer(wire) as app:
            asked = asyncio.create_task(off_loop(wire.command))
            first, second = await app.receive(), await app.receive()
            assert first == second
            await app.ack(first)
            await asked
            once = asyncio.create_task(off_loop(wire.command, wait=False))
            third = await app.receive()
            assert third["envelope_id"] == (await once)["envelope_id"] != first["envelope_id"]
            await app.ack(third)
            with pytest.raises(TimeoutError):
                await app.socket.receive(timeout=0.2)

    asyncio.run(scenario())


def test_an_event_is_sent_again_until_it_is_acknowledged(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            await off_loop(wire.order, "people", user="ben", deleted=True)
            first, retried = await app.receive(), await app.receive()
            await app.ack(retried)
            assert first["payload"]["event_id"] == retried["payload"]["event_id"]
            assert (first["retry_attempt"], retried["retry_attempt"]) == (0, 1)
            assert (first["type"], retried["retry_reason"]) == ("events_api", "timeout")
            event = first["payload"]["event"]
            assert (event["type"], event["user"]["deleted"]) == ("user_change", True)
            with pytest.raises(TimeoutError):
                await app.socket.receive(timeout=0.3)

    asyncio.run(scenario())


def test_a_change_of_a_groups_members_sends_both_events(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            await off_loop(wire.order, "people", group="oncall", users=["ben", "carla"])
            events = {}
            for _ in range(2):
                envelope = await app.receive()
                await app.ack(envelope)
                events[envelope["payload"]["event"]["type"]] = envelope["payload"]["event"]
            changed, updated = events["subteam_members_changed"], events["subteam_updated"]
            assert (changed["added_users"], changed["removed_users"]) == (["U0BEN00002"], ["U0ANA00001"])
            assert updated["subteam"]["users"] == ["U0BEN00002", "U0CARLA003"]

    asyncio.run(scenario())
    assert wire.client().usergroups_users_list(usergroup="S0ONCALL01")["users"] == ["U0BEN00002", "U0CARLA003"]


def test_a_refresh_leaves_the_old_socket_open_and_sends_what_follows_to_the_new(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as old:
            await off_loop(wire.order, "fault", kind="refresh")
            asked = asyncio.create_task(off_loop(wire.command))
            goodbye = await old.receive()
            assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "refresh_requested")
            await old.ack(await old.receive())
            assert (await asked)["outcome"] == "acked"
            async with peer(wire) as new:
                assert await off_loop(wire.connections) == 2
                for _ in range(4):
                    asked = asyncio.create_task(off_loop(wire.command))
                    await new.ack(await new.receive())
                    assert (await asked)["outcome"] == "acked"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("kind", "frame"),
    [("close_socket", aiohttp.WSMsgType.CLOSE), ("drop_socket", aiohttp.WSMsgType.CLOSED)],
)
def test_a_socket_is_closed_with_its_frame_or_dropped_without(wire: Wire, kind: str, frame: aiohttp.WSMsgType) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            receiving = asyncio.create_task(app.socket.receive(timeout=30))
            ordered = asyncio.create_task(off_loop(wire.order, "fault", kind=kind))
            assert (await receiving).type is frame
            await app.socket.close()
            await ordered
            await off_loop(until, lambda: wire.connections() == 0)

    asyncio.run(scenario())
    assert wire.log("socket_close")


def test_a_frozen_socket_is_silent_until_it_thaws(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            await off_loop(wire.order, "fault", kind="freeze_socket")
            asked = asyncio.create_task(off_loop(wire.command))
            await app.socket.ping(b"still there?")
            with pytest.raises(TimeoutError):
                await app.socket.receive(timeout=0.3)
            await off_loop(wire.order, "fault", kind="clear")
            frames = [await app.socket.receive(timeout=30), await app.socket.receive(timeout=30)]
            kinds = {frame.type for frame in frames}
            assert kinds == {aiohttp.WSMsgType.PONG, aiohttp.WSMsgType.TEXT}
            envelope = next(frame.json() for frame in frames if frame.type is aiohttp.WSMsgType.TEXT)
            await app.ack(envelope)
            assert (await asked)["outcome"] == "acked"

    asyncio.run(scenario())


def test_a_socket_may_freeze_for_a_while(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            await off_loop(wire.order, "fault", kind="freeze_socket", seconds=0.3)
            await app.socket.ping(b"still there?")
            assert (await app.socket.receive(timeout=30)).type is aiohttp.WSMsgType.PONG

    asyncio.run(scenario())


def test_going_down_drops_the_sockets_and_opens_none(wire: Wire) -> None:
    async def scenario() -> None:
        url = wire.client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)["url"]
        async with peer(wire) as app, aiohttp.ClientSession() as session:
            await off_loop(wire.order, "fault", kind="down", seconds=60)
            assert (await app.socket.receive(timeout=30)).type is aiohttp.WSMsgType.CLOSED
            with pytest.raises(aiohttp.ClientError):
                await session.ws_connect(url)
            await off_loop(wire.order, "fault", kind="clear")
            async with session.ws_connect(url) as again:
                assert (await again.receive_json())["type"] == "hello"

    asyncio.run(scenario())


def test_a_large_frame_passes_both_ways(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            asked = asyncio.create_task(off_loop(wire.command, "x" * 1_500_000))
            envelope = await app.receive()
            assert len(envelope["payload"]["text"]) == 1_500_000
            await app.ack(envelope, payload={"text": "y" * 1_500_000})
            assert (await asked)["outcome"] == "acked"

    asyncio.run(scenario())
