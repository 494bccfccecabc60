"""The door to Slack's Web API, over real HTTP against the local Slack and against sockets that misbehave."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from bot.errors import SlackError
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN, TEAM_ID
from bot.slack.calls import SECONDS, SlackCalls, web_client
from tests.sandbox.slack_wire import Wire

MESSAGE = {"text": "done", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "done"}}]}


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def wire(slack: SlackServer) -> Wire:
    return Wire(slack)


@pytest.fixture
def calls(slack: SlackServer) -> SlackCalls:
    return SlackCalls(web_client(BOT_TOKEN, slack.api_url))


def refused(call: Callable[[], Any]) -> SlackError:
    with pytest.raises(SlackError) as caught:
        call()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None, "a traceback would print the answer"
    return caught.value


def answer_of(wire: Wire, method: str) -> dict[str, Any]:
    args: dict[str, Any] = [each for each in wire.log("api") if each["method"] == method][-1]["args"]
    return args


def response_url(wire: Wire) -> str:
    """Of a command nobody was there to take: the right to answer it is issued all the same."""
    wire.command("list")
    return str(wire.payload()["response_url"])


def test_a_post_answers_with_channel_and_ts_and_unfurls_nothing(calls: SlackCalls, wire: Wire) -> None:
    channel, ts = calls.post("C0OPS00001", MESSAGE)
    assert channel == "C0OPS00001"
    assert wire.messages()[-1]["ts"] == ts
    args = answer_of(wire, "chat.postMessage")
    assert (args["unfurl_links"], args["unfurl_media"], args["parse"]) == (False, False, "none")
    assert args["text"] == "done"
    assert "thread_ts" not in args


def test_a_post_to_a_person_answers_with_the_direct_channel(calls: SlackCalls) -> None:
    assert calls.post("U0ANA00001", MESSAGE)[0] == "D0ANA00001"


def test_a_post_in_a_thread_stays_there(calls: SlackCalls, wire: Wire) -> None:
    _, ts = calls.post("C0OPS00001", MESSAGE)
    calls.post("C0OPS00001", MESSAGE, ts)
    assert wire.messages()[-1]["thread_ts"] == ts


def test_an_update_replaces_text_and_blocks_with_parse_said(calls: SlackCalls, wire: Wire) -> None:
    channel, ts = calls.post("C0OPS00001", MESSAGE)
    calls.update(channel, ts, {"text": "later"})
    message = wire.messages()[-1]
    assert (message["ts"], message["text"], message.get("blocks") or []) == (ts, "later", [])
    assert answer_of(wire, "chat.update")["parse"] == "none"


@pytest.mark.parametrize("thread", [False, True])
def test_an_ephemeral_message_is_for_one_person(calls: SlackCalls, wire: Wire, thread: bool) -> None:
    ts = calls.post("C0OPS00001", MESSAGE)[1] if thread else ""
    calls.ephemeral("C0OPS00001", "U0BEN00002", MESSAGE, ts)
    assert wire.messages()[-1]["ephemeral_to"] == "U0BEN00002"
    assert answer_of(wire, "chat.postEphemeral").get("thread_ts", "") == ts


@pytest.mark.parametrize("in_channel", [False, True])
def test_an_answer_goes_where_the_bot_is_no_member(calls: SlackCalls, wire: Wire, in_channel: bool) -> None:
    wire.command("list", channel="random")
    calls.respond(wire.payload()["response_url"], MESSAGE, in_channel=in_channel)
    assert wire.messages("random")[-1].get("ephemeral_to") == (None if in_channel else "U0ANA00001")


def test_a_response_url_used_up_is_an_error_with_the_next_step(calls: SlackCalls, wire: Wire) -> None:
    url = response_url(wire)
    for _ in range(5):
        calls.respond(url, MESSAGE)
    error = refused(lambda: calls.respond(url, MESSAGE))
    assert (error.code, error.ambiguous) == ("expired_url", False)
    assert "ask again" in error.sentence


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "api_429", "retry_after": 7}, ("ratelimited", 7, False)),
        ({"kind": "api_500"}, ("http_500", None, True)),
        ({"kind": "api_error", "error": "invalid_blocks"}, ("invalid_blocks", None, False)),
        ({"kind": "api_hang_after"}, ("no_answer", None, True)),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("door", ["chat.postMessage", "response_url"])
def test_what_slack_may_have_taken_is_told_apart_from_what_it_did_not(
    calls: SlackCalls, wire: Wire, door: str, fault: dict[str, Any], told: tuple[str, float | None, bool]
) -> None:
    url = response_url(wire)
    wire.order("fault", **fault, method=door)
    error = refused(
        lambda: calls.post("C0OPS00001", MESSAGE) if door != "response_url" else calls.respond(url, MESSAGE)
    )
    assert (error.code, error.retry_after, error.ambiguous) == told


def test_a_hang_after_the_post_was_made_really_made_it(calls: SlackCalls, wire: Wire) -> None:
    wire.order("fault", kind="api_hang_after", method="chat.postMessage")
    before = len(wire.messages())
    assert refused(lambda: calls.post("C0OPS00001", MESSAGE)).ambiguous
    assert len(wire.messages()) == before + 1, "and was not repeated by the client"


@pytest.mark.parametrize("code", ["internal_error", "fatal_error"])
def test_slacks_own_failures_may_have_done_part(calls: SlackCalls, wire: Wire, code: str) -> None:
    wire.order("fault", kind="api_error", error=code, method="chat.postMessage")
    error = refused(lambda: calls.post("C0OPS00001", MESSAGE))
    assert (error.code, error.ambiguous) == (code, True)


def test_a_refusal_names_the_way_out(calls: SlackCalls) -> None:
    error = refused(lambda: calls.post("C0RANDOM03", MESSAGE))
    assert error.sentence == "Slack did not post the message: not_in_channel. Invite the bot to the channel."


def test_a_missing_scope_is_named(calls: SlackCalls) -> None:
    error = refused(lambda: calls.channel("D0ANA00001"))
    assert error.code == "missing_scope"
    assert "im:read" in error.sentence


def test_the_directory_is_read(calls: SlackCalls) -> None:
    assert calls.user("U0CARLA003")["is_admin"] is True
    assert calls.channel("C0SHARED06")["is_ext_shared"] is True
    oncall, *others = calls.groups()
    assert (oncall["id"], oncall["users"]) == ("S0ONCALL01", ["U0ANA00001", "U0CARLA003"])
    assert [group["id"] for group in others] == ["S0DEVS0002", "S0EMPTY003"]
    assert calls.identity()["team_id"] == TEAM_ID


def test_a_socket_address_needs_the_app_token(calls: SlackCalls) -> None:
    assert calls.socket_url(APP_TOKEN).startswith("ws://127.0.0.1:")
    assert refused(lambda: calls.socket_url(BOT_TOKEN)).code == "not_allowed_token_type"


def test_a_wrong_token_says_what_to_do(slack: SlackServer) -> None:
    error = refused(SlackCalls(web_client("xoxb-wrong", slack.api_url)).identity)
    assert error.code == "invalid_auth"
    assert "set it again" in error.sentence


def test_a_message_without_text_is_a_bug(calls: SlackCalls) -> None:
    with pytest.raises(ValueError, match="needs a text"):
        calls.post("C0OPS00001", {"blocks": MESSAGE["blocks"]})


@contextmanager
def peer(answer: bytes | None) -> Iterator[str]:
    """A server on loopback that reads one request and says just these bytes (None: nothing, until the end)."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer or b"")
                    over.wait(5 if answer is None else 0)

        server = threading.Thread(target=serve)
        server.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/"
        finally:
            over.set()
            server.join()


def http(status: str, body: str, header: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{header}Connection: close\r\n\r\n{body}".encode()


PAGE = "<html>Please log in</html>"


@pytest.mark.parametrize(
    ("answer", "code", "retry_after", "ambiguous"),
    [
        (http("200 OK", PAGE), "http_200", None, True),
        (http("403 Forbidden", PAGE), "http_403", None, False),
        (http("502 Bad Gateway", PAGE), "http_502", None, True),
        (
            http("503 Service Unavailable", '{"ok":false,"error":"service_unavailable"}'),
            "service_unavailable",
            None,
            True,
        ),
        (http("429 Too Many Requests", "slow down", "Retry-After: 3\r\n"), "ratelimited", 3, False),
        (http("429 Too Many Requests", "slow down"), "ratelimited", None, False),
        (http("429 Too Many Requests", "", "retry-after: soon\r\n"), "ratelimited", None, False),
        (http("200 OK", "null"), "http_200", None, True),
        (http("200 OK", "[]"), "http_200", None, True),
        (http("200 OK", '{"ok":true}'), "no_answer", None, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", "no_answer", None, True),
        (b"", "no_answer", None, True),
    ],
)
def test_whatever_stands_between_slack_and_us_is_a_slack_error(
    answer: bytes, code: str, retry_after: float | None, ambiguous: bool
) -> None:
    with peer(answer) as url:
        error = refused(lambda: SlackCalls(web_client(BOT_TOKEN, url)).post("C1", MESSAGE))
    assert (error.code, error.retry_after, error.ambiguous) == (code, retry_after, ambiguous)
    assert PAGE not in error.sentence


@pytest.mark.parametrize(
    ("answer", "code", "ambiguous"),
    [
        (http("404 Not Found", "expired_url"), "expired_url", False),
        (http("200 OK", '{"ok":false,"error":"no_text"}'), "no_text", False),
        (http("200 OK", PAGE), "http_200", True),
        (http("500 Internal Server Error", ""), "http_500", True),
    ],
)
def test_a_response_url_may_answer_in_words_or_json(answer: bytes, code: str, ambiguous: bool) -> None:
    with peer(answer) as url:
        calls = SlackCalls(web_client(BOT_TOKEN, "http://127.0.0.1:1/api/"))
        error = refused(lambda: calls.respond(url, MESSAGE))
    assert (error.code, error.ambiguous) == (code, ambiguous)


def test_a_response_url_that_says_ok_has_taken_it() -> None:
    for body in ("ok", '{"ok":true}'):
        with peer(http("200 OK", body)) as url:
            SlackCalls(web_client(BOT_TOKEN, "http://127.0.0.1:1/api/")).respond(url, MESSAGE)


def test_a_read_time_out_is_ambiguous() -> None:
    with peer(None) as url:
        client = web_client(BOT_TOKEN, url)
        assert client.timeout == SECONDS
        client.timeout = 1
        error = refused(lambda: SlackCalls(client).post("C1", MESSAGE))
    assert (error.code, error.ambiguous) == ("no_answer", True)
    assert "may have done it" in error.sentence


def test_a_refused_connection_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for call in (
        lambda calls: calls.post("C1", MESSAGE),
        lambda calls: calls.respond(f"http://127.0.0.1:{port}/commands/T1/secret", MESSAGE),
    ):
        error = refused(lambda: call(SlackCalls(web_client(BOT_TOKEN, f"http://127.0.0.1:{port}/api/"))))  # noqa: B023
        assert (error.code, error.ambiguous) == ("unreachable", False)
        assert "ConnectionRefusedError" in error.sentence


def test_no_token_url_or_text_reaches_the_log_even_at_debug(
    slack: SlackServer, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    calls, url = SlackCalls(web_client(BOT_TOKEN, slack.api_url)), response_url(wire)
    with caplog.at_level(logging.DEBUG):
        calls.post("C0OPS00001", {"text": "top secret"})
        calls.respond(url, {"text": "top secret"})
        wire.order("fault", kind="down")
        errors = [
            refused(lambda: calls.respond(url, MESSAGE)),
            refused(lambda: calls.respond("nonsense " + url, MESSAGE)),
        ]
    logged = [record for record in caplog.records if record.name.startswith(("bot", "slack"))]
    assert "top secret" not in caplog.text
    assert BOT_TOKEN not in caplog.text
    assert url not in "".join(record.getMessage() for record in logged) + "".join(map(str, errors))
