"""Limits of bot.yml: how much may be changed in one command and in a while, and how often AWS may be asked."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from bot.config.ids import Name, Section, checked, sentence, string
from bot.config.times import Duration, Rate, seconds_of
from bot.config.who import AccountNames, Who

COSTS_MONEY = "costs-money"
"""The class of operations that are paid for each time, as an action of a limit."""
_PER = r"person|channel|account|region|everyone|tag:.{1,128}"
_ACTION = r"costs-money|[a-z0-9-]+:[A-Za-z0-9*?]+"

Per = Annotated[
    str,
    AfterValidator(checked("person, channel, account, region, everyone or tag:KEY", _PER)),
    string(f"({_PER})"),
]
LimitAction = Annotated[
    str,
    AfterValidator(checked("service:Operation (ec2:StopInstances, ec2:*) or costs-money", _ACTION)),
    string(f"({_ACTION})"),
]
Count = Annotated[int, Field(ge=1, strict=True)]


class Limit(Section):
    """At most so many changed resources within a while, or in one command."""

    id: Name
    at_most: Annotated[Count | None, Field(description="Changed resources within the time.")] = None
    within: Annotated[Duration | None, Field(description="A window that slides: 30m, 1h, 7d.")] = None
    per: Annotated[Per | None, Field(description="Whose changes are counted together; person if absent.")] = None
    resources: Annotated[Count | None, Field(description="Changed resources in one command.")] = None
    actions: Annotated[tuple[LimitAction, ...] | None, Field(default=None, min_length=1)] = None
    accounts: AccountNames = ("*",)
    who: Who | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Limit:
        counted = (self.at_most, self.within)
        if self.resources is not None and (any(counted) or self.per):
            raise sentence("a limit has resources (in one command), or at_most and within: not both")
        if self.resources is None and not all(counted):
            raise sentence("a limit needs at_most and within, or resources (in one command)")
        return self

    @property
    def seconds(self) -> float:
        return seconds_of(self.within) if self.within else 0.0

    @property
    def whose(self) -> str:
        return self.per or "person"

    def __str__(self) -> str:
        """As people read it: `at most 5 within 1h, per person`."""
        if self.resources is not None:
            return f"at most {self.resources} in one command"
        return f"at most {self.at_most} within {self.within}, per {self.whose}".replace("per everyone", "all together")


class Reads(Section):
    """How often AWS may be asked, so that looking never uses up what production needs of AWS's own limits."""

    per_person: Annotated[Rate, Field(description="Commands that ask AWS, a person.")] = "60/m"
    per_api: Annotated[Rate, Field(description="Requests of one API to one account and Region, a process.")] = "600/m"
