"""The whole table of text that disguises, as the bot posts it, in a real browser: nothing runs, nothing is made."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bot.slack.blocks import message
from tests.hostile import HOSTILE, as_error, everywhere
from tests.sandbox.page.visit import Bot

pytestmark = pytest.mark.browser
MADE = ".message :is(script, img, iframe, object, embed, form, svg[onload], [onerror], [onload], [onmouseover])"


def test_i11_on_the_page_no_script_runs_and_no_element_is_injected(page: Page, bot: Bot) -> None:
    posted = [message(reply) for text in HOSTILE for reply in (everywhere(text), as_error(text))]
    for each in posted:
        bot.say(each["text"], each["blocks"])
    home = [block for text in HOSTILE[:20] for block in message(as_error(text))["blocks"]][:100]
    bot.client.views_publish(user_id="U0ANA00001", view={"type": "home", "blocks": home})
    expect(page.locator(".message")).to_have_count(len(posted))
    found = page.evaluate(f"[window.owned ?? null, document.querySelectorAll({MADE!r}).length]")
    assert found == [None, 0]
    links = page.locator(".message a").evaluate_all("all => all.map((a) => a.protocol)")
    assert set(links) <= {"http:", "https:"}
    assert page.locator(".message .mention.loud").count() == 0
