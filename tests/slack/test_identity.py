"""Who is let in and what is believed for how long, by the local Slack's word over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.actor import Actor, Place
from bot.errors import Refused, SlackError, Unsure
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import BOT_TOKEN, PARTNER_TEAM_ID, TEAM_ID
from bot.slack.calls import SlackCalls, web_client
from bot.slack.identity import OUTSIDE, UNSURE, People
from bot.slack.recent import MOST, Kept, Recent
from tests.sandbox.slack_wire import Clock, Wire

ANA, BEN, GUS = "U0ANA00001", "U0BEN00002", "U0GUS00004"
ONCALL, DEVS, RETIRED = "S0ONCALL01", "S0DEVS0002", "S0EMPTY003"
OURS = (TEAM_ID,)


class Desk:
    """People over the local Slack, with a clock to move and the server's own log of what was asked."""

    def __init__(self, slack: SlackServer, groups: frozenset[str] = frozenset({ONCALL}), enterprise: str = "") -> None:
        self.wire = Wire(slack)
        self.clock = Clock()
        calls = SlackCalls(web_client(BOT_TOKEN, slack.api_url))
        self.people = People(calls, team=TEAM_ID, enterprise=enterprise, now=self.clock, groups=groups)

    def asked(self, method: str) -> int:
        return len([each for each in self.wire.log("api") if each["method"] == method])

    def groups(self, user: str = ANA) -> frozenset[str]:
        return self.people.actor(user, OURS).groups

    def fail(self, method: str, error: str = "internal_error", times: int | None = None) -> None:
        self.wire.order("fault", kind="api_error", method=method, error=error, times=times)

    def refusal(self, user: str, teams: tuple[Any, ...] = OURS) -> Refused:
        with pytest.raises(Refused) as refused:
            self.people.actor(user, teams)
        assert refused.value.layer == "identity"
        return refused.value


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def desk(slack: SlackServer) -> Desk:
    return Desk(slack)


def test_a_full_member_is_vouched_for_by_ids(desk: Desk) -> None:
    desk.people.refresh_groups()
    assert desk.people.actor(ANA, OURS) == Actor("slack", ANA, TEAM_ID, frozenset({ONCALL}), name="ana")
    assert desk.people.actor(BEN, OURS).groups == frozenset()


@pytest.mark.parametrize(
    "user",
    [GUS, "U0SAM00005", "U0DEL00006", "U0BOT00007", "U0NOBODY99"],
    ids=["guest", "stranger", "gone", "bot", "none"],
)
def test_a6_outsiders_are_refused_and_learn_nothing(desk: Desk, user: str) -> None:
    assert desk.refusal(user).sentence == OUTSIDE


@pytest.mark.parametrize("teams", [(PARTNER_TEAM_ID,), (TEAM_ID, PARTNER_TEAM_ID), (), ("",), (None,)])
def test_a6_a_payload_of_another_team_is_refused_without_a_question(desk: Desk, teams: tuple[Any, ...]) -> None:
    assert desk.refusal(ANA, teams).sentence == OUTSIDE
    assert desk.asked("users.info") == 0


def test_an_empty_enterprise_admits_nobody(slack: SlackServer) -> None:
    assert Desk(slack).people.ours == frozenset({TEAM_ID})
    assert Desk(slack, enterprise="E0ORG").people.ours == frozenset({TEAM_ID, "E0ORG"})
    assert Desk(slack).refusal(ANA, ("",)).sentence == OUTSIDE
    assert Desk(slack, enterprise="E0ORG").people.actor(ANA, ("E0ORG", TEAM_ID, None)).team == TEAM_ID  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("about", "member"),
    [
        ({}, True),
        ({"is_admin": True, "is_app_user": True}, True),
        ({"team_id": "T0OTHER"}, False),
        ({"team_id": None}, False),
        ({"is_workflow_bot": True}, False),
        ({"is_invited_user": True}, False),
        ({"is_ultra_restricted": True}, False),
        ({"id": "USLACKBOT"}, False),
        ({"team_id": "T0OTHER", "enterprise_user": {"enterprise_id": "E0ORG", "teams": ["T0OTHER", TEAM_ID]}}, True),
        ({"team_id": TEAM_ID, "enterprise_user": {"enterprise_id": "E0ORG", "teams": ["T0OTHER"]}}, False),
        ({"team_id": "T0OTHER", "enterprise_user": {"enterprise_id": "E0EVIL", "teams": [TEAM_ID]}}, False),
    ],
)
def test_what_users_info_may_say_beyond_the_local_slack(
    slack: SlackServer, about: dict[str, Any], member: bool
) -> None:
    people = Desk(slack, enterprise="E0ORG").people
    assert (people._foreign({"id": ANA, "team_id": TEAM_ID} | about) == "") is member


def test_where_no_team_is_said_the_payloads_team_has_to_do(desk: Desk) -> None:
    assert desk.people._foreign({"id": ANA}) == ""


def test_a2_a_lookup_that_fails_refuses_and_is_tried_again(desk: Desk) -> None:
    desk.fail("users.info", times=1)
    refused = desk.refusal(ANA)
    assert refused.sentence == UNSURE
    assert isinstance(refused, Unsure), "what waits may try again"
    assert desk.people.actor(ANA, OURS).user == ANA


def test_o4_a_person_is_looked_up_once_in_five_minutes(desk: Desk) -> None:
    for _ in range(3):
        desk.people.actor(ANA, OURS)
    desk.clock.time += 299
    desk.people.actor(ANA, OURS)
    assert desk.asked("users.info") == 1
    desk.clock.time += 2
    desk.people.actor(ANA, OURS)
    assert desk.asked("users.info") == 2


def test_o4_forty_commands_at_once_ask_once(desk: Desk) -> None:
    desk.wire.order("fault", kind="api_slow", method="users.info", seconds=0.3)
    with ThreadPoolExecutor(40) as pool:
        actors = list(pool.map(lambda _: desk.people.actor(ANA, OURS), range(40)))
    assert {actor.user for actor in actors} == {ANA}
    assert desk.asked("users.info") == 1


def test_a_person_made_a_guest_is_out_with_the_event(desk: Desk) -> None:
    desk.people.actor(BEN, OURS)
    desk.wire.order("people", user="ben", is_restricted=True)
    desk.people.on_event("user_change", {"user": {"id": BEN}})
    assert desk.refusal(BEN).sentence == OUTSIDE


def test_an_answer_that_the_event_overtook_is_not_kept(desk: Desk) -> None:
    desk.wire.order("fault", kind="api_slow", method="users.info", seconds=0.5)
    asking = threading.Thread(target=desk.people.actor, args=(BEN, OURS))
    asking.start()
    asking.join(0.2)
    desk.people.on_event("user_change", {"user": {"id": BEN}})
    asking.join()
    desk.people.actor(BEN, OURS)
    assert desk.asked("users.info") == 2


def test_a5_a_name_decides_nothing(desk: Desk) -> None:
    desk.people.refresh_groups()
    desk.wire.order("people", user="ben", name="carla", real_name="Carla Weiss")
    assert desk.people.actor(BEN, OURS).groups == frozenset()
    assert desk.people.actor(BEN, OURS).key == f"{TEAM_ID}/{BEN}"


def test_only_the_configured_groups_are_read(slack: SlackServer) -> None:
    desk = Desk(slack, groups=frozenset({DEVS, RETIRED, "S0GONE"}))
    desk.people.refresh_groups()
    assert desk.groups() == frozenset({DEVS})
    asked = [each["args"]["usergroup"] for each in desk.wire.log("api") if each["method"] == "usergroups.users.list"]
    assert asked == [DEVS], "a disabled group and one that is gone are empty without a question"


def test_no_groups_ask_nothing(slack: SlackServer) -> None:
    desk = Desk(slack, groups=frozenset())
    desk.people.refresh_groups()
    assert desk.asked("usergroups.list") == 0
    assert desk.groups() == frozenset()


def test_c3_membership_follows_the_refresh(desk: Desk) -> None:
    desk.people.refresh_groups()
    desk.wire.order("people", group="oncall", users=["ben"])
    assert desk.groups() == frozenset({ONCALL}), "not asked for each command"
    desk.people.refresh_groups()
    assert desk.groups() == frozenset()
    assert desk.groups(BEN) == frozenset({ONCALL})


@pytest.mark.parametrize("method", ["usergroups.list", "usergroups.users.list"])
def test_a_membership_that_cannot_be_read_again_fades_after_five_minutes(desk: Desk, method: str) -> None:
    desk.people.refresh_groups()
    desk.fail(method)
    desk.clock.time += 299
    desk.people.refresh_groups()
    assert desk.groups() == frozenset({ONCALL})
    desk.clock.time += 2
    desk.people.refresh_groups()
    assert desk.groups() == frozenset()
    desk.wire.order("fault", kind="clear")
    desk.people.refresh_groups()
    assert desk.groups() == frozenset({ONCALL})


def test_one_group_that_fails_does_not_keep_the_others_from_being_read(slack: SlackServer) -> None:
    desk = Desk(slack, groups=frozenset({ONCALL, DEVS}))
    desk.fail("usergroups.users.list", times=1)
    desk.people.refresh_groups()
    assert len(desk.groups()) == 1
    desk.people.refresh_groups()
    assert desk.groups() == frozenset({ONCALL, DEVS})


def test_a_429_ends_the_round_and_the_next_begins_with_the_longest_unread(slack: SlackServer) -> None:
    desk = Desk(slack, groups=frozenset({ONCALL, DEVS}))
    desk.wire.order("fault", kind="api_429", method="usergroups.users.list")
    desk.people.refresh_groups()
    assert desk.asked("usergroups.users.list") == 1
    desk.people.refresh_groups()
    desk.clock.time += 1
    desk.wire.order("fault", kind="api_error", method="usergroups.users.list", error="ratelimited")
    desk.people.refresh_groups()
    assert desk.groups() == frozenset({ONCALL, DEVS})


def test_a_right_taken_away_is_gone_with_the_event(desk: Desk) -> None:
    desk.people.refresh_groups()
    desk.people.on_event(
        "subteam_members_changed", {"subteam_id": ONCALL, "removed_users": [ANA], "added_users": [BEN]}
    )
    assert desk.groups() == frozenset()
    assert desk.groups(BEN) == frozenset(), "what is given waits for the refresh"
    assert desk.groups("U0CARLA003") == frozenset({ONCALL})


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
    desk.people.refresh_groups()
    desk.people.on_event("subteam_updated", {"subteam": subteam})
    assert (desk.groups() == frozenset({ONCALL})) is left


def test_a_membership_that_the_event_overtook_is_not_kept(desk: Desk) -> None:
    desk.people.refresh_groups()
    desk.wire.order("fault", kind="api_slow", method="usergroups.users.list", seconds=0.5)
    reading = threading.Thread(target=desk.people.refresh_groups)
    reading.start()
    reading.join(0.25)
    desk.people.on_event("subteam_members_changed", {"subteam_id": ONCALL, "removed_users": [ANA]})
    reading.join()
    assert desk.groups() == frozenset()


@pytest.mark.parametrize(
    ("channel", "member", "shared"),
    [
        ("C0OPS00001", True, False),
        ("C0RANDOM03", False, False),
        ("G0SECRET04", True, False),
        ("G0BOARD005", False, None),
        ("C0NOWHERE9", False, None),
        ("C0SHARED06", True, True),
    ],
)
def test_a_place_is_what_slack_says_of_it(desk: Desk, channel: str, member: bool, shared: bool | None) -> None:
    assert desk.people.place(channel, "17.5") == Place(channel, "17.5", member, shared)


def test_a_direct_message_is_not_looked_up(desk: Desk) -> None:
    assert desk.people.place("D0ANA00001") == Place("D0ANA00001", direct=True)
    assert desk.asked("conversations.info") == 0


@pytest.mark.parametrize(
    ("error", "shared"), [("internal_error", None), ("missing_scope", None), ("unknown_method", False)]
)
def test_a_place_slack_would_not_speak_of_counts_as_the_worse(desk: Desk, error: str, shared: bool | None) -> None:
    desk.fail("conversations.info", error)
    assert desk.people.place("C0OPS00001") == Place("C0OPS00001", member=None, shared=shared)


@pytest.mark.parametrize(
    ("about", "place"),
    [
        ({"is_member": True, "is_archived": True}, Place("C1", member=False)),
        ({"is_member": True, "is_pending_ext_shared": True}, Place("C1", shared=True)),
        ({}, Place("C1", member=None)),
    ],
)
def test_what_conversations_info_may_say_beyond_the_local_slack(
    desk: Desk, about: dict[str, Any], place: Place
) -> None:
    class Told(SlackCalls):
        def channel(self, channel: str) -> dict[str, Any]:
            return {"id": channel, **about}

    desk.people._calls = Told(desk.people._calls._client)
    assert desk.people.place("C1") == place


def test_o4_a_place_is_looked_up_once_in_five_minutes(desk: Desk) -> None:
    for thread in ("", "1.0", "2.0"):
        assert desk.people.place("C0OPS00001", thread).thread == thread
    assert desk.asked("conversations.info") == 1
    desk.people.on_event("channel_shared", {"channel": "C0OPS00001"})
    desk.people.place("C0OPS00001")
    assert desk.asked("conversations.info") == 2


def test_an_invitation_helps_within_seconds(desk: Desk) -> None:
    assert desk.people.place("C0RANDOM03").member is False
    desk.people.place("C0RANDOM03")
    assert desk.asked("conversations.info") == 1
    desk.wire.order("people", channel="random", members=["ana", "aws"])
    desk.clock.time += 16
    assert desk.people.place("C0RANDOM03").member is True


def test_names_are_for_display_and_never_fail(desk: Desk) -> None:
    assert desk.people.group_name(ONCALL) == ONCALL
    desk.people.refresh_groups()
    assert desk.people.group_name(ONCALL) == "oncall"
    assert desk.people.user_name(BEN) == "ben"
    desk.fail("users.info")
    assert desk.people.user_name("U0CARLA003") == "U0CARLA003"
    shown = {each: desk.people.name(each) for each in (ONCALL, BEN, "C0OPS00001", "")}
    assert shown == {ONCALL: "oncall", BEN: "ben", "C0OPS00001": "C0OPS00001", "": ""}


def test_an_event_of_another_kind_changes_nothing(desk: Desk) -> None:
    desk.people.actor(ANA, OURS)
    for kind in ("app_mention", "user_change", "subteam_updated", "subteam_members_changed", "channel_archive"):
        desk.people.on_event(kind, {})
    desk.people.actor(ANA, OURS)
    assert desk.asked("users.info") == 1


def test_what_is_kept_is_bounded_and_the_least_used_goes_first(clock: Clock) -> None:
    recent: Recent[str] = Recent(clock)
    for key in range(MOST):
        recent.get(str(key), lambda: Kept("old", 300))
    recent.get("0", lambda: Kept("asked again", 300))
    recent.get("one more", lambda: Kept("old", 300))
    assert recent.get("0", lambda: Kept("asked again", 300)) == "old"
    assert recent.get("1", lambda: Kept("asked again", 300)) == "asked again"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_everyone_who_waits_hears_of_the_error_and_the_next_asks_again(clock: Clock) -> None:
    recent: Recent[str] = Recent(clock)
    asked = threading.Event()
    answer = threading.Event()

    def ask() -> Kept[str]:
        asked.set()
        answer.wait(5)
        raise SlackError("no", code="internal_error")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(recent.get, "U1", ask)
        asked.wait(5)
        second = pool.submit(recent.get, "U1", ask)
        answer.set()
        assert isinstance(first.exception(5), SlackError)
        assert isinstance(second.exception(5), SlackError)
    assert recent.get("U1", lambda: Kept("fine", 300)) == "fine"
