"""Answers the layer gives itself: JSON for the control API, and errors in the protocol the caller speaks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import uuid4
from xml.sax.saxutils import escape

from bot.sandbox.aws.authorization import decoded
from bot.sandbox.aws.calls import ApiCall
from bot.sandbox.aws.faults import Refusal


@dataclass(frozen=True)
class Answer:
    """A finished HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def in_json(value: object, status: int = 200) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(value, default=str).encode())


def in_protocol(refusal: Refusal, call: ApiCall) -> Answer:
    """The error as the SDK that asked can read it: EC2's XML, S3's, the query protocol's, or JSON."""
    request = str(uuid4())
    body, content_type = error_body(refusal, call, request)
    headers = (("Content-Type", content_type), ("x-amzn-RequestId", request), ("x-amzn-ErrorType", refusal.code))
    return Answer(refusal.status, headers, body)


def error_body(refusal: Refusal, call: ApiCall, request: str) -> tuple[bytes, str]:
    error = f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"
    if call.service == "ec2":
        words = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request}</RequestID></Response>"
    elif call.service == "s3":
        words = f"<Error>{error}<RequestId>{request}</RequestId></Error>"
    elif call.content_type.startswith("application/x-www-form-urlencoded"):
        side = "Sender" if refusal.status < 500 else "Receiver"
        words = f"<Error><Type>{side}</Type>{error}</Error><RequestId>{request}</RequestId>"
        words = f"<ErrorResponse>{words}</ErrorResponse>"
    else:
        return json.dumps({"__type": refusal.code, "message": refusal.message}).encode(), "application/json"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{words}'.encode(), "text/xml"


def decoded_message(call: ApiCall) -> Answer:
    """Answer DecodeAuthorizationMessage."""
    decision = decoded(str(call.params.get("EncodedMessage", "")))
    if decision is None:
        return in_protocol(Refusal(400, "InvalidAuthorizationMessageException", "Message is not valid."), call)
    name, message = call.operation, escape(json.dumps(decision))
    result = f"<{name}Result><DecodedMessage>{message}</DecodedMessage></{name}Result>"
    about = f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
    namespace = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
    body = f"<{name}Response {namespace}>{result}{about}</{name}Response>"
    return Answer(200, (("Content-Type", "text/xml"),), body.encode())
