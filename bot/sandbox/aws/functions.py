"""Lambda as Lambda behaves, where moto does not: functions run, fail, log and are turned away; lists come in pages.

Everything not overridden here is moto's own.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from threading import Event, Lock, Thread
from typing import Any, Final

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse

from bot.sandbox.aws.invocations import Ran, run
from bot.sandbox.aws.metrics import measure_invocation

SYNC_BYTES: Final = 6_291_456
ASYNC_BYTES: Final = 1_048_576
PAGE: Final = 50
ONLY_OF_ONE: Final = ("State", "StateReason", "StateReasonCode", "LastUpdateStatus")
"""What ListFunctions leaves out: it is told of one function alone."""


class Refused(LambdaClientError):
    """One of Lambda's refusals, with its status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = status


class InHand:
    """The invocations under way, by function: what a reserved concurrency is compared with."""

    def __init__(self, stopping: Event) -> None:
        self.stopping = stopping
        self._lock = Lock()
        self._running: Counter[str] = Counter()

    def take(self, function: LambdaFunction) -> None:
        most = function.reserved_concurrency
        with self._lock:
            if most is not None and self._running[function.function_arn] >= int(most):
                raise Refused(429, "TooManyRequestsException", "Rate Exceeded.")
            self._running[function.function_arn] += 1

    def let_go(self, function: LambdaFunction) -> None:
        with self._lock:
            self._running[function.function_arn] -= 1


class Lambda(LambdaResponse):
    """One request to Lambda."""

    def __init__(self, in_hand: InHand) -> None:
        super().__init__()
        self.in_hand = in_hand

    def answer(self, request: Any, url: str, headers: Any) -> Any:
        return self._dispatch(request, url, headers)

    def invoke(self) -> tuple[int, dict[str, str], str]:
        name = self.uri_match["FunctionName"] if self.uri_match else self.path.rsplit("/", 2)[-2]
        function = self.backend.get_function(name, self.querystring.get("Qualifier", [None])[0])
        kind = self.headers.get("X-Amz-Invocation-Type") or "RequestResponse"
        event = self.body.encode() if isinstance(self.body, str) else bytes(self.body or b"")
        self._check(function, kind, event)
        if kind == "DryRun":
            return 204, {"status": "204"}, ""
        self.in_hand.take(function)
        if kind == "Event":
            Thread(target=self._run, args=(function, event), name="invocation", daemon=True).start()
            return 202, {"status": "202"}, ""
        return self._answered(function, self._run(function, event))

    def _check(self, function: LambdaFunction, kind: str, event: bytes) -> None:
        most = ASYNC_BYTES if kind == "Event" else SYNC_BYTES
        if len(event) > most:
            words = f"Request must be smaller than {most} bytes for the InvokeFunction operation"
            raise Refused(413, "RequestTooLargeException", words)
        try:
            json.loads(event or b"{}")
        except ValueError as wrong:
            words = f"Could not parse request body into json: {wrong}"
            raise Refused(400, "InvalidRequestContentException", words) from wrong
        if not str(function.run_time).startswith("python3"):
            words = f"The runtime {function.run_time} is not supported here."
            raise Refused(502, "InvalidRuntimeException", words)

    def _run(self, function: LambdaFunction, event: bytes) -> Ran:
        try:
            ran = run(function, event, self.in_hand.stopping)
            measure_invocation(function.account_id, function.region, function.function_name, ran)
            return ran
        finally:
            self.in_hand.let_go(function)

    def _answered(self, function: LambdaFunction, ran: Ran) -> tuple[int, dict[str, str], str]:
        headers = {"content-type": "application/json", "X-Amz-Executed-Version": str(function.version)}
        headers |= {"x-amzn-RequestId": ran.request} | ({"X-Amz-Function-Error": "Unhandled"} if ran.error else {})
        if self.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(ran.tail.encode()).decode()
        if len(ran.payload) <= SYNC_BYTES:
            return 200, headers, ran.payload
        words = f"Response payload size exceeded maximum allowed payload size ({SYNC_BYTES + 100} bytes)."
        too_large = {"errorMessage": words, "errorType": "Function.ResponseSizeTooLarge"}
        return 200, {**headers, "X-Amz-Function-Error": "Unhandled"}, json.dumps(too_large)

    def list_functions(self) -> str:
        asked = {name: values[0] for name, values in self.querystring.items()}
        first, most = int(asked.get("Marker") or 0), min(int(asked.get("MaxItems") or PAGE), PAGE)
        known = sorted(self.backend.list_functions(asked.get("FunctionVersion")), key=lambda one: one.function_name)
        shown = [one.get_configuration() for one in known[first : first + most]]
        listed = [{key: value for key, value in one.items() if key not in ONLY_OF_ONE} for one in shown]
        marker = {"NextMarker": str(first + most)} if first + most < len(known) else {}
        return json.dumps({"Functions": listed, **marker})
