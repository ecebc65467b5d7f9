"""Screens in the hall, and the agreement to stand on them by name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

PURPOSES = ("registration", "matching", "travel", "messages", "follow_up", "employers", "security")
RESERVED = (
    "submission_id",
    "channel",
    "csrf_token",
    "draft",
    "page",
    "then",
    "programme",
    "programme_item_ids",
    "shares_with_employers",
)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _purposes(words: tuple[str, ...]) -> None:
    for table in ("consents", "questions"):
        name = f"ck_{table}_purpose"
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, f"purpose IN ({_listed(words)})")


def _reserved(words: tuple[str, ...]) -> None:
    name = "ck_questions_key_not_reserved"
    op.drop_constraint(op.f(name), "questions", type_="check")
    op.create_check_constraint(op.f(name), "questions", f"key NOT IN ({_listed(words)})")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "walls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_walls"),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name="fk_walls_stop_id"),
        sa.ForeignKeyConstraint(["made_by_id"], ["staff.id"], name="fk_walls_made_by_id"),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_walls_token_hashed")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_walls_named")),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_walls_language")),
        sa.CheckConstraint("ends_at > made_at", name=op.f("ck_walls_ends_after_made")),
    )
    op.create_index("uq_walls_token_hash", "walls", ["token_hash"], unique=True)
    op.create_index("ix_walls_stop_id", "walls", ["stop_id", "id"])
    _purposes((*PURPOSES[:6], "wall", *PURPOSES[6:]))
    _reserved((*RESERVED, "shows_on_wall"))


def downgrade() -> None:
    _reserved(RESERVED)
    op.execute("DELETE FROM consents WHERE purpose = 'wall'")
    _purposes(PURPOSES)
    op.drop_table("walls")
