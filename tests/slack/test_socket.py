"""The line to Slack, over the real client and a real WebSocket, at a quicker pace than production's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import Connection

from bot.errors import OperatorError
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN
from bot.slack.calls import web_client
from bot.slack.line import at_end_of_file
from bot.slack.socket import Socket, Timing
from tests.sandbox.slack_wire import Wire, until

QUICK = Timing(look=0.05, ping=0.5, hello=2, first_pause=0.05, longest_pause=0.4, calm=0.1)


class Bot:
    """A Bolt app that counts the commands it was given, behind the socket under test."""

    def __init__(self, slack: SlackServer, timing: Timing = QUICK, token: str = APP_TOKEN) -> None:
        self.wire = Wire(slack)
        self.heard: list[str] = []
        app = App(client=web_client(BOT_TOKEN, slack.api_url), process_before_response=True)

        @app.command("/aws")
        def command(ack: Callable[[], None], body: dict[str, Any]) -> None:
            self.heard.append(body["text"])
            ack()

        self.socket = Socket(app, token, timing)

    def answers(self, text: str = "again") -> bool:
        return self.wire.command(text)["outcome"] == "acked"

    def opens(self) -> list[dict[str, Any]]:
        return [each for each in self.wire.log("api") if each["method"] == "apps.connections.open"]


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@contextmanager
def connected(slack: SlackServer, timing: Timing = QUICK) -> Iterator[Bot]:
    bot = Bot(slack, timing)
    try:
        assert bot.socket.connect(patience=30)
        yield bot
    finally:
        bot.socket.close()


def test_a_command_is_acknowledged_once_connected(slack: SlackServer) -> None:
    with connected(slack) as bot:
        assert bot.answers("hello")
        state = bot.socket.state
        assert (state.connected, state.alive, state.num_connections, state.connects) == (True, True, 1, 1)
        assert until(lambda: bot.socket.state.last_pong) == pytest.approx(time.time(), abs=60)
        assert bot.heard == ["hello"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refresh", "reason": "refresh_requested"},
        {"kind": "refresh", "reason": "warning"},
        {"kind": "drop_socket"},
        {"kind": "close_socket"},
        {"kind": "freeze_socket"},
        {"kind": "down", "seconds": 1},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('reason', '')}".strip(),
)
def test_l1_d11_after_every_kind_of_loss_a_command_is_answered_once(slack: SlackServer, fault: dict[str, Any]) -> None:
    with connected(slack) as bot:
        bot.wire.order("fault", **fault)
        until(lambda: bot.socket.state.connects == 2)
        until(lambda: bot.answers("after"))
        until(lambda: bot.heard.count("after") == len(bot.wire.log("ack")), 5)
        time.sleep(0.1)
        assert bot.heard.count("after") == len(bot.wire.log("ack")), (
            "one answer for each delivery, however often the listeners' socket was replaced"
        )
        assert until(lambda: bot.wire.connections() == 1 or fault["kind"] == "freeze_socket")


@pytest.mark.slow
def test_a_refresh_loses_no_command_and_says_so_to_nobody(slack: SlackServer) -> None:
    """Slack's own three seconds are the measure here, so it wants a machine to itself."""
    with connected(slack, Timing(calm=0.05)) as bot:  # rare pings: a pong would wake the old recv and hide its wait
        time.sleep(0.1)
        for text in "abc":
            bot.wire.order("fault", kind="refresh")
            assert bot.answers(text)
        assert bot.heard == ["a", "b", "c"]
        assert bot.socket.state.last_error == ""


@pytest.mark.parametrize("kind", ["drop_socket", "close_socket"])
def test_a_cut_is_seen_without_waiting_for_a_pong(slack: SlackServer, kind: str) -> None:
    with connected(slack, Timing(look=0.05, ping=60)) as bot:
        bot.wire.order("fault", kind=kind)
        until(lambda: bot.socket.state.connects == 2)
        assert bot.answers()


def test_a_pong_that_never_came_counts_from_the_beginning_of_the_session(slack: SlackServer) -> None:
    with connected(slack, Timing(look=0.05, ping=0.2, first_pause=0.05, calm=0.1)) as bot:
        bot.socket._line._client.current_session.last_ping_pong_time = None
        bot.wire.order("fault", kind="freeze_socket")
        bot.socket._line._client.current_session.last_ping_pong_time = None
        until(lambda: bot.socket.state.connects == 2)
        assert "no pong" in bot.socket.state.last_error


def test_l2_while_slack_is_down_it_is_not_connected_and_tries_ever_more_rarely(slack: SlackServer) -> None:
    with connected(slack) as bot:
        bot.wire.order("fault", kind="down")
        until(
            lambda: (
                "cannot be reached" in bot.socket.state.last_error or "did not answer" in bot.socket.state.last_error
            )
        )
        assert not bot.socket.state.connected
        assert bot.socket.state.alive
        bot.wire.order("fault", kind="clear")
        until(lambda: bot.socket.state.connected)
        assert bot.answers()


def test_l6_a_slack_that_refuses_is_not_stormed(slack: SlackServer) -> None:
    with connected(slack) as bot:
        before = len(bot.opens())
        bot.wire.order("fault", kind="api_error", method="apps.connections.open", error="internal_error", times=None)
        bot.wire.order("fault", kind="drop_socket")
        began = time.monotonic()
        time.sleep(1.2)
        until(lambda: len(bot.opens()) - before >= 3)
        tried, took = len(bot.opens()) - before, time.monotonic() - began
        assert tried <= took / 0.2 + 4, "half the longest pause apart at least, once warmed up"


def test_a_429_is_waited_for(slack: SlackServer) -> None:
    with connected(slack) as bot:
        bot.wire.order("fault", kind="api_429", method="apps.connections.open", retry_after=1)
        began = time.monotonic()
        bot.wire.order("fault", kind="refresh")
        assert bot.answers("on the old socket"), "the old connection serves until its successor is there"
        until(lambda: bot.socket.state.connects == 2)
        assert time.monotonic() - began >= 1
        assert len([each for each in bot.opens() if each["error"] == "ratelimited"]) == 1
        assert bot.answers()


def test_l3_the_first_connection_is_tried_until_slack_is_there(slack: SlackServer) -> None:
    bot = Bot(slack)
    bot.wire.order("fault", kind="down", seconds=0.6)
    try:
        assert bot.socket.connect(patience=30)
        assert bot.answers()
    finally:
        bot.socket.close()


def test_l3_patience_ends_with_a_sentence(slack: SlackServer) -> None:
    bot = Bot(slack)
    bot.wire.order("fault", kind="down")
    with pytest.raises(OperatorError, match=r"could not be reached within 1.5 s\. Slack"):
        bot.socket.connect(patience=1.5)
    assert not bot.socket.state.connected


@pytest.mark.parametrize("token", ["xapp-wrong", BOT_TOKEN])
def test_l3_a_wrong_token_is_said_at_once(slack: SlackServer, token: str) -> None:
    bot = Bot(slack, token=token)
    with pytest.raises(OperatorError, match="SLACK_APP_TOKEN") as refused:
        bot.socket.connect()
    assert token not in refused.value.sentence
    assert len(bot.opens()) == 1


def test_a_token_revoked_while_running_is_tried_on_and_shown(slack: SlackServer) -> None:
    with connected(slack) as bot:
        bot.wire.order("fault", kind="api_error", method="apps.connections.open", error="token_revoked", times=2)
        bot.wire.order("fault", kind="drop_socket")
        until(lambda: "token_revoked" in bot.socket.state.last_error)
        assert bot.socket.state.alive
        until(lambda: bot.socket.state.connected)


def test_socket_mode_switched_off_is_not_looped_on(slack: SlackServer) -> None:
    with connected(slack) as bot:
        bot.wire.order("fault", kind="refresh", reason="link_disabled")
        until(lambda: not bot.socket.state.alive)
        time.sleep(0.3)
        state = bot.socket.state
        assert (state.connected, state.connects, len(bot.opens())) == (False, 1, 1)
        assert "switched off" in state.last_error


def test_the_eleventh_connection_waits_for_a_place(slack: SlackServer) -> None:
    bots = [Bot(slack) for _ in range(11)]
    try:
        for bot in bots[:10]:
            bot.socket.connect(patience=30)
        assert bots[9].socket.state.num_connections == 10
        with pytest.raises(OperatorError, match="too_many_websockets"):
            bots[10].socket.connect(patience=3)
    finally:
        closers = [threading.Thread(target=bot.socket.close) for bot in bots]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()


def test_close_is_quick_and_leaves_no_ghost(slack: SlackServer) -> None:
    with connected(slack) as bot:
        began = time.monotonic()
        bot.socket.close()
        assert time.monotonic() - began <= 8
        until(lambda: bot.wire.connections() == 0)
        assert not bot.socket.state.connected
        assert bot.answers() is False


def test_nothing_is_dialled_once_closed(slack: SlackServer) -> None:
    with connected(slack) as bot:
        bot.socket.close()
        bot.socket._line.dial(bot.socket._calls.socket_url(APP_TOKEN))
        assert bot.wire.connections() == 0
        assert not bot.socket._line.open


def test_a_socket_that_is_gone_is_at_its_end() -> None:
    assert at_end_of_file(None)


def test_close_ends_a_connect_that_waits(slack: SlackServer) -> None:
    bot = Bot(slack)
    bot.wire.order("fault", kind="down")
    threading.Timer(0.3, bot.socket.close).start()
    assert bot.socket.connect() is False


def test_a_fault_of_the_watcher_does_not_end_the_watching(slack: SlackServer) -> None:
    with connected(slack) as bot:
        fault, times = bot.socket._line.fault, [0]

        def broken(silence: float) -> str:
            times[0] += 1
            if times[0] == 1:
                raise RuntimeError("a bug")
            return fault(silence)

        bot.socket._line.fault = broken  # type: ignore[method-assign]
        until(lambda: times[0] > 1)
        bot.wire.order("fault", kind="drop_socket")
        until(lambda: bot.socket.state.connects == 2)


@pytest.mark.parametrize("raw", ["", "hello", "{", "[]", '{"type":"hello"', '{"type":"other"}', "{" + " " * 5000 + "}"])
def test_what_is_no_control_message_changes_nothing(slack: SlackServer, raw: str) -> None:
    bot = Bot(slack)
    bot.socket.heard(raw)
    assert not bot.socket._greeted
    bot.socket.close()


def test_a_person_cannot_speak_for_slack(slack: SlackServer) -> None:
    with connected(slack) as bot:
        assert bot.answers('{"type":"disconnect","reason":"link_disabled"}')
        assert bot.socket.state.alive
        assert bot.socket.state.connects == 1


def test_the_pauses_double_up_to_the_longest_and_are_jittered() -> None:
    timing = Timing()
    assert timing.pause(0) == 0
    pauses = [timing.pause(attempt) for attempt in range(1, 60)]
    assert 0.25 <= pauses[0] <= 0.5
    assert 2 <= pauses[3] <= 4
    assert all(15 <= pause <= 30 for pause in pauses[8:])
    assert len(set(pauses[8:])) > 40


def test_every_undocumented_attribute_is_still_there(slack: SlackServer) -> None:
    with connected(slack) as bot:
        client = bot.socket._line._client
        assert isinstance(client, SocketModeClient)
        for name in (
            "connect_operation_lock",
            "connect_to_new_endpoint",
            "current_session_state",
            "message_queue",
            "wss_uri",
        ):
            assert hasattr(client, name), name
        assert hasattr(client.current_session_state, "terminated")
        assert isinstance(client.current_session, Connection)
        for name in ("last_ping_pong_time", "sock", "is_active"):
            assert hasattr(client.current_session, name), name
        assert client.current_session.sock.gettimeout() == 0.25
        assert client.auto_reconnect_enabled is False


def test_a_frame_larger_than_a_megabyte_is_read_and_the_next_command_answered(slack: SlackServer) -> None:
    with connected(slack) as bot:
        assert bot.answers("x" * 1_200_000)
        assert bot.answers("small")
        assert [len(text) for text in bot.heard] == [1_200_000, 5]
