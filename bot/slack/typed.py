r"""What a person meant to type: undoes what phones and Slack did to the text, each in one pass over it.

Slack encodes mentions and links (`<@U1|ann>`, `<http://x.y|x.y>`) and `&`, `<`, `>`; phones and word processors curl
quotes, join dashes and put in spaces that are none; and what the bot shows as prose holds look-alikes of `*`, `_`, `~`.
Dashes change at the start of a token only, never inside quotes. Links are undone wherever they stand, so it does not
matter how the app's should_escape is set. An unusual character that is meant is written `"\u2014"`.
"""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = " \t\r\n"
_ENCODED = re.compile(r"<([^<>|]*+)(?:\|([^<>]*+))?>")
_SUBTEAM = "!subteam^"
_SCHEME = re.compile(r"mailto:|tel:|https?://", re.IGNORECASE)

_INVISIBLE = "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_REMOVED = re.compile(f"[{_INVISIBLE}]")
_CHARACTERS = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u2026": "...",
        "\u00a0": " ",
        "\u2007": " ",
        "\u202f": " ",
        "\u2217": "*",  # these four: shown so by our own mrkdwn
        "\u02cd": "_",
        "\u223c": "~",
        "\u02cb": "`",
    }
)
_CURLY = "\u201c\u201d\u201e\u201f"
_STRAIGHT = str.maketrans(dict.fromkeys(_CURLY, '"'))
_CODE = re.compile(r"[ \t\r\n]*(```|`)([^`]+)\1[ \t\r\n]*")
_PIECE = re.compile(
    rf"""(?P<quoted> "(?P<straight>(?:[^"\\]|\\[\s\S])*+)"
        | [{_CURLY}](?P<curly>(?:[^{_CURLY}\\]|\\[\s\S])*+)[{_CURLY}] )
    |(?P<literal> (?<![^{_SEPARATORS}=:])'[\s\S]*?'(?![^{_SEPARATORS}]) )
    |(?P<unmatched> (?: ["{_CURLY}] | (?<![^{_SEPARATORS}=:])' )[\s\S]*+ )
    |(?<![^{_SEPARATORS}=])`(?P<code>[^`{_SEPARATORS}]+)`(?![^{_SEPARATORS}])
    |(?<![^{_SEPARATORS}])(?P<dashes> \u2014-? | \u2013(?:[-\u2013]|(?=[A-Za-z]{{2}})) )
    |(?<![^{_SEPARATORS}])(?P<dash> \u2013 )""",
    re.VERBOSE,
)
_IN_QUOTES = re.compile(rf"""\\[\s\S]|["{_CURLY}]""")


def typed(text: str) -> str:
    """Return command text from Slack as it was meant. Take a mention of the bot itself off first."""
    text = _ENCODED.sub(_decoded, text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = unicodedata.normalize("NFC", _REMOVED.sub("", text)).translate(_CHARACTERS)
    code = _CODE.fullmatch(text)
    return _plain(code[2] if code else text)


def _decoded(found: re.Match[str]) -> str:
    """Turn one encoded mention into its id, one link into what was typed; anything else stays."""
    target, label = found[1], found[2] or ""
    if target[:1] in ("@", "#"):
        return target[1:]
    if target.startswith(_SUBTEAM):
        return target.removeprefix(_SUBTEAM)
    if target.startswith("!"):
        return f"@{target[1:]}"
    return _link(target, label) if _linked(target) else found[0]


def _linked(target: str) -> bool:
    return _SCHEME.match(target) is not None or "://" in target


def _link(target: str, label: str) -> str:
    """Return a link's label where it says where the link leads, else the target: a label can lie."""
    bare = _SCHEME.sub("", target, count=1)
    if label and label.rstrip("/").lower() == bare.rstrip("/").lower():
        return label
    return bare if target.lower().startswith(("mailto:", "tel:")) else target


def _plain(text: str) -> str:
    """Straighten quotes, and outside them the dashes and backticks around a token."""
    return _PIECE.sub(_straightened, text)


def _straightened(found: re.Match[str]) -> str:
    if found["quoted"]:
        return f'"{_IN_QUOTES.sub(_escaped, found["straight"] or found["curly"] or "")}"'
    if found["literal"]:
        return found[0].translate(_STRAIGHT)
    if found["unmatched"]:
        rest = found[0].translate(_STRAIGHT)
        return rest if rest == found[0] else _plain(rest)
    if found["code"]:
        return _plain(found["code"])
    return "--" if found["dashes"] else "-"


def _escaped(found: re.Match[str]) -> str:
    """Inside quotes, a quote of the other kind is data."""
    mark = found[0][-1]
    return '\\"' if mark in _CURLY or mark == '"' else found[0]
