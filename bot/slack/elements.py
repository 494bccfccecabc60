"""The pieces messages are made of, each in the one form this bot uses."""

from __future__ import annotations

from typing import Any

Block = dict[str, Any]


def paragraph(elements: list[Block]) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def styled(text: str, *, bold: bool = False, code: bool = False, italic: bool = False) -> Block:
    style = {name: True for name, on in (("bold", bold), ("code", code), ("italic", italic)) if on}
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def mrkdwn_text(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: Block) -> Block:
    return {"type": "section", "text": text}


def notice(text: str, *, rich: bool = True) -> Block:
    """Say what was cut or that there is nothing, in small print where the workspace takes it."""
    return {"type": "context", "elements": [plain(text)]} if rich else section(plain(text))
