"""Programme items that applicants choose, with seats of their own counted by the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KINDS_BEFORE = (
    "opening", "briefing", "salon", "site_visit", "seminar", "job_fair", "signing", "heritage_tour",
)  # fmt: skip
KINDS = (
    "arrival", "opening", "briefing", "policy_briefing", "keynote", "parallel_forum", "salon", "seminar", "job_fair",
    "talks", "site_visit", "university_visit", "heritage_tour", "city_walk", "signing",
)  # fmt: skip

COUNT_CHOICES = """
CREATE FUNCTION count_choices() RETURNS trigger LANGUAGE plpgsql AS $$
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

COUNTING = (
    "CREATE TRIGGER programme_choices_count_insert AFTER INSERT ON programme_choices "
    "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_choices()",
    "CREATE TRIGGER programme_choices_count_update AFTER UPDATE ON programme_choices "
    "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_choices()",
    "CREATE TRIGGER programme_choices_count_delete AFTER DELETE ON programme_choices "
    "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_choices()",
)

# Whoever neither has a seat at the stop nor may still get one gives back what was chosen of its programme.
GIVE_BACK = """
CREATE FUNCTION give_back_choices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM programme_choices WHERE registration_id = NEW.id;
    RETURN NULL;
END $$
"""
GIVE_BACK_TRIGGER = (
    "CREATE TRIGGER registrations_give_back_choices AFTER UPDATE OF state, stop_id ON registrations FOR EACH ROW "
    "WHEN (NEW.stop_id <> OLD.stop_id OR (NEW.state <> OLD.state "
    "AND NEW.state NOT IN ('applied', 'waiting', 'offered', 'confirmed'))) EXECUTE FUNCTION give_back_choices()"
)


def upgrade() -> None:
    op.add_column("programme_items", sa.Column("route_zh", sa.String(), server_default="", nullable=False))
    op.add_column("programme_items", sa.Column("route_en", sa.String(), server_default="", nullable=False))
    op.add_column(
        "programme_items", sa.Column("is_chosen", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("programme_items", sa.Column("capacity", sa.Integer(), nullable=True))
    op.add_column("programme_items", sa.Column("group_zh", sa.String(), server_default="", nullable=False))
    op.add_column("programme_items", sa.Column("group_en", sa.String(), server_default="", nullable=False))
    op.add_column(
        "programme_items", sa.Column("seats_taken", sa.Integer(), server_default="0", nullable=False)
    )
    _kinds(KINDS)
    op.create_check_constraint(
        op.f("ck_programme_items_capacity_of_chosen"),
        "programme_items",
        "capacity IS NULL OR (is_chosen AND capacity > 0)",
    )
    op.create_check_constraint(
        op.f("ck_programme_items_group_of_chosen"), "programme_items", "group_zh = '' OR is_chosen"
    )
    op.create_check_constraint(
        op.f("ck_programme_items_never_oversold"),
        "programme_items",
        "seats_taken >= 0 AND (capacity IS NULL OR seats_taken <= capacity)",
    )
    op.create_unique_constraint("uq_programme_items_id_group", "programme_items", ["id", "group_zh"])
    op.create_table(
        "programme_choices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("group_zh", sa.String(), server_default="", nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_programme_choices_registration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["item_id", "group_zh"],
            ["programme_items.id", "programme_items.group_zh"],
            name="fk_programme_choices_item",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_choices")),
        sa.UniqueConstraint("registration_id", "item_id", name="uq_programme_choices_registration_item"),
    )
    op.create_index(
        "uq_programme_choices_group",
        "programme_choices",
        ["registration_id", "group_zh"],
        unique=True,
        postgresql_where=sa.text("group_zh <> ''"),
    )
    op.create_index("ix_programme_choices_item_id", "programme_choices", ["item_id"])
    op.execute(COUNT_CHOICES)
    for trigger in COUNTING:
        op.execute(trigger)
    op.execute(GIVE_BACK)
    op.execute(GIVE_BACK_TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER registrations_give_back_choices ON registrations")
    op.execute("DROP FUNCTION give_back_choices()")
    op.drop_table("programme_choices")
    op.execute("DROP FUNCTION count_choices()")
    op.drop_constraint("uq_programme_items_id_group", "programme_items", type_="unique")
    for name in ("never_oversold", "group_of_chosen", "capacity_of_chosen"):
        op.drop_constraint(op.f(f"ck_programme_items_{name}"), "programme_items", type_="check")
    _kinds(KINDS_BEFORE)
    for column in ("seats_taken", "group_en", "group_zh", "capacity", "is_chosen", "route_en", "route_zh"):
        op.drop_column("programme_items", column)


def _kinds(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_programme_items_kind"), "programme_items", type_="check")
    named = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_programme_items_kind"), "programme_items", f"kind IN ({named})")
