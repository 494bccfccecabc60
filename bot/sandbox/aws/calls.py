"""What one HTTP request asks of AWS, and the journal of everything that was asked."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from moto.core.routing import get_service_router
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import BackendRequest

SCOPE: Final = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
OLDER_KEY: Final = re.compile(r"AWSAccessKeyId=(?P<key>[^&]+)")
SIGNING: Final = re.compile(r"x-amz-|AWSAccessKeyId$|Signature$", re.IGNORECASE)
"""S3's presigned links may still bear version 2 signatures; neither kind belongs in the journal."""
ERROR_CODE: Final = re.compile(rb'<Code>([^<]+)</Code>|"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"')
SERVICES: Final = {"monitoring": "cloudwatch"}
"""Where the name in the signature is not the service's name in IAM and boto3."""


@dataclass(frozen=True)
class ApiCall:
    """One AWS API call as it stood in the request; `account` is empty when nobody owns the access key."""

    service: str
    operation: str
    region: str
    account: str
    access_key: str
    params: Mapping[str, Any]
    user_agent: str
    content_type: str


def read_call(environ: Mapping[str, Any], body: bytes) -> ApiCall:
    """Tell service, Region and key by the signature's scope (header or presigned query); unsigned is S3's way."""
    query = environ.get("QUERY_STRING", "")
    signed = environ.get("HTTP_AUTHORIZATION", "") or unquote(query)
    scope = SCOPE.search(signed)
    older = OLDER_KEY.search(signed)
    unsigned = (older.group("key") if older else "", "us-east-1", "s3")
    key, region, signed_for = scope.group("key", "region", "service") if scope else unsigned
    service = SERVICES.get(signed_for, signed_for)
    content_type = environ.get("CONTENT_TYPE", "")
    operation, params = what(service, environ, query, body, content_type)
    agent = environ.get("HTTP_USER_AGENT", "")
    return ApiCall(service, operation, region, owner_of(key), key, params, agent, content_type)


def what(
    service: str, environ: Mapping[str, Any], query: str, body: bytes, content_type: str
) -> tuple[str, dict[str, Any]]:
    """Operation and parameters, by the protocol the request speaks."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return target.rpartition(".")[2], as_json(body)
    form = content_type.startswith("application/x-www-form-urlencoded")
    fields = dict(parse_qsl(body.decode(errors="replace") if form else query, keep_blank_values=True))
    if "Action" in fields:
        return fields.pop("Action"), {k: v for k, v in fields.items() if k != "Version"}
    path = environ.get("PATH_INFO", "/")
    fields = {name: value for name, value in fields.items() if not SIGNING.match(name)}
    return rest_operation(service, environ), {"path": path, **fields, **as_json(body)}


def rest_operation(service: str, environ: Mapping[str, Any]) -> str:
    """The operation a REST path and method mean; the two themselves where the model knows none."""
    try:
        request = BackendRequest({**environ, "wsgi.input": None})
        operation, _ = get_service_router(service).match(request)
    except Exception:  # noqa: BLE001  # only a label for the journal: whatever moto's router trips over
        return f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '/')}"
    return str(operation.name)


def as_json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def owner_of(access_key: str) -> str:
    """The account in whose IAM the access key lives, or nothing."""
    for account, partitions in list(iam_backends.items()):
        if access_key in partitions["aws"].access_keys:
            return str(account)
    return ""


def error_in(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> str | None:
    """The AWS error code an answer carries."""
    if status < 400:
        return None
    named = {name.lower(): value for name, value in headers}.get("x-amzn-errortype")
    found = ERROR_CODE.search(body)
    if named or not found:
        return (named or str(status)).partition(":")[0]
    return (found.group(1) or found.group(2)).decode()


class Journal:
    """Every AWS call seen at the endpoint, in the order of arrival; `status` is None while it is under way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: list[dict[str, Any]] = []

    def arrived(self, call: ApiCall) -> dict[str, Any]:
        entry = {
            "at": time.time(),
            "service": call.service,
            "operation": call.operation,
            "params": dict(call.params),
            "account": call.account,
            "region": call.region,
            "status": None,
            "error": None,
            "user_agent": call.user_agent,
        }
        with self._lock:
            self._entries.append(entry)
        return entry

    def entries(self) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(entry) for entry in self._entries]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
