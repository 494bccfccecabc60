"""The shapes of bot.yml: accounts, rules, and whom to ask.

Each class is a section of the file and the value that the rest of the bot works with. What a shape cannot say (that
an operation or an account exists) is checked in `names.py`. A key that is absent means "any"; an empty list does not,
and is refused everywhere but under `who`, where it means nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from bot.command import Audience
from bot.errors import UsageError
from bot.glob import is_glob, matches


class Needs(StrEnum):
    """What has to happen before an allowed command runs."""

    NOTHING = "nothing"
    CONFIRM = "confirm"


_IDS = {
    "users": (r"[UW][A-Z0-9]{2,20}", "a user id (U… or W…; in a profile: ⋮, Copy member ID)"),
    "groups": (r"S[A-Z0-9]{2,20}", "a user group id (S…; at the end of the group's link)"),
    "channels": (r"[CGD][A-Z0-9]{2,20}", "a channel id (C…, G… or D…; at the foot of the channel's details)"),
    "contact": (r"[UWSCG][A-Z0-9]{2,20}", "the id of a user, a user group or a channel (U…, S… or C…)"),
}
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]+")


def sentence(text: str) -> PydanticCustomError:
    """Make a sentence of ours into an error that pydantic gives its place in the file."""
    return PydanticCustomError("bot", "{text}", {"text": text})


def _checked(means: str, pattern: str) -> Callable[[str], str]:
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
        if other and kind != "contact":
            raise sentence(f"{text!r} belongs under {other}, not under {kind}")
        raise sentence(f"{text!r} is no id: {kind} takes {means}. Names can be taken over by others, ids cannot")

    return check


def _exact(text: str) -> str:
    if is_glob(text):
        raise sentence(f"{text!r}: tags are compared exactly, wildcards mean nothing here")
    return text


def _plain(value: Any) -> Any:
    if not isinstance(value, str | bool | int | float):
        raise sentence("a parameter is compared with text, numbers, true or false")
    if isinstance(value, str) and is_glob(value):
        raise sentence(f"{value!r}: parameters are compared exactly, wildcards mean nothing here")
    return value


def _string(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_ACTION = r"[a-z0-9-]+:[A-Za-z0-9*?]+"

UserId = Annotated[str, AfterValidator(_id("users")), _string(_IDS["users"][0])]
GroupId = Annotated[str, AfterValidator(_id("groups")), _string(_IDS["groups"][0])]
ChannelId = Annotated[str, AfterValidator(_id("channels")), _string(_IDS["channels"][0])]
Contact = Annotated[str, AfterValidator(_id("contact")), _string(_IDS["contact"][0])]
Name = Annotated[str, AfterValidator(_checked("a name of letters, digits, dots and dashes", _NAME)), _string(_NAME)]
AccountId = Annotated[str, AfterValidator(_checked("an account id of 12 digits", r"[0-9]{12}")), _string(r"[0-9]{12}")]
RoleArn = Annotated[str, AfterValidator(_checked("a role's ARN (arn:aws:iam::123456789012:role/name)", _ROLE.pattern))]
ActionPattern = Annotated[
    str,
    AfterValidator(_checked("service:Operation, the service without wildcards (ec2:StopInstances, ec2:*)", _ACTION)),
    _string(_ACTION),
]
TagValue = Annotated[str, AfterValidator(_exact)]
ParamValue = Annotated[
    Any,
    BeforeValidator(_plain),
    WithJsonSchema({"anyOf": [{"type": kind} for kind in ("string", "boolean", "number")]}),
]
Some = Field(default=None, min_length=1)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Account(_Section):
    """An AWS account the bot may work in."""

    name: SkipJsonSchema[str] = ""
    id: AccountId
    region: Annotated[str, Field(min_length=1, description="The Region of commands that name none.")]
    default: Annotated[bool, Field(strict=True, description="Where commands that name no account go.")] = False
    role: Annotated[RoleArn | None, Field(description="A role of this account to assume.")] = None
    profile: Annotated[str | None, Field(min_length=1, description="A profile of the AWS configuration files.")] = None
    regions: Annotated[tuple[str, ...] | None, Some] = None
    production: Annotated[bool, Field(strict=True, description="Marked as such wherever it is named.")] = False

    @model_validator(mode="after")
    def _agrees(self) -> Account:
        found = _ROLE.fullmatch(self.role or "")
        if found and found[1] != self.id:
            raise sentence(f"role is of account {found[1]}, but id is {self.id}")
        if not self.takes(self.region):
            raise sentence(f"region {self.region} is not among the account's regions")
        return self

    def takes(self, region: str) -> bool:
        """Say whether the account may be used in this Region at all."""
        return self.regions is None or matches(self.regions, region)


class Who(_Section):
    """People, by id: any of the lists, or everyone. All empty means nobody."""

    users: tuple[UserId, ...] = ()
    groups: tuple[GroupId, ...] = ()
    everyone: Annotated[bool, Field(strict=True, description="All full members of our workspace.")] = False
    terminal: Annotated[tuple[str, ...], Field(description="Operating system users of the bot's host.")] = ()


class Rule(_Section):
    """What is allowed or denied. Keys are ANDed, the values of a list ORed, an absent key means any."""

    id: Name
    effect: Literal["allow", "deny"] = "allow"
    actions: Annotated[tuple[ActionPattern, ...], Field(min_length=1)]
    who: Who
    accounts: Annotated[tuple[str, ...], Field(min_length=1, description='Names from accounts, or "*" for any.')]
    channels: Annotated[tuple[ChannelId, ...] | None, Some] = None
    regions: Annotated[tuple[str, ...] | None, Some] = None
    resources: Annotated[tuple[str, ...] | None, Some] = None
    tags: Annotated[dict[str, Annotated[tuple[TagValue, ...], Field(min_length=1)]] | None, Some] = None
    params: Annotated[dict[str, Annotated[tuple[ParamValue, ...], Field(min_length=1)]] | None, Some] = None
    needs: Needs | None = None
    audience: Audience | None = None

    @model_validator(mode="after")
    def _denies_plainly(self) -> Rule:
        if self.effect == "deny" and (self.needs or self.audience):
            raise sentence("a deny rule takes neither needs nor audience: it only says no")
        return self


class BotFile(_Section):
    """The whole of bot.yml."""

    accounts: dict[Name, Account] = {}
    rules: tuple[Rule, ...] = ()
    contact: Annotated[Contact | None, Field(description="Whom to ask for more rights.")] = None

    @field_validator("accounts", mode="before")
    @classmethod
    def _named(cls, accounts: Any) -> Any:
        if not isinstance(accounts, dict):
            return accounts
        return {name: {**each, "name": name} if isinstance(each, dict) else each for name, each in accounts.items()}

    @property
    def empty(self) -> bool:
        """True where nothing is allowed to anybody: only help and whoami answer."""
        return not self.rules

    def default_account(self) -> Account:
        """Return the account of commands that name none. Raises UsageError where bot.yml has no default."""
        for account in self.accounts.values():
            if account.default:
                return account
        raise UsageError(f"No account is the default: say which with --account ({self._names()}).")

    def account(self, name: str) -> Account:
        """Return an account by its name. Raises UsageError, with the names there are."""
        if name not in self.accounts:
            raise UsageError(f"I know no account {name!r}. There are: {self._names()}.")
        return self.accounts[name]

    def _names(self) -> str:
        return ", ".join(self.accounts) or "none; bot.yml has no accounts"
