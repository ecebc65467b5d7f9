"""Count and order the queue by indexes: a state's registrations, the channels, the names' pinyin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_registrations_state", "registrations", ["state", "id"])
    op.create_index(
        "ix_registrations_channel",
        "registrations",
        ["channel", "stop_id"],
        postgresql_where=sa.text("channel IS NOT NULL"),
    )
    op.create_index("ix_people_name_pinyin", "people", ["name_pinyin"])


def downgrade() -> None:
    op.drop_index("ix_people_name_pinyin", table_name="people")
    op.drop_index("ix_registrations_channel", table_name="registrations")
    op.drop_index("ix_registrations_state", table_name="registrations")
