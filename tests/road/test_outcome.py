"""What AWS's answer to a change says: stored with its call, shown on the card, and unknown where it broke off."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest

from bot.command import ANSWER_BYTES, Call, Command, Effect, Outcome
from bot.errors import AwsUnknown
from bot.reply import Reply, from_json, text
from bot.road.outcomes import failure, outcome_of, told
from bot.store.runs import Run, State
from tests.road.bench import ANN, Bench, bot_file

LAMBDA = {"actions": ["lambda:*", "lambda:Invoke"], "who": {"users": [ANN]}}


@pytest.fixture
def functions(bench: Bench) -> Bench:
    bench.use(bot_file(LAMBDA))
    return bench


def invoked(bench: Bench, words: str) -> Run:
    run = bench.ask(f"lambda invoke {words}")
    assert run.state is State.ASKED, bench.card(run)
    assert bench.click("confirm", run) == ""
    return bench.run(run.id)


def test_an_answer_is_stored_with_its_call_and_stands_on_the_card(functions: Bench) -> None:
    run = invoked(functions, """thumbnailer --payload '{"key": "cat.jpg"}'""")
    assert run.state is State.DONE
    stored = from_json(run.answer)
    assert stored.sign == "ok"
    assert stored.summary.startswith("answered in ")
    (call,) = functions.desk.runs.calls(run.id)
    assert call.state == "accepted"
    card = functions.card(run)
    assert card.startswith("done: Invoke thumbnailer in dev: answered in ")
    assert "thumbs/cat-128.jpg" in card


def test_u4_neither_the_audit_nor_the_call_keeps_what_was_answered(functions: Bench) -> None:
    run = invoked(functions, "nightly-report")
    rows = functions.database.read()
    with rows as connection:
        kept = str(connection.exec_driver_sql("select detail from audit").fetchall())
        kept += str(connection.exec_driver_sql("select * from calls").fetchall())
    assert "GBP" in run.answer
    assert "GBP" not in kept
    assert "KeyError" in kept, "the kind of error is what the audit says"


def test_an_error_in_the_answer_ends_the_run_failed_and_it_was_done_all_the_same(functions: Bench) -> None:
    run = invoked(functions, "nightly-report")
    assert run.state is State.FAILED
    assert run.why.startswith("the function raised KeyError")
    card = functions.card(run)
    assert card.startswith("failed: Invoke nightly-report in dev: the function raised KeyError")
    assert "nothing was done" not in card
    assert "nightly_report.py" in card
    assert functions.desk.runs.calls(run.id)[0].state == "accepted"


def test_u2_a_restart_after_the_answer_was_written_ends_with_what_it_said(functions: Bench) -> None:
    """The process died between writing the answer and ending the run."""
    run = invoked(functions, "nightly-report")
    with functions.desk.runs.together() as connection:
        connection.exec_driver_sql(f"update runs set state='sending', owner='dead', ended_at=0 where id='{run.id}'")
    assert functions.waiting.rescue() == 1
    ended = functions.run(run.id)
    assert ended.state is State.FAILED
    assert "the function raised KeyError" in functions.card(ended)


def test_x2_a_lost_answer_is_unknown_and_gives_the_advice_of_the_plan(functions: Bench) -> None:
    functions.aws.client("lambda").update_function_configuration(FunctionName="slow-import", Timeout=300)
    run = functions.ask("""lambda invoke slow-import --payload '{"seconds": 0}'""")
    functions.aws.fault("lost_reply", "Invoke")
    assert functions.click("confirm", run) == ""
    run = functions.run(run.id)
    assert run.state is State.UNKNOWN
    assert run.answer == ""
    assert "use --async" in functions.card(run)
    assert "nothing was done" not in functions.card(run)


def test_a_private_run_keeps_its_answer_to_the_asker(functions: Bench) -> None:
    assert invoked(functions, "thumbnailer --private").audience == "asker"


# ── reading an answer ──


class Stream(io.BytesIO):
    """A body that breaks off after `good` bytes, where that is said."""

    def __init__(self, body: bytes, breaks: bool = False) -> None:
        super().__init__(body)
        self.breaks = breaks
        self.asked = 0

    def read(self, size: int | None = -1) -> bytes:
        self.asked = size or -1
        if self.breaks:
            raise ConnectionResetError
        return super().read(size)


def command(outcome: Any) -> Command:
    return Command(
        "lambda", "invoke", "x.", Effect.CHANGES, ("lambda:Invoke",), "", lambda _a, _b: Reply(""), outcome=outcome
    )


def echoed(answer: Mapping[str, Any]) -> Outcome:
    return Outcome(f"{len(answer['Payload'])} bytes", (text(answer["Name"]),))


def test_a_stream_is_read_to_the_bound_and_one_byte_more_and_closed() -> None:
    stream = Stream(b"x" * (ANSWER_BYTES + 50))
    stored = outcome_of(command(echoed), "lambda:Invoke", {"Payload": stream, "Name": "n"})
    assert from_json(stored).summary == f"{ANSWER_BYTES + 1} bytes"
    assert stream.asked == ANSWER_BYTES + 1
    assert stream.closed


def test_x2_a_stream_that_breaks_off_leaves_the_outcome_unknown() -> None:
    stream = Stream(b"", breaks=True)
    answer = {"Payload": stream, "ResponseMetadata": {"RequestId": "r-1"}}
    with pytest.raises(AwsUnknown, match="broke off on the way") as caught:
        outcome_of(command(echoed), "lambda:Invoke", answer)
    assert (caught.value.code, caught.value.request_id) == ("ConnectionResetError", "r-1")
    assert stream.closed


def test_an_answer_that_cannot_be_understood_was_accepted_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    stored = from_json(outcome_of(command(echoed), "lambda:Invoke", {"Payload": b""}))
    assert (stored.summary, stored.sign) == ("AWS accepted it, and I could not read its answer", "ok")
    assert "KeyError" in caplog.text


def test_a_command_that_reads_no_answer_stores_none() -> None:
    assert outcome_of(command(None), "ec2:StopInstances", {"Payload": Stream(b"")}) == ""
    assert told(Run("r", State.DONE)) is None
    assert failure(Run("r", State.DONE)) == ""


def test_each_call_may_take_its_own_time() -> None:
    from bot.aws.gateway import CHANGING, changing

    assert changing(Call("a:B", {}).seconds) is CHANGING
    assert changing(120).read_timeout == 120
    assert changing(120) is changing(120), "one client, not one a call"
    assert changing(120).retries == CHANGING.retries
