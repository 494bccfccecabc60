"""A report of bot.yml: when, where, and which command that reads; it runs as a principal of its own, by its name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from bot.config.ids import ChannelId, ReportContact, Section, sentence
from bot.errors import UsageError
from bot.when import schedule, zone_of


class Report(Section):
    """A command that reads, run by a schedule and told to a channel. The rules grant it by `who: {reports: [name]}`."""

    zone: Annotated[str, Field(description="An IANA time zone: Europe/Berlin.", validate_default=True)] = "UTC"
    schedule: Annotated[str, Field(description='"every weekday at 9:00" or five fields of crontab(5): "0 9 * * 1-5".')]
    channel: ChannelId
    command: Annotated[str, Field(min_length=1, description="What would be typed: a command that reads.")]
    contact: Annotated[ReportContact | None, Field(description="Whom to tell when it cannot run.")] = None

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            zone_of(name)
        except UsageError as error:
            raise sentence(error.sentence) from None
        return name

    @field_validator("schedule")
    @classmethod
    def _is_a_time(cls, text: str, info: ValidationInfo) -> str:
        try:
            schedule(text, info.data.get("zone", "UTC"))
        except UsageError as error:
            raise sentence(error.sentence) from None
        return text
