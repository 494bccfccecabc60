"""Rights in words: what somebody may do here, and, when the answer is no, what they may do instead and who can.

Nothing is decided here: every sentence is made by asking `policy` about accounts, channels and people of bot.yml.
A refusal names the command and the account as they were asked for, what the rules say of the asker, and who else can,
as text that pings nobody. It says nothing of the resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from bot.actor import Actor, Place
from bot.aws import models
from bot.command import Command, Effect
from bot.config.botfile import Account, BotFile, Needs, Rule
from bot.glob import matches
from bot.policy.decide import Outcome, decide_all, outsiders, reach
from bot.policy.match import UNPLANNED, Request, concerns
from bot.policy.reach import reaches

_SHOWN = 4  # names or alternatives in one sentence; more would not be read


@dataclass(frozen=True, slots=True)
class Right:
    """A command somebody may run here, and within which limits: `in dev where env=dev`, one a rule."""

    command: Command
    limits: tuple[str, ...]


def rights(
    file: BotFile, actor: Actor, place: Place, commands: Iterable[Command], outcome: Outcome = Outcome.RUN
) -> tuple[Right, ...]:
    """Return the commands that somebody may run here, or may only ask for, with their limits."""
    found = ((command, _held(file, actor, place, command, outcome)) for command in commands if command.calls)
    return tuple(Right(command, limits) for command, limits in found if limits)


def _held(file: BotFile, actor: Actor, place: Place, command: Command, outcome: Outcome) -> tuple[str, ...]:
    """Return the limits of a right; what may be run need not be asked for."""
    run = tuple(dict.fromkeys(_limits_here(file, actor, place, command, Outcome.RUN)))
    if outcome is Outcome.RUN:
        return _widest(run)
    asked = tuple(dict.fromkeys(_limits_here(file, actor, place, command, outcome)))
    return tuple(limit for limit in _widest((*run, *asked)) if limit not in run)


def _widest(limits: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out `in dev where env=dev` beside `in dev`: the wider right says it all."""
    narrower = ("in Region ", "on ", "where ", "with ", "in production", "outside production", "during ")
    return tuple(
        limit for limit in limits if not any(limit.startswith(f"{wide} {word}") for wide in limits for word in narrower)
    )


def rights_in_words(
    file: BotFile, actor: Actor, place: Place, commands: Iterable[Command], outcome: Outcome = Outcome.RUN
) -> str:
    """Return the same as one sentence, commands with the same limits together; empty where there are none."""
    together: dict[tuple[str, ...], list[str]] = {}
    for right in rights(file, actor, place, commands, outcome):
        together.setdefault(right.limits, []).append(right.command.name)
    return "; ".join(f"{', '.join(names)} {_either(limits)}".strip() for limits, names in together.items())


def refusal(  # noqa: PLR0917  # who, where and what, in the order of a sentence
    file: BotFile,
    actor: Actor,
    place: Place,
    command: Command,
    account: str,
    asked: Iterable[Request] = (),
    name: Callable[[str], str] = str,
    *,
    at: float | None = None,
) -> str:
    """Say no, as in `Not allowed: ec2 stop in prod. You may stop where env=dev. oncall can.`, as one text.

    `asked` are the requests that were refused, where it came to that; `name` says what users and groups are called.
    """
    no = f"Not allowed: {command.name}" + (f" in {account}." if account else ".")
    if outsiders(place):
        return f"{no} {outsiders(place)}"
    may = _or(limit for limit in _limits(file, actor, place, command, account) if limit)
    ask = _or(limit for limit in _limits(file, actor, place, command, account, Outcome.REQUEST) if limit)
    able = who_can(file, place, command, account, asked, at=at)
    can = [each for each in able if each not in {actor.user, *actor.groups}]
    asking = f"You may ask to {command.verb} {ask}; {APPROVED}." if ask else ""
    sentences = [no, f"You may {command.verb} {may}." if may else "", asking, _others(file, can, name)]
    return " ".join(filter(None, sentences))


def _others(file: BotFile, can: list[str], name: Callable[[str], str]) -> str:
    if can:
        return f"{_and([*map(name, can[:_SHOWN]), *can[_SHOWN:]])} can."
    return f"To get more rights, ask {name(file.contact)}." if file.contact else ""


APPROVED = "a second person has to approve that, which is not part of this release"


def who_can(
    file: BotFile,
    place: Place,
    command: Command,
    account: str,
    asked: Iterable[Request] = (),
    *,
    at: float | None = None,
) -> tuple[str, ...]:
    """Return the user groups and users (ids) who may do this: exactly what was asked, or the command at all."""
    asked = tuple(asked)
    return tuple(
        name
        for name, actor in _people(file).items()
        if (_may_all(file, actor, asked) if asked else _may(file, actor, place, command, account, at))
    )


def _may_all(file: BotFile, actor: Actor, asked: tuple[Request, ...]) -> bool:
    return decide_all(file, [replace(request, actor=actor) for request in asked]).allowed


def _may(  # noqa: PLR0917  # as refusal
    file: BotFile, actor: Actor, place: Place, command: Command, account: str, at: float | None
) -> bool:
    """Say whether somebody may at this time; at any, where none is given."""
    return any(
        account in accounts_of(file, rule, actor, place, command.calls[0], at)
        for rule in _granting(file, actor, place, command)
    )


def _people(file: BotFile) -> dict[str, Actor]:
    """Return everybody whom a rule lets run something, groups first, each as somebody who could ask."""
    found = [rule.who for rule in file.rules if grants(rule, Outcome.RUN)]
    groups = {
        group: Actor("slack", f"of {group}", groups=frozenset({group}), settled=frozenset({group}))
        for who in found
        for group in who.groups
    }
    return groups | {user: Actor("slack", user) for who in found for user in who.users}


def grants(rule: Rule, outcome: Outcome) -> bool:
    """Say whether a rule in force lets people do this much: run something, or only ask for it."""
    return rule.effect == "allow" and rule.mode == "enforce" and Outcome(rule.grant) is outcome


def _granting(
    file: BotFile, actor: Actor, place: Place, command: Command, outcome: Outcome = Outcome.RUN
) -> Iterator[Rule]:
    if not command.calls:
        return
    request = Request(actor, place, command.calls[0], "", "", None, UNPLANNED, Effect.READS)
    about = (rule for rule in file.rules if grants(rule, outcome) and concerns(rule, request))
    yield from (rule for rule in about if reaches(rule, request, file))


def _limits(  # noqa: PLR0917  # as refusal
    file: BotFile, actor: Actor, place: Place, command: Command, account: str, outcome: Outcome = Outcome.RUN
) -> tuple[str, ...]:
    """Return what limits the asker's rights to a command, seen from this account and channel."""
    found: dict[str, None] = {}
    for rule in _granting(file, actor, place, command, outcome):
        useful = accounts_of(file, rule, actor, place, command.calls[0])
        within = () if account in useful else useful
        away = rule.channels if rule.channels and place.channel not in rule.channels else ()
        if useful:
            found[limit(rule, within, away)] = None
    return tuple(found)


def _limits_here(file: BotFile, actor: Actor, place: Place, command: Command, outcome: Outcome) -> Iterator[str]:
    for rule in _granting(file, actor, place, command, outcome):
        if rule.channels and place.channel not in rule.channels:
            continue
        useful = accounts_of(file, rule, actor, place, command.calls[0])
        if useful:
            yield limit(rule, tuple(name for name in useful if name), ())


def accounts_of(  # noqa: PLR0917  # as refusal
    file: BotFile, rule: Rule, actor: Actor, place: Place, operation: str, at: float | None = None
) -> tuple[str, ...]:
    """Return the accounts in which a rule is of use to somebody, denials considered; a word of the bot's is `""`."""
    places = [place] if rule.channels is None else [replace(place, channel=channel) for channel in rule.channels]
    if operation.startswith("bot:"):
        return (
            ("",) if any(_of_use(rule, reach(file, actor, each, operation, "", "", at=at)) for each in places) else ()
        )
    return tuple(
        name
        for name, about in file.accounts.items()
        if ("*" in rule.accounts or name in rule.accounts)
        and any(
            _of_use(rule, reach(file, actor, each, operation, name, region, at=at))
            for each in places
            for region in _regions(rule, about)
        )
    )


def _of_use(rule: Rule, found: Outcome) -> bool:
    return found is Outcome.RUN or found is Outcome(rule.grant)


def _regions(rule: Rule, account: Account) -> tuple[str, ...]:
    """Return the Regions that a rule means in an account: the account's own, where it names none."""
    if rule.regions is None:
        return (account.region,)
    return tuple(name for name in models.regions() if matches(rule.regions, name) and account.takes(name))


def limit(rule: Rule, accounts: tuple[str, ...], channels: tuple[str, ...]) -> str:
    """Say what a rule asks for: `in dev and prod in Region eu-west-1 where env=dev or staging with Force=false`."""
    parts = [f"in {_and(accounts)}"] if accounts else []
    parts += [f"in Region {_or(rule.regions)}"] if rule.regions else []
    parts += [f"on {_or(rule.resources)}"] if rule.resources else []
    parts += [f"where {_and([f'{key}={_or(values)}' for key, values in rule.tags.items()])}"] if rule.tags else []
    parts += [f"with {_and([f'{key}={_or(values)}' for key, values in rule.params.items()])}"] if rule.params else []
    parts += ["in production" if rule.production else "outside production"] if rule.production is not None else []
    parts += [f"during {rule.when}"] if rule.when else []
    parts += [f"from channel {_or(channels)}"] if channels else []
    parts += ["without being asked to confirm"] if rule.needs is Needs.NOTHING else []
    return " ".join(parts)


def _either(limits: tuple[str, ...]) -> str:
    return "" if "" in limits else _or(limits)


def _or(words: Iterable[object]) -> str:
    return _joined(words, "or")


def _and(words: Iterable[object]) -> str:
    return _joined(words, "and")


def _joined(words: Iterable[object], last: str) -> str:
    texts = [_shown(word) for word in words]
    if len(texts) > _SHOWN:
        texts = [*texts[:_SHOWN], f"{len(texts) - _SHOWN} more"]
    *before, final = texts or [""]
    return f"{', '.join(before)} {last} {final}" if before else final


def _shown(word: object) -> str:
    return str(word).lower() if isinstance(word, bool) else str(word)
