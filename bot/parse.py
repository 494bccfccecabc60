"""Typed text to an Action: nothing is guessed, nothing is dropped, and `parse(str(action)) == action`.

    service verb words… --option value --option=value --flag

Service, verb and option names may be typed in any case, values are literal; what was quoted is never an option.
Whatever cannot be read raises UsageError, with the next step in it; it suggests only commands that `allowed` lets
through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.action import Action, shown
from bot.aws import models
from bot.command import Command
from bot.errors import UsageError
from bot.hints import bare, either, form, near, no_service, no_verb, question
from bot.params import Param, bind, canonical, missing
from bot.tokens import LIMIT, Token, tokens

HELLO = "hello"

_AS_ELSEWHERE = ("aws", "/aws")
"""How a line that was copied from elsewhere begins, in front of its service."""
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_GLOBAL = (
    Param("region", str, "the AWS Region"),
    Param("account", str, "the account"),
    Param("private", bool, "answer me alone"),
)


class Commands:
    """Every command there is, by service and verb; bot words have the service `""`. It does not change."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._commands: dict[tuple[str, str], Command] = {}
        for command in commands:
            if self._commands.setdefault((command.service, command.verb), command) is not command:
                raise ValueError(f"There are two commands {command.name!r}.")
            _check(command)
        clash = set(self.services()) & set(self.verbs(""))
        if clash:
            raise ValueError(f"Both a bot word and a service: {', '.join(sorted(clash))}.")

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def find(self, service: str, verb: str) -> Command | None:
        return self._commands.get((service, verb))

    def of(self, action: Action) -> Command:
        """Return an action's command. Raises UsageError where there is none any more."""
        found = self.find(action.service, action.verb)
        if found is None:
            raise UsageError(f"There is no command {shown(*action.name.split())}.")
        return found

    def services(self) -> tuple[str, ...]:
        return tuple(sorted({command.service for command in self} - {""}))

    def verbs(self, service: str) -> tuple[str, ...]:
        return tuple(command.verb for command in self if command.service == service)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What an asker need not type.

    `accounts` leads from an account's name or 12-digit id to its name, `regions` from its name to its Region; `account`
    is the one meant where none is typed, None where it has to be.
    """

    accounts: Mapping[str, str]
    regions: Mapping[str, str]
    account: str | None = None


def everyone(_command: Command) -> bool:
    """Hide no command."""
    return True


def parse(
    text: str, commands: Commands, defaults: Defaults, *, allowed: Callable[[Command], bool] = everyone
) -> Action:
    """Read typed text; without any it is the bot word `hello`. Raises UsageError."""
    command, rest = _command(tokens(text) or [Token(HELLO)], commands, allowed)
    try:
        return _short(_action(command, rest, defaults))
    except UsageError as problem:
        raise _with_form(problem, command, allowed) from problem


@dataclass(frozen=True, slots=True)
class Begun:
    """A command as far as it was typed: `action` is canonical, without an account where none is known yet."""

    command: Command
    action: Action
    lacks: tuple[Param, ...]


def begun(text: str, commands: Commands, defaults: Defaults) -> Begun | None:
    """Read the beginning of a command, whole or not; None where what is there already cannot be read."""
    try:
        command, rest = _command(tokens(text) or [Token(HELLO)], commands, everyone)
        read = _read(command, rest)
        placed = read.option("account") or defaults.account or command.wide
        action = _finished(command, read, defaults if placed else None)
        return Begun(command, _short(action), missing(command.params, action))
    except UsageError:
        return None


def _with_form(problem: UsageError, command: Command, allowed: Callable[[Command], bool]) -> UsageError:
    """Add how the command is typed; who may not run it anyway learns nothing about it."""
    if allowed(command):
        return type(problem)(problem.sentence + form(command))
    return UsageError(f"I cannot read what stands behind {command.name}. To see what you may run, type: help.")


def _check(command: Command) -> None:
    taken = {param.name for param in _GLOBAL}
    names = [command.verb, *filter(None, [command.service]), *(param.option for param in command.params)]
    wrong = [name for name in names if not _NAME.fullmatch(name)]
    wrong += [param.option for param in command.params if param.name in taken]
    wrong += [param.option for param in command.params if not param.word and len(param.option) == 1]
    words = [param for param in command.params if param.word]
    wrong += [behind.option for word, behind in pairwise(words) if word.many]
    if wrong:
        raise ValueError(
            f"The command {command.name!r} cannot have {wrong[0]!r}: no name, a name taken, or a word out of place."
        )


def _short(action: Action) -> Action:
    """Refuse what could not be read back: written out, unusual characters take up to ten times their room."""
    if len(str(action)) > LIMIT:
        raise UsageError(f"Written out, that is over {LIMIT} characters. Ask for less at once.")
    return action


def _command(typed: list[Token], commands: Commands, allowed: Callable[[Command], bool]) -> tuple[Command, list[Token]]:
    """Find which command they begin with, and return it with the tokens behind it."""
    first = typed[0].text.lower()
    if typed[1:] and first in _AS_ELSEWHERE:
        typed = typed[1:]
        first = typed[0].text.lower()
    word = commands.find("", first)
    if word:
        return word, typed[1:]
    if typed[0].dashed or first not in commands.services():
        raise no_service(typed[0].text, _menu(commands, allowed))
    verb = "" if len(typed) == 1 or typed[1].dashed else typed[1].text
    command = commands.find(first, verb.lower())
    if command is None:
        raise no_verb(first, verb, [each for each in _menu(commands, allowed) if each.service == first])
    return command, typed[2:]


def _menu(commands: Commands, allowed: Callable[[Command], bool]) -> list[Command]:
    return [command for command in commands if allowed(command)]


def _action(command: Command, rest: list[Token], defaults: Defaults) -> Action:
    read = _read(command, rest)
    bind(_params(command), read)
    return _finished(command, read, defaults)


def _params(command: Command) -> tuple[Param, ...]:
    return (*command.params, *(_GLOBAL[-1:] if command.own else _GLOBAL))


def _read(command: Command, rest: list[Token]) -> Action:
    """Read what stands behind a command's name, whether or not it is all there."""
    params = _params(command)
    words, options = _sorted_out(command, rest, {param.option: param for param in params if not param.word})
    return canonical(params, Action(command.service, command.verb, words, tuple(options.items())))


def _finished(command: Command, read: Action, defaults: Defaults | None) -> Action:
    """Part what every command takes from its own options, and fill in account and Region where they can be known."""
    own = tuple(option for option in read.options if option[0] not in {param.option for param in _GLOBAL})
    action = replace(read, options=own, private=read.option("private") is not None)
    if defaults is None:
        return replace(action, region=(read.option("region") or ("",))[0])
    if command.own:
        return action
    return _narrowed(action, read, defaults) if command.wide else _placed(action, read, defaults)


def _sorted_out(
    command: Command, rest: list[Token], params: Mapping[str, Param]
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Part words from options. An option's value is the token behind it or what follows its `=`."""
    words: list[str] = []
    options: dict[str, tuple[str, ...]] = {}
    others = any(param.rest for param in command.params)
    following = iter(rest)
    for token in following:
        if not token.dashed:
            words.append(token.text)
            continue
        name, value = token.split()
        if others and name.lstrip("-").lower() not in params:
            words.append(token.text)
            continue
        param = _option(command, name, params)
        if value is None and not param.flag:
            value = _value(param, next(following, None))
        if param.option in options and not param.many:
            raise UsageError(f"{param.label} is there more than once; give it once.")
        options[param.option] = (*options.get(param.option, ()), *([] if value is None else [value]))
    return tuple(words), options


def _option(command: Command, typed: str, params: Mapping[str, Param]) -> Param:
    name = typed.lstrip("-").lower()
    if typed.startswith("--") and name in params and len(typed) == len(name) + 2:
        return params[name]
    if name == "help":
        raise UsageError(f"For help, type: help {command.name}.")
    close = [each for each in params if each[:1] == name] if len(name) == 1 else near(name, params)
    hint = question([f"--{each}" for each in close])
    if typed.startswith("--") and len(name) > 1:
        raise UsageError(f"{command.name} has no option {bare(typed)}.{hint}")
    raise UsageError(
        f"Options are written out behind two dashes, not {bare(typed)}.{hint} "
        "What is no option and begins with a dash goes into double quotes."
    )


def _value(param: Param, token: Token | None) -> str:
    if token is None:
        raise UsageError(f"{param.label} needs a value.")
    if token.dashed:
        raise UsageError(f"{param.label} needs a value, in double quotes where it begins with a dash.")
    return token.text


def _placed(action: Action, read: Action, defaults: Defaults) -> Action:
    """Fill in the account and the Region, so that nothing about the action depends on a default any more."""
    account = _account((read.option("account") or (defaults.account,))[0], defaults)
    region = _region((read.option("region") or (defaults.regions.get(account),))[0], defaults)
    return replace(action, account=account, region=region)


def _narrowed(action: Action, read: Action, defaults: Defaults) -> Action:
    """Leave the account and the Region open unless they were typed: a wide command reads them all."""
    account, region = (read.option(name) for name in ("account", "region"))
    return replace(
        action,
        account=_account(account[0], defaults) if account else "",
        region=_region(region[0], defaults) if region else "",
    )


def _account(typed: str | None, defaults: Defaults) -> str:
    names = sorted(set(defaults.accounts.values()))
    if not names:
        raise UsageError("I know no AWS account; whoever runs me has to name one under accounts: in bot.yml.")
    if typed is None:
        raise UsageError(f"Say which account: --account {either(names)}.")
    if typed not in defaults.accounts:
        hint = question(near(typed, names))
        raise UsageError(f"I know no account {shown(typed)}.{hint} Give --account {either(names)}.")
    return defaults.accounts[typed]


def _region(typed: str | None, defaults: Defaults) -> str:
    if typed is None:
        raise UsageError("Say which Region, for example --region eu-west-1.")
    known = models.regions()
    if typed not in known and typed not in defaults.regions.values():
        hint = question(near(typed, sorted(known)))
        raise UsageError(f"{shown(typed)} is no AWS Region that I know.{hint or ' One looks like eu-west-1.'}")
    return typed
