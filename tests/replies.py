"""Replies for tests: believable ones, and hypothesis strategies for the nastiest that the values allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from bot.reply import (
    Bold,
    Button,
    Buttons,
    Chart,
    Choice,
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

AT = datetime(2026, 3, 1, 14, 30, tzinfo=UTC)
NASTY = (
    "",
    " ",
    "\n\n",
    "\t",
    "<!channel>",
    "<@U024BE7LH>",
    "<https://evil.example|https://console.aws.amazon.com>",
    "&amp;&&&<<<>>>" * 200,
    ":white_check_mark:",
    "*DONE* _x_ ~y~ `z`",
    "```\nrm\n```",
    "````````",
    "> quoted",
    "\x1b]0;owned\x07",
    "\u202egnp.exe",
    "a\rb\r\nc\x85d\u2028e",
    "\ud800",
    "✅ fine",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿👩‍👩‍👧" * 50,
    "漢字" * 500,
    "x" * 3001,
    "word " * 4000,
    "&" * 12_000,
    "`" * 9_000,
)

confirmation = Reply(
    "ec2 stop 2 instances in dev: confirm",
    (
        Fields((("Account", "dev"), ("Region", "eu-west-1"))),
        Text((Bold("web-1"), " ", Mono("i-0aa11bb22cc33dd44"), " running\n", Bold("web-2"), " running")),
        Note(("Calls ", Mono("ec2:StopInstances"), " · until ", When(AT))),
        Buttons((Button("Stop 2", "confirm", "r-1", "danger"), Button("Cancel", "cancel", "r-1"))),
    ),
    sign="ask",
)

strings = st.sampled_from([nasty[:4_000] for nasty in NASTY]) | st.text(max_size=40)
zones = st.sampled_from([None, UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
spans = st.one_of(
    strings,
    st.builds(Bold, strings),
    st.builds(Mono, strings),
    st.builds(User, strings | st.just("U024BE7LH")),
    st.builds(When, st.datetimes(timezones=zones)),
)
several_spans = st.lists(spans, max_size=6).map(tuple)
rows = st.lists(st.lists(strings, max_size=25).map(tuple), max_size=6) | st.builds(
    lambda row, times: [row] * times, st.lists(st.text(max_size=9), max_size=22).map(tuple), st.integers(50, 150)
)
measured = st.none() | st.floats(allow_nan=False, allow_infinity=False)
series = st.builds(Series, strings, st.lists(measured, max_size=4).map(tuple))
buttons = st.builds(Button, strings, strings, strings, st.sampled_from(["default", "primary", "danger"]))
parts = st.one_of(
    st.builds(Text, several_spans),
    st.builds(Note, several_spans),
    st.builds(Code, strings),
    st.builds(Fields, st.lists(st.tuples(strings, strings), max_size=12).map(tuple)),
    st.builds(Table, st.lists(strings, max_size=22).map(tuple), rows.map(tuple), st.integers(0, 10**6)),
    st.builds(Buttons, st.lists(buttons, max_size=30).map(tuple)),
    st.builds(File, strings, strings, st.integers(0, 10**12)),
    st.builds(Choice, strings, strings, st.just("r-1"), st.lists(st.tuples(strings, strings), max_size=5).map(tuple)),
    st.builds(Chart, strings, strings, st.just(("10:00", "10:05")), st.lists(series, max_size=3).map(tuple)),
)
several_parts = st.lists(parts, max_size=8).map(tuple)
many_parts = st.builds(lambda part, times: (part,) * times, parts, st.integers(20, 80))
signs = st.sampled_from(["", "ok", "busy", "ask", "no", "fail", "unknown"])
replies = st.builds(Reply, strings, several_parts | many_parts, signs)
