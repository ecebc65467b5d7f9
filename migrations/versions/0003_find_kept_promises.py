"""Find kept promises by their day: the janitor need not read the whole table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_outbox_jobs_done", "outbox_jobs", ["done_at"], postgresql_where=sa.text("done_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_jobs_done", table_name="outbox_jobs")
