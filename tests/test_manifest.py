"""The app's manifest as Slack takes it, and with the scopes that what the bot does needs: no fewer, and no more.

`refusals` is our own reading of Slack's rules (docs.slack.dev/reference/app-manifest and the published schema): what
it finds, Slack would refuse.
"""

from __future__ import annotations

import ast
import copy
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_sdk import WebClient

from bot.slack.listeners import FACTS, HOME_OPENED, MESSAGES, Listeners
from bot.slack.shortcuts import LOOK_UP, PUT_FILE

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
    "conversations.members": PLACES,
    "files.completeUploadExternal": {"files:write"},
    "files.getUploadURLExternal": {"files:write"},
    "files.info": {"files:read"},
    "usergroups.list": {"usergroups:read"},
    "users.conversations": PLACES,
    "users.info": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
    "views.update": set(),
}
OF_EVENTS: dict[str, set[str]] = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "message.im": {"im:history"},
    "channel_archive": {"channels:read"},
    "channel_shared": PLACES,
    "channel_unshared": PLACES,
    "member_joined_channel": PLACES,
    "member_left_channel": PLACES,
    "subteam_members_changed": {"usergroups:read"},
    "subteam_updated": {"usergroups:read"},
    "user_change": {"users:read"},
}


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


# ── our reading of Slack's rules ──

SHAPE: dict[str, Any] = {
    "_metadata": {"major_version": int, "minor_version": int},
    "display_information": {
        "name": (1, 35),
        "description": (0, 140),
        "long_description": (175, 4000),
        "background_color": re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    },
    "features": {
        "app_home": {"home_tab_enabled": bool, "messages_tab_enabled": bool, "messages_tab_read_only_enabled": bool},
        "bot_user": {"display_name": re.compile(r"[a-z0-9._ -]{1,80}"), "always_online": bool},
        "shortcuts": [
            {
                "name": (1, 24),
                "type": re.compile("message|global"),
                "callback_id": (1, 255),
                "description": (1, 150),
            }
        ],
        "slash_commands": [
            {
                "command": re.compile(r"/[a-z0-9_-]{1,31}"),
                "description": (1, 2000),
                "usage_hint": (1, 1000),
                "should_escape": bool,
            }
        ],
    },
    "oauth_config": {"scopes": {"bot": [re.compile(r"[a-z_]+(:[a-z_]+)*(\.[a-z]+)?")]}},
    "settings": {
        "event_subscriptions": {"bot_events": [re.compile(r"[a-z_]+(\.[a-z]+)?")]},
        "interactivity": {"is_enabled": bool},
        "org_deploy_enabled": bool,
        "socket_mode_enabled": bool,
        "token_rotation_enabled": bool,
    },
}
MOST = {"shortcuts": 10, "slash_commands": 50, "bot": 255, "bot_events": 100}
OF_A_KIND = 5
"""Shortcuts on messages, and as many global ones."""


def refusals(value: Any, shape: Any = SHAPE, where: str = "manifest") -> list[str]:
    """Say what Slack would refuse: an unknown key, a wrong type, a text too long, a list too long or with doubles."""
    if isinstance(shape, dict):
        return _of_mapping(value, shape, where)
    if isinstance(shape, list):
        return _of_list(value, shape[0], where)
    if isinstance(shape, tuple):
        least, most = shape
        fits = isinstance(value, str) and least <= len(value) <= most
        return [] if fits else [f"{where}: {least} to {most} characters"]
    if isinstance(shape, re.Pattern):
        return [] if isinstance(value, str) and shape.fullmatch(value) else [f"{where}: like {shape.pattern}"]
    return [] if isinstance(value, shape) else [f"{where}: a {shape.__name__}"]


def _of_mapping(value: Any, shape: dict[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: a mapping"]
    unknown = [f"{where}: no key {key}" for key in value if key not in shape]
    return unknown + [
        each for key in value if key in shape for each in refusals(value[key], shape[key], f"{where}.{key}")
    ]


def _of_list(value: Any, shape: Any, where: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{where}: a list"]
    most = MOST[where.rpartition(".")[2]]
    found = [f"{where}: at most {most}"] if len(value) > most else []
    found += [f"{where}: {each} twice" for n, each in enumerate(value) if each in value[:n]]
    return found + [each for n, one in enumerate(value) for each in refusals(one, shape, f"{where}.{n}")]


def test_slack_would_take_it() -> None:
    assert refusals(MANIFEST) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("display_information", "name"), "n" * 36),
        (("display_information", "long_description"), "short"),
        (("display_information", "background_color"), "grey"),
        (("features", "shortcuts", 0, "name"), "Look up in AWS, all of it"),
        (("features", "shortcuts", 0, "type"), "thread"),
        (("features", "slash_commands", 0, "command"), "aws"),
        (("features", "slash_commands", 0, "should_escape"), "yes"),
        (("features", "tabs"), {}),
        (("oauth_config", "scopes", "bot"), ["chat:write", "chat:write"]),
        (("settings", "event_subscriptions", "bot_events"), ["user_change"] * 101),
        (("settings", "interactivity"), True),
    ],
    ids=str,
)
def test_what_slack_would_refuse_is_found(path: tuple[Any, ...], value: Any) -> None:
    other = copy.deepcopy(MANIFEST)
    inner = other
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert refusals(other)


def test_there_are_no_more_shortcuts_of_a_kind_than_slack_shows() -> None:
    kinds = [each["type"] for each in MANIFEST["features"]["shortcuts"]]
    assert max(map(kinds.count, kinds)) <= OF_A_KIND


def test_the_shortcuts_are_those_that_are_listened_to() -> None:
    assert {each["callback_id"] for each in MANIFEST["features"]["shortcuts"]} == {LOOK_UP, PUT_FILE}


def test_the_one_slash_command_is_the_one_that_is_listened_to() -> None:
    (command,) = MANIFEST["features"]["slash_commands"]
    assert command["command"] == inspect.signature(Listeners.app).parameters["command"].default
    assert command["should_escape"] is True


def test_nothing_needs_a_way_in_from_outside() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert MANIFEST["settings"]["interactivity"] == {"is_enabled": True}
    assert not [line for line in LINES if re.match(r"\s*(- )?\w*urls?:", line)]


def test_direct_messages_can_be_read_and_commands_typed_there() -> None:
    home = MANIFEST["features"]["app_home"]
    assert (home["messages_tab_enabled"], home["messages_tab_read_only_enabled"]) == (True, False)
    assert home["home_tab_enabled"] is True


def test_every_event_that_is_listened_to_is_subscribed_to_and_no_other() -> None:
    heard = {"message.im" if event == "message" else event for event in (*FACTS, *MESSAGES, HOME_OPENED)}
    assert sorted(LISTED) == sorted(heard)


def test_the_scopes_are_those_of_what_is_called_and_heard() -> None:
    of_methods = {scope for method in called() for scope in OF_METHODS[method]}
    of_events = {scope for event in LISTED for scope in OF_EVENTS[event]}
    assert sorted(SCOPES) == sorted({"commands"} | of_methods | of_events)


def test_every_call_that_is_listed_here_is_still_made() -> None:
    assert called() == OF_METHODS.keys()


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_says_what_it_is_for(scope: str) -> None:
    (line,) = [each for each in LINES if each.strip().startswith(f"- {scope} ")]
    assert len(line.partition(" # ")[2]) > 3


@pytest.mark.parametrize("event", LISTED)
def test_an_event_says_what_it_is_for(event: str) -> None:
    (line,) = [each for each in LINES if each.strip().startswith(f"- {event}") and each.strip().split()[1] == event]
    assert len(line.partition(" # ")[2]) > 3
