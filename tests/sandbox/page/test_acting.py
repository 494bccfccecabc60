"""A person at the page: commands, clicks, edits, and who sees what."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import ANA, BEN, SAM
from tests.sandbox.page.visit import (
    OPS,
    SHARED,
    Bot,
    act_as,
    box,
    button,
    card,
    order,
    said,
    send,
    settled,
    visit,
    words,
)

pytestmark = pytest.mark.browser


def test_a_command_typed_into_the_box_reaches_the_bot_and_its_answer_appears(page: Page, bot: Bot) -> None:
    send(page, "/aws ec2 list")
    heard = bot.commands.get(timeout=5)
    assert (heard["text"], heard["user_id"], heard["channel_id"]) == ("ec2 list", ANA.id, OPS)
    expect(page.locator(".message.ephemeral")).to_contain_text("Heard: ec2 list")
    expect(page.locator(".echo")).to_have_text("You typed /aws ec2 list")
    expect(box(page)).to_have_value("")


def test_a_suggestion_in_an_empty_channel_runs_with_one_click(page: Page, bot: Bot) -> None:
    page.get_by_role("button", name="/aws ec2 stop name=web-1").click()
    assert bot.commands.get(timeout=5)["text"] == "ec2 stop name=web-1"
    expect(page.locator(".chip")).to_have_count(0)


def test_a_command_waits_under_a_spinner_until_the_bot_has_acknowledged(page: Page, bot: Bot) -> None:
    bot.hold.clear()
    send(page, "/aws ec2 list")
    expect(page.locator(".echo .spinner")).to_be_visible()
    bot.hold.set()
    expect(page.locator(".echo .spinner")).to_have_count(0)


def test_a_command_that_nobody_acknowledges_ends_in_one_red_line(page: Page, bot: Bot) -> None:
    bot.hold.clear()
    send(page, "/aws ec2 list")
    failure = page.locator(".message.failure")
    expect(failure).to_have_count(1)
    expect(failure).to_contain_text('/aws failed with the error "operation_timeout"')
    expect(page.locator(".spinner")).to_have_count(0)


def test_an_answer_for_all_shows_the_command_once_and_to_everybody(page: Page, bot: Bot) -> None:
    send(page, "/aws in public")
    expect(said(page, "Heard by all.")).to_be_visible()
    expect(said(page, "/aws in public")).to_have_count(1)
    act_as(page, "ben")
    expect(said(page, "/aws in public")).to_be_visible()


def test_a_click_reaches_the_bot_once_and_the_buttons_rest_meanwhile(page: Page, bot: Bot) -> None:
    ts = bot.say("Stop web-1?", card(button("Stop", style="danger"), button("Cancel")))
    bot.hold.clear()
    stop = page.get_by_role("button", name="Stop")
    stop.dblclick()
    expect(stop).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Cancel")).to_have_attribute("aria-disabled", "true")
    click = bot.clicks.get(timeout=5)
    bot.hold.set()
    expect(stop).not_to_have_attribute("aria-disabled", "true")
    assert (click["user"]["id"], click["container"]["message_ts"]) == (ANA.id, ts)
    assert {key: click["actions"][0][key] for key in ("action_id", "block_id", "value")} == {
        "action_id": "stop",
        "block_id": "decision",
        "value": "42",
    }
    assert bot.clicks.empty()


def test_a_button_with_a_confirm_object_asks_before_it_clicks(page: Page, bot: Bot) -> None:
    plain = {name: {"type": "plain_text", "text": name} for name in ("Sure", "Yes, stop", "Not now")}
    confirm = {
        "title": plain["Sure"],
        "text": words("This stops *web-1*."),
        "confirm": plain["Yes, stop"],
        "deny": plain["Not now"],
    }
    bot.say("Stop?", card(button("Stop", confirm=confirm)))
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("dialog", name="Sure")).to_contain_text("This stops web-1.")
    page.get_by_role("button", name="Not now").click()
    page.get_by_role("button", name="Stop").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert bot.clicks.empty()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Yes, stop").click()
    assert bot.clicks.get(timeout=5)["actions"][0]["action_id"] == "stop"


def test_an_edit_happens_in_place_and_what_is_read_does_not_move(page: Page, bot: Bot) -> None:
    stamps = [bot.say(f"message {number}") for number in range(60)]
    expect(said(page, "message 59", exact=True)).to_be_in_viewport()
    reading = said(page, "message 20", exact=True)
    reading.evaluate("node => node.scrollIntoView({block: 'center'})")
    settled(page)
    before = reading.bounding_box()
    bot.client.chat_update(channel=OPS, ts=stamps[3], text="stopped\n" * 9 + "the end")
    expect(said(page, "the end")).to_be_attached()
    after = reading.bounding_box()
    assert before
    assert after
    assert after["y"] == pytest.approx(before["y"], abs=1)
    expect(page.locator(".message").nth(3)).to_contain_text("the end")
    expect(page.locator(".message")).to_have_count(60)


def test_a_reader_at_the_bottom_follows_and_one_above_is_told(page: Page, bot: Bot) -> None:
    for number in range(50):
        bot.say(f"message {number}")
    expect(said(page, "message 49", exact=True)).to_be_in_viewport()
    said(page, "message 5", exact=True).evaluate("node => node.scrollIntoView()")
    settled(page)
    bot.say("the news")
    page.get_by_role("button", name="New messages").click()
    expect(said(page, "the news", exact=True)).to_be_in_viewport()
    expect(page.locator("#announcer")).to_have_text("aws: the news")


def test_an_ephemeral_message_is_seen_by_its_person_alone(page: Page, bot: Bot) -> None:
    bot.client.chat_postEphemeral(channel=OPS, user=ANA.id, text="for ana")
    bot.client.chat_postEphemeral(channel=OPS, user=BEN.id, text="for ben")
    bot.say("for all")
    expect(page.locator(".message")).to_have_count(2)
    expect(page.locator(".message.ephemeral")).to_contain_text("Only visible to you")
    act_as(page, "ben")
    expect(said(page, "for ben")).to_be_visible()
    expect(said(page, "for ana")).to_have_count(0)


def test_another_channel_shows_a_dot_until_it_is_opened(page: Page, bot: Bot) -> None:
    bot.client.chat_postMessage(channel=SHARED, text="hello partners")
    dot = page.locator(".room", has_text="partner-shared").locator(".dot")
    expect(dot).to_be_visible()
    page.locator(".room", has_text="partner-shared").click()
    expect(said(page, "hello partners")).to_be_visible()
    expect(dot).to_have_count(0)


def test_each_person_sees_their_own_channels_and_acts_under_their_own_id(page: Page, bot: Bot) -> None:
    act_as(page, "gus")
    expect(page.locator(".room-name")).to_have_text(["ops", "random", "aws"])
    act_as(page, "sam")
    expect(page.locator(".room-name")).to_have_text(["partner-shared", "aws"])
    send(page, "/aws whoami")
    heard = bot.commands.get(timeout=5)
    assert (heard["user_id"], heard["channel_id"]) == (SAM.id, SHARED)
    act_as(page, "ana")
    page.locator(".room", has_text="random").click()
    expect(page.locator("#notice")).to_contain_text("The bot is not in this channel")


def test_person_channel_and_thread_survive_a_reload(page: Page, bot: Bot) -> None:
    act_as(page, "gus")
    root = bot.say("the root")
    bot.say("a reply", thread_ts=root)
    page.get_by_role("button", name="1 reply").click()
    page.reload()
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("a reply")
    page.locator(".room", has_text="random").click()
    expect(page.locator(".intro h3")).to_have_text("#random")
    page.reload()
    expect(page.locator("#channel-header h2")).to_have_text("random")
    expect(page.locator(".actor", has_text="gus")).to_have_attribute("aria-pressed", "true")


def test_commands_are_completed_from_the_keyboard(page: Page, bot: Bot) -> None:
    box(page).press_sequentially("/")
    box(page).press("Enter")
    box(page).press_sequentially("ec2 st")
    expect(page.get_by_role("option")).to_have_count(2)
    box(page).press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text("/aws ec2 stop")
    box(page).press("Tab")
    expect(box(page)).to_have_value("/aws ec2 stop ")
    expect(page.locator("#dock .completion")).to_contain_text("[--hibernate] [--force]")
    box(page).press_sequentially("i-123")
    box(page).press("Enter")
    assert bot.commands.get(timeout=5)["text"] == "ec2 stop i-123"


def test_up_recalls_what_was_sent_and_down_returns_to_the_draft(page: Page, bot: Bot) -> None:
    for text in ("/aws help", "/aws status"):
        send(page, text)
    for key, shown in (("ArrowUp", "/aws status"), ("ArrowUp", "/aws help"), ("ArrowDown", "/aws status")):
        box(page).press(key)
        expect(box(page)).to_have_value(shown)
    box(page).press("ArrowDown")
    expect(box(page)).to_have_value("")


def test_what_looks_like_a_command_but_is_none_is_answered_with_a_hint(page: Page, bot: Bot) -> None:
    send(page, "/deploy now")
    expect(page.locator("#dock .hint")).to_contain_text("/deploy is not a command here")
    expect(box(page)).to_have_value("/deploy now")
    send(page, "ec2 list")
    expect(page.locator("#dock .hint")).to_contain_text("The bot hears what mentions it")
    assert bot.commands.empty()
    page.get_by_role("button", name="Send @aws ec2 list").click()
    expect(said(page, "@aws ec2 list")).to_be_visible()
    assert bot.mentions.get(timeout=5)["text"] == "<@U0BOT00007> ec2 list"


def test_the_page_says_whether_the_bot_and_the_server_are_there(browser: Browser) -> None:
    with SlackServer() as slack, visit(browser, slack.url) as page:
        expect(page.locator(".link")).to_have_text("Bot not connected")
        expect(page.locator("#notice")).to_contain_text("commands will fail and messages go unheard")
        send(page, "/aws help")
        expect(page.locator(".failure")).to_contain_text("dispatch_failed")
        bot = Bot(slack)
        bot.connect()
        expect(page.locator(".link")).to_have_text("Bot connected")
        expect(page.locator("#notice")).to_be_empty()
        bot.close()
        expect(page.locator(".link")).to_have_text("Bot not connected")


def test_a_reset_of_the_sandbox_empties_the_page(page: Page, bot: Bot, slack: SlackServer) -> None:
    bot.say("soon gone")
    expect(said(page, "soon gone")).to_be_visible()
    order(f"{slack.url}/_control/reset", {})
    expect(said(page, "soon gone")).to_have_count(0)
    expect(page.locator(".chip")).to_have_count(3)
