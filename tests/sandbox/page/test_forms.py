"""Menus in messages, modals, and the Home tab."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import ANA
from tests.sandbox.page.test_devices import SMALL, too_weak
from tests.sandbox.page.visit import (
    PHONE,
    Bot,
    button,
    card,
    field,
    modal,
    options,
    plain,
    said,
    section,
)

pytestmark = pytest.mark.browser

NAMES = [f"web-{number}" for number in range(1, 13)]
FORM = modal(
    "Launch instances",
    section("Into *dev*, `eu-west-1`."),
    field("Name", "plain_text_input", placeholder=plain("web-9")),
    field("Type", "static_select", placeholder=plain("Choose a type"), options=options("t3.micro", "t3.small")),
    field("Peers", "multi_static_select", options=options(*NAMES), initial_options=options("web-1")),
    field("How", "checkboxes", options=options("hibernate", "force"), optional=True),
    field("Region", "radio_buttons", options=options("eu-west-1", "us-east-1"), initial_option=options("eu-west-1")[0]),
    field("Data", "plain_text_input", multiline=True, optional=True),
)


def opened(page: Page, bot: Bot, form: dict[str, Any] = FORM) -> Locator:
    bot.form = form
    bot.say("Launch", card(button("Form")))
    said(page, "Form").click()
    dialog = page.get_by_role("dialog", name=form["title"]["text"])
    expect(dialog).to_be_visible()
    return dialog


def test_a_choice_in_a_message_is_found_by_typing_and_reaches_the_bot(page: Page, bot: Bot) -> None:
    menu = {
        "type": "static_select",
        "action_id": "pick",
        "placeholder": plain("Choose one"),
        "options": options(*NAMES),
    }
    more = {"type": "overflow", "action_id": "more", "options": options("CSV", "JSON")}
    bot.say("12 instances", [section("12 instances", accessory=more), {"type": "actions", "elements": [menu]}])
    page.get_by_role("button", name="Choose one").click()
    page.keyboard.type("WEB-1")
    expect(page.get_by_role("option")).to_have_text(["web-1", "web-10", "web-11", "web-12"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert bot.clicks.get(timeout=5)["actions"][0]["selected_option"]["value"] == "web-10"
    expect(page.get_by_role("button", name="web-10")).to_be_visible()
    page.get_by_role("button", name="More actions", exact=True).click()
    page.get_by_role("menuitem", name="JSON").click()
    click = bot.clicks.get(timeout=5)["actions"][0]
    assert (click["action_id"], click["selected_option"]["value"]) == ("more", "JSON")


def test_a_form_is_filled_in_by_keyboard_says_what_is_wrong_and_goes_to_the_bot(page: Page, bot: Bot) -> None:
    form = opened(page, bot)
    expect(form.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.locator(".input-error")).to_have_text(["Please complete this required field."] * 2)
    assert bot.submissions.empty()
    page.keyboard.type("web-1")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(form.get_by_role("button", name="Type t3.small")).to_be_focused()
    form.get_by_role("button", name="Peers").click()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    form.get_by_role("button", name="Remove web-1", exact=True).click()
    form.get_by_label("force").check()
    form.get_by_label("Data").fill("two\nlines")
    bot.errors = {"Name": "There is a web-1 already. Choose another name."}
    form.get_by_role("button", name="Launch").click()
    expect(form.get_by_label("Name")).to_have_accessible_description("There is a web-1 already. Choose another name.")
    bot.errors = {}
    bot.submissions.get(timeout=5)
    form.get_by_label("Name").fill("web-9")
    page.keyboard.press("Enter")
    values = bot.submissions.get(timeout=5)["view"]["state"]["values"]
    expect(page.get_by_role("dialog")).to_have_count(0)
    held = {
        name: next(iter(state[name].items() - {("type", state[name]["type"])}), None)
        for name, state in values.items()
        if name in ("Name", "Data")
    }
    assert held == {"Name": ("value", "web-9"), "Data": ("value", "two\nlines")}
    chosen = {name: _values(values[name][name]) for name in ("Type", "Peers", "How", "Region")}
    assert chosen == {"Type": ["t3.small"], "Peers": ["web-12"], "How": ["force"], "Region": ["eu-west-1"]}


def _values(state: dict[str, Any]) -> list[str]:
    return [each["value"] for each in state.get("selected_options") or [state["selected_option"]]]


def test_a_loading_view_gives_way_to_the_form_and_an_update_keeps_what_was_typed(
    page: Page, bot: Bot, slack: SlackServer
) -> None:
    loading = {**modal("Launch", section("Reading the instances…")), "submit": None}
    form = opened(page, bot, {key: value for key, value in loading.items() if value})
    expect(form.get_by_role("button", name="Launch")).to_have_count(0)
    view = slack._slack.views.top(ANA.id)
    assert view
    bot.client.views_update(view_id=view.id, view=modal("Launch", field("Name", "plain_text_input")))
    expect(form.get_by_label("Name")).to_be_focused()
    page.keyboard.type("half a na")
    bot.client.views_update(view_id=view.id, view=modal("Launch", section("More"), field("Name", "plain_text_input")))
    expect(form).to_contain_text("More")
    page.keyboard.type("me")
    expect(form.get_by_label("Name")).to_have_value("half a name")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_home_tab_is_drawn_by_the_bot_and_its_buttons_work(page: Page, bot: Bot) -> None:
    page.locator(".room", has_text="aws").click()
    page.get_by_role("tab", name="Messages").press("ArrowLeft")
    expect(page.get_by_role("tab", name="Home")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()
    page.get_by_role("button", name="Look").click()
    click = bot.clicks.get(timeout=5)
    assert (click["actions"][0]["value"], click["view"]["type"]) == (ANA.id, "home")
    page.get_by_role("tab", name="Messages").click()
    expect(page.locator("#home")).to_be_hidden()
    expect(page.locator(".intro")).to_be_visible()


def test_a_form_covers_a_phone_and_every_target_in_it_is_wide_enough(phone: Page, bot: Bot) -> None:
    form = opened(phone, bot)
    phone.wait_for_function("[...document.getAnimations()].every((each) => each.playState !== 'running')")
    assert form.bounding_box() == pytest.approx({"x": 0, "y": 0, **PHONE}, abs=1)
    assert phone.evaluate(SMALL) == []
    assert phone.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    form.get_by_role("button", name="Peers").tap()
    phone.get_by_role("option", name="web-2").tap()
    phone.touchscreen.tap(195, 40)
    expect(form.get_by_role("listitem")).to_have_text(["web-1", "web-2"])
    form.get_by_role("button", name="Cancel").tap()
    expect(phone.get_by_role("dialog")).to_have_count(0)


def test_every_word_of_a_form_a_thread_and_a_file_has_the_contrast_that_aa_asks_for(page: Page, bot: Bot) -> None:
    root = bot.say("the root")
    bot.say("a reply", thread_ts=root)
    bot.client.files_upload_v2(channel="C0OPS00001", filename="a.csv", content="a,b\n" * 20)
    page.get_by_role("button", name="1 reply").click()
    expect(page.locator(".snippet-rest")).to_be_visible()
    form = opened(page, bot)
    page.keyboard.press("Enter")
    expect(form.locator(".input-error")).to_have_count(2)
    assert [too_weak(page, "light"), too_weak(page, "dark")] == [[], []]
