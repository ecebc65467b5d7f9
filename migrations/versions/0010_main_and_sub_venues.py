"""Main venues and their sub-venues."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The foreign key sees to the same campaign; that the other is a main venue, and stays one, is seen to here. The main
# venue's row is locked, so that nobody takes the mark away meanwhile.
VENUES = """
CREATE FUNCTION sub_venues_have_a_main() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.main_stop_id IS NOT NULL THEN
        PERFORM 1 FROM stops WHERE id = NEW.main_stop_id AND is_main_venue FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a sub-venue belongs to a main venue'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_stops_sub_venues_have_a_main';
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.is_main_venue AND NOT NEW.is_main_venue
       AND EXISTS (SELECT 1 FROM stops WHERE main_stop_id = NEW.id) THEN
        RAISE EXCEPTION 'a main venue with sub-venues stays one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tr_stops_sub_venues_have_a_main';
    END IF;
    RETURN NEW;
END $$
"""
TRIGGER = (
    "CREATE TRIGGER stops_sub_venues_have_a_main BEFORE INSERT OR UPDATE OF main_stop_id, is_main_venue ON stops "
    "FOR EACH ROW EXECUTE FUNCTION sub_venues_have_a_main()"
)


def upgrade() -> None:
    op.add_column(
        "stops", sa.Column("is_main_venue", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("stops", sa.Column("main_stop_id", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_stops_main_or_sub"), "stops", "NOT is_main_venue OR main_stop_id IS NULL"
    )
    op.create_unique_constraint("uq_stops_id_campaign", "stops", ["id", "campaign_id"])
    op.create_foreign_key(
        "fk_stops_main_venue", "stops", "stops", ["main_stop_id", "campaign_id"], ["id", "campaign_id"]
    )
    op.create_index("ix_stops_main_stop_id", "stops", ["main_stop_id"])
    op.execute(VENUES)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER stops_sub_venues_have_a_main ON stops")
    op.execute("DROP FUNCTION sub_venues_have_a_main()")
    op.drop_index("ix_stops_main_stop_id", table_name="stops")
    op.drop_constraint("fk_stops_main_venue", "stops", type_="foreignkey")
    op.drop_constraint("uq_stops_id_campaign", "stops", type_="unique")
    op.drop_constraint(op.f("ck_stops_main_or_sub"), "stops", type_="check")
    op.drop_column("stops", "main_stop_id")
    op.drop_column("stops", "is_main_venue")
