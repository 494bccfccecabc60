"""The decision a second time, as docs/allowlist.md and the shapes of bot.yml tell it: slow, in plain loops and ifs.

It was written without a look at `bot.policy`, of which it knows the question's shape alone; what is data (the
catalogue, the floor's list, the kinds of parameters) it reads where the bot does. test_oracle shows that the two agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.actor import Actor
from bot.aws import catalogue, models
from bot.aws.floor import Class, standing
from bot.config.botfile import BotFile, Freeze, Rule, Who, Window
from bot.config.names import BOT_OPERATIONS
from bot.policy.match import Request
from tests.policy.naive_floor import held, texts

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True)
class Answer:
    """What came of it; `needs` and `audience` only say something where it may run."""

    outcome: str
    layer: str = "allowlist"
    rules: tuple[str, ...] = ()
    needs: str = ""
    audience: str = ""


def decide(file: BotFile, request: Request) -> Answer:
    barred = barred_by(request)
    if barred:
        return Answer("no", barred)
    entries = standing(request.operation).met(request.params)
    if any(entry.kind is Class.CREDENTIALS for entry in entries):
        return Answer("no", "floor")
    if any(stops(freeze, request) for freeze in file.freezes):
        return Answer("no", "freeze")
    denying = [rule for rule in file.rules if rule.effect == "deny" and denies(file, rule, request)]
    if denying:
        return Answer("no", "allowlist", ids(denying))
    near = [rule for rule in file.rules if rule.effect == "allow" and grants(file, rule, request)]
    reaching = [rule for rule in near if means(file, rule, request)]
    if near and not reaching and held(file, request):
        return Answer("no", "floor", ids(near))
    reaching = [rule for rule in reaching if all(stranger in named(rule) for stranger in strangers(request))]
    to_run = [rule for rule in reaching if rule.grant == "run"]
    to_ask = [rule for rule in reaching if rule.grant == "request"]
    if to_run:
        return granted(to_run, request)
    if to_ask:
        return Answer("request", "approval", ids(to_ask))
    return Answer("no", "allowlist")


def granted(rules: list[Rule], request: Request) -> Answer:
    """Least demanding `needs`, widest `audience`; of data the answer goes to the asker alone."""
    needs, audience = "confirm", "asker"
    for rule in rules:
        usual = "nothing" if request.effect == "reads" else "confirm"
        if (rule.needs or usual) == "nothing":
            needs = "nothing"
        if (rule.audience or "channel") == "channel":
            audience = "channel"
    if any(entry.kind is Class.DATA for entry in standing(request.operation).entries):  # whatever its parameters
        audience = "asker"
    return Answer("run", "allowlist", ids(rules), needs, audience)


def ids(rules: list[Rule]) -> tuple[str, ...]:
    return tuple(sorted(rule.id for rule in rules))


def barred_by(request: Request) -> str:
    """Return the layer that refuses before any rule is asked."""
    if not request.actor.user:
        return "identity"
    if request.actor.kind == "report" and request.effect != "reads":
        return "identity"
    if request.place.shared is not False:
        return "place"
    if not request.operation.startswith("bot:") and not (request.account and request.region):
        return "allowlist"
    return ""


# What a rule says of a request: True where it agrees, False where it does not, None where that cannot be known.


def denies(file: BotFile, rule: Rule, request: Request) -> bool:
    return about(rule, request) and False not in keys(file, rule, request)


def grants(file: BotFile, rule: Rule, request: Request) -> bool:
    """Say whether an allow rule would grant it, if its wildcards stood for everything."""
    return about(rule, request) and all(answer is True for answer in keys(file, rule, request))


def about(rule: Rule, request: Request) -> bool:
    return rule.mode == "enforce" and any(fits(pattern, request.operation) for pattern in rule.actions)


def means(file: BotFile, rule: Rule, request: Request) -> bool:
    """Say whether it names the operation in full, or by a wildcard what was reviewed by then and is not held."""
    if request.operation in rule.actions:
        return True
    if request.operation.startswith("bot:"):
        if request.operation not in BOT_OPERATIONS or file.catalogue not in catalogue.releases():
            return False
        return BOT_OPERATIONS[request.operation] <= file.catalogue
    return catalogue.holds(request.operation, file.catalogue) and not held(file, request)


def keys(file: BotFile, rule: Rule, request: Request) -> Iterator[bool | None]:
    groups = request.actor.settled if rule.grant == "request" else request.actor.groups
    if rule.effect == "deny":  # whoever may be in a group that nobody can read is denied
        groups = groups | request.actor.unread
    yield among(rule.who, request.actor, groups)
    if not request.operation.startswith("bot:"):
        yield request.account in rule.accounts or "*" in rule.accounts
        if rule.regions is not None:
            yield any(fits(pattern, request.region) for pattern in rule.regions)
    if rule.channels is not None:
        yield request.actor.kind != "terminal" and request.place.channel in rule.channels
    if rule.resources is not None:
        yield resource(rule.resources, request)
    for key, values in (rule.tags or {}).items():
        yield tag(key, values, request)
    for name, values in (rule.params or {}).items():
        yield param(name, values, request, deny=rule.effect == "deny")
    if rule.production is not None:
        known = production(file, request)
        yield None if known is None else known == rule.production
    if rule.when is not None:
        yield None if request.at is None else inside(rule.when, request.at)


def among(who: Who, actor: Actor, groups: frozenset[str]) -> bool:
    if actor.kind == "slack":
        return actor.user in who.users or any(group in who.groups for group in groups) or who.everyone
    if actor.kind == "terminal":
        return actor.user in who.terminal
    return actor.user in who.reports or "*" in who.reports


def resource(patterns: tuple[str, ...], request: Request) -> bool | None:
    if request.resource is None:
        return None
    texts = [text for text in (request.resource.id, request.resource.arn) if text]
    if any(fits(pattern, text) for pattern in patterns for text in texts):
        return True
    return None if not request.resource.arn and any(pattern.startswith("arn:") for pattern in patterns) else False


def tag(key: str, values: tuple[str, ...], request: Request) -> bool | None:
    if request.resource is None or request.resource.tags is None:
        return None
    return key in request.resource.tags and request.resource.tags[key] in values


def param(name: str, values: tuple[Any, ...], request: Request, *, deny: bool) -> bool | None:
    given = request.params.get(name)
    if given in (None, [], ()):
        kind = models.members(request.operation).get(name)
        if kind != "boolean" and (kind or not any(isinstance(value, bool) for value in values)):
            return None
        given = False
    if isinstance(given, dict | bytes):
        return None
    if isinstance(given, list):
        met = [any(same(each, value) for value in values) for each in given]
        return any(met) if deny else all(met)
    return any(same(given, value) for value in values)


def same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def production(file: BotFile, request: Request) -> bool | None:
    if request.operation.startswith("bot:"):
        return False
    account = file.accounts.get(request.account)
    if account is not None and account.production:
        return True
    if account is None and not file.production:
        return None
    for key, values in file.production.tags.items() if file.production else ():
        answer = tag(key, values, request)
        if answer is not False:
            return answer
    return None if account is None else False


def inside(window: Window, at: float) -> bool:
    local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(window.zone))
    today, yesterday = local.weekday(), (local.weekday() + 6) % 7
    if window.hours is None:
        return on(window, today)
    begin, end = window.hours.split("-")
    now = local.strftime("%H:%M")
    if begin < end:
        return on(window, today) and begin <= now < end
    return (on(window, today) and now >= begin) or (on(window, yesterday) and now < end)


def on(window: Window, day: int) -> bool:
    if window.days is None:
        return True
    for span in window.days:
        first, last = span.split("-") if "-" in span else (span, span)
        each = DAYS.index(first)
        while each != DAYS.index(last) and each != day:
            each = (each + 1) % 7
        if each == day:
            return True
    return False


def stops(freeze: Freeze, request: Request) -> bool:
    if request.effect == "reads":
        return False
    if "*" not in freeze.accounts and request.account not in freeze.accounts:
        return False
    if freeze.actions is not None and not any(fits(pattern, request.operation) for pattern in freeze.actions):
        return False
    if freeze.except_ and among(freeze.except_.who, request.actor, request.actor.settled):
        return False
    if request.at is None:
        return True
    if freeze.when is not None:
        return inside(freeze.when, request.at)
    zone = ZoneInfo(freeze.zone)
    begins = datetime.fromisoformat(freeze.from_ or "").replace(tzinfo=zone, fold=0)
    ends = datetime.fromisoformat(freeze.until or "").replace(tzinfo=zone, fold=1)
    return begins.timestamp() <= request.at < ends.timestamp()


def named(rule: Rule) -> list[str]:
    return [each for each in rule.resources or () if each.startswith("arn:") and "*" not in each and "?" not in each]


def strangers(request: Request) -> Iterator[str]:
    """Yield the ARNs of another account or Region, and what no rule can name: buckets said to be another account's."""
    told = [request.resource.id, request.resource.arn] if request.resource else []
    for arn in [*told, *texts(request.params)]:
        if arn.startswith("arn:"):
            region, account = arn.split(":")[3:5]
            if account not in ("", "aws", request.account_id) or region not in ("", request.region):
                yield arn
    for name in ("ExpectedBucketOwner", "ExpectedSourceBucketOwner"):
        if name in request.params and request.params[name] != request.account_id:
            yield name
    if "CopySource" in request.params and request.params.get("ExpectedSourceBucketOwner") != request.account_id:
        yield "arn:aws:s3:::" + request.params["CopySource"]["Bucket"]


@cache
def fits(pattern: str, text: str) -> bool:
    """Say whether a pattern is the whole of a text: `*` is any text, `?` any one character."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])
