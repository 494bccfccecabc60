"""Files on the page: attached, shown by what they are, and handed to the bot."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.sandbox.page.visit import OPS, Bot, box, button, card, field, modal, said

pytestmark = pytest.mark.browser

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def chosen(page: Page, name: str, *files: FilePayload) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=name).click()
    chooser.value.set_files([*files])


def test_an_attached_file_rides_along_and_shows_its_first_lines(page: Page, bot: Bot) -> None:
    rows = "".join(f"web-{number},running\n" for number in range(20))
    chosen(
        page,
        "Attach a file",
        {"name": "list.csv", "mimeType": "text/csv", "buffer": f"name,state\n{rows}".encode()},
        {"name": "<b>.tar.gz", "mimeType": "application/gzip", "buffer": b"x" * 1_500_000},
    )
    expect(page.locator(".attached-size")).to_have_text(["301 bytes", "1.5 MB"])
    box(page).fill("this morning")
    box(page).press("Enter")
    message = page.locator(".message", has_text="this morning")
    expect(message.locator(".snippet")).to_have_text(
        re.compile("^name,state\nweb-0,running\n.*web-6,running$", re.DOTALL)
    )
    expect(message.locator(".tile-name")).to_have_text(["list.csv", "<b>.tar.gz"])
    expect(page.locator(".attached-one")).to_have_count(0)
    with page.expect_download() as download:
        message.get_by_role("link", name="Download list.csv").click()
    assert download.value.path().read_text() == f"name,state\n{rows}"
    message.hover()
    message.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Put in S3").click()
    heard = bot.shortcuts.get(timeout=5)
    assert heard["callback_id"] == "put_file"
    assert [file["name"] for file in heard["message"]["files"]] == ["list.csv", "<b>.tar.gz"]


def test_a_picture_is_shown_where_it_was_posted_and_large_on_a_click(page: Page, bot: Bot) -> None:
    bot.client.files_upload_v2(channel=OPS, filename="cpu.png", title="CPU of web-1", content=DOT)
    picture = page.get_by_role("img", name="CPU of web-1")
    expect(picture).to_be_visible()
    assert picture.evaluate("node => node.decode().then(() => node.naturalWidth)") == 1
    page.get_by_role("button", name="Enlarge CPU of web-1").click()
    expect(page.get_by_role("dialog", name="CPU of web-1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_file_is_handed_in_with_a_form(page: Page, bot: Bot) -> None:
    bot.form = modal("Put in S3", field("object", "file_input", max_files=1))
    bot.say("Put", card(button("Form")))
    said(page, "Form").click()
    chosen(page, "Choose a file", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"})
    expect(page.locator(".modal .attached-one")).to_have_text("a.txt5 bytes")
    page.get_by_role("button", name="Launch").click()
    state = bot.submissions.get(timeout=5)["view"]["state"]["values"]["object"]["object"]
    assert [file["name"] for file in state["files"]] == ["a.txt"]
    expect(page.get_by_role("dialog")).to_have_count(0)
