"""Find somebody's agreements without reading everybody's."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_consents_registration_id", "consents", ["registration_id"])


def downgrade() -> None:
    op.drop_index("ix_consents_registration_id", table_name="consents")
