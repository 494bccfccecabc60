"""The demo's `nightly-report`: adds up a day's orders, and stumbles over one."""  # noqa: INP001 - a function's code

from __future__ import annotations

from typing import Any

RATES = {"EUR": 1.0, "USD": 0.92}
ORDERS = (
    {"id": "o-1041", "total": 120.0, "currency": "EUR"},
    {"id": "o-1042", "total": 80.0, "currency": "USD"},
    {"id": "o-1043", "total": 45.5, "currency": "GBP"},
)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    day = event.get("day", "yesterday")
    print(f"adding up {len(ORDERS)} orders of {day}")  # noqa: T201 - its log
    return {"day": day, "euros": total(event.get("currencies", ["EUR", "USD", "GBP"]))}


def total(currencies: list[str]) -> float:
    return sum(in_euros(order) for order in ORDERS if order["currency"] in currencies)


def in_euros(order: dict[str, Any]) -> float:
    return float(order["total"]) * RATES[order["currency"]]
