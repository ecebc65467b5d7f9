"""The own page: changes of answers, moves, one-time codes, finding one's registration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OCCASIONS = ("open", "old_address", "new_address", "erase")


def upgrade() -> None:
    op.add_column("stops", sa.Column("edits_close_at", MOMENT, nullable=True))
    op.add_column(
        "campaigns",
        sa.Column("own_page_asks_code", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("registrations", sa.Column("edits_until", MOMENT, nullable=True))
    op.add_column("registrations", sa.Column("renamed_at", MOMENT, nullable=True))
    op.add_column("state_changes", sa.Column("from_stop_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_state_changes_from_stop_id"), "state_changes", "stops", ["from_stop_id"], ["id"]
    )
    op.create_table(
        "answer_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_staff_id", sa.Integer(), nullable=True),
        sa.Column("fields", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("values_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("cardinality(fields) > 0", name=op.f("ck_answer_changes_names_fields")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_answer_changes_registration_id")
        ),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name=op.f("fk_answer_changes_by_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_changes")),
    )
    op.create_index(op.f("ix_answer_changes_registration_id"), "answer_changes", ["registration_id"])
    op.create_table(
        "contact_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_contact_changes_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_changes")),
    )
    op.create_index(
        "uq_contact_changes_open",
        "contact_changes",
        ["registration_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "one_time_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column(
            "occasion",
            sa.Enum(*OCCASIONS, name="occasion", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_one_time_codes_five_tries")),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_one_time_codes_hashed")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_one_time_codes_registration_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_codes")),
    )
    op.create_index(
        "uq_one_time_codes_unused",
        "one_time_codes",
        ["registration_id", "occasion"],
        unique=True,
        postgresql_where=sa.text("used_at IS NULL"),
    )
    op.create_table(
        "knocks",
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("who", sa.LargeBinary(), nullable=False),
        sa.Column("span_begins_at", MOMENT, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("door", "who", "span_begins_at", name=op.f("pk_knocks")),
    )
    op.create_table(
        "find_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_find_requests")),
    )
    # For finding a registration by its address.
    op.create_index("ix_registrations_email", "registrations", [sa.text("lower(email)")])


def downgrade() -> None:
    op.drop_index("ix_registrations_email", table_name="registrations")
    for table in ("find_requests", "knocks", "one_time_codes", "contact_changes", "answer_changes"):
        op.drop_table(table)
    op.drop_column("state_changes", "from_stop_id")
    op.drop_column("registrations", "renamed_at")
    op.drop_column("registrations", "edits_until")
    op.drop_column("campaigns", "own_page_asks_code")
    op.drop_column("stops", "edits_close_at")
