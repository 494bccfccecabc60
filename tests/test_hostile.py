"""Text that disguises comes out harmless wherever it goes: the whole table of tests/hostile.py against every sink."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from bot import logs
from bot.reply import Reply
from bot.road.exports import to_csv, to_json
from bot.slack.blocks import message
from bot.text import aloud, headline, line, plain, short
from tests.hostile import HOSTILE, as_error, everywhere
from tests.slack.limits import faults
from tests.test_logs import _as_before  # noqa: F401 - the log is put back after each test

REPLIES = [make(text) for text in HOSTILE for make in (everywhere, as_error)]
OURS = re.compile(r"<@U0CARLA003>|<!date\^\d+\^[^|<>]*\|[^|<>]*>|<https://a\.b/\|[^<>]*>")
DATA = {"text", "date", "link"}
"""What a rich text of a reply is made of where no person is named: nothing that notifies or draws a picture."""


def steers(char: str) -> bool:
    """Whether a character moves a terminal's cursor, changes the direction of text, or cannot be seen."""
    return char not in "\n\t" and (
        unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or char in "\u202e\u2066\u2069"
    )


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(each)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(each)


@pytest.mark.parametrize("rich", [True, False])
@pytest.mark.parametrize("reply", REPLIES, ids=range(len(REPLIES)))
def test_o5_i11_in_slack_it_pings_links_draws_and_fakes_nothing(reply: Reply, rich: bool) -> None:
    made = message(reply, rich=rich)
    assert faults(made) == []
    assert not any(steers(char) for text in strings(made) for char in text)
    for node in nodes(made["blocks"]):
        if node.get("type") == "plain_text":
            assert node["emoji"] is False
        elif node.get("type") == "mrkdwn":
            inert(OURS.sub("", node["text"]))
            spoken = outside_fences(node["text"])
            assert not re.search(r":[a-z_]+:|^\s*&gt;", spoken, re.MULTILINE)
        elif node.get("type") == "rich_text_section":
            assert {each["type"] for each in node["elements"]} <= DATA
        elif node.get("type") == "link":
            assert re.fullmatch(r"https?://[^\s<>\"|]+", node["url"])
    inert(made["text"])
    assert not re.search(r":[a-z_]+:", made["text"])


def outside_fences(mrkdwn: str) -> str:
    """What Slack interprets: a code fence, which nothing inside may close, is shown as it stands."""
    assert mrkdwn.count("```") in (0, 2)
    return re.sub(r"```.*```", "", mrkdwn, flags=re.DOTALL)


def inert(mrkdwn: str) -> None:
    assert not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", mrkdwn), mrkdwn


@pytest.mark.parametrize("reply", REPLIES, ids=range(len(REPLIES)))
def test_i11_in_a_terminal_it_moves_no_cursor_and_hides_nothing(reply: Reply) -> None:
    for told in (plain(reply, buttons=True), plain(reply, 20), short(reply), aloud(reply), headline(reply)):
        assert [char for char in told if steers(char)] == []
    assert len(short(reply).splitlines()) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_i11_a_name_cannot_look_like_two_lines(text: str) -> None:
    assert len(line(text).splitlines()) <= 1


def test_i11_in_a_spreadsheet_no_cell_is_a_formula() -> None:
    out = io.StringIO(newline="")
    rows = [(text, f"x{text}", text) for text in HOSTILE]
    to_csv(out, ("=cmd", "@name", "x"), rows)
    read = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert len(read) == len(rows) + 1
    for given, cells in zip(HOSTILE, read[1:], strict=True):
        assert cells[1] == f"x{given}"
        for cell in (*cells, *read[0]):
            assert not calculates(cell), repr(cell)
        assert cells[0] in (given, f"'{given}")


def calculates(cell: str) -> bool:
    bare = cell.lstrip(" \t\r\n\x00\x0b\x0c\u200b\ufeff")
    return bare[:1] in tuple("=+-@＝＋－＠") or cell[:1] in tuple("\t\r\n")


def test_i11_in_json_a_cell_is_the_string_that_it_was() -> None:
    out = io.StringIO()
    to_json(out, ("name", "name"), [(text, text) for text in HOSTILE])
    assert [list(each.values()) for each in json.loads(out.getvalue())] == [[text, text] for text in HOSTILE]


@pytest.mark.parametrize("text", HOSTILE)
def test_i11_in_the_log_for_people_only_our_own_lines_begin_like_one(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = logged("human", text, capsys)
    first, *rest = told.splitlines()
    assert first[:4].isdigit()
    ours = [each for each in rest if not each.startswith("    | ")]
    assert len(ours) == 1, "the second event"
    assert ours[0].endswith("failed")
    assert [char for char in told if steers(char)] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_i11_in_the_log_for_machines_an_event_is_one_line_and_its_keys_are_ours(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = logged("json", text, capsys)
    said, failed = (json.loads(each) for each in told.splitlines())
    assert (said["level"], said["message"]) == ("warning", f"An instance named {text}")
    assert (failed["level"], failed["message"]) == ("error", "It failed")
    assert set(said) | set(failed) <= {"time", "level", "logger", "message", "run", "exception"}
    assert [char for char in told if steers(char)] == []


def logged(form: str, text: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Log a name, and an error that bears it."""
    logs.begin("info", form)
    logging.getLogger("bot.road").warning("An instance named %s", text)
    try:
        raise ValueError(text)  # noqa: TRY301 - as it comes
    except ValueError:
        logging.getLogger("bot.road").exception("It failed")
    return capsys.readouterr().err
