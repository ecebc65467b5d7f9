"""Rules that stand in the schema: seats counted by the database, an audit that only grows, the eleven cities."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Seats are counted per statement (transition tables), so that COPY of 100,000 rows counts once and not 100,000 times.
# The CHECK stops_never_oversold then refuses the whole statement.
COUNT_SEATS = """
CREATE FUNCTION count_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE stops SET seats_taken = seats_taken + change.seats
        FROM (SELECT stop_id, count(*) AS seats FROM new_rows WHERE state = 'confirmed' GROUP BY stop_id) AS change
        WHERE stops.id = change.stop_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE stops SET seats_taken = seats_taken - change.seats
        FROM (SELECT stop_id, count(*) AS seats FROM old_rows WHERE state = 'confirmed' GROUP BY stop_id) AS change
        WHERE stops.id = change.stop_id;
    ELSE
        UPDATE stops SET seats_taken = seats_taken + change.seats
        FROM (
            SELECT stop_id, sum(seat) AS seats
            FROM (
                SELECT stop_id, 1 AS seat FROM new_rows WHERE state = 'confirmed'
                UNION ALL
                SELECT stop_id, -1 FROM old_rows WHERE state = 'confirmed'
            ) AS both_sides
            GROUP BY stop_id HAVING sum(seat) <> 0
        ) AS change
        WHERE stops.id = change.stop_id;
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    "CREATE TRIGGER registrations_count_seats_insert AFTER INSERT ON registrations "
    "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_seats()",
    "CREATE TRIGGER registrations_count_seats_update AFTER UPDATE ON registrations "
    "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_seats()",
    "CREATE TRIGGER registrations_count_seats_delete AFTER DELETE ON registrations "
    "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_seats()",
)

AUDIT_ONLY_GROWS = """
CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_entries only grows: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$
"""

AUDIT_TRIGGER = (
    "CREATE TRIGGER audit_entries_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
)

# Administrative codes 1401-1411, in that order.
HOST_CITIES = (
    ("1401", "太原", "Taiyuan"),
    ("1402", "大同", "Datong"),
    ("1403", "阳泉", "Yangquan"),
    ("1404", "长治", "Changzhi"),
    ("1405", "晋城", "Jincheng"),
    ("1406", "朔州", "Shuozhou"),
    ("1407", "晋中", "Jinzhong"),
    ("1408", "运城", "Yuncheng"),
    ("1409", "忻州", "Xinzhou"),
    ("1410", "临汾", "Linfen"),
    ("1411", "吕梁", "Lüliang"),
)


def upgrade() -> None:
    op.execute(COUNT_SEATS)
    for trigger in TRIGGERS:
        op.execute(trigger)
    op.execute(AUDIT_ONLY_GROWS)
    op.execute(AUDIT_TRIGGER)
    values = ", ".join(f"('{code}', '{zh}', '{en}')" for code, zh, en in HOST_CITIES)
    op.execute(f"INSERT INTO host_cities (code, name_zh, name_en) VALUES {values}")


def downgrade() -> None:
    op.execute("DELETE FROM host_cities")
    op.execute("DROP TRIGGER audit_entries_only_grow ON audit_entries")
    op.execute("DROP FUNCTION audit_only_grows()")
    for kind in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER registrations_count_seats_{kind} ON registrations")
    op.execute("DROP FUNCTION count_seats()")
