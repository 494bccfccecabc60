"""Holds: which run has a resource in hand. One row a resource, so that two runs cannot both have it."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, select

from bot.store import tables

_LONGEST_KEY = 1500
"""Bytes; PostgreSQL's indexes take no more than 2704."""


def key_of(resource: str) -> str:
    """Return the key of a resource's hold; one that is too long for an index is hashed."""
    written = resource.encode(errors="replace")
    return hashlib.sha256(written).hexdigest() if len(written) > _LONGEST_KEY else resource


def holder(connection: Connection, keys: list[str]) -> str | None:
    """Return the run that holds one of these."""
    c = tables.holds.c
    return connection.scalar(select(c.run).where(c.resource.in_(keys)).order_by(c.resource).limit(1))
