"""Limits of input blocks, which only views hold here, and of the elements that take what a person types or brings.

Source: Slack's reference on the input block and on the elements plain_text_input, file_input and selects.
"""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack.elements import MENUS, PICKERS, Found, element, plain, text, word

Json = dict[str, Any]
LONGEST_INPUT = 3000
MOST_FILES = 10
CHOOSERS = (*MENUS, *PICKERS, "checkboxes", "radio_buttons")


def input_block(block: Json, at: str) -> Found:
    yield from plain(block.get("label"), f"{at}/label", 2000)
    if "hint" in block:
        yield from plain(block["hint"], f"{at}/hint", 2000)
    held = block.get("element")
    kind = held.get("type") if isinstance(held, dict) else None
    if kind == "plain_text_input":
        yield from _text_input(block["element"], f"{at}/element")
    elif kind == "file_input":
        yield from _file_input(block["element"], f"{at}/element")
    elif kind in CHOOSERS:
        yield from element(held, f"{at}/element")
    else:
        yield f"{at}/element/type", f"unsupported type: {kind}"


def _text_input(held: Json, at: str) -> Found:
    yield from word(held, "action_id", f"{at}/action_id", 255)
    if "placeholder" in held:
        yield from plain(held["placeholder"], f"{at}/placeholder", 150)
    least, most = held.get("min_length", 0), held.get("max_length", LONGEST_INPUT)
    if not 0 <= least <= LONGEST_INPUT:
        yield f"{at}/min_length", f"must be between 0 and {LONGEST_INPUT}"
    if not 1 <= most <= LONGEST_INPUT or most < least:
        yield f"{at}/max_length", f"must be between 1 and {LONGEST_INPUT}, and not below min_length"
    yield from word(held, "initial_value", f"{at}/initial_value", min(most, LONGEST_INPUT))


def _file_input(held: Json, at: str) -> Found:
    yield from word(held, "action_id", f"{at}/action_id", 255)
    if not 1 <= held.get("max_files", MOST_FILES) <= MOST_FILES:
        yield f"{at}/max_files", f"must be between 1 and {MOST_FILES}"
    kinds = held.get("filetypes", ["any"])
    if not isinstance(kinds, list) or not kinds or not all(isinstance(each, str) for each in kinds):
        yield f"{at}/filetypes", "must be a list of file types"


def title(value: Any, at: str) -> Found:
    """A view's title, or the words on its buttons."""
    yield from text(value, at, 24, kinds=("plain_text",))
