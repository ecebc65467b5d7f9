"""How often what stands in people's calendars has changed, counted by triggers; calendar files that go with a mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

COUNTED = ("stops", "programme_items", "registrations")

# Whatever moves a stop or an item, also by hand: the calendars of those who come to it hear a higher number.
MOVED = """
CREATE FUNCTION count_calendar_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.calendar_sequence := OLD.calendar_sequence + 1;
    RETURN NEW;
END $$
"""

# The entry of who changes to another stop keeps its name, so its number goes on from the stop that is left.
SEATED = """
CREATE FUNCTION count_calendar_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.calendar_sequence := OLD.calendar_sequence + 1;
    IF NEW.stop_id <> OLD.stop_id THEN
        NEW.calendar_sequence := NEW.calendar_sequence
            + (SELECT calendar_sequence FROM stops WHERE id = OLD.stop_id);
    END IF;
    RETURN NEW;
END $$
"""

STOP_COLUMNS = ("starts_at", "ends_at", "venue_zh", "venue_en", "address_zh", "address_en", "cancelled_at")
ITEM_COLUMNS = (
    "starts_at",
    "ends_at",
    "title_zh",
    "title_en",
    "place_zh",
    "place_en",
    "route_zh",
    "route_en",
    "cancelled_at",
)


def upgrade() -> None:
    for table in COUNTED:
        op.add_column(
            table,
            sa.Column("calendar_sequence", sa.Integer(), nullable=False, server_default=sa.text("0")),
        )
    op.add_column(
        "messages",
        sa.Column("calendars", postgresql.ARRAY(sa.String()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.execute(MOVED)
    op.execute(SEATED)
    for table, columns in (("stops", STOP_COLUMNS), ("programme_items", ITEM_COLUMNS)):
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
        op.execute(
            f"CREATE TRIGGER {table}_count_calendar_change BEFORE UPDATE OF {', '.join(columns)} ON {table} "
            f"FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION count_calendar_change()"
        )
    op.execute(
        "CREATE TRIGGER registrations_count_calendar_seat BEFORE UPDATE OF state, stop_id ON registrations "
        "FOR EACH ROW WHEN (OLD.stop_id <> NEW.stop_id OR (OLD.state = 'confirmed') <> (NEW.state = 'confirmed')) "
        "EXECUTE FUNCTION count_calendar_seat()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER registrations_count_calendar_seat ON registrations")
    for table in ("programme_items", "stops"):
        op.execute(f"DROP TRIGGER {table}_count_calendar_change ON {table}")
    op.execute("DROP FUNCTION count_calendar_seat()")
    op.execute("DROP FUNCTION count_calendar_change()")
    op.drop_column("messages", "calendars")
    for table in COUNTED:
        op.drop_column(table, "calendar_sequence")
