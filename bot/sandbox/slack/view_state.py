"""What stands in the elements that a person fills in, as Slack's state objects, and what Slack's client sends of it.

The client itself refuses a form that lacks a required value or breaks an element's own limits; the app hears nothing.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
HOLDS = {
    "plain_text_input": "value",
    "static_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "file_input": "files",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}
MANY = ("selected_options", "files")


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with its block."""
    for block in blocks:
        for each in (*block.get("elements", ()), block.get("accessory"), block.get("element")):
            if isinstance(each, dict) and "action_id" in each:
                yield block, each


def values(blocks: list[Json], given: Json | None = None) -> Json:
    """`state.values`: what is given for an element, or else what it began with."""
    told: Json = {}
    for block, element in elements(blocks):
        if element["type"] in HOLDS and element["type"] != "overflow":
            given_here = ((given or {}).get(block["block_id"]) or {}).get(element["action_id"])
            told.setdefault(block["block_id"], {})[element["action_id"]] = state_of(element, given_here)
    return told


def kept(state: Json, blocks: list[Json]) -> Json:
    """What of a state still has its element, of the same kind and with what was chosen, among the blocks."""
    told: Json = {}
    for block, element in elements(blocks):
        old = (state.get(block["block_id"]) or {}).get(element["action_id"])
        if old is not None and old["type"] == element["type"] and _offers(element, old):
            told.setdefault(block["block_id"], {})[element["action_id"]] = old
    return told


def _offers(element: Json, state: Json) -> bool:
    chosen = [state["selected_option"]] if state.get("selected_option") else state.get("selected_options", [])
    offered = [option["value"] for option in options(element)]
    return all(each["value"] in offered for each in chosen)


def state_of(element: Json, given: Json | None) -> Json:
    """The element's state object, its options whole; `no_such_value` for an option it does not have."""
    holds = HOLDS[element["type"]]
    initial = "initial_" + holds.removeprefix("selected_")
    held = element.get(initial) if given is None else given.get(holds)
    if holds == "selected_option":
        held = held and _whole(element, held)
    elif holds == "selected_options":
        held = [_whole(element, each) for each in held or []]
    elif holds in MANY:
        held = held or []
    return {"type": element["type"], holds: held or ([] if holds in MANY else None)}


def options(element: Json) -> list[Json]:
    groups = element.get("option_groups") or [{"options": element.get("options")}]
    return [option for group in groups for option in group.get("options") or []]


def _whole(element: Json, wanted: Json) -> Json:
    found = next((option for option in options(element) if option["value"] == wanted.get("value")), None)
    if found is None:
        raise Refusal("no_such_value")
    return found


def incomplete(blocks: list[Json], state: Json) -> Json:
    """Why Slack's client would not send the form, by block_id; empty where it would."""
    wrong: Json = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            problem = _problem(block, element, state[block["block_id"]][element["action_id"]])
            wrong |= {block["block_id"]: problem} if problem else {}
    return wrong


def _problem(block: Json, element: Json, state: Json) -> str:
    held = state[HOLDS[element["type"]]]
    if not held:
        return "" if block.get("optional") else "Please complete this required field."
    kind = element["type"]
    if kind == "plain_text_input" and len(held) < element.get("min_length", 0):
        return f"Please use at least {element['min_length']} characters."
    if kind == "plain_text_input" and len(held) > element.get("max_length", 3000):
        return f"Please use at most {element.get('max_length', 3000)} characters."
    if kind == "multi_static_select" and len(held) > element.get("max_selected_items", 100):
        return f"Please choose at most {element['max_selected_items']}."
    return _file_problem(element, held) if kind == "file_input" else ""


def _file_problem(element: Json, held: list[Json]) -> str:
    if len(held) > element.get("max_files", 10):
        return f"Please bring at most {element['max_files']} files."
    allowed = element.get("filetypes")
    wrong = [file["name"] for file in held if allowed and PurePath(file["name"]).suffix[1:].lower() not in allowed]
    return f"This kind of file is not accepted: {wrong[0]}" if wrong else ""
