"""Erasing and purging: rows kept for what is counted, with nothing personal left in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ENTERED = "email <> '' OR way IN ('import', 'office', 'walk_in')"


def upgrade() -> None:
    op.add_column("registrations", sa.Column("erased_at", MOMENT, nullable=True))
    op.add_column("people", sa.Column("erased_at", MOMENT, nullable=True))
    op.drop_constraint(op.f("ck_registrations_email_unless_entered"), "registrations", type_="check")
    op.create_check_constraint(
        op.f("ck_registrations_email_unless_entered"), "registrations", f"{ENTERED} OR erased_at IS NOT NULL"
    )
    op.create_check_constraint(
        op.f("ck_registrations_erased_is_empty"),
        "registrations",
        "erased_at IS NULL OR (email = '' AND university = '' AND research_field = '' AND answers = '{}' "
        "AND sealed_answers IS NULL AND secretary IS NULL)",
    )
    op.create_check_constraint(
        op.f("ck_people_erased_is_empty"),
        "people",
        "erased_at IS NULL OR (full_name = '' AND mobile IS NULL AND email = '' AND id_number_sealed IS NULL)",
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.Column("backups_gone_on", sa.Date(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("whole_person", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("uq_erasures_receipt", "erasures", ["receipt"], unique=True)
    op.create_table(
        "purge_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "done",
                "stopped",
                "confirmed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("ran_at", MOMENT, nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'confirmed') = (confirmed_by_id IS NOT NULL)",
            name=op.f("ck_purge_runs_confirmed_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["staff.id"], name=op.f("fk_purge_runs_confirmed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purge_runs")),
    )
    op.create_index("uq_purge_runs_day", "purge_runs", ["day"], unique=True)


def downgrade() -> None:
    op.drop_table("purge_runs")
    op.drop_table("erasures")
    op.drop_constraint(op.f("ck_people_erased_is_empty"), "people", type_="check")
    op.drop_constraint(op.f("ck_registrations_erased_is_empty"), "registrations", type_="check")
    op.drop_constraint(op.f("ck_registrations_email_unless_entered"), "registrations", type_="check")
    op.create_check_constraint(op.f("ck_registrations_email_unless_entered"), "registrations", ENTERED)
    op.drop_column("people", "erased_at")
    op.drop_column("registrations", "erased_at")
