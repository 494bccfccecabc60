"""What AWS costs, by Cost Explorer: yesterday, the month so far and its forecast, and what rose most.

Amounts are Decimal, and each is said with its currency. Cost Explorer knows whole days of UTC, yesterday's late in the
day, and changes them for a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.command import Aws, Estate, Reading
from bot.reply import Chart, Fields, Part, Reply, Series, Table, note
from bot.services._coverage import Fact, complete, counted, coverage, failed, found

DAYS = 7
"""Yesterday is compared with the mean of so many days before it."""
_METRIC = "UnblendedCost"
_CENT = Decimal("0.01")
_ROWS = 15
_LATE = "Cost Explorer knows yesterday late, and may still change it."

Key = tuple[str, str]
"""A service (or a tag's value) and the currency it is paid in."""


@dataclass(frozen=True, slots=True)
class Costs:
    """One account's costs: by day, service and currency."""

    days: Mapping[date, Mapping[Key, Decimal]]

    def on(self, day: date) -> Mapping[str, Decimal]:
        """Sum one day, by currency."""
        return _sums(self.days.get(day, {}).items())

    def since(self, first: date) -> Mapping[str, Decimal]:
        return _sums(pair for day, costs in self.days.items() if day >= first for pair in costs.items())


@dataclass(frozen=True, slots=True)
class Rise:
    """What costs more than it did: yesterday against the mean of the days before it."""

    account: str
    service: str
    currency: str
    yesterday: Decimal
    usual: Decimal

    @property
    def amount(self) -> Decimal:
        return self.yesterday - self.usual


@dataclass(frozen=True, slots=True)
class Bill:
    """Readings of every account; `tagged` are by a tag's values, where one was asked for."""

    today: date
    costs: tuple[Reading[Costs], ...]
    forecasts: tuple[Reading[Mapping[str, Decimal]], ...]
    tagged: tuple[Reading[Costs], ...] = ()

    @property
    def readings(self) -> tuple[Reading[Any], ...]:
        return (*self.costs, *self.forecasts, *self.tagged)

    @property
    def yesterday(self) -> date:
        return self.today - timedelta(days=1)

    @property
    def month(self) -> date:
        """The month that yesterday is of: on the first, the one that has just ended."""
        return self.yesterday.replace(day=1)


def read(estate: Estate, tag: str | None) -> Bill:
    """Ask Cost Explorer twice an account, and once more for a tag: each request costs 0.01 USD."""
    today = estate.now.date()
    by_tag = estate.each("ce:GetCostAndUsage", lambda aws: _costs(aws, today, tag), regional=False) if tag else ()
    return Bill(
        today,
        estate.each("ce:GetCostAndUsage", lambda aws: _costs(aws, today, None), regional=False),
        estate.each("ce:GetCostForecast", lambda aws: _forecast(aws, today), regional=False),
        by_tag,
    )


def told(bill: Bill, now: datetime, *, threshold: Decimal, only_on_increase: bool) -> Reply:
    """Say it: the sums and what rose first; services, tags and accounts in the thread."""
    rises = [each for each in rises_of(bill) if each.amount >= threshold]
    covered = note(coverage(bill.readings, now))
    incomplete = () if complete(bill.readings) else (covered,)
    sign: Any = "unknown" if failed(bill.readings) else "" if rises else "ok"
    facts = tuple(_facts(bill, rises))
    if only_on_increase and not rises:
        said = f"Nothing rose by {threshold} or more; {_yesterday(bill, 'yesterday')}"
        return Reply(said, incomplete, sign, thread=(covered,), facts=facts)
    risen = f"; {counted(len(rises), 'service')} rose, most {_risen(rises[0])}" if rises else "; nothing rose"
    parts: tuple[Part, ...] = (Fields(tuple(_totals(bill))), *([_rises(rises)] if rises else []), *_charts(bill))
    thread: tuple[Part, ...] = (_by_service(bill), *_by_tag(bill), covered, note(_LATE))
    return Reply(f"{_yesterday(bill)}{risen}", (*parts, *incomplete), sign, thread=thread, facts=facts)


def rises_of(bill: Bill) -> list[Rise]:
    """Return what cost more yesterday than in the days before, the largest rise first."""
    found = [rise for each in bill.costs if each.value for rise in _rises_in(each.account, each.value, bill.yesterday)]
    return sorted(found, key=lambda rise: -rise.amount)


def money(sums: Mapping[str, Decimal]) -> str:
    """Write sums with their currencies: `USD 12.30`; several stand beside each other, because they do not add up."""
    return (
        " + ".join(f"{currency} {amount.quantize(_CENT):,}" for currency, amount in sorted(sums.items())) or "nothing"
    )


def _costs(aws: Aws, today: date, tag: str | None) -> Costs:
    """Read the days from the first of the month, or those that yesterday is compared with."""
    yesterday = today - timedelta(days=1)
    first = min(yesterday.replace(day=1), yesterday - timedelta(days=2 * DAYS - 1))
    group = {"Type": "TAG", "Key": tag} if tag else {"Type": "DIMENSION", "Key": "SERVICE"}
    asked: dict[str, Any] = {
        "TimePeriod": {"Start": first.isoformat(), "End": today.isoformat()},
        "Granularity": "DAILY",
        "Metrics": [_METRIC],
        "GroupBy": [group],
    }
    client, days = aws.client("ce"), dict[date, dict[Key, Decimal]]()
    while True:
        page = client.get_cost_and_usage(**asked)
        for each in page["ResultsByTime"]:
            day = days.setdefault(date.fromisoformat(each["TimePeriod"]["Start"]), {})
            day.update(_group(one, tag) for one in each["Groups"])
        if not page.get("NextPageToken"):
            return Costs(days)
        asked["NextPageToken"] = page["NextPageToken"]


def _group(one: Mapping[str, Any], tag: str | None) -> tuple[Key, Decimal]:
    """Read one group; a tag's comes as `team$web`, and what bears none as `team$`."""
    name, cost = str(one["Keys"][0]), one["Metrics"][_METRIC]
    name = (name.removeprefix(f"{tag}$") or f"without {tag}") if tag else name
    return (name, cost["Unit"]), Decimal(cost["Amount"])


def _forecast(aws: Aws, today: date) -> dict[str, Decimal]:
    """Read what the rest of this month is to cost, today included."""
    end = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    period = {"Start": today.isoformat(), "End": end.isoformat()}
    total = aws.client("ce").get_cost_forecast(TimePeriod=period, Granularity="MONTHLY", Metric="UNBLENDED_COST")[
        "Total"
    ]
    return {total["Unit"]: Decimal(total["Amount"])}


def _rises_in(account: str, costs: Costs, yesterday: date) -> Iterator[Rise]:
    before = [yesterday - timedelta(days=n) for n in range(1, DAYS + 1)]
    for (service, currency), amount in costs.days.get(yesterday, {}).items():
        usual = sum((costs.days.get(day, {}).get((service, currency), Decimal(0)) for day in before), Decimal(0)) / DAYS
        if amount > usual:
            yield Rise(account, service, currency, amount, usual)


def _sums(pairs: Iterable[tuple[Key, Decimal]]) -> Mapping[str, Decimal]:
    return _together({currency: amount} for (_, currency), amount in pairs)


def _together(sums: Iterable[Mapping[str, Decimal]]) -> Mapping[str, Decimal]:
    total: dict[str, Decimal] = {}
    for each in sums:
        for currency, amount in each.items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    return total


def _known(bill: Bill) -> list[tuple[str, Costs]]:
    return [(each.account, each.value) for each in bill.costs if each.value]


def _yesterday(bill: Bill, word: str = "Yesterday") -> str:
    known = _known(bill)
    if not known:
        return f"{word}'s cost is unknown"
    return f"{word} cost {money(_together(costs.on(bill.yesterday) for _, costs in known))}"


def _totals(bill: Bill) -> Iterator[tuple[str, str]]:
    known = _known(bill)
    so_far = _together(costs.since(bill.month) for _, costs in known)
    yield "Yesterday", money(_together(costs.on(bill.yesterday) for _, costs in known)) if known else "unknown"
    yield f"{bill.month:%B} until {bill.yesterday:%d %b}", money(so_far) if known else "unknown"
    yield f"Forecast for {bill.today:%B}", _forecast_in_words(bill)


def _forecast_in_words(bill: Bill) -> str:
    """Say what this month is to cost; unknown where an account's past or future is."""
    if not (complete(bill.costs) and complete(bill.forecasts)):
        return "unknown"
    so_far = [costs.since(bill.today.replace(day=1)) for _, costs in _known(bill)]
    coming = [each.value for each in bill.forecasts if each.value]
    return money(_together([*so_far, *coming]))


def _rises(rises: list[Rise]) -> Table:
    rows = tuple(
        (
            each.service,
            each.account,
            money({each.currency: each.yesterday}),
            money({each.currency: each.usual}),
            _by(each),
        )
        for each in rises
    )
    return Table(
        ("Rose", "Account", "Yesterday", f"Mean of {DAYS} days", "By"), rows[:_ROWS], max(0, len(rows) - _ROWS)
    )


def _risen(rise: Rise) -> str:
    return f"{rise.service} in {rise.account} by {_by(rise)}"


def _by(rise: Rise) -> str:
    percent = f" (+{rise.amount / rise.usual * 100:.0f} %)" if rise.usual >= _CENT else " (new)"
    return money({rise.currency: rise.amount}) + percent


def _charts(bill: Bill) -> Iterator[Chart]:
    """Draw each day's costs, a bar an account; one picture a currency."""
    days = [bill.yesterday - timedelta(days=n) for n in reversed(range(2 * DAYS))]
    currencies = {currency for _, costs in _known(bill) for currency in costs.since(days[0])}
    for currency in sorted(currencies):
        series = tuple(
            Series(account, tuple(float(costs.on(day).get(currency, 0)) if day in costs.days else None for day in days))
            for account, costs in _known(bill)
        )
        yield Chart("Cost a day", currency, tuple(f"{day:%d %b}" for day in days), series, "bar")


def _by_service(bill: Bill) -> Table:
    return _listed(bill, bill.costs, "Service")


def _by_tag(bill: Bill) -> Iterator[Table]:
    if bill.tagged:
        yield _listed(bill, bill.tagged, "Tag")


def _listed(bill: Bill, readings: tuple[Reading[Costs], ...], title: str) -> Table:
    """List what yesterday and the month cost, the dearest first."""
    found = [
        (each.account, name, currency, amount, _of_month(each.value, bill.month, (name, currency)))
        for each in readings
        if each.value
        for (name, currency), amount in each.value.days.get(bill.yesterday, {}).items()
    ]
    rows = tuple(
        (name, account, money({currency: amount}), money({currency: month}))
        for account, name, currency, amount, month in sorted(found, key=lambda row: -row[3])
    )
    return Table((title, "Account", "Yesterday", "Month so far"), rows[:_ROWS], max(0, len(rows) - _ROWS))


def _of_month(costs: Costs, month: date, key: Key) -> Decimal:
    return sum((day.get(key, Decimal(0)) for at, day in costs.days.items() if at >= month), Decimal(0))


def _facts(bill: Bill, rises: list[Rise]) -> Iterator[Fact]:
    """Compare runs by what rises, not by amounts, which are others every day."""
    rising = {account: [each for each in rises if each.account == account] for account, _ in _known(bill)}
    for each in bill.costs:
        risen = [(rise.service, "rising") for rise in rising.get(each.account, ())]
        yield from found((each,), "cost of", lambda _costs, risen=risen: risen)  # type: ignore[misc]
