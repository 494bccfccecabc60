"""Stories of `ec2` from the slash command to the final state, as Slack shows them and AWS confirms them."""

from __future__ import annotations

import html
import json

import pytest

from bot.sandbox.aws.estate import AMI
from tests.services.test_ec2_reads import PROTECTED, UNKNOWN, WEB_1, WEB_2, WORKER_2
from tests.whole import Card, Whole

LAUNCH = f"ec2 launch --ami {AMI} --type t3.micro --name web-9 --tag env=dev"


def ended(whole: Whole, card: Card | None = None) -> Card:
    return whole.until(lambda now: now.text.startswith(("✅", "❌", "⛔")), card, seconds=60, what="an end")


def confirmed(whole: Whole, text: str) -> Card:
    card = whole.type(text)
    assert "confirm" in card.buttons, card.words
    whole.click("confirm", card)
    return ended(whole, card)


def test_a_stop_names_what_it_skips_sends_one_call_and_follows_it_to_the_end(whole: Whole) -> None:
    card = whole.type(f"ec2 stop {WEB_1} {WEB_2} {WORKER_2} {UNKNOWN}")
    assert "is stopped" in card.words
    assert f"{UNKNOWN} not found" in card.words
    assert whole.aws_calls(changes=True) == []
    whole.click("confirm", card)
    end = ended(whole)
    assert end.words.count(" stopped") >= 2
    assert [whole.aws.state(id_) for id_ in (WEB_1, WEB_2)] == ["stopped", "stopped"]
    assert whole.aws_calls(changes=True) == ["ec2:StopInstances"]


def test_an_undo_starts_again_what_was_stopped(whole: Whole) -> None:
    end = confirmed(whole, "ec2 stop name=web-1")
    before = whole.stamps()
    whole.click("undo", end)
    undone = ended(whole, whole.next(after=before))
    assert "running" in undone.text
    assert whole.aws.state(WEB_1) == "running"


def test_termination_protection_leaves_everything_as_it_was_and_names_the_instance(whole: Whole) -> None:
    end = confirmed(whole, "ec2 terminate name=db-staging-1")
    assert end.text.startswith("❌")
    assert "nothing was done" in end.text
    assert PROTECTED in end.words
    assert "OperationNotPermitted" in end.words
    assert whole.aws.state(PROTECTED) == "running"


def test_where_one_zone_is_protected_the_card_parts_what_was_done_from_what_was_not(whole: Whole) -> None:
    end = confirmed(whole, f"ec2 terminate {WEB_1} {PROTECTED}")
    assert whole.aws.state(PROTECTED) == "running"
    assert whole.aws.state(WEB_1) == "terminated"
    assert "nothing was done" not in end.text
    assert f"Not done: {PROTECTED}" in end.words
    assert f"{WEB_1} terminated" in end.words


def test_hibernate_is_refused_by_aws_where_it_is_not_enabled(whole: Whole) -> None:
    end = confirmed(whole, "ec2 stop name=web-1 --hibernate")
    assert "nothing was done" in end.text
    assert WEB_1 in end.words
    assert whole.aws.state(WEB_1) == "running"


def test_a_launch_whose_answer_is_lost_is_found_by_its_token_and_not_sent_again(whole: Whole) -> None:
    before = len(whole.aws.control("instances")["instances"])
    whole.aws.fault("lost_reply", "RunInstances")
    end = confirmed(whole, LAUNCH)
    assert end.text.startswith("✅")
    assert "running" in end.text
    assert whole.aws_calls(changes=True) == ["ec2:RunInstances"]
    assert len(whole.aws.control("instances")["instances"]) == before + 1
    (made,) = [each for each in whole.aws.control("instances")["instances"] if each["name"] == "web-9"]
    assert made["id"] in end.words


def test_a_launch_of_several_names_each(whole: Whole) -> None:
    end = confirmed(whole, f"{LAUNCH} --count 3")
    made = [each["id"] for each in whole.aws.control("instances")["instances"] if each["name"] == "web-9"]
    assert len(made) == 3
    assert all(id_ in end.words for id_ in made)


def test_what_changed_between_card_and_click_voids_the_card(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-1")
    whole.aws.ec2.stop_instances(InstanceIds=[WEB_1])
    whole.forget_calls()
    whole.click("confirm", card)
    end = ended(whole, card)
    assert end.text.startswith("⛔")
    assert "web-1 is out" in end.words
    assert whole.aws_calls(changes=True) == []


def test_with_nothing_to_change_nothing_is_asked(whole: Whole) -> None:
    card = whole.type("ec2 start name=web-1")
    assert card.only_for
    assert card.buttons == {}
    assert "web-1 is running" in card.text


@pytest.mark.parametrize(
    ("user", "text"),
    [
        ("gus", "ec2 list"),
        ("ben", "ec2 terminate name=batch-1"),
        ("ben", "ec2 stop name=web-prod-1 --account prod"),
    ],
)
def test_who_may_not_is_refused_alone_and_aws_is_not_asked(whole: Whole, user: str, text: str) -> None:
    card = whole.type(text, user=user)
    assert card.text.startswith("⛔")
    assert card.only_for
    assert whole.aws_calls(own=True) == []


def test_tags_decide_for_each_instance_and_one_refused_refuses_all(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-staging-1 name=web-1", user="ben")
    assert card.text.startswith("⛔")
    assert whole.aws_calls(changes=True) == []
    assert "confirm" in whole.type("ec2 stop name=web-1", user="ben").buttons


def test_a_name_that_would_ping_everybody_pings_nobody(whole: Whole) -> None:
    whole.aws.ec2.create_tags(Resources=[WEB_1], Tags=[{"Key": "Name", "Value": "<!channel> *x* :boom:"}])
    for text in (f"ec2 stop {WEB_1}", f"ec2 show {WEB_1}", f"ec2 list {WEB_1}"):
        card = whole.type(text)
        assert "<!channel>" in card.words, "shown as it is"
        marked_up = [text for block in card.blocks for text in _mrkdwn(block)]
        assert "<!channel>" not in "".join(marked_up)
        assert ":boom:" not in card.text


def _mrkdwn(value: object) -> list[str]:
    """Every string of a block that Slack would read as markup."""
    if isinstance(value, list):
        return [text for each in value for text in _mrkdwn(each)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if value.get("type") == "mrkdwn" else []
    return own + [text for each in value.values() for text in _mrkdwn(each)]


def test_console_output_goes_to_the_asker_alone_and_is_not_kept(whole: Whole) -> None:
    before = whole.stamps("carla")
    card = whole.type("ec2 console name=web-1")
    assert "Linux version" in card.words
    assert card.only_for == "U0ANA00001"
    assert whole.stamps("carla") == before
    with whole.bot.database.read() as connection:
        kept = json.dumps([list(map(str, row)) for row in connection.exec_driver_sql("select * from runs")])
    assert "Linux version" not in kept


def test_production_is_marked_and_only_where_it_may_be_changed(whole: Whole) -> None:
    card = whole.type("ec2 stop name=web-prod-1 --account prod")
    assert "PRODUCTION" in card.text[:120]
    assert card.buttons["confirm"]["style"] == "danger"
    assert whole.type("ec2 stop name=web-prod-1 --account prod", channel="dev").text.startswith("⛔")


def test_throttling_is_said_and_the_next_command_works(whole: Whole) -> None:
    for _ in range(4):
        whole.aws.fault("throttle", "DescribeInstances")
    assert "throttling" in whole.type("ec2 list", seconds=40).text
    assert whole.type("ec2 list name=web-1").text.startswith("✅")


@pytest.mark.parametrize("name", ["<!channel> :white_check_mark:", "<script>1</script>", "=1+1", "\u202egpj.exe"])
def test_o5_i11_a_hostile_name_tag_is_only_a_name_in_the_list_the_card_and_its_end(whole: Whole, name: str) -> None:
    whole.aws.ec2.create_tags(Resources=[WEB_1], Tags=[{"Key": "Name", "Value": name}])
    try:
        shown = [whole.type(f"ec2 list {WEB_1}"), confirmed(whole, f"ec2 stop {WEB_1}")]
    finally:
        whole.aws.ec2.create_tags(Resources=[WEB_1], Tags=[{"Key": "Name", "Value": "web-1"}])
    for card in shown:
        assert not set(html.unescape(card.text)) & set("\u202e\x1b")
        assert "<" not in card.text
        parsed = [block for block in card.blocks if '"mrkdwn"' in json.dumps(block)]
        assert name not in json.dumps(parsed)
        assert "\u202e" not in str(card.blocks)
