import time
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings

from bot.action import Action
from bot.errors import UsageError
from bot.parse import LIMIT, parse
from bot.sandbox.slack.typed import SPECIAL, entities
from bot.slack.mrkdwn import neutral
from bot.slack.typed import typed
from tests.samples import ANY_TEXT, COMMANDS, DEFAULTS, actions


def read(text: str) -> Action:
    return parse(typed(text), COMMANDS, DEFAULTS)


def linked(text: str) -> str:
    """Send text as Slack does with should_escape on: every link, and every mention it could find, encoded."""
    return SPECIAL.sub(lambda found: _encoded(found[0]), text)


def _encoded(piece: str) -> str:
    if piece[0] in "@#":
        return f"<{piece[0]}U024BE7LH|{piece[1:]}>"
    return f"<{entities(piece)}>" if piece.startswith("http") else entities(piece)


PASTED = [
    entities,
    linked,
    neutral,
    lambda text: entities(f"`{text}`"),
    lambda text: entities(f"```\n{text}\n```"),
    lambda text: entities(f"  {text}\n".replace(" ", "\u00a0")) if '"' not in text else entities(text),
]


@pytest.mark.parametrize(
    "pasted", PASTED, ids=["escaped", "linked", "as prose", "as code", "as a block", "from a page"]
)
@settings(deadline=None, max_examples=60)
@given(action=actions())
def test_what_the_bot_shows_can_be_copied_back(pasted: Callable[[str], str], action: Action) -> None:
    assume(len(str(action)) <= LIMIT)
    assert read(pasted(str(action))) == action


@settings(deadline=None, max_examples=150)
@given(ANY_TEXT)
def test_any_text_is_taken_and_what_it_reads_as_reads_the_same_again(text: str) -> None:
    try:
        action = read(text)
    except UsageError:
        return
    assert read(entities(str(action))) == action


PLAIN = 'ec2 make box --key-name "my web" --count 2'


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "ec2 make box --key-name “my web” --count 2",
        "ec2 make box --key-name ”my web“ --count 2",
        "ec2 make box --key-name „my web‟ --count 2",
        "ec2 make box --key-name ‘my web’ --count 2",
        "ec2 make box --key-name=“my web” --count=2",
        "ec2 make box --key-name=‘my web’ --count=2",
        'ec2 make box —key-name "my web" —count 2',
        'ec2 make box –key-name "my web" –count 2',
        "ec2 make box —-key-name “my web” ––count 2",
        "ec2 make box –-key-name “my web” —count=2",
        'ec2 make box —key-name "my web” —count 2',
        'ec2 make box —key-name “my web" —count 2',
        "ec2\u00a0make\u202fbox\u2007--key-name “my\u00a0web” --count 2",
        "\ufeffec2 ma\u200bke bo\u00adx --key-\u2060name “my web” --count\u200e \u202a2\u202c",
        "\u2066ec2\u2069 make box --key\u061c-name “my\u200d web” --count 2",
        "`ec2 make box --key-name “my web” --count 2`",
        "```ec2 make box --key-name “my web” --count 2```",
        "ec2 make `box` --key-name “my web” --count `2`",
        "ec2 make box --key-name “my web” --count=`2`",
    ],
)
def test_i1_what_phones_do_to_typing_changes_nothing(text: str) -> None:
    assert read(text) == parse(PLAIN, COMMANDS, DEFAULTS)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("it’s", "it's"),
        ("rock’n’roll o’", "rock'n'roll o'"),
        ("‘it’s mine’", "'it's mine'"),
        ("wait…", "wait..."),
        ("a–b a—b x–", "a–b a—b x–"),
        ("–5 –f – –ab", "-5 -f - --ab"),
        ("— —x", "-- --x"),
        ("tag:x=—y", "tag:x=—y"),
        ('"a — b – c"', '"a — b – c"'),
        ("'a — “b” `c`'", "'a — \"b\" `c`'"),
        ('"say “hi” now"', r'"say \"hi\" now"'),
        ('“say "hi" now”', r'"say \"hi\" now"'),
        ('“say \\"hi\\” \\n”', r'"say \"hi\" \n"'),
        ("“” x", '"" x'),
        ("“never closed — `x`", '"never closed — `x`'),
        ('"never closed — `x`', '"never closed — `x`'),
        ("‘never closed — “x”", '\'never closed — "x"'),
        ('a `b"c d`', 'a `b"c d`'),
        ("`a` b`c` `d e` `", "a b`c` `d e` `"),
        ('"`a` b"', '"`a` b"'),
        ("`name=“x”`", 'name="x"'),
        ("Zoe\u0308", "Zoë"),
        ("name=web-\u2217 a\u02cdb \u223cc", "name=web-* a_b ~c"),
        ("\u202eweb", "web"),
        (r"“\u2014”", r'"\u2014"'),
        ("", ""),
    ],
)
def test_i1_the_meaning_of_each_mark(text: str, meant: str) -> None:
    assert typed(text) == meant


@pytest.mark.parametrize("word", ["it’s", "it's"])
def test_an_apostrophe_survives_the_edge_and_the_parser(word: str) -> None:
    assert read(f"ec2 stop {word} ‘{word} web’ “{word}”").words == ("it's", "it's web", "it's")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<@U012ABCDEF>", "U012ABCDEF"),
        ("<@W012ABCDEF|ann>", "W012ABCDEF"),
        ("<#C123|ops> <#C987|> <#C5>", "C123 C987 C5"),
        ("<!subteam^S123|@ops> <!subteam^S9>", "S123 S9"),
        ("<!here> <!channel|channel>", "@here @channel"),
        ("<http://example.com|example.com>", "example.com"),
        ("<http://example.com/|example.com>", "example.com"),
        ("<http://Example.com|Example.com>", "Example.com"),
        ("<https://x.y/z>", "https://x.y/z"),
        ("<https://x.y/z|https://x.y/z>", "https://x.y/z"),
        ("<https://x.y/?a=1&amp;b=2|x.y/?a=1&amp;b=2>", "x.y/?a=1&b=2"),
        ("<https://evil.example|good.example>", "https://evil.example"),
        ("<mailto:a@b.c|a@b.c> <mailto:a@b.c>", "a@b.c a@b.c"),
        ("<mailto:a@b.c|d@e.f>", "a@b.c"),
        ("<tel:+123|+123>", "+123"),
        ("<s3://b/k>", "s3://b/k"),
        ("tag:owner=<mailto:a@b.c|a@b.c>,<mailto:d@e.f|d@e.f>", "tag:owner=a@b.c,d@e.f"),
        ('"<@U1> and <#C1|ops>"', '"U1 and C1"'),
        ("<other> <> <|x> < a > <a|", "<other> <> <|x> < a > <a|"),
        ("&lt;@U1&gt; &amp;lt; &amp;amp; &amp; &quot;", "<@U1> &lt; &amp; & &quot;"),
    ],
)
def test_i3_what_slack_encodes_is_decoded_and_each_entity_once(text: str, meant: str) -> None:
    assert typed(text) == meant


def test_i2_a_quote_without_an_end_stays_an_error() -> None:
    for text in ("ec2 stop “web", "ec2 stop ‘web", 'ec2 stop "web — 1', "ec2 stop web”"):
        with pytest.raises(UsageError, match="has no end"):
            read(text)


def test_i2_emoji_and_newlines_are_taken() -> None:
    assert read("ec2 stop\n😀\n:tada:").words == ("😀", ":tada:")


@pytest.mark.parametrize("value", ["arn:aws:s3:::b/k*", "tag:a=b=c", "i-1;reboot", "$(id)", "a&&b|c>d<e", "{{x}}"])
def test_i4_and_i5_values_survive_the_way_through_slack(value: str) -> None:
    assert read(f"ec2 stop {entities(value)}").words == (value,)


@pytest.mark.parametrize(
    "text", ["EC2 Stop i-1 —force ", "ec2 stop “i-1” –force", "ec2 stop\u00a0`i-1` —FORCE", "ec2 —force stop i-1"]
)
def test_a7_other_spellings_get_the_same_action_or_none(text: str) -> None:
    if "force stop" in text:
        with pytest.raises(UsageError, match="Say what to do with ec2"):
            read(text)
    else:
        assert read(text) == Action("ec2", "stop", ("i-1",), (("force", ()),), "dev", "eu-west-1")


UNITS = ["<", "<a|", "<a|b", '"', '\\"', '"” \\"', "“", "“\\", "'", "' '", "`", "`a", " `a ", "—", "–-", "&amp;", "…"]


@pytest.mark.parametrize("unit", UNITS)
def test_hostile_text_takes_time_in_proportion(unit: str) -> None:
    begun = time.monotonic()
    typed(unit * (200_000 // len(unit)))
    assert time.monotonic() - begun < 3
