"""A delegation can be declined as a whole; then it takes nobody in any more. Whoever was taken off is nobody's registration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TAKES_NOBODY = """
CREATE FUNCTION declined_delegations_take_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    declined timestamptz;
BEGIN
    SELECT declined_at INTO declined FROM delegations WHERE id = NEW.delegation_id FOR SHARE;
    IF declined IS NOT NULL THEN
        RAISE EXCEPTION 'delegation % has been declined', NEW.delegation_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'delegations_declined_take_nobody';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column("delegations", sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("delegations", sa.Column("declined_by_id", sa.Integer(), nullable=True))
    op.add_column(
        "delegations", sa.Column("decline_reason", sa.String(), nullable=False, server_default=sa.text("''"))
    )
    op.create_foreign_key(
        "fk_delegations_declined_by_id_staff", "delegations", "staff", ["declined_by_id"], ["id"]
    )
    op.create_check_constraint(
        "declined_is_not_approved", "delegations", "declined_at IS NULL OR approved_at IS NULL"
    )
    op.create_check_constraint(
        "taken_off_is_not_registered", "delegation_members", "removed_at IS NULL OR registration_id IS NULL"
    )
    op.execute(TAKES_NOBODY)
    op.execute(
        "CREATE TRIGGER declined_take_nobody_named BEFORE INSERT ON delegation_members "
        "FOR EACH ROW EXECUTE FUNCTION declined_delegations_take_nobody()"
    )
    op.execute(
        "CREATE TRIGGER declined_take_nobody_registered BEFORE UPDATE OF registration_id ON delegation_members "
        "FOR EACH ROW WHEN (NEW.registration_id IS NOT NULL AND NEW.registration_id IS DISTINCT FROM OLD.registration_id) "
        "EXECUTE FUNCTION declined_delegations_take_nobody()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER declined_take_nobody_registered ON delegation_members")
    op.execute("DROP TRIGGER declined_take_nobody_named ON delegation_members")
    op.execute("DROP FUNCTION declined_delegations_take_nobody()")
    op.drop_constraint(
        "ck_delegation_members_taken_off_is_not_registered", "delegation_members", type_="check"
    )
    op.drop_constraint("ck_delegations_declined_is_not_approved", "delegations", type_="check")
    op.drop_constraint("fk_delegations_declined_by_id_staff", "delegations", type_="foreignkey")
    op.drop_column("delegations", "decline_reason")
    op.drop_column("delegations", "declined_by_id")
    op.drop_column("delegations", "declined_at")
