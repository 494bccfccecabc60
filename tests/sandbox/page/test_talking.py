"""Messages, mentions and threads; and what one can do with a message."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.page.visit import OPS, PHONE, Bot, act_as, box, said, send

pytestmark = pytest.mark.browser


def test_a_mention_is_completed_and_reaches_the_bot_with_the_words_after_it(page: Page, bot: Bot) -> None:
    box(page).press_sequentially("@a")
    expect(page.get_by_role("option")).to_have_count(2)
    box(page).press("Enter")
    expect(box(page)).to_have_value("@aws ")
    box(page).press_sequentially("ec2 show web-1")
    expect(page.locator("#dock .completion")).to_contain_text("@aws ec2 show INSTANCE")
    box(page).press("Enter")
    assert bot.mentions.get(timeout=5)["text"] == "<@U0BOT00007> ec2 show web-1"
    expect(page.locator(".message .mention")).to_have_text("@aws")


def test_a_reply_stands_in_its_thread_and_is_counted_under_the_message(page: Page, bot: Bot) -> None:
    root = bot.say("the root")
    said(page, "the root").hover()
    page.get_by_role("button", name="Reply in thread").click()
    expect(box(page, "Reply")).to_be_focused()
    box(page, "Reply").fill("mine")
    box(page, "Reply").press("Enter")
    panel = page.get_by_role("complementary", name="Thread")
    expect(panel.locator(".message")).to_contain_text(["the root", "mine"])
    bot.say("and the bot's", thread_ts=root)
    expect(panel.locator(".message")).to_contain_text(["the root", "mine", "and the bot's"])
    expect(page.locator("#messages .message")).to_have_count(1)
    expect(page.get_by_role("button", name="2 replies")).to_have_attribute("aria-expanded", "true")
    box(page, "Reply").press("Escape")
    expect(panel).to_have_count(0)


def test_a_thread_refuses_slash_commands_as_slack_does_and_offers_a_mention(page: Page, bot: Bot) -> None:
    root = bot.say("the root")
    bot.say("a reply", thread_ts=root)
    page.get_by_role("button", name="1 reply").click()
    box(page, "Reply").fill("/aws ec2 list")
    box(page, "Reply").press("Enter")
    expect(page.locator("#thread .hint")).to_contain_text("/aws is not supported in threads")
    assert bot.commands.empty()
    page.get_by_role("button", name="Send @aws ec2 list").click()
    heard = bot.mentions.get(timeout=5)
    assert (heard["text"], heard["thread_ts"]) == ("<@U0BOT00007> ec2 list", root)


def test_a_message_offers_its_shortcuts_by_keyboard(page: Page, bot: Bot) -> None:
    ts = bot.say("i-0123456789abcdef0 is slow")
    said(page, "is slow").hover()
    page.get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menuitem")).to_have_text(["Reply in thread", "Look up in AWS", "Copy text"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    heard = bot.shortcuts.get(timeout=5)
    assert (heard["callback_id"], heard["message"]["ts"], heard["channel"]["id"]) == ("look_up", ts, OPS)
    expect(page.get_by_role("menu")).to_have_count(0)


def test_who_is_no_member_is_told_why_a_message_went_nowhere(page: Page, bot: Bot) -> None:
    act_as(page, "carla")
    page.locator(".room", has_text="partner-shared").click()
    send(page, "hello partners")
    expect(page.locator("#dock .hint")).to_contain_text("You are not a member of this channel")
    expect(box(page)).to_have_value("hello partners")


def test_a_thread_covers_a_phone_and_leaves_it_again(phone: Page, bot: Bot) -> None:
    root = bot.say("the root")
    bot.say("a reply", thread_ts=root)
    opener = phone.get_by_role("button", name="1 reply")
    opener.tap()
    expect(phone.get_by_role("button", name="Close the thread")).to_be_focused()
    assert phone.locator("#thread").bounding_box() == {"x": 0, "y": 0, **PHONE}
    phone.locator("#thread").get_by_role("button", name="More actions").last.tap()
    expect(phone.get_by_role("menuitem", name="Look up in AWS")).to_be_in_viewport(ratio=1)
    phone.keyboard.press("Escape")
    expect(phone.get_by_role("menu")).to_have_count(0)
    phone.get_by_role("button", name="Close the thread").tap()
    expect(opener).to_be_focused()


def test_a_finger_that_rests_on_a_message_opens_its_menu(phone: Page, bot: Bot) -> None:
    bot.say("i-0123456789abcdef0 is slow")
    place = said(phone, "is slow").bounding_box()
    assert place
    touch = phone.context.new_cdp_session(phone)
    at = [{"x": place["x"] + 20, "y": place["y"] + 5}]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at})
    phone.wait_for_function("since => performance.now() - since > 600", arg=phone.evaluate("performance.now()"))
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(phone.get_by_role("menuitem")).to_have_text(["Reply in thread", "Look up in AWS", "Copy text"])
    touch.detach()
    phone.keyboard.press("Escape")
