"""Agreements, each to one version of one text; those given so far move in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PURPOSES = ("registration", "matching", "travel", "messages", "follow_up", "employers", "security")
FIRST_TEXT = "57bd928221bca6bc7235c3e6c52eea6bb651c73ef4df38577ba365f47a298494"


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(*PURPOSES, name="purpose", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("text_digest", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR withdrawn_at >= given_at", name=op.f("ck_consents_withdrawn_after_given")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_consents_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(
        "uq_consents_standing",
        "consents",
        ["registration_id", "purpose", "text_version"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.execute(
        "INSERT INTO consents (registration_id, purpose, text_version, text_digest, given_at) "
        "SELECT id, 'registration', consent_version, "
        f"CASE WHEN consent_version = '2026-05' THEN '{FIRST_TEXT}' ELSE '' END, consented_at FROM registrations"
    )


def downgrade() -> None:
    op.drop_table("consents")
