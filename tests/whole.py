"""The real bot between a local Slack and a local AWS, in this process: typed to, clicked on and read over the wire.

    with running(tmp_path) as whole:
        whole.type("ec2 stop name=web-1")
        whole.click("confirm")
        whole.until("stopped")

Everything goes the way it goes in production: a slash command into Slack, Socket Mode, bot.yml's rules, boto3 over
HTTP, and the answer read from Slack. AWS's waits are fifty times shorter. One at a time in a process: moto's memory
belongs to the process.
"""

from __future__ import annotations

import html
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot import compose
from bot.config.settings import Settings
from bot.sandbox.aws.estate import ACCESS_KEY, SECRET_KEY
from bot.sandbox.aws.server import AwsServer
from bot.sandbox.demo import BOT_YML
from bot.sandbox.loopback import clean_environment
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN, BOT_USER
from bot.store.runs import Run
from bot.text import grid
from tests.migrated import lay_down
from tests.sandbox.aws_wire import Aws, Clock
from tests.sandbox.slack_wire import Wire, until

SPEED = 50.0
OWN_CALLS = ("GetCallerIdentity", "AssumeRole")
_SPECIAL = re.compile(r"<(?:@(\w+)|!date\^[^|>]*\|([^>]*))>")

PATIENT_SECONDS = 10.0
POINTER = "I answered you in a direct message."
"""What stands where somebody asked when the answer went to them in person: no answer itself."""


@dataclass(frozen=True)
class Card:
    """A message of the bot's as Slack holds it: `text` is its notification, `words` all that stands in it."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list, repr=False)
    only_for: str = ""

    @property
    def words(self) -> str:
        return "\n".join(filter(None, map(words_of, self.blocks))) or self.text

    @property
    def buttons(self) -> dict[str, dict[str, Any]]:
        """What can be clicked, by what it does: confirm, cancel, undo, again, continue."""
        rows = [block["elements"] for block in self.blocks if block["type"] == "actions"]
        return {button["action_id"]: button for row in rows for button in row if button["type"] == "button"}

    @property
    def menus(self) -> dict[str, dict[str, str]]:
        """What can be picked, by what it does: each option's label with its value."""
        rows = [block["elements"] for block in self.blocks if block["type"] == "actions"]
        menus = [element for row in rows for element in row if element["type"] == "static_select"]
        return {menu["action_id"]: {each["text"]["text"]: each["value"] for each in menu["options"]} for menu in menus}

    @property
    def run(self) -> str:
        """The id of the run that its buttons are about."""
        return str(next((button["value"] for button in self.buttons.values()), ""))


class Whole:
    """One bot with its Slack and its AWS; whoever types or clicks is ana in #ops unless said otherwise."""

    def __init__(self, bot: compose.Bot, slack: SlackServer, aws: AwsServer) -> None:
        self.bot = bot
        self.slack = Wire(slack)
        self.aws = Aws(aws, Clock())  # a clock that nobody turns: `speed` shortens the waits
        self._last: tuple[str, str] | None = None

    def type(self, text: str, user: str = "ana", channel: str = "ops", seconds: float = 15) -> Card:
        """Type `/aws text` and return the bot's first new message that this person sees."""
        before = self._stamps(user, channel)
        acked = self.slack.command(text, user=user, channel=channel)
        assert acked["outcome"] == "acked", acked
        return until(lambda: self._newest(user, channel, before), seconds)

    def click(
        self, does: str, card: Card | None = None, user: str = "ana", channel: str = "", **more: Any
    ) -> dict[str, Any]:
        """Click a button of a card, the last one typed for unless another is given; returns how Slack delivered it."""
        card = card or self.card()
        action = {"action_id": does, "value": None}
        return self.slack.click(card.ts, user=user, channel=channel or card.channel, action=action, **more)

    def pick(self, does: str, label: str, card: Card | None = None, user: str = "ana") -> dict[str, Any]:
        """Pick the first option of a card's menu whose label holds these words."""
        card = card or self.card()
        value = next(value for words, value in card.menus[does].items() if label in words)
        action = {"action_id": does, "selected_option": {"value": value}}
        return self.slack.click(card.ts, user=user, channel=card.channel, action=action)

    def say(self, text: str, user: str = "ana", channel: str = "ops", **more: Any) -> str:
        """Write a message, with `thread_ts` in a thread; returns its ts."""
        said = self.slack.order("message", channel=channel, user=user, text=text, **more)
        assert said["ok"], said
        return str(said["ts"])

    def modal(self, user: str = "ana") -> dict[str, Any] | None:
        """The modal that somebody has in front of them."""
        stack = self.slack.get(f"/_control/views?user={user}")["modals"]
        return stack[-1] if stack else None

    def form(self, user: str = "ana", seconds: float = 10) -> dict[str, Any]:
        """Wait for a modal that no longer says Loading."""
        shown = until(lambda: (now := self.modal(user)) and "Loading" not in _inside(now["blocks"]) and now, seconds)
        assert isinstance(shown, dict)
        return shown

    def submit(self, user: str = "ana", **values: Any) -> dict[str, Any]:
        """Fill in the modal's fields, by the names of their blocks with `_` for `:`, and submit it."""
        view = self.modal(user)
        assert view is not None
        given = {name.replace("_", ":", 1): {"value": state} for name, state in values.items()}
        return self.slack.order("submit", user=user, view_id=view["id"], values=given)

    def home(self, user: str = "ana", seconds: float = 10) -> Card:
        """Open the app's Home tab and wait for what the bot shows there."""
        before = self.slack.get(f"/_control/views?user={user}")["home"]
        self.slack.order("home", user=user)

        def shown() -> Any:
            now = self.slack.get(f"/_control/views?user={user}")["home"]
            return now and now.get("hash") != (before or {}).get("hash") and now

        view = until(shown, seconds)
        return Card(view["id"], "", "", view["blocks"])

    def shortcut(self, name: str, ts: str, user: str = "ana", channel: str = "ops") -> dict[str, Any]:
        """Use a message shortcut of the app."""
        return self.slack.order("shortcut", user=user, channel=channel, messageTs=ts, callback_id=name)

    def card(self, card: Card | None = None) -> Card:
        """The last message that was typed or waited for, or the one given, as it is now."""
        assert card or self._last, "nothing was typed yet"
        channel, ts = (card.channel, card.ts) if card else self._last or ("", "")
        (now,) = [each for each in self._cards(channel) if each.ts == ts]
        return now

    def until(
        self, true: str | Callable[[Card], Any] = "", card: Card | None = None, seconds: float = 20, what: str = ""
    ) -> Card:
        """Wait until a card's notification holds these words, or until something is true of it; returns it then."""
        look = true if callable(true) else lambda now: true in now.text
        seen: list[Card] = []

        def found() -> Card | None:
            seen[:] = [self.card(card)]
            return seen[0] if look(seen[0]) else None

        try:
            return until(found, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: {what or true!r} is not true of\n{seen[0].words}") from None

    def next(self, user: str = "ana", channel: str = "ops", seconds: float = 15, *, after: set[Any]) -> Card:
        """Wait for a message that was not there when `whole.stamps()` was taken."""
        return until(lambda: self._newest(user, channel, after), seconds)

    def stamps(self, user: str = "ana", channel: str = "ops") -> set[Any]:
        """Every message somebody sees now, for `next` to wait for another."""
        return self._stamps(user, channel)

    def messages(self, user: str = "ana", channel: str = "ops") -> list[Card]:
        """The bot's messages that somebody sees in a channel, oldest first, then those in their direct messages."""
        return [each for place in (channel, user) for each in self._cards(place, user)]

    def aws_calls(self, *, own: bool = False, changes: bool = False) -> list[str]:
        """Every API call that arrived at the local AWS, in order; the bot's own (who am I) only where asked for."""
        entries = [(each["service"], each["operation"]) for each in self.aws.log()]
        reads = ("Describe", "Get", "List") if changes else ()
        return [f"{s}:{o}" for s, o in entries if (own or o not in OWN_CALLS) and not o.startswith(reads or "\0")]

    def forget_calls(self) -> None:
        """Empty AWS's journal, and drop its faults."""
        self.aws.control("clear", {})

    def run(self, card: Card) -> Run:
        """The stored run behind a card with buttons."""
        run = self.bot.desk.runs.get(card.run)
        assert run is not None
        return run

    def _cards(self, channel: str, user: str = "") -> list[Card]:
        """The bot's messages in a place; a picture or a file that follows one below it is no message of its own."""
        ours = [
            each for each in self.slack.messages(channel, user) if each["user"] == BOT_USER and not each.get("files")
        ]
        return [Card(channel, each["ts"], each["text"], each["blocks"], each.get("ephemeral_to", "")) for each in ours]

    def _stamps(self, user: str, channel: str) -> set[Any]:
        return {(each.channel, each.ts) for each in self.messages(user, channel)}

    def _newest(self, user: str, channel: str, before: set[Any]) -> Card | None:
        new = [each for each in self.messages(user, channel) if (each.channel, each.ts) not in before]
        new = [each for each in new if each.text != POINTER]
        if new:
            self._last = (new[0].channel, new[0].ts)
        return new[0] if new else None


def words_of(block: dict[str, Any]) -> str:
    """What a block shows, as text: tables aligned, people as @U…, moments in UTC, buttons in brackets."""
    if block["type"] == "table":
        head, *rows = [tuple(cell["text"] for cell in row) for row in block["rows"]]
        return grid(head, tuple(rows), 200)
    if block["type"] == "actions":
        return " ".join(f"[{(each.get('text') or each['placeholder'])['text']}]" for each in block["elements"])
    return _inside(block).strip("\n")


def _inside(value: Any) -> str:
    """The text in a block's elements, in their order."""
    if isinstance(value, list):
        return "".join(map(_inside, value))
    if not isinstance(value, dict):
        return ""
    faces: dict[str, Callable[[], str]] = {
        "user": lambda: f"@{value['user_id']}",
        "date": lambda: str(value["fallback"]),
        "mrkdwn": lambda: _spoken(value["text"]),
    }
    if value.get("type") in faces:
        return faces[value["type"]]()
    words = value.get("text")
    return words if isinstance(words, str) else _inside(words) + _inside(value.get("elements"))


def _spoken(mrkdwn: str) -> str:
    plain = _SPECIAL.sub(lambda found: found[2] or f"@{found[1]}", mrkdwn)
    return html.unescape(plain).replace("`", "")


@contextmanager
def running(
    directory: Path,
    bot_yml: str = BOT_YML,
    speed: float = SPEED,
    port: int = 0,
    deadline: float = PATIENT_SECONDS,
    **settings: Any,
) -> Iterator[Whole]:
    """Start all three with a fresh store in `directory`, and stop them without leaving a thread or socket behind.

    `deadline` is how long the local Slack waits for an ack: longer than Slack, but where acks are what is tested.
    """
    config = directory / "bot.yml"
    config.write_text(bot_yml)
    lay_down(directory / "bot.db")
    with (
        sandbox_environment(directory / "home"),
        AwsServer(speed=speed) as aws,
        SlackServer(port=port, deadline=deadline) as slack,
    ):
        chosen = Settings(
            bot_token=SecretStr(BOT_TOKEN),
            app_token=SecretStr(APP_TOKEN),
            config=config,
            database_url=settings.pop("database_url", f"sqlite:///{directory}/bot.db"),
            slack_api_url=slack.api_url,
            aws_endpoint_url=aws.url,
            **settings,
        )
        bot = compose.on_slack(chosen)
        handlers = list(logging.getLogger("bot").handlers)
        try:
            bot.start()
            yield Whole(bot, slack, aws)
        finally:
            assert bot.stop(), "something of the bot's still runs"
            for handler in handlers:
                logging.getLogger("bot").removeHandler(handler)


@contextmanager
def sandbox_environment(home: Path) -> Iterator[None]:
    """The environment that the demo gives its bot: nobody's own AWS or Slack settings, and the sandbox's keys."""
    with pytest.MonkeyPatch.context() as patch:
        environment = clean_environment(os.environ, home)
        for name in set(os.environ) - set(environment):
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        yield
