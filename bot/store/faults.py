"""What is said when the database cannot be had, in one line and without what was to be written."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree

from bot.errors import OperatorError


class StoreError(OperatorError):
    """The store could not be read or written."""


def reason(error: SQLAlchemyError) -> str:
    """Say what the database said, without the statement and its values: PostgreSQL tells those in later lines."""
    if isinstance(error, NoneFree):
        return "all connections to it are in use"
    said = str(error.orig).strip() if isinstance(error, DBAPIError) else ""
    return said.splitlines()[0] if said else type(error).__name__
