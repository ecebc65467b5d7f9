"""Quotas of a stop: pinned to a registration when it gets its seat, counted and limited by the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CELLS = """
CREATE FUNCTION quota_cells(stop integer, education text, wishes integer[], field text, university text)
RETURNS integer[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(quotas.id ORDER BY quotas.id), '{}')
    FROM quotas
    WHERE quotas.stop_id = $1 AND CASE quotas.dimension
        WHEN 'education' THEN quotas.value = $2
        WHEN 'wish' THEN quotas.value = ($3)[1]::text
        WHEN 'field' THEN position(lower(quotas.value) IN lower($4)) > 0
        WHEN 'university' THEN quotas.value = $5
    END
$$
"""

PIN = """
CREATE FUNCTION pin_quotas() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('confirmed', 'offered') OR NEW.over_quota THEN
        NEW.quota_ids := '{}';
    ELSIF TG_OP = 'INSERT' OR OLD.state NOT IN ('confirmed', 'offered') OR OLD.stop_id <> NEW.stop_id
          OR OLD.over_quota THEN
        NEW.quota_ids := quota_cells(NEW.stop_id, NEW.education, NEW.preferred_city_ids, NEW.research_field, NEW.university);
    END IF;
    RETURN NEW;
END $$
"""

PIN_TRIGGERS = (
    "CREATE TRIGGER registrations_pin_quotas_insert BEFORE INSERT ON registrations FOR EACH ROW "
    "WHEN (NEW.state IN ('confirmed', 'offered')) EXECUTE FUNCTION pin_quotas()",
    "CREATE TRIGGER registrations_pin_quotas_update BEFORE UPDATE OF state, stop_id, over_quota ON registrations "
    "FOR EACH ROW EXECUTE FUNCTION pin_quotas()",
)

SEATS = """
CREATE OR REPLACE FUNCTION count_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE stops SET seats_taken = seats_taken + change.seats
        FROM (
            SELECT stop_id, count(*) AS seats FROM new_rows WHERE state IN ('confirmed', 'offered') GROUP BY stop_id
        ) AS change
        WHERE stops.id = change.stop_id;
        %(insert)s
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE stops SET seats_taken = seats_taken - change.seats
        FROM (
            SELECT stop_id, count(*) AS seats FROM old_rows WHERE state IN ('confirmed', 'offered') GROUP BY stop_id
        ) AS change
        WHERE stops.id = change.stop_id;
        %(delete)s
    ELSE
        UPDATE stops SET seats_taken = seats_taken + change.seats
        FROM (
            SELECT stop_id, sum(seat) AS seats
            FROM (
                SELECT stop_id, 1 AS seat FROM new_rows WHERE state IN ('confirmed', 'offered')
                UNION ALL
                SELECT stop_id, -1 FROM old_rows WHERE state IN ('confirmed', 'offered')
            ) AS both_sides
            GROUP BY stop_id HAVING sum(seat) <> 0
        ) AS change
        WHERE stops.id = change.stop_id;
        %(update)s
    END IF;
    RETURN NULL;
END $$
"""


def _quota_change(both_sides: str) -> str:
    return f"""
        UPDATE quotas SET taken = taken + change.seats
        FROM (
            SELECT quota_id, sum(seat) AS seats FROM ({both_sides}) AS both_sides GROUP BY quota_id HAVING sum(seat) <> 0
        ) AS change
        WHERE quotas.id = change.quota_id;"""


NEW = "SELECT unnest(quota_ids) AS quota_id, 1 AS seat FROM new_rows"
OLD = "SELECT unnest(quota_ids) AS quota_id, -1 AS seat FROM old_rows"


def upgrade() -> None:
    op.create_table(
        "quotas",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column(
            "dimension",
            sa.Enum(
                "education",
                "wish",
                "field",
                "university",
                name="dimension",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("taken BETWEEN 0 AND most", name=op.f("ck_quotas_never_over")),
        sa.CheckConstraint("value <> ''", name=op.f("ck_quotas_value_given")),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_quotas_stop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotas")),
        sa.UniqueConstraint("stop_id", "dimension", "value", name="uq_quotas_cell"),
    )
    op.add_column(
        "registrations",
        sa.Column("quota_ids", sa.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column(
        "registrations",
        sa.Column("over_quota", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_registrations_over_quota_seated"),
        "registrations",
        "NOT over_quota OR state IN ('confirmed', 'offered')",
    )
    op.execute(CELLS)
    op.execute(PIN)
    for trigger in PIN_TRIGGERS:
        op.execute(trigger)
    op.execute(
        SEATS
        % {
            "insert": _quota_change(NEW),
            "delete": _quota_change(OLD),
            "update": _quota_change(f"{NEW} UNION ALL {OLD}"),
        }
    )


def downgrade() -> None:
    op.execute(SEATS % {"insert": "", "delete": "", "update": ""})
    for kind in ("insert", "update"):
        op.execute(f"DROP TRIGGER registrations_pin_quotas_{kind} ON registrations")
    op.execute("DROP FUNCTION pin_quotas()")
    op.execute("DROP FUNCTION quota_cells(integer, text, integer[], text, text)")
    op.drop_constraint(op.f("ck_registrations_over_quota_seated"), "registrations")
    op.drop_column("registrations", "over_quota")
    op.drop_column("registrations", "quota_ids")
    op.drop_table("quotas")
