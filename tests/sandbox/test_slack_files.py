"""Files go up in three steps, appear a moment later, and come down with a token and the scope alone."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.slack.files import made_up
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import BOT_TOKEN
from tests.sandbox.slack_wire import Wire, error_of, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slack_sdk import WebClient

OPS = "C0OPS00001"


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with SlackServer(redelivery=()) as server:
        yield Wire(server)


@pytest.fixture
def slack(wire: Wire) -> WebClient:
    wire.order("reset")
    return wire.client()


def asked(slack: WebClient, length: int = 4, **more: Any) -> dict[str, Any]:
    return slack.files_getUploadURLExternal(**{"filename": "a.txt", "length": length} | more).data


def sent(url: str, data: bytes, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def uploaded(slack: WebClient, data: bytes = b"four", **more: Any) -> str:
    step = asked(slack, len(data), **more)
    assert sent(step["upload_url"], data) == (200, f"OK - {len(data)}")
    return str(step["file_id"])


def completed(slack: WebClient, *ids: str, **more: Any) -> dict[str, Any]:
    files = [{"id": each, "title": "A"} for each in ids]
    return slack.files_completeUploadExternal(files=files, **more).data


def fetched(wire: Wire, url: str, token: str = BOT_TOKEN) -> tuple[str, bytes]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers.get_content_type(), answer.read()


def shared(wire: Wire) -> dict[str, Any]:
    """The message of the file, which comes a moment after the completion."""
    return until(lambda: [each for each in wire.messages() if "files" in each])[0]


def test_the_real_client_uploads_in_three_steps_and_the_message_comes_later(slack: WebClient, wire: Wire) -> None:
    answer = slack.files_upload_v2(
        content="a,b\n1,2\n", filename="rows.csv", title="Rows", channel=OPS, thread_ts="1.1", initial_comment="All"
    )
    assert (answer["files"][0]["title"], answer["files"][0]["shares"]) == ("Rows", {})
    message = shared(wire)
    assert (message["text"], message["thread_ts"], message["user"]) == ("All", "1.1", "U0BOT00007")
    (file,) = message["files"]
    assert (file["name"], file["size"], file["mimetype"], file["filetype"]) == ("rows.csv", 8, "text/csv", "csv")
    info = until(lambda: slack.files_info(file=file["id"])["file"])
    assert info["shares"] == {"public": {OPS: [{"ts": message["ts"]}]}}
    assert fetched(wire, info["url_private_download"]) == ("text/csv", b"a,b\n1,2\n")


def test_several_files_share_one_message_whose_blocks_count_without_a_comment(slack: WebClient, wire: Wire) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "Two"}}]
    ids = [uploaded(slack), uploaded(slack)]
    completed(slack, *ids, channel_id=OPS, blocks=json.dumps(blocks))
    message = shared(wire)
    assert ([file["id"] for file in message["files"]], message["blocks"][0]["text"]["text"]) == (ids, "Two")


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"length": 0}, "invalid_arguments"),
        ({"filename": ""}, "invalid_arguments"),
        ({"alt_txt": "x" * 1001}, "alt_txt_too_large"),
        ({"snippet_type": "klingon"}, "unknown_snippet_type"),
        ({"snippet_type": "json", "length": 1_000_001}, "snippet_too_large"),
        ({"length": 1_000_000_001}, "file_upload_size_restricted"),
        ({"snippet_type": "json", "length": 1_000_000, "alt_txt": "x" * 1000}, "no error"),
    ],
)
def test_an_upload_keeps_to_the_limits(slack: WebClient, more: dict[str, Any], error: str) -> None:
    assert error_of(lambda: asked(slack, **more)) == error


@pytest.mark.parametrize("data", [b"thr", b"fives"])
def test_the_bytes_are_as_many_as_announced(slack: WebClient, data: bytes) -> None:
    step = asked(slack, 4)
    assert sent(step["upload_url"], data)[0] == 400
    assert error_of(lambda: completed(slack, step["file_id"], channel_id=OPS)) == "file_not_found"


def test_bytes_come_as_a_form_too_once_and_where_they_are_awaited(slack: WebClient, wire: Wire) -> None:
    step = asked(slack)
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nfour\r\n--x--\r\n'
    assert sent(step["upload_url"], form, **{"Content-Type": "multipart/form-data; boundary=x"}) == (200, "OK - 4")
    assert sent(step["upload_url"], b"four")[0] == 404
    assert sent(f"{wire.server.url}/upload/v1/F0", b"four")[0] == 404


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ({"channel_id": "C0RANDOM03"}, "not_in_channel"),
        ({"channel_id": "G0BOARD005"}, "channel_not_found"),
        ({"channel_id": "U0ANA00001"}, "channel_not_found"),
        ({"channel_id": "ops"}, "channel_not_found"),
        ({"channels": ["C0OPS00001", "C0DEV00002"], "thread_ts": "1.1"}, "invalid_arguments"),
        ({"channels": ["C0OPS00001"] * 101}, "invalid_arguments"),
    ],
)
def test_a_file_is_shared_only_where_the_bot_is_a_member(slack: WebClient, place: dict[str, Any], error: str) -> None:
    file = uploaded(slack)
    assert error_of(lambda: completed(slack, file, **place)) == error
    assert completed(slack, file)["files"][0]["shares"] == {}


def test_an_upload_is_completed_once(slack: WebClient) -> None:
    file = uploaded(slack)
    completed(slack, file, channel_id=OPS)
    assert error_of(lambda: completed(slack, file, channel_id=OPS)) == "file_not_found"
    assert error_of(lambda: completed(slack, "F0", channel_id=OPS)) == "file_not_found"
    assert error_of(lambda: completed(slack)) == "invalid_arguments"


@pytest.mark.parametrize(
    ("scope", "method", "args"),
    [
        ("files:write", "files.getUploadURLExternal", {"filename": "a", "length": 1}),
        ("files:write", "files.completeUploadExternal", {}),
        ("files:read", "files.info", {"file": "F0"}),
    ],
)
def test_a_scope_that_was_taken_away_is_missed(
    slack: WebClient, wire: Wire, scope: str, method: str, args: dict[str, Any]
) -> None:
    wire.order("app", without=[scope])
    assert error_of(lambda: slack.api_call(method, params=args)) == "missing_scope"


def test_a_persons_file_is_the_bots_to_read_where_the_bot_is(slack: WebClient, wire: Wire) -> None:
    unshared = wire.upload(content=base64.b64encode(b"hello").decode(), share=False)["file"]
    assert error_of(lambda: slack.files_info(file=unshared["id"])) == "file_not_found"
    assert fetched(wire, unshared["url_private_download"])[0] == "text/html"
    wire.say("look", channel="random", files=[unshared["id"]])
    assert error_of(lambda: slack.files_info(file=unshared["id"])) == "file_not_found"
    wire.say("look", files=[unshared["id"]])
    assert slack.files_info(file=unshared["id"])["file"]["size"] == 5
    assert fetched(wire, unshared["url_private_download"]) == ("text/plain", b"hello")


def test_without_the_token_or_the_scope_a_download_is_slacks_sign_in_page(slack: WebClient, wire: Wire) -> None:
    url = wire.upload("notes & more.txt")["file"]["url_private_download"]
    assert fetched(wire, url)[0] == "text/plain"
    for token in ("", "xoxb-wrong"):
        assert fetched(wire, url, token)[0] == "text/html"
    wire.order("app", without=["files:read"])
    kind, page = fetched(wire, url)
    assert (kind, b"Sign in" in page) == ("text/html", True)


def test_a_large_file_is_made_up_the_same_each_time_and_never_whole(slack: WebClient, wire: Wire) -> None:
    file = wire.upload("disk.img", size=3_000_001, seed=7)["file"]
    _, data = fetched(wire, file["url_private_download"])
    expected = hashlib.sha256()
    for chunk in made_up(3_000_001, 7):
        assert len(chunk) <= 65_536
        expected.update(chunk)
    assert (len(data), hashlib.sha256(data).digest()) == (3_000_001, expected.digest())
    assert next(made_up(10, 8)) != next(made_up(10, 7))


def test_the_page_sees_every_file(slack: WebClient, wire: Wire) -> None:
    file = wire.upload(share=False, channel="")["file"]
    assert len(fetched(wire, f"{wire.server.url}/_control/files/{file['id']}", "")[1]) == 10
    with pytest.raises(urllib.error.HTTPError, match="404") as missing:
        fetched(wire, f"{wire.server.url}/_control/files/F0", "")
    missing.value.close()
    assert wire.upload(content="***")["error"] == "invalid_content"


def test_faults_strike_uploads_and_downloads(slack: WebClient, wire: Wire) -> None:
    step, url = asked(slack), wire.upload(size=200_000)["file"]["url_private_download"]
    wire.order("fault", kind="api_500", method="file_upload")
    assert sent(step["upload_url"], b"four")[0] == 500
    wire.order("fault", kind="api_slow", method="file_upload", seconds=0.01)
    assert sent(step["upload_url"], b"four")[0] == 200
    wire.order("fault", kind="api_429", method="file_download", retry_after=3)
    with pytest.raises(urllib.error.HTTPError, match="429") as limited:
        fetched(wire, url)
    assert limited.value.headers["Retry-After"] == "3"
    limited.value.close()
    wire.order("fault", kind="api_hang_after", method="file_download")
    with pytest.raises((OSError, http.client.IncompleteRead)):
        fetched(wire, url)
    lost = asked(slack)
    wire.order("fault", kind="api_hang_after", method="file_upload")
    with pytest.raises(OSError, match=r"closed|reset|Remote"):  # the bytes are there all the same
        sent(lost["upload_url"], b"four")
    assert completed(slack, lost["file_id"])["ok"]
