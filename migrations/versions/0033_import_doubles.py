"""A row of an import remembers which earlier row may be the same person, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_rows", sa.Column("like_number", sa.Integer(), nullable=True))
    op.add_column(
        "import_rows",
        sa.Column("like_reasons", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")),
    )
    op.create_check_constraint("like_an_earlier_row", "import_rows", "like_number < number")


def downgrade() -> None:
    op.drop_constraint("ck_import_rows_like_an_earlier_row", "import_rows", type_="check")
    op.drop_column("import_rows", "like_reasons")
    op.drop_column("import_rows", "like_number")
