"""Freezes of bot.yml: times in which nothing is changed, whatever the rules allow; those excepted still need a rule."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from bot.config.ids import Name, Section, sentence
from bot.config.times import Moment, Window, Zone, moment_of
from bot.config.who import AccountNames, ActionPattern, Who


class Except(Section):
    """Whom a freeze does not concern."""

    who: Who


class Freeze(Section):
    """No changes between two moments, or in hours that come every week."""

    id: Name
    reason: Annotated[str, Field(min_length=1, max_length=300, description="Said to whoever is refused.")]
    from_: Annotated[Moment | None, Field(default=None, alias="from")] = None
    until: Annotated[Moment | None, Field(description="The freeze is over at this moment.")] = None
    zone: Annotated[Zone, Field(description="Whose clocks from and until mean.")] = "UTC"
    when: Window | None = None
    accounts: AccountNames = ("*",)
    actions: Annotated[tuple[ActionPattern, ...] | None, Field(default=None, min_length=1)] = None
    except_: Annotated[Except | None, Field(default=None, alias="except")] = None

    @model_validator(mode="after")
    def _has_a_time(self) -> Freeze:
        if self.when is None and not (self.from_ and self.until):
            raise sentence("a freeze needs from and until, or when")
        if self.when is not None and (self.from_ or self.until):
            raise sentence("a freeze has from and until, or when: not both")
        if self.from_ and self.until and self.begins >= self.ends:
            raise sentence("until comes before from")
        return self

    @property
    def begins(self) -> float:
        return moment_of(self.from_ or "", self.zone)

    @property
    def ends(self) -> float:
        return moment_of(self.until or "", self.zone, last=True)

    @property
    def told(self) -> str:
        """How long it lasts, as people read it."""
        return f"until {self.until} ({self.zone})" if self.when is None else f"in force {self.when}"

    def holds(self, at: float | None) -> bool:
        """Say whether it is in force; at a time that is not known it is."""
        if at is None:
            return True
        return self.when.holds(at) if self.when else self.begins <= at < self.ends
