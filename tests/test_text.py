from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reply import (
    Bold,
    Button,
    Buttons,
    Chart,
    Code,
    Fields,
    File,
    Mono,
    Note,
    Reply,
    Series,
    Table,
    Text,
    User,
    When,
)
from bot.text import aloud, bytes_in_words, clean, columns_of, cut, line, moment, plain, short
from tests.replies import AT, NASTY, confirmation, parts

INVISIBLE = {"Cc", "Cs", "Zl", "Zp"}
BIDI = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def is_unsafe(char: str) -> bool:
    if char in "\n\t":
        return False
    return unicodedata.category(char) in INVISIBLE or unicodedata.bidirectional(char) in BIDI or char in "\u200e\u200f"


def test_no_character_that_steers_a_terminal_or_hides_survives() -> None:
    every = "".join(map(chr, range(0x110000)))
    assert [hex(ord(char)) for char in clean(every) if is_unsafe(char)] == []


def test_letters_marks_and_joined_emoji_survive() -> None:
    text = "né 漢字 👩‍👩‍👧 नमस्ते\tß"
    assert clean(text) == text


def test_what_cannot_be_seen_is_shown_and_line_ends_are_one_kind() -> None:
    assert clean("\x1b]0;owned\x07\x9b2J\u202eexe\u200b") == "�]0;owned��2J�exe�"
    assert clean("a\rb\r\nc\u2028d\x0be") == "a\nb\nc\nd\ne"
    assert line(" a\n\tb\r") == "a b"


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_nasty_reaches_the_terminal_from_any_part(nasty: str) -> None:
    reply = Reply(
        nasty,
        (
            Text((nasty, Bold(nasty), Mono(nasty), User(nasty))),
            Fields(((nasty, nasty),)),
            Table((nasty,), ((nasty,),)),
            Code(nasty),
            Note((nasty,)),
            Buttons((Button(nasty, nasty, nasty),)),
        ),
        "ok",
    )
    for text in (plain(reply, buttons=True), short(reply), aloud(reply)):
        assert not any(map(is_unsafe, text))
    assert len(short(reply)) <= 120
    assert "\n" not in short(reply)


@given(st.lists(parts, max_size=4).map(tuple))
@settings(deadline=None, max_examples=50)
def test_any_reply_can_be_written_and_read_aloud(several: tuple[Text, ...]) -> None:
    reply = Reply("x", several)
    assert plain(reply).startswith("x")
    assert len(aloud(reply)) <= 1_000


def test_a_confirmation_reads_as_plain_lines() -> None:
    assert plain(confirmation, buttons=True).split("\n") == [
        "confirm: ec2 stop 2 instances in dev: confirm",
        "Account: dev",
        "Region:  eu-west-1",
        "web-1 i-0aa11bb22cc33dd44 running",
        "web-2 running",
        "Calls ec2:StopInstances · until 2026-03-01 14:30 UTC",
        "Choose: Stop 2, Cancel",
    ]


def test_buttons_are_named_only_where_asked_for() -> None:
    assert "Choose" not in plain(confirmation)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply("web-1 stopped", sign="ok"), "done: web-1 stopped"),
        (Reply("web-1", sign="busy"), "working: web-1"),
        (Reply("web-1", sign="no"), "refused: web-1"),
        (Reply("web-1", sign="fail"), "failed: web-1"),
        (Reply("web-1", sign="unknown"), "unknown: web-1"),
        (Reply("", sign="ok"), "done"),
        (Reply("web-1"), "web-1"),
    ],
)
def test_the_verdict_is_a_word(reply: Reply, text: str) -> None:
    assert short(reply) == text
    assert plain(reply) == text


def test_the_short_form_ends_at_a_word() -> None:
    assert short(Reply("word " * 50)).endswith("word…")
    assert cut("x" * 130, 120) == "x" * 119 + "…"


def test_tables_align_by_what_is_seen() -> None:
    table = Table(("Name", "State"), (("漢字", "running"), ("e\u0301a", "stopped"), ("web",)))
    assert plain(Reply("list", (table,))).splitlines()[2:] == [
        "Name  State",
        "漢字  running",
        "e\u0301a    stopped",
        "web",
    ]


def test_a_table_wider_than_the_terminal_cuts_its_widest_column_but_no_id() -> None:
    row = ("i-0aa11bb22cc33dd44", "x" * 90)
    shown = plain(Reply("list", (Table(("Id", "Name"), (row,)),)), width=60).splitlines()[-1]
    assert shown == f"{row[0]}  {'x' * 38}…"
    ids = tuple(f"i-0aa11bb22cc33dd{number}4" for number in range(5))
    assert plain(Reply("list", (Table((), (ids,)),)), width=60).splitlines()[-1] == "  ".join(ids)


def test_a_wide_character_is_not_cut_in_half() -> None:
    shown = plain(Reply("list", (Table((), (("漢" * 40,),)),)), width=30).splitlines()[-1]
    assert shown == "漢" * 14 + "…"
    assert columns_of(shown) <= 30


def test_missing_rows_are_counted_and_none_is_said() -> None:
    assert plain(Reply("x", (Table(("a",), (("1",),), more=4),))).endswith(
        "Not shown: 4 of 5 rows. Narrow it with name=… or tag:…."
    )
    assert plain(Reply("x", (Table(("a",), ()),))).endswith("\n(none)")
    assert plain(Reply("x", (Code("\n"),))).endswith("\n(empty)")


def test_prose_wraps_between_words_and_keeps_ids_indents_and_line_ends() -> None:
    text = "  one two three\n" + "i-" + "0" * 20
    assert plain(Reply("x", (Text((text,)),)), width=11).splitlines() == ["x", "  one two", "  three", "i-" + "0" * 20]


def test_output_stands_as_it_came() -> None:
    assert plain(Reply("x", (Code("a\n  b\n"),))) == "x\n\na\n  b"


def test_empty_parts_leave_no_line() -> None:
    assert plain(Reply("x", (Text(()), Fields(()), Buttons(()))), buttons=True) == "x"


def test_a_screen_reader_gets_the_parts_without_layout_or_output() -> None:
    reply = Reply(
        "x",
        (
            Fields((("Account", "dev"), ("Region", "eu-west-1"))),
            Table(("Name", "State"), (("web-1", "running"), ("", "stopped")), more=1),
            Table(("Name",), ()),
            Code("secret\nlines"),
            Buttons((Button("Stop", "confirm", "r"),)),
            Buttons(()),
        ),
    )
    assert aloud(reply).splitlines() == [
        "Account dev, Region eu-west-1",
        "3 rows: web-1, running; stopped",
        "(none)",
        "(output of 2 lines)",
        "Choose: Stop",
    ]


def test_reading_aloud_stops_when_enough_is_said() -> None:
    said = aloud(Reply("x", tuple(Text((f"paragraph {number}",)) for number in range(1_000))))
    assert 900 < len(said) <= 1_000
    assert said.endswith("…")


def test_moments_are_written_in_utc() -> None:
    assert moment(AT.astimezone(timezone(timedelta(hours=-7)))) == "2026-03-01 14:30 UTC"
    assert moment(AT.replace(tzinfo=None)) == "2026-03-01 14:30 UTC"
    assert moment(datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))).endswith("-01-01 00:00 UTC")
    assert plain(Reply("x", (Text((User("U1"), " ", When(datetime(2026, 1, 1, tzinfo=UTC)))),))) == (
        "x\n@U1 2026-01-01 00:00 UTC"
    )


def test_a_chart_is_said_in_numbers_and_a_file_with_where_it_lies() -> None:
    chart = Chart("CPU", "%", ("10:00", "10:05", "10:10"), (Series("web-1", (1.0, None, 1234.5)), Series("api", ())))
    told = plain(Reply("graph", (chart, File("a\nb.csv", "/tmp/x/1.csv", 1_500)), "ok"))
    assert "web-1: ▁ █ last 1,234 %, lowest 1 %, highest 1,234 %" in told
    assert "api:   no data" in told
    assert "File: a b.csv (1.5 kB) /tmp/x/1.csv" in told


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (123_456_789, "123 MB"), (2e13, "20.0 TB")],
)
def test_a_size_is_said_as_people_say_it(size: float, words: str) -> None:
    assert bytes_in_words(size) == words
