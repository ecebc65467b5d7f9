"""Badges printed at the door: printing stations among the devices, and the queue that they print from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

ROLES = "'scan', 'supervise', 'kiosk'"
STATES = "'waiting', 'taken', 'printed', 'failed', 'dropped'"

ASK = """
CREATE FUNCTION check_ins_ask_for_badges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What a device let in by itself and hands in minutes later is not printed unasked: those people have gone in.
    IF NEW.asked OR NEW.arrived_at > now() - interval '5 minutes' THEN
        INSERT INTO print_jobs (stop_id, registration_id, checkpoint_id, scan_id, asked_by_id, asked_at)
        SELECT NEW.stop_id, NEW.registration_id, NEW.checkpoint_id, NEW.scan_id, NEW.scanned_by_id, now()
        FROM checkpoints WHERE id = NEW.checkpoint_id AND prints_badge
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER check_ins_ask_for_badges AFTER INSERT ON check_ins
    FOR EACH ROW WHEN (NEW.voided_at IS NULL) EXECUTE FUNCTION check_ins_ask_for_badges();

CREATE FUNCTION voided_check_ins_drop_badges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE print_jobs SET state = 'dropped', ended_at = now()
    WHERE registration_id = NEW.registration_id AND checkpoint_id = NEW.checkpoint_id AND state = 'waiting' AND copy = 1;
    RETURN NULL;
END $$;
CREATE TRIGGER voided_check_ins_drop_badges AFTER UPDATE OF voided_at ON check_ins
    FOR EACH ROW WHEN (OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL)
    EXECUTE FUNCTION voided_check_ins_drop_badges();
"""


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    for table in ("devices", "device_invites"):
        op.drop_constraint(op.f(f"ck_{table}_role"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_role"), table, f"role IN ({ROLES}, 'station')")
    op.add_column("device_sightings", sa.Column("trouble", sa.String(), nullable=True))
    op.add_column(
        "checkpoints",
        sa.Column("prints_badge", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "print_jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("checkpoint_id", sa.Integer(), nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column("scan_id", sa.Uuid(), nullable=True),
        sa.Column("copy", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("state", sa.String(32), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        sa.Column("taken_at", moment, nullable=True),
        sa.Column("taken_until", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("why", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_print_jobs"),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name="fk_print_jobs_stop_id"),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name="fk_print_jobs_registration_id"
        ),
        sa.ForeignKeyConstraint(
            ["stop_id", "checkpoint_id"],
            ["checkpoints.stop_id", "checkpoints.id"],
            name="fk_print_jobs_checkpoint",
        ),
        sa.ForeignKeyConstraint(["station_id"], ["devices.id"], name="fk_print_jobs_station_id"),
        sa.ForeignKeyConstraint(["taken_by_id"], ["devices.id"], name="fk_print_jobs_taken_by_id"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["staff.id"], name="fk_print_jobs_asked_by_id"),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_print_jobs_state")),
        sa.CheckConstraint(
            "why IN ('printer', 'badge', 'interrupted', 'gave_up')", name=op.f("ck_print_jobs_why")
        ),
        sa.CheckConstraint("copy >= 1", name=op.f("ck_print_jobs_copies_counted")),
        sa.CheckConstraint("scan_id IS NULL OR copy = 1", name=op.f("ck_print_jobs_scan_asks_for_the_first")),
        sa.CheckConstraint(
            "(state = 'taken') = (taken_until IS NOT NULL)", name=op.f("ck_print_jobs_taken_until_then")
        ),
        sa.CheckConstraint(
            "state <> 'taken' OR taken_by_id IS NOT NULL", name=op.f("ck_print_jobs_taken_by_somebody")
        ),
        sa.CheckConstraint(
            "(state IN ('waiting', 'taken')) = (ended_at IS NULL)", name=op.f("ck_print_jobs_ended")
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (why IS NOT NULL)", name=op.f("ck_print_jobs_failed_with_its_reason")
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_print_jobs_tries_counted")),
    )
    op.create_index("uq_print_jobs_scan_id", "print_jobs", ["scan_id"], unique=True)
    op.create_index(
        "uq_print_jobs_copy",
        "print_jobs",
        ["registration_id", "copy"],
        unique=True,
        postgresql_where=sa.text("state <> 'dropped'"),
    )
    op.create_index(
        "uq_print_jobs_taken_by",
        "print_jobs",
        ["taken_by_id"],
        unique=True,
        postgresql_where=sa.text("state = 'taken'"),
    )
    op.create_index(
        "ix_print_jobs_waiting",
        "print_jobs",
        ["stop_id", "asked_at", "id"],
        postgresql_where=sa.text("state IN ('waiting', 'taken')"),
    )
    op.create_index("ix_print_jobs_stop_id", "print_jobs", ["stop_id", "id"])
    op.execute(ASK)


def downgrade() -> None:
    for trigger, function in (
        ("voided_check_ins_drop_badges", "voided_check_ins_drop_badges"),
        ("check_ins_ask_for_badges", "check_ins_ask_for_badges"),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON check_ins")
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("print_jobs")
    op.drop_column("checkpoints", "prints_badge")
    op.drop_column("device_sightings", "trouble")
    for table in ("devices", "device_invites"):
        op.drop_constraint(op.f(f"ck_{table}_role"), table, type_="check")
        op.execute(f"DELETE FROM {table} WHERE role = 'station'")
        op.create_check_constraint(op.f(f"ck_{table}_role"), table, f"role IN ({ROLES})")
