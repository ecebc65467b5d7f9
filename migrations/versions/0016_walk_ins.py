"""Whether a stop's volunteers may register people on the spot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "stops",
        sa.Column("volunteers_take_walk_ins", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("stops", "volunteers_take_walk_ins")
