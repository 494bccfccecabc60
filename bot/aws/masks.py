"""What botocore marks as sensitive is masked: in answers before any command sees them, in calls where they are shown.

What is sent stays exact. A mark is lifted where `SHOWN` names its place and says why, and nowhere else; what has
another kind than the model says (a stream where a structure should be) is masked whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from bot.aws import models
from bot.command import Call
from bot.glob import glob

MASK = "•••"

SHOWN: Mapping[str, str] = {
    "*.NextToken": "a page's token: it has to be sent back as it came to read on, and no answer shows it",
    "*.nextToken": "as NextToken",
    "lambda:Invoke.Payload": "what the asker typed and must see to confirm, and the result that was asked for",
    "lambda:GetFunctionConfiguration.Environment.Variables": "which variables there are; their values stay masked",
    "lambda:GetFunctionConfiguration.Environment.Variables.{key}": "the names of the variables",
    "s3:*.SSEKMSKeyId": "names a key and is none: whoever confirms an upload sees which one is used",
    "s3:*.KMSMasterKeyID": "as SSEKMSKeyId, in a bucket's default encryption",
}
"""Places that are shown though botocore marks them, and why. A place is `service:Operation.Member.[].{value}`."""


def call_text(call: Call) -> str:
    """Write an API call as a card shows it: `ec2:StopInstances InstanceIds=["i-1"] Force=false`, secrets masked."""
    shown = masked_params(call.operation, call.params)
    params = (f"{name}={_json(value)}" for name, value in shown.items())
    body = [f"Body=({call.upload.name}, {call.upload.size:,} bytes)"] if call.upload else []
    return " ".join([call.operation, *params, *body])


def masked_params(operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a call's parameters without what is sensitive; all are, of an operation that does not exist."""
    shape = _input(operation)
    if shape is None:
        return dict.fromkeys(params, MASK)
    return _members(params, shape, operation, whole=_marked(shape))


def mask_answer(parsed: dict[str, Any], model: OperationModel, *, failed: bool = False) -> None:
    """Mask an answer in place, and its headers. `failed` says that it is an error: some answers have an `Error` too."""
    operation = f"{model.service_model.service_name}:{model.name}"
    shape = _error_shape(parsed, model) if failed else model.output_shape
    if shape is None or not _bears(shape):
        return
    about = parsed.get("ResponseMetadata", {})
    fields = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
    parsed.update(_members(fields, shape, operation, whole=_marked(shape)))
    if failed:
        _mask_message(parsed, shape)
    _mask_headers(about.get("HTTPHeaders", {}), shape, operation)


def masked(value: Any, shape: Shape, place: str) -> Any:
    """Return a value of a shape with what is sensitive in it masked; `place` is where it stands."""
    if _marked(shape) and not _lifted(place):
        return _closed(value)
    if value is None or not _bears(shape):
        return value
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return _members(value, shape, place)
    if isinstance(shape, ListShape) and isinstance(value, list | tuple):
        return [masked(each, shape.member, f"{place}.[]") for each in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return _entries(value, shape, place)
    return _as_it_is(value, shape)


def _as_it_is(value: Any, shape: Shape) -> Any:
    """Leave a lifted scalar; whatever should have parts and has none that we know is masked."""
    return _closed(value) if isinstance(shape, StructureShape | ListShape | MapShape) else value


def _members(value: Mapping[str, Any], shape: StructureShape, place: str, *, whole: bool = False) -> dict[str, Any]:
    known = shape.members
    return {
        name: _closed(each) if whole else masked(each, known[name], f"{place}.{name}") if name in known else each
        for name, each in value.items()
    }


def _entries(value: Mapping[str, Any], shape: MapShape, place: str) -> dict[str, Any]:
    """Mask a map; keys that are masked stay apart, so that one still sees how many there are."""
    hidden = _marked(shape.key) and not _lifted(f"{place}.{{key}}")
    return {
        f"{MASK}{n}" if hidden else key: masked(each, shape.value, f"{place}.{{value}}")
        for n, (key, each) in enumerate(value.items(), start=1)
    }


def _closed(value: Any) -> str:
    """Give back the connection of a stream that nobody will read."""
    close: Callable[[], object] | None = getattr(value, "close", None)
    if close:
        close()
    return MASK


def _mask_message(parsed: dict[str, Any], shape: StructureShape) -> None:
    """Mask the words of an error whose model marks them: botocore keeps them in a place of their own."""
    said = [member for name, member in shape.members.items() if name.lower() == "message"]
    if _marked(shape) or any(map(_marked, said)):
        parsed["Error"] = {**parsed.get("Error", {}), "Message": MASK}


def _mask_headers(headers: dict[str, str], shape: StructureShape, operation: str) -> None:
    """Mask the raw headers that a sensitive field was read from."""
    for name, member in shape.members.items():
        where = member.serialization.get("location")
        if where not in ("header", "headers") or not _bears(member) or _lifted(f"{operation}.{name}"):
            continue
        begins = str(member.serialization.get("name", name)).lower()
        for each in headers:
            if each.lower() == begins or (where == "headers" and each.lower().startswith(begins)):
                headers[each] = MASK


def _error_shape(parsed: Mapping[str, Any], model: OperationModel) -> StructureShape | None:
    return model.service_model.shape_for_error_code(parsed.get("Error", {}).get("Code"))


def _marked(shape: Shape) -> bool:
    return bool(shape.metadata.get("sensitive"))


def _bears(shape: Shape) -> bool:
    """Say whether a mark stands on a shape or anywhere below it; remembered on the shape, which its model keeps."""
    found: bool | None = shape.__dict__.get("bot_bears")
    if found is None:
        found = _search(shape)
        shape.__dict__["bot_bears"] = found
    return found


def _search(shape: Shape) -> bool:
    waiting, seen = [shape], {shape.name}
    while waiting:
        each = waiting.pop()
        if _marked(each):
            return True
        for below in _below(each):
            if _marked(below):
                return True
            if below.name not in seen:
                seen.add(below.name)
                waiting.append(below)
    return False


def _below(shape: Shape) -> tuple[Shape, ...]:
    if isinstance(shape, StructureShape):
        return tuple(shape.members.values())
    if isinstance(shape, MapShape):
        return (shape.key, shape.value)
    return (shape.member,) if isinstance(shape, ListShape) else ()


@cache
def _lifted(place: str) -> bool:
    return any(glob(pattern).fullmatch(place) for pattern in SHOWN)


def _input(operation: str) -> StructureShape | None:
    if not models.exists(operation):
        return None
    service, name = operation.split(":")
    return _service(service).operation_model(name).input_shape


@cache
def _service(service: str) -> ServiceModel:
    """Return a model from what the clients read too, so that it is in memory once."""
    return ServiceModel(models.kept().load_service_model(service, "service-2"), service)


def _json(value: Any) -> str:
    """Write a value in ASCII, so that nothing in it is invisible; the mask alone as what it is."""
    return json.dumps(value, separators=(",", ":")).replace(json.dumps(MASK)[1:-1], MASK)
