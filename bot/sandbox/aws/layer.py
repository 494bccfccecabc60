"""The layer before moto: journal, faults and identity on every AWS call, and the control API beside them.

`POST /_control/fault|reset|clear`, `GET /_control/log|instances`.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from threading import Event
from typing import TYPE_CHECKING, Any

from flask import Flask
from moto.core.utils import convert_to_flask_response
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import (
    BackendRequest,
    DomainDispatcherApplication,
    create_backend_app,
)
from moto.sts.models import sts_backends
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import get_input_stream

from bot.sandbox.aws import estate
from bot.sandbox.aws.buckets import seed_buckets
from bot.sandbox.aws.calls import ApiCall, Journal, as_json, error_in, read_call
from bot.sandbox.aws.costs import costs
from bot.sandbox.aws.ec2 import Ec2
from bot.sandbox.aws.faults import Fault, Faults, Refusal, read_fault, refusal_of
from bot.sandbox.aws.functions import InHand, Lambda
from bot.sandbox.aws.lifecycle import MEMORY, Lifecycle
from bot.sandbox.aws.metrics import CloudWatch
from bot.sandbox.aws.replies import Answer, decoded_message, in_json, in_protocol
from bot.sandbox.aws.s3 import S3
from bot.sandbox.aws.selection import everything, tags_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)


class Layer:
    """A WSGI application: the local AWS."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self.faults = Faults()
        self.journal = Journal()
        self.lifecycle = lifecycle
        self.stopping = Event()
        self._s3 = S3()
        self._without_buckets = False
        self._functions = InHand(self.stopping)
        self._own: dict[str, Callable[[], Ec2 | Lambda | CloudWatch]] = {
            "ec2": lambda: Ec2(self.lifecycle),
            "awslambda": lambda: Lambda(self._functions),
            "cloudwatch": CloudWatch,
        }
        self._moto = DomainDispatcherApplication(self._service)
        self._control: dict[tuple[str, str], Callable[[bytes], Answer]] = {
            ("POST", "/_control/fault"): self._add_fault,
            ("POST", "/_control/reset"): self._reset,
            ("POST", "/_control/clear"): self._clear,
            ("GET", "/_control/log"): lambda _: in_json({"entries": self.journal.entries()}),
            ("GET", "/_control/instances"): lambda _: in_json({"instances": self._instances()}),
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = get_input_stream(environ).read()
        path = environ.get("PATH_INFO", "/")
        if path.startswith(("/_control/", "/moto-api", "/latest/")):
            control = self._control.get((environ["REQUEST_METHOD"], path))
            answer = control(body) if control else in_json({"error": f"there is no {path}"}, 404)
        else:
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
            answer = self._call(environ, body)
        return deliver(answer, start_response, head=environ["REQUEST_METHOD"] == "HEAD")

    def reset(self) -> None:
        """Back to the seeded estate, without faults and with an empty journal."""
        with MEMORY:
            estate.seed()
            self._s3.names.forget()
            self._without_buckets = True
        self._clear(b"")

    def _call(self, environ: WSGIEnvironment, body: bytes) -> Answer:
        call = read_call(environ, body)
        entry = self.journal.arrived(call)
        fault = self.faults.take(call)
        try:
            answer = self._before(call, fault) or self._perform(environ, call, body)
        except ConnectionError:
            entry["error"] = "connection closed unanswered"
            raise
        entry["status"] = answer.status
        entry["error"] = error_in(answer.status, answer.headers, answer.body)
        if fault and fault.kind == "lost_reply":
            self.stopping.wait(fault.seconds)
            raise ConnectionResetError("the reply is lost")
        return answer

    def _before(self, call: ApiCall, fault: Fault | None) -> Answer | None:
        if fault and fault.kind == "refuse_connection":
            raise ConnectionResetError("refused before anything was done")
        if fault and fault.kind == "slow":
            self.stopping.wait(fault.seconds)
        refusal = refusal_of(fault, call, caller_of(call)) if fault else None
        refusal = refusal or stranger(call)
        return in_protocol(refusal, call) if refusal else None

    def _perform(self, environ: WSGIEnvironment, call: ApiCall, body: bytes) -> Answer:
        if call.service == "s3":
            self._fill()
            return self._s3.answer(call, environ, body, lambda: self._by_moto(environ, call))
        if call.operation == "DecodeAuthorizationMessage":
            return decoded_message(call)
        return (costs(call) if call.service == "ce" else None) or self._by_moto(environ, call)

    def _fill(self) -> None:
        """Make the buckets when somebody asks for one: most who reset the estate never do."""
        with MEMORY:
            if self._without_buckets:
                seed_buckets()
                self._without_buckets = False

    def _by_moto(self, environ: WSGIEnvironment, call: ApiCall) -> Answer:
        try:
            chunks, status, headers = run_wsgi_app(self._moto, environ, buffered=True)
        except NotImplementedError as unknown:
            words = f"The local AWS cannot do {call.service}:{call.operation}: {unknown}"
            return in_protocol(Refusal(400, "UnsupportedOperation", words), call)
        except Exception:
            log.exception("The local AWS failed at %s:%s", call.service, call.operation)
            return in_protocol(Refusal(500, "InternalError", "An internal error has occurred"), call)
        answer = Answer(int(status[:3]), tuple(headers.items()), b"".join(chunks))
        if error_in(answer.status, answer.headers, answer.body) == "DryRunOperation":
            return Answer(412, answer.headers, answer.body)
        return answer

    def _service(self, service: Any) -> Flask:
        if service not in self._own:
            return create_backend_app(service)
        app = Flask(service)
        app.request_class = BackendRequest
        app.debug = True  # an unimplemented operation is raised to us, not logged
        app.config["PROPAGATE_EXCEPTIONS"] = True
        view = convert_to_flask_response(lambda *asked: self._own[service]().answer(*asked))
        for path in ("/", "/<path:_path>"):
            app.add_url_rule(path, endpoint=service, view_func=view, methods=["GET", "POST", "PUT", "DELETE"])
        return app

    def _add_fault(self, body: bytes) -> Answer:
        try:
            self.faults.add(read_fault(as_json(body)))
        except (TypeError, ValueError) as wrong:
            return in_json({"error": str(wrong)}, 400)
        return in_json({"ok": True})

    def _reset(self, _: bytes) -> Answer:
        self.reset()
        return in_json({"ok": True})

    def _clear(self, _: bytes) -> Answer:
        self.faults.clear()
        self.journal.clear()
        return in_json({"ok": True})

    def _instances(self) -> list[dict[str, str | None]]:
        with MEMORY:
            self.lifecycle.settle()
            return [
                {
                    "id": instance.id,
                    "name": tags_of(instance).get("Name"),
                    "state": instance.state,
                    "account": account,
                    "region": region,
                }
                for account, regions in list(ec2_backends.items())
                for region, backend in list(regions.items())
                for _, instance in everything(backend)
            ]


def deliver(answer: Answer, start_response: StartResponse, *, head: bool = False) -> Iterable[bytes]:
    headers = list(answer.headers)
    if "content-length" not in {name.lower() for name, _ in headers} and answer.status not in {204, 304}:
        headers.append(("Content-Length", str(len(answer.body))))
    start_response(f"{answer.status} Answer", headers)
    return [] if head else [answer.body]


def stranger(call: ApiCall) -> Refusal | None:
    """AWS knows no such key or Region, or the role asked for does not exist."""
    if call.access_key and not call.account:
        if call.service == "ec2":
            words = "AWS was not able to validate the provided access credentials"
            return Refusal(401, "AuthFailure", words)
        return Refusal(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    if call.service == "ec2" and call.region not in ec2_backends[call.account]:
        return Refusal(401, "AuthFailure", "Credential should be scoped to a valid region.")
    arn = str(call.params.get("RoleArn", ""))
    if call.operation == "AssumeRole" and not role_exists(arn):
        words = f"User: {caller_of(call)} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        return Refusal(403, "AccessDenied", words)
    return None


def role_exists(arn: str) -> bool:
    account = arn.split(":")[4] if arn.count(":") == 5 else ""
    return account in iam_backends and any(role.arn == arn for role in iam_backends[account]["aws"].roles.values())


def caller_of(call: ApiCall) -> str:
    """The caller's ARN, as GetCallerIdentity would say it."""
    if not call.account:
        return "anonymous"
    return str(sts_backends[call.account]["aws"].get_caller_identity(call.access_key, call.region)[1])
