"""Who is in which user group, and since when the bot has known it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "user_groups",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("updated", sa.Float(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("read_at", sa.Float(), nullable=False),
    )
    op.create_table(
        "memberships",
        sa.Column("usergroup", sa.Text(), primary_key=True),
        sa.Column("user", sa.Text(), primary_key=True),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("left_at", sa.Float(), nullable=False),
    )
