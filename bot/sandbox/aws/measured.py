"""What the sandbox's CloudWatch has measured: believable numbers of the estate, made up as they are asked for.

They depend on the thing and the moment alone, so that the same question gets the same answer, and go on as long as the
demo runs. What was put by PutMetricData stands beside them.
"""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from moto.awslambda.models import lambda_backends
from moto.cloudwatch.models import MetricDatum, cloudwatch_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance

from bot.sandbox.aws.selection import everything

Value = Callable[[int], float | None]
HOT: Final = "i-0a1b2c3d4e5f60004"
HOT_MINUTES: Final = 42
"""worker-1's processor has been busy for so long when the sandbox starts: what its alarm is about."""
SILENT: Final = "i-0a1b2c3d4e5f60006"
"""batch-1 is measured by nobody between three and twenty to four every night."""
_DAY: Final = 86_400
_STOPPED: Final = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) GMT\)")
_born: dict[str, float] = {}
_seeded_at = [0.0]


@dataclass(frozen=True)
class Metric:
    """A metric with its dimensions; `value` says what was measured at a moment that is a multiple of `step` seconds."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    step: int = 300
    value: Value = lambda _at: None

    def points(self, start: int, end: int) -> Iterator[tuple[int, float]]:
        for at in range(start + -start % self.step, end, self.step):
            value = self.value(at)
            if value is not None:
                yield at, value


def forget() -> None:
    """Begin anew, with the sandbox."""
    _born.clear()
    _seeded_at[0] = time.time()


def metrics(account: str, region: str) -> list[Metric]:
    """Everything that is measured in one account and Region."""
    instances = [instance for _, instance in everything(ec2_backends[account][region])]
    functions = sorted(one.function_name for one in lambda_backends[account][region].list_functions())
    made = [*map_all(_of_instance, instances), *map_all(_of_function, functions)]
    return [*made, *_put(account, region)]


def map_all(about: Callable[..., Iterable[Metric]], things: Iterable[object]) -> Iterator[Metric]:
    for thing in things:
        yield from about(thing)


def _of_instance(instance: Instance) -> Iterator[Metric]:
    """What EC2 measures by itself, every five minutes while it runs."""
    dimensions = (("InstanceId", instance.id),)
    began = _born.setdefault(instance.id, instance.launch_time.replace(tzinfo=UTC).timestamp())
    ended = _ended(instance)
    if ended < time.time() - 14 * _DAY:
        return

    def while_running(value: Value) -> Value:
        return lambda at: value(at) if began <= at < ended and not _silent(instance.id, at) else None

    yield Metric("AWS/EC2", "CPUUtilization", dimensions, value=while_running(lambda at: cpu(instance.id, at)))
    for name, scale in (("NetworkIn", 90_000), ("NetworkOut", 240_000)):
        yield Metric("AWS/EC2", name, dimensions, value=while_running(_traffic(instance.id, scale)))
    yield Metric("AWS/EC2", "StatusCheckFailed", dimensions, value=while_running(lambda _at: 0.0))


def _ended(instance: Instance) -> float:
    """When an instance that does not run stopped running; far away for one that runs."""
    if instance.state in {"running", "pending", "stopping", "shutting-down"}:
        return math.inf
    found = _STOPPED.search(instance._reason or "")  # noqa: SLF001 - where moto keeps EC2's words
    if not found:
        return 0.0
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()


def _silent(id_: str, at: int) -> bool:
    return id_ == SILENT and 3 * 3600 <= at % _DAY < 3 * 3600 + 2400


def cpu(id_: str, at: int) -> float:
    """Percent: a day's wave about the instance's own level, with some noise."""
    if id_ == HOT and at >= _seeded_at[0] - HOT_MINUTES * 60:
        return round(_noise(id_, at, 92.5, 98.5), 2)
    level = _noise(id_, 0, 8, 34)
    return round(max(0.4, level * _wave(at) + _noise(id_, at, -2.2, 3.4)), 2)


def _traffic(id_: str, scale: int) -> Value:
    return lambda at: float(int(scale * _wave(at) * _noise(f"{id_}{scale}", at, 0.7, 1.4)))


def _of_function(name: str) -> Iterator[Metric]:
    """What Lambda measures of a function that is called all day; what else ran was put when it ran."""
    if name not in {"thumbnailer", "payments-webhook"}:
        return
    dimensions = (("FunctionName", name),)
    yield Metric(
        "AWS/Lambda", "Invocations", dimensions, value=lambda at: float(int(_noise(name, at, 1, 9) * _wave(at)))
    )
    yield Metric("AWS/Lambda", "Errors", dimensions, value=lambda _at: 0.0)
    yield Metric("AWS/Lambda", "Duration", dimensions, value=lambda at: round(_noise(f"{name} ms", at, 38, 190), 2))


def _wave(at: int) -> float:
    """The day's course: low at two in the morning, high at two in the afternoon (UTC)."""
    return 1 + 0.45 * math.sin((at % _DAY / _DAY - 8 / 24) * 2 * math.pi)


def _noise(about: str, at: int, low: float, high: float) -> float:
    return random.Random(f"{about} {at}").uniform(low, high)  # noqa: S311 - the same number every time


def _put(account: str, region: str) -> Iterator[Metric]:
    """What was put: one metric for each combination of dimensions."""
    found: dict[tuple[str, str, tuple[tuple[str, str], ...]], dict[int, list[float]]] = {}
    for datum in list(cloudwatch_backends[account][region].metric_data):
        if isinstance(datum, MetricDatum):
            dimensions = tuple(sorted((str(each.name), str(each.value)) for each in datum.dimensions))
            at = int(datum.timestamp.replace(tzinfo=datum.timestamp.tzinfo or UTC).timestamp())
            found.setdefault((datum.namespace, datum.name, dimensions), {}).setdefault(at, []).append(datum.value)
    for (namespace, name, dimensions), values in found.items():
        yield Stored(namespace, name, dimensions, values=values)


@dataclass(frozen=True)
class Stored(Metric):
    """A metric whose every value is known; several may be of one moment."""

    values: dict[int, list[float]] | None = None

    def points(self, start: int, end: int) -> Iterator[tuple[int, float]]:
        for at, values in sorted((self.values or {}).items()):
            if start <= at < end:
                yield from ((at, value) for value in values)
