"""What messages look like: Block Kit, mrkdwn, dates and threads; and that nothing in them is ever markup."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.sandbox.slack.server import PAGE, SlackServer
from bot.sandbox.slack.workspace import ANA
from tests.sandbox.page.visit import RANDOM, Bot, said, section, table, visit, words

pytestmark = pytest.mark.browser


HOSTILE = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>"


def test_markup_in_what_others_wrote_stays_text(page: Page, bot: Bot) -> None:
    escaped = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")
    bot.say("rich", [section(escaped), table(2, 2, HOSTILE), {"type": "markdown", "text": HOSTILE}])
    bot.say(HOSTILE)
    bot.say("<javascript:window.pwned=1|click me> and [x](javascript:window.pwned=1)")
    bot.say("md", [{"type": "markdown", "text": "[click me too](javascript:window.pwned=1)"}])
    expect(said(page, "click me too")).to_be_visible()
    assert page.locator("td").first.inner_text() == HOSTILE
    assert page.locator(".section").first.inner_text() == HOSTILE
    for label in said(page, re.compile("^click me")).all():
        label.click()
    assert page.evaluate("[window.pwned, document.querySelectorAll('.message :is(script, img)').length]") == [
        None,
        0,
    ]
    assert page.locator('a[href^="javascript"]').count() == 0


def test_mrkdwn_is_drawn_as_slack_draws_it(page: Page, bot: Bot) -> None:
    bot.say(
        "*bold* _italic_ ~gone~ `a*b*c` 2*3*4 snake_case_name :rocket: :no_such: a &amp;lt; b\n"
        "> quoted\n• one\n• two\n```\nfenced *not bold*\n```\n"
        f"<https://example.com/a?b=1&amp;c=2|label> <@{ANA.id}> <#{RANDOM}|random> <!subteam^S0ONCALL01|@x> <!channel>"
    )
    message = page.locator(".message")
    drawn = {
        "strong": ["bold"],
        "em": ["italic"],
        "s": ["gone"],
        "code": ["a*b*c"],
        "blockquote": ["quoted"],
        "li": ["one", "two"],
        "pre": ["fenced *not bold*"],
        "a": ["label"],
        ".emoji": ["🚀"],
        ".mention": ["@ana", "#random", "@oncall", "@channel"],
        ".mention.loud": ["@oncall", "@channel"],
        ".mention.mine": ["@ana"],
    }
    expect(message).to_be_visible()
    assert {tag: message.locator(tag).all_inner_texts() for tag in drawn} == drawn
    expect(message).to_contain_text("2*3*4 snake_case_name 🚀 :no_such: a &lt; b")
    expect(message.locator("a")).to_have_attribute("href", "https://example.com/a?b=1&c=2")


def test_dates_stand_in_the_readers_own_time_zone(browser: Browser, slack: SlackServer, bot: Bot) -> None:
    bot.say("<!date^1700000000^{date_num} at {time} {nonsense}|2023-11-14 22:13 UTC>")
    with visit(browser, slack.url, timezone_id="Asia/Tokyo", locale="en-GB") as page:
        expect(page.locator(".text time")).to_have_text("2023-11-15 at 7:13 {nonsense}")


def test_every_kind_of_block_is_drawn_and_an_unknown_one_is_named(page: Page, bot: Bot) -> None:
    plain = {"type": "plain_text", "text": "A header"}
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "deep", "style": {"bold": True}}]}
    day = {"type": "datepicker", "action_id": "day"}
    elsewhere = {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "far away"}
    blocks = [
        {"type": "header", "text": plain},
        {"type": "section", "fields": [words("*Region*\neu-west-1"), words("*State*\nrunning")]},
        {"type": "divider"},
        {"type": "context", "elements": [words("asked by ana"), elsewhere]},
        {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "ordered", "elements": [item]}]},
        table(3, 4, "cell"),
        {"type": "markdown", "text": "## Title\n- **fat**"},
        section("with a day", accessory=day),
    ]
    bot.say("all kinds", blocks)
    drawn = {"h3.block-header": 2, ".field": 2, "hr": 1, ".context": 1, "ol li strong": 1, "th": 3, "td.right": 3}
    expect(page.locator(".block")).to_have_count(len(blocks))
    assert {what: page.locator(f".message {what}").count() for what in drawn} == drawn
    expect(page.locator(".unknown")).to_have_text(["far away", "This page cannot draw “datepicker”"])


def test_the_pages_scripts_make_no_markup_from_strings_and_name_no_other_server() -> None:
    scripts = {path.name: path.read_text() for path in PAGE.glob("*.*")}
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|new Function")
    assert [name for name, text in scripts.items() if forbidden.search(text)] == []
    addresses = {found for text in scripts.values() for found in re.findall(r"https?://[\w.-]+", text)}
    assert addresses == {"http://www.w3.org"}
    assert [name for name, text in scripts.items() if name.endswith(".js") and text.count("\n") >= 300] == []
