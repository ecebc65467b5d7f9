"""A ticket can be issued anew; a key of tickets can be given an end or be withdrawn, and one signs at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

SERIALS_GROW = """
CREATE FUNCTION ticket_serials_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ticket of registration % has the serial % already', NEW.id, OLD.ticket_serial
        USING ERRCODE = 'check_violation', CONSTRAINT = 'registrations_ticket_serial_grows';
END $$
"""


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column(
        "registrations", sa.Column("ticket_serial", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_check_constraint("ticket_serial_range", "registrations", "ticket_serial BETWEEN 0 AND 65535")
    op.execute(SERIALS_GROW)
    op.execute(
        "CREATE TRIGGER ticket_serials_grow BEFORE UPDATE OF ticket_serial ON registrations "
        "FOR EACH ROW WHEN (NEW.ticket_serial < OLD.ticket_serial) EXECUTE FUNCTION ticket_serials_grow()"
    )
    op.create_table(
        "ticket_reissues",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by_staff_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_reissues"),
        sa.UniqueConstraint("registration_id", "serial", name="uq_ticket_reissues_serial"),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name="fk_ticket_reissues_registration_id"
        ),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name="fk_ticket_reissues_by_staff_id"),
        sa.CheckConstraint("serial BETWEEN 1 AND 65535", name=op.f("ck_ticket_reissues_serial_range")),
    )
    op.add_column("ticket_keys", sa.Column("ends_at", moment, nullable=True))
    op.add_column("ticket_keys", sa.Column("withdrawn_at", moment, nullable=True))
    # The newest signed until now, and goes on signing.
    op.execute(
        "UPDATE ticket_keys SET retired_at = now() "
        "WHERE retired_at IS NULL AND id < (SELECT max(id) FROM ticket_keys WHERE retired_at IS NULL)"
    )
    op.create_index(
        "uq_ticket_keys_signing",
        "ticket_keys",
        [sa.text("(retired_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_check_constraint(
        "signing_has_no_end",
        "ticket_keys",
        "retired_at IS NOT NULL OR (ends_at IS NULL AND withdrawn_at IS NULL)",
    )
    # Who has moved away from a stop: asked for each list that a device holds.
    op.create_index(
        "ix_state_changes_from_stop_id",
        "state_changes",
        ["from_stop_id"],
        postgresql_where=sa.text("from_stop_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_state_changes_from_stop_id", "state_changes")
    op.drop_constraint("ck_ticket_keys_signing_has_no_end", "ticket_keys", type_="check")
    op.drop_index("uq_ticket_keys_signing", "ticket_keys")
    op.drop_column("ticket_keys", "withdrawn_at")
    op.drop_column("ticket_keys", "ends_at")
    op.drop_table("ticket_reissues")
    op.execute("DROP TRIGGER ticket_serials_grow ON registrations")
    op.execute("DROP FUNCTION ticket_serials_grow()")
    op.drop_constraint("ck_registrations_ticket_serial_range", "registrations", type_="check")
    op.drop_column("registrations", "ticket_serial")
