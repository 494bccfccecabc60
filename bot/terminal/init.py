"""`python -m bot init`: a first bot.yml with the real ids in it, under which everybody may look and nobody may change.

What Slack and AWS cannot be asked becomes a comment to fill in. A file that is there is never written over.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.aws.catalogue import releases
from bot.aws.identity import Identity
from bot.errors import BotError, OperatorError
from bot.text import line

Found = TypeVar("Found")

WRITTEN = 0
_MANY = 40
"""Ids of one kind that the file names; a large workspace has hundreds."""


@dataclass(frozen=True, slots=True)
class Named:
    """An id and what it is called, for the comments alone."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """What Slack says of itself. `missing` are sentences about what it would not say."""

    team: Named
    groups: tuple[Named, ...] = ()
    channels: tuple[Named, ...] = ()
    missing: tuple[str, ...] = ()


def init(path: Path, slack: Callable[[], Workspace], aws: Callable[[], Identity], user: str) -> int:
    """Ask, write and say what was written; `user` is the operating system's. Raises OperatorError, writes nothing."""
    if path.exists() or path.is_symlink():
        raise OperatorError(f"{path} is there already: nothing was asked or written. Name another with --config.")
    workspace, not_slack = _asked(slack)
    identity, not_aws = _asked(aws)
    _write(path, written(workspace, identity, user))
    for told in (*not_slack, *(workspace.missing if workspace else ()), *not_aws, *_no_region(identity)):
        print(f"Not in it yet: {told}")
    print(f"Wrote {path}: everybody may look, nobody may change anything. Edit it, then: python -m bot check")
    return WRITTEN


def _asked(ask: Callable[[], Found]) -> tuple[Found | None, tuple[str, ...]]:
    try:
        return ask(), ()
    except BotError as error:
        return None, (error.sentence,)


def _no_region(identity: Identity | None) -> tuple[str, ...]:
    none = identity is not None and not identity.region
    return ("your Region: none is configured, so us-east-1 stands there.",) if none else ()


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written ({error.strerror}): nothing was written.") from error


def written(workspace: Workspace | None, identity: Identity | None, user: str) -> str:
    """Compose the file. Every line of the examples can be uncommented as it stands."""
    groups = workspace.groups if workspace else ()
    channels = workspace.channels if workspace else ()
    return "\n".join(
        [
            "# The allowlist: what may be done, by whom, where. What no rule allows is refused.",
            "# After every change: python -m bot check",
            *_team(workspace),
            "",
            "# Whom to ask for more rights: the id of a user, a user group or a channel.",
            f"# contact: {_first(groups, 'S0123456789')}",
            "",
            *_accounts(identity),
            "",
            "# Wildcards mean the AWS operations that were known and reviewed then; an update adds none by itself.",
            f'catalogue: "{releases()[-1]}"',
            "",
            "rules:",
            "  - id: everyone-looks",
            "    actions: [ec2:DescribeInstances, bot:Status]",
            "    who: {everyone: true}          # all full members of the workspace; no guests, nobody from outside",
            '    accounts: ["*"]',
            "",
            *_example(groups, channels, user),
            "",
            *_list("User groups of the workspace", groups),
            *_list("Channels the bot is in", channels),
            "",
        ]
    )


def _team(workspace: Workspace | None) -> list[str]:
    return [f"# Slack workspace: {_comment(workspace.team)}"] if workspace else []


def _accounts(identity: Identity | None) -> list[str]:
    if identity is None:
        return [
            "# AWS could not be asked: put your account's 12 digits, in quotes, and its Region here.",
            "# accounts:",
            '#   main: {id: "123456789012", default: true, region: us-east-1}',
        ]
    return [
        f"# The credentials found: {line(identity.arn)}",
        "accounts:",
        f'  main: {{id: "{identity.account}", default: true, region: {identity.region or "us-east-1"}}}',
    ]


def _example(groups: tuple[Named, ...], channels: tuple[Named, ...], user: str) -> list[str]:
    return [
        "# A rule under which something can be changed, to uncomment when its ids are right:",
        "#  - id: stop-and-start-dev",
        "#    actions: [ec2:StopInstances, ec2:StartInstances]",
        f"#    who: {{groups: [{_first(groups, 'S0123456789')}]}}",
        f"#    channels: [{_first(channels, 'C0123456789')}]",
        '#    accounts: ["*"]',
        "#    tags: {env: [dev]}",
        "# And one for python -m bot shell on the bot's own host:",
        "#  - id: terminal-looks",
        "#    actions: [ec2:DescribeInstances, bot:Status]",
        f"#    who: {{terminal: [{json.dumps(user)}]}}",
        '#    accounts: ["*"]',
    ]


def _list(title: str, named: tuple[Named, ...]) -> list[str]:
    more = len(named) - _MANY
    rest = [f"#   and {more} more"] if more > 0 else []
    return [f"# {title}:", *(f"#   {_comment(each)}" for each in named[:_MANY] or _NONE), *rest]


_NONE = (Named("none found", ""),)


def _comment(each: Named) -> str:
    return line(f"{each.id} {each.name}")


def _first(named: tuple[Named, ...], placeholder: str) -> str:
    return named[0].id if named else placeholder
