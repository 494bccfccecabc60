"""Which messages are commands, and what of them: only a person's own new words behind a mention of the bot."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.mentions import after_mention, command_in

BOT = "U0BOT00007"
ME = f"<@{BOT}>"


def event(text: Any = f"{ME} ec2 list", **more: Any) -> dict[str, Any]:
    return {"type": "app_mention", "user": "U0ANA00001", "channel": "C0OPS00001", "ts": "1.1", "text": text, **more}


def direct(text: Any = "ec2 list", **more: Any) -> dict[str, Any]:
    return event(text, type="message", channel="D0ANA00001", channel_type="im", **more)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (f"{ME} ec2 list", " ec2 list"),
        (f"<@{BOT}|aws> ec2 list", " ec2 list"),
        (f"please {ME} ec2 list", " ec2 list"),
        (f"{ME}", ""),
        (f"{ME} ec2 stop i-1 {ME} ec2 stop i-2", f" ec2 stop i-1 {ME} ec2 stop i-2"),
        (f"{ME} `ec2 list`", " `ec2 list`"),
        (f"&gt; {ME} ec2 stop i-1\n{ME} ec2 list", " ec2 list"),
    ],
)
def test_i3_only_what_follows_the_first_mention_counts(text: str, command: str) -> None:
    assert after_mention(text, BOT) == command


@pytest.mark.parametrize(
    "text",
    [
        f"&gt; {ME} ec2 stop i-1",
        f"look:\n  &gt; {ME} ec2 stop i-1\nwhat was that?",
        f"&gt;&gt;&gt; as bob wrote\n{ME} ec2 stop i-1",
        f"```\n{ME} ec2 stop i-1\n```",
        f"```{ME} ec2 stop i-1",
        f"it said `{ME} ec2 stop i-1` then",
        "<@U0OTHER001> ec2 list",
        "ec2 list",
        "",
    ],
)
def test_a_mention_that_is_quoted_or_of_somebody_else_is_none(text: str) -> None:
    assert after_mention(text, BOT) is None
    assert command_in(event(text), BOT) is None


def test_a13_a_direct_message_is_a_command_with_or_without_a_mention() -> None:
    assert command_in(direct(), BOT) == "ec2 list"
    assert command_in(direct(f"{ME} ec2 list"), BOT) == " ec2 list"
    assert command_in(direct(""), BOT) == ""
    assert command_in(direct(None), BOT) == ""


@pytest.mark.parametrize(
    "about",
    [
        {"bot_id": "B1"},
        {"bot_profile": {"id": "B1"}},
        {"edited": {"user": "U0ANA00001", "ts": "1.2"}},
        {"hidden": True},
        {"user": BOT},
        {"user": None},
        {"user": {"id": "U0ANA00001"}},
        {"user": ""},
        {"channel": None},
        {"text": {"not": "text"}},
        {"type": "reaction_added"},
        *[
            {"subtype": kind}
            for kind in ("message_changed", "message_deleted", "bot_message", "channel_join", "me_message")
        ],
    ],
    ids=str,
)
def test_d5_d6_d7_edits_bots_and_odd_shapes_are_passed_over(about: dict[str, Any]) -> None:
    assert command_in(event(**about) if "text" not in about else {**event(), **about}, BOT) is None
    assert command_in({**direct(), **about}, BOT) is None


def test_d7_a_message_that_is_only_a_file_is_none() -> None:
    assert command_in(direct("", subtype="file_share", files=[{"id": "F1"}]), BOT) is None
    assert command_in(direct("s3 put a b", subtype="file_share", files=[{"id": "F1"}]), BOT) == "s3 put a b"


def test_a_reply_that_is_also_sent_to_the_channel_counts() -> None:
    assert command_in(event(subtype="thread_broadcast"), BOT) == " ec2 list"


def test_a_group_conversation_is_no_direct_message() -> None:
    assert command_in({**direct(), "channel_type": "mpim"}, BOT) is None
    assert command_in(event(channel="D0ANA00001"), BOT) is None


def test_nothing_is_a_mention_before_we_know_who_we_are() -> None:
    assert after_mention("<@> ec2 stop i-1", "") is None
