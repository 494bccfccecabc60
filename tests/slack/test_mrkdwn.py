from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reply import Bold, Mono, User, When
from bot.slack.fit import within_bytes
from bot.slack.mrkdwn import escape, fence, neutral, spans_to_mrkdwn, timestamp, unfenced, without_emoji
from tests.replies import AT


def test_escaping_touches_three_characters_and_ampersands_first() -> None:
    assert escape("a & <b> \"c\" 'd'") == "a &amp; &lt;b&gt; \"c\" 'd'"


@pytest.mark.parametrize("text", ["web_prod_1", "10*3", "03:02:19", "ec2:StopInstances", "tag:env=dev"])
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert neutral(text) == text


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("*done*", "∗done∗"),
        ("_it_ ~no~", "ˍitˍ ∼no∼"),
        ("`x`", "ˋxˋ"),
        (":white_check_mark:", ":\u200bwhite_check_mark:"),
        ("arn:aws:iam::1:role", "arn:\u200baws:\u200biam::\u200b1:role"),
        ("a\n > b", "a\n\u200b &gt; b"),
    ],
)
def test_what_mrkdwn_would_interpret_is_made_inert(text: str, made: str) -> None:
    assert neutral(text) == made


@given(st.text(alphabet="*_~`:>< a&\n", max_size=30))
def test_nothing_neutral_can_be_emphasis_code_quote_link_or_emoji(text: str) -> None:
    made = neutral(text)
    assert not set(made.replace("\u02cb", "")) & set("`<>")
    assert not any(f"{mark}{end}" in f" {made} " for mark in "*_~" for end in " \n")
    assert ":a:" not in made
    assert all(not row.lstrip(" ").startswith("&gt;") for row in made.split("\n"))


def test_an_emoji_name_split_over_two_spans_is_still_parted() -> None:
    assert "".join(spans_to_mrkdwn((":white_", Bold("check_mark:"), " ", When(AT)))).startswith(":\u200bwhite_check")


def test_identifiers_keep_their_stars_in_code() -> None:
    assert list(spans_to_mrkdwn((Mono("name=web-*`<"), Mono("")))) == ["`name=web-*ˋ&lt;`"]


def test_only_a_real_user_id_becomes_a_mention() -> None:
    assert "".join(spans_to_mrkdwn((User("U024BE7LH"), " ", User("U1> <!channel")))) == (
        "<@U024BE7LH> @U1&gt; &lt;!channel"
    )


def test_a_moment_is_a_date_with_a_fallback_in_utc() -> None:
    at = datetime(2026, 3, 1, 16, 30, tzinfo=timezone(timedelta(hours=2)))
    date = "<!date^1772375400^{date_short_pretty} {time}|2026-03-01 14:30 UTC>"
    assert list(spans_to_mrkdwn((When(at),))) == [date]
    assert timestamp(When(at.replace(tzinfo=None))) == 1772375400 + 7200


def test_a_moment_slack_may_not_know_is_text() -> None:
    assert list(spans_to_mrkdwn((When(datetime(1969, 12, 31, tzinfo=UTC)),))) == ["1969-12-31 00:00 UTC"]
    assert timestamp(When(datetime(2101, 1, 1, tzinfo=UTC))) is None


def test_no_run_of_backticks_is_left_to_close_a_fence() -> None:
    assert fence(unfenced("a```b")) == "```\na`\u200b`\u200b`b\n```"


def test_minutes_are_no_emoji() -> None:
    assert without_emoji("03:02:19 :100:") == "03:02:19 :\u200b100:"


def test_bytes_are_cut_between_characters_and_entities() -> None:
    assert within_bytes("&" * 10, 30) == "&amp;&amp;…"
    assert within_bytes("ééé", 6) == "ééé"
