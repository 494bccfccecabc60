"""The local Lambda: functions run in a process of their own, and answer, fail, log and are refused as Lambda's do."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.aws import runtime
from bot.sandbox.aws.runtime import Context
from bot.sandbox.aws.seeded_functions import zipped
from tests.sandbox.aws_wire import Aws, refused, running
from tests.sandbox.slack_wire import until

ROLE = "arn:aws:iam::111111111111:role/lambda-thumbnailer"


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with running() as server:
        yield server


def make(aws: Aws, name: str, body: str, **more: Any) -> None:
    asked = {"Runtime": "python3.12", "Handler": "made.handler", "Timeout": 60, "Role": ROLE, **more}
    aws.client("lambda").create_function(FunctionName=name, Code={"ZipFile": zipped("made.py", body)}, **asked)


def invoke(aws: Aws, name: str, event: Any = None, **more: Any) -> tuple[Any, str, dict[str, Any]]:
    """The answer's JSON, the log's tail, and the rest of the answer."""
    payload = {} if event is None else {"Payload": json.dumps(event).encode()}
    answer = aws.client("lambda").invoke(FunctionName=name, LogType="Tail", **payload, **more)
    body = answer.pop("Payload").read()
    return json.loads(body or "null"), base64.b64decode(answer.get("LogResult", "")).decode(), answer


def logged(aws: Aws, name: str) -> list[str]:
    try:
        events = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except aws.client("logs").exceptions.ResourceNotFoundException:
        return []
    return [each["message"] for each in events]


def test_a_function_runs_and_its_log_ends_with_lambda_s_own_lines(aws: Aws) -> None:
    told, log, answer = invoke(aws, "thumbnailer", {"key": "dog.jpg"})
    assert told["thumbnails"][2] == {"key": "thumbs/dog-1024.jpg", "width": 1024}
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    first, printed, end, report = log.splitlines()
    assert first.startswith("START RequestId: ")
    assert printed == "making 3 thumbnails of dog.jpg in tidewater-thumbs"
    assert end.startswith("END RequestId: ")
    assert "\tMemory Size: 512 MB\tMax Memory Used: " in report
    assert f"{printed}\n" in logged(aws, "thumbnailer")


def test_an_exception_is_a_function_error_with_its_stack(aws: Aws) -> None:
    told, log, answer = invoke(aws, "nightly-report")
    assert answer["FunctionError"] == "Unhandled"
    assert (told["errorType"], told["errorMessage"]) == ("KeyError", "'GBP'")
    assert told["stackTrace"][0].startswith('  File "/var/task/nightly_report.py", line ')
    assert "[ERROR] KeyError: 'GBP'" in log
    assert invoke(aws, "nightly-report", {"currencies": ["EUR"]})[0] == {"day": "yesterday", "euros": 120.0}


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("import time\ndef handler(e, c): time.sleep(20)", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
        ("import os\ndef handler(e, c): os._exit(3)", "Runtime.ExitError", "exit status 3"),
        ("import nowhere", "Runtime.ImportModuleError", "Unable to import module 'made'"),
        ("def handler(e, c): return {1, 2}", "Runtime.MarshalError", "Unable to marshal response"),
        ("def handler(e, c): return bytearray(900_000_000)", "MemoryError", ""),
        ("def handler(e, c): open('big', 'wb').truncate(900_000_000)", "OSError", "File too large"),
    ],
)
def test_what_a_function_may_not_do_ends_it_in_lambda_s_words(aws: Aws, body: str, kind: str, words: str) -> None:
    make(aws, kind.replace(".", "-"), body, Timeout=1 if "sleep" in body else 60)
    told, _, answer = invoke(aws, kind.replace(".", "-"))
    assert (answer["FunctionError"], told["errorType"]) == ("Unhandled", kind)
    assert words in told["errorMessage"]


def test_a_function_has_its_own_environment_and_no_way_out_of_this_machine(aws: Aws, monkeypatch: Any) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-this-process")
    body = """
import os, socket
def handler(event, context):
    try:
        socket.create_connection(("192.0.2.1", 80), 1)
    except PermissionError as error:
        refused = str(error)
    mine = {name: os.environ.get(name) for name in ("STAGE", "AWS_SECRET_ACCESS_KEY", "AWS_LAMBDA_FUNCTION_NAME")}
    return {"refused": refused, **mine, "left": context.get_remaining_time_in_millis(), "event": event}
"""
    make(aws, "curious", body, Environment={"Variables": {"STAGE": "test"}})
    told, _, _ = invoke(aws, "curious")
    assert "Only loopback addresses" in told["refused"]
    assert (told["STAGE"], told["AWS_SECRET_ACCESS_KEY"], told["AWS_LAMBDA_FUNCTION_NAME"]) == ("test", None, "curious")
    assert 0 < told["left"] <= 60_000
    assert told["event"] == {}, "no payload is an empty event"


def test_the_tail_is_the_last_four_kilobytes_and_only_where_it_was_asked_for(aws: Aws) -> None:
    make(aws, "loud", "def handler(e, c):\n    print('line\\n' * 5000)\n    return None\n")
    told, log, _ = invoke(aws, "loud")
    assert told is None
    assert len(log.encode()) == 4096
    assert log.rstrip().splitlines()[-1].startswith("REPORT")
    assert "LogResult" not in aws.client("lambda").invoke(FunctionName="loud")


def test_asynchronously_it_is_accepted_now_and_done_later(aws: Aws) -> None:
    make(aws, "later", "import time\ndef handler(e, c):\n    time.sleep(0.2)\n    print('done', e['n'])\n")
    _, _, answer = invoke(aws, "later", {"n": 7}, InvocationType="Event")
    assert answer["StatusCode"] == 202
    until(lambda: "done 7\n" in logged(aws, "later"), 15)


def test_a_dry_run_runs_nothing(aws: Aws) -> None:
    make(aws, "never-run", "def handler(e, c):\n    return e\n")
    assert invoke(aws, "never-run", InvocationType="DryRun")[2]["StatusCode"] == 204
    assert logged(aws, "never-run") == []


def test_refusals_have_lambda_s_codes(aws: Aws) -> None:
    client = aws.client("lambda")
    with refused("ResourceNotFoundException"):
        client.invoke(FunctionName="ghost")
    with refused("ResourceNotFoundException"):
        client.invoke(FunctionName="thumbnailer", Qualifier="7")
    with refused("InvalidRequestContentException"):
        client.invoke(FunctionName="thumbnailer", Payload=b"{")
    with refused("RequestTooLargeException"):
        client.invoke(FunctionName="thumbnailer", Payload=b'"' + b"x" * 1_048_576 + b'"', InvocationType="Event")
    make(aws, "rusty", "", Runtime="provided.al2023")
    with refused("InvalidRuntimeException"):
        client.invoke(FunctionName="rusty")


def test_a_reserved_concurrency_of_none_turns_every_call_away(aws: Aws) -> None:
    client = aws.client("lambda")
    make(aws, "closed", "def handler(e, c): return 1")
    client.put_function_concurrency(FunctionName="closed", ReservedConcurrentExecutions=0)
    with refused("TooManyRequestsException"):
        client.invoke(FunctionName="closed")


def test_a_version_and_an_alias_can_be_named(aws: Aws) -> None:
    client = aws.client("lambda")
    make(aws, "versioned", "def handler(e, c): return c.function_version")
    version = client.publish_version(FunctionName="versioned")["Version"]
    client.create_alias(FunctionName="versioned", Name="live", FunctionVersion=version)
    assert invoke(aws, "versioned", Qualifier="live")[0] == version
    assert invoke(aws, "versioned")[0] == "$LATEST"


def test_a_list_comes_in_pages_without_the_states(aws: Aws) -> None:
    client = aws.client("lambda")
    page = client.list_functions(MaxItems=1)
    assert len(page["Functions"]) == 1
    assert "State" not in page["Functions"][0], "ListFunctions does not say it"
    names = [
        each["FunctionName"]
        for each in client.get_paginator("list_functions").paginate().build_full_result()["Functions"]
    ]
    assert {"nightly-report", "slow-import", "thumbnailer"} <= set(names)
    assert client.get_function_configuration(FunctionName="thumbnailer")["State"] == "Active"


def test_production_has_its_own(aws: Aws) -> None:
    told = aws.prod("lambda").list_functions()["Functions"]
    assert [each["FunctionName"] for each in told] == ["payments-webhook"]


def test_stopping_the_server_ends_what_runs() -> None:
    from bot.sandbox.aws.server import AwsServer

    with AwsServer() as server:
        aws = Aws(server, None)  # type: ignore[arg-type]
        aws.client("lambda").invoke(FunctionName="slow-import", InvocationType="Event", Payload=b'{"seconds": 19}')
        time.sleep(0.2)
        children = _children()
        assert children
    until(lambda: not set(children) & set(_children()), 10)


def _children() -> list[str]:
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"bot.sandbox.aws.runtime" in line.read_bytes():
                found.append(line.parent.name)
        except OSError:
            continue
    return found


# ── the runtime, in this process ──


def test_the_runtime_tells_results_and_failures_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANDBOX_REQUEST_ID", "r-1")
    context = object()
    assert runtime.called(lambda event, _context: event, {"a": 1}, context) == ('{"a": 1}', False)  # type: ignore[arg-type]
    told, error = runtime.called(lambda event, _context: event["b"], {}, context)  # type: ignore[arg-type]
    assert (error, json.loads(told)["errorType"], json.loads(told)["requestId"]) == (True, "KeyError", "r-1")
    assert json.loads(runtime.called(lambda *_: object(), {}, context)[0])["errorType"] == "Runtime.MarshalError"  # type: ignore[arg-type]
    runtime.write(tmp_path / "result", "1", False, began=0.0, ready=0.1)
    assert json.loads((tmp_path / "result").read_text())["payload"] == "1"
    assert runtime.used() > 1


def test_a_context_tells_what_lambda_tells() -> None:
    about = {"FUNCTION_NAME": "f", "FUNCTION_VERSION": "3", "FUNCTION_MEMORY_SIZE": "128", "LOG_GROUP_NAME": "g"}
    about |= {"LOG_STREAM_NAME": "s"}
    sandbox = {"FUNCTION_ARN": "arn", "REQUEST_ID": "r", "TIMEOUT": "3"}
    context = Context(
        {f"AWS_LAMBDA_{name}": value for name, value in about.items()}
        | {f"SANDBOX_{name}": value for name, value in sandbox.items()}
    )
    assert (context.function_name, context.aws_request_id) == ("f", "r")
    assert 0 < context.get_remaining_time_in_millis() <= 3000
