"""A list in Slack, over the wire: its pages, its filter, its rows, its files, and sharing what one person saw."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.slack_wire import until
from tests.whole import Card, Whole, running

COUNT = 20


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Twenty instances in dev: the ten of the sandbox and ten that were launched."""
    with running(tmp_path_factory.mktemp("results")) as whole:
        whole.type("ec2 launch --ami ami-0a1b2c3d4e5f60101 --type t3.micro --name batch-9 --count 10 --tag env=dev")
        whole.click("confirm")
        whole.until("running", seconds=20)
        yield whole


def files(whole: Whole, channel: str, user: str = "") -> list[dict[str, Any]]:
    return [file for each in whole.slack.messages(channel, user) for file in each.get("files") or ()]


def content(whole: Whole, file: dict[str, Any]) -> str:
    with urllib.request.urlopen(f"{whole.slack.server.url}/_control/files/{file['id']}", timeout=10) as answer:
        return str(answer.read().decode("utf-8-sig"))


def names(card: Card) -> int:
    """How many rows a card shows."""
    (table,) = [block for block in card.blocks if block["type"] == "table"]
    return len(table["rows"]) - 1


def filtered(whole: Whole, card: Card, words: str, user: str = "ana", channel: str = "ops") -> None:
    """Open the filter's form and submit it."""
    whole.click("filter", card, user=user, channel=channel)
    views = f"/_control/views?user={user}"
    view = until(lambda: whole.slack.get(views)["modals"])[-1]
    values = {"what": {"find": {"type": "plain_text_input", "value": words}}}
    whole.slack.order("submit", user=user, view_id=view["id"], values=values)
    until(lambda: not whole.slack.get(views)["modals"])


def test_o8_pages_are_turned_in_the_message_itself_and_aws_is_not_asked_again(whole: Whole) -> None:
    card = whole.type("ec2 list")
    assert "Rows 1–15 of 20." in card.words
    assert names(card) == 15
    whole.forget_calls()
    before = len(whole.messages())
    whole.click("next", card)
    whole.until(lambda now: "Rows 16–20 of 20." in now.words, card)
    whole.click("previous", card, user="ben")
    whole.until(lambda now: "Rows 1–15 of 20." in now.words, card)
    assert len(whole.messages()) == before
    assert whole.aws_calls() == []


def test_a_filter_is_typed_into_a_form_and_the_message_follows(whole: Whole) -> None:
    card = whole.type("ec2 list")
    filtered(whole, card, "BATCH-9")
    now = whole.until(lambda now: 'Rows 1–10 of 10 with "BATCH-9". 10 hidden by the filter.' in now.words, card)
    assert names(now) == 10
    whole.click("all", card)
    whole.until(lambda now: "Rows 1–15 of 20." in now.words, card)


def test_a12_the_form_decides_anew_when_it_is_submitted(whole: Whole) -> None:
    card = whole.type("ec2 list")
    seen = whole.stamps("gus")
    filtered(whole, card, "web", user="gus")
    said = whole.next("gus", after=seen)
    assert said.text.startswith("⛔")
    assert "Rows 1–15 of 20." in whole.card(card).words


def test_a_row_is_picked_alone_and_its_button_asks_where_the_list_is(whole: Whole) -> None:
    card = whole.type("ec2 list")
    seen = whole.stamps()
    whole.pick("row", "web-2", card)
    picked = whole.next(after=seen)
    assert picked.only_for == "U0ANA00001"
    assert set(picked.buttons) == {"row:show", "row:stop", "row:reboot", "row:terminate"}
    seen = whole.stamps()
    whole.click("row:stop", picked)
    asked = whole.next(after=seen)
    assert asked.text.startswith("⚠️ Stop web-2 in dev?")
    assert not asked.only_for
    whole.click("cancel", asked)
    whole.until("cancelled", asked)


def test_o7_an_export_of_all_rows_stands_below_the_list(whole: Whole) -> None:
    card = whole.type("ec2 list")
    whole.click("csv", card)
    (file,) = until(lambda: files(whole, "ops"))
    rows = list(csv.reader(io.StringIO(content(whole, file))))
    assert rows[0][:3] == ["Name", "State", "Instance"]
    assert len(rows) == 1 + COUNT
    (message,) = [each for each in whole.slack.messages("ops") if each.get("files")]
    assert message["thread_ts"] == card.ts
    assert "exported by" in message["text"]


def test_what_one_person_sees_is_paged_where_it_stands_and_exported_to_them(whole: Whole) -> None:
    card = whole.type("ec2 list --private")
    assert card.only_for == "U0ANA00001"
    before = len(whole.messages())
    whole.forget_calls()
    whole.click("next", card)
    until(lambda: "Rows 16–20 of 20." in mine(whole, card).words)
    filtered(whole, card, "stopped")
    until(lambda: "hidden by the filter" in mine(whole, card).words)
    assert len(whole.messages()) == before
    whole.click("json", mine(whole, card))
    (file,) = until(lambda: files(whole, "ana", "ana"))
    assert {each["State"] for each in json.loads(content(whole, file))} == {"stopped"}
    assert whole.aws_calls() == []


def mine(whole: Whole, card: Card) -> Card:
    (now,) = [each for each in whole.messages() if each.ts == card.ts]
    return now


def test_a_private_answer_is_shared_where_it_was_asked(whole: Whole) -> None:
    card = whole.type("ec2 list name=web-* --private")
    seen = whole.stamps()
    whole.click("share", card)
    shared = whole.next(after=seen)
    assert not shared.only_for
    assert "Shared by @U0ANA00001." in shared.words
    until(lambda: "share" not in mine(whole, card).buttons)


def test_where_the_bot_is_no_member_a_list_is_paged_all_the_same(whole: Whole) -> None:
    card = whole.type("ec2 list", channel="random")
    assert "Shown to you alone" in card.words
    whole.click("next", card, channel="random")
    until(lambda: "Rows 16–20" in next(each for each in whole.messages(channel="random") if each.ts == card.ts).words)
