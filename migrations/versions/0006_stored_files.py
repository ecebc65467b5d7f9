"""Files that people hand in: one row for one file below DATA_DIR/files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scan_state", sa.String(length=32), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scan_tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("scan_note", sa.String(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('pdf', 'docx', 'png', 'jpeg', 'webp')", name=op.f("ck_stored_files_kind")
        ),
        sa.CheckConstraint(
            "scan_state IN ('waiting', 'clean', 'infected', 'not_scanned')",
            name=op.f("ck_stored_files_scan_state"),
        ),
        sa.CheckConstraint("length(token) >= 22", name=op.f("ck_stored_files_token_long")),
        sa.CheckConstraint("place ~ '^[0-9a-f]{2}/[0-9a-f]{40}$'", name=op.f("ck_stored_files_place_form")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_stored_files_sha256_length")),
        sa.CheckConstraint("size > 0", name=op.f("ck_stored_files_not_empty")),
        sa.CheckConstraint(
            "(scan_state IN ('clean', 'infected')) = (scanned_at IS NOT NULL)",
            name=op.f("ck_stored_files_scanned_at"),
        ),
        sa.CheckConstraint("removed_at IS NULL OR label = ''", name=op.f("ck_stored_files_label_goes_too")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_files")),
    )
    op.create_index("uq_stored_files_token", "stored_files", ["token"], unique=True)
    op.create_index("uq_stored_files_place", "stored_files", ["place"], unique=True)
    op.create_index(
        "ix_stored_files_scanning",
        "stored_files",
        ["id"],
        postgresql_where=sa.text("scan_state = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_table("stored_files")
