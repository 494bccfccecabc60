"""The floor a second time, as docs/allowlist.md tells it; its list is data, and read where the bot reads it."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.aws.floor import Class, named_as_read, standing
from bot.config.botfile import BotFile
from bot.policy.match import Request


def held(file: BotFile, request: Request) -> bool:
    """Say whether only a rule that names the operation in full reaches it."""
    entries = standing(request.operation).met(request.params)
    if any(entry.kind in (Class.RIGHTS, Class.BLINDING, Class.SHARING) for entry in entries):
        return True
    if (request.effect != "reads" or not named_as_read(request.operation)) and itself(file, request):
        return True
    for entry in entries:
        if entry.kind is Class.TAGS and gone_by(file):
            given = set(tag_keys(request.params))
            if entry.condition.how != "keys" or not given or given & gone_by(file):
                return True
    return False


def gone_by(file: BotFile) -> set[str]:
    found = {key for rule in file.rules for key in rule.tags or {}}
    found |= set(file.production.tags if file.production else ())
    return found | {limit.per[4:] for limit in file.limits if limit.per and limit.per.startswith("tag:")}


def itself(file: BotFile, request: Request) -> bool:
    """Say whether it is about a role of the bot's, or what `own` lists: by its id, name or ARN, as a whole."""
    own = {*file.own, *(account.role for account in file.accounts.values() if account.role)}
    own |= {last(thing) for thing in own}
    said = [*texts(request.params)]
    if request.resource:
        said += [request.resource.id, request.resource.arn, request.resource.name]
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


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
