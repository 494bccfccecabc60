"""Block Kit's limits: the greatest thing allowed passes, one more is refused at its place."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.blocks import check, cost
from bot.sandbox.slack.refusal import Refusal

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def buttons(count: int) -> Json:
    return actions(*(button(action_id=f"go{index}") for index in range(count)))


def table(rows: int, columns: int, text: str = "x") -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


def option(label: str = "one", value: str = "1") -> Json:
    return {"text": plain(label), "value": value}


def menu(options: int, kind: str = "static_select", **more: Any) -> Json:
    return actions({"type": kind, "action_id": "pick", "options": [option()] * options, **more})


def groups(count: int, label: str = "group") -> Json:
    made = [{"label": plain(label), "options": [option()]}] * count
    return actions({"type": "static_select", "action_id": "pick", "option_groups": made})


def confirm(**more: Any) -> Json:
    whole = {"title": plain("Sure?"), "text": mrkdwn("Stop"), "confirm": plain("Yes"), "deny": plain("No")}
    return actions(button(confirm=whole | more))


def image(**more: Any) -> Json:
    return {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a", **more}


def rich_text(kind: str = "rich_text_section") -> Json:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": [{"type": "text", "text": "x"}]}]}


GOOD = {
    "fifty blocks": [{"type": "divider"}] * 50,
    "section": [section("x" * 3000)],
    "ten fields": [{"type": "section", "fields": [mrkdwn("x" * 1000)] * 10}],
    "long field": [{"type": "section", "fields": [mrkdwn("x" * 2000)]}],
    "section with a button": [section("x", accessory=button())],
    "section with an image": [section("x", accessory=image())],
    "header": [{"type": "header", "text": plain("x" * 150)}],
    "context": [{"type": "context", "elements": [mrkdwn("x"), image()] * 5}],
    "button": [actions(button(text=plain("x" * 75), value="x" * 2000, url="https://x.example", style="danger"))],
    "ids": [section("x", block_id="x" * 255), actions(button(action_id="x" * 255))],
    "25 buttons": [buttons(25)],
    "100 options": [menu(100, placeholder=plain("x" * 150))],
    "100 groups": [groups(100, "x" * 75)],
    "overflow": [menu(5, "overflow")],
    "radio buttons": [menu(10, "radio_buttons")],
    "picker": [actions({"type": "users_select", "action_id": "who"})],
    "confirm": [confirm(title=plain("x" * 100), text=mrkdwn("x" * 300), deny=plain("x" * 30))],
    "image": [image(title=plain("a title"))],
    "markdown": [{"type": "markdown", "text": "x" * 12_000}],
    "rich text": [rich_text(), rich_text("rich_text_preformatted")],
    "table of 100 by 20": [table(100, 20)],
    "table of 10,000": [table(10, 1, "x" * 1000) | {"column_settings": [{"align": "right"}]}],
    "table with rich text": [{"type": "table", "rows": [[rich_text()]]}],
}

BAD = {
    "51 blocks": ([{"type": "divider"}] * 51, "/blocks"),
    "long section": ([section("x" * 3001)], "/blocks/0/text/text"),
    "empty section": ([section("")], "/blocks/0/text/text"),
    "section of nothing": ([{"type": "section"}], "/blocks/0"),
    "text that is no object": ([{"type": "section", "text": "x"}], "/blocks/0/text"),
    "eleven fields": ([{"type": "section", "fields": [mrkdwn("x")] * 11}], "/blocks/0/fields"),
    "long field": ([{"type": "section", "fields": [mrkdwn("x" * 2001)]}], "/blocks/0/fields/0/text"),
    "long header": ([{"type": "header", "text": plain("x" * 151)}], "/blocks/0/text/text"),
    "mrkdwn header": ([{"type": "header", "text": mrkdwn("x")}], "/blocks/0/text"),
    "eleven context elements": ([{"type": "context", "elements": [mrkdwn("x")] * 11}], "/blocks/0/elements"),
    "context of nothing": ([{"type": "context"}], "/blocks/0/elements"),
    "long button text": ([actions(button(text=plain("x" * 76)))], "/blocks/0/elements/0/text/text"),
    "long button value": ([actions(button(value="x" * 2001))], "/blocks/0/elements/0/value"),
    "odd button style": ([actions(button(style="loud"))], "/blocks/0/elements/0/style"),
    "long action_id": ([actions(button(action_id="x" * 256))], "/blocks/0/elements/0/action_id"),
    "same action_id": ([actions(button(), button())], "/blocks/0/elements"),
    "26 buttons": ([buttons(26)], "/blocks/0/elements"),
    "no buttons": ([actions()], "/blocks/0/elements"),
    "unknown element": ([actions({"type": "lever"})], "/blocks/0/elements/0/type"),
    "element that is none": ([actions("lever")], "/blocks/0/elements/0/type"),
    "101 options": ([menu(101)], "/blocks/0/elements/0/options"),
    "six in overflow": ([menu(6, "overflow")], "/blocks/0/elements/0/options"),
    "eleven checkboxes": ([menu(11, "checkboxes")], "/blocks/0/elements/0/options"),
    "101 groups": ([groups(101)], "/blocks/0/elements/0/option_groups"),
    "long group label": ([groups(1, "x" * 76)], "/blocks/0/elements/0/option_groups/0/label/text"),
    "long confirm": ([confirm(confirm=plain("x" * 31))], "/blocks/0/elements/0/confirm/confirm/text"),
    "confirm that is none": ([actions(button(confirm="sure?"))], "/blocks/0/elements/0/confirm"),
    "no alt text": ([image(alt_text=None)], "/blocks/0/alt_text"),
    "long image title": ([image(title=plain("x" * 2001))], "/blocks/0/title/text"),
    "too much markdown": ([{"type": "markdown", "text": "x" * 6001}] * 2, "/blocks"),
    "odd rich text": ([rich_text("rich_text_song")], "/blocks/0/elements/0"),
    "long block_id": ([section("x", block_id="x" * 256)], "/blocks/0/block_id"),
    "same block_id": ([section("x", block_id="a"), section("y", block_id="a")], "/blocks"),
    "unknown block": ([{"type": "data_table"}], "/blocks/0/type"),
    "101 rows": ([table(101, 1)], "/blocks/0/rows"),
    "21 columns": ([table(1, 21)], "/blocks/0/rows/0"),
    "21 column settings": ([table(1, 1) | {"column_settings": [{}] * 21}], "/blocks/0/column_settings"),
    "too much table": ([table(10, 1, "x" * 1001)], "/blocks/0/rows"),
    "empty cell": ([table(1, 1, "")], "/blocks/0/rows/0/0/text"),
    "odd cell": ([{"type": "table", "rows": [[mrkdwn("x")]]}], "/blocks/0/rows/0/0"),
    "two tables": ([table(1, 1), table(1, 1)], "/blocks"),
}


def problem(blocks: list[Json]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        check(blocks)
    return refused.value


@pytest.mark.parametrize("blocks", GOOD.values(), ids=GOOD)
def test_the_greatest_thing_allowed_passes(blocks: list[Json]) -> None:
    assert len(check(blocks)) == len(blocks)


@pytest.mark.parametrize(("blocks", "place"), BAD.values(), ids=BAD)
def test_one_more_is_refused_at_its_place(blocks: list[Json], place: str) -> None:
    refusal = problem(blocks)
    assert refusal.error == "invalid_blocks"
    messages = refusal.json()["response_metadata"]["messages"]
    assert any(message.endswith(f"[json-pointer:{place}]") for message in messages), messages


def test_all_text_together_has_a_limit_that_counts_blocks_and_entities() -> None:
    assert cost([section("x" * 2540)] * 5) == 13_200
    assert check([section("x" * 2540)] * 5)
    assert problem([section("x" * 2540)] * 4 + [section("x" * 2541)]).error == "msg_blocks_too_long"
    assert cost([section("a & b")]) == 100 + 9
    assert cost([section("a &amp; b < c")]) == 100 + 16


def test_blocks_and_elements_without_a_name_get_one_of_their_own() -> None:
    nameless = {"type": "button", "text": plain("Go")}
    row, beside = check([actions(nameless, nameless), section("x", accessory=nameless)])
    first, second = row["elements"]
    assert row["block_id"] != beside["block_id"]
    assert first["action_id"] != second["action_id"]
    assert beside["accessory"]["action_id"]


def test_names_that_were_given_stay() -> None:
    (row,) = check([actions(button()) | {"block_id": "mine"}])
    assert (row["block_id"], row["elements"][0]["action_id"]) == ("mine", "go")
