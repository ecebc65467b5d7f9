"""Whether the confirmed still come: who was asked when, and what was said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "still_coming",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("days_before", sa.SmallInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comes", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(comes IS NULL) = (answered_at IS NULL)", name=op.f("ck_still_coming_answered_with_answer")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_still_coming_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", "days_before", name=op.f("pk_still_coming")),
    )


def downgrade() -> None:
    op.drop_table("still_coming")
