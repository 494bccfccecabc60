"""`lambda list`, `show`, `invoke` and `logs` through the gateway, on functions that really run."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

import botocore.session
import pytest

from bot.aws.advice import DID_NOT_RUN
from bot.aws.families import NOTHING_DONE
from bot.command import ANSWER_BYTES
from bot.errors import AwsRefused, AwsUnknown, UsageError
from bot.reply import Code, Reply, Table
from bot.services import _invoked, _logged
from bot.text import plain
from tests.services.conftest import Service

ARN = "arn:aws:lambda:eu-west-1:111111111111:function:thumbnailer"


def table_of(reply: Reply) -> Table:
    return next(part for part in reply.parts if isinstance(part, Table))


def code(body: str) -> bytes:
    """A function's code, as a zip of one file."""
    from bot.sandbox.aws.seeded_functions import zipped

    return zipped("made.py", body)


def make(
    service: Service, name: str, body: str = "def handler(event, context):\n    return event\n", **more: Any
) -> None:
    asked = {"Runtime": "python3.12", "Handler": "made.handler", "Timeout": 60, **more}
    role = "arn:aws:iam::111111111111:role/lambda-thumbnailer"
    service.aws.client("lambda").create_function(FunctionName=name, Role=role, Code={"ZipFile": code(body)}, **asked)


def outcome(service: Service, text: str) -> Any:
    """Plan an invocation, send it, and read what Lambda answered."""
    (answer,) = service.send(service.plan(text))
    return _invoked.outcome({**answer, "Payload": answer["Payload"].read(ANSWER_BYTES + 1)})


# ── list and show ──


def test_a_list_shows_every_function_with_its_state_and_what_one_may_do_with_it(service: Service) -> None:
    reply = service.read("lambda list")
    assert reply.summary == "3 functions in dev eu-west-1: 3 Active"
    table = table_of(reply)
    assert [row[0] for row in table.rows] == ["nightly-report", "slow-import", "thumbnailer"]
    assert table.rows[2][1:4] == ("python3.12", "512 MB", "30 s")
    assert table.of
    assert (table.of.service, table.of.verbs) == ("lambda", ("show", "invoke", "logs"))
    assert reply.facts == (("nightly-report", "Active"), ("slow-import", "Active"), ("thumbnailer", "Active"))


def test_a_list_narrows_by_name_and_reads_every_page(service: Service) -> None:
    for n in range(48):
        make(service, f"job-{n:02d}")
    every = service.read("lambda list")
    assert len(table_of(every).rows) == 51
    assert len(service.calls("ListFunctions")) == 2
    assert "States are read for up to 25" in plain(every), "what was not read is not claimed"
    assert {row[-1] for row in table_of(every).rows} == {"–"}
    some = service.read("lambda list name=job-0* name=thumb*")
    assert len(table_of(some).rows) == 11
    assert some.summary.endswith(": 11 Active")


def test_o6_an_empty_list_says_that_it_is_empty(service: Service) -> None:
    assert service.read("lambda list name=none-*").summary == "No functions in dev eu-west-1 for name=none-*"
    with pytest.raises(UsageError, match="Use name=report"):
        service.read("lambda list thumbnailer")


def test_show_masks_every_value_of_the_environment_and_asks_for_no_link_to_the_code(service: Service) -> None:
    words = plain(service.read("lambda show nightly-report"), 300)
    assert "DB_PASSWORD=•••" in words
    assert "seeded-and-opens-nothing" not in words
    assert "tidewater-reports" not in words
    assert "role/lambda-nightly-report" in words
    assert "subnet-" in words
    assert "awslambda" not in words, "no link to the code"
    assert {each["operation"] for each in service.aws.log()} & {"GetFunction"} == set()
    assert "Reserved concurrency: 2" in plain(service.read("lambda show slow-import"))
    assert "pillow:1" in plain(service.read(f"lambda show {ARN}"))


@pytest.mark.parametrize("verb", ["show", "invoke", "logs"])
def test_x3_a_function_that_does_not_exist_is_said_with_what_to_do_next(service: Service, verb: str) -> None:
    with pytest.raises(UsageError, match=r"There is no function ghost in dev eu-west-1. Try: lambda list"):
        service._perform(f"lambda {verb} ghost")


def test_an_arn_of_another_account_is_not_taken_for_one_of_ours(service: Service) -> None:
    with pytest.raises(UsageError, match="another account or Region"):
        service._perform(f"lambda invoke {ARN.replace('111111111111', '222222222222')}")
    with pytest.raises(UsageError, match="should be a function's name"):
        service._perform(f"lambda show {ARN}:prod")


# ── what an invocation would be ──


def test_a_plan_holds_the_exact_call_the_arn_and_the_tags(service: Service) -> None:
    plan = service.plan("""lambda invoke thumbnailer --payload '{"key": "cat.jpg"}' --qualifier $LATEST""")
    (call,) = plan.calls
    assert call.params == {
        "FunctionName": "thumbnailer",
        "InvocationType": "RequestResponse",
        "LogType": "Tail",
        "Payload": '{"key": "cat.jpg"}',
        "Qualifier": "$LATEST",
    }
    assert call.seconds == 120
    assert plan.headline == "invoke thumbnailer ($LATEST)"
    (this,) = plan.resources
    assert (this.id, this.arn, this.tags) == ("thumbnailer", ARN, {"env": "dev", "team": "web"})


def test_a7_a_qualifier_does_not_lead_round_a_rule_about_the_function(service: Service) -> None:
    plain_plan, qualified = (service.plan(f"lambda invoke thumbnailer{more}") for more in ("", " --qualifier 7"))
    assert plain_plan.resources == qualified.resources


@pytest.mark.parametrize(
    ("payload", "where"),
    [
        ("{'key': 1}", "character 2"),
        ('{"key": }', "character 9"),
        ("", "character 1"),
        ('{"n": NaN}', "NaN is no number"),
    ],
)
def test_i2_a_payload_that_is_not_json_is_told_where_it_breaks(service: Service, payload: str, where: str) -> None:
    quoted = json.dumps(payload)
    with pytest.raises(UsageError, match=where):
        service.plan(f"lambda invoke thumbnailer --payload {quoted}")
    assert service.calls("Invoke") == []


def test_async_and_dry_run_exclude_each_other(service: Service) -> None:
    with pytest.raises(UsageError, match="give one of them"):
        service.plan("lambda invoke thumbnailer --async --dry-run")


def test_a_function_that_may_run_longer_than_is_waited_for_says_so_before(service: Service) -> None:
    make(service, "marathon", Timeout=900)
    assert "use --async" in service.plan("lambda invoke marathon").notes[0]
    assert service.plan("lambda invoke marathon --async").notes == ()


# ── what Lambda answers ──


def test_an_answer_is_shown_pretty_with_the_end_of_the_log(service: Service) -> None:
    told = outcome(service, """lambda invoke thumbnailer --payload '{"key": "dog.png"}'""")
    assert re.fullmatch(r"answered in [\d,]+ ms", told.verdict)
    assert not told.failed
    result, _, log = told.parts
    assert isinstance(result, Code)
    assert json.loads(result.text)["thumbnails"][0] == {"key": "thumbs/dog-128.png", "width": 128}
    assert '\n  "source"' in result.text
    assert "making 3 thumbnails of dog.png" in log.text
    assert "REPORT RequestId:" in log.text


def test_an_error_of_the_function_is_an_error_with_its_stack(service: Service) -> None:
    told = outcome(service, "lambda invoke nightly-report")
    assert told.failed
    assert told.verdict.startswith("the function raised KeyError in ")
    words = plain(Reply("", told.parts))
    assert "KeyError: 'GBP'" in words
    assert 'File "/var/task/nightly_report.py"' in words
    assert "in in_euros" in words


def test_a_function_that_runs_out_of_its_time_says_so(service: Service) -> None:
    make(service, "sleeper", "import time\ndef handler(event, context):\n    time.sleep(30)\n", Timeout=1)
    told = outcome(service, "lambda invoke sleeper")
    assert told.failed
    assert told.verdict.startswith("the function ran out of time")
    assert "Task timed out after 1.00 seconds" in plain(Reply("", told.parts))


def test_x3_too_many_at_once_is_refused_in_its_own_words_after_it_was_tried_again(service: Service) -> None:
    plan = service.plan("lambda invoke thumbnailer")
    service.aws.fault("code", "Invoke", code="TooManyRequestsException", status=429, times=9)
    with pytest.raises(AwsRefused, match="--async, which waits") as caught:
        service.send(plan)
    assert caught.value.unread
    assert len(service.calls("Invoke")) == 4


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("RequestTooLargeException", 413, "the payload is too large"),
        ("InvalidRuntimeException", 502, "its runtime is not supported"),
        ("KMSAccessDeniedException", 502, "decrypt its environment"),
        ("ResourceNotFoundException", 404, "no such function, version or alias"),
        ("ENILimitReachedException", 502, "no network interface left"),
    ],
)
def test_x3_each_refusal_says_what_is_the_matter_and_that_nothing_was_done(
    service: Service, code: str, status: int, words: str
) -> None:
    plan = service.plan("lambda invoke thumbnailer")
    service.aws.fault("code", "Invoke", code=code, status=status)
    with pytest.raises(AwsRefused, match=words) as caught:
        service.send(plan)
    assert caught.value.sentence.startswith("Nothing was done: ")
    assert len(service.calls("Invoke")) == 1


def test_every_error_with_which_lambda_says_that_it_did_not_run_a_function_is_known() -> None:
    model = botocore.session.Session().get_service_model("lambda").operation_model("Invoke")
    shapes = {each.name: each.metadata.get("error", {}).get("httpStatusCode", 400) for each in model.error_shapes}
    assert {name for name, status in shapes.items() if status >= 500} - NOTHING_DONE == {"ServiceException"}
    assert set(DID_NOT_RUN) <= set(shapes)


def test_x2_no_answer_is_unknown_and_not_sent_again(service: Service) -> None:
    plan = service.plan("lambda invoke thumbnailer")
    service.aws.fault("lost_reply", "Invoke")
    with pytest.raises(AwsUnknown):
        service.send(plan)
    assert len(service.calls("Invoke")) == 1


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ({"StatusCode": 200, "Payload": b"null"}, "answered"),
        ({"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b"not json"}, "the function failed"),
        ({"StatusCode": 200, "FunctionError": "Handled", "Payload": b'{"errorType": 7}'}, "the function raised 7"),
        (
            {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorType": "Runtime.ExitError"}'},
            "the function failed (Runtime.ExitError)",
        ),
    ],
)
def test_answers_of_every_shape_are_told(answer: dict[str, Any], verdict: str) -> None:
    assert _invoked.outcome(answer).verdict == verdict


def test_an_answer_that_is_too_long_is_cut_and_says_so() -> None:
    told = _invoked.outcome({"StatusCode": 200, "Payload": b'"' + b"x" * ANSWER_BYTES})
    assert len(told.parts[0].text) == ANSWER_BYTES
    assert "its first 100,000 bytes" in plain(Reply("", told.parts[1:]))


def test_u4_what_looks_like_a_secret_in_the_log_is_masked_and_the_result_is_not() -> None:
    log = 'db_password=hunter2 {"api_key": "abc"} Authorization: Bearer zzz AKIAABCDEFGHIJKLMNOP tokens used: 12\nplain'
    answer = {"StatusCode": 200, "Payload": b'{"password": "asked-for"}', "LogResult": base64.b64encode(log.encode())}
    words = plain(Reply("", _invoked.outcome(answer).parts), 300)
    assert "asked-for" in words
    assert not [each for each in ("hunter2", "abc", "zzz", "AKIA") if each in words]
    assert "plain" in words
    assert "is masked" in words


# ── logs ──


def test_logs_are_the_last_lines_in_utc_and_can_be_searched(service: Service) -> None:
    service.aws.control("reset", {})
    reply = service.read("lambda logs thumbnailer")
    assert reply.summary == "thumbnailer in dev eu-west-1: the last 12 lines of 60 minutes"
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d START RequestId", reply.parts[0].text)
    found = service.read("""lambda logs nightly-report --minutes 2000 --find "KeyError: 'GBP'" """)
    assert found.parts[0].text.count("\n") == 1
    assert "hold KeyError" in found.summary


def test_o6_a_log_without_lines_and_one_that_is_not_there_are_told_apart(service: Service) -> None:
    assert "logged nothing in the last 1 minute" in service.read("lambda logs thumbnailer --minutes 1").summary
    assert "logged nothing that hold" in service.read("lambda logs thumbnailer --find nowhere").summary
    with pytest.raises(UsageError, match="There is no log group /aws/lambda/slow-import"):
        service.read("lambda logs slow-import")


class Busy:
    """CloudWatch Logs with a log group of 1,000 events a minute, told in pages of 3,200."""

    account, region = "dev", "eu-west-1"

    def client(self, _service: str) -> Busy:
        return self

    class exceptions:  # noqa: N801 - boto3's own attribute
        ResourceNotFoundException = KeyError

    def filter_log_events(self, *, startTime: int, nextToken: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803
        now = int(time.time() * 1000)
        first = startTime + int(nextToken or 0) * 60
        last = min(now, first + 3200 * 60)
        events = [{"timestamp": at, "message": f"line of {at}\n"} for at in range(first, last, 60)]
        return {"events": events, **({"nextToken": str(int(nextToken or 0) + 3200)} if last < now else {})}


def test_a_log_with_too_much_in_it_is_read_from_its_end() -> None:
    """Five pages are read of a span; where there are more, of a quarter of it."""
    read = _logged.last_lines(Busy(), "group", 60, None)  # type: ignore[arg-type]
    assert read.minutes == 15
    assert len(read.lines) == 200
    assert read.lines[-1] > read.lines[0]
    told = plain(Reply("", read.notes))
    assert "There is too much of it to read 60 minutes: these are 15." in told
    assert "These are the last 200 lines: there are more." in told
