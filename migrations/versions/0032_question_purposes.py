"""What every question is asked for: one of the notice's purposes, filled in where nobody said it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

PURPOSES = ("registration", "matching", "travel", "messages", "follow_up", "employers", "security")
ASKED_FOR = ("registration", "matching", "travel", "follow_up")

# A heading asks nothing; the registration's own columns are kept for what the notice says. What is asked after approval
# went after the days of travel before, and goes on doing so.
FILL = """
CREATE FUNCTION fill_purpose() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.purpose := CASE
        WHEN NEW.kind = 'heading' THEN NULL
        WHEN NEW.core IN ('research_field', 'preferred_cities') THEN 'matching'
        WHEN NEW.core IS NOT NULL THEN 'registration'
        WHEN NEW.purpose IS NOT NULL THEN NEW.purpose
        WHEN NEW.asked_when = 'after_approval' THEN 'travel'
        ELSE 'registration' END;
    RETURN NEW;
END $$
"""


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def upgrade() -> None:
    op.execute(FILL)
    op.execute(
        "CREATE TRIGGER questions_fill_purpose BEFORE INSERT OR UPDATE ON questions "
        "FOR EACH ROW EXECUTE FUNCTION fill_purpose()"
    )
    # The editor wrote 'registration' for whatever was added: after approval nobody meant that by it.
    op.execute(
        "UPDATE questions SET purpose = CASE "
        f"WHEN purpose NOT IN ({_listed(ASKED_FOR)}) THEN NULL "
        "WHEN asked_when = 'after_approval' AND purpose = 'registration' THEN 'travel' ELSE purpose END"
    )
    op.alter_column("questions", "purpose", type_=sa.String(32), existing_nullable=True)
    op.create_check_constraint(op.f("ck_questions_purpose"), "questions", f"purpose IN ({_listed(PURPOSES)})")
    op.create_check_constraint(
        op.f("ck_questions_asked_for"), "questions", f"purpose IN ({_listed(ASKED_FOR)})"
    )
    op.create_check_constraint(
        op.f("ck_questions_purpose_unless_heading"), "questions", "(kind = 'heading') = (purpose IS NULL)"
    )
    op.add_column(
        "registrations",
        sa.Column("answers_gone_for", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("registrations", "answers_gone_for")
    for name in ("purpose_unless_heading", "asked_for", "purpose"):
        op.drop_constraint(op.f(f"ck_questions_{name}"), "questions", type_="check")
    op.alter_column("questions", "purpose", type_=sa.String(), existing_nullable=True)
    op.execute("DROP TRIGGER questions_fill_purpose ON questions")
    op.execute("DROP FUNCTION fill_purpose()")
