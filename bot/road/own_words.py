"""The bot's own words: bare `/aws`, help, whoami, status.

Everything they say comes from the declarations and the rules. Help, whoami and suggestions name only what the caller
may run; what somebody may not do is not advertised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from bot.action import Action, quote
from bot.actor import Actor, Place
from bot.command import Command, Effect
from bot.errors import BotError, UsageError
from bot.params import bind, params_of
from bot.policy.decide import Outcome, decide_command
from bot.reply import Bold, Fields, Mono, Part, Reply, Span, Table, Text, note, text
from bot.road.desk import Desk
from bot.road.halted import said
from bot.store.runs import Run, State
from bot.text import moment

VERSION = "0.1.0"
NEEDS_TWO = "A second person has to approve these, and approving is not part of this release"


@dataclass(frozen=True, slots=True)
class Asking:
    """What a bot word works with: who asks, where, the desk, and the run that it is."""

    desk: Desk
    actor: Actor
    place: Place
    run: Run | None = None

    def may(self, command: Command) -> bool:
        return self.desk.may(self.actor, self.place, command)

    def may_ask(self, command: Command) -> bool:
        return self.desk.may_ask(self.actor, self.place, command)

    def typed(self, example: str) -> str:
        """Show a command as it is typed where it was asked: a terminal takes the bare words."""
        return example if self.actor.kind == "terminal" else f"/aws {example}"


def hello(asking: Asking) -> Reply:
    """Show three things to type."""
    examples = (*_with_real_names(asking), "help", "whoami")[:3]
    lines = tuple(text(Mono(asking.typed(example))) for example in examples)
    return Reply("Run AWS from Slack. Try one of these:", (*lines, note("A change asks before it happens.")))


def help_(
    asking: Asking,
    service: Annotated[str | None, "a service"] = None,
    verb: Annotated[str | None, "one of its verbs"] = None,
) -> Reply:
    """Show what you may run, a service's verbs, or how one command is used."""
    mine = [command for command in asking.desk.commands if asking.may(command)]
    if service is None:
        return _everything(mine, [each for each in asking.desk.commands if asking.may_ask(each)])
    mine += [each for each in asking.desk.commands if each not in mine and asking.may_ask(each)]
    theirs = [command for command in mine if service in (command.service, command.verb if not command.service else "")]
    if not theirs:
        raise UsageError(f"There is nothing named {service!r} that you may run. Try: help")
    if verb is None and len(theirs) > 1:
        return Reply(f"{service}: what you may run", (_listed(theirs),))
    found = next((command for command in theirs if verb in (None, command.verb)), None)
    if found is None:
        raise UsageError(f"There is no {service} {verb} that you may run. Try: help {service}")
    return _one(found, asking.typed(found.example))


def whoami(asking: Asking) -> Reply:
    """Show your ids, what you may do here, and whom to ask for more."""
    actor, place, desk = asking.actor, asking.place, asking.desk
    groups = [f"{desk.directory.name(group)} {group}" for group in sorted(actor.groups)]
    ids = [("You", actor.user), ("Workspace", actor.team or actor.kind)]
    ids += [("Channel", place.channel)] if place.channel else []
    ids += [("User groups", ", ".join(groups) or "none that bot.yml names")]
    may = desk.rights(actor, place)
    lines: list[Part] = [text(line) for line in may.split("; ")] if may else [text("help and whoami, nothing else")]
    ask = desk.rights(actor, place, Outcome.REQUEST)
    lines += [text(Bold("You may ask for")), *map(text, ask.split("; ")), note(f"{NEEDS_TWO}.")] if ask else []
    contact = desk.law.file.contact
    more = f"To get more rights, ask {desk.directory.name(contact)}." if contact else "Rights are given in bot.yml."
    return Reply(f"You are {actor.name or actor.user}", (Fields(tuple(ids)), text(Bold("You may")), *lines, note(more)))


def status(asking: Asking) -> Reply:
    """Show version, uptime, connections, what waits, and the last errors."""
    desk = asking.desk
    up = _long(desk.now() - desk.pulse.started)
    waiting = [run for run in desk.runs.open() if run.state != State.RECEIVED]
    facts = [(name, str(value)) for name, value in desk.pulse.slack().items()]
    facts += [("Runs open", str(len(waiting))), ("Messages waiting for Slack", str(desk.outbox.waiting()))]
    facts += [("Rules", _rules(desk))]
    known = (*((desk.law.warning,) if desk.law.warning else ()), *(f"{said(each)}." for each in desk.brake.in_force()))
    trouble = tuple(text(each) for each in known)
    errors = tuple(text(line) for line in list(desk.pulse.errors)[-3:]) or (note("No errors since the start."),)
    return Reply(
        f"aws-slack-bot {VERSION}, up {up}", (Fields(tuple(facts)), *trouble, *errors), "no" if known else "ok"
    )


def _rules(desk: Desk) -> str:
    """Say since when the rules are in force, and which they are."""
    since = moment(datetime.fromtimestamp(desk.law.since, UTC))
    return f"{desk.law.digest[:8] or 'no bot.yml'}, since {since}"


def bot_words() -> tuple[Command, ...]:
    """Return the bot's own words as commands, shaped like all others."""
    return tuple(
        word(function, calls, example)
        for function, calls, example in (
            (hello, (), ""),
            (help_, (), "help ec2 stop"),
            (whoami, (), "whoami"),
            (status, ("bot:Status",), "status"),
        )
    )


def word(function: Callable[..., Reply], calls: tuple[str, ...], example: str, service: str = "") -> Command:
    """Make a function into a word of the bot's own, free where it names no right; it is given an Asking."""
    params = params_of(function)
    verb = function.__name__.rstrip("_").replace("_", "-")
    doc = (function.__doc__ or "").partition("\n")[0]

    def perform(asking: Any, action: Action) -> Reply:
        return function(asking, **bind(params, action))

    return Command(service, verb, doc, Effect.READS, calls, example or verb, perform, params, free=not calls, help=doc)


def _with_real_names(asking: Asking) -> Iterable[str]:
    """Build examples from an instance that is really there, where the caller may list them."""
    listing = asking.desk.commands.find("ec2", "list")
    if listing is None or not asking.may(listing):
        return ()
    name = _a_name(asking, listing)
    verbs = [verb for verb in ("list", "show", "stop") if _allowed(asking, "ec2", verb)]
    named = {"list": "ec2 list", **{verb: f"ec2 {verb} {name}" for verb in ("show", "stop") if name}}
    return tuple(named[verb] for verb in verbs if verb in named)


def _allowed(asking: Asking, service: str, verb: str) -> bool:
    command = asking.desk.commands.find(service, verb)
    return command is not None and asking.may(command)


def _a_name(asking: Asking, listing: Command) -> str:
    desk = asking.desk
    try:
        account = desk.law.file.default_account()
        where = (asking.actor, asking.place, listing, account.name, account.region)
        if not decide_command(desk.law.file, *where, at=desk.now()).allowed:
            return ""
        aws = desk.gateway.reading(account.name, account.region, listing.operations)
        reply = listing.perform(aws, Action("ec2", "list", ("state=running",)))
    except BotError:
        return ""
    except Exception:  # noqa: BLE001 - an example is no reason to fail
        return ""
    assert isinstance(reply, Reply)
    rows = [row for part in reply.parts if isinstance(part, Table) for row in part.rows if row[0] != "–"]
    return quote(f"name={rows[0][0]}") if rows else ""


def _everything(mine: list[Command], askable: list[Command]) -> Reply:
    services = sorted({command.service for command in mine} - {""})
    parts = [Text((Bold(service),)) for service in services]
    listed: list[Part] = []
    for title, service in zip(parts, services, strict=True):
        listed += [title, _listed([command for command in mine if command.service == service])]
    words = [command for command in mine if not command.service and command.verb != "hello"]
    listed += [text(Bold("The bot")), _listed(words)]
    listed += [text(Bold("You may ask for")), _listed(askable), note(f"{NEEDS_TWO}.")] if askable else []
    return Reply("What you may run", (*listed, note("help SERVICE VERB shows how one is used.")))


def _listed(commands: list[Command]) -> Part:
    spans: list[Span] = []
    for command in commands:
        spans += ["\n"] if spans else []
        spans += [Mono(command.name), f" {command.summary}"]
    return Text(tuple(spans)) if spans else note("nothing")


def _one(command: Command, example: str) -> Reply:
    options = [text(Mono(param.label), f" {param.help}") for param in command.params if param.help]
    calls = ", ".join(command.calls) or "no AWS call"
    effect = {"reads": "Reads only", "changes": "Changes AWS; asks first", "destroys": "Destroys; asks first"}
    needs = f"The right it needs: {calls}." if command.calls else ""
    about = needs if command.own else f"{effect[command.effect]}. {needs}"
    return Reply(
        f"{command.name}: {command.summary}",
        (
            text("Usage: ", Mono(command.usage)),
            *options,
            text("Example: ", Mono(example)),
            *((note(about),) if about else ()),
            note(
                "Everywhere: --private." if command.own else "Everywhere: --account NAME, --region REGION, --private."
            ),
        ),
    )


def _long(seconds: float) -> str:
    minutes, hours = int(seconds // 60), int(seconds // 3600)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min" if minutes else f"{int(seconds)} s"
