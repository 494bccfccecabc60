"""What should not be as it is: open or bare buckets, things without tags, things that nothing uses, old keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.command import Aws, Estate
from bot.reply import Part, Reply, Table, note
from bot.services._bucket_hygiene import buckets
from bot.services._checked import Checked, Finding, judged, nothing
from bot.services._coverage import Fact, complete, counted, coverage, failed, found
from bot.services._instances import name_of

OLD_DAYS = 90
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of things: these tags, this key."""

    tags: tuple[str, ...] = ()
    key: str | None = None


def read(estate: Estate, wanted: Wanted) -> tuple[Checked, ...]:
    """Look at everything; what fails somewhere is unknown there."""
    now = estate.now
    return (
        *buckets(estate, wanted.key),
        _things(estate, "ec2:DescribeInstances", "instance", _instances, lambda each: _untagged(each, wanted)),
        _things(estate, "ec2:DescribeVolumes", "volume", _volumes, _loose_volume),
        _things(estate, "ec2:DescribeAddresses", "address", _addresses, lambda each: _loose_address(each, wanted)),
        _keys(estate, now),
    )


def told(checks: tuple[Checked, ...], now: datetime) -> Reply:
    """Say it: one line where all is well, else each finding; what was looked at stands in the thread."""
    readings = [reading for check in checks for reading in check.readings]
    rows = [
        (check.kind, thing, reading.where, why)
        for check in checks
        for reading in check.readings
        for thing, why in reading.value or ()
    ]
    looked = ", ".join(counted(count, kind, _several(kind)) for kind, count in _counts(checks).items())
    why = Counter(f"{kind} {why.partition(' (')[0]}" for kind, _, _, why in rows)
    findings = ", ".join(f"{count} × {what}" for what, count in why.most_common(4))
    summary = f"{counted(len(rows), 'finding')}: {findings}" if rows else f"All well: {looked} looked at"
    table = Table(("What", "Name", "Where", "Finding"), tuple(rows[:_SHOWN]), max(0, len(rows) - _SHOWN))
    covered = note(coverage(readings, now))
    parts: tuple[Part, ...] = (*([table] if rows else []), *([] if complete(readings) else [covered]))
    sign: Any = "unknown" if failed(readings) else "" if rows else "ok"
    thread = (note(f"Looked at {looked}."), covered)
    facts = tuple(fact for check in checks for fact in _facts(check))
    return Reply(summary, parts, sign, thread=thread, facts=facts)


def _facts(check: Checked) -> Iterator[Fact]:
    yield from found(check.readings, check.kind, lambda findings: [(f"{thing}: {why}", "") for thing, why in findings])


def _counts(checks: tuple[Checked, ...]) -> Mapping[str, int]:
    """Count what was looked at, each kind once: buckets are looked at from several sides."""
    counts: dict[str, int] = {}
    for check in checks:
        counts[check.kind] = max(counts.get(check.kind, 0), check.count)
    return counts


def _several(kind: str) -> str:
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


# ── what EC2 has ──


def _things(
    estate: Estate,
    operation: str,
    kind: str,
    look: Callable[[Aws], list[Mapping[str, Any]]],
    judge: Callable[[Mapping[str, Any]], Iterable[Finding]],
) -> Checked:
    readings = estate.each(operation, look)
    found = tuple(
        judged(each, lambda things: [finding for thing in things for finding in judge(thing)]) for each in readings
    )
    return Checked(kind, found, sum(len(each.value or ()) for each in readings))


def _instances(aws: Aws) -> list[Mapping[str, Any]]:
    pages = aws.client("ec2").get_paginator("describe_instances").paginate(MaxResults=1000)
    found = [each for page in pages for one in page["Reservations"] for each in one["Instances"]]
    return [{**each, "Id": each["InstanceId"]} for each in found if each["State"]["Name"] != "terminated"]


def _volumes(aws: Aws) -> list[Mapping[str, Any]]:
    pages = aws.client("ec2").get_paginator("describe_volumes").paginate(PaginationConfig={"PageSize": 500})
    return [{**each, "Id": each["VolumeId"]} for page in pages for each in page["Volumes"]]


def _addresses(aws: Aws) -> list[Mapping[str, Any]]:
    found = aws.client("ec2").describe_addresses()["Addresses"]
    return [{**each, "Id": each.get("PublicIp") or each["AllocationId"]} for each in found]


def _loose_volume(volume: Mapping[str, Any]) -> Iterator[Finding]:
    if volume["State"] == "available":
        yield _named(volume), f"unattached ({volume['Size']:,} GiB)"


def _loose_address(address: Mapping[str, Any], wanted: Wanted) -> Iterator[Finding]:
    if not (address.get("AssociationId") or address.get("InstanceId") or address.get("NetworkInterfaceId")):
        yield _named(address), "unattached"
    yield from _untagged(address, wanted)


def _untagged(thing: Mapping[str, Any], wanted: Wanted) -> Iterator[Finding]:
    """Find the tags that are missing; where none are asked for, having none at all is the finding."""
    has = {tag["Key"] for tag in thing.get("Tags", ()) if not tag["Key"].startswith("aws:")}
    lacks = [key for key in wanted.tags if key not in has]
    if lacks:
        yield _named(thing), f"without tag ({', '.join(lacks)})"
    elif not wanted.tags and not has:
        yield _named(thing), "without tags"


def _named(thing: Mapping[str, Any]) -> str:
    return f"{name_of(thing)} ({thing['Id']})" if name_of(thing) else str(thing["Id"])


# ── access keys ──


def _keys(estate: Estate, now: datetime) -> Checked:
    users = estate.each("iam:ListUsers", _users, regional=False)
    names = {each.account: each.value or [] for each in users}

    def keys(aws: Aws) -> list[Mapping[str, Any]]:
        pages = aws.client("iam").get_paginator("list_access_keys")
        return [
            each
            for user in names[aws.account]
            for page in pages.paginate(UserName=user)
            for each in page["AccessKeyMetadata"]
        ]

    readings = estate.each("iam:ListAccessKeys", keys, regional=False)
    whole = tuple(
        nothing(user) if user.value is None else judged(key, lambda found: _old(found, now))
        for user, key in zip(users, readings, strict=True)
    )
    return Checked("access key", whole, sum(len(each.value or ()) for each in readings))


def _users(aws: Aws) -> list[str]:
    return [
        each["UserName"] for page in aws.client("iam").get_paginator("list_users").paginate() for each in page["Users"]
    ]


def _old(keys: Iterable[Mapping[str, Any]], now: datetime) -> list[Finding]:
    """Find the active keys that are too old; a key is named by its end, which is enough to find it."""
    aged = ((each, (now - each["CreateDate"]).days) for each in keys if each["Status"] == "Active")
    return [
        (f"…{each['AccessKeyId'][-4:]} of {each['UserName']}", f"older than {OLD_DAYS} days ({days})")
        for each, days in aged
        if days > OLD_DAYS
    ]
