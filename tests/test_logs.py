"""The log is JSON for machines and plain for people, and no secret stands in either."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from bot import logs
from bot.errors import OperatorError

SECRETS = (
    "xoxb-111111111111-abcDEF123456",
    "xapp-1-A0APP-222-deadbeef",
    "https://hooks.slack.com/commands/T024/1234/abcdefgh",
    "wss://wss.slack.com/link/?ticket=aaaa-bbbb",
    "AKIAIOSFODNN7EXAMPLE",
    "https://b.s3.amazonaws.com/k?X-Amz-Signature=0123abcd",
    "postgresql://bot:hunter2@db/bot",
)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_of_json_bears_time_level_logger_message_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin("info", "json")
    logging.getLogger("bot.road").warning("Run %s: slow", "abcdefghjkmn")
    line = json.loads(capsys.readouterr().err)
    assert {name: line[name] for name in ("level", "logger", "message", "run")} == {
        "level": "warning",
        "logger": "bot.road",
        "message": "Run abcdefghjkmn: slow",
        "run": "abcdefghjkmn",
    }
    assert line["time"].endswith("+00:00")


def test_a_traceback_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin("info", "json")
    try:
        _break("broken")
    except ValueError:
        logging.getLogger("bot").exception("It failed")
    (text,) = capsys.readouterr().err.splitlines()
    assert "ValueError: broken" in json.loads(text)["exception"]


@pytest.mark.parametrize("form", ["json", "human"])
@pytest.mark.parametrize("secret", SECRETS)
def test_u4_what_looks_like_a_secret_is_replaced(secret: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin("info", form)
    try:
        _break(secret)
    except ValueError:
        logging.getLogger("bot").exception("It failed with %s", secret)
    told = capsys.readouterr().err
    assert "[redacted]" in told
    assert secret not in told


def test_where_nobody_looks_on_it_is_json_and_libraries_keep_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin("info")
    logging.getLogger("botocore.hooks").info("chatter")
    logging.getLogger("bot").info("said")
    assert json.loads(capsys.readouterr().err)["message"] == "said"


def test_an_error_of_our_own_is_a_sentence_said_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin("info", "human")
    for words in ("The store is away.", "The store is away.", "The store is locked."):
        try:
            raise OperatorError(words)  # noqa: TRY301 - as it comes
        except OperatorError:
            logging.getLogger("bot").exception("The outbox could not be read")
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("The outbox could not be read: The store is away.")
    assert second.endswith("The outbox could not be read: The store is locked.")


def _break(why: str) -> None:
    raise ValueError(why)
