"""Functions and metrics over Slack: invocations to their end (answered, failed, accepted, unknown), and a graph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from bot.store import tables
from bot.store.runs import State
from tests.sandbox.slack_wire import until
from tests.whole import Card, Whole, running


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with running(tmp_path_factory.mktemp("whole")) as bot:
        yield bot


def invoked(whole: Whole, text: str, user: str = "ana", **more: Any) -> Card:
    card = whole.type(text, user=user, **more)
    assert "confirm" in card.buttons, card.words
    whole.click("confirm", card, user=user)
    return whole.until(lambda now: now.text[0] in "✅❌❓", card, what="an end")


def test_an_invocation_is_confirmed_run_once_and_its_answer_stands_on_the_card(slack: Whole) -> None:
    slack.forget_calls()
    end = invoked(slack, """lambda invoke thumbnailer --payload '{"key": "cat.jpg"}'""")
    assert re.match(r"✅ Invoke thumbnailer in dev: answered in [\d,]+ ms", end.text)
    assert "thumbs/cat-128.jpg" in end.words
    assert "making 3 thumbnails of cat.jpg" in end.words
    assert slack.aws_calls(changes=True) == ["lambda:Invoke"]


def test_a_function_error_ends_the_run_failed_without_saying_that_nothing_was_done(slack: Whole) -> None:
    end = invoked(slack, "lambda invoke nightly-report")
    assert end.text.startswith("❌ Invoke nightly-report in dev: the function raised KeyError")
    assert "nothing was done" not in end.words
    assert "in in_euros" in end.words
    (run,) = [each for each in runs(slack) if "nightly-report" in each.action]
    assert run.state is State.FAILED
    assert "GBP" not in run.why, "the audit keeps the kind of the error, not its message"


def test_accepted_is_not_done(slack: Whole) -> None:
    end = invoked(slack, """lambda invoke thumbnailer --async --payload '{"key": "later.jpg"}'""")
    assert "AWS accepted the event; the function runs by itself" in end.text
    assert "Accepted is not done" in end.words
    assert "nothing was run" in invoked(slack, "lambda invoke thumbnailer --dry-run").text


def test_x2_a_lost_answer_is_unknown_with_the_advice_to_hand_it_in(slack: Whole) -> None:
    slack.aws.client("lambda").update_function_configuration(FunctionName="slow-import", Timeout=900)
    slack.aws.fault("lost_reply", "Invoke")
    end = invoked(slack, """lambda invoke slow-import --payload '{"seconds": 0}'""")
    assert end.text.startswith("❓ Invoke slow-import in dev: unknown")
    assert "it may have been done" in end.words
    assert "use --async" in end.words


def test_a_private_invocation_is_told_to_the_asker_alone(slack: Whole) -> None:
    slack.type("""lambda invoke thumbnailer --private --payload '{"key": "mine.jpg"}'""")
    card = until(lambda: next((each for each in slack.messages() if "mine.jpg" in each.words), None), 15)
    assert card.channel == "ana", "in the direct messages"
    slack.click("confirm", card)
    end = slack.until(lambda now: now.text.startswith("✅"), card)
    assert "thumbs/mine-128.jpg" in end.words
    assert not [each for each in slack.messages(user="ben") if "mine" in each.words]


def test_who_may_invoke_in_dev_may_not_in_production(slack: Whole) -> None:
    slack.forget_calls()
    assert "⛔" in slack.type("lambda invoke payments-webhook --account prod", user="ben").text
    assert slack.aws_calls(changes=True) == []


def test_everybody_may_see_alarms_and_a_graph_with_its_numbers_and_its_picture_below(slack: Whole) -> None:
    assert "2 firing" in slack.type("cloudwatch alarms", user="ben").text
    slack.forget_calls()
    card = slack.type("cloudwatch graph cpu i-0a1b2c3d4e5f60001", user="ben")
    assert card.text.startswith("✅ CPUUtilization of i-0a1b2c3d4e5f60001")
    assert "Lowest" in card.words
    assert set(slack.aws_calls()) == {"cloudwatch:ListMetrics", "cloudwatch:GetMetricData"}
    below = until(lambda: [each for each in slack.slack.messages("ops", "ben") if each.get("thread_ts") == card.ts], 60)
    (picture,) = below[0]["files"]
    assert picture["mimetype"] == "image/png"
    assert "i-0a1b2c3d4e5f60001: last " in picture["alt_txt"]


def runs(whole: Whole) -> list[Any]:
    found = whole.bot.desk.runs._select(select(tables.runs))
    return [each for each in found if each.plan]
