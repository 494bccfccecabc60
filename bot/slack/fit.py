"""Keeping a message within Slack's limits: what text costs, what fits, and which parts get the room.

The budget is 10,000: all text, escaped, and 100 for each block. Slack's own limit is near 13,000 and not written down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bot.reply import Buttons, Chart, Choice, Code, Fields, File, Note, Part, Table, Text
from bot.slack.elements import Block
from bot.slack.mrkdwn import escape
from bot.text import at_word

BUDGET = 10_000
BLOCKS = 50
PER_BLOCK = 100
NOTICE = PER_BLOCK + 150  # one sentence about what was cut
LEAST = PER_BLOCK + NOTICE  # a part's own block and its notice: with less room than this it is left out whole
TEXT_BYTES = 4_000  # chat.update and chat.postEphemeral count bytes, not characters

_ORDER: dict[type, int] = {Buttons: 0, Choice: 0, File: 1, Fields: 1, Chart: 1, Note: 2, Text: 3, Table: 4, Code: 4}


def units(text: str) -> int:
    """Count UTF-16 units: never fewer than characters, and what a limit may be counted in."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def size(text: str) -> int:
    """Count a text as the budget does: escaped."""
    return units(escape(text))


def cost(block: Block) -> int:
    return PER_BLOCK + weight(block)


def weight(value: Any) -> int:
    """Add up the text in a block or an element of it, however deep."""
    if isinstance(value, list):
        return sum(map(weight, value))
    if not isinstance(value, dict):
        return 0
    measure = units if value.get("type") == "mrkdwn" else size
    own = sum(measure(value[key]) for key in ("text", "fallback", "format", "user_id", "url") if _is_text(value, key))
    return own + sum(weight(inner) for inner in value.values())


def fit(text: str, room: int) -> str:
    """Give as much of the text as costs no more than `room`, ending at a word where one ends near."""
    used = 0
    for index, char in enumerate(text):
        used += size(char)
        if used > room:
            return text[: at_word(text[:index])]
    return text


def within_bytes(text: str, limit: int = TEXT_BYTES) -> str:
    """Escape and cut to `limit` UTF-8 bytes, splitting neither a character nor an entity."""
    used = 0
    for index, char in enumerate(text):
        used += len(escape(char).encode())
        if used > limit:
            return within_bytes(text[: index - 4], limit) + "…"
    return escape(text)


def clip(elements: Sequence[Block], room: int) -> tuple[list[Block], int]:
    """Keep the rich_text elements that fit, the last one cut; also return how many characters are left out."""
    kept: list[Block] = []
    for index, element in enumerate(elements):
        room -= weight(element)
        if room < 0:
            head = fit(element["text"], room + weight(element)) if element["type"] == "text" else ""
            kept += [{**element, "text": head}] if head else []
            return kept, sum(map(_length, elements[index:])) - len(head)
        kept.append(element)
    return kept, 0


def place(
    first: list[Block], parts: Sequence[Part], render: Callable[[Part, int], list[Block]]
) -> tuple[list[Block], int]:
    """Render the parts in order of need, each with the room that is left; also return how many found none.

    Room for one closing notice is kept back. No block_id occurs twice in the result.
    """
    room = BUDGET - NOTICE - sum(map(cost, first))
    count = BLOCKS - 1 - len(first)
    placed: dict[int, list[Block]] = {}
    for index in sorted(range(len(parts)), key=lambda at: _ORDER[type(parts[at])]):
        made = render(parts[index], room) if room > LEAST else None
        if made is not None and sum(map(cost, made)) <= room and len(made) <= count:
            placed[index] = made
            room -= sum(map(cost, made))
            count -= len(made)
    inner = [block for index in sorted(placed) for block in placed[index]]
    return _with_own_ids([*first, *inner]), len(parts) - len(placed)


def _with_own_ids(blocks: list[Block]) -> list[Block]:
    seen: set[str] = set()
    return [{**block, "block_id": _own(block["block_id"], seen)} if "block_id" in block else block for block in blocks]


def _own(name: str, seen: set[str]) -> str:
    own, number = name, 1
    while own in seen:
        number += 1
        own = f"{name}:{number}"
    seen.add(own)
    return own


def _is_text(value: Block, key: str) -> bool:
    return isinstance(value.get(key), str)


def _length(element: Block) -> int:
    return len(element.get("text", "")) or len(element.get("fallback", "@"))
