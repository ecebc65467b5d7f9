"""Posters by which guests check in themselves; a poster is a device."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

BEFORE = "'scan', 'supervise', 'kiosk', 'station'"
ROLES = f"{BEFORE}, 'poster'"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    for table in ("devices", "device_invites"):
        op.drop_constraint(op.f(f"ck_{table}_role"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_role"), table, f"role IN ({ROLES})")
    op.create_table(
        "checkpoint_posters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("checkpoint_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("opens_at", moment, nullable=False),
        sa.Column("closes_at", moment, nullable=False),
        sa.Column("is_screen", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("place_word", sa.String(), nullable=False, server_default=sa.text("''")),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("taken_down_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_checkpoint_posters"),
        sa.ForeignKeyConstraint(
            ["checkpoint_id"], ["checkpoints.id"], name="fk_checkpoint_posters_checkpoint_id"
        ),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_checkpoint_posters_device_id"),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_checkpoint_posters_opens_before_it_closes")),
        sa.CheckConstraint("char_length(code) = 8", name=op.f("ck_checkpoint_posters_code_of_eight")),
        sa.CheckConstraint(
            "char_length(place_word) <= 20", name=op.f("ck_checkpoint_posters_place_word_length")
        ),
    )
    op.create_index("uq_checkpoint_posters_code", "checkpoint_posters", ["code"], unique=True)
    op.create_index("uq_checkpoint_posters_device_id", "checkpoint_posters", ["device_id"], unique=True)
    op.create_index(
        "uq_checkpoint_posters_hanging",
        "checkpoint_posters",
        ["checkpoint_id"],
        unique=True,
        postgresql_where=sa.text("taken_down_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("checkpoint_posters")
    op.execute("UPDATE devices SET role = 'kiosk' WHERE role = 'poster'")  # their scans stay somebody's
    for table in ("devices", "device_invites"):
        op.drop_constraint(op.f(f"ck_{table}_role"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_role"), table, f"role IN ({BEFORE})")
