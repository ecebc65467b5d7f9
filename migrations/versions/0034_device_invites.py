"""What devices join with (codes and PINs), and what they last said of themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ROLES = "'scan', 'supervise', 'kiosk'"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "device_invites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_device_invites"),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name="fk_device_invites_stop_id"),
        sa.ForeignKeyConstraint(["made_by_id"], ["staff.id"], name="fk_device_invites_made_by_id"),
        sa.CheckConstraint("kind IN ('code', 'pin')", name=op.f("ck_device_invites_kind")),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_device_invites_role")),
        sa.CheckConstraint("octet_length(code_hash) = 32", name=op.f("ck_device_invites_code_hashed")),
        sa.CheckConstraint("most_uses BETWEEN 1 AND 500", name=op.f("ck_device_invites_most_uses_range")),
        sa.CheckConstraint("uses BETWEEN 0 AND most_uses", name=op.f("ck_device_invites_never_over_used")),
        sa.CheckConstraint("kind <> 'pin' OR name <> ''", name=op.f("ck_device_invites_pin_is_somebodys")),
    )
    op.create_index("uq_device_invites_code_hash", "device_invites", ["code_hash"], unique=True)
    op.create_index("ix_device_invites_stop_id", "device_invites", ["stop_id", "id"])
    op.create_table(
        "device_invite_checkpoints",
        sa.Column("invite_id", sa.Integer(), nullable=False),
        sa.Column("checkpoint_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("invite_id", "checkpoint_id", name="pk_device_invite_checkpoints"),
        sa.ForeignKeyConstraint(
            ["invite_id"],
            ["device_invites.id"],
            name="fk_device_invite_checkpoints_invite_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["checkpoint_id"],
            ["checkpoints.id"],
            name="fk_device_invite_checkpoints_checkpoint_id",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "device_sightings",
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("pending", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("held_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("device_id", name="pk_device_sightings"),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name="fk_device_sightings_device_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("pending >= 0", name=op.f("ck_device_sightings_pending_counted")),
    )
    op.add_column("devices", sa.Column("invite_id", sa.Integer(), nullable=True))
    op.create_foreign_key("fk_devices_invite_id", "devices", "device_invites", ["invite_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint("fk_devices_invite_id", "devices", type_="foreignkey")
    op.drop_column("devices", "invite_id")
    op.drop_table("device_sightings")
    op.drop_table("device_invite_checkpoints")
    op.drop_table("device_invites")
