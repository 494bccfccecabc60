"""What must not stay: a secret answer is in no store, audit or log, only with whoever asked."""

from __future__ import annotations

import logging
from base64 import b64encode

import pytest

from bot.store.runs import State
from bot.text import plain
from tests.road.bench import ANN, EVE, GUEST, WEB, Bench, bot_file
from tests.road.test_sending import raising


def test_u4_console_output_is_kept_nowhere(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        run = bench.ask("ec2 console name=web-1")
    assert (run.state, run.audience) == (State.DONE, "asker")
    shown = plain(bench.desk.secrets[run.id])
    secret = max(shown.splitlines(), key=len)
    assert len(secret) > 20
    assert secret not in bench.card(run)
    assert secret not in caplog.text
    stored = b"".join(each.read_bytes() for each in bench.path.parent.glob("bot.db*"))
    assert run.id.encode() in stored
    for form in (secret.encode(), b64encode(secret.encode())[:20]):
        assert form not in stored
    assert bench.audited(run) == ["done"]
    assert secret not in str(bench.desk.audit.rows())


def test_u4_a_secret_that_could_not_be_told_is_dropped(bench: Bench) -> None:
    move = bench.desk.runs.move
    bench.desk.runs.move = lambda *_, **__: None  # type: ignore[method-assign]
    run = bench.ask("ec2 console name=web-1")
    bench.desk.runs.move = move  # type: ignore[method-assign]
    assert run.id not in bench.desk.secrets


def test_u4_the_card_of_a_secret_repeats_what_was_asked_as_it_was_asked(bench: Bench) -> None:
    bench.aws.ec2.create_tags(Resources=[WEB], Tags=[{"Key": "Name", "Value": "Web-One"}])
    assert "Web-One" in bench.card(bench.ask("ec2 console name=Web-One"))


@pytest.mark.parametrize(("words", "user"), [("ec2 list", EVE), ("ec2 list", GUEST), (f"ec2 stop {WEB}", EVE)])
def test_u3_a_denial_is_audited_whole(bench: Bench, words: str, user: str) -> None:
    run = bench.ask(words, user=user)
    *decided, row = bench.desk.audit.rows(run.id)
    assert {each["event"] for each in decided} <= {"decided"}
    assert (row["event"], row["user"], row["team"], row["channel"]) == ("refused", user, "T1", "COPS")
    assert row["text"] == words
    assert bench.detail(run, "refused")["why"]


def test_u3_usage_is_audited_too(bench: Bench) -> None:
    assert bench.audited(bench.ask("ec2 stpo")) == ["usage"]


def test_o9_a_bug_at_a_click_is_a_reference_and_no_text_of_it(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.people.place = raising(ZeroDivisionError("inner detail"))  # type: ignore[method-assign]
    answer = bench.click("confirm", run, user=ANN)
    assert run.id in answer
    assert "inner detail" not in answer
    assert "inner detail" in caplog.text
    assert bench.sent() == 0


def test_a_refusal_by_the_floor_says_so_before_aws_is_asked(bench: Bench) -> None:
    bench.use(bot_file({"actions": ["lambda:*"]}))
    run = bench.ask("lambda invoke thumbnailer")
    assert run.state is State.REFUSED
    assert "A rule has to name it in full: actions: [lambda:Invoke]." in bench.card(run)
    assert run.why.startswith("floor: No wildcard reaches lambda:Invoke here")
    assert bench.journal() == []


def test_a_refusal_by_the_floor_on_a_parameter_says_so_after_planning(bench: Bench) -> None:
    bench.use(bot_file({"actions": ["ec2:*"]}).model_copy(update={"own": (WEB,)}))
    run = bench.ask(f"ec2 stop {WEB}")
    assert (run.state, run.why.split(":")[0]) == (State.REFUSED, "floor")
    assert "it is a part of the bot itself" in bench.card(run)
    assert bench.sent() == 0
