"""Drafts of forms, files of answers; places of choices counted in one order and given back by whoever no longer stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Places are locked in the order of their ids, as the verb does it: two withdrawals never wait for each other.
COUNT_PLACES = """
CREATE OR REPLACE FUNCTION count_choice_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM 1 FROM choice_places WHERE id IN (SELECT places_id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;
        UPDATE choice_places SET taken = taken + change.places
        FROM (SELECT places_id, count(*) AS places FROM new_rows GROUP BY places_id) AS change
        WHERE choice_places.id = change.places_id;
    ELSE
        PERFORM 1 FROM choice_places WHERE id IN (SELECT places_id FROM old_rows) ORDER BY id FOR NO KEY UPDATE;
        UPDATE choice_places SET taken = taken - change.places
        FROM (SELECT places_id, count(*) AS places FROM old_rows GROUP BY places_id) AS change
        WHERE choice_places.id = change.places_id;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(COUNT_PLACES)
    op.execute("DROP TRIGGER registrations_release_places ON registrations")
    op.execute(
        "CREATE TRIGGER registrations_release_places AFTER UPDATE OF state ON registrations FOR EACH ROW "
        "WHEN (NEW.state IS DISTINCT FROM OLD.state AND "
        "NEW.state NOT IN ('applied', 'confirmed', 'offered', 'waiting')) "
        "EXECUTE FUNCTION release_choice_places()"
    )
    op.create_table(
        "answer_files",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name=op.f("fk_answer_files_file_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_answer_files_registration_id")
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_answer_files")),
    )
    op.create_index("ix_answer_files_registration_id", "answer_files", ["registration_id"])
    op.create_table(
        "form_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(token_hash IS NULL) <> (registration_id IS NULL)", name=op.f("ck_form_drafts_one_owner")
        ),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_form_drafts_stop_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_form_drafts_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_drafts")),
    )
    op.create_index("uq_form_drafts_token_hash", "form_drafts", ["token_hash"], unique=True)
    op.create_index("uq_form_drafts_registration_id", "form_drafts", ["registration_id"], unique=True)
    op.create_index("ix_form_drafts_expires_at", "form_drafts", ["expires_at"])


def downgrade() -> None:
    op.drop_table("form_drafts")
    op.drop_table("answer_files")
