"""Stories of `s3` from the slash command to the final state, as Slack shows them and AWS confirms them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from bot.road.progress import EVERY_SECONDS, Progress, in_words
from bot.sandbox.aws.buckets import ARTIFACTS, BUNDLE, LOGS
from bot.store.runs import Run
from tests.whole import Card, Whole, running

NEW = "tidewater-dev-slack-reports"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One bot for all of these: each works on keys of its own."""
    with running(tmp_path_factory.mktemp("whole")) as bot:
        yield bot


def ended(whole: Whole, card: Card | None = None) -> Card:
    return whole.until(lambda now: now.text.startswith(("✅", "❌", "⛔")), card, seconds=60, what="an end")


def confirmed(whole: Whole, text: str, **who: Any) -> Card:
    card = whole.type(text, **who)
    assert "confirm" in card.buttons, card.words
    whole.click("confirm", card, user=who.get("user", "ana"))
    return ended(whole, card)


def content(whole: Whole, key: str) -> bytes:
    found: bytes = whole.aws.client("s3").get_object(Bucket=ARTIFACTS, Key=key)["Body"].read()
    return found


def test_a_file_from_slack_arrives_in_s3_as_it_was(whole: Whole) -> None:
    id_ = whole.slack.upload("tides.bin", size=12_000_000, seed=9)["file"]["id"]
    card = whole.type(f"s3 put {ARTIFACTS} tides/2025.bin --file {id_}")
    assert "Put tides.bin as tides/2025.bin (12.0 MB)" in card.text
    assert "Body=(tides.bin, 12,000,000 bytes)" in card.words
    whole.forget_calls()
    whole.click("confirm", card)
    assert "stored" in ended(whole, card).text
    with urllib.request.urlopen(f"{whole.slack.server.url}/_control/files/{id_}", timeout=20) as answer:
        assert content(whole, "tides/2025.bin") == answer.read()
    assert whole.aws_calls().count("s3:CompleteMultipartUpload") == 1


def test_a_file_that_is_not_the_asker_s_is_refused_alone(whole: Whole) -> None:
    id_ = whole.slack.upload("bens.txt", channel="dev", user="ben")["file"]["id"]
    whole.forget_calls()
    card = whole.type(f"s3 put {ARTIFACTS} bens.txt --file {id_}")
    assert card.text.startswith("⛔")
    assert card.only_for
    assert whole.aws_calls(changes=True) == []


@pytest.mark.parametrize("operation", ["CompleteMultipartUpload", "PutObject"])
def test_x2_an_upload_whose_answer_is_lost_is_looked_up_and_not_sent_again(whole: Whole, operation: str) -> None:
    size = 6_000_000 if operation.startswith("Complete") else 20
    id_ = whole.slack.upload("lost.bin", size=size)["file"]["id"]
    whole.forget_calls()
    whole.aws.fault("lost_reply", operation)
    end = confirmed(whole, f"s3 put {ARTIFACTS} lost/{operation} --file {id_}")
    assert end.text.startswith("✅"), end.words
    assert "stored" in end.text
    assert whole.aws_calls().count(f"s3:{operation}") == 1


def test_a_part_that_aws_does_not_take_leaves_nothing_behind(whole: Whole) -> None:
    id_ = whole.slack.upload("parts.bin", size=12_000_000)["file"]["id"]
    whole.forget_calls()
    whole.aws.fault("code", "UploadPart", code="XAmzContentChecksumMismatch", status=400)
    end = confirmed(whole, f"s3 put {ARTIFACTS} parts.bin --file {id_}")
    assert "nothing was done" in end.text
    assert "what arrived at AWS is not what was sent" in end.words
    assert whole.aws.client("s3").list_multipart_uploads(Bucket=ARTIFACTS).get("Uploads", []) == []


def test_a_bucket_half_made_is_finished_by_asking_again(whole: Whole) -> None:
    whole.aws.fault("denied", "PutBucketVersioning")
    end = confirmed(whole, f"s3 create {NEW}")
    assert f"Not done: s3://{NEW}#versioning" in end.words
    assert "Create again" in end.words
    before = whole.stamps()
    whole.click("continue", end)
    again = whole.next(after=before)
    assert again.words.count("s3:Put") == 1
    whole.click("confirm", again)
    assert "in place" in ended(whole, again).text
    assert whole.aws.client("s3").get_bucket_versioning(Bucket=NEW)["Status"] == "Enabled"
    assert "is there, with all of it" in whole.type(f"s3 create {NEW}").text


def test_what_was_overwritten_between_card_and_click_voids_the_card(whole: Whole) -> None:
    whole.aws.client("s3").put_object(Bucket=LOGS, Key="void.txt", Body=b"one")
    card = whole.type(f"s3 delete {LOGS} void.txt")
    assert card.buttons["confirm"]["style"] == "danger"
    assert "cannot be undone" in card.words
    whole.aws.client("s3").put_object(Bucket=LOGS, Key="void.txt", Body=b"two")
    whole.click("confirm", card)
    assert ended(whole, card).text.startswith("⛔")
    assert whole.aws.client("s3").head_object(Bucket=LOGS, Key="void.txt")


def test_a_link_goes_to_the_asker_alone_and_is_not_kept(whole: Whole) -> None:
    before = whole.stamps("carla")
    card = whole.type(f"s3 get {ARTIFACTS} {BUNDLE}")
    assert card.only_for == "U0ANA00001"
    assert "X-Amz-Signature" in json.dumps(card.blocks)
    assert whole.stamps("carla") == before
    with whole.bot.database.read() as connection:
        kept = [str(row) for name in ("runs", "audit") for row in connection.exec_driver_sql(f"select * from {name}")]
    assert "X-Amz-Signature" not in "".join(kept)


@pytest.mark.parametrize(
    ("user", "text"),
    [
        ("ben", f"s3 create {NEW}-bens"),
        ("ana", "s3 delete tidewater-prod-backups db-prod-1/2025-11-30.dump --account prod"),
        ("carla", f"s3 get {ARTIFACTS} README.md"),
        ("gus", "s3 list"),
    ],
)
def test_who_may_not_is_refused_alone_and_aws_is_not_asked(whole: Whole, user: str, text: str) -> None:
    whole.forget_calls()
    card = whole.type(text, user=user)
    assert card.text.startswith("⛔"), card.words
    assert card.only_for
    assert whole.aws_calls(own=True) == []


def test_o5_a_key_that_would_ping_everybody_pings_nobody(whole: Whole) -> None:
    whole.aws.client("s3").put_object(Bucket=ARTIFACTS, Key="ping/<!channel> *x*", Body=b"x")
    card = whole.type(f's3 show {ARTIFACTS} "ping/<!channel> *x*"')
    assert "<!channel>" in card.words
    assert "<!channel>" not in json.dumps([each for each in card.blocks if each["type"] != "rich_text"])


def test_how_far_an_upload_is_stands_on_its_card(whole: Whole) -> None:
    id_ = whole.slack.upload("far.bin", size=20)["file"]["id"]
    run = whole.run(whole.type(f"s3 put {ARTIFACTS} far.bin --file {id_}"))
    told: list[Run] = []
    desk = whole.bot.desk
    now = [desk.now()]
    from dataclasses import replace

    watched = replace(desk, now=lambda: now[0])
    watched.tell = told.append  # type: ignore[method-assign]  # what is told is looked at here
    progress = Progress(watched, run, run.planned.calls[0])
    progress(5)
    assert told == [], "not at once"
    now[0] += EVERY_SECONDS
    progress(5)
    progress(5)
    (one,) = told
    assert set(one.states.values()) == {"sending, 0 of 1 MB"}
    progress.over()
    stored = desk.runs.get(run.id)
    assert stored
    assert stored.states == {}


def test_progress_is_said_in_whole_megabytes() -> None:
    assert in_words(120_400_000, 200_000_000) == "sending, 120 of 200 MB"
    assert in_words(200_000_001, 199_500_000) == "sending, 199 of 200 MB"
