"""What the page's tests share: a browser's visit, a small Bolt app, and messages to look at."""

from __future__ import annotations

import json
import queue
import re
import shutil
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN

ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
OPS, RANDOM, SHARED = "C0OPS00001", "C0RANDOM03", "C0SHARED06"
SOON = 10_000

expect.set_options(timeout=SOON)


def order(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


class Bot:
    """A small Bolt app on the local Slack: it notes what reaches it, and answers as the text asks."""

    def __init__(self, slack: SlackServer) -> None:
        self.client = WebClient(token=BOT_TOKEN, base_url=slack.api_url)
        self.commands: queue.Queue[dict[str, Any]] = queue.Queue()
        self.clicks: queue.Queue[dict[str, Any]] = queue.Queue()
        self.mentions: queue.Queue[dict[str, Any]] = queue.Queue()
        self.submissions: queue.Queue[dict[str, Any]] = queue.Queue()
        self.shortcuts: queue.Queue[dict[str, Any]] = queue.Queue()
        self.form: dict[str, Any] = {}
        self.errors: dict[str, str] = {}
        self.hold = threading.Event()
        self.hold.set()
        app = App(client=self.client)
        app.command("/aws")(self._command)
        app.action(re.compile(".*"))(self._click)
        app.event("app_mention")(self._mention)
        app.event("app_home_opened")(self._home)
        app.event("message")(lambda: None)
        app.view(re.compile(".*"))(self._submit)
        app.shortcut(re.compile(".*"))(self._shortcut)
        self._handler = SocketModeHandler(app, APP_TOKEN)

    def _command(self, ack: Any, body: dict[str, Any]) -> None:
        self.commands.put(body)
        if body["text"] == "in public":
            ack(response_type="in_channel", text="Heard by all.")
            return
        self.hold.wait(8)
        ack(f"Heard: {body['text']}")

    def _click(self, ack: Any, body: dict[str, Any]) -> None:
        self.clicks.put(body)
        self.hold.wait(8)
        ack()
        if body["actions"][0]["action_id"] == "form":
            self.client.views_open(trigger_id=body["trigger_id"], view=self.form)

    def _mention(self, event: dict[str, Any]) -> None:
        self.mentions.put(event)

    def _home(self, event: dict[str, Any]) -> None:
        header = {"type": "header", "text": plain("What waits for you")}
        view = {"type": "home", "blocks": [header, *card(button("Look", value=event["user"]))]}
        self.client.views_publish(user_id=event["user"], view=view)

    def _submit(self, ack: Any, body: dict[str, Any]) -> None:
        self.submissions.put(body)
        if self.errors:
            ack(response_action="errors", errors=self.errors)
        else:
            ack()

    def _shortcut(self, ack: Any, body: dict[str, Any]) -> None:
        ack()
        self.shortcuts.put(body)

    def say(self, text: str, blocks: list[dict[str, Any]] | None = None, **more: Any) -> str:
        return self.client.chat_postMessage(channel=OPS, text=text, blocks=blocks, **more)["ts"]

    def connect(self) -> None:
        self._handler.connect()

    def close(self) -> None:
        self.hold.set()
        self._handler.close()


@contextmanager
def blameless(page: Page, url: str, place: str = "") -> Iterator[Page]:
    """The page, opened: it must stay free of errors and ask no other server for anything."""
    asked: list[str] = []
    broken: list[str] = []
    listeners: dict[Any, Any] = {
        "request": lambda request: asked.append(request.url),
        "pageerror": lambda error: broken.append(str(error)),
        "console": lambda line: broken.append(line.text) if line.type == "error" else None,
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    page.goto(f"{url}/#{place}")
    expect(page.locator(".intro")).to_be_visible()
    yield page
    page.goto("about:blank")
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    assert [each for each in asked if not each.startswith((url, "data:", "about:blank"))] == []
    assert broken == []


@contextmanager
def visit(browser: Browser, url: str, place: str = "", **options: Any) -> Iterator[Page]:
    """The page in a browser of its own."""
    context = browser.new_context(**{"viewport": DESKTOP, "color_scheme": "light", **options})
    with blameless(context.new_page(), url, place) as page:
        yield page
    context.close()


def box(page: Page, name: str = "Message") -> Locator:
    return page.get_by_role("combobox", name=name, exact=True)


def said(page: Page, text: str | re.Pattern[str], *, exact: bool = False) -> Locator:
    return page.locator("#messages").get_by_text(text, exact=exact)


def send(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def settled(page: Page) -> None:
    """Wait until the page has drawn what was scrolled: the event comes before the next frame's callbacks."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def act_as(page: Page, name: str) -> None:
    page.locator(".actor", has_text=name).click()
    expect(page.locator(".actor", has_text=name)).to_have_attribute("aria-pressed", "true")


def words(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": words(text), **more}


def button(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": text.lower(), "text": plain(text), "value": "42", **more}


def card(*buttons: dict[str, Any]) -> list[dict[str, Any]]:
    return [section("*Stop web-1?*"), {"type": "actions", "block_id": "decision", "elements": [*buttons]}]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def options(*values: str) -> list[dict[str, Any]]:
    return [{"text": plain(value), "value": value} for value in values]


def field(name: str, kind: str, *, optional: bool = False, **element: Any) -> dict[str, Any]:
    """An input block whose block_id, action_id and label are all this name."""
    held = {"type": kind, "action_id": name, **element}
    return {"type": "input", "block_id": name, "label": plain(name), "element": held, "optional": optional}


def modal(title: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    words = {"title": plain(title), "submit": plain("Launch"), "close": plain("Cancel")}
    return {"type": "modal", **words, "blocks": [*blocks]}


def table(columns: int, rows: int, text: str) -> dict[str, Any]:
    cells = [{"type": "raw_text", "text": text} for _ in range(columns)]
    return {"type": "table", "rows": [cells for _ in range(rows)], "column_settings": [{"align": "right"}]}
