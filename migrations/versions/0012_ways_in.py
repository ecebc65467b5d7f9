"""Ways in: how somebody came, on what ground; seats kept in blocks; invitations. All counted by the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WAYS = ("form", "invitation", "delegation", "import", "office", "walk_in")
BASES = ("own", "on_the_spot", "on_paper", "invited")
CLASSES = ("doctor", "guest", "academician", "employer", "expert", "staff", "volunteer", "media")

SEATED = "state IN ('confirmed', 'offered')"

# Who sits on a block's seat. A released block gives up what comes free.
COUNT_BLOCK_USE = """
CREATE FUNCTION count_block_use() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before integer := CASE WHEN TG_OP <> 'INSERT' AND OLD.state IN ('confirmed', 'offered') THEN OLD.seat_block_id END;
    after integer := CASE WHEN TG_OP <> 'DELETE' AND NEW.state IN ('confirmed', 'offered') THEN NEW.seat_block_id END;
BEGIN
    IF before IS DISTINCT FROM after THEN
        UPDATE seat_blocks SET used = used + CASE WHEN id = after THEN 1 ELSE -1 END,
            seats = CASE WHEN released_at IS NOT NULL THEN used + CASE WHEN id = after THEN 1 ELSE -1 END ELSE seats END
        WHERE id IN (before, after);
    END IF;
    RETURN NULL;
END $$
"""

COUNT_BLOCKS = """
CREATE FUNCTION count_blocks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before_seats integer := CASE WHEN TG_OP = 'INSERT' THEN 0 ELSE OLD.seats END;
    after_seats integer := CASE WHEN TG_OP = 'DELETE' THEN 0 ELSE NEW.seats END;
    before_held integer := CASE WHEN TG_OP = 'INSERT' THEN 0 ELSE OLD.seats - OLD.used END;
    after_held integer := CASE WHEN TG_OP = 'DELETE' THEN 0 ELSE NEW.seats - NEW.used END;
BEGIN
    UPDATE stops SET seats_taken = seats_taken + after_seats - before_seats,
        seats_held = seats_held + after_held - before_held
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.stop_id ELSE NEW.stop_id END;
    RETURN NULL;
END $$
"""

# Whoever withdrew has not come by the invitation; whoever was declined has had it.
COUNT_INVITATION_USE = """
CREATE FUNCTION count_invitation_use() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before integer := CASE WHEN TG_OP <> 'INSERT' AND OLD.state <> 'withdrawn' THEN OLD.invitation_id END;
    after integer := CASE WHEN TG_OP <> 'DELETE' AND NEW.state <> 'withdrawn' THEN NEW.invitation_id END;
BEGIN
    IF before IS DISTINCT FROM after THEN
        UPDATE invitations SET used = used + CASE WHEN id = after THEN 1 ELSE -1 END WHERE id IN (before, after);
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.add_column("stops", sa.Column("seats_held", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(
        op.f("ck_stops_held_are_taken"), "stops", "seats_held BETWEEN 0 AND seats_taken"
    )
    op.create_table(
        "seat_blocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("used BETWEEN 0 AND seats", name=op.f("ck_seat_blocks_never_oversold")),
        sa.CheckConstraint(
            "released_at IS NULL OR seats = used", name=op.f("ck_seat_blocks_released_is_empty")
        ),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_seat_blocks_stop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_blocks")),
        sa.UniqueConstraint("stop_id", "id", name="uq_seat_blocks_stop"),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("full_name", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("badge_class", sa.String(length=32), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skips_approval", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("opens_closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("seat_block_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_one_of("badge_class", CLASSES), name=op.f("ck_invitations_badge_class")),
        sa.CheckConstraint("used BETWEEN 0 AND quota", name=op.f("ck_invitations_never_overused")),
        sa.CheckConstraint("quota BETWEEN 1 AND 5000", name=op.f("ck_invitations_quota_range")),
        sa.CheckConstraint(
            "(code IS NULL) = (full_name IS NOT NULL) AND (full_name IS NULL) = (email IS NULL)",
            name=op.f("ck_invitations_person_or_code"),
        ),
        sa.CheckConstraint("full_name IS NULL OR quota = 1", name=op.f("ck_invitations_one_person_once")),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_invitations_stop_id")),
        sa.ForeignKeyConstraint(
            ["seat_block_id"], ["seat_blocks.id"], name=op.f("fk_invitations_seat_block_id")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["staff.id"], name=op.f("fk_invitations_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index("uq_invitations_code", "invitations", ["code"], unique=True)
    op.create_index("ix_invitations_stop_id", "invitations", ["stop_id", "id"])
    op.create_index(
        "uq_invitations_person",
        "invitations",
        ["stop_id", sa.text("lower(email)"), "full_name"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL AND full_name IS NOT NULL"),
    )
    op.alter_column("people", "mobile", nullable=True)
    for column in (
        sa.Column("way", sa.String(length=32), server_default=sa.text("'form'"), nullable=False),
        sa.Column("basis", sa.String(length=32), server_default=sa.text("'own'"), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("honour", sa.String(), nullable=True),
        sa.Column("secretary", sa.String(), nullable=True),
        sa.Column("secretary_mobile", sa.String(), nullable=True),
        sa.Column("seat_block_id", sa.Integer(), nullable=True),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
    ):
        op.add_column("registrations", column)
    for name, rule in (
        ("way", _one_of("way", WAYS)),
        ("basis", _one_of("basis", BASES)),
        ("email_unless_entered", "email <> '' OR way IN ('import', 'office', 'walk_in')"),
        ("entered_by_somebody", "(way IN ('import', 'office', 'walk_in')) = (entered_by_id IS NOT NULL)"),
        ("invited_by_an_invitation", "way <> 'invitation' OR invitation_id IS NOT NULL"),
    ):
        op.create_check_constraint(op.f(f"ck_registrations_{name}"), "registrations", rule)
    op.create_foreign_key(
        op.f("fk_registrations_entered_by_id"), "registrations", "staff", ["entered_by_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_registrations_invitation_id"), "registrations", "invitations", ["invitation_id"], ["id"]
    )
    op.create_foreign_key(
        "fk_registrations_seat_block",
        "registrations",
        "seat_blocks",
        ["stop_id", "seat_block_id"],
        ["stop_id", "id"],
    )
    for column in ("invitation_id", "seat_block_id"):
        op.create_index(
            f"ix_registrations_{column}",
            "registrations",
            [column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    # A seat of a block is counted with the block, whether somebody sits on it or not.
    _count_seats_where(SEATED, f"{SEATED} AND seat_block_id IS NULL")
    for function in (COUNT_BLOCK_USE, COUNT_BLOCKS, COUNT_INVITATION_USE):
        op.execute(function)
    # Row by row, because WHEN spares everybody else the call.
    for column, function in (
        ("seat_block_id", "count_block_use"),
        ("invitation_id", "count_invitation_use"),
    ):
        op.execute(
            f"CREATE TRIGGER registrations_{function}_insert AFTER INSERT ON registrations "
            f"FOR EACH ROW WHEN (NEW.{column} IS NOT NULL) EXECUTE FUNCTION {function}()"
        )
        op.execute(
            f"CREATE TRIGGER registrations_{function}_update AFTER UPDATE ON registrations "
            f"FOR EACH ROW WHEN (OLD.{column} IS NOT NULL OR NEW.{column} IS NOT NULL) EXECUTE FUNCTION {function}()"
        )
        op.execute(
            f"CREATE TRIGGER registrations_{function}_delete AFTER DELETE ON registrations "
            f"FOR EACH ROW WHEN (OLD.{column} IS NOT NULL) EXECUTE FUNCTION {function}()"
        )
    op.execute(
        "CREATE TRIGGER seat_blocks_count AFTER INSERT OR UPDATE OR DELETE ON seat_blocks "
        "FOR EACH ROW EXECUTE FUNCTION count_blocks()"
    )


def downgrade() -> None:
    op.execute("UPDATE registrations SET seat_block_id = NULL, invitation_id = NULL")
    for function in ("count_block_use", "count_invitation_use"):
        for act in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER registrations_{function}_{act} ON registrations")
    _count_seats_where(f"{SEATED} AND seat_block_id IS NULL", SEATED)
    for column in (
        "invitation_id",
        "seat_block_id",
        "secretary_mobile",
        "secretary",
        "honour",
        "entered_by_id",
        "basis",
        "way",
    ):
        op.drop_column("registrations", column)
    op.drop_table("invitations")
    op.drop_table("seat_blocks")
    for function in ("count_block_use", "count_blocks", "count_invitation_use"):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_column("stops", "seats_held")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _count_seats_where(before: str, after: str) -> None:
    """Rewrite one condition of count_seats(), which counts quotas as well, and leave the rest of it."""
    definition = (
        op.get_bind().execute(sa.text("SELECT pg_get_functiondef('count_seats'::regproc)")).scalar_one()
    )
    op.execute(sa.text(definition.replace(before, after).replace(":", "\\:")))
