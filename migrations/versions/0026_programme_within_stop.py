"""What a stop's programme holds lies within the stop's time: asked at the end of each transaction that touches either."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# Asked at the commit, so that a stop and its programme may move in any order within a transaction. The stop is locked:
# whoever changes its time just now is waited for.
WITHIN = """
CREATE FUNCTION programme_within_stop() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its_stop stops%ROWTYPE;
BEGIN
    SELECT * INTO its_stop FROM stops
    WHERE id = CASE TG_TABLE_NAME WHEN 'stops' THEN (to_jsonb(NEW) ->> 'id')::int
               ELSE (to_jsonb(NEW) ->> 'stop_id')::int END
    FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM programme_items
        WHERE stop_id = its_stop.id AND cancelled_at IS NULL
          AND (starts_at < its_stop.starts_at OR ends_at > its_stop.ends_at)
    ) THEN
        RAISE EXCEPTION 'the programme of stop % lies outside its time', its_stop.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_programme_within_stop';
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = (
    "CREATE CONSTRAINT TRIGGER tr_programme_within_stop AFTER UPDATE OF starts_at, ends_at ON stops "
    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION programme_within_stop()",
    "CREATE CONSTRAINT TRIGGER tr_programme_within_stop AFTER INSERT OR UPDATE OF starts_at, ends_at, stop_id "
    "ON programme_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION programme_within_stop()",
)


def upgrade() -> None:
    op.execute(WITHIN)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    for table in ("programme_items", "stops"):
        op.execute(f"DROP TRIGGER tr_programme_within_stop ON {table}")
    op.execute("DROP FUNCTION programme_within_stop()")
