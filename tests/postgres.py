"""A real PostgreSQL of the tests' own: made in a temporary folder, on a free loopback port, gone at the end.

Debian's server is used where it is installed; elsewhere what needs it is skipped, unless POSTGRES=required.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "120",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "lc_messages": "C",
}


class Cluster:
    """A PostgreSQL server with as many databases as tests ask for; it can be ended and begun again."""

    def __init__(self, bin_: Path, folder: Path) -> None:
        self.port = _free_port()
        self._bin = bin_
        self._folder = folder
        self._numbers = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None
        self._run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    def start(self) -> None:
        given = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        arguments = [
            f"{self._bin}/postgres",
            "-D",
            f"{self._folder}/data",
            "-k",
            str(self._folder),
            "-p",
            str(self.port),
        ]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen([*arguments, *given], stdout=log, stderr=log, **_as_user())
        until = time.monotonic() + 60
        while not self._answers():
            assert self._server.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.05)

    def stop(self, *, gently: bool = False) -> None:
        """End it: at once, as in a crash, or after every session was ended."""
        assert self._server
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "fast" if gently else "immediate", "-w", "stop")
        self._server.wait(30)

    def url(self) -> str:
        """Make an empty database and return its URL."""
        name = f"t{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url_of(name)

    def url_of(self, name: str, user: str = "postgres") -> str:
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        """Run a statement past the bot, as whoever looks after the database does."""
        import psycopg

        where = f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []

    @property
    def said(self) -> str:
        return (self._folder / "log").read_text()

    def _answers(self) -> bool:
        import psycopg

        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [f"{self._bin}/{program}", *arguments], capture_output=True, text=True, check=False, **_as_user()
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One server for all tests of this process; it costs two or three seconds."""
    bin_ = _installed()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path has 107 bytes at most
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    cluster = Cluster(bin_, folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def _postgres_database(postgres: Cluster) -> str:
    """A database with the bot's tables, shared by all tests of this process."""
    from bot.store.database import Database

    postgres.execute("CREATE DATABASE bot TEMPLATE template0")
    database = Database(postgres.url_of("bot"))
    database.migrate()
    database.close()
    return "bot"


@pytest.fixture
def postgres_url(postgres: Cluster, _postgres_database: str) -> str:
    """The bot's tables, empty: a database of its own for each test would take ten times as long."""
    from bot.store.database import HEAD
    from bot.store.tables import metadata

    names = ", ".join(f'"{name}"' for name in metadata.tables)
    postgres.execute(
        f"SET lock_timeout = 5000; TRUNCATE {names} RESTART IDENTITY; "
        f"UPDATE alembic_version SET version_num = '{HEAD}'",
        _postgres_database,
    )
    return postgres.url_of(_postgres_database)


def _installed() -> Path:
    """Return the folder of the newest server's programs; without one the test is skipped."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda each: int(each.parts[-3]))
    missing = "" if found else "no PostgreSQL server is installed (Debian: apt install postgresql)"
    missing = missing or ("" if find_spec("psycopg") else "psycopg is not installed")
    if missing and os.environ.get("POSTGRES") == "required":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    return found[-1].parent


def _as_user() -> dict[str, Any]:
    """PostgreSQL does not run as root: then the user `postgres` runs it, which Debian's package makes."""
    if os.getuid() != 0:
        return {"cwd": "/"}
    user = pwd.getpwnam("postgres")
    return {"cwd": "/", "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
