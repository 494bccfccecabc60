"""Data inside Slack's mrkdwn: it stays data. Nobody is pinged, nothing is linked, emphasised, quoted or made an emoji.

mrkdwn has no escape character, so what `&amp; &lt; &gt;` cannot stop is shown by a look-alike or parted by a zero-width
space (which the bot drops again when it is pasted back). Blocks that do not parse mrkdwn are preferred everywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from itertools import groupby

from bot.reply import Link, Mono, Span, User, When
from bot.text import line, moment, said

USER = re.compile(r"[UW][A-Z0-9]{2,30}")
DATE = "{date_short_pretty} {time}"

_WEB = re.compile(r"https?://[!#-;=?-{}~]+")  # without quotes, angle brackets, bars and spaces
_EMOJI = re.compile(r":(?=(?!\d\d:)[^\s:]+:)")  # not the minutes of 03:02:19
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])")
_QUOTE = re.compile(r"^(?=[^\S\n]*>)", re.MULTILINE)
_PIECE = re.compile(r"\s*(?:&(?:amp|lt|gt);|[^\s&]){1,80}|\s+")
_LOOK_ALIKE = {"*": "\u2217", "_": "\u02cd", "~": "\u223c"}
_PARTED = "\u200b"


def escape(text: str) -> str:
    """Escape the three characters Slack asks for, and no others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def without_emoji(text: str) -> str:
    """Part `:names:` so that no client turns them into a picture."""
    return _EMOJI.sub(f":{_PARTED}", text)


def neutral(text: str) -> str:
    """Take the meaning out of emphasis, backticks, quotes and emoji names, then escape; `a_b` stays."""
    text = _EMPHASIS.sub(lambda found: _LOOK_ALIKE[found[0]], text.replace("`", "\u02cb"))
    return escape(_QUOTE.sub(_PARTED, without_emoji(text)))


def unfenced(text: str) -> str:
    """Part every run of backticks, so that nothing in the text can close a code fence."""
    return re.sub("`(?=`)", f"`{_PARTED}", text)


def fence(text: str) -> str:
    """Put unfenced text into a code fence."""
    return f"```\n{escape(text)}\n```"


def timestamp(when: When) -> int | None:
    """Give Unix seconds where Slack can be expected to show the moment (1970 to 2100), else None."""
    at = when.at if when.at.tzinfo else when.at.replace(tzinfo=UTC)
    seconds = int(at.timestamp())
    return seconds if 0 <= seconds < 4_102_444_800 else None


def mentions(span: Span) -> bool:
    """Tell whether a span is a person or a moment that Slack shows better than plain text can."""
    return isinstance(span, When) or (isinstance(span, User) and USER.fullmatch(span.id) is not None)


def linked(span: Link) -> bool:
    """Tell whether Slack takes it as a link: an address of the web, of at most 3,000 characters, with nothing odd."""
    return len(span.url) <= 3000 and _WEB.fullmatch(span.url) is not None


def spans_to_mrkdwn(spans: tuple[Span, ...]) -> Iterator[str]:
    """Write spans as pieces of mrkdwn, none of which may be split. Adjacent words are made neutral together."""
    for special, group in groupby(spans, lambda span: mentions(span) or isinstance(span, Mono | Link)):
        if special:
            yield from filter(None, map(_special, group))
        else:
            yield from _PIECE.findall(neutral("".join(map(said, group))))


def _special(span: Span) -> str:
    if isinstance(span, User):
        return f"<@{span.id}>"
    if isinstance(span, When):
        seconds, fallback = timestamp(span), moment(span.at)
        return f"<!date^{seconds}^{DATE}|{fallback}>" if seconds is not None else fallback
    if isinstance(span, Link):
        return f"<{escape(span.url)}|{neutral(line(span.text))}>" if linked(span) else neutral(said(span))
    code = escape(without_emoji(said(span).replace("`", "\u02cb")))
    return f"`{code}`" if code else ""
