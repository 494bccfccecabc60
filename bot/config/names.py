"""Names in bot.yml that must mean something: accounts, operations, Regions, parameters, each with a did-you-mean.

A name that means nothing is found when the file is read, not when the rule is first needed: a misspelt action in a
deny rule would otherwise deny nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.aws import catalogue, models
from bot.aws.floor import Class, standing
from bot.config.botfile import BotFile, Rule, Who
from bot.config.limits import COSTS_MONEY
from bot.config.marks import Loc
from bot.glob import glob, is_glob, matches

BOT_OPERATIONS: Mapping[str, str] = {
    "bot:Status": "2026-11",
    "bot:WhoCan": "2026-11",
    "bot:ExplainPolicy": "2026-11",
    "bot:ListReports": "2026-11",
    "bot:GetReport": "2026-11",
    "bot:AddReport": "2026-11",
    "bot:RunReport": "2026-11",
    "bot:PauseReport": "2026-11",
    "bot:ResumeReport": "2026-11",
    "bot:RemoveReport": "2026-11",
    "bot:ManageReports": "2026-11",
}
"""Words of the bot itself that rules can grant, with the release of the catalogue from which on wildcards mean them."""

Finding = tuple[Loc, str]


def check(file: BotFile) -> Iterator[Finding]:
    """Yield what is wrong with the names of a file whose shape is right, and where."""
    yield from _accounts(file)
    if file.catalogue not in catalogue.releases():
        known = ", ".join(catalogue.releases())
        yield ("catalogue",), f"I know no catalogue {file.catalogue!r}: this version of the bot has {known}"
    for at, rule in enumerate(file.rules):
        yield from ((("rules", at, *place), why) for place, why in _rule(rule, file))
    yield from _taken("rule", "rules", file.rules)
    yield from _freezes(file)
    yield from _limits(file)


def _taken(what: str, where: str, named: Iterable[Any]) -> Iterator[Finding]:
    ids = [each.id for each in named]
    for at, name in enumerate(ids):
        if name in ids[:at]:
            yield (where, at, "id"), f"the {what} id {name} is taken already"


def _freezes(file: BotFile) -> Iterator[Finding]:
    yield from _taken("freeze", "freezes", file.freezes)
    for at, freeze in enumerate(file.freezes):
        found = [*_places(freeze.accounts, file), *_actions(freeze.actions or ())]
        found += [
            (("except", *place), why) for place, why in _people(freeze.except_.who if freeze.except_ else None, file)
        ]
        yield from ((("freezes", at, *place), why) for place, why in found)


def _limits(file: BotFile) -> Iterator[Finding]:
    yield from _taken("limit", "limits", file.limits)
    for at, limit in enumerate(file.limits):
        found = [*_places(limit.accounts, file), *_people(limit.who, file)]
        found += _actions(limit.actions or (), classes=frozenset({COSTS_MONEY}))
        yield from ((("limits", at, *place), why) for place, why in found)


def did_you_mean(found: Iterable[str]) -> str:
    names = ", ".join(found)
    return f". Did you mean {names}?" if names else ""


def _accounts(file: BotFile) -> Iterator[Finding]:
    defaults = [name for name, account in file.accounts.items() if account.default]
    if len(defaults) > 1:
        yield ("accounts", defaults[1], "default"), f"{' and '.join(defaults)} are both the default: only one can be"
    owners = Counter(account.id for account in file.accounts.values())
    for name, account in file.accounts.items():
        if owners[account.id] > 1:
            yield (
                ("accounts", name, "id"),
                f"{account.id} is here under two names: a rule about one would miss the other",
            )
        yield from _regions(("accounts", name, "region"), (account.region,), wild=False)
        yield from _regions(("accounts", name, "regions"), account.regions or (), wild=True)


def _regions(loc: Loc, patterns: tuple[str, ...], *, wild: bool) -> Iterator[Finding]:
    for at, pattern in enumerate(patterns):
        place = (*loc, at) if wild else loc
        if not any(matches((pattern,), region) for region in models.regions()):
            yield place, f"I know no Region {pattern!r}{did_you_mean(models.close(pattern, models.regions()))}"
        elif is_glob(pattern) and not wild:
            yield place, f"{pattern!r} is several Regions: name one"


def _rule(rule: Rule, file: BotFile) -> Iterator[Finding]:
    yield from _places(rule.accounts, file)
    yield from _people(rule.who, file)
    yield from _actions(rule.actions)
    yield from _never(rule)
    yield from _regions(("regions",), rule.regions or (), wild=True)
    yield from _params(rule)


def _places(accounts: Iterable[str], file: BotFile) -> Iterator[Finding]:
    for at, name in enumerate(accounts):
        if name != "*" and name not in file.accounts:
            near = did_you_mean(models.close(name, frozenset(file.accounts)))
            yield ("accounts", at), f"there is no account {name!r} under accounts{near}"


def _people(who: Who | None, file: BotFile) -> Iterator[Finding]:
    for at, name in enumerate(who.reports if who else ()):
        if name != "*" and name not in file.reports:
            near = did_you_mean(models.close(name, frozenset(file.reports)))
            yield ("who", "reports", at), f"there is no report {name!r} under reports{near}"


def _actions(actions: Iterable[str], classes: frozenset[str] = frozenset()) -> Iterator[Finding]:
    for at, action in enumerate(actions):
        why = "" if action in classes else _action(action)
        if why:
            yield ("actions", at), why


def _never(rule: Rule) -> Iterator[Finding]:
    """Say so where an allow rule names an operation that no rule can allow; a wildcard just does not reach it."""
    for at, action in enumerate(rule.actions if rule.effect == "allow" else ()):
        found = (each for each in standing(action).entries if each.kind is Class.CREDENTIALS and each.always)
        entry = None if is_glob(action) else next(found, None)
        if entry:
            yield ("actions", at), f"{action} is never done from here, so no rule can allow it: {entry.reason}"


def _action(action: str) -> str:
    if operations(action):
        return ""
    if action in ("bot:Help", "bot:Whoami"):
        return f"{action} needs no rule: help and whoami answer everybody"
    if action in models.IAM_NAMES:
        meant = models.IAM_NAMES[action]
        return f"{action} is IAM's name; the operation{'s are' if meant[1:] else ' is'} {', '.join(meant)}"
    near = models.close(action, BOT_OPERATIONS, 0.75) if action.startswith("bot:") else models.suggest(action)
    return f"{action} is no operation{did_you_mean(near)}"


def operations(action: str) -> tuple[str, ...]:
    """Return every operation that an action pattern of a rule names."""
    if action.startswith("bot:"):
        return tuple(sorted(name for name in BOT_OPERATIONS if glob(action).fullmatch(name)))
    return models.expand(action)


def later(actions: Iterable[str], release: str) -> tuple[str, ...]:
    """Return the operations that wildcards of a rule match, AWS's and the bot's, but that a release does not hold."""
    actions = tuple(actions)
    own = {name for each in actions if is_glob(each) and each.startswith("bot:") for name in operations(each)}
    newer = (name for name in own.difference(actions) if BOT_OPERATIONS[name] not in catalogue.until(release))
    return (*catalogue.later(actions, release), *sorted(newer))


def _params(rule: Rule) -> Iterator[Finding]:
    named = [name for action in rule.actions for name in operations(action)]
    for param, values in (rule.params or {}).items():
        loc = ("params", param)
        kinds = {name: models.members(name)[param] for name in named if param in models.members(name)}
        if not kinds and named:
            known = frozenset(member for name in named for member in models.members(name))
            yield loc, f"no action of this rule has a parameter {param}{did_you_mean(models.close(param, known))}"
        elif rule.effect == "deny" and len(kinds) < len(set(named)):
            without = min(set(named) - set(kinds))
            yield loc, f"{without} has no parameter {param}, and a deny must mean something for each of its actions"
        yield from ((loc, why) for value in values if kinds and (why := _value(param, value, set(kinds.values()))))


def _value(param: str, value: str | bool | float, kinds: set[str]) -> str:
    kinds = {kind.removeprefix("list:") for kind in kinds}
    wanted = {"boolean": bool, "string": str, "integer": int, "long": int, "float": float, "double": float}
    comparable = kinds & wanted.keys()
    if not comparable:
        return f"{param} is a {min(kinds)}: rules can compare text, numbers, true and false only"
    if any(_fits(value, wanted[kind]) for kind in comparable):
        return ""
    hint = {"boolean": "write true or false without quotes", "string": "put it in quotes"}
    kind = min(comparable)
    return f"{param} takes {kind} values, and {value!r} is none: {hint.get(kind, 'write a number without quotes')}"


def _fits(value: str | bool | float, kind: type) -> bool:
    if kind is float:
        return type(value) in (int, float)
    return type(value) is kind
