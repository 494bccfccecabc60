"""The Web API refuses what Slack refuses, asked by the real client."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN, SCOPES
from tests.sandbox.slack_wire import BUTTONS, Clock, Wire, error_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slack_sdk import WebClient

OPS, DEV, RANDOM, SECRET, BOARD = "C0OPS00001", "C0DEV00002", "C0RANDOM03", "G0SECRET04", "G0BOARD005"
SECTION = [{"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}]


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with SlackServer() as server:
        yield Wire(server)


@pytest.fixture
def slack(wire: Wire) -> WebClient:
    wire.order("reset")
    return wire.client()


def test_auth_test_names_the_team_and_carries_the_scopes(slack: WebClient) -> None:
    answer = slack.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0TIDEWATR", "U0BOT00007", "B0BOT00007")
    assert answer.headers["x-oauth-scopes"].split(",") == list(SCOPES)


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), (APP_TOKEN, "not_allowed_token_type")],
)
def test_a_wrong_token_is_refused(wire: Wire, token: str, error: str) -> None:
    assert error_of(lambda: wire.client(token).users_list()) == error


def test_a_bot_token_opens_no_socket(wire: Wire) -> None:
    assert error_of(lambda: wire.client().apps_connections_open(app_token=BOT_TOKEN)) == "not_allowed_token_type"


def test_an_unknown_method_is_called_so(slack: WebClient) -> None:
    assert error_of(lambda: slack.api_call("chat.shout")) == "unknown_method"


def test_a_scope_the_token_lacks_is_named(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        slack.conversations_info(channel="D0ANA00001")
    assert refused.value.response["error"] == "missing_scope"
    assert refused.value.response["needed"] == "im:read"


def test_a_post_is_answered_with_its_place_and_a_time_stamp_of_its_own(slack: WebClient, wire: Wire) -> None:
    first = slack.chat_postMessage(channel=OPS, text="one")
    second = slack.chat_postMessage(channel=OPS, text="two", thread_ts=first["ts"])
    assert first["ts"] < second["ts"]
    assert [each["text"] for each in wire.messages()] == ["one", "two"]
    assert wire.messages()[1]["thread_ts"] == first["ts"]


def test_forms_and_json_bodies_mean_the_same(slack: WebClient, wire: Wire) -> None:
    slack.api_call("chat.postMessage", json={"channel": OPS, "text": "json", "blocks": SECTION})
    form = {"channel": OPS, "text": "form", "blocks": '[{"type":"divider"}]', "token": BOT_TOKEN}
    data = urllib.parse.urlencode(form).encode()
    urllib.request.urlopen(f"{wire.server.api_url}chat.postMessage", data, timeout=10).close()
    assert [each["blocks"][0]["type"] for each in wire.messages()] == ["section", "divider"]


def test_blocks_that_are_no_json_are_refused(slack: WebClient) -> None:
    call = {"channel": OPS, "text": "x", "blocks": "[{"}
    assert error_of(lambda: slack.api_call("chat.postMessage", params=call)) == "invalid_blocks_format"
    call = {"channel": OPS, "text": "x", "blocks": '{"type":"divider"}'}
    assert error_of(lambda: slack.api_call("chat.postMessage", params=call)) == "invalid_blocks_format"


def test_a_post_to_a_user_arrives_in_the_direct_messages(slack: WebClient, wire: Wire) -> None:
    assert slack.chat_postMessage(channel="U0ANA00001", text="psst")["channel"] == "D0ANA00001"
    assert wire.messages("D0ANA00001")[0]["text"] == "psst"


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        (RANDOM, "not_in_channel"),
        (BOARD, "channel_not_found"),
        ("C0NOWHERE0", "channel_not_found"),
        ("ops", "channel_not_found"),
        ("U0DEL00006", "channel_not_found"),
        ("U0NOBODY00", "channel_not_found"),
        ("", "invalid_arguments"),
    ],
)
def test_the_bot_writes_only_where_it_is_a_member(slack: WebClient, channel: str, error: str) -> None:
    assert error_of(lambda: slack.chat_postMessage(channel=channel, text="hello")) == error


def test_a_private_channel_takes_posts_of_its_member(slack: WebClient) -> None:
    assert slack.chat_postMessage(channel=SECRET, text="hello")["ok"]


def test_an_archived_channel_takes_nothing(slack: WebClient, wire: Wire) -> None:
    wire.order("people", channel="dev", is_archived=True)
    assert error_of(lambda: slack.chat_postMessage(channel=DEV, text="hello")) == "is_archived"


def test_a_message_says_something(slack: WebClient) -> None:
    empty = {"channel": OPS, "text": ""}
    assert error_of(lambda: slack.api_call("chat.postMessage", json=empty)) == "no_text"


def test_a_text_above_forty_thousand_characters_is_cut_with_a_warning(slack: WebClient) -> None:
    answer = slack.chat_postMessage(channel=OPS, text="x" * 40_001)
    assert answer["warning"] == "message_truncated"
    assert len(answer["message"]["text"]) == 40_000
    assert "warning" not in slack.chat_postMessage(channel=OPS, text="x" * 40_000).data


def test_blocks_beyond_a_limit_are_refused_with_the_place(slack: WebClient, wire: Wire) -> None:
    long = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
    with pytest.raises(SlackApiError) as refused:
        slack.chat_postMessage(channel=OPS, text="x", blocks=long)
    assert refused.value.response["error"] == "invalid_blocks"
    (message,) = refused.value.response["response_metadata"]["messages"]
    assert message == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert wire.messages() == []


def test_an_edit_with_text_alone_removes_the_blocks(slack: WebClient, wire: Wire) -> None:
    ts = slack.chat_postMessage(channel=OPS, text="stopping", blocks=BUTTONS, metadata=METADATA)["ts"]
    slack.chat_update(channel=OPS, ts=ts, text="stopped")
    (message,) = wire.messages()
    assert (message["text"], message["blocks"], message["ts"]) == ("stopped", [], ts)
    assert message["edited"]["user"] == "U0BOT00007"
    assert message["metadata"] == METADATA


METADATA = {"event_type": "run", "event_payload": {"id": "7"}}


def test_an_edit_takes_four_thousand_bytes_and_not_one_more(slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel=OPS, text="x")["ts"]
    assert slack.chat_update(channel=OPS, ts=ts, text="é" * 2000)["ok"]
    assert error_of(lambda: slack.chat_update(channel=OPS, ts=ts, text="é" * 2000 + "x")) == "msg_too_long"


def test_only_the_bots_own_lasting_messages_can_be_edited_or_deleted(slack: WebClient, wire: Wire) -> None:
    ephemeral = slack.chat_postEphemeral(channel=OPS, user="U0ANA00001", text="you alone")["message_ts"]
    for ts in (ephemeral, "1.000001"):
        assert error_of(lambda ts=ts: slack.chat_update(channel=OPS, ts=ts, text="x")) == "message_not_found"
    assert error_of(lambda: slack.chat_update(channel=BOARD, ts="1.1", text="x")) == "channel_not_found"
    assert error_of(lambda: slack.chat_update(channel="U0ANA00001", ts="1.1", text="x")) == "channel_not_found"
    wire.command()  # with nobody connected: Slackbot tells ana so, to her alone
    assert wire.messages()[-1]["user"] == "USLACKBOT"


def test_a_message_of_somebody_else_is_not_the_bots_to_change(slack: WebClient, wire: Wire) -> None:
    wire.command()
    ts = _line_of_ana(wire)
    assert error_of(lambda: slack.chat_update(channel=OPS, ts=ts, text="x")) == "cant_update_message"
    assert error_of(lambda: slack.chat_delete(channel=OPS, ts=ts)) == "cant_delete_message"


def _line_of_ana(wire: Wire) -> str:
    """An in_channel answer shows the command that was typed, as a line of the person's own."""
    wire.post(wire.payload()["response_url"], {"response_type": "in_channel", "text": "for all"})
    line = next(each for each in wire.messages() if each["user"] == "U0ANA00001")
    assert line["text"] == "/aws help"
    return str(line["ts"])


def test_a_deleted_message_is_gone(slack: WebClient, wire: Wire) -> None:
    ts = slack.chat_postMessage(channel=OPS, text="oops")["ts"]
    slack.chat_delete(channel=OPS, ts=ts)
    assert wire.messages() == []
    assert error_of(lambda: slack.chat_delete(channel=OPS, ts=ts)) == "message_not_found"


def test_an_ephemeral_message_is_seen_by_its_person_alone(slack: WebClient, wire: Wire) -> None:
    slack.chat_postEphemeral(channel=OPS, user="U0ANA00001", text="you alone")
    assert wire.messages(user="ben") == []
    assert wire.messages(user="U0ANA00001")[0]["ephemeral_to"] == "U0ANA00001"


def test_an_ephemeral_message_needs_a_member_and_a_short_text(slack: WebClient) -> None:
    outsider = error_of(lambda: slack.chat_postEphemeral(channel=OPS, user="U0SAM00005", text="x"))
    assert outsider == "user_not_in_channel"
    long = error_of(lambda: slack.chat_postEphemeral(channel=OPS, user="U0ANA00001", text="x" * 4001))
    assert long == "msg_too_long"


def test_users_bear_the_flags_that_identity_is_decided_by(slack: WebClient) -> None:
    def info(user: str) -> dict[str, object]:
        return slack.users_info(user=user)["user"]

    assert info("U0CARLA003")["is_admin"]
    assert info("U0GUS00004")["is_restricted"]
    assert info("U0SAM00005")["is_stranger"]
    assert info("U0SAM00005")["team_id"] == "T0PARTNER1"
    assert info("U0DEL00006")["deleted"]
    assert info("U0BOT00007")["is_bot"]
    assert error_of(lambda: info("U0NOBODY00")) == "user_not_found"
    assert error_of(lambda: info("ana")) == "user_not_found"


def test_users_list_comes_in_pages(slack: WebClient) -> None:
    first = slack.users_list(limit=5)
    second = slack.users_list(limit=5, cursor=first["response_metadata"]["next_cursor"])
    assert [user["name"] for user in first["members"]] == ["ana", "ben", "carla", "gus", "sam"]
    assert [user["name"] for user in second["members"]] == ["dana", "aws"]
    assert second["response_metadata"]["next_cursor"] == ""
    assert error_of(lambda: slack.users_list(cursor="%%%")) == "invalid_cursor"


def test_disabled_groups_show_on_request_only(slack: WebClient) -> None:
    assert [each["handle"] for each in slack.usergroups_list()["usergroups"]] == ["oncall", "developers"]
    everything = slack.usergroups_list(include_disabled=True, include_users=True)["usergroups"]
    assert everything[0]["users"] == ["U0ANA00001", "U0CARLA003"]
    assert everything[2]["date_delete"] > 0
    assert slack.usergroups_users_list(usergroup="S0ONCALL01")["users"] == ["U0ANA00001", "U0CARLA003"]
    assert error_of(lambda: slack.usergroups_users_list(usergroup="S0EMPTY003")) == "no_such_subteam"
    assert slack.usergroups_users_list(usergroup="S0EMPTY003", include_disabled=True)["users"] == []


def test_conversations_say_what_they_are(slack: WebClient) -> None:
    shared = slack.conversations_info(channel="C0SHARED06")["channel"]
    assert (shared["is_ext_shared"], shared["is_member"]) == (True, True)
    assert not slack.conversations_info(channel=RANDOM)["channel"]["is_member"]
    assert error_of(lambda: slack.conversations_info(channel=BOARD)) == "channel_not_found"


def test_the_list_of_conversations_holds_no_private_channel_of_others(slack: WebClient) -> None:
    both = slack.conversations_list(types="public_channel,private_channel", limit=100)["channels"]
    assert [each["name"] for each in both] == ["ops", "dev", "random", "secret-ops", "partner-shared"]
    assert error_of(lambda: slack.conversations_list(types="im")) == "missing_scope"
    assert slack.conversations_members(channel=DEV)["members"][0] == "U0ANA00001"


MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "AWS"}, "blocks": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "home"},
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"private_metadata": "x" * 3001},
        {"blocks": [{"type": "divider"}] * 101},
    ],
)
def test_a_modal_beyond_a_limit_is_refused(slack: WebClient, wire: Wire, wrong: dict[str, object]) -> None:
    wire.command()
    trigger = wire.payload()["trigger_id"]
    assert error_of(lambda: slack.views_open(trigger_id=trigger, view=MODAL | wrong)) == "invalid_arguments"


def test_a_view_is_updated_by_its_id_and_has_a_greatest_size(slack: WebClient, wire: Wire) -> None:
    wire.command()
    view = slack.views_open(trigger_id=wire.payload()["trigger_id"], view=MODAL)["view"]
    assert slack.views_update(view_id=view["id"], view=MODAL)["ok"]
    assert error_of(lambda: slack.views_update(view_id="V0", view=MODAL)) == "not_found"
    big = MODAL | {"blocks": [{"type": "section", "text": "x" * 250_001}]}
    assert error_of(lambda: slack.views_update(view_id=view["id"], view=big)) == "view_too_large"


def test_posts_beyond_the_burst_get_429_with_the_seconds_to_wait_per_channel() -> None:
    clock = Clock()
    with SlackServer(now=clock) as server:
        slack = Wire(server).client()
        for _ in range(10):
            slack.chat_postMessage(channel=OPS, text="x")
        with pytest.raises(SlackApiError) as limited:
            slack.chat_postMessage(channel=OPS, text="x")
        assert limited.value.response.status_code == 429
        assert limited.value.response.headers["Retry-After"] == "1"
        assert slack.chat_postMessage(channel=DEV, text="another channel")["ok"]
        clock.time += 1
        assert slack.chat_postMessage(channel=OPS, text="x")["ok"]
        assert error_of(lambda: slack.chat_postMessage(channel=OPS, text="x")) == "ratelimited"


def test_limits_can_be_switched_off() -> None:
    with SlackServer(now=Clock()) as server:
        wire = Wire(server)
        wire.order("limits", enabled=False)
        for _ in range(30):
            assert wire.client().usergroups_list()["ok"]
        wire.order("limits", enabled=True)
        refused = [error_of(wire.client().usergroups_list) for _ in range(21)]
        assert refused == ["no error"] * 20 + ["ratelimited"]


def test_a_fault_strikes_its_method_so_many_times(slack: WebClient, wire: Wire) -> None:
    wire.order("fault", kind="api_429", method="users.info", times=1, retry_after=7)
    assert slack.auth_test()["ok"]
    with pytest.raises(SlackApiError) as limited:
        slack.users_info(user="U0ANA00001")
    assert limited.value.response.headers["Retry-After"] == "7"
    assert slack.users_info(user="U0ANA00001")["ok"]
    wire.order("fault", kind="api_error", method="chat.postMessage", error="invalid_blocks", times=None)
    for _ in range(2):
        assert error_of(lambda: slack.chat_postMessage(channel=OPS, text="x")) == "invalid_blocks"
    wire.order("fault", kind="clear")
    assert slack.chat_postMessage(channel=OPS, text="x")["ok"]


def test_a_fault_may_be_an_http_500_or_slowness(slack: WebClient, wire: Wire) -> None:
    wire.order("fault", kind="api_500", method="*", times=1)
    with pytest.raises(SlackApiError) as broken:
        slack.auth_test()
    assert broken.value.response.status_code == 500
    wire.order("fault", kind="api_slow", method="auth.test", seconds=0.3, times=1)
    began = time.monotonic()
    slack.auth_test()
    assert time.monotonic() - began >= 0.3


def test_a_lost_reply_leaves_the_call_done(slack: WebClient, wire: Wire) -> None:
    wire.order("fault", kind="api_hang_after", method="chat.postMessage", times=1)
    with pytest.raises((OSError, urllib.error.URLError)):
        slack.chat_postMessage(channel=OPS, text="did it arrive?")
    assert [each["text"] for each in wire.messages()] == ["did it arrive?"]


def test_while_slack_is_down_only_the_control_api_answers(slack: WebClient, wire: Wire) -> None:
    wire.order("fault", kind="down")
    with pytest.raises((OSError, urllib.error.URLError)):
        slack.auth_test()
    assert wire.command()["outcome"] == "dispatch_failed"
    wire.order("fault", kind="clear")
    assert slack.auth_test()["ok"]


def test_the_log_keeps_texts_and_no_token(slack: WebClient, wire: Wire) -> None:
    slack.chat_postMessage(channel=OPS, text="kept", token=BOT_TOKEN)
    error_of(lambda: slack.chat_postMessage(channel=RANDOM, text="refused"))
    done, refused = wire.log("api")
    assert (done["method"], done["ok"], done["args"]["text"]) == ("chat.postMessage", True, "kept")
    assert (refused["error"], refused["args"]["channel"]) == ("not_in_channel", RANDOM)
    assert BOT_TOKEN not in str(wire.log())
