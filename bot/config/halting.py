"""Who may stop everything, and resume what somebody else stopped."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from bot.config.ids import GroupId, Section, UserId, sentence


class Stoppers(Section):
    """Who may halt, and resume what somebody else halted."""

    users: tuple[UserId, ...] = ()
    groups: tuple[GroupId, ...] = ()
    terminal: Annotated[tuple[str, ...], Field(description="Operating system users of the bot's host.")] = ()

    @model_validator(mode="after")
    def _somebody(self) -> Stoppers:
        if not (self.users or self.groups or self.terminal):
            raise sentence("who lists nobody: name users, groups or users of the terminal, or take halt out")
        return self


class Halting(Section):
    """The stop button."""

    who: Stoppers
