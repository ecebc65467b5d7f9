"""What the gate sees of a guest beside name, unit and class."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "checkpoints",
        sa.Column(
            "shown_fields", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.create_check_constraint(
        op.f("ck_checkpoints_few_shown_fields"), "checkpoints", "cardinality(shown_fields) <= 6"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_checkpoints_few_shown_fields"), "checkpoints", type_="check")
    op.drop_column("checkpoints", "shown_fields")
