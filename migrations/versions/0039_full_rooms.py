"""full rooms are full for whoever asks

Create Date: 2026-11-24 12:30:00.000000

"""

from collections.abc import Sequence

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The room was full only for as many as had asked: of those who had come in unasked it knew, and let others in.
COUNT_WITHIN = """
CREATE OR REPLACE FUNCTION count_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE there integer; allowed integer;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.voided_at IS NULL AND OLD.within THEN
        UPDATE headcounts SET within = within - 1, unasked = unasked - (NOT OLD.asked)::int
        WHERE checkpoint_id = OLD.checkpoint_id AND day IS NOT DISTINCT FROM OLD.day;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.voided_at IS NULL AND NEW.within THEN
        INSERT INTO headcounts AS h (checkpoint_id, day, most, within, unasked)
        SELECT id, NEW.day, capacity, 1, (NOT NEW.asked)::int
        FROM checkpoints WHERE id = NEW.checkpoint_id AND capacity IS NOT NULL
        ON CONFLICT (checkpoint_id, day) DO UPDATE SET within = h.within + 1, unasked = h.unasked + EXCLUDED.unasked
        RETURNING h.within, h.most INTO there, allowed;
        IF NEW.asked AND there > allowed AND (TG_OP = 'INSERT' OR OLD.voided_at IS NOT NULL OR NOT OLD.within) THEN
            RAISE EXCEPTION 'checkpoint % is full', NEW.checkpoint_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_headcounts_never_over_asked';
        END IF;
    END IF;
    RETURN NULL;
END $$
"""

BEFORE = """
CREATE OR REPLACE FUNCTION count_within() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.voided_at IS NULL AND OLD.within THEN
        UPDATE headcounts SET within = within - 1, unasked = unasked - (NOT OLD.asked)::int
        WHERE checkpoint_id = OLD.checkpoint_id AND day IS NOT DISTINCT FROM OLD.day;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.voided_at IS NULL AND NEW.within THEN
        INSERT INTO headcounts AS h (checkpoint_id, day, most, within, unasked)
        SELECT id, NEW.day, capacity, 1, (NOT NEW.asked)::int
        FROM checkpoints WHERE id = NEW.checkpoint_id AND capacity IS NOT NULL
        ON CONFLICT (checkpoint_id, day) DO UPDATE SET within = h.within + 1, unasked = h.unasked + EXCLUDED.unasked;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(COUNT_WITHIN)


def downgrade() -> None:
    op.execute(BEFORE)
