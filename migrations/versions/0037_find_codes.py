"""One-time codes for whoever looks for the own tickets; tries are counted at the request, found or not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "find_requests", sa.Column("tries", sa.SmallInteger(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column("find_requests", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint("five_tries", "find_requests", "tries BETWEEN 0 AND 5")
    op.create_table(
        "find_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("registration_ids", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_find_codes"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["find_requests.id"], name="fk_find_codes_request_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_find_codes_hashed")),
    )
    op.create_index("uq_find_codes_digest", "find_codes", ["request_id", "digest"], unique=True)


def downgrade() -> None:
    op.drop_table("find_codes")
    op.drop_constraint(op.f("ck_find_requests_five_tries"), "find_requests", type_="check")
    op.drop_column("find_requests", "opened_at")
    op.drop_column("find_requests", "tries")
