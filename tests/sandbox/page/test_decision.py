"""The real bot on the page: a decision fits a phone, and a person stops an instance with taps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.page.visit import PHONE, box
from tests.whole import Whole, running

pytestmark = pytest.mark.browser

WEAR = """css => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
}"""

LINES = """element => {
  const tops = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (!walker.currentNode.textContent.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects()) tops.push(Math.round((box.top + box.bottom) / 2));
  }
  tops.sort((a, b) => a - b);
  return tops.filter((top, i) => i === 0 || top - tops[i - 1] > 8).length;
}"""


PHONES_FONT = "body { font-size-adjust: ch-width 0.56 } code, pre { font-size-adjust: none }"
"""Digits as wide as Roboto's and Arial's, whatever font this machine has: what is counted are lines on a phone."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with running(tmp_path_factory.mktemp("whole")) as whole:
        yield whole


@pytest.fixture
def phone(browser: Browser, whole: Whole) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(whole.slack.server.url)
    page.evaluate(WEAR, PHONES_FONT)
    yield page
    context.close()


def test_a_decision_about_production_fits_eight_lines_on_a_phone(whole: Whole, phone: Page) -> None:
    card = whole.type("ec2 stop name=web-prod-1 --account prod")
    assert card.text[:120].startswith("⚠️ Stop web-prod-1 in prod?\nPRODUCTION 222222222222")
    shown = phone.locator(f'[data-ts="{card.ts}"]')
    expect(shown.get_by_role("button", name="Stop")).to_be_visible()
    assert shown.locator(".blocks").evaluate(LINES) <= 8
    assert phone.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_two_taps_stop_an_instance_and_the_card_says_so(whole: Whole, phone: Page) -> None:
    whole.forget_calls()
    box(phone).fill("/aws ec2 stop name=web-1")
    phone.get_by_role("button", name="Send message").tap()
    card = phone.locator(".message", has_text="Stop web-1 in dev")
    card.get_by_role("button", name="Stop", exact=True).tap()
    expect(phone.get_by_text("Stop web-1 in dev: stopped")).to_be_visible(timeout=20_000)
    assert whole.aws_calls(changes=True) == ["ec2:StopInstances"]
