"""A view's limits as Slack enforces them: what may stand in a modal or a Home tab, how much, and under which ids.

Source: Slack's reference on views and on modals: 100 blocks, 24 characters of title, 3,000 of private_metadata, 250 KB.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.blocks import KINDS, named, problems
from bot.sandbox.slack.elements import Found, word
from bot.sandbox.slack.inputs import input_block, title
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.web_api import require_scope

if TYPE_CHECKING:
    from bot.sandbox.slack.state import Slack

Json = dict[str, Any]
LARGEST = 250_000
MOST_BLOCKS = 100
IN_VIEWS = {kind: KINDS[kind] for kind in KINDS if kind not in ("markdown", "table")} | {"input": input_block}


def checked(slack: Slack, view: Any, *types: str) -> Json:
    """The view with Slack's ids filled in, or the refusal Slack would send."""
    if not isinstance(view, dict) or view.get("type") not in types:
        raise Refusal.with_messages("invalid_arguments", [f"must be a {' or '.join(types)} [json-pointer:/view/type]"])
    if len(json.dumps(view)) > LARGEST:
        raise Refusal("view_too_large")
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refusal.with_messages("invalid_arguments", ["must provide blocks [json-pointer:/view/blocks]"])
    found = [f"{sentence} [json-pointer:{at}]" for at, sentence in _problems(view)]
    if found:
        raise Refusal.with_messages("invalid_arguments", found)
    if any(_element_type(block) == "file_input" for block in blocks):
        require_scope(slack, "files:read")
    return {**view, "blocks": named(blocks)}


def _problems(view: Json) -> Found:
    blocks, modal = view["blocks"], view["type"] == "modal"
    for key in ("title", "submit", "close") if modal else ():
        if key in view or key == "title":
            yield from title(view.get(key), f"/view/{key}")
    if modal and "submit" not in view and any(block.get("type") == "input" for block in blocks):
        yield "/view", "missing required field: submit"
    if not modal and any(_element_type(block) == "file_input" for block in blocks):
        yield "/view/blocks", "unsupported type: file_input"
    for key, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        yield from word(view, key, f"/view/{key}", most)
    yield from problems(blocks, "/view/blocks", IN_VIEWS, MOST_BLOCKS)


def _element_type(block: Json) -> str:
    held = block.get("element")
    return str(held.get("type")) if isinstance(held, dict) else ""
