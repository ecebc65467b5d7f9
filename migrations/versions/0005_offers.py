"""Seats that are held for somebody: offered and expired, their time, priority in line, how a stop gives seats on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BEFORE = ("applied", "confirmed", "waiting", "declined", "withdrawn")
AFTER = ("applied", "confirmed", "offered", "waiting", "declined", "withdrawn", "expired")
STATE_COLUMNS = (("registrations", "state"), ("state_changes", "before"), ("state_changes", "after"))

COUNT_SEATS = """
CREATE OR REPLACE FUNCTION count_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE stops SET seats_taken = seats_taken + change.seats
        FROM (SELECT stop_id, count(*) AS seats FROM new_rows WHERE state IN (%(seated)s) GROUP BY stop_id) AS change
        WHERE stops.id = change.stop_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE stops SET seats_taken = seats_taken - change.seats
        FROM (SELECT stop_id, count(*) AS seats FROM old_rows WHERE state IN (%(seated)s) GROUP BY stop_id) AS change
        WHERE stops.id = change.stop_id;
    ELSE
        UPDATE stops SET seats_taken = seats_taken + change.seats
        FROM (
            SELECT stop_id, sum(seat) AS seats
            FROM (
                SELECT stop_id, 1 AS seat FROM new_rows WHERE state IN (%(seated)s)
                UNION ALL
                SELECT stop_id, -1 FROM old_rows WHERE state IN (%(seated)s)
            ) AS both_sides
            GROUP BY stop_id HAVING sum(seat) <> 0
        ) AS change
        WHERE stops.id = change.stop_id;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    for table, column in STATE_COLUMNS:
        _states_are(table, column, AFTER)
    op.add_column(
        "registrations", sa.Column("priority", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("registrations", sa.Column("offer_expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("state_changes", sa.Column("note", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f("ck_registrations_priority_range"), "registrations", "priority BETWEEN 0 AND 9"
    )
    op.create_check_constraint(
        op.f("ck_registrations_offer_expires_at"),
        "registrations",
        "(state = 'offered') = (offer_expires_at IS NOT NULL)",
    )
    op.create_index(
        "ix_registrations_offers",
        "registrations",
        ["offer_expires_at"],
        postgresql_where=sa.text("state = 'offered'"),
    )
    _stands_once("'applied', 'confirmed', 'offered', 'waiting'")
    op.execute(COUNT_SEATS % {"seated": "'confirmed', 'offered'"})
    op.create_table(
        "seat_rules",
        sa.Column("stop_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offer_hours", sa.SmallInteger(), nullable=True),
        sa.Column("asks_again", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("releases_unanswered", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("no_show_minutes", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint(
            "asks_again OR NOT releases_unanswered", name=op.f("ck_seat_rules_asks_before_releasing")
        ),
        sa.CheckConstraint(
            "no_show_minutes BETWEEN 0 AND 1440", name=op.f("ck_seat_rules_no_show_minutes_range")
        ),
        sa.CheckConstraint("offer_hours BETWEEN 1 AND 336", name=op.f("ck_seat_rules_offer_hours_range")),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_seat_rules_stop_id")),
        sa.PrimaryKeyConstraint("stop_id", name=op.f("pk_seat_rules")),
    )


def downgrade() -> None:
    op.drop_table("seat_rules")
    op.execute(
        "UPDATE registrations SET state = 'waiting', waiting_since = now(), offer_expires_at = NULL WHERE state = 'offered'"
    )
    op.execute("UPDATE registrations SET state = 'withdrawn' WHERE state = 'expired'")
    for column in ("before", "after"):
        op.execute(f"UPDATE state_changes SET \"{column}\" = 'waiting' WHERE \"{column}\" = 'offered'")
        op.execute(f"UPDATE state_changes SET \"{column}\" = 'withdrawn' WHERE \"{column}\" = 'expired'")
    op.execute(COUNT_SEATS % {"seated": "'confirmed'"})
    _stands_once("'applied', 'confirmed', 'waiting'")
    op.drop_index("ix_registrations_offers", table_name="registrations")
    op.drop_constraint(op.f("ck_registrations_offer_expires_at"), "registrations")
    op.drop_constraint(op.f("ck_registrations_priority_range"), "registrations")
    op.drop_column("state_changes", "note")
    op.drop_column("registrations", "offer_expires_at")
    op.drop_column("registrations", "priority")
    for table, column in STATE_COLUMNS:
        _states_are(table, column, BEFORE)


def _states_are(table: str, column: str, states: tuple[str, ...]) -> None:
    name = f"ck_{table}_{column}"
    allowed = ", ".join(f"'{state}'" for state in states)
    op.drop_constraint(op.f(name), table)
    op.create_check_constraint(op.f(name), table, f'"{column}" IN ({allowed})')


def _stands_once(states: str) -> None:
    op.drop_index("uq_registrations_standing", table_name="registrations")
    op.create_index(
        "uq_registrations_standing",
        "registrations",
        ["stop_id", "person_id"],
        unique=True,
        postgresql_where=sa.text(f"state IN ({states})"),
    )
