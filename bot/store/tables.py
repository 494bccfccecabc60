"""The store's tables. Times are seconds since the epoch (UTC); JSON is text, so that every database holds it alike."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Dialect, Float, Index, Integer, MetaData, Table, Text, TypeDecorator

metadata = MetaData()


class Words(TypeDecorator[str]):
    """Text of any length: PostgreSQL refuses what outgrows its column, and Slack and AWS promise no lengths.

    It also refuses a NUL, and no database takes half of a surrogate pair (people can send both): both become U+FFFD.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's form
        return None if value is None else _writable(str(value))


def _writable(value: str) -> str:
    whole = value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")


runs = Table(
    "runs",
    metadata,
    Column("id", Words, primary_key=True),
    Column("state", Words, nullable=False),
    Column("owner", Words, nullable=False),
    Column("actor_kind", Words, nullable=False),
    Column("team", Words, nullable=False),
    Column("user", Words, nullable=False),
    Column("user_name", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("thread", Words, nullable=False),
    Column("audience", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("region", Words, nullable=False),
    Column("plan", Words, nullable=False),
    Column("seen", Words, nullable=False),
    Column("reply", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("rules", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("undoes", Words, nullable=False),
    Column("answer", Words, nullable=False),
    Column("view", Words, nullable=False),
    Column("report", Words, nullable=False),
    Column("scheduled_for", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("confirmed_at", Float, nullable=False),
    Column("ended_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Index("runs_due", "state", "due_at"),
    Index("runs_report", "report", "scheduled_for"),
)

calls = Table(
    "calls",
    metadata,
    Column("run", Words, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("operation", Words, nullable=False),
    Column("params", Words, nullable=False),
    Column("ids", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("request_id", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("sent_at", Float, nullable=False),
    Column("ended_at", Float, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", Words, primary_key=True),
    Column("at", Float, nullable=False, index=True),
)

holds = Table(
    "holds",
    metadata,
    Column("resource", Words, primary_key=True),
    Column("run", Words, nullable=False, index=True),
)

outbox = Table(
    "outbox",
    metadata,
    Column("run", Words, primary_key=True),
    Column("channel", Words, nullable=False),
    Column("ts", Words, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("told", Integer, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("claimed_until", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failed_since", Float, nullable=False),
    Column("doubtful", Boolean, nullable=False),
    Column("gave_up", Words, nullable=False),
    Column("extras", Integer, nullable=False),
    Column("owner", Words, nullable=False),
    Index("outbox_due", "due_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False, index=True),
    Column("event", Words, nullable=False),
    Column("run", Words, nullable=False, index=True),
    Column("actor_kind", Words, nullable=False),
    Column("team", Words, nullable=False),
    Column("user", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("detail", Words, nullable=False),
)

processes = Table(
    "processes",
    metadata,
    Column("id", Words, primary_key=True),
    Column("started_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("facts", Words, nullable=False),
)

forms = Table(
    "forms",
    metadata,
    Column("id", Words, primary_key=True),
    Column("team", Words, nullable=False),
    Column("user", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("thread", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("created_at", Float, nullable=False, index=True),
)

reports = Table(
    "reports",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    Column("source", Words, nullable=False),
    Column("team", Words, nullable=False),
    Column("user", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("schedule", Words, nullable=False),
    Column("zone", Words, nullable=False),
    Column("command", Words, nullable=False),
    Column("paused", Words, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("last_at", Float, nullable=False),
    Column("last_run", Words, nullable=False),
    Column("alarmed_for", Float, nullable=False),
    Index("reports_due", "next_at"),
)

quotas = Table(
    "quotas",
    metadata,
    Column("name", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("at", Float, nullable=False),
)

uses = Table(
    "uses",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("run", Words, nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("count", Integer, nullable=False),
    Index("uses_within", "name", "key", "at"),
)

user_groups = Table(
    "user_groups",
    metadata,
    Column("id", Words, primary_key=True),
    Column("disabled", Boolean, nullable=False),
    Column("updated", Float, nullable=False),
    Column("updated_by", Words, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("read_at", Float, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("usergroup", Words, primary_key=True),
    Column("user", Words, primary_key=True),
    Column("since", Float, nullable=False),
    Column("left_at", Float, nullable=False),
)

halts = Table(
    "halts",
    metadata,
    Column("scope", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("by_name", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("at", Float, nullable=False),
    Column("ended_at", Float, nullable=False),
    Column("ended_by", Words, nullable=False),
)
