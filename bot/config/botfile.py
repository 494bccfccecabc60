"""The shapes of bot.yml: accounts, rules, freezes, limits, reports, and whom to ask.

Each class is a section of the file and the value that the rest of the bot works with. What a shape cannot say (that
an operation or an account exists) is checked in `names.py`. A key that is absent means "any"; an empty list does not,
and is refused everywhere but under `who`, where it means nobody.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from bot.aws.catalogue import FIRST
from bot.command import Audience
from bot.config.freezes import Freeze
from bot.config.halting import Halting
from bot.config.ids import AccountId, ChannelId, Contact, Name, Section, checked, sentence, string
from bot.config.limits import Limit, Reads
from bot.config.reports import Report
from bot.config.times import Duration, Window
from bot.config.who import AccountNames, ActionPattern, Who
from bot.errors import UsageError
from bot.glob import is_glob, matches

__all__ = ["Account", "BotFile", "Freeze", "Limit", "Needs", "Production", "Reads", "Rule", "Who", "Window"]


class Needs(StrEnum):
    """What has to happen before an allowed command runs."""

    NOTHING = "nothing"
    CONFIRM = "confirm"


_ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]+")


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


_AGE = Field(
    description="How long somebody has to be in a user group before it counts for what needs more than a confirmation."
)
_OWN = r"[^\s*?]{3,2048}(:\*)?"  # a log group's ARN ends in :*
RoleArn = Annotated[str, AfterValidator(checked("a role's ARN (arn:aws:iam::123456789012:role/name)", _ROLE.pattern))]
TagValue = Annotated[str, AfterValidator(_exact)]
ParamValue = Annotated[
    Any,
    BeforeValidator(_plain),
    WithJsonSchema({"anyOf": [{"type": kind} for kind in ("string", "boolean", "number")]}),
]
OwnThing = Annotated[
    str,
    AfterValidator(checked("the id, name or ARN of one thing, without wildcards", _OWN)),
    string(_OWN),
]
Some = Field(default=None, min_length=1)


class Account(Section):
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


class Production(Section):
    """What is production in any account: whatever bears one of these tags."""

    tags: Annotated[dict[str, Annotated[tuple[TagValue, ...], Field(min_length=1)]], Field(min_length=1)]


class Rule(Section):
    """What is allowed or denied. Keys are ANDed, the values of a list ORed, an absent key means any."""

    id: Name
    effect: Literal["allow", "deny"] = "allow"
    grant: Annotated[Literal["run", "request"], Field(description="request: a second person has to approve.")] = "run"
    mode: Annotated[Literal["enforce", "observe"], Field(description="observe: decides nothing, is logged.")] = (
        "enforce"
    )
    actions: Annotated[tuple[ActionPattern, ...], Field(min_length=1)]
    who: Who
    accounts: AccountNames
    channels: Annotated[tuple[ChannelId, ...] | None, Some] = None
    regions: Annotated[tuple[str, ...] | None, Some] = None
    resources: Annotated[tuple[str, ...] | None, Some] = None
    tags: Annotated[dict[str, Annotated[tuple[TagValue, ...], Field(min_length=1)]] | None, Some] = None
    params: Annotated[dict[str, Annotated[tuple[ParamValue, ...], Field(min_length=1)]] | None, Some] = None
    production: Annotated[bool | None, Field(strict=True, description="Production only, or anything but.")] = None
    when: Annotated[Window | None, Field(description="The hours in which it holds.")] = None
    needs: Needs | None = None
    audience: Audience | None = None

    @model_validator(mode="after")
    def _denies_plainly(self) -> Rule:
        if self.effect == "deny" and (self.needs or self.audience):
            raise sentence("a deny rule takes neither needs nor audience: it only says no")
        if self.effect == "deny" and self.grant == "request":
            raise sentence("a deny rule grants nothing: take grant out")
        if self.grant == "request" and self.needs:
            raise sentence("what is requested waits for a second person: take needs out")
        return self


class BotFile(Section):
    """The whole of bot.yml."""

    accounts: dict[Name, Account] = {}  # noqa: RUF012 - pydantic copies it
    rules: tuple[Rule, ...] = ()
    freezes: Annotated[tuple[Freeze, ...], Field(description="Times in which nothing is changed.")] = ()
    limits: Annotated[tuple[Limit, ...], Field(description="How much may be changed, and what costs money.")] = ()
    reads: Annotated[Reads, Field(description="How often AWS may be asked.")] = Reads()
    production: Annotated[Production | None, Field(description="What is production besides accounts.")] = None
    reports: dict[Name, Report] = {}  # noqa: RUF012 - as above
    contact: Annotated[Contact | None, Field(description="Whom to ask for more rights.")] = None
    catalogue: Annotated[str, Field(description="The reviewed operations that wildcards mean, by release.")] = FIRST
    membership_age: Annotated[Duration, _AGE] = "24h"
    halt: Annotated[Halting | None, Field(description="Who may stop everything.")] = None
    operators: Annotated[ChannelId | None, Field(description="A channel told of reloads, halts and alarms.")] = None
    own: Annotated[tuple[OwnThing, ...], Field(description="Ids, names or ARNs of what the bot itself lives on.")] = ()

    @field_validator("accounts", mode="before")
    @classmethod
    def _named(cls, accounts: Any) -> Any:
        if not isinstance(accounts, dict):
            return accounts
        return {name: {**each, "name": name} if isinstance(each, dict) else each for name, each in accounts.items()}

    @property
    def groups(self) -> frozenset[str]:
        """Every user group that the file names, wherever it counts."""
        named = [rule.who for rule in self.rules] + [limit.who for limit in self.limits if limit.who]
        named += [freeze.except_.who for freeze in self.freezes if freeze.except_]
        stops = self.halt.who.groups if self.halt else ()
        return frozenset((*stops, *(group for who in named for group in who.groups)))

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
