"""An answer that was read once: paged, filtered, exported, shared and acted on, by whoever may, without asking AWS."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.actor import Actor, Place
from bot.command import Command, Effect
from bot.errors import SlackError
from bot.parse import Commands
from bot.reply import Buttons, Choice, File, Reply, Rows, Table, from_json, note, to_json
from bot.road import pages
from bot.road.cards import card
from bot.road.click import Click
from bot.road.exports import harmless, to_csv
from bot.road.exports import to_json as rows_to_json
from bot.road.reading import NOT_HERE
from bot.store.database import new_id
from bot.store.runs import Run, State
from bot.text import plain
from tests.road.bench import ALL, ANN, BOB, EVE, OPS, STOPPED, TEAM, WEB, Bench, bot_file

COLUMNS = ("Name", "State", "Instance")
ROWS = Rows("ec2", ("show", "start", "stop", "terminate"), column=2)


def rows_of(count: int) -> tuple[tuple[str, ...], ...]:
    return tuple((f"web-{n}", "running" if n % 2 else "stopped", f"i-0a1b2c3d4e5f{n:05d}") for n in range(1, count + 1))


@dataclass
class Desk:
    """A bench with a stored list on it, and what people were shown or handed."""

    bench: Bench
    handed: list[tuple[str, str, str, str]] = field(default_factory=list)

    def listed(self, count: int = 57, more: int = 0, of: Rows | None = ROWS, **about: Any) -> Run:
        """A list that ann asked for in #ops and that was answered."""
        reply = Reply(f"{count} instances", (Table(COLUMNS, rows_of(count), more, of), note("End.")), "ok")
        usual = {"team": TEAM, "user": ANN, "user_name": "ann", "channel": OPS, "account": "dev", "rules": "r1"}
        usual |= {"action": "ec2 list --account dev --region eu-west-1", "region": "eu-west-1", "ended_at": 1e6}
        run = Run(**{"id": new_id(), "state": State.DONE, "reply": to_json(reply), **usual, **about})
        assert self.bench.desk.runs.receive(run, "")
        return run

    def click(self, does: str, run: Run, user: str = ANN, row: str = "", **more: Any) -> str:
        """Click; returns what whoever clicked was told alone."""
        told: list[Reply] = []
        about = f"{run.id}.{row}" if row else run.id
        click = Click(does, about, user, TEAM, more.pop("delivery", ""), channel=OPS, **more)
        self.bench.clicks.work(click, told.append)
        self.told = told
        return " ".join(plain(each, buttons=True) for each in told)

    def shown(self, run: Run) -> str:
        return plain(card(self.bench.desk, self.bench.now(run)), buttons=True)

    def buttons(self, run: Run) -> list[str]:
        return self.bench.buttons(run)

    def take(self, run: Run, file: File, words: str, _to: Actor) -> bool:
        self.handed.append((run.id, file.name, words, Path(file.path).read_text(encoding="utf-8-sig")))
        return run.audience != "asker"


@pytest.fixture
def desk(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = Desk(bench)
    bench.desk.hand_over = made.take
    return made


# ── another page ──


def test_o8_a_long_list_is_shown_page_by_page_without_asking_aws_again(desk: Desk) -> None:
    run = desk.listed(57)
    desk.bench.aws.control("clear", {})
    assert "Rows 1–15 of 57." in desk.shown(run)
    assert desk.buttons(run) == ["next", "filter", "csv", "json"]
    desk.click("next", run)
    assert "Rows 16–30 of 57." in desk.shown(run)
    assert "web-16 " in desk.shown(run)
    assert "web-15 " not in desk.shown(run)
    desk.click("next", run)
    desk.click("next", run)
    assert "Rows 46–57 of 57." in desk.shown(run)
    assert desk.buttons(run) == ["previous", "filter", "csv", "json"]
    desk.click("previous", run)
    assert "Rows 31–45 of 57." in desk.shown(run)
    assert desk.bench.journal() == []


def test_the_page_of_everybody_is_edited_in_its_message_and_a_private_one_through_its_click(desk: Desk) -> None:
    shared, private = desk.listed(), desk.listed(audience="asker")
    shown: list[Reply] = []
    desk.click("next", shared)
    row = desk.bench.desk.outbox.get(shared.id)
    assert row is not None
    assert row.told < row.revision
    desk.click("next", private, replace=shown.append)
    assert "Rows 16–30 of 57." in plain(shown[0])
    assert desk.bench.desk.outbox.get(private.id) is None


def test_before_the_first_page_and_after_the_last_there_is_none(desk: Desk) -> None:
    run = desk.listed(25)
    desk.click("previous", run)
    assert "Rows 1–15 of 25." in desk.shown(run)
    for _ in range(5):
        desk.click("next", run)
    assert "Rows 16–25 of 25." in desk.shown(run)


def test_a_short_list_needs_no_pages_and_a_short_table_without_ids_nothing_at_all(desk: Desk) -> None:
    listed, facts = desk.listed(3), desk.listed(3, of=None)
    assert desk.buttons(listed) == ["csv", "json"]
    assert desk.buttons(facts) == []
    assert "Rows" not in desk.shown(listed)


def test_rows_that_were_never_read_are_said(desk: Desk) -> None:
    assert "900 more were not read" in desk.shown(desk.listed(57, more=900))


def test_a_page_of_long_rows_is_shorter_so_that_slack_takes_it_whole(desk: Desk) -> None:
    reply = Reply("wide", (Table(("a",) * 8, tuple(("x" * 79,) * 8 for _ in range(40))),), "ok")
    run = desk.listed(reply=to_json(reply))
    assert "Rows 1–5 of 40." in desk.shown(run)


def test_in_a_terminal_a_list_is_whole(desk: Desk) -> None:
    run = desk.listed(57, actor_kind="terminal")
    assert "web-57" in desk.shown(run)
    assert desk.buttons(run) == []


# ── a filter ──


def test_a_filter_leaves_the_rows_that_hold_it_in_any_cell_and_says_how_many_it_hides(desk: Desk) -> None:
    run = desk.listed(57)
    desk.bench.aws.control("clear", {})
    desk.click("find", run, text=" STOPPED ")
    assert 'Rows 1–15 of 28 with "STOPPED". 29 hidden by the filter.' in desk.shown(run)
    assert desk.buttons(run) == ["next", "filter", "all", "csv", "json"]
    desk.click("find", run, text="web-57")
    assert 'Rows 1–1 of 1 with "web-57". 56 hidden by the filter.' in desk.shown(run)
    desk.click("all", run)
    assert "Rows 1–15 of 57." in desk.shown(run)
    assert desk.bench.journal() == []


def test_o6_a_filter_that_nothing_passes_says_so(desk: Desk) -> None:
    run = desk.listed(57)
    desk.click("find", run, text="<!channel>")
    assert 'No rows with "<!channel>". 57 hidden by the filter.' in desk.shown(run)
    assert "csv" not in desk.buttons(run)
    assert "hides every row" in desk.click("csv", run)


# ── who may ──


@pytest.mark.parametrize("does", ["next", "previous", "find", "all", "csv", "json", "share", "row", "row:stop"])
def test_a12_no_button_of_an_answer_is_a_way_round_the_rules(desk: Desk, does: str) -> None:
    run = desk.listed(57)
    before = desk.shown(run)
    assert "Not allowed: ec2 list in dev." in desk.click(does, run, EVE, row="1" if "row" in does else "")
    desk.bench.use(bot_file())
    assert "Not allowed" in desk.click(does, run, ANN, row="1" if "row" in does else "")
    desk.bench.use(bot_file({}), ("bot.yml line 3: no.",))
    assert "Locked" in desk.click(does, run, ANN)
    desk.bench.use(bot_file({}))
    assert desk.shown(run) == before
    assert desk.handed == []
    assert desk.bench.audited(run) == ["click refused"] * 3


def test_what_was_answered_to_one_person_is_nobody_elses_to_look_at(desk: Desk) -> None:
    run = desk.listed(57, audience="asker")
    for does in ("next", "csv", "share", "row"):
        assert "answered to ann alone" in desk.click(does, run, BOB, row="1" if does == "row" else "")
    assert desk.handed == []


def test_an_answer_whose_rule_has_become_private_is_shown_no_further(desk: Desk) -> None:
    run = desk.listed(57)
    desk.bench.use(bot_file({"audience": "asker"}))
    assert "shown to whoever asks alone now" in desk.click("next", run, BOB)


@pytest.mark.parametrize("value", ["{id}.", "{id}.1.2", "{id}.-1", "{id}.99999", "{id}.1;ec2 stop", "x", "", "{id} "])
def test_c9_a_forged_value_is_refused(desk: Desk, value: str) -> None:
    run = desk.listed(3)
    told: list[Reply] = []
    for does in ("row", "row:stop", "row:reboot", "row:list"):
        click = Click(does, value.format(id=run.id), ANN, TEAM, "", channel=OPS)
        desk.bench.clicks.work(click, told.append)
    assert [each.sign for each in told] == ["no"] * 4
    assert desk.bench.journal() == []


def test_a_change_and_a_refusal_have_no_pages_to_turn(desk: Desk) -> None:
    change = desk.bench.ask(f"ec2 stop {WEB}")
    refused = desk.bench.ask("ec2 list", EVE)
    for run in (change, refused):
        assert "belongs to nothing" in desk.click("next", run)
    assert desk.bench.buttons(refused) == ["why"]


# ── one row ──


def options(desk: Desk, run: Run) -> tuple[tuple[str, str], ...]:
    parts = card(desk.bench.desk, desk.bench.now(run)).parts
    return next(part for part in parts if isinstance(part, Choice)).options


def test_the_menu_names_the_rows_of_the_page_by_their_number_in_the_whole(desk: Desk) -> None:
    run = desk.listed(57)
    desk.click("find", run, text="stopped")
    desk.click("next", run)
    assert options(desk, run)[0] == ("31", "web-32 · i-0a1b2c3d4e5f00032")
    assert len(options(desk, run)) == 13


def test_a_row_without_a_name_is_called_by_its_id(desk: Desk) -> None:
    run = desk.listed(reply=to_json(Reply("1", (Table(COLUMNS, (("–", "running", WEB),), of=ROWS),))))
    assert options(desk, run) == (("0", WEB),)


def verbs(desk: Desk) -> list[str]:
    return [
        button.does
        for reply in desk.told
        for part in reply.parts
        if isinstance(part, Buttons)
        for button in part.buttons
    ]


def test_a_picked_row_offers_what_this_reader_may_do_and_what_makes_sense(desk: Desk) -> None:
    run = desk.listed(4)
    said = desk.click("row", run, row="0")
    assert "web-1" in said
    assert "running" in said
    assert verbs(desk) == ["row:show", "row:stop", "row:terminate"]
    desk.click("row", run, row="1")
    assert verbs(desk) == ["row:show", "row:start", "row:terminate"]


def test_a14_a_reader_without_a_right_to_change_is_offered_no_change(desk: Desk) -> None:
    reading = {"actions": ["ec2:Describe*"], "who": {"users": [ANN]}}
    desk.bench.use(bot_file(reading, {"actions": ["ec2:*"], "who": {"users": [BOB]}}))
    run = desk.listed(4)
    desk.click("row", run, row="0")
    assert verbs(desk) == ["row:show"]
    desk.click("row", run, BOB, row="0")
    assert verbs(desk) == ["row:show", "row:stop", "row:terminate"]


def listed_really(desk: Desk) -> tuple[Run, str]:
    """A list as AWS answered it, and the number of web-1's row."""
    run = desk.bench.ask("ec2 list")
    number = next(value for value, label in options(desk, run) if WEB in label)
    return run, number


def test_a_rows_button_asks_as_whoever_clicked_and_is_confirmed_like_any_change(desk: Desk) -> None:
    run, number = listed_really(desk)
    assert desk.click("row:stop", run, BOB, row=number, delivery="click-1") == ""
    asked = desk.bench.newest()
    assert (asked.state, asked.user, asked.channel) == (State.ASKED, BOB, OPS)
    assert asked.action == f"ec2 stop {WEB} --account dev --region eu-west-1"
    assert desk.bench.sent() == 0
    assert desk.bench.click("confirm", asked, BOB) == ""
    assert desk.bench.sent() == 1


def test_c9_the_id_a_button_acts_on_comes_from_the_store_and_the_verb_from_the_lists_own(desk: Desk) -> None:
    run, number = listed_really(desk)
    assert "belongs to nothing" in desk.click("row:launch", run, row=number)
    assert "belongs to nothing" in desk.click(f"row:stop {STOPPED}", run, row=number)
    assert desk.bench.newest().id == run.id


def test_one_click_is_one_request_and_the_next_click_another(desk: Desk) -> None:
    run, number = listed_really(desk)
    for delivery in ("a", "a", "b"):
        desk.click("row:show", run, row=number, delivery=delivery)
    with desk.bench.database.read() as connection:
        shown = connection.exec_driver_sql("select count(*) from runs where action like 'ec2 show%'").scalar_one()
    assert shown == 2


def test_i5_an_id_from_aws_stays_data_in_the_command_that_is_made_of_it(desk: Desk) -> None:
    odd = '"; ec2 terminate $(x) --account prod `y` {{z}} @here'
    table = Table(("Name", "Instance"), (("odd", odd),), of=Rows("ec2", ("show",), column=1))
    run = desk.listed(reply=to_json(Reply("1", (table,))))
    desk.click("row:show", run, row="0")
    asked = desk.bench.newest()
    assert asked.state is State.USAGE
    assert asked.text.startswith('ec2 show "')
    assert asked.account in ("", "dev")


# ── sharing ──


def private(desk: Desk, **about: Any) -> Run:
    about = {"audience": "asker", "action": "ec2 list --account dev --region eu-west-1 --private", **about}
    return desk.listed(3, **about)


def test_what_was_kept_private_by_wish_is_shared_where_it_was_asked_once(desk: Desk) -> None:
    run, shown = private(desk), list[Reply]()
    assert desk.buttons(run)[-1] == "share"
    desk.bench.aws.control("clear", {})
    assert desk.click("share", run, replace=shown.append) == ""
    assert "share" not in plain(shown[0], buttons=True).casefold()
    shared = desk.bench.newest()
    assert (shared.audience, shared.channel, shared.state) == ("channel", OPS, State.DONE)
    assert "web-3" in desk.shown(shared)
    assert f"Shared by @{ANN}." in desk.shown(shared)
    assert "shared before" in desk.click("share", run)
    assert desk.bench.journal() == []
    assert desk.bench.audited(shared) == ["shared"]


def test_a_shared_answer_leaves_out_what_was_for_one_person(desk: Desk) -> None:
    parts = (Table(COLUMNS, rows_of(2), of=ROWS), NOT_HERE, File("a.txt", "/nowhere", 3))
    run = private(desk, reply=to_json(Reply("2", parts)))
    desk.click("share", run)
    told = from_json(desk.bench.newest().reply)
    assert [type(part).__name__ for part in told.parts] == ["Table", "Note"]


def test_sharing_is_decided_again(desk: Desk) -> None:
    run = private(desk)
    desk.bench.use(bot_file({"audience": "asker"}))
    assert "cannot be shared" in desk.click("share", run)
    assert "share" not in desk.buttons(run)
    desk.bench.use(bot_file({}))
    desk.bench.people.places[OPS] = Place(OPS, member=False)
    assert "invite me" in desk.click("share", run)
    assert desk.bench.newest().id == run.id


def test_data_is_for_the_asker_and_never_shared_whatever_the_rule_says(desk: Desk) -> None:
    read = Command(
        "items", "show", "Show.", Effect.READS, ("dynamodb:GetItem",), "items show", lambda *_: Reply("1 item")
    )
    desk.bench.desk.commands = Commands([*desk.bench.desk.commands, read])
    desk.bench.use(bot_file({"actions": ["dynamodb:*"], "audience": "channel"}))
    run = desk.bench.ask("items show")
    assert (run.state, run.audience) == (State.DONE, "asker")
    assert "share" not in desk.buttons(run)
    assert "cannot be shared" in desk.click("share", run)


def test_refusals_help_and_what_everybody_saw_have_no_share_button(desk: Desk) -> None:
    runs = (desk.bench.ask("help"), desk.bench.ask("whoami"), desk.bench.ask("ec2 list", EVE), desk.listed(3))
    assert not any("share" in desk.buttons(run) for run in runs)


# ── export ──


def test_an_export_holds_every_row_that_the_filter_leaves(desk: Desk) -> None:
    run = desk.listed(57)
    desk.click("find", run, text="web-5")
    assert desk.click("csv", run, BOB) == ""
    (id_, name, words, body) = desk.handed[0]
    assert (id_, name) == (run.id, "ec2-list-dev-1970-01-12.csv")
    assert words == "9 of 57 rows, exported by bob."
    rows = list(csv.reader(io.StringIO(body)))
    assert rows[0] == list(COLUMNS)
    assert [row[0] for row in rows[1:]] == ["web-5", *(f"web-{n}" for n in range(50, 58))]
    desk.click("all", run)
    desk.click("json", run)
    assert json.loads(desk.handed[1][3])[56] == dict(zip(COLUMNS, rows_of(57)[56], strict=True))
    assert desk.bench.detail(run, "exported")["rows"] == 57


def test_a_private_export_says_where_it_went(desk: Desk) -> None:
    assert "direct messages" in desk.click("csv", desk.listed(57, audience="asker"))


def test_an_export_that_slack_does_not_take_is_said_to_whoever_clicked(desk: Desk) -> None:
    def refuse(*_: Any) -> bool:
        raise SlackError("Slack did not take the file: missing_scope.", code="missing_scope")

    desk.bench.desk.hand_over = refuse
    assert "missing_scope" in desk.click("csv", desk.listed(57))


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+49 30 1", "-2+3", "@SUM(A1)", "\t=1", "\rx", "\nx", " =1", "\ufeff=1", "＝1", "=cmd|'/C calc'!A0"],
)
def test_no_cell_of_a_csv_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+3.2", "1e-6", "0", ".5", "", "web-1", "a=b", "–", "2026-01-01 10:00"])
def test_numbers_and_words_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


@pytest.mark.parametrize("write", [to_csv, rows_to_json])
def test_every_cell_comes_back_from_a_file_as_it_was(write: Callable[..., None]) -> None:
    rows = (('a "b", c\nd', "é漢", ""), ("x", "y", "z"))
    out = io.StringIO()
    write(out, ("Name", "Name", "n"), rows)
    if write is to_csv:
        assert list(csv.reader(io.StringIO(out.getvalue(), newline="")))[1:] == [list(row) for row in rows]
        assert out.getvalue().count("\r\n") == 3
    else:
        assert [tuple(each.values()) for each in json.loads(out.getvalue())] == list(rows)
        assert list(json.loads(out.getvalue())[0]) == ["Name", "Name 2", "n"]


# ── large ──


def test_ten_thousand_rows_are_turned_as_quickly_as_ten(desk: Desk) -> None:
    run = desk.listed(10_000)
    desk.shown(run)
    start = time.process_time()
    for _ in range(10):
        desk.click("next", run)
        desk.shown(run)
    assert time.process_time() - start < 5
    assert "Rows 151–165 of 10,000." in desk.shown(run)


def test_a_view_that_cannot_be_read_is_the_first_page() -> None:
    assert pages.view_of(Run("r", State.DONE, view='{"page": "x"')) == pages.View()


def test_everybody_in_the_rule_may_page(desk: Desk) -> None:
    run = desk.listed(57)
    assert ALL["who"]["users"] == [ANN, BOB]
    assert desk.click("next", run, BOB) == ""
