"""What Slack refuses in a message, written from its reference and apart from the renderer and the sandbox."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def faults(message: Json) -> list[str]:
    """List everything Slack, or our own tighter budget, would refuse."""
    return [*_text(message["text"]), *_blocks(message["blocks"])]


def _text(text: str) -> Iterator[str]:
    if not text.strip():
        yield "no_text"
    if len(text.encode()) > 4_000:
        yield f"text of {len(text.encode())} bytes"
    if re.search(r"[<>]|&(?!(?:amp|lt|gt);)", text):
        yield "unescaped text"


def _blocks(blocks: list[Json]) -> Iterator[str]:
    if not 1 <= len(blocks) <= 50:
        yield f"{len(blocks)} blocks"
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield "only_one_table_allowed"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "block_id twice"
    if any(not 1 <= _length(name) <= 255 for name in ids):
        yield "block_id too long or empty"
    spent = sum(100 + sum(map(_length, _printed(block))) for block in blocks)
    if spent > 10_000:
        yield f"all text together costs {spent}"
    for block in blocks:
        yield from KINDS[block["type"]](block)


def _printed(node: Any) -> Iterator[str]:
    """Every text that is shown, as Slack counts it: escaped once."""
    if isinstance(node, list):
        for inner in node:
            yield from _printed(inner)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in {"text", "fallback"} and isinstance(value, str):
                yield value if node["type"] == "mrkdwn" else html.escape(value, quote=False)
            elif isinstance(value, dict | list):
                yield from _printed(value)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _object(value: Json, most: int) -> Iterator[str]:
    if value["type"] not in {"plain_text", "mrkdwn"}:
        yield f"text object of type {value['type']}"
    if not value["text"].strip() or _length(value["text"]) > most:
        yield f"text object of {_length(value['text'])} characters"
    if value["type"] == "mrkdwn" and re.search(r"[<>]|&(?!(?:amp|lt|gt);)", _without_ours(value["text"])):
        yield "unescaped mrkdwn"


def _without_ours(text: str) -> str:
    people_and_moments = r"<@[UW][A-Z0-9]+>|<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-0-9: UTC]+>"
    return re.sub(rf"{people_and_moments}|<https?://[^<>|\s\"]+\|(?=([^<>]*))\1>", r"\1", text)


def _section(block: Json) -> Iterator[str]:
    yield from _object(block["text"], 3_000)


def _context(block: Json) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= 10:
        yield "context elements"
    for element in block["elements"]:
        yield from _object(element, 3_000)


def _actions(block: Json) -> Iterator[str]:
    ids = [element["action_id"] for element in block["elements"]]
    if not 1 <= len(ids) <= 25 or len(ids) != len(set(ids)):
        yield "buttons: too many, none, or one action_id twice"
    for button in block["elements"]:
        if button["type"] == "static_select":
            yield from _menu(button)
            continue
        yield from _object(button["text"], 75)
        if not 1 <= _length(button["action_id"]) <= 255 or not 1 <= _length(button.get("value", "-")) <= 2_000:
            yield "action_id or value"
        if button.get("style", "primary") not in {"primary", "danger"}:
            yield "style"


def _menu(menu: Json) -> Iterator[str]:
    yield from _object(menu["placeholder"], 150)
    if not 1 <= len(menu["options"]) <= 100 or not 1 <= _length(menu["action_id"]) <= 255:
        yield "menu"
    for option in menu["options"]:
        yield from _object(option["text"], 75)
        if not 1 <= _length(option["value"]) <= 75:
            yield "value of an option"


def _rich_text(block: Json) -> Iterator[str]:
    for part in block["elements"]:
        if part["type"] not in {"rich_text_section", "rich_text_preformatted"} or not part["elements"]:
            yield f"{part['type']} of {len(part['elements'])} elements"
        for element in part["elements"]:
            yield from _rich_element(element)


def _rich_element(element: Json) -> Iterator[str]:
    if element["type"] == "text":
        yield from [] if element["text"] else ["empty rich text"]
    elif element["type"] == "user":
        yield from [] if re.fullmatch("[UW][A-Z0-9]+", element["user_id"]) else ["user_id"]
    elif element["type"] == "date":
        good = isinstance(element["timestamp"], int) and element["timestamp"] >= 0
        yield from [] if good and element["fallback"] else ["date"]
    elif element["type"] == "link":
        yield from [] if re.fullmatch(r"https?://[^\s<>|\"]{1,2990}", element["url"]) and element["text"] else ["link"]
    else:
        yield f"rich text element {element['type']}"


def _table(block: Json) -> Iterator[str]:
    rows = block["rows"]
    if not 1 <= len(rows) <= 100 or any(not 1 <= len(row) <= 20 for row in rows) or len({*map(len, rows)}) > 1:
        yield "table rows or cells"
    cells = [cell for row in rows for cell in row]
    if any(cell["type"] != "raw_text" or not cell["text"] for cell in cells):
        yield "table cell"
    if sum(_length(cell["text"]) for cell in cells) > 10_000:
        yield "table text"


KINDS = {"section": _section, "context": _context, "actions": _actions, "rich_text": _rich_text, "table": _table}
