"""A form as a Slack modal, within Slack's limits: rendered from a sheet, and read back as texts by parameter.

A block's id says what it holds and of which parameter (`pick:instances`, `words:instances`), so that a submission is
read without remembering how it was drawn. Where choices were read, what is not among them can be typed as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.action import quote
from bot.errors import UsageError
from bot.reply import Reply
from bot.road.blanks import Blank, Sheet
from bot.slack.blocks import message
from bot.slack.elements import Block, notice, plain
from bot.slack.fit import units
from bot.slack.typed import typed
from bot.text import cut, line
from bot.tokens import tokens

CALLBACK = "form"
_VALUE = "value"
_TITLE, _LABEL, _LONGEST = 24, 75, 3000
_FIELDS = 90
"""Blocks that a form may take of a view's hundred, beside its own lines."""

View = dict[str, Any]


def loading(title: str = "One moment") -> View:
    """Show that something is coming: a trigger_id lives three seconds, and AWS may take longer."""
    return _view(title, [notice("Loading…")])


def said(reply: Reply, title: str = "Nothing to fill in") -> View:
    """Say something in place of a form."""
    return _view(title, message(reply)["blocks"])


def form_view(sheet: Sheet) -> View:
    """Draw a form."""
    blocks = [notice(cut(line(sheet.about), 300))]
    blocks += [
        notice(f"In {sheet.where}. For another account or Region, type it: --account NAME --region REGION.")
    ] * bool(sheet.where)
    for blank in sheet.blanks:
        blocks += list(_fields(blank))
    more = {"callback_id": CALLBACK, "private_metadata": sheet.form, "submit": plain("Go on")}
    return _view(sheet.title, blocks[:_FIELDS], **more)


def _view(title: str, blocks: list[Block], **more: Any) -> View:
    head = {"type": "modal", "title": plain(cut(line(title), _TITLE)), "close": plain("Cancel" if more else "Close")}
    return {**head, "blocks": blocks, **more}


def _fields(blank: Blank) -> Iterator[Block]:
    if blank.param.flag:
        yield _field("flag", blank, _flag(blank), optional=True)
    elif blank.options:
        yield from _choice(blank)
    elif blank.param.file and not blank.typed:
        yield _field("file", blank, {"type": "file_input", "max_files": 1}, optional=not blank.param.required)
    else:
        yield _written(blank, blank.typed, optional=not blank.param.required)


def _choice(blank: Blank) -> Iterator[Block]:
    """Draw a menu; with a line to type in where more can be meant than it shows."""
    known = {value for value, _ in blank.options}
    chosen = [each for each in blank.options if each[0] in blank.typed]
    others = tuple(each for each in blank.typed if each not in known)
    also = bool(others or blank.more or blank.param.many)
    pick = "Pick here, or type below." if also else ""
    yield _field("pick", blank, _menu(blank, chosen), hint=pick, optional=also or not blank.param.required)
    if also:
        left = f"{blank.more:,} more than the menu shows: type it. " if blank.more else ""
        yield _written(blank, others, label=f"Or type: {_name(blank)}", hint=left + blank.param.help, optional=True)


def _menu(blank: Blank, chosen: list[tuple[str, str]]) -> Block:
    options = [_option(*each) for each in blank.options]
    begun = [_option(*each) for each in chosen]
    if blank.param.many:
        menu = {"type": "multi_static_select", "options": options}
        return menu | ({"initial_options": begun} if begun else {})
    return {"type": "static_select", "options": options} | ({"initial_option": begun[0]} if begun else {})


def _option(value: str, label: str) -> Block:
    shown = line(label) or value
    return {"text": plain(shown if units(shown) <= _LABEL else cut(shown, _LABEL // 2)), "value": value}


def _flag(blank: Blank) -> Block:
    option = _option("yes", blank.param.help or blank.param.option)
    return {"type": "checkboxes", "options": [option]} | ({"initial_options": [option]} if blank.typed else {})


def _written(blank: Blank, texts: tuple[str, ...], *, label: str = "", hint: str = "", optional: bool) -> Block:
    many = blank.param.many
    value = " ".join(map(quote, texts)) if many else "".join(texts)
    field = {"type": "plain_text_input", "max_length": _LONGEST, "multiline": blank.param.lines}
    field |= {"initial_value": value[:_LONGEST]} if value else {}
    return _field("words" if many else "text", blank, field, label=label, hint=hint, optional=optional)


def _name(blank: Blank) -> str:
    return blank.param.option.replace("-", " ")


def _field(kind: str, blank: Blank, element: Block, *, label: str = "", hint: str = "", optional: bool) -> Block:
    param = blank.param
    told = hint or ("" if param.flag else param.help)
    block = {
        "type": "input",
        "block_id": f"{kind}:{param.name}",
        "label": plain(cut(label or _name(blank).capitalize(), _LABEL)),
        "element": {**element, "action_id": _VALUE},
        "optional": optional,
    }
    return block | ({"hint": plain(cut(line(told), 300))} if told else {})


# ── a submission ──


def filled(view: View) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Read a submitted form: texts by parameter, and what could not be read."""
    texts: dict[str, tuple[str, ...]] = {}
    wrong: dict[str, str] = {}
    for block, states in _states(view):
        kind, _, name = block.partition(":")
        state = next(iter(states.values()), None) or {}
        try:
            texts[name] = tuple(dict.fromkeys((*texts.get(name, ()), *_texts(kind, state))))
        except UsageError as error:
            wrong[name] = error.sentence
    return texts, wrong


def _states(view: View) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each field with its state, an empty one too, as Slack may leave those out."""
    values = (view.get("state") or {}).get("values") or {}
    for block in view.get("blocks") or ():
        if block.get("type") == "input":
            yield str(block["block_id"]), values.get(block["block_id"]) or {}


def _texts(kind: str, state: Mapping[str, Any]) -> tuple[str, ...]:
    if kind == "file":
        return tuple(str(each["id"]) for each in state.get("files") or ())
    if kind in ("pick", "flag"):
        picked = [state.get("selected_option"), *(state.get("selected_options") or ())]
        return tuple(str(each["value"]) for each in picked if each)
    value = str(state.get("value") or "")
    if kind == "words":
        return tuple(token.text for token in tokens(typed(value)))
    kept = value if "\n" in value else value.strip()
    return (kept,) if value.strip() else ()


def errors(view: View, wrong: Mapping[str, str]) -> dict[str, str]:
    """Put each error under the first field of its parameter, or under the first of all."""
    blocks = [block for block, _ in _states(view)]
    first = {block.partition(":")[2]: block for block in reversed(blocks)}
    return {first.get(name, blocks[0]): cut(line(sentence), 300) for name, sentence in wrong.items() if blocks}
