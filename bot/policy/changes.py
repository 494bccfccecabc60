"""Who gained and lost what between two files: what is told when the rules change while the bot runs.

Each principal that either file names is asked for under both, operation by operation and account by account, by the
function that production refuses with. What that does not see (tags, parameters, limits) is said by naming the rules and
sections that are not the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from bot.actor import Actor, Place
from bot.config.botfile import BotFile, Rule
from bot.policy.decide import reachable

Right = tuple[str, str]
"""An operation in an account."""
_LINES = 20
_NAMES = 6
_EVERYONE = ("everyone", "")


def differences(
    old: BotFile, new: BotFile, operations: Iterable[str], name: Callable[[str], str] = str
) -> tuple[str, ...]:
    """Say what changed, a line for each principal and each rule; at most twenty, and how many more there are."""
    lines = [*_rights(old, new, tuple(operations), name), *_rules(old, new), *_sections(old, new)]
    more = len(lines) - _LINES
    return (*lines[:_LINES], f"and {more} more") if more > 0 else tuple(lines)


def _rights(old: BotFile, new: BotFile, operations: tuple[str, ...], name: Callable[[str], str]) -> Iterator[str]:
    asked = _asked(old, new, operations)
    everyone: tuple[set[Right], set[Right]] = (set(), set())
    for kind, id_ in _principals(old, new):
        actor = _actor(kind, id_)
        before, after = (_reached(file, actor, asked) for file in (old, new))
        gained, lost = after - before, before - after
        if (kind, id_) == _EVERYONE:
            everyone = (gained, lost)
        elif actor.kind == "slack":
            gained, lost = gained - everyone[0], lost - everyone[1]
        who = " ".join(filter(None, (kind, name(id_) if kind in ("user", "group") else id_)))
        yield from (f"{who} gained {each}" for each in _in_words(gained))
        yield from (f"{who} lost {each}" for each in _in_words(lost))


def _principals(old: BotFile, new: BotFile) -> list[tuple[str, str]]:
    """Return everyone first, then whoever the rules name."""
    whos = [rule.who for file in (old, new) for rule in file.rules]
    other = [rule.who for rule in (*old.rules, *new.rules) if rule not in old.rules or rule not in new.rules]
    if not tuple(_sections(old, new)) and not any(who.everyone for who in other):
        whos = other  # nobody else's rights can have changed
    named = {("group", each) for who in whos for each in who.groups}
    named |= {("user", each) for who in whos for each in who.users}
    named |= {("terminal", each) for who in whos for each in who.terminal}
    named |= {("report", each) for who in whos for each in who.reports}
    return [_EVERYONE, *sorted(named)]


def _actor(kind: str, id_: str) -> Actor:
    if kind == "terminal":
        return Actor("terminal", id_)
    if kind == "report":
        return Actor("report", id_)
    if kind == "user":
        return Actor("slack", id_)
    return Actor("slack", "anybody", groups=frozenset({id_}))  # where it is everyone, a group that no rule names


def _asked(old: BotFile, new: BotFile, operations: tuple[str, ...]) -> list[tuple[str, str, str, Place]]:
    """Return every operation, account, Region and place to ask about; a pattern stands for itself."""
    patterns = [action for file in (old, new) for rule in file.rules for action in rule.actions]
    channels = {channel for file in (old, new) for rule in file.rules for channel in rule.channels or ()}
    places = [Place(), *map(Place, sorted(channels))]
    where = {(name, about.region) for file in (old, new) for name, about in file.accounts.items()}
    found = []
    for operation in dict.fromkeys((*operations, *patterns)):
        spots = [("", "")] if operation.startswith("bot:") else sorted(where)
        found += [(operation, account, region, place) for account, region in spots for place in places]
    return found


def _reached(file: BotFile, actor: Actor, asked: list[tuple[str, str, str, Place]]) -> set[Right]:
    return {
        (operation, account)
        for operation, account, region, place in asked
        if (not account or account in file.accounts) and reachable(file, actor, place, operation, account, region)
    }


def _in_words(rights: set[Right]) -> Iterator[str]:
    """Say rights, those of one account together: `ec2:StartInstances, ec2:StopInstances in dev`."""
    by_account = sorted(rights, key=lambda right: (right[1], right[0]))
    for account, each in groupby(by_account, key=lambda right: right[1]):
        yield _listed([operation for operation, _ in each]) + (f" in {account}" if account else "")


def _rules(old: BotFile, new: BotFile) -> Iterator[str]:
    """Name the rules that are new, gone or not the same, with the keys that differ."""
    was, is_ = ({rule.id: rule for rule in file.rules} for file in (old, new))
    for verb, ids in (("new", is_.keys() - was.keys()), ("gone", was.keys() - is_.keys())):
        if ids:
            yield f"rules {verb}: {_listed(sorted(ids))}"
    for id_ in sorted(was.keys() & is_.keys()):
        keys = _keys(was[id_], is_[id_])
        if keys:
            yield f"rule {id_}: other {_listed(keys)}"


def _keys(one: Rule, other: Rule) -> list[str]:
    return [key for key in type(one).model_fields if getattr(one, key) != getattr(other, key)]


def _sections(old: BotFile, new: BotFile) -> Iterator[str]:
    changed = [key for key in type(old).model_fields if key != "rules" and getattr(old, key) != getattr(new, key)]
    if changed:
        yield f"changed: {_listed(changed)}"


def _listed(words: list[str]) -> str:
    more = len(words) - _NAMES
    return ", ".join(words[:_NAMES]) + (f" and {more} more" if more > 0 else "")
