r"""Text to tokens: separators, quotes and escapes, the mirror of `action.quote`.

Only ASCII space, tab and line ends separate. "Double quotes" know \", \\, \n, \uXXXX and \UXXXXXXXX and may stand
anywhere in a token. 'Single quotes' are literal, open where a token or its value begins and close where the token ends,
so that the one in it's is an apostrophe. What cannot be read raises UsageError.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.action import shown
from bot.errors import UsageError

LIMIT = 4000

_PIECE = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |"(?P<double>(?:[^"\\]|\\[\s\S])*+)"
    |(?<![^ \t\r\n=:])'(?P<single>[\s\S]*?)'(?![^ \t\r\n])
    |(?P<bare>[^ \t\r\n"']+|(?<=[^ \t\r\n=:])')""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\s\S]))")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its quotes undone: `head` stood before the first, `tail` is the rest, None where there were none."""

    head: str
    tail: str | None = None

    @property
    def text(self) -> str:
        return self.head + (self.tail or "")

    @property
    def dashed(self) -> bool:
        return self.head.startswith("-")

    def split(self) -> tuple[str, str | None]:
        """Return an option's name and the value behind its `=`, None where it has none."""
        name, equals, value = self.head.partition("=")
        if not equals and self.tail is None:
            return name, None
        if not equals:
            raise UsageError(f"An option stands without quotes; {shown(self.text)} as a word goes into them whole.")
        if value.startswith("--") or not (value or self.tail is not None):
            raise UsageError(
                f'{name.lower()}= needs a value; write {name.lower()}="…" if it is empty or begins with --.'
            )
        return name, value + (self.tail or "")


def tokens(text: str) -> list[Token]:
    """Split text of at most 4,000 characters into its tokens. Raises UsageError."""
    _readable(text)
    found: list[Token] = []
    open_, position = False, 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None:
            raise _unmatched(text[position:])
        position = piece.end()
        if piece.lastgroup == "space":
            open_ = False
        else:
            found.append(_grown(found.pop() if open_ else Token(""), piece))
            open_ = True
    return found


def _grown(token: Token, piece: re.Match[str]) -> Token:
    if piece.lastgroup == "bare" and token.tail is None:
        return replace(token, head=token.head + piece[0])
    more = _unescaped(piece["double"]) if piece.lastgroup == "double" else piece[str(piece.lastgroup)]
    return replace(token, tail=(token.tail or "") + more)


def _unmatched(rest: str) -> UsageError:
    mark = rest[0]
    hint = 'close it, or write \\" for one inside quotes' if mark == '"' else "close it, or put double quotes around it"
    return UsageError(f"The quote that begins {shown(rest[:20])} has no end: {hint}.")


def _unescaped(body: str) -> str:
    return _ESCAPE.sub(_meant, body)


def _meant(escape: re.Match[str]) -> str:
    if escape[3]:
        if escape[3] not in '"\\n':
            raise UsageError(f'I do not know {escape[0]!r} inside double quotes; a backslash is written "\\\\".')
        return escape[3].replace("n", "\n")
    code = int(escape[1] or escape[2], 16)
    if code > 0x10FFFF or _UNSTORABLE.match(chr(code)):
        raise UsageError(f"{escape[0]} is no character.")
    return chr(code)


def _readable(text: str) -> None:
    if len(text) > LIMIT:
        raise UsageError(f"That is {len(text)} characters long; {LIMIT} is the most I read.")
    if _UNSTORABLE.search(text):
        raise UsageError("That holds a character that is no text. Type it again.")
