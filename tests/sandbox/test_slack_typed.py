"""What a person types reaches the app as Slack would send it."""

from __future__ import annotations

import pytest

from bot.sandbox.slack.typed import posted_text, sent_text
from bot.sandbox.slack.workspace import seeded


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("ec2 list", "ec2 list"),
        ("name=a&b <x>", "name=a&amp;b &lt;x&gt;"),
        ("ask @ana", "ask <@U0ANA00001>"),
        ("ask @oncall", "ask <!subteam^S0ONCALL01|@oncall>"),
        ("ask @dana @retired @nobody", "ask @dana @retired @nobody"),
        ("in #ops, #secret-ops", "in <#C0OPS00001|ops>, <#G0SECRET04|>"),
        ("in #nowhere #ana", "in #nowhere #ana"),
        ("see https://x.example/?a=1&b=2 now", "see <https://x.example/?a=1&amp;b=2> now"),
        ("mail ben@ana", "mail ben@ana"),
        ("arn:aws:iam::012345678901:role/bot", "arn:aws:iam::012345678901:role/bot"),
    ],
)
def test_people_groups_channels_and_links_are_encoded(typed: str, sent: str) -> None:
    assert sent_text(typed, seeded(), should_escape=True) == sent


def test_without_should_escape_only_the_three_characters_change() -> None:
    assert sent_text("@ana #ops <&> http://x.y", seeded(), should_escape=False) == (
        "@ana #ops &lt;&amp;&gt; http://x.y"
    )


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("@aws ec2 stop name=a&b", "<@U0BOT00007> ec2 stop name=a&amp;b"),
        ("<@U0BOT00007> help", "<@U0BOT00007> help"),
        ("<@U0NOBODY00> <!channel>", "&lt;@U0NOBODY00&gt; &lt;!channel&gt;"),
        ("@here @channel @everyone", "<!here> <!channel> <!everyone>"),
        ("see example.com/x?a=1&b now", "see <http://example.com/x?a=1&amp;b|example.com/x?a=1&amp;b> now"),
        ("mail ben@example.com", "mail <mailto:ben@example.com|ben@example.com>"),
        ("https://x.example.com/a in #ops", "<https://x.example.com/a> in <#C0OPS00001|ops>"),
        ("s3://logs.example.com/a backup-1.2 web-1.internal", "s3://logs.example.com/a backup-1.2 web-1.internal"),
    ],
)
def test_a_message_is_encoded_whole_with_addresses_as_links(typed: str, sent: str) -> None:
    assert posted_text(typed, seeded()) == sent
