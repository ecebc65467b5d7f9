"""A programme item may be cancelled: its choices are kept as cancelled and count no more. A group may be a must."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# Only what stands is counted.
COUNT_STANDING = """
CREATE OR REPLACE FUNCTION count_choices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE programme_items SET seats_taken = seats_taken + change.seats
        FROM (
            SELECT item_id, count(*) AS seats FROM new_rows WHERE cancelled_at IS NULL GROUP BY item_id
        ) AS change
        WHERE programme_items.id = change.item_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE programme_items SET seats_taken = seats_taken - change.seats
        FROM (
            SELECT item_id, count(*) AS seats FROM old_rows WHERE cancelled_at IS NULL GROUP BY item_id
        ) AS change
        WHERE programme_items.id = change.item_id;
    ELSE
        UPDATE programme_items SET seats_taken = seats_taken + change.seats
        FROM (
            SELECT item_id, sum(seat) AS seats
            FROM (
                SELECT item_id, 1 AS seat FROM new_rows WHERE cancelled_at IS NULL
                UNION ALL SELECT item_id, -1 FROM old_rows WHERE cancelled_at IS NULL
            ) AS both_sides
            GROUP BY item_id HAVING sum(seat) <> 0
        ) AS change
        WHERE programme_items.id = change.item_id;
    END IF;
    RETURN NULL;
END $$
"""

COUNT_ALL = """
CREATE OR REPLACE FUNCTION count_choices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE programme_items SET seats_taken = seats_taken + change.seats
        FROM (SELECT item_id, count(*) AS seats FROM new_rows GROUP BY item_id) AS change
        WHERE programme_items.id = change.item_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE programme_items SET seats_taken = seats_taken - change.seats
        FROM (SELECT item_id, count(*) AS seats FROM old_rows GROUP BY item_id) AS change
        WHERE programme_items.id = change.item_id;
    ELSE
        UPDATE programme_items SET seats_taken = seats_taken + change.seats
        FROM (
            SELECT item_id, sum(seat) AS seats
            FROM (SELECT item_id, 1 AS seat FROM new_rows UNION ALL SELECT item_id, -1 FROM old_rows) AS both_sides
            GROUP BY item_id HAVING sum(seat) <> 0
        ) AS change
        WHERE programme_items.id = change.item_id;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.add_column("programme_items", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "programme_items", sa.Column("cancelled_reason", sa.String(), server_default="", nullable=False)
    )
    op.add_column(
        "programme_items",
        sa.Column("group_is_must", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("programme_choices", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(COUNT_STANDING)
    op.create_check_constraint(
        op.f("ck_programme_items_cancelled_is_empty"),
        "programme_items",
        "cancelled_at IS NULL OR seats_taken = 0",
    )
    op.create_check_constraint(
        op.f("ck_programme_items_must_of_group"), "programme_items", "group_zh <> '' OR NOT group_is_must"
    )
    op.drop_index("uq_programme_choices_group", table_name="programme_choices")
    op.create_index(
        "uq_programme_choices_group",
        "programme_choices",
        ["registration_id", "group_zh"],
        unique=True,
        postgresql_where=sa.text("group_zh <> '' AND cancelled_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM programme_choices WHERE cancelled_at IS NOT NULL")
    op.drop_index("uq_programme_choices_group", table_name="programme_choices")
    op.create_index(
        "uq_programme_choices_group",
        "programme_choices",
        ["registration_id", "group_zh"],
        unique=True,
        postgresql_where=sa.text("group_zh <> ''"),
    )
    for name in ("must_of_group", "cancelled_is_empty"):
        op.drop_constraint(op.f(f"ck_programme_items_{name}"), "programme_items", type_="check")
    op.execute(COUNT_ALL)
    op.drop_column("programme_choices", "cancelled_at")
    for column in ("group_is_must", "cancelled_reason", "cancelled_at"):
        op.drop_column("programme_items", column)
