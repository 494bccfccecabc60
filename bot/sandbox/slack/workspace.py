"""The workspace the sandbox starts from: its people, user groups, channels and tokens, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

TEAM_ID = "T0TIDEWATR"
TEAM_NAME = "Tidewater"
TEAM_DOMAIN = "tidewater"
PARTNER_TEAM_ID = "T0PARTNER1"
APP_ID = "A0AWSBOT01"
BOT_ID = "B0BOT00007"
BOT_USER = "U0BOT00007"
SLACKBOT = "USLACKBOT"
BOT_TOKEN = "xoxb-sandbox-0000"  # noqa: S105  a sandbox's token, good on loopback only
APP_TOKEN = "xapp-sandbox-0000"  # noqa: S105  same
SCOPES = (
    "commands",
    "chat:write",
    "users:read",
    "usergroups:read",
    "channels:read",
    "groups:read",
    "app_mentions:read",
    "im:history",
    "files:read",
    "files:write",
)
SUBSCRIPTIONS = (
    "user_change",
    "subteam_members_changed",
    "subteam_updated",
    "channel_shared",
    "channel_unshared",
    "channel_archive",
    "member_joined_channel",
    "member_left_channel",
    "app_mention",
    "message.im",
    "app_home_opened",
)
SHORTCUTS = ("look_up", "put_file")


@dataclass(frozen=True)
class User:
    id: str
    name: str
    real_name: str
    team_id: str = TEAM_ID
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    is_stranger: bool = False
    deleted: bool = False


@dataclass(frozen=True)
class Group:
    id: str
    handle: str
    name: str
    users: tuple[str, ...]
    date_delete: int = 0
    date_update: int = 1_700_000_000
    updated_by: str = "U0CARLA003"


@dataclass(frozen=True)
class Channel:
    id: str
    name: str
    members: tuple[str, ...]
    is_private: bool = False
    is_im: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False

    @property
    def bot_is_member(self) -> bool:
        return BOT_USER in self.members


Item = TypeVar("Item", User, Group, Channel)


def _found(items: tuple[Item, ...], ref: str, name: str) -> Item | None:
    """Ids win over names, so nobody becomes somebody else by renaming himself."""
    by_id = next((item for item in items if item.id == ref), None)
    return by_id or next((item for item in items if getattr(item, name) == ref), None)


def _replaced(items: tuple[Item, ...], item: Item) -> tuple[Item, ...]:
    return tuple(item if old.id == item.id else old for old in items)


@dataclass(frozen=True)
class Workspace:
    """Who and what there is; a change makes a new value."""

    users: tuple[User, ...]
    groups: tuple[Group, ...]
    channels: tuple[Channel, ...]
    tokens_scopes: tuple[str, ...] = SCOPES
    subscriptions: tuple[str, ...] = SUBSCRIPTIONS

    def user(self, ref: str) -> User | None:
        return _found(self.users, ref, "name")

    def group(self, ref: str) -> Group | None:
        return _found(self.groups, ref, "handle")

    def channel(self, ref: str) -> Channel | None:
        return _found(self.channels, ref.removeprefix("#"), "name")

    def direct(self, user_id: str) -> Channel | None:
        """The bot's DM with a living user of any workspace it shares a channel with."""
        user = next((user for user in self.users if user.id == user_id), None)
        return None if user is None or user.deleted else self.channel("D" + user_id[1:])

    def with_user(self, user: User) -> Workspace:
        return replace(self, users=_replaced(self.users, user))

    def with_group(self, group: Group) -> Workspace:
        return replace(self, groups=_replaced(self.groups, group))

    def with_channel(self, channel: Channel) -> Workspace:
        return replace(self, channels=_replaced(self.channels, channel))


ANA = User("U0ANA00001", "ana", "Ana Reyes")
BEN = User("U0BEN00002", "ben", "Ben Okafor")
CARLA = User("U0CARLA003", "carla", "Carla Weiss", is_admin=True, is_owner=True)
GUS = User("U0GUS00004", "gus", "Gus Lindqvist", is_restricted=True)
SAM = User("U0SAM00005", "sam", "Sam Partner", team_id=PARTNER_TEAM_ID, is_stranger=True)
DANA = User("U0DEL00006", "dana", "Dana Former", deleted=True)
BOT = User(BOT_USER, "aws", "AWS", is_bot=True)


def _channels() -> tuple[Channel, ...]:
    ana, ben, carla, gus, sam = ANA.id, BEN.id, CARLA.id, GUS.id, SAM.id
    return (
        Channel("C0OPS00001", "ops", (ana, ben, carla, gus, BOT_USER)),
        Channel("C0DEV00002", "dev", (ana, ben, carla, BOT_USER)),
        Channel("C0RANDOM03", "random", (ana, ben, carla, gus)),
        Channel("G0SECRET04", "secret-ops", (ana, carla, BOT_USER), is_private=True),
        Channel("G0BOARD005", "boardroom", (ana, carla), is_private=True),
        Channel("C0SHARED06", "partner-shared", (ana, ben, sam, BOT_USER), is_ext_shared=True),
        *(
            Channel("D" + user.id[1:], user.name, (user.id, BOT_USER), is_private=True, is_im=True)
            for user in (ANA, BEN, CARLA, GUS, SAM, DANA)
        ),
    )


def seeded() -> Workspace:
    """A fresh Tidewater; the person and the channel of the quick start come first."""
    return Workspace(
        users=(ANA, BEN, CARLA, GUS, SAM, DANA, BOT),
        groups=(
            Group("S0ONCALL01", "oncall", "On call", (ANA.id, CARLA.id)),
            Group("S0DEVS0002", "developers", "Developers", (ANA.id, BEN.id)),
            Group("S0EMPTY003", "retired", "Retired", (), date_delete=1_700_000_000),
        ),
        channels=_channels(),
    )
