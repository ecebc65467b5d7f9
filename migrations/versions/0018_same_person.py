"""Two people may be one: what is suspected, what was merged, and the rules that keep a merge from going in a circle."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FUNCTIONS = """
CREATE FUNCTION merge_into_somebody_standing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE onward int;
BEGIN
    -- Locked, so that two merges of the same two people in both directions wait for each other.
    SELECT merged_into_id INTO onward FROM people WHERE id = NEW.merged_into_id FOR NO KEY UPDATE;
    IF onward IS NOT NULL THEN
        RAISE EXCEPTION 'person % was merged into % and takes in nobody', NEW.merged_into_id, onward
            USING ERRCODE = 'check_violation', CONSTRAINT = 'merged_into_somebody_standing';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION belong_to_somebody_standing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE onward int;
BEGIN
    -- Locked: whoever is being merged just now is waited for.
    SELECT merged_into_id INTO onward FROM people WHERE id = NEW.person_id FOR SHARE;
    IF onward IS NOT NULL THEN
        RAISE EXCEPTION 'person % was merged into %', NEW.person_id, onward
            USING ERRCODE = 'check_violation', CONSTRAINT = 'belongs_to_somebody_standing';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER people_merge_into_somebody_standing BEFORE INSERT OR UPDATE OF merged_into_id ON people
    FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION merge_into_somebody_standing();
CREATE TRIGGER registrations_belong_to_somebody_standing BEFORE INSERT OR UPDATE OF person_id ON registrations
    FOR EACH ROW EXECUTE FUNCTION belong_to_somebody_standing();
CREATE TRIGGER leads_belong_to_somebody_standing BEFORE INSERT OR UPDATE OF person_id ON leads
    FOR EACH ROW EXECUTE FUNCTION belong_to_somebody_standing();
"""


def upgrade() -> None:
    op.create_table(
        "person_pairs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_person_pairs_smaller_first")),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_person_pairs_score_range")),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f("ck_person_pairs_decided_at")
        ),
        sa.CheckConstraint("state IN ('open', 'merged', 'different')", name=op.f("ck_person_pairs_state")),
        sa.ForeignKeyConstraint(["one_id"], ["people.id"], name=op.f("fk_person_pairs_one_id")),
        sa.ForeignKeyConstraint(["other_id"], ["people.id"], name=op.f("fk_person_pairs_other_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_person_pairs_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_pairs")),
        sa.UniqueConstraint("one_id", "other_id", name="uq_person_pairs_unordered"),
    )
    op.create_index("ix_person_pairs_other_id", "person_pairs", ["other_id"])
    op.create_index(
        "ix_person_pairs_open",
        "person_pairs",
        [sa.text("score DESC"), "id"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "person_merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survivor_id", sa.Integer(), nullable=False),
        sa.Column("absorbed_id", sa.Integer(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by_id", sa.Integer(), nullable=True),
        sa.Column("moved", sa.LargeBinary(), nullable=True),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("survivor_id <> absorbed_id", name=op.f("ck_person_merges_two_people")),
        sa.ForeignKeyConstraint(["survivor_id"], ["people.id"], name=op.f("fk_person_merges_survivor_id")),
        sa.ForeignKeyConstraint(["absorbed_id"], ["people.id"], name=op.f("fk_person_merges_absorbed_id")),
        sa.ForeignKeyConstraint(["merged_by_id"], ["staff.id"], name=op.f("fk_person_merges_merged_by_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["staff.id"], name=op.f("fk_person_merges_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_merges")),
    )
    op.create_index(
        "uq_person_merges_standing",
        "person_merges",
        ["absorbed_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_index("ix_person_merges_survivor_id", "person_merges", ["survivor_id"])
    op.execute(FUNCTIONS)


def downgrade() -> None:
    op.execute("DROP TRIGGER leads_belong_to_somebody_standing ON leads")
    op.execute("DROP TRIGGER registrations_belong_to_somebody_standing ON registrations")
    op.execute("DROP TRIGGER people_merge_into_somebody_standing ON people")
    op.execute("DROP FUNCTION belong_to_somebody_standing()")
    op.execute("DROP FUNCTION merge_into_somebody_standing()")
    op.drop_table("person_merges")
    op.drop_table("person_pairs")
