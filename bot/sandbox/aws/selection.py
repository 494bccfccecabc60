"""Which instances a Describe call means: EC2's filters, with its wildcards, and its pages."""

from __future__ import annotations

import base64
import copy
import re
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance, Reservation

T = TypeVar("T")
Filters = Mapping[str, list[str]]

FIELDS: Mapping[str, Callable[[Instance], object]] = {
    "architecture": lambda i: i.architecture,
    "availability-zone": lambda i: i.availability_zone,
    "client-token": lambda i: i.client_token,
    "dns-name": lambda i: i.public_dns_name,
    "hibernation-options.configured": lambda i: str(hibernates(i)).lower(),
    "image-id": lambda i: i.image_id,
    "instance-id": lambda i: i.id,
    "instance-lifecycle": lambda i: i.lifecycle,
    "instance-state-code": lambda i: i.state_code,
    "instance-state-name": lambda i: i.state,
    "instance-status.status": lambda i: i.instance_status["Status"],
    "instance-type": lambda i: i.instance_type,
    "ip-address": lambda i: i.public_ip,
    "key-name": lambda i: i.key_name,
    "owner-id": lambda i: i.owner_id,
    "private-dns-name": lambda i: i.private_dns_name,
    "private-ip-address": lambda i: i.private_ip,
    "state-reason-code": lambda i: i.state_reason.code,
    "subnet-id": lambda i: i.subnet_id,
    "system-status.status": lambda i: i.system_status["Status"],
    "vpc-id": lambda i: i.vpc_id,
}


def hibernates(instance: Instance) -> bool:
    return str((instance.hibernation_options or {}).get("Configured", False)).lower() == "true"


def tags_of(instance: Instance) -> dict[str, str]:
    tags: dict[str, str] = instance.ec2_backend.tags.get(instance.id, {})
    return tags


def matches(instance: Instance, filters: Filters) -> bool:
    """Filters are ANDed, the values of one are ORed; an unknown filter is EC2's InvalidParameterValue."""
    return all(
        any(pattern(wanted).fullmatch(value) for wanted in values for value in held(instance, name))
        for name, values in filters.items()
    )


def held(instance: Instance, name: str) -> Iterable[str]:
    tags = tags_of(instance)
    if name.startswith("tag:"):
        return [tags[name[4:]]] if name[4:] in tags else []
    if name == "tag-key":
        return tags
    if name in {"instance.group-id", "instance.group-name"}:
        return [str(g.id if name.endswith("id") else g.name) for g in instance.security_groups]
    if name not in FIELDS:
        raise EC2ClientError("InvalidParameterValue", f"The filter '{name}' is invalid")
    value = FIELDS[name](instance)
    return [] if value is None else [str(value)]


def pattern(wanted: str) -> re.Pattern[str]:
    """EC2's `*` and `?`; everything else is literal."""
    return re.compile(re.escape(wanted).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def everything(backend: EC2Backend) -> list[tuple[Reservation, Instance]]:
    return [(r, i) for r in list(backend.reservations.values()) for i in list(r.instances)]


def chosen(backend: EC2Backend, ids: list[str], filters: Filters) -> list[tuple[Reservation, Instance]]:
    wanted = set(ids)
    return [(r, i) for r, i in everything(backend) if (not wanted or i.id in wanted) and matches(i, filters)]


def regrouped(pairs: Iterable[tuple[Reservation, Instance]]) -> list[Reservation]:
    """Instances under their reservations again: one reservation may continue on the next page, as in EC2."""
    groups: dict[str, Reservation] = {}
    for reservation, instance in pairs:
        if reservation.id not in groups:
            groups[reservation.id] = copy.copy(reservation)
            groups[reservation.id].instances = []
        groups[reservation.id].instances.append(instance)
    return list(groups.values())


def page(items: list[T], size: int | None, token: str | None) -> tuple[list[T], str | None]:
    """One page and the token of the next; EC2 takes 5 to 1000 a page and gives 1000 when not asked."""
    if size is not None and not 5 <= size <= 1000:
        words = f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000."
        raise EC2ClientError("InvalidParameterValue", words)
    start = position(token) if token else 0
    end = start + (size or 1000)
    after = base64.urlsafe_b64encode(f"next:{end}".encode()).decode() if end < len(items) else None
    return items[start:end], after


def position(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("next:"))
    except (NotBase64, ValueError):
        raise EC2ClientError("InvalidNextToken", f"The token '{token}' is invalid") from None
