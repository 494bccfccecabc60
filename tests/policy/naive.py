"""The decision a second time, as docs/allowlist.md and the shapes of bot.yml tell it: slow, in plain loops and ifs.

It was written without a look at `bot.policy`, of which it knows the question's shape alone; what is data (the catalogue,
the floor's list, the kinds of parameters) it reads where the bot does. Agreement of the two is what test_oracle shows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.actor import Actor
from bot.aws import catalogue, models
from bot.aws.floor import Class, Entry, standing
from bot.config.botfile import BotFile, Freeze, Rule, Who, Window
from bot.policy.match import Request

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True)
class Answer:
    """What came of it; `needs` and `audience` only say something where it is not `no`."""

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
    denying = [rule.id for rule in file.rules if rule.effect == "deny" and denies(rule, request)]
    if denying:
        return Answer("no", "allowlist", tuple(sorted(denying)))
    if any(stops(freeze, request) for freeze in file.freezes):
        return Answer("no", "freeze")
    granting = [rule for rule in file.rules if rule.effect == "allow" and grants(file, rule, request)]
    reaching = [rule for rule in granting if request.operation in rule.actions] if held(file, request) else granting
    if granting and not reaching:
        return Answer("no", "floor")
    to_run = [rule for rule in reaching if rule.grant == "run"]
    to_ask = [rule for rule in reaching if rule.grant == "request"]
    if to_run:
        return granted("run", "allowlist", to_run, entries, request)
    if to_ask:
        return granted("request", "approval", to_ask, entries, request)
    return Answer("no", "allowlist")


def granted(outcome: str, layer: str, rules: list[Rule], entries: tuple[Entry, ...], request: Request) -> Answer:
    """Least demanding `needs`, widest `audience`; of data the answer goes to the asker alone."""
    needs, audience = "confirm", "asker"
    for rule in rules:
        usual = "nothing" if request.effect == "reads" else "confirm"
        if (rule.needs or usual) == "nothing":
            needs = "nothing"
        if (rule.audience or "channel") == "channel":
            audience = "channel"
    if any(entry.kind is Class.DATA for entry in entries):
        audience = "asker"
    return Answer(outcome, layer, tuple(sorted(rule.id for rule in rules)), needs, audience)


def barred_by(request: Request) -> str:
    """Return the layer that refuses before any rule is asked."""
    if not request.actor.user:
        return "identity"
    if request.actor.kind == "report" and request.effect != "reads":
        return "identity"
    if request.place.shared is not False:
        return "place"
    if not request.operation.startswith("bot:") and not (request.account and request.region):
        return "identity"
    return ""


# What a rule says of a request: True where it agrees, False where it does not, None where that cannot be known.


def denies(rule: Rule, request: Request) -> bool:
    if rule.mode == "observe":
        return False
    if not any(fits(pattern, request.operation) for pattern in rule.actions):
        return False
    return False not in keys(rule, request)


def grants(file: BotFile, rule: Rule, request: Request) -> bool:
    if rule.mode == "observe":
        return False
    if not any(means(file, pattern, request.operation) for pattern in rule.actions):
        return False
    if any(answer is not True for answer in keys(rule, request)):
        return False
    return all(arn in (rule.resources or ()) for arn in strangers(request))


def means(file: BotFile, pattern: str, operation: str) -> bool:
    """Say whether an action of an allow rule means an operation: wildcards stand for what was reviewed by then."""
    if pattern == operation:
        return True
    if not fits(pattern, operation):
        return False
    return operation.startswith("bot:") or catalogue.holds(operation, file.catalogue)


def keys(rule: Rule, request: Request) -> Iterator[bool | None]:
    groups = request.actor.settled if rule.grant == "request" else request.actor.groups
    yield among(rule.who, request.actor, groups)
    if not request.operation.startswith("bot:"):
        yield request.account in rule.accounts or "*" in rule.accounts
        if rule.regions is not None:
            yield any(fits(pattern, request.region) for pattern in rule.regions)
    if rule.channels is not None:
        yield request.place.channel in rule.channels
    if rule.resources is not None:
        yield resource(rule.resources, request)
    for key, values in (rule.tags or {}).items():
        yield tag(key, values, request)
    for name, values in (rule.params or {}).items():
        yield param(name, values, request, deny=rule.effect == "deny")
    if rule.production is not None:
        yield None if request.production is None else request.production == rule.production
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
    return any(fits(pattern, request.resource.id) or fits(pattern, request.resource.arn) for pattern in patterns)


def tag(key: str, values: tuple[str, ...], request: Request) -> bool | None:
    if request.resource is None or request.resource.tags is None:
        return None
    return key in request.resource.tags and request.resource.tags[key] in values


def param(name: str, values: tuple[Any, ...], request: Request, *, deny: bool) -> bool | None:
    given = request.params.get(name)
    if given is None:
        if models.members(request.operation).get(name) != "boolean":
            return None
        given = False
    if isinstance(given, list):
        met = [any(same(each, value) for value in values) for each in given]
        return any(met) if deny else all(met)
    return any(same(given, value) for value in values)


def same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


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
    if freeze.except_ and among(freeze.except_.who, request.actor, request.actor.groups):
        return False
    if request.at is None:
        return True
    if freeze.when is not None:
        return inside(freeze.when, request.at)
    zone = ZoneInfo(freeze.zone)
    begins = datetime.fromisoformat(freeze.from_ or "").replace(tzinfo=zone, fold=0)
    ends = datetime.fromisoformat(freeze.until or "").replace(tzinfo=zone, fold=1)
    return begins.timestamp() <= request.at < ends.timestamp()


def strangers(request: Request) -> Iterator[str]:
    """Yield the ARNs of another account or Region, of the resource and in the parameters."""
    told = [request.resource.arn] if request.resource else []
    for arn in [*told, *texts(request.params)]:
        if arn.startswith("arn:"):
            region, account = arn.split(":")[3:5]
            if account not in ("", "aws", request.account_id) or region not in ("", request.region):
                yield arn


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


# The floor


def held(file: BotFile, request: Request) -> bool:
    """Say whether only a rule that names the operation in full reaches it."""
    entries = standing(request.operation).met(request.params)
    if any(entry.kind in (Class.RIGHTS, Class.BLINDING, Class.SHARING) for entry in entries):
        return True
    if request.effect != "reads" and itself(file, request):
        return True
    gone_by = {key for rule in file.rules for key in rule.tags or {}}
    if not gone_by:
        return False
    for entry in entries:
        if entry.kind is Class.TAGS:
            given = set(tag_keys(request.params))
            if entry.condition.how != "keys" or not given or given & gone_by:
                return True
    return False


def itself(file: BotFile, request: Request) -> bool:
    """Say whether it is about a role of the bot's in this account, or what `own` lists."""
    own = set(file.own)
    if request.account in file.accounts and file.accounts[request.account].role:
        own.add(file.accounts[request.account].role or "")
    own |= {last(thing) for thing in own}
    said = [*texts(request.params), request.resource.id, request.resource.arn] if request.resource else [
        *texts(request.params)
    ]
    return any(text in own or last(text) in own for text in said)


def last(text: str) -> str:
    """Return what an ARN is of: its id or name."""
    return text.replace("/", ":").split(":")[-1] if text.startswith("arn:") else text


def tag_keys(value: Any, inside_tags: bool = False) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if inside_tags and name in ("Key", "key", "TagKey"):
                yield str(each)
            elif name in ("Tags", "tags", "TagList"):
                yield from tag_keys(each, inside_tags=True) if isinstance(each, list) else each
            elif name in ("TagKeys", "tagKeys"):
                yield from each
    elif isinstance(value, list):
        for each in value:
            yield from tag_keys(each, inside_tags)


@cache
def fits(pattern: str, text: str) -> bool:
    """Say whether a pattern is the whole of a text: `*` is any text, `?` any one character."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])
