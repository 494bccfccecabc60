"""What a form asks for: each parameter of its command, filled in as typed so far, with choices where AWS has some.

Choices are the answer of a reading command of ours, and are read only for somebody who may run that command.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from bot.action import Action
from bot.actor import Actor, Place
from bot.aws.errors import translated
from bot.command import Command
from bot.errors import BotError, Refused, UsageError
from bot.params import Param, given
from bot.parse import Begun, parse
from bot.policy.decide import decide_command
from bot.reply import Reply, Table
from bot.road import limits
from bot.road.desk import Desk
from bot.store.runs import Run

log = logging.getLogger(__name__)

ACCOUNT = "account"
MOST_CHOICES = 100
LONGEST_CHOICE = 75
"""Slack's limits of a menu: options, and characters of an option's value."""

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Blank:
    """One thing to fill in: what was typed of it, and what can be chosen, values with labels; `more` are not listed."""

    param: Param
    typed: tuple[str, ...] = ()
    options: Options = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it is to be shown."""

    form: str
    title: str
    about: str
    where: str
    blanks: tuple[Blank, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a form, where, and what was typed; `offered` are choices known beforehand, by parameter."""

    run: Run
    actor: Actor
    place: Place
    found: Begun
    offered: Mapping[str, Options]


def blanks(desk: Desk, asking: Asking) -> tuple[Blank, ...]:
    """Return what there is to fill in; the account too, where none is known."""
    named = () if asking.run.account else (_account(desk),)
    typed = given(asking.found.command.params, asking.found.action)
    return (*named, *(_blank(desk, asking, param, typed.get(param.name)) for param in asking.found.command.params))


def _account(desk: Desk) -> Blank:
    names = sorted(set(desk.law.defaults.accounts.values()))
    return Blank(
        Param(ACCOUNT, str, "the AWS account", required=True),
        (),
        tuple((name, desk.law.marked(name)) for name in names),
    )


def _blank(desk: Desk, asking: Asking, param: Param, typed: tuple[str, ...] | None) -> Blank:
    if param.flag:
        return Blank(param, () if typed is None else ("yes",))
    offered = asking.offered.get(param.name) or _choices(desk, asking, param)
    fitting = tuple((value, label) for value, label in offered if 0 < len(value) <= LONGEST_CHOICE)
    shown = fitting[:MOST_CHOICES]
    return Blank(param, typed or (), shown, len(offered) - len(shown) if shown else 0)


def _choices(desk: Desk, asking: Asking, param: Param) -> Options:
    """Read what can be chosen; nothing where it may not or cannot be read."""
    run, choices = asking.run, param.choices
    if choices is None or not run.account:
        return ()
    try:
        typed = f"{choices.command} --account {run.account} --region {run.region}"
        reply = _read(desk, asking, parse(typed, desk.commands, desk.law.defaults))
    except BotError as error:
        log.info("Form %s goes without choices: %s", run.id, error.sentence)
        return ()
    table = next((part for part in reply.parts if isinstance(part, Table)), None)
    rows = table.rows if table else ()
    return tuple((row[choices.column], _label(row, choices.column)) for row in rows)


def _read(desk: Desk, asking: Asking, action: Action) -> Reply:
    command: Command = desk.commands.of(action)
    if command.secret or command.wide:
        raise UsageError(f"{command.name} offers no choices.")
    who = (asking.actor, asking.place, command, action.account, action.region)
    if not desk.sound(decide_command(desk.law.file, *who, at=desk.now()), asking.run).allowed:
        raise Refused(f"{asking.actor.key} may not run {command.name}.", layer="allowlist")
    limits.may_look(desk, asking.actor)
    aws = desk.gateway.reading(action.account, action.region, command.operations, asking.run.id)
    with translated(command.calls[0], changes=False):
        reply = command.perform(aws, action)
    assert isinstance(reply, Reply)
    return reply


def _label(row: tuple[str, ...], column: int) -> str:
    """Say what a choice is: what people call it, its id, its state, and what else there is room for."""
    parts = dict.fromkeys(cell for cell in (row[0], row[column], *row[1:]) if cell.strip(" –"))
    label = ""
    for part in parts:
        longer = f"{label} · {part}" if label else part
        if len(longer) > LONGEST_CHOICE:
            break
        label = longer
    return label or row[column][:LONGEST_CHOICE]
