"""The files of people at Slack: whose they are, where they lie, and that the token goes nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from bot.errors import Refused, SlackError, UsageError
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import BOT_TOKEN
from bot.slack.calls import SlackCalls, web_client
from bot.slack.shared_files import SharedFiles
from bot.store.runs import Run, State
from tests.sandbox.slack_wire import Wire

ANA, BEN, OPS, DEV = "U0ANA00001", "U0BEN00002", "C0OPS00001", "C0DEV00002"


@pytest.fixture(scope="module")
def slack() -> Iterator[Wire]:
    with SlackServer() as server:
        yield Wire(server)


@pytest.fixture
def files(slack: Wire) -> SharedFiles:
    calls = SlackCalls(web_client(BOT_TOKEN, slack.server.api_url))
    return SharedFiles(calls, BOT_TOKEN, slack.server.api_url)


def run(user: str = ANA, channel: str = OPS) -> Run:
    return Run("r1", State.RECEIVED, user=user, channel=channel)


class Known(SlackCalls):
    """Slack's word on one file, as its documentation has it."""

    def __init__(self, **about: Any) -> None:
        self.about = {
            "id": "F123",
            "name": "a.bin",
            "size": 3,
            "user": ANA,
            "mimetype": "application/octet-stream",
        } | about

    def file(self, file: str) -> dict[str, Any]:
        return {**self.about, "id": file}


@contextmanager
def web(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that gives these answers in turn, and what was asked of it."""
    seen: list[dict[str, str]] = []
    left = list(answers)

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers.items()) | {"path": self.path})
            status, headers, body = left.pop(0)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()
            thread.join()


def at(url: str, **about: Any) -> SharedFiles:
    return SharedFiles(Known(**about), "xoxb-secret", f"{url}/api/")


def test_whoever_uploaded_it_may_use_it_anywhere(slack: Wire, files: SharedFiles) -> None:
    id_ = slack.upload("notes.txt", channel="ops")["file"]["id"]
    upload = files.facts(id_, run(ANA, DEV))
    assert (upload.id, upload.name, upload.size) == (id_, "notes.txt", 10)


def test_others_may_use_it_where_it_is_shared_and_nowhere_else(slack: Wire, files: SharedFiles) -> None:
    id_ = slack.upload("notes.txt", channel="ops")["file"]["id"]
    assert files.facts(id_, run(BEN, OPS)).size == 10
    with pytest.raises(Refused, match="neither yours nor shared here") as caught:
        files.facts(id_, run(BEN, DEV))
    assert caught.value.layer == "file"


def test_an_unshared_file_of_somebody_else_s_is_refused() -> None:
    files, id_ = at("http://127.0.0.1"), "F123"
    for who in (run(BEN), run("", ""), run(BEN, "")):
        with pytest.raises(Refused):
            files.facts(id_, who)


@pytest.mark.parametrize("where", ["shares", "groups", "ims"])
def test_every_kind_of_place_counts(where: str) -> None:
    about: dict[str, Any] = {"shares": {"private": {OPS: [{}]}}} if where == "shares" else {where: [OPS]}
    files = SharedFiles(Known(user=BEN, **about), "t", "http://127.0.0.1/api/")
    assert files.facts("F123", run(ANA, OPS))
    with pytest.raises(Refused):
        files.facts("F123", run(ANA, DEV))


@pytest.mark.parametrize("id_", ["/etc/passwd", "../F123", "U0ANA00001", "F", "f0123", "F12 34", "F123\n"])
def test_what_is_no_file_s_id_is_a_usage_error_and_slack_is_not_asked(files: SharedFiles, id_: str) -> None:
    with pytest.raises(UsageError, match="named by its id"):
        files.facts(id_, run())


def test_a_file_that_is_gone_is_said_to_be_gone(files: SharedFiles) -> None:
    with pytest.raises(UsageError, match="knows no file"):
        files.facts("F0NOTHERE9", run())


def test_more_than_1_gb_is_too_much() -> None:
    with pytest.raises(UsageError, match="larger than 1 GB"):
        at("http://127.0.0.1", size=1_000_000_001).facts("F123", run())


def test_its_bytes_come_with_the_token_piece_by_piece(slack: Wire, files: SharedFiles) -> None:
    id_ = slack.upload("large.bin", size=300_000, seed=4)["file"]["id"]
    with files.open(id_) as stream:
        pieces = iter(lambda: stream.read(100_000), b"")
        assert [len(piece) for piece in pieces] == [100_000] * 3


def test_the_sign_in_page_is_not_taken_for_the_file() -> None:
    page = (200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>Sign in to Slack</html>")
    with web(page, page) as (url, _):
        for mimetype in ("application/octet-stream", "text/html"):
            with pytest.raises(SlackError, match="files:read") as caught:
                at(url, url_private_download=f"{url}/f", mimetype=mimetype).open("F123")
            assert caught.value.code == "missing_scope"


def test_a_file_that_is_html_itself_is_read() -> None:
    with (
        web((200, {"Content-Type": "text/html"}, b"<p>")) as (url, _),
        at(url, url_private_download=f"{url}/f", mimetype="text/html").open("F123") as stream,
    ):
        assert stream.read() == b"<p>"


def test_i11_the_token_follows_no_redirect_to_another_host() -> None:
    with web() as (other, heard), web((302, {"Location": f"{other}/f"}, b"")) as (url, seen):
        with pytest.raises(SlackError, match="does not lie at Slack"):
            at(url, url_private_download=f"{url}/f").open("F123")
        assert seen[0]["Authorization"] == "Bearer xoxb-secret"
        assert heard == []


def test_a_redirect_within_the_same_server_is_followed_and_not_for_ever() -> None:
    onward = (302, {"Location": "/g"}, b"")
    with web(onward, (200, {}, b"abc")) as (url, seen), at(url, url_private_download=f"{url}/f").open("F123") as stream:
        assert stream.read() == b"abc"
        assert [each["path"] for each in seen] == ["/f", "/g"]
    with web(onward, onward, onward) as (url, _), pytest.raises(SlackError, match="one address to the next"):
        at(url, url_private_download=f"{url}/f").open("F123")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/f",
        "https://slack.com.evil.example/f",
        "https://evilslack.com/f",
        "http://files.slack.com/f",
        "file:///etc/passwd",
        "https://files.slack.com@evil.example/f",
        "",
    ],
)
def test_i11_an_address_that_is_not_slack_s_gets_nothing(url: str) -> None:
    with pytest.raises(SlackError, match="does not lie at Slack"):
        at("https://slack.com", url_private_download=url).open("F123")


def test_slack_s_own_hosts_are_slack_s() -> None:
    files = at("https://slack.com")
    for url in ("https://files.slack.com/f", "https://slack.com/f", "https://tidewater.enterprise.slack.com/f"):
        files._check(url)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refusal_and_an_absence_are_said(status: int) -> None:
    with web((status, {}, b"no")) as (url, _), pytest.raises(SlackError, match=str(status)):
        at(url, url_private_download=f"{url}/f").open("F123")
    with pytest.raises(SlackError, match="cannot be reached"):
        at(url, url_private_download=f"{url}/f").open("F123")
