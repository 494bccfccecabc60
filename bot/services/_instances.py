"""Which EC2 instances are meant: selectors are read as EC2's filters, and resolved to ids before anything is asked.

Words of one kind add up, different kinds narrow. EC2 shows a terminated instance for about an hour, often beside its
successor of the same name: it is left out unless its id or `state=` was typed, or nothing else is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.command import Aws, Resource, Skipped
from bot.errors import UsageError
from bot.reply import Rows

Instance = Mapping[str, Any]
Filter = Mapping[str, Any]

SELECTOR = "an id (i-…), name=web-*, tag:env=dev or state=running"
STATES = ("pending", "running", "shutting-down", "terminated", "stopping", "stopped")
ROWS = Rows("ec2", ("show", "start", "stop", "reboot", "terminate"), column=2)
"""What one may do with a row of a list of instances."""
_BARE = re.compile(r"[\w.-]+", re.ASCII)
_ID = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")
_KINDS = {"name": "tag:Name", "state": "instance-state-name"}
_VALUES = 200
"""Values EC2 takes in the filters of one request."""


def select(aws: Aws, selectors: tuple[str, ...]) -> list[Instance]:
    """Find what the selectors name, by name and id; no word means every instance. Raises UsageError."""
    wanted: dict[str, list[str]] = {}
    for kind, value in map(_criterion, dict.fromkeys(selectors)):
        wanted.setdefault(kind, []).append(value)
    ids = wanted.pop("instance-id", None)
    found = _described(aws, wanted, ids)
    alive = [each for each in found if state_of(each) != "terminated"]
    chosen = found if ids is not None or "instance-state-name" in wanted else alive or found
    return sorted(chosen, key=lambda each: (not name_of(each), name_of(each), each["InstanceId"]))


def _described(aws: Aws, wanted: Mapping[str, list[str]], ids: list[str] | None) -> list[Instance]:
    filters = [filtered(kind, values) for kind, values in wanted.items()]
    if ids is not None:
        return described(aws, [each for each in ids if _ID.fullmatch(each)], filters)
    if sum(map(len, wanted.values())) > _VALUES:
        raise UsageError(f"EC2 looks for at most {_VALUES} words at once. Use a wildcard (name=web-*) or a tag.")
    return _pages(aws, filters)


def described(aws: Aws, ids: Iterable[str], filters: Iterable[Filter] = ()) -> list[Instance]:
    """Read instances by id; those that do not exist are left out. As many requests as EC2's limit asks for."""
    wanted, others = tuple(ids), list(filters)
    room = _VALUES - sum(len(each["Values"]) for each in others)
    if room <= 0:
        raise UsageError(f"EC2 looks for at most {_VALUES} words at once. Name the ids alone.")
    batches = [list(wanted[start : start + room]) for start in range(0, len(wanted), room)]
    return [each for batch in batches for each in _pages(aws, [filtered("instance-id", batch), *others])]


def launched_with(aws: Aws, token: str) -> list[Instance]:
    """Find what a launch with this client token made."""
    return _pages(aws, [filtered("client-token", [token])])


def one(aws: Aws, word: str) -> Instance:
    """Find the one instance that a word names. Raises UsageError where it is none or several."""
    found = select(aws, (word,))
    if not found and word.startswith("i-"):
        missing = skipped(aws, word, (word,))
        raise UsageError(f"{missing.id} {missing.why}. Try: ec2 list")
    if not found:
        raise UsageError(f"No instance in {aws.account} {aws.region} matches {word}. Try: ec2 list")
    if len(found) > 1:
        some = ", ".join(named(resource(each)) for each in found[:5])
        more = ", …" if len(found) > 5 else ""
        raise UsageError(f"{word} matches {len(found)} instances: {some}{more}. Name one.")
    return found[0]


def missing(aws: Aws, selectors: tuple[str, ...], found: Iterable[Instance]) -> tuple[Skipped, ...]:
    """Name the ids that were typed and not found, each with its reason."""
    known = {each["InstanceId"] for each in found}
    typed = [word for word in dict.fromkeys(selectors) if word.startswith("i-")]
    return tuple(skipped(aws, word, selectors) for word in typed if word not in known)


def skipped(aws: Aws, id_: str, selectors: tuple[str, ...]) -> Skipped:
    """Say why an id that was typed names nothing."""
    if not _ID.fullmatch(id_):
        return Skipped(id_, "is not an instance id (i- and 8 or 17 hex digits)")
    others = " ".join(word for word in selectors if not word.startswith("i-"))
    narrowed = f", or does not match {others}" if others else ""
    return Skipped(id_, f"not found in {aws.account} {aws.region}{narrowed}")


def filtered(name: str, values: list[str]) -> Filter:
    """Write an EC2 filter."""
    return {"Name": name, "Values": values}


def resources(aws: Aws, found: Iterable[Instance]) -> tuple[Resource, ...]:
    """Name instances, by their ARNs too, for the rules."""
    prefix = f"arn:{aws.partition}:ec2:{aws.region}:{aws.account_id}:instance/"
    return tuple(replace(resource(each), arn=prefix + each["InstanceId"]) for each in found)


def resource(each: Instance) -> Resource:
    return Resource(each["InstanceId"], name_of(each), state_of(each), tags_of(each))


def state_of(each: Instance) -> str:
    return str(each["State"]["Name"])


def tags_of(each: Instance) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in each.get("Tags", ())}


def name_of(each: Instance) -> str:
    return tags_of(each).get("Name", "")


def named(each: Resource) -> str:
    return f"{each.name} ({each.id})" if each.name else each.id


def _criterion(word: str) -> tuple[str, str]:
    """Read one selector as an EC2 filter's name and value."""
    key, _, value = word.partition("=")
    if word.startswith("i-"):
        return "instance-id", word
    if key == "state" and value not in STATES:
        raise UsageError(f"There is no state {value!r}. EC2's states: {', '.join(STATES)}.")
    kind = _KINDS.get(key) or (key if key.startswith("tag:") and key != "tag:" else "")
    if not kind or not value:
        hint = f" Did you mean name={word}?" if _BARE.fullmatch(word) else ""
        raise UsageError(f"{word!r} names no instance.{hint} Use {SELECTOR}.")
    return kind, value


def _pages(aws: Aws, filters: list[Filter]) -> list[Instance]:
    pages = aws.client("ec2").get_paginator("describe_instances").paginate(Filters=filters, MaxResults=1000)
    return [each for page in pages for one in page["Reservations"] for each in one["Instances"]]
