"""A reply as a Slack message that is never `invalid_blocks`: what does not fit is cut, and the cut says so.

Data travels in blocks that do not parse mrkdwn (rich_text, a table's raw_text, plain_text without emoji). Only small
print with a person or a moment in it is mrkdwn, made neutral. A `User` becomes a real mention, which notifies: the
engine uses it for who asked or acted, and writes everybody else's name as text.

On a phone: up to six short fields share lines of 44 characters (`Account dev · Region eu-west-1`), more or longer ones
take a line each; section fields would stack label over value. A second table becomes aligned text.
Buttons are placed first, then fields, small print and paragraphs; tables and code share what room is left.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from bot.reply import (
    Bold,
    Button,
    Buttons,
    Chart,
    Choice,
    Code,
    Fields,
    File,
    Link,
    Mono,
    Note,
    Part,
    Reply,
    Span,
    Table,
    Text,
    User,
    When,
)
from bot.slack import mrkdwn
from bot.slack.elements import Block, mrkdwn_text, notice, paragraph, plain, section, styled
from bot.slack.fit import LEAST, PER_BLOCK, clip, cost, fit, place, units, within_bytes
from bot.slack.table import aligned, one_table, table_blocks
from bot.text import (
    EMPTY,
    NARROW,
    aloud,
    at_word,
    bytes_in_words,
    characters_left,
    charted,
    clean,
    columns_of,
    cut,
    line,
    moment,
    said,
)

SIGNS = {"": "", "ok": "✅", "busy": "⏳", "ask": "⚠️", "no": "⛔", "fail": "❌", "unknown": "❓"}
_HEADLINE = 300
_PHONE = 44  # characters in a line at 390 px
_SHARING = 6  # fields that still read well side by side
_ID = 120  # of Slack's 255, even if every character counts twice; ours are far shorter
_SECTION = 2_900  # characters of a text object; Slack takes 3,000


def message(reply: Reply, *, rich: bool = True) -> dict[str, Any]:
    """Render for chat.postMessage; `rich=False` is for a workspace that refused the blocks: sections and buttons."""
    head, rest = _headline(reply)
    parts = (*rest, *one_table(reply.parts))
    first = paragraph([styled(head, bold=True)]) if rich else section(plain(head))
    blocks, left_out = place([first], parts, _rich if rich else _flat)
    if left_out:
        blocks.append(notice(_parts_left(left_out), rich=rich))
    return {"text": _notification(reply), "blocks": blocks}


def _parts_left(left: int) -> str:
    return f"Not shown: {left:,} more part{'s' if left > 1 else ''} of this answer. {NARROW}."


def _notification(reply: Reply) -> str:
    """The lock screen's and the screen reader's text: the verdict first, then about 1,000 characters of the parts."""
    told = f"{SIGNS[reply.sign]} {cut(_summary(reply), 1_000)}\n{aloud(reply)}".strip()
    return within_bytes(mrkdwn.without_emoji(told))


def _summary(reply: Reply) -> str:
    """The summary in one line, without symbols at its start: the first one in a message is the bot's own verdict."""
    summary = line(reply.summary)
    symbols = "".join(takewhile(lambda char: unicodedata.category(char) in {"So", "Mn", "Me", "Cf", "Zs"}, summary))
    return summary[len(symbols) :] or reply.sign or "–"


def _headline(reply: Reply) -> tuple[str, tuple[Text, ...]]:
    """Split a long summary at a word: what is too long for the headline goes on below it."""
    summary = _summary(reply)
    head = summary if len(summary) <= _HEADLINE else summary[: at_word(summary[:_HEADLINE])]
    rest = summary[len(head) :]
    return f"{SIGNS[reply.sign]} {head}".strip(), (Text((rest,)),) if rest else ()


# ── parts as Slack shows them best ──


def _rich(part: Part, room: int) -> list[Block]:
    match part:
        case Text():
            return _prose(list(_elements(part.spans)), room)
        case Fields():
            return _prose(list(_field_elements(part)), room)
        case Code():
            return _code(part, room)
        case Note():
            return _small_print(part, room)
        case Table():
            return table_blocks(part, room)
        case Chart():
            return _prose(list(_field_elements(charted(part))), room)
        case File():
            return [notice(_named(part))]
        case Buttons():
            return list(_actions(part))
        case Choice():
            return _select(part)


def _named(file: File) -> str:
    return f"{cut(line(file.name), 200)}, {bytes_in_words(file.size)}: below, in the thread."


def _select(part: Choice) -> list[Block]:
    """A menu; its values are a run's id with a row's number, never a command. Slack takes 100 of 75 characters."""
    options = [
        {"text": plain(cut(line(label) or "–", 37)), "value": fit(f"{clean(part.run)}.{clean(value)}", 75)}
        for value, label in part.options[:100]
    ]
    does, label = clean(part.does)[:_ID] or "menu", cut(line(part.label) or "…", 37)
    menu = {"type": "static_select", "placeholder": plain(label), "options": options, "action_id": does}
    return [{"type": "actions", "block_id": f"{does}:{clean(part.run)[:_ID]}", "elements": [menu]}] if options else []


def _prose(elements: list[Block], room: int) -> list[Block]:
    kept, left = clip(elements, room - LEAST)
    if left:
        kept.append(styled(f" … {characters_left(left)}", italic=True))
    return [paragraph(kept)] if any(_visible(element) for element in kept) else []


def _visible(element: Block) -> bool:
    return element["type"] != "text" or bool(element["text"].strip())


def _elements(spans: tuple[Span, ...]) -> Iterator[Block]:
    for span in spans:
        seconds = mrkdwn.timestamp(span) if isinstance(span, When) else None
        if isinstance(span, User) and mrkdwn.mentions(span):
            yield {"type": "user", "user_id": span.id}
        elif isinstance(span, When) and seconds is not None:
            yield {"type": "date", "timestamp": seconds, "format": mrkdwn.DATE, "fallback": moment(span.at)}
        elif isinstance(span, Link) and mrkdwn.linked(span):
            yield {"type": "link", "url": span.url, "text": line(span.text)}
        elif said(span):
            yield styled(said(span), bold=isinstance(span, Bold), code=isinstance(span, Mono))


def _field_elements(fields: Fields) -> Iterator[Block]:
    used = 0
    for index, (label, value) in enumerate((line(label), line(value) or "–") for label, value in fields.pairs):
        length = columns_of(f"{label} {value}")
        shares = len(fields.pairs) <= _SHARING and used + 3 + length <= _PHONE
        if index:
            yield styled(" · " if shares else "\n")
        if label:
            yield styled(f"{label} ", bold=True)
        yield styled(value)
        used = used + 3 + length if shares and index else length


def _code(code: Code, room: int) -> list[Block]:
    text = _output(code)
    shown = fit(text, room - LEAST)
    left = len(text) - len(shown)
    block = {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [styled(shown)]}]}
    return [block, notice(characters_left(left))] if left else [block]


def _output(code: Code) -> str:
    text = clean(code.text).rstrip("\n")
    return text if text.strip() else EMPTY


def _small_print(note: Note, room: int) -> list[Block]:
    words, left = _words(note.spans, room - LEAST)
    if not words["text"].strip():
        return []
    block = {"type": "context", "elements": [words]}
    return [block, notice(characters_left(left))] if left else [block]


def _actions(part: Buttons) -> Iterator[Block]:
    """Group buttons into blocks in which an action_id occurs once and which hold what fits on a row or a few."""
    group: dict[str, Block] = {}
    run = ""
    for button in part.buttons:
        made = _button(button)
        if made["action_id"] in group or len(group) == 25:
            yield _row_of_buttons(run, group)
            group = {}
        run = run if group else button.run
        group[made["action_id"]] = made
    if group:
        yield _row_of_buttons(run, group)


def _row_of_buttons(run: str, group: dict[str, Block]) -> Block:
    return {"type": "actions", "block_id": f"run:{clean(run)[:_ID]}", "elements": list(group.values())}


def _button(button: Button) -> Block:
    label = cut(line(button.label) or line(button.does) or "…", 37)  # 75 characters even if all are pairs
    made = {"type": "button", "text": plain(label), "action_id": clean(button.does)[:_ID] or "button"}
    made |= {"value": clean(button.run)[:_ID]} if button.run else {}
    return made | ({"style": button.style} if button.style != "default" else {})


# ── parts in blocks that every workspace knows ──


def _flat(part: Part, room: int) -> list[Block]:
    match part:
        case Text() | Note():
            return _sections(part.spans, room)
        case Fields():
            return _sections(("".join(element["text"] for element in _field_elements(part)),), room)
        case Code():
            return _fences(part, room)
        case Buttons():
            return list(_actions(part))
        case Table():
            return _fences(Code(aligned(part)), room)
        case Chart():
            return _sections(("".join(element["text"] for element in _field_elements(charted(part))),), room)
        case File():
            return [notice(_named(part), rich=False)]
        case Choice():
            return _select(part)


def _sections(spans: tuple[Span, ...], room: int) -> list[Block]:
    words, left = _words(spans, room - LEAST)
    rest = [notice(characters_left(left), rich=False)] if left else []
    return [section(words), *rest] if words["text"].strip() else []


def _fences(code: Code, room: int) -> list[Block]:
    text = mrkdwn.unfenced(_output(code))
    blocks: list[Block] = []
    room -= LEAST
    while text and room >= LEAST:
        chunk = fit(text, min(room - PER_BLOCK - 8, _SECTION))
        blocks.append(section(mrkdwn_text(mrkdwn.fence(chunk))))
        room -= cost(blocks[-1])
        text = text[len(chunk) :]
    return [*blocks, notice(characters_left(len(text)), rich=False)] if text else blocks


def _words(spans: tuple[Span, ...], room: int) -> tuple[Block, int]:
    """Make a text object of what fits, and count the characters that do not: mrkdwn only for people and moments."""
    room = min(room, _SECTION)
    if not any(map(mrkdwn.mentions, spans)):
        text = "".join(map(said, spans))
        kept = fit(text, room)
        return plain(kept), len(text) - len(kept)
    kept, left = "", 0
    for piece in mrkdwn.spans_to_mrkdwn(spans):
        if left or units(kept + piece) > room:
            left += len(piece)
        else:
            kept += piece
    return mrkdwn_text(kept), left
