"""What a person types reaches the app as Slack would send it."""

from __future__ import annotations

import pytest

from bot.sandbox.slack.typed import sent_text
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
