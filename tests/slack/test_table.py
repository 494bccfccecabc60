from __future__ import annotations

from typing import Any

from bot.reply import Choice, Code, Reply, Table
from bot.slack.blocks import message
from tests.slack.limits import faults


def blocks_of(*parts: Any) -> list[dict[str, Any]]:
    made = message(Reply("ec2 list in dev", parts))
    assert faults(made) == []
    blocks: list[dict[str, Any]] = made["blocks"]
    return blocks[1:]


def cells(block: dict[str, Any]) -> list[list[str]]:
    return [[cell["text"] for cell in row] for row in block["rows"]]


def notice(block: dict[str, Any]) -> str:
    text: str = block["elements"][0]["text"]
    return text


def test_a_table_keeps_its_rows_even_and_its_cells_as_they_are() -> None:
    [table] = blocks_of(Table(("Name", "State"), (("<b>:x:", "running"), ("a\nb",), ("", "")), 0))
    assert cells(table) == [["Name", "State"], ["<b>:x:", "running"], ["a b", "–"], ["–", "–"]]


def test_rows_over_slacks_hundred_are_counted_with_what_to_do() -> None:
    table, rest = blocks_of(Table(("n",), tuple((str(number),) for number in range(120)), more=1_000))
    assert len(table["rows"]) == 100
    assert notice(rest) == "Not shown: 1,021 of 1,120 rows. Narrow it with name=… or tag:…."


def test_columns_over_slacks_twenty_are_counted() -> None:
    table, rest = blocks_of(Table(tuple("abcdefghijklmnopqrstuvw"), (tuple("abcdefghijklmnopqrstuvw"),)))
    assert {len(row) for row in table["rows"]} == {20}
    assert notice(rest).startswith("Not shown: 3 of 23 columns.")


def test_a_long_cell_says_how_much_longer_it_is() -> None:
    [table] = blocks_of(Table((), (("x" * 5_000, "short"),)))
    assert cells(table) == [["x" * 300 + "… (+4,700)", "short"]]


def test_cells_are_cut_further_where_not_even_one_row_would_fit() -> None:
    [table] = blocks_of(Table((), (tuple("&" * 200 for _ in range(20)),)))
    assert cells(table)[0][0] == "&" * 80 + "… (+120)"


def test_a_table_for_which_no_row_fits_is_counted_whole() -> None:
    *_, rest = blocks_of(Code("x" * 20_000), Table((), (tuple("&" * 200 for _ in range(20)),)))
    assert notice(rest) == "Not shown: 1 more part of this answer. Narrow it with name=… or tag:…."
    *_, rest = blocks_of(Code("x" * 8_000), Table((), (tuple("&" * 200 for _ in range(20)),)))
    assert notice(rest).startswith("Not shown: 1 of 1 rows.")


def test_a_table_without_rows_says_so() -> None:
    assert [notice(block) for block in blocks_of(Table(("Name",), ()))] == ["(none)"]
    assert notice(*blocks_of(Table(("Name",), (), more=3))).startswith("Not shown: 3 of 3 rows")
    assert notice(*blocks_of(Table((), ((),)))).startswith("Not shown: 1 of 1 rows")


def test_a_second_table_becomes_aligned_text_even_if_it_is_the_same_one() -> None:
    table = Table(("Name", "State"), (("web-1", "running"), ("w", "stopped")), more=4)
    first, second = blocks_of(table, table)[0::2]
    assert first["type"] == "table"
    text = second["elements"][0]["elements"][0]["text"]
    assert text.splitlines()[:3] == ["Name   State", "web-1  running", "w      stopped"]
    assert text.splitlines()[3].startswith("Not shown: 4 of 6 rows.")


def test_a_second_table_without_rows_says_so() -> None:
    *_, second = blocks_of(Table(("Name",), (("a",),)), Table(("Name",), ()))
    assert second["elements"][0]["elements"][0]["text"] == "(none)"


def test_o1_a_page_is_shown_whole_with_shorter_cells_rather_than_cut() -> None:
    rows = tuple((f"{number}-" + "x" * 298,) * 3 for number in range(15))
    [table] = blocks_of(Table(("a", "b", "c"), rows))
    assert len(table["rows"]) == 16
    assert cells(table)[15][0].startswith("14-xxx")


def test_a_menu_names_rows_and_bears_a_run_with_a_number() -> None:
    [actions] = blocks_of(Choice("Do something with one row…", "row", "k3v9", (("7", "web-1"), ("8", "<!here>" * 20))))
    [menu] = actions["elements"]
    assert [option["value"] for option in menu["options"]] == ["k3v9.7", "k3v9.8"]
    assert menu["placeholder"]["text"] == "Do something with one row…"
    assert blocks_of(Choice("None", "row", "k3v9", ())) == []
