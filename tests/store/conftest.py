"""A real SQLite file, and a second door to the same file, as another process has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.store.database import Database


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/bot.db"


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
