"""Ids and names as bot.yml spells them, and what every section of the file has in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

_IDS = {
    "users": (r"[UW][A-Z0-9]{2,20}", "a user id (U… or W…; in a profile: ⋮, Copy member ID)"),
    "groups": (r"S[A-Z0-9]{2,20}", "a user group id (S…; at the end of the group's link)"),
    "channels": (r"[CGD][A-Z0-9]{2,20}", "a channel id (C…, G… or D…; at the foot of the channel's details)"),
    "contact of a report": (r"[UWCGD][A-Z0-9]{2,20}", "the id of a user or a channel (U… or C…)"),
    "contact": (r"[UWSCG][A-Z0-9]{2,20}", "the id of a user, a user group or a channel (U…, S… or C…)"),
}


def sentence(text: str) -> PydanticCustomError:
    """Make a sentence of ours into an error that pydantic gives its place in the file."""
    return PydanticCustomError("bot", "{text}", {"text": text})


def checked(means: str, pattern: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise sentence(f"{text!r} should be {means}")
        return text

    return check


def _id(kind: str) -> Callable[[str], str]:
    pattern, means = _IDS[kind]

    def check(text: str) -> str:
        if re.fullmatch(pattern, text):
            return text
        other = next((each for each, (form, _) in _IDS.items() if re.fullmatch(form, text)), None)
        if other and kind in ("users", "groups", "channels"):
            raise sentence(f"{text!r} belongs under {other}, not under {kind}")
        raise sentence(f"{text!r} is no id: {kind} takes {means}. Names can be taken over by others, ids cannot")

    return check


def string(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"

UserId = Annotated[str, AfterValidator(_id("users")), string(_IDS["users"][0])]
GroupId = Annotated[str, AfterValidator(_id("groups")), string(_IDS["groups"][0])]
ChannelId = Annotated[str, AfterValidator(_id("channels")), string(_IDS["channels"][0])]
Contact = Annotated[str, AfterValidator(_id("contact")), string(_IDS["contact"][0])]
ReportContact = Annotated[str, AfterValidator(_id("contact of a report")), string(_IDS["contact of a report"][0])]
Name = Annotated[str, AfterValidator(checked("a name of letters, digits, dots and dashes", _NAME)), string(_NAME)]
AccountId = Annotated[str, AfterValidator(checked("an account id of 12 digits", r"[0-9]{12}")), string(r"[0-9]{12}")]


class Section(BaseModel):
    """A section of bot.yml: its keys are known, and its values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
