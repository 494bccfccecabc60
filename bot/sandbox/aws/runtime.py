"""Lambda's Python runtime, small: one handler, called once, in a process of its own with limits on what it may take.

`python -m bot.sandbox.aws.runtime RESULT` reads the event from standard input, logs to standard output, and writes
what became of it to the file RESULT. It is started in the folder that holds the function's code.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

_TASK = "/var/task"
_MB = 1024 * 1024
_OWN_MB = 384
"""Address space that the interpreter itself takes, beside the function's memory."""


class Context:
    """What a handler is told about its invocation."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.function_name = environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = environ["SANDBOX_FUNCTION_ARN"]
        self.aws_request_id = environ["SANDBOX_REQUEST_ID"]
        self._ends = time.monotonic() + float(environ["SANDBOX_TIMEOUT"])

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


def main(result: Path) -> None:
    limit(int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]), int(os.environ["SANDBOX_TIMEOUT"]))
    context = Context(dict(os.environ))
    event = json.load(sys.stdin)
    began = time.perf_counter()
    try:
        handler = found(os.environ["_HANDLER"])
    except Exception as error:  # noqa: BLE001 - whatever a function's code does is its own
        told = failure("Runtime.ImportModuleError", f"Unable to import module '{module_of()}': {error}", [])
        write(result, told, True, began=began, ready=began)
        return
    ready = time.perf_counter()
    write(result, *called(handler, event, context), began=began, ready=ready)


def limit(memory: int, seconds: int) -> None:
    """Keep this process to its memory, its time and small files."""
    for what, most in (
        (resource.RLIMIT_AS, (memory + _OWN_MB) * _MB),
        (resource.RLIMIT_CPU, seconds + 2),
        (resource.RLIMIT_FSIZE, 512 * _MB),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def module_of() -> str:
    return os.environ["_HANDLER"].rpartition(".")[0]


def found(handler: str) -> Callable[[Any, Context], Any]:
    module, _, name = handler.rpartition(".")
    function: Callable[[Any, Context], Any] = getattr(importlib.import_module(module), name)
    return function


def called(handler: Callable[[Any, Context], Any], event: Any, context: Context) -> tuple[str, bool]:
    """Call the handler; its answer as JSON, or how it failed in the words of AWS's runtime."""
    try:
        answer = handler(event, context)
    except Exception as error:  # noqa: BLE001 - as above
        return raised(error), True
    try:
        return json.dumps(answer), False
    except (TypeError, ValueError) as error:
        return failure("Runtime.MarshalError", f"Unable to marshal response: {error}", []), True


def raised(error: Exception) -> str:
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename != __file__]
    stack = [each.replace(str(Path.cwd()), _TASK) for each in traceback.format_list(frames)]
    print(f"[ERROR] {type(error).__name__}: {error}\nTraceback (most recent call last):\n{''.join(stack)}")  # noqa: T201
    return failure(type(error).__name__, str(error), stack)


def failure(kind: str, message: str, stack: list[str]) -> str:
    request = os.environ["SANDBOX_REQUEST_ID"]
    return json.dumps({"errorMessage": message, "errorType": kind, "requestId": request, "stackTrace": stack})


def used() -> int:
    """The most memory this process had at once, in MB; getrusage would count what its parent had when it was made."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), 0)


def write(result: Path, payload: str, error: bool, *, began: float, ready: float) -> None:
    took = {"init": (ready - began) * 1000, "ms": (time.perf_counter() - ready) * 1000, "mb": used()}
    result.write_text(json.dumps({"payload": payload, "error": error, **took}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
