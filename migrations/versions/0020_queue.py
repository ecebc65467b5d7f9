"""The queue: saved views, decisions about many at once, reasons ready to be said; reviewers, their criteria and scores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ACTS = ("confirm", "offer", "wait", "decline", "priority", "reviewers", "letter")
REASONS = (
    ("研究方向与本场岗位需求不符。", "Your research field does not match the positions of this stop."),
    ("本场面向博士及以上人才，欢迎关注其他场次。", "This stop is for doctors and above; other stops may suit you."),
    ("名额有限，已优先安排其他报名者，欢迎报名后续场次。", "Seats were few and others came first; you are welcome at later stops."),
    ("报名信息不完整，请补充后重新报名。", "What you gave was incomplete; please register again with all of it."),
    ("您已报名同一活动的其他场次。", "You are registered for another stop of the same campaign."),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("host_city_id", sa.Integer(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_saved_views_staff_id")),
        sa.ForeignKeyConstraint(
            ["host_city_id"], ["host_cities.id"], name=op.f("fk_saved_views_host_city_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("staff_id", "name", name="uq_saved_views_name"),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "act",
            sa.Enum(*ACTS, name="act", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("registration_ids", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column(
            "options",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "skipped",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("back", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("chosen_by_id", sa.Integer(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("work_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["chosen_by_id"], ["staff.id"], name=op.f("fk_batches_chosen_by_id")),
        sa.ForeignKeyConstraint(["work_id"], ["long_works.id"], name=op.f("fk_batches_work_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("work_id", name="uq_batches_work_id"),
    )
    op.create_index("ix_batches_chosen_by_id", "batches", ["chosen_by_id", "id"])
    op.create_table(
        "ready_reasons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text_zh", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("host_city_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["host_city_id"], ["host_cities.id"], name=op.f("fk_ready_reasons_host_city_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ready_reasons")),
    )
    for zh, en in REASONS:
        op.execute(
            sa.text("INSERT INTO ready_reasons (text_zh, text_en) VALUES (:zh, :en)").bindparams(zh=zh, en=en)
        )
    op.create_table(
        "criteria",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("weight", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("weight BETWEEN 1 AND 10", name=op.f("ck_criteria_weight_range")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_criteria_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria")),
        sa.UniqueConstraint("campaign_id", "name_zh", name="uq_criteria_name"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("conflict", sa.String(), nullable=True),
        sa.CheckConstraint(
            "conflict IS NULL OR given_at IS NULL", name=op.f("ck_reviews_no_score_in_conflict")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_reviews_registration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["staff.id"], name=op.f("fk_reviews_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("registration_id", "reviewer_id", name="uq_reviews_reviewer"),
    )
    op.create_index("ix_reviews_reviewer_id", "reviews", ["reviewer_id", "registration_id"])
    op.create_table(
        "scores",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("points BETWEEN 0 AND 10", name=op.f("ck_scores_points_range")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_scores_review_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["criterion_id"], ["criteria.id"], name=op.f("fk_scores_criterion_id")),
        sa.PrimaryKeyConstraint("review_id", "criterion_id", name=op.f("pk_scores")),
    )
    op.create_index("ix_scores_criterion_id", "scores", ["criterion_id"])
    op.add_column("registrations", sa.Column("score", sa.SmallInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_registrations_score_range"), "registrations", "score BETWEEN 0 AND 1000"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_registrations_score_range"), "registrations")
    op.drop_column("registrations", "score")
    for table in ("scores", "reviews", "criteria", "ready_reasons", "batches", "saved_views"):
        op.drop_table(table)
