"""What the gate is to know of somebody, and which checkpoints show it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ACTS = "'confirm', 'offer', 'wait', 'decline', 'priority', 'reviewers', 'letter'"
EMPTY = (
    "email = '' AND university = '' AND research_field = '' AND answers = '{}' "
    "AND sealed_answers IS NULL AND secretary IS NULL"
)


def upgrade() -> None:
    op.add_column("registrations", sa.Column("gate_note", sa.String(), nullable=True))
    op.add_column(
        "checkpoints",
        sa.Column("shows_notes", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_registrations_gate_note_length"),
        "registrations",
        "char_length(gate_note) BETWEEN 1 AND 120",
    )
    op.create_index(
        "ix_registrations_gate_note",
        "registrations",
        ["stop_id", "id"],
        postgresql_where=sa.text("gate_note IS NOT NULL"),
    )
    _erased_is_empty(f"{EMPTY} AND gate_note IS NULL")
    _acts(f"{ACTS}, 'gate_note', 'no_gate_note'")


def downgrade() -> None:
    op.execute("DELETE FROM batches WHERE act IN ('gate_note', 'no_gate_note')")
    _acts(ACTS)
    _erased_is_empty(EMPTY)
    op.drop_index("ix_registrations_gate_note", table_name="registrations")
    op.drop_constraint(op.f("ck_registrations_gate_note_length"), "registrations", type_="check")
    op.drop_column("checkpoints", "shows_notes")
    op.drop_column("registrations", "gate_note")


def _erased_is_empty(empty: str) -> None:
    op.drop_constraint(op.f("ck_registrations_erased_is_empty"), "registrations", type_="check")
    op.create_check_constraint(
        op.f("ck_registrations_erased_is_empty"), "registrations", f"erased_at IS NULL OR ({empty})"
    )


def _acts(acts: str) -> None:
    op.drop_constraint(op.f("ck_batches_act"), "batches", type_="check")
    op.create_check_constraint(op.f("ck_batches_act"), "batches", f"act IN ({acts})")
