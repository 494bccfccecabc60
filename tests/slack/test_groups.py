"""User groups that hold: read as a whole, believed for a while, settled with time; over the local Slack's real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.reply import Reply
from bot.sandbox.slack.server import SlackServer
from bot.slack.group_news import GroupNews, said
from bot.store.audit import Audit
from bot.store.database import Database
from bot.store.groups import Change, GroupBook
from bot.text import plain
from tests.slack.directory import ANA, BEN, CARLA, DAY, DEVS, ONCALL, RETIRED, Desk

MINE, NONE = frozenset({ONCALL}), frozenset[str]()


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{tmp_path}/bot.db")) as database:
        database.migrate()
        yield database


@pytest.fixture
def desk(slack: SlackServer, store: Database) -> Desk:
    """A bot that has read the groups for the first time."""
    desk = Desk(slack, book=GroupBook(store))
    desk.people.refresh_groups()
    return desk


def removed(desk: Desk, *users: str, **about: Any) -> None:
    desk.people.on_event("subteam_members_changed", {"subteam_id": ONCALL, "removed_users": list(users), **about})


# ── who is in ──


def test_one_question_reads_every_configured_group_and_no_other(slack: SlackServer) -> None:
    desk = Desk(slack, groups=frozenset({DEVS, RETIRED, "S0GONE"}))
    desk.people.refresh_groups()
    assert desk.groups() == frozenset({DEVS})
    assert (desk.asked("usergroups.list"), desk.asked("usergroups.users.list")) == (1, 0)


def test_no_groups_ask_nothing(slack: SlackServer) -> None:
    desk = Desk(slack, groups=NONE)
    desk.people.refresh_groups()
    assert desk.asked("usergroups.list") == 0
    assert desk.groups() == NONE


def test_c3_a_right_that_was_removed_is_gone_within_a_minute_though_no_event_came(desk: Desk) -> None:
    desk.change(users=["ben"])
    assert desk.groups() == MINE, "not asked for each command"
    desk.wait(60)
    assert desk.groups() == NONE
    assert desk.groups(BEN) == MINE


def test_a_minute_of_refreshes_stays_far_below_what_slack_grants(desk: Desk) -> None:
    before = desk.asked("usergroups.list")
    desk.wait(60)
    assert desk.asked("usergroups.list") - before == 2


def test_what_cannot_be_read_again_fades_after_five_minutes(desk: Desk) -> None:
    desk.fail("usergroups.list")
    desk.wait(299)
    assert (desk.groups(), desk.settled()) == (MINE, MINE)
    desk.clock.time += 2
    assert (desk.groups(), desk.settled()) == (NONE, NONE)
    assert desk.unread(BEN) >= MINE, "whether somebody is in it is not known, also of others"
    desk.wire.order("fault", kind="clear")
    desk.people.refresh_groups()
    assert (desk.groups(), desk.settled()) == (MINE, MINE)
    assert desk.unread(BEN) == NONE
    assert isinstance(desk.unread(BEN), frozenset)


def test_a_group_that_comes_without_its_members_was_not_read(desk: Desk) -> None:
    calls = desk.people.groups._calls
    listed = [{**group, "users": None} for group in calls.groups()]
    desk.people.groups._calls = type("Told", (), {"groups": lambda _self: listed})()
    desk.wait(299)
    assert desk.groups() == MINE
    desk.clock.time += 2
    assert desk.groups() == NONE


def test_a_right_taken_away_is_gone_with_the_event(desk: Desk) -> None:
    removed(desk, ANA, added_users=[BEN])
    assert desk.groups() == NONE
    assert desk.groups(BEN) == NONE, "what is given waits for the refresh"
    assert desk.groups(CARLA) == MINE


@pytest.mark.parametrize(
    ("subteam", "left"),
    [
        ({"id": ONCALL, "date_delete": 0}, True),
        ({"id": ONCALL, "date_delete": 1_700_000_000, "users": [ANA]}, False),
        ({"id": ONCALL, "date_delete": 0, "users": [ANA]}, True),
        ({"id": ONCALL, "date_delete": 0, "users": []}, False),
        ({"id": DEVS, "date_delete": 0, "users": []}, True),
    ],
)
def test_a_group_that_was_disabled_or_emptied_is_empty_with_the_event(desk: Desk, subteam: Any, left: bool) -> None:
    desk.people.on_event("subteam_updated", {"subteam": subteam})
    assert (desk.groups() == MINE) is left


def test_a_reading_that_the_event_overtook_is_not_kept(desk: Desk) -> None:
    desk.wire.order("fault", kind="api_slow", method="usergroups.list", seconds=0.5)
    reading = threading.Thread(target=desk.people.refresh_groups)
    reading.start()
    reading.join(0.25)
    removed(desk, ANA)
    reading.join()
    assert desk.groups() == NONE


def test_an_answer_of_slacks_that_is_older_than_its_event_is_not_kept(desk: Desk) -> None:
    removed(desk, ANA, date_update=1_700_000_500)
    desk.wait(30)
    assert desk.groups() == NONE, "Slack still lists her, with the date of before"
    desk.change(users=["ana"], date_update=1_700_000_500)
    desk.wait(30)
    assert desk.groups() == MINE


def test_another_bot_yml_is_followed_without_a_restart(desk: Desk) -> None:
    desk.people.groups.follow(frozenset({DEVS}), DAY)
    assert desk.groups() == NONE, "what it no longer names counts no more"
    desk.people.refresh_groups()
    assert desk.groups() == frozenset({DEVS})


# ── what is settled ──


def test_who_was_there_at_the_very_first_reading_is_settled(desk: Desk) -> None:
    assert desk.settled() == MINE


def test_a_new_member_counts_at_once_and_is_settled_after_the_configured_age(desk: Desk) -> None:
    desk.change(users=["ana", "ben", "carla"])
    desk.wait(30)
    assert (desk.groups(BEN), desk.settled(BEN)) == (MINE, NONE)
    assert desk.settled(ANA) == MINE
    desk.leap(DAY - 1)
    assert desk.settled(BEN) == NONE
    desk.leap(1)
    assert desk.settled(BEN) == MINE


def test_who_was_removed_and_added_again_is_new(desk: Desk) -> None:
    for users in (["carla"], ["ana", "carla"]):
        desk.change(users=users)
        desk.wait(30)
    assert (desk.groups(), desk.settled()) == (MINE, NONE)


def test_who_was_removed_and_added_again_between_two_readings_is_new_by_the_event(desk: Desk) -> None:
    desk.clock.time += 5
    removed(desk, ANA)
    desk.wait(30)
    assert (desk.groups(), desk.settled()) == (MINE, NONE)


def test_a_restart_makes_no_new_member_an_old_one(slack: SlackServer, store: Database, desk: Desk) -> None:
    desk.change(users=["ana", "ben"])
    desk.wait(30)
    again = Desk(slack, book=GroupBook(store))
    again.clock.time = desk.clock.time + 60
    assert again.groups() == NONE, "nothing is believed that was not read"
    again.people.refresh_groups()
    assert (again.settled(ANA), again.groups(BEN), again.settled(BEN)) == (MINE, MINE, NONE)


def test_a_group_does_not_settle_anything_for_whoever_changed_it_last(desk: Desk) -> None:
    desk.change(users=["ana", "carla", "ben"], updated_by="ana")
    desk.leap(30 * DAY)
    assert (desk.groups(ANA), desk.settled(ANA)) == (MINE, NONE)
    assert desk.settled(CARLA) == MINE
    desk.change(handle="on-call", updated_by="carla")
    desk.leap(30)
    assert desk.settled(ANA) == MINE, "somebody else has put a hand to it since"
    assert desk.settled(CARLA) == NONE


def test_a_change_whose_author_slack_does_not_name_is_everybodys_until_it_is_old(desk: Desk) -> None:
    desk.change(name="Duty", updated_by="")
    desk.leap(30)
    assert (desk.groups(), desk.settled()) == (MINE, NONE)
    desk.leap(DAY)
    assert desk.settled() == MINE


def test_until_it_is_read_who_made_a_change_a_group_is_settled_for_nobody(desk: Desk) -> None:
    removed(desk, CARLA)
    assert (desk.groups(), desk.settled()) == (MINE, NONE)
    desk.wait(30)
    assert desk.settled() == MINE


def test_where_the_store_cannot_be_written_nobody_is_settled(
    desk: Desk, store: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE memberships RENAME TO away")
    desk.wait(30)
    assert (desk.groups(), desk.settled()) == (MINE, NONE)
    removed(desk, ANA)
    assert desk.groups() == NONE
    assert "could not be written down" in caplog.text


def test_without_a_store_every_reading_is_a_first_one(slack: SlackServer) -> None:
    desk = Desk(slack)
    desk.change(users=["ben"], updated_by="carla")
    desk.people.refresh_groups()
    assert desk.settled(BEN) == MINE
    removed(desk, BEN)
    assert desk.groups(BEN) == NONE


# ── what is told ──


class Told:
    """What was announced, as an operator would read it."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.keys: list[str] = []

    def __call__(self, reply: Reply, key: str) -> None:
        self.words.append(plain(reply))
        self.keys.append(key)


@pytest.fixture
def told(desk: Desk, store: Database) -> Told:
    told = Told()
    desk.people.groups.tell = GroupNews(Audit(store), told, desk.people.group_name)
    return told


def rows(store: Database) -> list[tuple[str, dict[str, Any]]]:
    found = [row for row in Audit(store).rows() if row["event"] == "group changed"]
    assert all(row["run"] == "" for row in found)
    return [(row["user"], json.loads(row["detail"])) for row in found]


def test_u3_a_change_is_announced_and_audited_with_whose_hand_it_was(desk: Desk, told: Told, store: Database) -> None:
    desk.change(users=["ben", "carla"], updated_by="carla")
    desk.wait(60)
    assert rows(store) == [(CARLA, {"group": ONCALL, "added": [BEN], "removed": [ANA]})]
    (words,) = told.words
    assert f"User group oncall ({ONCALL}), which bot.yml names, changed" in words
    assert f"By @{CARLA}." in words
    assert f"Added: @{BEN}" in words
    assert f"Removed: @{ANA}" in words


def test_the_very_first_reading_and_a_change_of_its_name_announce_nothing(
    desk: Desk, told: Told, store: Database
) -> None:
    desk.change(handle="on-call")
    desk.wait(60)
    assert (told.words, rows(store)) == ([], [])


def test_disabling_and_enabling_are_announced(desk: Desk, told: Told, store: Database) -> None:
    for date in (1_700_000_100, 0):
        desk.change(date_delete=date)
        desk.wait(30)
    assert ["was disabled" in told.words[0], "was enabled" in told.words[1]] == [True, True]
    assert [about["disabled"] for _, about in rows(store)] == [True, False]
    assert desk.settled() == NONE, "all of its members were added again"


def test_two_processes_announce_a_change_once(slack: SlackServer, store: Database, desk: Desk, told: Told) -> None:
    other = Desk(slack, book=GroupBook(store))
    other.people.refresh_groups()
    other.people.groups.tell = GroupNews(Audit(store), told, other.people.group_name)
    desk.change(users=["ana"])
    removed(desk, CARLA)
    for each in (desk, other, desk, other):
        each.clock.time += 30
        each.people.refresh_groups()
    assert (len(told.words), len(rows(store))) == (1, 1)
    assert other.groups(CARLA) == NONE


def test_an_announcement_that_fails_leaves_the_audit_and_the_book(
    desk: Desk, store: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_reply: Reply, _key: str) -> None:
        raise ValueError("no channel")

    desk.people.groups.tell = GroupNews(Audit(store), fails, desk.people.group_name)
    desk.change(users=["ben"])
    desk.wait(60)
    assert desk.groups(BEN) == MINE
    assert len(rows(store)) == 1
    assert "could not be announced" in caplog.text


def test_a_change_in_words_says_so_where_nobody_knows_by_whom() -> None:
    reply = said(Change(ONCALL, 1.0, "", 5.0, returned=(ANA, BEN)), "oncall")
    assert plain(reply).splitlines() == [
        f"User group oncall ({ONCALL}), which bot.yml names, changed",
        "Slack does not say by whom.",
        f"Removed and added again: @{ANA}, @{BEN}",
        "New members count at once for what needs a confirmation, and later for what needs more.",
    ]
