"""A real database, SQLite and PostgreSQL in turn, and a second door to the same one, as another process has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.store.database import Database
from tests.migrated import lay_down
from tests.postgres import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the bot's tables in it where `database` is asked for too, else an empty one."""
    if request.param == "sqlite":
        if "database" in request.fixturenames:
            lay_down(tmp_path / "bot.db")
        return f"sqlite:///{tmp_path}/bot.db"
    if "database" in request.fixturenames:
        return str(request.getfixturevalue("postgres_url"))
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.url()


@pytest.fixture
def opened(url: str) -> Iterator[Callable[[], Database]]:
    """Opens the store anew, as another process does."""
    doors: list[Database] = []

    def go() -> Database:
        doors.append(Database(url))
        return doors[-1]

    yield go
    for door in doors:
        door.close()


@pytest.fixture
def database(opened: Callable[[], Database]) -> Database:
    store = opened()
    store.migrate()
    return store
