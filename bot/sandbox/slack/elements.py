"""Limits of the pieces inside a block: text objects, buttons, menus and their confirm dialogs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
Found = Iterator[tuple[str, str]]

MENUS = ("static_select", "multi_static_select")
PICKERS = ("users_select", "conversations_select", "channels_select", "datepicker", "timepicker")
OPTION_LISTS = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}


def word(holder: Json, key: str, at: str, most: int, *, required: bool = False) -> Found:
    """A plain string field of at most so many characters."""
    value = holder.get(key)
    if value is None and not required:
        return
    if not isinstance(value, str):
        yield at, f"missing required field: {key}"
    elif len(value) > most:
        yield at, f"must be less than {most + 1} characters"
    elif len(value) < (1 if required else 0):
        yield at, "must be more than 0 characters"


def text(value: Any, at: str, most: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Found:
    """A text object of at most so many characters and at least one."""
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield at, f"must be a text object of type {' or '.join(kinds)}"
        return
    yield from word(value, "text", f"{at}/text", most, required=True)


def plain(value: Any, at: str, most: int) -> Found:
    """A text object that is shown as it is, without markup."""
    yield from text(value, at, most, kinds=("plain_text",))


def element(value: Any, at: str) -> Found:
    """An interactive element, or the image that a section may hold beside its text."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "button":
        yield from _button(value, at)
    elif kind in MENUS or kind in OPTION_LISTS:
        yield from _choices(value, at, OPTION_LISTS.get(str(kind), 100))
    elif kind == "image":
        yield from word(value, "image_url", f"{at}/image_url", 3000, required=True)
        yield from word(value, "alt_text", f"{at}/alt_text", 2000, required=True)
    elif kind not in PICKERS:
        yield f"{at}/type", f"unsupported type: {kind}"
        return
    yield from word(value, "action_id", f"{at}/action_id", 255)
    if "confirm" in value:
        yield from _confirm(value["confirm"], f"{at}/confirm")


def _button(button: Json, at: str) -> Found:
    yield from plain(button.get("text"), f"{at}/text", 75)
    yield from word(button, "value", f"{at}/value", 2000)
    yield from word(button, "url", f"{at}/url", 3000)
    if button.get("style", "primary") not in ("primary", "danger"):
        yield f"{at}/style", "must be primary or danger"


def _choices(menu: Json, at: str, most: int) -> Found:
    if "placeholder" in menu:
        yield from plain(menu["placeholder"], f"{at}/placeholder", 150)
    kinds = ("plain_text", "mrkdwn") if menu["type"] in ("checkboxes", "radio_buttons") else ("plain_text",)
    if "option_groups" in menu:
        groups = menu["option_groups"]
        if not 1 <= len(groups) <= 100:
            yield f"{at}/option_groups", "must hold 1 to 100 groups"
        for index, group in enumerate(groups):
            yield from plain(group.get("label"), f"{at}/option_groups/{index}/label", 75)
            yield from _options(group.get("options"), f"{at}/option_groups/{index}/options", most, kinds)
    else:
        yield from _options(menu.get("options"), f"{at}/options", most, kinds)
    yield from _initial(menu, at)
    if menu.get("max_selected_items", 1) < 1:
        yield f"{at}/max_selected_items", "must be more than 0"


def _initial(menu: Json, at: str) -> Found:
    """What is chosen from the start must be among the options, to the letter."""
    groups = menu.get("option_groups") or [{"options": menu.get("options")}]
    offered = [option for group in groups for option in group.get("options") or []]
    chosen = [menu["initial_option"]] if "initial_option" in menu else menu.get("initial_options", [])
    if any(each not in offered for each in chosen):
        yield f"{at}/initial_option", "must be one of the options"


def _options(options: Any, at: str, most: int, kinds: tuple[str, ...]) -> Found:
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        yield at, f"must hold 1 to {most} options"
        return
    for index, option in enumerate(options):
        yield from text(option.get("text"), f"{at}/{index}/text", 75, kinds)
        yield from word(option, "value", f"{at}/{index}/value", 75, required=True)
        if "description" in option:
            yield from text(option["description"], f"{at}/{index}/description", 75, kinds)


def _confirm(confirm: Any, at: str) -> Found:
    if not isinstance(confirm, dict):
        yield at, "must be a confirm object"
        return
    yield from text(confirm.get("text"), f"{at}/text", 300)
    for key, most in (("title", 100), ("confirm", 30), ("deny", 30)):
        yield from plain(confirm.get(key), f"{at}/{key}", most)
