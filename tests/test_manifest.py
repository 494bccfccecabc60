"""The app's manifest within Slack's limits, and with the scopes that what the bot does needs: no fewer, and no more."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk import WebClient

from bot.slack.listeners import EVENTS, Listeners

ROOT = Path(__file__).parents[1]
LINES = (ROOT / "manifest.yml").read_text().splitlines()
MANIFEST: dict[str, Any] = yaml.safe_load("\n".join(LINES))
SCOPES: list[str] = MANIFEST["oauth_config"]["scopes"]["bot"]
LISTED: list[str] = MANIFEST["settings"]["event_subscriptions"]["bot_events"]

PLACES = {"channels:read", "groups:read"}
OF_METHODS: dict[str, set[str]] = {
    "apps.connections.open": set(),  # the app-level token's
    "auth.test": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.info": PLACES,
    "usergroups.list": {"usergroups:read"},
    "usergroups.users.list": {"usergroups:read"},
    "users.conversations": PLACES,
    "users.info": {"users:read"},
}
OF_EVENTS: dict[str, set[str]] = {
    "channel_archive": {"channels:read"},
    "channel_shared": PLACES,
    "channel_unshared": PLACES,
    "member_joined_channel": PLACES,
    "member_left_channel": PLACES,
    "subteam_members_changed": {"usergroups:read"},
    "subteam_updated": {"usergroups:read"},
    "user_change": {"users:read"},
}
LONGEST = {
    ("display_information", "name"): 35,
    ("display_information", "description"): 140,
    ("display_information", "long_description"): 4000,
    ("features", "bot_user", "display_name"): 80,
}


def at(path: tuple[str, ...]) -> Any:
    found: Any = MANIFEST
    for key in path:
        found = found[key]
    return found


@cache
def called() -> frozenset[str]:
    """Every Web API method that the bot calls, by the names of slack_sdk's WebClient."""
    names = {
        node.attr
        for path in (ROOT / "bot").rglob("*.py")
        if "sandbox" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    sources = (
        inspect.getsource(getattr(WebClient, name))
        for name in names
        if inspect.isfunction(getattr(WebClient, name, None))
    )
    found = (re.search(r'api_call\(\s*"(\w+\.[\w.]+)"', source) for source in sources)
    return frozenset(each[1] for each in found if each)


@pytest.mark.parametrize(("path", "most"), LONGEST.items(), ids=str)
def test_words_are_no_longer_than_slack_takes(path: tuple[str, ...], most: int) -> None:
    assert 1 <= len(at(path)) <= most


def test_the_long_description_is_long_enough_for_slack() -> None:
    assert len(MANIFEST["display_information"]["long_description"]) >= 175


def test_the_colour_is_one_in_hex() -> None:
    assert re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", MANIFEST["display_information"]["background_color"])


def test_the_parts_are_those_that_slack_knows() -> None:
    assert MANIFEST.keys() == {"_metadata", "display_information", "features", "oauth_config", "settings"}
    assert MANIFEST["features"].keys() == {"app_home", "bot_user", "slash_commands"}
    known = {"event_subscriptions", "interactivity", "org_deploy_enabled", "socket_mode_enabled"}
    assert MANIFEST["settings"].keys() == known | {"token_rotation_enabled"}


def test_the_one_slash_command_is_the_one_that_is_listened_to() -> None:
    (command,) = MANIFEST["features"]["slash_commands"]
    assert command["command"] == inspect.signature(Listeners.app).parameters["command"].default
    assert 2 <= len(command["command"]) <= 32
    assert 1 <= len(command["description"]) <= 2000
    assert 1 <= len(command["usage_hint"]) <= 1000
    assert command["should_escape"] is True


def test_nothing_needs_a_way_in_from_outside() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert MANIFEST["settings"]["interactivity"] == {"is_enabled": True}
    assert not [line for line in LINES if re.match(r"\s*(- )?\w*urls?:", line)]


def test_direct_messages_can_be_read_and_commands_typed_there() -> None:
    home = MANIFEST["features"]["app_home"]
    assert (home["messages_tab_enabled"], home["messages_tab_read_only_enabled"]) == (True, False)


def test_every_event_that_is_listened_to_is_subscribed_to_and_no_other() -> None:
    assert sorted(LISTED) == sorted(EVENTS)


def test_the_scopes_are_those_of_what_is_called_and_heard() -> None:
    of_methods = {scope for method in called() for scope in OF_METHODS[method]}
    of_events = {scope for event in LISTED for scope in OF_EVENTS[event]}
    assert sorted(SCOPES) == sorted({"commands"} | of_methods | of_events)


def test_no_event_needs_a_scope_that_no_call_needs() -> None:
    assert {scope for event in LISTED for scope in OF_EVENTS[event]} <= {
        scope for method in called() for scope in OF_METHODS[method]
    }


def test_every_call_that_is_listed_here_is_still_made() -> None:
    assert called() == OF_METHODS.keys()


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_says_what_it_is_for(scope: str) -> None:
    (line,) = [each for each in LINES if each.strip().startswith(f"- {scope} ")]
    assert len(line.partition(" # ")[2]) > 3
