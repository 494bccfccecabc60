"""A form as Slack takes it, and what comes back from it."""

from __future__ import annotations

from typing import Any

from bot.params import Choices, Param, Shape
from bot.reply import Reply
from bot.road.blanks import Blank, Sheet
from bot.slack.modals import errors, filled, form_view, loading, said

IDS = Param("ids", str, "which", word=True, many=True, required=True, choices=Choices("x"))
ONE = Param("one", str, "which one", word=True, required=True, choices=Choices("x"))
TEXT = Param("text", str, "what to store", lines=True)
FORCE = Param("force", bool, "do not wait")
FILE = Param("file", str, "the file", file=True)
TWO = (("i-1", "web-1 · i-1 · running"), ("i-2", "web-2 · i-2 · stopped"))


def view(*blanks: Blank) -> dict[str, Any]:
    return form_view(Sheet("abc", "ec2 stop", "Stop running instances.", "dev eu-west-1", blanks))


def fields(*blanks: Blank) -> dict[str, dict[str, Any]]:
    return {block["block_id"]: block for block in view(*blanks)["blocks"] if block["type"] == "input"}


def submitted(shown: dict[str, Any], **states: dict[str, Any]) -> dict[str, Any]:
    values = {name.replace("_", ":", 1): {"value": state} for name, state in states.items()}
    return {**shown, "state": {"values": values}}


def test_a_form_says_what_it_is_for_and_where() -> None:
    shown = view()
    assert (shown["title"]["text"], shown["private_metadata"], shown["callback_id"]) == ("ec2 stop", "abc", "form")
    words = [block["elements"][0]["text"] for block in shown["blocks"]]
    assert "Stop running instances." in words[0]
    assert "dev eu-west-1" in words[1]


def test_several_are_picked_from_a_menu_or_typed_beside_it() -> None:
    pick, words = fields(Blank(IDS, ("i-2", "name=web-*"), TWO, more=7)).values()
    assert pick["element"]["type"] == "multi_static_select"
    assert [each["value"] for each in pick["element"]["initial_options"]] == ["i-2"]
    assert words["element"]["initial_value"] == "name=web-*"
    assert words["hint"]["text"].startswith("7 more than the menu shows: type it.")
    assert pick["optional"] is words["optional"] is True


def test_one_of_a_few_is_a_menu_alone() -> None:
    (pick,) = fields(Blank(ONE, ("i-1",), TWO)).values()
    assert pick["element"]["type"] == "static_select"
    assert pick["element"]["initial_option"]["value"] == "i-1"
    assert pick["optional"] is False


def test_without_choices_it_is_typed() -> None:
    assert list(
        fields(Blank(IDS, ("a b", "c")), Blank(ONE), Blank(TEXT, ("one\ntwo",)), Blank(FORCE, ("yes",)), Blank(FILE))
    ) == [
        "words:ids",
        "text:one",
        "text:text",
        "flag:force",
        "file:file",
    ]
    shown = fields(Blank(IDS, ("a b", "c")), Blank(TEXT, ("one\ntwo",)), Blank(FORCE, ("yes",)))
    assert shown["words:ids"]["element"]["initial_value"] == '"a b" c'
    assert shown["text:text"]["element"]["multiline"] is True
    assert shown["flag:force"]["element"]["initial_options"][0]["value"] == "yes"


def test_o1_every_text_is_within_slacks_limits() -> None:
    long = Param("x" * 300, str, "h" * 3000, required=True, shape=Shape(".*", "x"))
    shown = form_view(Sheet("abc", "t" * 99, "a" * 999, "w", (Blank(long, ("v" * 4000,), (("v", "😀" * 99),)),) * 1))
    assert len(shown["title"]["text"]) <= 24
    for block in [each for each in shown["blocks"] if each["type"] == "input"]:
        assert len(block["label"]["text"]) <= 75
        assert len(block["hint"]["text"]) <= 300
        for option in block["element"].get("options", ()):
            assert len(option["text"]["text"].encode("utf-16-le")) <= 150
        assert len(block["element"].get("initial_value", "")) <= 3000
    many = form_view(Sheet("abc", "t", "a", "w", tuple(Blank(TEXT) for _ in range(200))))
    assert len(many["blocks"]) <= 100


def test_what_was_picked_and_typed_comes_back_together() -> None:
    shown = view(Blank(IDS, (), TWO), Blank(TEXT), Blank(FORCE), Blank(FILE))
    states: dict[str, dict[str, Any]] = {
        "pick_ids": {"selected_options": [{"value": "i-1"}, {"value": "i-2"}]},
        "words_ids": {"value": "i-2 “web 9” —x"},
        "text_text": {"value": "one\n  two &amp; “three”\n"},
        "flag_force": {"selected_options": [{"value": "yes"}]},
        "file_file": {"files": [{"id": "F1", "name": "a.txt"}]},
    }
    texts, wrong = filled(submitted(shown, **states))
    assert not wrong
    assert texts["ids"] == ("i-1", "i-2", "web 9", "--x")
    assert texts["text"] == ("one\n  two &amp; “three”\n",)
    assert (texts["force"], texts["file"]) == (("yes",), ("F1",))


def test_an_empty_form_is_empty_whatever_slack_leaves_out() -> None:
    shown = view(Blank(IDS, (), TWO), Blank(ONE, (), TWO), Blank(TEXT), Blank(FORCE), Blank(FILE))
    nulls = {"pick_one": {"selected_option": None}, "text_text": {"value": None}, "file_file": {"files": None}}
    for each in (submitted(shown, **nulls), {**shown, "state": {"values": {}}}, {**shown, "state": None}):
        assert filled(each) == (dict.fromkeys(("ids", "one", "text", "force", "file"), ()), {})


def test_i2_a_quote_without_an_end_is_said_under_its_field() -> None:
    shown = submitted(view(Blank(IDS, (), TWO), Blank(TEXT)), words_ids={"value": 'web "1'})
    texts, wrong = filled(shown)
    assert "has no end" in wrong["ids"]
    assert texts["text"] == ()
    assert errors(shown, wrong).keys() == {"pick:ids"}
    assert errors(shown, {"": "Busy."}) == {"pick:ids": "Busy."}
    assert errors(view(), {"": "Busy."}) == {}


def test_what_is_said_in_place_of_a_form_has_no_button_to_submit() -> None:
    for shown in (loading(), said(Reply("No.", sign="no"))):
        assert "submit" not in shown
        assert shown["close"]["text"] == "Close"
