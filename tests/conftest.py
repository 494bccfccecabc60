"""Fixtures that cost too much to be made more than once in a process."""

from tests.postgres import _postgres_database, postgres, postgres_url

__all__ = ["_postgres_database", "postgres", "postgres_url"]
