"""A store in PostgreSQL, for more than one bot process: READ COMMITTED, and no wait without an end.

Whatever holds a connection up (a lock, a statement, a server that is gone, a process that sleeps in a transaction) ends
in an error after its time, and the next transaction starts on a connection that was tried first.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

_LONGEST_STATEMENT_SECONDS = 30.0
_SLEEPING_SECONDS = 15.0
"""A transaction in which nothing happens for so long is ended by the server, and its locks with it."""
_FREE_SECONDS = 2.0
"""How long to wait for one of our own connections."""
_CONNECTING: dict[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 2000,  # milliseconds
    "prepare_threshold": None,  # a plan kept by the server would not outlive a migration, nor a pooler
    "application_name": "aws-slack-bot",
}
NAMES = ("postgresql", "postgres")


def postgresql(url: URL) -> Engine:
    """Open a PostgreSQL database by psycopg, also where the URL names no driver. Raises ImportError."""
    if url.drivername in NAMES:
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(
        url,
        connect_args={name: value for name, value in _CONNECTING.items() if name not in url.query},
        isolation_level="READ COMMITTED",
        use_native_hstore=False,  # asks the server for a type that is not used, in each first connection
        pool_size=10,
        max_overflow=10,
        pool_timeout=_FREE_SECONDS,
        pool_pre_ping=True,
    )
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_begin(connection: Connection) -> None:
    """Bound a transaction's waits; a read is told to be one."""
    options = connection.get_execution_options()
    patience = options.get("patience", _LONGEST_STATEMENT_SECONDS)
    statement = patience if options.get("hurried") else max(patience, _LONGEST_STATEMENT_SECONDS)
    settings = {
        "lock_timeout": f"{1000 * patience:.0f}",
        "statement_timeout": f"{1000 * statement:.0f}",
        "idle_in_transaction_session_timeout": f"{1000 * _SLEEPING_SECONDS:.0f}",
        "transaction_read_only": "on" if options.get("only_reads") else "off",
    }
    asked = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings.items())
    connection.exec_driver_sql(f"SELECT {asked}")
