"""One invocation of a function: its code unpacked, run in a process of its own, and logged as Lambda logs it.

The process has no credentials, reaches loopback addresses only, and ends when the function's time is up or the local
AWS stops.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any, Final
from uuid import uuid4

from moto.awslambda.models import LambdaFunction
from moto.logs.models import logs_backends

from bot.sandbox.aws.lifecycle import MEMORY
from bot.sandbox.loopback import child_environment

TAIL_BYTES: Final = 4096
"""How much of its log an answer bears, from the end."""
_LOG_BYTES: Final = 1_000_000
_LOOK_SECONDS: Final = 0.01
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Ran:
    """What became of an invocation: its answer, or its error's JSON; the log; what it took."""

    request: str
    payload: str
    error: bool
    log: str
    ms: float

    @property
    def tail(self) -> str:
        return self.log.encode()[-TAIL_BYTES:].decode(errors="ignore")


def run(function: LambdaFunction, event: bytes, stopping: Event, request: str = "") -> Ran:
    """Run a function to its end, or to the end of its time, and write its log down."""
    request = request or str(uuid4())
    stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid4().hex}"
    with TemporaryDirectory(prefix="lambda-") as folder:
        task, result, log = Path(folder, "task"), Path(folder, "result"), Path(folder, "log")
        task.mkdir()
        zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(task)
        began = time.monotonic()
        code = _finished(
            _started(function, task, result, log, event=event, request=request, stream=stream),
            float(function.timeout),
            stopping,
        )
        took = (time.monotonic() - began) * 1000
        told = {"ms": took} | (json.loads(result.read_text()) if result.exists() else _died(function, request, code))
        printed = log.read_bytes()[:_LOG_BYTES].decode(errors="replace")
    ran = Ran(request, told["payload"], told["error"], logged(function, request, printed, told), told["ms"])
    record(function, stream, ran.log)
    return ran


def _started(
    function: LambdaFunction, task: Path, result: Path, log: Path, *, event: bytes, request: str, stream: str
) -> subprocess.Popen[bytes]:
    given = log.with_name("event")
    given.write_bytes(event or b"{}")
    with given.open("rb") as stdin, log.open("wb") as stdout:
        return subprocess.Popen(  # noqa: S603 - our own runtime
            [sys.executable, "-m", "bot.sandbox.aws.runtime", str(result)],
            cwd=task,
            env=environment(function, task, request, stream),
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def environment(function: LambdaFunction, task: Path, request: str, stream: str) -> dict[str, str]:
    """What a function finds around it: its own variables, Lambda's, and nothing of this process's but its path."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    lambdas = {
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "LAMBDA_TASK_ROOT": str(task),
        "_HANDLER": str(function.handler),
        "SANDBOX_FUNCTION_ARN": function.function_arn,
        "SANDBOX_REQUEST_ID": request,
        "SANDBOX_TIMEOUT": str(function.timeout),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "HOME": str(task),
    }
    return child_environment({**kept, **function.environment_vars, **lambdas})


def _finished(process: subprocess.Popen[bytes], seconds: float, stopping: Event) -> int | None:
    """Wait for a process; its exit code, or None where its time was up."""
    ends = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > ends or stopping.wait(_LOOK_SECONDS):
            process.kill()
            process.wait()
            return None
    return process.returncode


def _died(function: LambdaFunction, request: str, code: int | None) -> dict[str, Any]:
    """What Lambda says of a function that did not come to its end."""
    timed_out = f"Error: Task timed out after {float(function.timeout):.2f} seconds"
    why = timed_out if code is None else f"Error: Runtime exited with error: exit status {code}"
    kind = "Sandbox.Timedout" if code is None else "Runtime.ExitError"
    payload = json.dumps({"errorType": kind, "errorMessage": f"RequestId: {request} {why}"})
    return {"payload": payload, "error": True, "why": why}


def logged(function: LambdaFunction, request: str, printed: str, told: dict[str, Any]) -> str:
    """The log of one invocation between Lambda's own START, END and REPORT lines."""
    ms = float(told["ms"])
    mb = min(int(told.get("mb", 0)) or 32, int(function.memory_size))
    init = f"\tInit Duration: {told['init']:.2f} ms\t" if told.get("init") else "\t"
    moment = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3]
    cut_short = [f"{moment}Z {request} {told['why'].removeprefix('Error: ')}\n"] if "why" in told else []
    took = f"Duration: {ms:.2f} ms\tBilled Duration: {int(ms) + 1} ms"
    size = f"Memory Size: {function.memory_size} MB\tMax Memory Used: {mb} MB"
    lines = [
        f"START RequestId: {request} Version: {function.version}\n",
        *(f"{line}\n" for line in printed.splitlines()),
        *cut_short,
        f"END RequestId: {request}\n",
        f"REPORT RequestId: {request}\t{took}\t{size}{init}\n",
    ]
    return "".join(lines)


def record(function: LambdaFunction, stream: str, log: str, at: datetime | None = None) -> None:
    """Put a log into the function's log group, made where there is none."""
    backend = logs_backends[function.account_id][function.region]
    at = at or datetime.now(UTC)
    stamp = int(at.timestamp() * 1000)
    with MEMORY:
        if function.logs_group_name not in backend.groups:
            backend.create_log_group(function.logs_group_name, {})
        backend.create_log_stream(function.logs_group_name, stream)
        events = [{"timestamp": stamp, "message": line} for line in log.splitlines(keepends=True)]
        backend.put_log_events(function.logs_group_name, stream, events)
