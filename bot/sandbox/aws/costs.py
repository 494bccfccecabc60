"""Cost Explorer of the sandbox: believable costs that depend on the day and the account alone.

Moto answers what it is told to and has no forecast. Here each service costs about the same every day, and one of
prod's has risen since the day before yesterday: what `report cost` is there to find.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from bot.sandbox.aws.calls import ApiCall
from bot.sandbox.aws.faults import Refusal
from bot.sandbox.aws.names import PROD
from bot.sandbox.aws.replies import Answer, in_json, in_protocol

SERVICES: Final[Mapping[str, tuple[float, str]]] = {
    "Amazon Elastic Compute Cloud - Compute": (41.2, "web"),
    "EC2 - Other": (12.6, "web"),
    "Amazon Relational Database Service": (23.9, "data"),
    "Amazon Simple Storage Service": (5.4, "data"),
    "AWS Lambda": (3.1, "data"),
    "AmazonCloudWatch": (2.2, ""),
}
"""Each service's cost a day in dev, and the team whose tag it bears."""
RISEN: Final = "AWS Lambda"
CENT: Final = Decimal("0.0000000001")


def costs(call: ApiCall) -> Answer | None:
    """Answer what Cost Explorer is asked; nothing where it is none of these two."""
    answers = {"GetCostAndUsage": _used, "GetCostForecast": _forecast}
    if call.operation not in answers:
        return None
    period = call.params.get("TimePeriod") or {}
    try:
        start, end = date.fromisoformat(period["Start"]), date.fromisoformat(period["End"])
    except (KeyError, ValueError):
        return _invalid(call, "Start and end dates are required and have the form yyyy-MM-dd.")
    if start >= end:
        return _invalid(call, "Start date (and hour) should be before end date (and hour)")
    return answers[call.operation](call, start, end)


def _used(call: ApiCall, start: date, end: date) -> Answer:
    if end > today() + timedelta(days=1):
        return _invalid(call, "end date past the beginning of next month")
    (group,) = call.params.get("GroupBy") or ({"Type": "DIMENSION", "Key": "SERVICE"},)
    days = (start + timedelta(days=n) for n in range((end - start).days))
    results = [
        {
            "TimePeriod": {"Start": day.isoformat(), "End": (day + timedelta(days=1)).isoformat()},
            "Total": {},
            "Groups": [_group(key, amount) for key, amount in _grouped(call.account, day, group)],
            "Estimated": day >= today() - timedelta(days=2),
        }
        for day in days
    ]
    return in_json({"ResultsByTime": results, "GroupDefinitions": [group], "DimensionValueAttributes": []})


def _forecast(call: ApiCall, start: date, end: date) -> Answer:
    if start < today():
        return _invalid(call, "Start date must be the current day or a day after it.")
    days = (start + timedelta(days=n) for n in range((end - start).days))
    total = sum((amount for day in days for _, amount in _of_day(call.account, day)), Decimal(0))
    mean = {"TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()}, "MeanValue": str(total)}
    return in_json({"Total": _money(total), "ForecastResultsByTime": [mean]})


def _grouped(account: str, day: date, group: Mapping[str, str]) -> Iterator[tuple[str, Decimal]]:
    if group["Type"] != "TAG":
        yield from _of_day(account, day)
        return
    sums: dict[str, Decimal] = {}
    for service, amount in _of_day(account, day):
        team = SERVICES[service][1] if group["Key"] == "team" else ""
        sums[team] = sums.get(team, Decimal(0)) + amount
    yield from ((f"{group['Key']}${team}", amount) for team, amount in sums.items())


def _of_day(account: str, day: date) -> Iterator[tuple[str, Decimal]]:
    scale = 3.4 if account == PROD else 1.0
    for at, (service, (amount, _)) in enumerate(SERVICES.items()):
        wave = 1 + 0.003 * math.sin(day.toordinal() * 0.9 + at)
        risen = 2.4 if service == RISEN and account == PROD and day >= today() - timedelta(days=1) else 1.0
        yield service, Decimal(amount * scale * wave * risen).quantize(CENT)


def _group(key: str, amount: Decimal) -> dict[str, Any]:
    return {"Keys": [key], "Metrics": {"UnblendedCost": _money(amount)}}


def _money(amount: Decimal) -> dict[str, str]:
    return {"Amount": str(amount), "Unit": "USD"}


def _invalid(call: ApiCall, words: str) -> Answer:
    return in_protocol(Refusal(400, "ValidationException", words), call)


def today() -> date:
    return datetime.now(UTC).date()
