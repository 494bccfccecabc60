"""The floor in a decision: what is never done, what has to be named in full, and what goes to the asker alone.

The list itself is `bot.aws.floor`. Two classes depend on bot.yml: what is the bot's own, and the tags that rules go by.
Before anything is planned, only what no parameter could change counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.aws.conditions import Condition
from bot.aws.floor import Class, Entry, named_as_read, standing
from bot.command import Effect
from bot.config.botfile import BotFile
from bot.policy.itself import is_about_itself
from bot.policy.match import UNPLANNED, Request
from bot.policy.tagged import goes_by, writes

_HELD = (Class.RIGHTS, Class.BLINDING, Class.SHARING)
_ITSELF = Entry(Class.SELF, "", Condition(), "it is a part of the bot itself")
_TITLES: Mapping[Class, str] = {
    Class.CREDENTIALS: "credentials",
    Class.RIGHTS: "rights, and code that runs as a role",
    Class.BLINDING: "blinding those who watch",
    Class.SHARING: "sharing with others",
    Class.SELF: "the bot itself",
    Class.TAGS: "tags that rules go by",
}


def never(request: Request) -> Entry | None:
    """Return why this is done for nobody, whatever the rules say; None where rules decide."""
    return next((entry for entry in _met(request, Class.CREDENTIALS)), None)


def holds(request: Request, file: BotFile) -> tuple[Entry, ...]:
    """Return what keeps wildcards from this: a rule counts for it only where it names the operation in full."""
    return tuple(_holding(request, file))


def private(operation: str) -> bool:
    """Say whether what an operation answers is for whoever asked alone, whatever the rule says."""
    return any(entry.kind is Class.DATA for entry in standing(operation).entries)


def why_never(request: Request, entry: Entry) -> str:
    """Say so, with the reason."""
    return (
        f"{request.operation} is never done from here ({_TITLES[entry.kind]}): {entry.reason}. "
        "No rule can allow it, not even one that names it."
    )


def why_held(request: Request, entries: tuple[Entry, ...]) -> str:
    """Say what keeps wildcards away, and what a rule would have to say."""
    reasons = "; ".join(dict.fromkeys(f"{_TITLES[entry.kind]}: {entry.reason}" for entry in entries[:3]))
    return (
        f"No wildcard reaches {request.operation} here ({reasons}). "
        f"A rule has to name it in full: actions: [{request.operation}]."
    )


def _met(request: Request, *kinds: Class) -> tuple[Entry, ...]:
    found = standing(request.operation)
    if request.params is UNPLANNED:
        return tuple(entry for entry in found.entries if entry.always and entry.kind in kinds)
    return found.met(request.params, *kinds)


def _holding(request: Request, file: BotFile) -> Iterator[Entry]:
    met = _met(request, *_HELD, Class.TAGS)
    yield from (entry for entry in met if entry.kind in _HELD)
    if request.params is UNPLANNED:
        return
    keys = goes_by(file)
    yield from (entry for entry in met if entry.kind is Class.TAGS and writes(entry, request.params, keys))
    changes = request.effect is not Effect.READS or not named_as_read(request.operation)
    if changes and is_about_itself(request, file):
        yield _ITSELF
