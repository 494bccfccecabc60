"""One browser, one local Slack and one Bolt app for all tests of the page; each test starts from an empty Slack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from bot.sandbox.slack.server import SlackServer
from tests.sandbox.page.visit import ARGS, CHROMIUM, DESKTOP, PHONE, Bot, blameless, order


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: the page is tested where one is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def _local(browser: Browser) -> Iterator[tuple[SlackServer, Bot]]:
    with SlackServer() as slack:
        bot = Bot(slack)
        bot.connect()
        yield slack, bot
        bot.close()


@pytest.fixture
def slack(_local: tuple[SlackServer, Bot]) -> SlackServer:
    slack, bot = _local
    bot.hold.set()
    order(f"{slack.url}/_control/reset", {})
    order(f"{slack.url}/_control/limits", {"enabled": False})
    return slack


@pytest.fixture
def bot(slack: SlackServer, _local: tuple[SlackServer, Bot]) -> Bot:
    bot = _local[1]
    bot.errors = {}
    for noted in (bot.commands, bot.clicks, bot.mentions, bot.submissions, bot.shortcuts):
        while not noted.empty():
            noted.get()
    return bot


@pytest.fixture(scope="package")
def _desktop(browser: Browser) -> Page:
    return browser.new_context(viewport=DESKTOP, color_scheme="light", reduced_motion="reduce").new_page()


@pytest.fixture(scope="package")
def _handheld(browser: Browser) -> Page:
    return browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce").new_page()


@pytest.fixture
def page(_desktop: Page, slack: SlackServer) -> Iterator[Page]:
    with blameless(_desktop, slack.url) as page:
        yield page


@pytest.fixture
def phone(_handheld: Page, slack: SlackServer) -> Iterator[Page]:
    with blameless(_handheld, slack.url) as page:
        yield page
