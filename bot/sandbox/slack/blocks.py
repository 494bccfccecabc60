"""Block Kit's limits as Slack enforces them on a message: what is wrong, and where.

Numbers: Slack's Block Kit reference; the limit on all block text together is undocumented and measured by others
(13,200 characters, `&`, `<` and `>` counted as their entities and every block as 100).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.elements import Found, element, text, word
from bot.sandbox.slack.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
Kinds = Mapping[str, Callable[[Json, str], Found]]

MOST_BLOCKS = 50
MOST_TEXT = 13_200
PER_BLOCK = 100


def check(blocks: Any) -> list[Json]:
    """The blocks with Slack's ids filled in, or the refusal Slack would send."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refusal("invalid_blocks_format")
    found = [f"{sentence} [json-pointer:{at}]" for at, sentence in problems(blocks, "/blocks", KINDS, MOST_BLOCKS)]
    if found:
        raise Refusal.with_messages("invalid_blocks", found)
    if cost(blocks) > MOST_TEXT:
        raise Refusal("msg_blocks_too_long")
    return named(blocks)


def named(blocks: list[Json]) -> list[Json]:
    """The blocks with the ids that Slack gives to what came without."""
    return [_with_ids(block) for block in blocks]


def cost(blocks: list[Json]) -> int:
    """What Slack counts against its limit on a whole message, in characters."""
    return sum(PER_BLOCK + sum(_escaped_length(each) for each in _texts(block)) for block in blocks)


def _escaped_length(value: str) -> int:
    bare_ampersands = len(re.findall(r"&(?!amp;|lt;|gt;)", value))
    return len(value) + 4 * bare_ampersands + 3 * (value.count("<") + value.count(">"))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _texts(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)


def problems(blocks: list[Json], at: str, kinds: Kinds, most: int) -> Found:
    """What is wrong with the blocks of these kinds, and where."""
    if len(blocks) > most:
        yield at, f"no more than {most} items allowed"
    for index, block in enumerate(blocks):
        yield from _block(block, f"{at}/{index}", kinds)
    yield from _together(blocks, at)


def _together(blocks: list[Json], at: str) -> Found:
    """Rules that concern the blocks of a message or a view as a set."""
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    for repeated in sorted({str(each) for each in ids if ids.count(each) > 1}):
        yield at, f"`block_id` {repeated} already exists"
    if sum(block.get("type") == "table" for block in blocks) > 1:
        yield at, "only_one_table_allowed"
    markdown = sum(len(str(block.get("text", ""))) for block in blocks if block.get("type") == "markdown")
    if markdown > 12_000:
        yield at, "markdown text must be less than 12001 characters in all"


def _block(block: Json, at: str, kinds: Kinds) -> Found:
    check_one = kinds.get(str(block.get("type")))
    if check_one is None:
        yield f"{at}/type", f"unsupported type: {block.get('type')}"
        return
    yield from word(block, "block_id", f"{at}/block_id", 255)
    yield from check_one(block, at)


def _section(block: Json, at: str) -> Found:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield at, "missing required field: text or fields"
    if "text" in block:
        yield from text(block["text"], f"{at}/text", 3000)
    for index, field in enumerate(fields or []):
        yield from text(field, f"{at}/fields/{index}", 2000)
    if len(fields or []) > 10:
        yield f"{at}/fields", "no more than 10 items allowed"
    if "accessory" in block:
        yield from element(block["accessory"], f"{at}/accessory")


def _header(block: Json, at: str) -> Found:
    yield from text(block.get("text"), f"{at}/text", 150, kinds=("plain_text",))


def _list_of(block: Json, at: str, most: int) -> Found:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= most:
        yield f"{at}/elements", f"must hold 1 to {most} items"


def _context(block: Json, at: str) -> Found:
    yield from _list_of(block, at, 10)
    for index, each in enumerate(block.get("elements") or []):
        place = f"{at}/elements/{index}"
        if isinstance(each, dict) and each.get("type") == "image":
            yield from _image(each, place)
        else:
            yield from text(each, place, 3000)


def _actions(block: Json, at: str) -> Found:
    yield from _list_of(block, at, 25)
    elements = block.get("elements") or []
    for index, each in enumerate(elements):
        yield from element(each, f"{at}/elements/{index}")
    ids = [each.get("action_id") for each in elements if isinstance(each, dict) and each.get("action_id")]
    for repeated in sorted({str(each) for each in ids if ids.count(each) > 1}):
        yield f"{at}/elements", f"`action_id` {repeated} already exists for another element"


def _image(block: Json, at: str) -> Found:
    yield from word(block, "image_url", f"{at}/image_url", 3000, required="slack_file" not in block)
    yield from word(block, "alt_text", f"{at}/alt_text", 2000, required=True)
    if "title" in block:
        yield from text(block["title"], f"{at}/title", 2000, kinds=("plain_text",))


def _markdown(block: Json, at: str) -> Found:
    yield from word(block, "text", f"{at}/text", 12_000, required=True)


def _rich_text(block: Json, at: str) -> Found:
    kinds = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    yield from _list_of(block, at, 1000)
    for index, each in enumerate(block.get("elements") or []):
        if not isinstance(each, dict) or each.get("type") not in kinds:
            yield f"{at}/elements/{index}", "unsupported rich text element"


def _table(block: Json, at: str) -> Found:
    rows = block.get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 100:
        yield f"{at}/rows", "must hold 1 to 100 rows"
        return
    if len(block.get("column_settings") or []) > 20:
        yield f"{at}/column_settings", "no more than 20 items allowed"
    if sum(len(each) for each in _texts(rows)) > 10_000:
        yield f"{at}/rows", "table text must be less than 10001 characters in all"
    for index, row in enumerate(rows):
        yield from _row(row, f"{at}/rows/{index}")


def _row(row: Any, at: str) -> Found:
    if not isinstance(row, list) or not 1 <= len(row) <= 20:
        yield at, "must hold 1 to 20 cells"
        return
    for index, cell in enumerate(row):
        kind = cell.get("type") if isinstance(cell, dict) else None
        if kind == "raw_text":
            yield from word(cell, "text", f"{at}/{index}/text", 10_000, required=True)
        elif kind != "rich_text":
            yield f"{at}/{index}", "a cell must be raw_text or rich_text"


def _divider(block: Json, at: str) -> Found:  # noqa: ARG001  nothing can be wrong with a line
    yield from ()


KINDS: Kinds = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "table": _table,
}


def _with_ids(block: Json) -> Json:
    """Slack names every block and every interactive element that came without a name."""
    whole = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}
    if block["type"] == "actions":
        whole["elements"] = [_with_action_id(each) for each in block["elements"]]
    for key in ("accessory", "element"):
        if key in block and block[key].get("type") != "image":
            whole[key] = _with_action_id(block[key])
    return whole


def _with_action_id(interactive: Json) -> Json:
    return {**interactive, "action_id": interactive.get("action_id") or secrets.token_urlsafe(4)}
