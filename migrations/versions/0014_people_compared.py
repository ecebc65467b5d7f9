"""What people are compared and searched by, beside what was typed; those who are here are filled in by the worker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("name_folded", sa.String(), server_default="", nullable=False),
        sa.Column("university_folded", sa.String(), server_default="", nullable=False),
        sa.Column("education", sa.String(), nullable=True),
        sa.Column("mobile_hash", sa.LargeBinary(), nullable=True),
        sa.Column("email_hash", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_hash", sa.LargeBinary(), nullable=True),
        sa.Column("search_keys", sa.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
    ):
        op.add_column("people", column)
    op.create_foreign_key("fk_people_merged_into_id", "people", "people", ["merged_into_id"], ["id"])
    op.create_check_constraint(op.f("ck_people_not_merged_into_itself"), "people", "merged_into_id <> id")
    op.create_check_constraint(
        op.f("ck_people_id_number_sealed_and_hashed"),
        "people",
        "(id_number_sealed IS NULL) = (id_number_hash IS NULL)",
    )
    op.create_index("ix_people_search_keys", "people", ["search_keys"], postgresql_using="gin")
    op.create_index(
        "uq_people_standing",
        "people",
        ["mobile_hash", "name_folded"],
        unique=True,
        postgresql_where=sa.text("merged_into_id IS NULL AND mobile_hash IS NOT NULL"),
    )
    op.create_index(
        "uq_people_id_number",
        "people",
        ["id_number_hash"],
        unique=True,
        postgresql_where=sa.text("merged_into_id IS NULL AND id_number_hash IS NOT NULL"),
    )
    op.create_index("ix_people_email_hash", "people", ["email_hash"])
    op.create_index("ix_people_name_folded", "people", ["name_folded", "university_folded"])
    op.create_index(
        "ix_people_merged_into_id",
        "people",
        ["merged_into_id"],
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.execute(
        "INSERT INTO outbox_jobs (task, arguments, promised_at, due_at, tries)"
        " SELECT 'people.tasks.fill_in', '{\"after_id\": 0}', now(), now(), 0"
        " WHERE EXISTS (SELECT 1 FROM people)"
    )


def downgrade() -> None:
    for index in (
        "ix_people_merged_into_id",
        "ix_people_name_folded",
        "ix_people_email_hash",
        "uq_people_id_number",
        "uq_people_standing",
        "ix_people_search_keys",
    ):
        op.drop_index(index, table_name="people")
    for column in (
        "merged_into_id", "search_keys", "id_number_hash", "id_number_sealed", "email_hash", "mobile_hash",
        "education", "university_folded", "name_folded",
    ):  # fmt: skip
        op.drop_column("people", column)
