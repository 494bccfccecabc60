"""The page on a phone, in the dark, in stillness, and for weak eyes."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import ANA, BEN
from tests.sandbox.page.visit import OPS, Bot, box, button, card, section, send, table, visit

pytestmark = pytest.mark.browser

SMALL = """() => [...document.querySelectorAll("button")]
    .filter((node) => node.checkVisibility({visibilityProperty: true}))
    .filter((node) => Math.min(node.getBoundingClientRect().width, node.getBoundingClientRect().height) < 44)
    .map((node) => node.outerHTML)"""

CONTRAST = """() => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
  const brush = canvas.getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const ratio = (node) => {
    const [one, other] = [light(rgba(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    return (one + 0.05) / (other + 0.05);
  };
  const speaks = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  return [...document.body.querySelectorAll("*")]
    .filter((node) => speaks(node) && !node.closest(".unseen"))
    .filter((node) => node.checkVisibility({opacityProperty: true, visibilityProperty: true}))
    .filter((node) => ratio(node) < 4.5)
    .map((node) => `${node.className} ${node.textContent} ${ratio(node).toFixed(2)}`);
}"""


def test_a_phone_never_scrolls_sideways_and_every_target_is_wide_enough(phone: Page, bot: Bot) -> None:
    bot.say("wide", [table(9, 3, "i-0123456789abcdef0"), section("`" + "x" * 300 + "`")])
    bot.say("```" + "y" * 400 + "```" + "z" * 400)
    bot.say("Stop web-1?", card(button("Stop"), button("Cancel")))
    expect(phone.get_by_role("button", name="Stop")).to_be_visible()
    assert phone.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert phone.evaluate("(n => n.scrollWidth <= n.clientWidth)(document.getElementById('scroller'))")
    assert phone.locator(".table-box").evaluate("node => node.scrollWidth > node.clientWidth")
    expect(box(phone)).to_be_in_viewport(ratio=1)
    assert box(phone).evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 16
    phone.get_by_role("button", name="Open the sidebar").tap()
    expect(phone.get_by_role("button", name="gus guest")).to_be_in_viewport(ratio=1)
    assert phone.evaluate(SMALL) == []


def test_the_drawer_of_a_phone_opens_closes_and_keeps_the_focus(phone: Page, bot: Bot) -> None:
    opener = phone.get_by_role("button", name="Open the sidebar")
    expect(phone.locator(".sidebar")).not_to_be_in_viewport()
    opener.tap()
    expect(phone.get_by_role("button", name="Close the sidebar")).to_be_focused()
    phone.keyboard.press("Escape")
    expect(opener).to_be_focused()
    opener.tap()
    phone.locator(".room", has_text="dev").tap()
    expect(phone.locator("#channel-header h2")).to_have_text("dev")
    expect(phone.locator(".sidebar")).not_to_be_in_viewport()


def test_a_command_is_completed_and_sent_by_touch(phone: Page, bot: Bot) -> None:
    box(phone).tap()
    box(phone).press_sequentially("/aws who")
    phone.get_by_role("option", name="whoami").tap()
    expect(box(phone)).to_have_value("/aws whoami")
    phone.get_by_role("button", name="Send message").tap()
    assert bot.commands.get(timeout=5)["text"] == "whoami"


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.querySelector('.pane')).backgroundColor")


def test_dark_follows_the_system_until_a_choice_is_made_and_remembered(browser: Browser, slack: SlackServer) -> None:
    with visit(browser, slack.url, color_scheme="dark") as page:
        dark = background(page)
        page.emulate_media(color_scheme="light")
        light = background(page)
        assert (dark, light) == ("rgb(27, 29, 33)", "rgb(255, 255, 255)")
        page.get_by_role("button", name="Switch between light and dark").click()
        assert background(page) == dark
        page.reload()
        expect(page.locator(".intro")).to_be_visible()
        assert background(page) == dark


def test_every_word_has_the_contrast_that_aa_asks_for(page: Page, bot: Bot) -> None:
    bot.say(f"`code` <@{ANA.id}> <@{BEN.id}> <!here> <https://example.com|link>")
    bot.say("card", [*card(button("Go", style="primary"), button("Stop", style="danger")), table(2, 2, "cell")])
    bot.client.chat_postEphemeral(channel=OPS, user=ANA.id, text='/aws failed with the error "x"')
    expect(page.locator(".failure")).to_be_visible()
    box(page).fill("/aws ec2 s")
    assert [too_weak(page, "light"), too_weak(page, "dark")] == [[], []]


def too_weak(page: Page, scheme: Literal["light", "dark"]) -> list[str]:
    """Every text in view whose contrast is below 4.5, in this colour scheme; the page is light again afterwards."""
    page.emulate_media(color_scheme=scheme)
    found: list[str] = page.evaluate(CONTRAST)
    page.emulate_media(color_scheme="light")
    return found


def test_motion_is_still_for_those_who_ask_for_it(page: Page, bot: Bot) -> None:
    bot.hold.clear()
    send(page, "/aws ec2 list")
    turns = "node => parseFloat(getComputedStyle(node).animationDuration)"
    assert page.locator(".spinner").evaluate(turns) < 0.001
    page.emulate_media(reduced_motion="no-preference")
    assert page.locator(".spinner").evaluate(turns) > 0.1
    page.emulate_media(reduced_motion="reduce")
    bot.hold.set()
    expect(page.locator(".spinner")).to_have_count(0)
