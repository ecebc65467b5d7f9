"""Quotas by an answer to a question of the campaign, such as the city somebody comes from."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# The five dimensions of before and one more; the function of five arguments stays for the release before this one.
CELLS = """
CREATE FUNCTION quota_cells(
    stop integer, education text, wishes integer[], field text, university text, answers jsonb
) RETURNS integer[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(quotas.id ORDER BY quotas.id), '{}')
    FROM quotas
    WHERE quotas.stop_id = $1 AND CASE quotas.dimension
        WHEN 'education' THEN quotas.value = $2
        WHEN 'wish' THEN quotas.value = ($3)[1]::text
        WHEN 'field' THEN position(lower(quotas.value) IN lower($4)) > 0
        WHEN 'university' THEN quotas.value = $5
        WHEN 'answer' THEN $6 -> split_part(quotas.value, '=', 1)
            = to_jsonb(substr(quotas.value, position('=' IN quotas.value) + 1))
    END
$$
"""

PIN = """
CREATE OR REPLACE FUNCTION pin_quotas() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('confirmed', 'offered') OR NEW.over_quota THEN
        NEW.quota_ids := '{}';
    ELSIF TG_OP = 'INSERT' OR OLD.state NOT IN ('confirmed', 'offered') OR OLD.stop_id <> NEW.stop_id
          OR OLD.over_quota THEN
        NEW.quota_ids := quota_cells(
            NEW.stop_id, NEW.education, NEW.preferred_city_ids, NEW.research_field, NEW.university%(answers)s
        );
    END IF;
    RETURN NEW;
END $$
"""

DIMENSIONS = ("education", "wish", "field", "university")


def upgrade() -> None:
    _allow(*DIMENSIONS, "answer")
    op.create_check_constraint(
        op.f("ck_quotas_answer_names_question"),
        "quotas",
        "dimension <> 'answer' OR value ~ '^[a-z][a-z0-9_]*=.'",
    )
    op.execute(CELLS)
    op.execute(PIN % {"answers": ", NEW.answers"})


def downgrade() -> None:
    op.execute(PIN % {"answers": ""})
    op.execute("DROP FUNCTION quota_cells(integer, text, integer[], text, text, jsonb)")
    op.drop_constraint(op.f("ck_quotas_answer_names_question"), "quotas")
    op.execute("DELETE FROM quotas WHERE dimension = 'answer'")
    _allow(*DIMENSIONS)


def _allow(*dimensions: str) -> None:
    op.drop_constraint(op.f("ck_quotas_dimension"), "quotas")
    names = ", ".join(f"'{one}'" for one in dimensions)
    op.create_check_constraint(op.f("ck_quotas_dimension"), "quotas", f"dimension IN ({names})")
