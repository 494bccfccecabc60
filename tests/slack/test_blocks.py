from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from bot.reply import Bold, Button, Buttons, Code, Fields, Mono, Note, Part, Reply, Table, Text, User, When
from bot.sandbox.slack.blocks import check
from bot.slack.blocks import message
from bot.text import columns_of
from tests.replies import AT, NASTY, confirmation, replies
from tests.slack.limits import faults

Json = dict[str, Any]


def strings_in(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in strings_in(value)]
    if isinstance(node, list):
        return [text for value in node for text in strings_in(value)]
    return [node] if isinstance(node, str) else []


def objects(node: Any, kind: str) -> list[Json]:
    inner = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    here = [node] if isinstance(node, dict) and node.get("type") == kind else []
    return here + [found for value in inner for found in objects(value, kind)]


def blocks_of(*parts: Part, summary: str = "ec2 list in dev", rich: bool = True) -> list[Json]:
    """Render the parts; the headline, tested elsewhere, is left off."""
    blocks: list[Json] = message(Reply(summary, parts), rich=rich)["blocks"]
    return blocks[1:]


def shown(blocks: list[Json]) -> str:
    return "".join(
        each["text"] for kind in ("text", "plain_text", "mrkdwn", "raw_text") for each in objects(blocks, kind)
    )


@pytest.mark.parametrize("rich", [True, False])
@given(reply=replies)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
def test_o1_no_reply_whatever_is_in_it_breaks_a_limit_of_slack(rich: bool, reply: Reply) -> None:
    made = message(reply, rich=rich)
    json.dumps(made, ensure_ascii=False).encode()
    assert faults(made) == []
    check(made["blocks"])


@pytest.mark.parametrize("rich", [True, False])
@pytest.mark.parametrize("nasty", NASTY)
def test_every_place_for_text_takes_every_nasty_text(nasty: str, rich: bool) -> None:
    parts = (
        Text((nasty, Bold(nasty), Mono(nasty), User(nasty), When(AT))),
        Fields(((nasty, nasty),)),
        Table((nasty, "b"), ((nasty, nasty), (nasty,))),
        Code(nasty),
        Note((nasty, User("U024BE7LH"))),
        Buttons((Button(nasty, nasty, nasty), Button(nasty, nasty, nasty))),
    )
    assert faults(message(Reply(nasty, parts, "fail"), rich=rich)) == []


@pytest.mark.parametrize("rich", [True, False])
def test_o5_a_name_pings_links_and_fakes_nothing(rich: bool) -> None:
    evil = "<!channel> <https://a.example|b> :white_check_mark: *done* `x`"
    made = message(
        Reply(evil, (Text((evil, User("U024BE7LH"))), Note((evil, When(AT))), Fields((("Name", evil),)))), rich=rich
    )
    for text in [made["text"], *(each["text"] for each in objects(made["blocks"], "mrkdwn"))]:
        assert "<!channel" not in text
        assert "<https" not in text
        assert ":white_check_mark:" not in text
    for text in (each["text"] for each in objects(made["blocks"], "mrkdwn")):
        assert "*" not in text
        assert "`" not in text
    assert all(each["emoji"] is False for each in objects(made["blocks"], "plain_text"))


def test_the_headline_is_bold_and_begins_with_the_verdicts_sign() -> None:
    first = message(Reply("web-1 stopped in dev", sign="ok"))["blocks"][0]
    text = {"type": "text", "text": "✅ web-1 stopped in dev", "style": {"bold": True}}
    assert first == {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [text]}]}


def test_a_summary_cannot_bring_a_sign_of_its_own() -> None:
    assert shown(message(Reply("✅✔️ ⛔ web-1 in dev"))["blocks"]) == "web-1 in dev"
    assert message(Reply("✅ web-1 in dev", sign="fail"))["text"] == "❌ web-1 in dev"


def test_a_long_summary_goes_on_below_the_headline() -> None:
    summary = " ".join(f"word{number}" for number in range(100))
    blocks = message(Reply(summary))["blocks"]
    assert len(blocks) == 2
    assert len(shown(blocks[:1])) <= 300
    assert f"{shown(blocks[:1])} {shown(blocks[1:])}" == summary


def test_an_empty_reply_still_says_something() -> None:
    assert message(Reply("", sign="ok")) == {"text": "✅ ok", "blocks": message(Reply("ok", sign="ok"))["blocks"]}
    assert message(Reply(""))["text"] == "–"


def test_the_text_beside_the_blocks_says_the_verdict_first_and_keeps_output_to_itself() -> None:
    reply = Reply("ec2 console web-1 in dev: shown", (Code("password=hunter2"), Text(("Only you see this.",))), "ok")
    text = message(reply)["text"]
    assert text.startswith("✅ ec2 console web-1 in dev: shown\n")
    assert "hunter2" not in text
    assert text.endswith("Only you see this.")


def test_the_text_beside_the_blocks_is_cut_by_bytes() -> None:
    text = message(Reply("漢" * 2_000, (Text(("&" * 5_000,)),)))["text"]
    assert 3_900 < len(text.encode()) <= 4_000
    assert text.endswith("&amp;…")


def test_spans_become_styled_text_mentions_and_dates_in_the_readers_zone() -> None:
    [block] = blocks_of(Text(("by ", User("U024BE7LH"), " ", When(AT), " ", Bold("b"), Mono("m"), User("nobody"))))
    assert block["elements"][0]["elements"] == [
        {"type": "text", "text": "by "},
        {"type": "user", "user_id": "U024BE7LH"},
        {"type": "text", "text": " "},
        {
            "type": "date",
            "timestamp": 1772375400,
            "format": "{date_short_pretty} {time}",
            "fallback": "2026-03-01 14:30 UTC",
        },
        {"type": "text", "text": " "},
        {"type": "text", "text": "b", "style": {"bold": True}},
        {"type": "text", "text": "m", "style": {"code": True}},
        {"type": "text", "text": "@nobody"},
    ]


def test_small_print_is_plain_text_unless_it_names_a_person_or_a_moment() -> None:
    [plain] = blocks_of(Note(("Calls ", Mono("ec2:StopInstances"))))
    assert plain["elements"] == [{"type": "plain_text", "text": "Calls ec2:StopInstances", "emoji": False}]
    [marked] = blocks_of(Note(("Asked by ", User("U024BE7LH"), ", ", Mono("name=web-*"), " & on")))
    text = "Asked by <@U024BE7LH>, `name=web-*` &amp; on"
    assert marked["elements"] == [{"type": "mrkdwn", "text": text, "verbatim": True}]


def test_few_short_fields_share_a_line_and_many_take_one_each() -> None:
    assert shown(blocks_of(Fields((("Account", "dev"), ("Region", "eu-west-1"))))) == "Account dev · Region eu-west-1"
    long = ("Role", "arn:aws:iam::111111111111:role/deploy")
    assert shown(blocks_of(Fields((("Account", "dev"), long)))) == f"Account dev\nRole {long[1]}"
    seven = Fields(tuple((f"k{number}", "") for number in range(7)))
    assert shown(blocks_of(seven)).splitlines() == [f"k{number} –" for number in range(7)]


def test_a_decision_fits_eight_lines_of_a_phone() -> None:
    blocks = message(confirmation)["blocks"]
    lines = shown_lines(blocks)
    assert len(lines) <= 8
    assert "Account dev · Region eu-west-1" in lines
    assert not objects(blocks, "table")


def shown_lines(blocks: list[Json]) -> list[str]:
    """Each block begins a line, a row of buttons is two high, and what is wider than 44 columns wraps."""
    lines: list[str] = []
    for block in blocks:
        texts = "".join(
            [
                re.sub(r"<!date[^|]*[|]([^>]*)>", r"\1", each.get("text") or each["fallback"])
                for each in block["elements"][0].get("elements", block["elements"])
            ]
            if block["type"] != "actions"
            else ["[buttons]\n"]
        )
        lines += [part for row in texts.split("\n") for part in [row] * (1 + columns_of(row) // 45)]
    return lines


def test_buttons_carry_the_verb_and_the_runs_id_only() -> None:
    [block] = blocks_of(Buttons((Button("Stop 2", "confirm", "r-1", "danger"), Button("Cancel", "cancel", "r-1"))))
    assert block["block_id"] == "run:r-1"
    assert block["elements"][0] == {
        "type": "button",
        "text": {"type": "plain_text", "text": "Stop 2", "emoji": False},
        "action_id": "confirm",
        "value": "r-1",
        "style": "danger",
    }
    assert "style" not in block["elements"][1]


def test_buttons_of_one_verb_for_two_runs_stand_in_two_rows() -> None:
    rows = blocks_of(Buttons((Button("Undo 1", "undo", "r-1"), Button("Undo 2", "undo", "r-2"))))
    assert [(row["block_id"], len(row["elements"])) for row in rows] == [("run:r-1", 1), ("run:r-2", 1)]


def test_more_buttons_than_a_row_may_hold_go_on_in_the_next() -> None:
    rows = blocks_of(Buttons(tuple(Button(str(number), f"does-{number}", "r-1") for number in range(26))))
    assert [len(row["elements"]) for row in rows] == [25, 1]


def test_rows_of_buttons_for_one_run_have_names_of_their_own() -> None:
    row = Buttons((Button("Undo", "undo", "r-1"),))
    assert [each["block_id"] for each in blocks_of(row, row, row)] == ["run:r-1", "run:r-1:2", "run:r-1:3"]


@pytest.mark.parametrize("rich", [True, False])
def test_buttons_and_small_print_survive_any_amount_of_output(rich: bool) -> None:
    reply = Reply("x", (Code("word " * 50_000), *confirmation.parts))
    blocks = message(reply, rich=rich)["blocks"]
    assert [block["type"] for block in blocks][-1] == "actions"
    assert "ec2:StopInstances" in shown(blocks)
    assert "more characters. Narrow it with name=… or tag:…." in shown(blocks)
    assert faults({"text": "x", "blocks": blocks}) == []


@pytest.mark.parametrize("rich", [True, False])
@pytest.mark.parametrize(
    "part", [Code("word " * 4_000), Text(("word " * 4_000,)), Note(("word " * 4_000,)), Note(("w " * 9_000, When(AT)))]
)
def test_what_is_shown_and_what_is_said_to_be_left_out_add_up(part: Part, rich: bool) -> None:
    blocks = blocks_of(part, rich=rich)
    text = shown(blocks)
    left = int(text.rpartition(" more characters")[0].split()[-1].replace(",", ""))
    written = sum(text.count(char) for char in ("word ", "w ")) * len("word " if "word " in text else "w ")
    total = 20_000 if "word " in text else 18_000
    assert left > 5_000
    assert abs(written + left - total) <= 100  # a date counts as its markup


@pytest.mark.parametrize("rich", [True, False])
def test_parts_for_which_there_is_no_room_are_counted(rich: bool) -> None:
    blocks = message(Reply("x", tuple(Text((f"part {number}",)) for number in range(80))), rich=rich)["blocks"]
    assert len(blocks) == 50
    assert shown(blocks[-1:]).startswith("Not shown: 32 more parts of this answer.")


def test_blank_parts_are_left_out() -> None:
    assert blocks_of(Text(()), Text((" \n", Bold(""))), Fields(()), Note(("",)), Buttons(())) == []
    assert blocks_of(Text((" ",)), Fields(()), Note(("",)), Buttons(()), rich=False) == []


def test_output_stands_as_it_came_and_empty_output_says_so() -> None:
    [block] = blocks_of(Code("a  <b>\n\t`c`\n"))
    assert objects(block, "text") == [{"type": "text", "text": "a  <b>\n\t`c`"}]
    assert shown(blocks_of(Code("\n"))) == "(empty)"


def test_the_fallback_uses_sections_and_buttons_only() -> None:
    blocks = message(Reply("x", (*confirmation.parts, Table(("a",), (("1",),)), Code("c"))), rich=False)["blocks"]
    assert {block["type"] for block in blocks} == {"section", "actions"}
    assert "```\na\n1\n```" in shown(blocks)


def test_output_in_the_fallback_cannot_close_its_fence() -> None:
    [block] = blocks_of(Code("```\n<!channel>"), rich=False)
    assert block["text"]["text"] == "```\n`\u200b`\u200b`\n&lt;!channel&gt;\n```"


def test_long_output_in_the_fallback_takes_several_sections() -> None:
    blocks = blocks_of(Code("&" * 1_500), rich=False)
    assert [len(block["text"]["text"]) for block in blocks] == [2908, 2908, 1708]
