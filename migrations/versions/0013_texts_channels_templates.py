"""Long texts of campaigns and stops, channels as rows, campaign templates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXTS = (
    ("campaigns", "details_zh"),
    ("campaigns", "details_en"),
    ("campaigns", "poster_line"),
    ("stops", "details_zh"),
    ("stops", "details_en"),
)


def upgrade() -> None:
    for table, column in TEXTS:
        op.add_column(table, sa.Column(column, sa.String(), server_default="", nullable=False))
    op.create_table(
        "channels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("word ~ '^[a-z0-9][a-z0-9-]{0,31}$'", name=op.f("ck_channels_word_form")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_channels_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
        sa.UniqueConstraint("campaign_id", "word", name="uq_channels_word"),
    )
    op.create_table(
        "campaign_templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "family",
            sa.Enum(
                "promotional_tour",
                "doctors_tour",
                "talent_week",
                "forum",
                name="family",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("host_city_id", sa.Integer(), nullable=True),
        sa.Column("outline", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_city_id"], ["host_cities.id"], name=op.f("fk_campaign_templates_host_city_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["staff.id"], name=op.f("fk_campaign_templates_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_templates")),
        sa.UniqueConstraint(
            "host_city_id", "name", name="uq_campaign_templates_name", postgresql_nulls_not_distinct=True
        ),
    )


def downgrade() -> None:
    op.drop_table("campaign_templates")
    op.drop_table("channels")
    for table, column in reversed(TEXTS):
        op.drop_column(table, column)
