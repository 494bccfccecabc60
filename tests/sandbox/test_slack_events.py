"""What people post reaches the app as Slack's events: mentions where the bot is, and everything in its own messages."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import SCOPES, SUBSCRIPTIONS
from tests.sandbox.slack_wire import Wire, peer, until

if TYPE_CHECKING:
    from collections.abc import Iterator

DM = "D0ANA00001"
MENTION = "<@U0BOT00007>"


@pytest.fixture(scope="module")
def server() -> Iterator[SlackServer]:
    with SlackServer(redelivery=()) as running:
        yield running


@pytest.fixture
def wire(server: SlackServer) -> Wire:
    wire = Wire(server)
    until(lambda: wire.connections() == 0)
    wire.order("reset")
    return wire


def inner(wire: Wire) -> list[dict[str, Any]]:
    return [each["event"] for each in wire.events()]


def test_a_mention_in_a_thread_is_told_with_the_thread_and_the_team(wire: Wire) -> None:
    ts = wire.say("@aws ec2 list & <more>", thread_ts="1.000001")["ts"]
    (payload,) = wire.events()
    event = payload["event"]
    assert (event["type"], event["text"]) == ("app_mention", f"{MENTION} ec2 list &amp; &lt;more&gt;")
    assert (event["ts"], event["thread_ts"], event["channel"]) == (ts, "1.000001", "C0OPS00001")
    assert (event["user"], event["team"]) == ("U0ANA00001", "T0TIDEWATR")
    assert "user_team" not in event
    assert (payload["type"], payload["team_id"], payload["api_app_id"]) == (
        "event_callback",
        "T0TIDEWATR",
        "A0AWSBOT01",
    )
    assert payload["event_id"].startswith("Ev")
    assert payload["is_ext_shared_channel"] is False
    (authorization,) = payload["authorizations"]
    assert (authorization["team_id"], authorization["user_id"]) == ("T0TIDEWATR", "U0BOT00007")


def test_a_direct_message_is_told_whatever_it_says(wire: Wire) -> None:
    wire.say("ec2 list", channel=DM)
    wire.say(f"{MENTION} ec2 list", channel="U0ANA00001")
    first, second = inner(wire)
    assert (first["type"], first["channel_type"], first["text"]) == ("message", "im", "ec2 list")
    assert (second["type"], second["channel"]) == ("message", DM)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("nothing for you", {}),
        (f"{MENTION} are you there?", {"channel": "random"}),
        (f"{MENTION} has joined the channel", {"subtype": "channel_join"}),
    ],
    ids=["no mention", "the bot is no member", "a join"],
)
def test_what_is_not_for_the_bot_is_not_told(wire: Wire, text: str, more: dict[str, Any]) -> None:
    assert wire.say(text, **more)["ok"]
    assert wire.events() == []


def test_a_stranger_in_a_shared_channel_is_told_with_the_own_team(wire: Wire) -> None:
    assert wire.say(channel="partner-shared", user="sam")["ok"]
    wire.upload(channel="partner-shared", user="sam", text=MENTION)
    first, second = wire.events()
    assert (first["is_ext_shared_channel"], first["team_id"]) == (True, "T0PARTNER1")
    assert first["authorizations"][0]["team_id"] == "T0TIDEWATR"
    assert {first["event"][key] for key in ("team", "user_team", "source_team")} == {"T0PARTNER1"}
    assert [file["file_access"] for file in second["event"]["files"]] == ["check_file_info"]
    wire.say(channel="partner-shared")
    assert wire.events()[-1]["team_id"] == "T0TIDEWATR"


def test_an_edit_in_a_direct_message_is_a_change_and_elsewhere_a_mention_with_its_edit(wire: Wire) -> None:
    direct, channel = wire.say("ec2 lst", channel=DM)["ts"], wire.say("ec2 lst")["ts"]
    wire.order("edit", channel=DM, user="ana", ts=direct, text="ec2 list")
    wire.order("edit", channel="ops", user="ana", ts=channel, text=f"{MENTION} ec2 list")
    _, changed, mention = inner(wire)
    assert (changed["subtype"], changed["hidden"], changed["channel_type"]) == ("message_changed", True, "im")
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("ec2 lst", "ec2 list")
    assert changed["message"]["edited"]["user"] == "U0ANA00001"
    assert (mention["type"], mention["ts"], "edited" in mention) == ("app_mention", channel, True)


def test_the_bots_own_direct_messages_come_back_with_its_bot_id(wire: Wire) -> None:
    slack = wire.client()
    ts = slack.chat_postMessage(channel="U0ANA00001", text=f"{MENTION} said the bot")["ts"]
    slack.chat_update(channel=DM, ts=ts, text="again")
    slack.chat_delete(channel=DM, ts=ts)
    slack.chat_postMessage(channel="C0OPS00001", text=f"{MENTION} to itself")
    slack.chat_postEphemeral(channel="C0OPS00001", user="U0ANA00001", text=f"{MENTION} unheard")
    posted, changed, deleted = inner(wire)
    assert (posted["bot_id"], posted["user"], posted["channel_type"]) == ("B0BOT00007", "U0BOT00007", "im")
    assert (changed["subtype"], changed["message"]["bot_id"]) == ("message_changed", "B0BOT00007")
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)


def test_a_command_shown_in_a_direct_message_is_not_told_as_if_it_had_been_posted(wire: Wire) -> None:
    wire.command("ec2 list", channel=DM)
    wire.post(wire.payload()["response_url"], {"response_type": "in_channel", "text": "two"})
    assert [each["text"] for each in inner(wire)] == ["two"]


def test_another_bots_mention_bears_its_bot_id(wire: Wire) -> None:
    wire.say(bot_id="B0ALARMS01", subtype="bot_message")
    (event,) = inner(wire)
    assert (event["type"], event["bot_id"], event["subtype"]) == ("app_mention", "B0ALARMS01", "bot_message")


def test_a_file_comes_with_its_message(wire: Wire) -> None:
    file = wire.upload(channel=DM, text="here")["file"]
    (event,) = inner(wire)
    assert (event["subtype"], event["text"], event["files"][0]["id"]) == ("file_share", "here", file["id"])
    later = wire.upload(share=False)["file"]["id"]
    wire.say(f"{MENTION} s3 put", files=[later])
    assert [each["id"] for each in inner(wire)[-1]["files"]] == [later]


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"channel": "nowhere"}, "channel_not_found"),
        ({"user": "nobody"}, "user_not_found"),
        ({"user": "dana"}, "account_inactive"),
        ({"user": "sam"}, "not_in_channel"),
        ({"channel": "D0BEN00002"}, "not_in_channel"),
        ({"text": ""}, "no_text"),
        ({"files": ["F0"]}, "file_not_found"),
    ],
)
def test_what_a_person_cannot_post_is_refused(wire: Wire, order: dict[str, Any], error: str) -> None:
    assert wire.say(**{"text": "hello"} | order)["error"] == error


def test_people_edit_their_own_messages_alone_and_nothing_goes_into_an_archive(wire: Wire) -> None:
    ts = wire.say("mine")["ts"]
    edit = {"channel": "ops", "text": "yours", "ts": ts}
    assert wire.order("edit", user="ben", **edit)["error"] == "cant_update_message"
    assert wire.order("edit", user="ana", **edit | {"ts": "1.1"})["error"] == "message_not_found"
    assert wire.upload(channel="random", user="sam")["error"] == "not_in_channel"
    wire.order("people", channel="ops", is_archived=True)
    assert wire.say("late")["error"] == "is_archived"


@pytest.mark.parametrize("taken", ["app_mention", "app_mentions:read"])
def test_an_event_needs_its_subscription_and_its_scope(wire: Wire, taken: str) -> None:
    wire.order("app", without=[taken])
    wire.say()
    wire.say("heard", channel=DM)
    assert [each["type"] for each in inner(wire)] == ["message"]


def test_an_event_whose_ack_is_lost_comes_again_with_the_same_id_and_after_a_reset_no_more(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            await asyncio.to_thread(wire.order, "redelivery", seconds=[0, 60])
            await asyncio.to_thread(wire.order, "fault", kind="lose_ack")
            await asyncio.to_thread(wire.say)
            first = await app.receive()
            await app.ack(first)
            again = await app.receive()
            assert again["payload"] == first["payload"]
            assert again["envelope_id"] != first["envelope_id"]
            assert (again["retry_attempt"], again["retry_reason"]) == (1, "timeout")
            await asyncio.to_thread(wire.order, "reset")
            await app.ack(again)
            await asyncio.to_thread(until, lambda: wire.log("unknown_ack"))

    asyncio.run(scenario())


def test_an_event_nobody_takes_comes_three_times_more(wire: Wire) -> None:
    wire.order("redelivery", seconds=[0, 0.01, 0.01])
    wire.say()
    sent = until(lambda: attempts if len(attempts := wire.log("dispatch_failed")) == 4 else None)
    assert [each["retry_attempt"] for each in sent] == [0, 1, 2, 3]
    assert len({each["payload"]["event_id"] for each in sent}) == 1


def test_an_event_may_be_delivered_twice_when_told(wire: Wire) -> None:
    async def scenario() -> None:
        async with peer(wire) as app:
            await asyncio.to_thread(wire.order, "fault", kind="deliver_twice")
            await asyncio.to_thread(wire.say)
            first, second = await app.receive(), await app.receive()
            assert first == second
            await app.ack(first)

    asyncio.run(scenario())


def test_the_workspace_lets_the_app_do_all_that_its_manifest_asks_for() -> None:
    manifest = yaml.safe_load((Path(__file__).parents[2] / "manifest.yml").read_text())
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) <= set(SUBSCRIPTIONS)
    assert set(manifest["oauth_config"]["scopes"]["bot"]) <= set(SCOPES)
