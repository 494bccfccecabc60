"""What a person asked for, complete and frozen.

`str(action)` is canonical slash text and `parse(str(action)) == action` holds for every action: it is what a
confirmation shows, what a schedule stores and what the audit keeps.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_BARE = re.compile(r"(?!-)(?:[A-Za-z0-9_./:%+,=*?\[\]-]|(?<=[A-Za-z0-9])@)+")
_MENTION = re.compile(r"(?<![A-Za-z0-9])[@#]")
# Letters to Unicode that pass for quotes and accents, and Korean ones that join into syllables or show as nothing.
_DOUBTFUL = re.compile("[\u02b0-\u02ff\u1100-\u11ff]")
_SHOWN = 80
_RIGHT_TO_LEFT = ("R", "AL", "AN")


@dataclass(frozen=True, slots=True)
class Action:
    """One command with its words and options; options are sorted by name, a flag has no values."""

    service: str
    verb: str
    words: tuple[str, ...] = ()
    options: tuple[tuple[str, tuple[str, ...]], ...] = ()
    account: str = ""
    region: str = ""
    private: bool = False

    @property
    def name(self) -> str:
        return f"{self.service} {self.verb}".strip()

    def option(self, name: str) -> tuple[str, ...] | None:
        """Return the values given for an option, `()` for a flag, None where it was not given."""
        return dict(self.options).get(name)

    def __str__(self) -> str:
        parts = [self.name, *map(quote, self.words)]
        for name, values in self.options:
            parts += [f"--{name} {quote(value)}" for value in values] or [f"--{name}"]
        parts += [f"--account {quote(self.account)}"] if self.account else []
        parts += [f"--region {quote(self.region)}"] if self.region else []
        parts += ["--private"] if self.private else []
        return " ".join(parts)


def quote(word: str) -> str:
    r"""Write a word so that it reads back as itself, even after a phone, Slack or a terminal has shown it.

    Plain ASCII and ordinary letters stand as they are. Written as `\uXXXX` is what cannot be seen, what changes under
    Unicode's NFC, what would reorder the text around it, and what Slack could make a mention, a link or code of.
    """
    if _BARE.fullmatch(word):
        return word
    escaped = "".join(map(_escape, word))
    return '"' + _MENTION.sub(lambda found: _by_number(found[0]), escaped) + '"'


def shown(*words: str) -> str:
    """Write what somebody typed into a sentence: quoted, so that nothing in it is hidden, and not too long."""
    text = " ".join(quote(word[:_SHOWN]) for word in words)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _escape(char: str) -> str:
    if char in '\\"':
        return "\\" + char
    if char == "\n":
        return "\\n"
    return char if char not in "`|" and _plain(char) else _by_number(char)


def _plain(char: str) -> bool:
    if char.isascii():
        return char.isprintable()
    ordinary = char.isalnum() and unicodedata.is_normalized("NFKC", char) and not _DOUBTFUL.match(char)
    return ordinary and unicodedata.bidirectional(char) not in _RIGHT_TO_LEFT


def _by_number(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
