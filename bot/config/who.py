"""Who is meant, and which operations: what rules, freezes and limits of bot.yml have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from bot.config.ids import GroupId, Section, UserId, checked, string

_ACTION = r"[a-z0-9-]+:[A-Za-z0-9*?]+"
ActionPattern = Annotated[
    str,
    AfterValidator(checked("service:Operation, the service without wildcards (ec2:StopInstances, ec2:*)", _ACTION)),
    string(_ACTION),
]
AccountNames = Annotated[tuple[str, ...], Field(min_length=1, description='Names from accounts, or "*" for any.')]


class Who(Section):
    """People, by id: any of the lists, or everyone; and reports of the file. All empty means nobody."""

    users: tuple[UserId, ...] = ()
    groups: tuple[GroupId, ...] = ()
    everyone: Annotated[bool, Field(strict=True, description="All full members of our workspace.")] = False
    terminal: Annotated[tuple[str, ...], Field(description="Operating system users of the bot's host.")] = ()
    reports: Annotated[tuple[str, ...], Field(description='Names from reports, or "*" for any of the file.')] = ()
