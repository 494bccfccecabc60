"""Whether a request is about the bot itself: its roles in `accounts:`, and what bot.yml lists under `own:`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.aws.conditions import members
from bot.config.botfile import BotFile
from bot.policy.match import Request

_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}")
_BY_NAME = ("role", "user", "instance-profile")


def is_about_itself(request: Request, file: BotFile) -> bool:
    """Say whether the resource, or any text in the call, is one of the bot's own ids, names or ARNs, or is in it."""
    own = (*file.own, *(account.role for account in file.accounts.values() if account.role))
    if not own:
        return False
    pattern = _pattern(own)
    return any(pattern.search(text) for text in _texts(request))


@lru_cache(maxsize=64)
def _pattern(own: tuple[str, ...]) -> re.Pattern[str]:
    """Find a name as a whole, alone or as a part of an ARN, a path or an address; a secret's ARN ends in six more."""
    forms = sorted({form for each in own for form in _forms(each)})
    return re.compile(rf"(?:^|[:/])(?:{'|'.join(map(re.escape, forms))})(?:$|[:/?]|{_SUFFIX.pattern}$)")


def _forms(text: str) -> Iterator[str]:
    yield text
    if not text.startswith("arn:") or text.count(":") < 5:
        return
    _, _, service, _, _, rest = text.removesuffix(":*").split(":", 5)
    kind, *more = re.split("[:/]", rest, maxsplit=1)
    name = more[0] if more else rest
    yield kind if service == "s3" else name
    if kind in _BY_NAME:
        yield name.rpartition("/")[2]
    if kind == "secret":
        yield name[:-7] + _SUFFIX.sub("", name[-7:])


def _texts(request: Request) -> Iterator[str]:
    if request.resource:
        yield from (request.resource.id, request.resource.arn, request.resource.name)
    for name, value in members(request.params):
        yield name
        each = value if isinstance(value, list | tuple | set | frozenset) else (value,)
        yield from (text for text in each if isinstance(text, str))
