"""Fills an operation's answer with a word at each place that botocore marks, and says which of them come through.

The places are found in the raw model, on purpose by other means than those of `bot.aws.masks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ServiceModel

from bot.aws.masks import SHOWN, mask_answer
from bot.glob import matches
from tests.catalogue import raw_model

SECRET, PLAIN = "secret at ", "plain"


def left_over(service: str) -> list[str]:
    """Return the marked places of a service's answers that came through, and the operations that lost more."""
    raw = raw_model(service)
    model = ServiceModel(raw, service)
    return [found for name in raw["operations"] for found in _of_operation(raw, model, f"{service}:{name}")]


def marked_answers(service: str) -> int:
    """Count the operations in whose answers something is marked."""
    raw = raw_model(service)
    filled = (_answer(raw, f"{service}:{name}") for name in raw["operations"])
    return sum(any(each.startswith(SECRET) for each in _leaves(answer)) for answer in filled)


def _of_operation(raw: Mapping[str, Any], model: ServiceModel, operation: str) -> list[str]:
    answer = _answer(raw, operation)
    plain = sum(leaf == PLAIN for leaf in _leaves(answer))
    mask_answer(answer, model.operation_model(operation.partition(":")[2]))
    leaves = list(_leaves(answer))
    through = [leaf for leaf in leaves if leaf.startswith(SECRET)]
    lost = [f"{operation} lost what is not marked"] if sum(leaf == PLAIN for leaf in leaves) != plain else []
    return through + lost


def _answer(raw: Mapping[str, Any], operation: str) -> dict[str, Any]:
    output = raw["operations"][operation.partition(":")[2]].get("output")
    answer: dict[str, Any] = _filled(raw["shapes"], output, operation, (), secret=False) if output else {}
    return answer


def _filled(
    shapes: Mapping[str, Any], ref: Mapping[str, Any], place: str, above: tuple[str, ...], *, secret: bool
) -> Any:
    """Fill a shape once; one that holds itself ends where it comes again."""
    name = ref["shape"]
    shape, lifted = shapes[name], matches(SHOWN, place)
    secret = not lifted and (secret or bool(ref.get("sensitive") or shape.get("sensitive")))
    kind, above = shape["type"], (*above, name)
    below = {
        "structure": lambda: {
            member: _filled(shapes, each, f"{place}.{member}", above, secret=secret)
            for member, each in shape["members"].items()
            if each["shape"] not in above
        },
        "list": lambda: [
            _filled(shapes, shape["member"], f"{place}.[]", above, secret=secret)
            for _ in range(shape["member"]["shape"] not in above)
        ],
        "map": lambda: {
            _filled(shapes, shape["key"], f"{place}.{{key}}", above, secret=secret): _filled(
                shapes, shape["value"], f"{place}.{{value}}", above, secret=secret
            )
            for _ in range(shape["value"]["shape"] not in above)
        },
    }
    return below[kind]() if kind in below else SECRET + place if secret else PLAIN


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from (str(key),) if str(key).startswith(SECRET) else ()
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield str(value)
