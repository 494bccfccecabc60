"""The store's tables. Times are seconds since the epoch (UTC); JSON is text, so that every database holds it alike."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("owner", String(16), nullable=False),
    Column("actor_kind", String(16), nullable=False),
    Column("team", String(32), nullable=False),
    Column("user", String(64), nullable=False),
    Column("user_name", Text, nullable=False),
    Column("channel", String(32), nullable=False),
    Column("thread", String(32), nullable=False),
    Column("audience", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("account", String(64), nullable=False),
    Column("region", String(32), nullable=False),
    Column("plan", Text, nullable=False),
    Column("seen", Text, nullable=False),
    Column("reply", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("undoes", String(16), nullable=False),
    Column("answer", Text, nullable=False),
    Column("view", Text, nullable=False),
    Column("report", String(16), nullable=False),
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
    Column("run", String(16), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("operation", String(128), nullable=False),
    Column("params", Text, nullable=False),
    Column("ids", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("why", Text, nullable=False),
    Column("sent_at", Float, nullable=False),
    Column("ended_at", Float, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("at", Float, nullable=False, index=True),
)

holds = Table(
    "holds",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("run", String(16), nullable=False, index=True),
)

outbox = Table(
    "outbox",
    metadata,
    Column("run", String(16), primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("ts", String(32), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("told", Integer, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("claimed_until", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failed_since", Float, nullable=False),
    Column("doubtful", Boolean, nullable=False),
    Column("gave_up", String(64), nullable=False),
    Column("extras", Integer, nullable=False),
    Column("owner", String(16), nullable=False),
    Index("outbox_due", "due_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False, index=True),
    Column("event", String(32), nullable=False),
    Column("run", String(16), nullable=False, index=True),
    Column("actor_kind", String(16), nullable=False),
    Column("team", String(32), nullable=False),
    Column("user", String(64), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

processes = Table(
    "processes",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("started_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("facts", Text, nullable=False),
)

forms = Table(
    "forms",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("team", String(32), nullable=False),
    Column("user", String(64), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("thread", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Float, nullable=False, index=True),
)

reports = Table(
    "reports",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("source", String(16), nullable=False),
    Column("team", String(32), nullable=False),
    Column("user", String(64), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("schedule", Text, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("command", Text, nullable=False),
    Column("paused", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("last_at", Float, nullable=False),
    Column("last_run", String(16), nullable=False),
    Column("alarmed_for", Float, nullable=False),
    Index("reports_due", "next_at"),
)
