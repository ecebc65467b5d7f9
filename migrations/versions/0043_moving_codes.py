"""Codes on phones that change every 30 seconds, where an organiser wants them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "stops", sa.Column("moving_codes", sa.String(32), server_default=sa.text("'off'"), nullable=False)
    )
    op.create_check_constraint("moving_codes", "stops", "moving_codes IN ('off', 'on_phones', 'only')")


def downgrade() -> None:
    op.drop_constraint("ck_stops_moving_codes", "stops", type_="check")
    op.drop_column("stops", "moving_codes")
