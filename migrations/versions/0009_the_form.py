"""The form: its pages and questions, the places of scarce choices, and the answers with the registration.

Triggers keep what no code should have to remember: a new campaign has a form with the usual questions, the form's
version grows with every change, a scarce choice's places are counted and never given twice.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KINDS = (
    "name", "mobile", "email", "text", "long_text", "choice", "several", "date", "month", "number", "resident_id",
    "identity_paper", "university", "discipline", "ranked", "city", "cities", "trip", "wechat", "file", "picture",
    "consent", "heading",
)  # fmt: skip
CORE = (
    "full_name", "mobile", "email", "university", "education", "research_field", "preferred_cities", "consent",
)  # fmt: skip

EDUCATION = {
    "choices": [
        {"key": "doctoral_student", "label_zh": "在读博士", "label_en": "Doctoral student"},
        {"key": "doctor", "label_zh": "博士", "label_en": "Doctor (PhD)"},
        {"key": "postdoc", "label_zh": "博士后", "label_en": "Postdoctoral researcher"},
        {"key": "master", "label_zh": "硕士", "label_en": "Master"},
        {"key": "overseas", "label_zh": "海外留学或工作", "label_en": "Studying or working abroad"},
        {"key": "other", "label_zh": "其他", "label_en": "Other"},
    ]
}
# key, kind, label, help, required, options, core
USUAL = (
    ("how_we_reach_you", "heading", ("联系方式", "How we reach you"), ("", ""), False, {}, None),
    ("full_name", "name", ("姓名", "Full name"),
     ("请与身份证件一致，将印制在胸牌上。", "As in your identity document; it is printed on your badge."), True, {}, "full_name"),
    ("mobile", "mobile", ("手机号", "Mobile number"), ("", ""), True, {}, "mobile"),
    ("email", "email", ("邮箱", "E-mail address"), ("入场券将发送到此邮箱。", "Your ticket is sent here."), True, {}, "email"),
    ("your_field", "heading", ("专业背景", "Your field"), ("", ""), False, {}, None),
    ("university", "university", ("毕业院校或所在单位", "University or institute"),
     ("在读、在职或最近毕业的院校、单位。", "Where you study, work or graduated last."), True,
     {"min_length": 2, "max_length": 100}, "university"),
    ("education", "choice", ("您的身份", "You are"), ("", ""), True, EDUCATION, "education"),
    ("research_field", "text", ("研究方向", "Research field"),
     ("简要填写，例如：煤基新材料、碳纤维。",
      "In a few words, for example: coal-based new materials, carbon fibre."), True,
     {"min_length": 2, "max_length": 200}, "research_field"),
    ("preferred_city_ids", "cities", ("意向工作城市", "Cities you could imagine working in"),
     ("最多选三个。", "Up to three."), False, {"max_choices": 3}, "preferred_cities"),
    ("consent", "consent", ("我同意人才工作部门为办理本次报名使用以上信息。",
                            "I agree that the talent office uses these data for this registration."),
     ("", ""), True, {}, "consent"),
)  # fmt: skip


def _quoted(text: str | None) -> str:
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def _usual_rows() -> str:
    rows = []
    for place, (key, kind, label, help_text, required, options, core) in enumerate(USUAL, start=1):
        values = (*label, *help_text)
        rows.append(
            f"(campaign, page, '{key}', '{kind}', {', '.join(map(_quoted, values))}, {str(required).lower()}, "
            f"{place * 10}, {_quoted(json.dumps(options, ensure_ascii=False))}::jsonb, {_quoted(core)})"
        )
    return ",\n        ".join(rows)


WRITE_USUAL_FORM = f"""
CREATE FUNCTION write_usual_form(campaign integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE page integer;
BEGIN
    INSERT INTO question_pages (campaign_id, title_zh, title_en, position)
    VALUES (campaign, '报名信息', 'About you', 10) RETURNING id INTO page;
    INSERT INTO questions (campaign_id, page_id, key, kind, label_zh, label_en, help_zh, help_en, required, position,
                           options, core)
    VALUES
        {_usual_rows()};
    INSERT INTO campaign_forms (campaign_id) VALUES (campaign);
END $$
"""

GIVE_FORM = """
CREATE FUNCTION give_form() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM write_usual_form(NEW.id);
    RETURN NULL;
END $$
"""

# The version grows once a statement; clock_timestamp() tells apart two histories of which one was rolled back.
GROW_VERSION = """
CREATE FUNCTION grow_form_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE campaign_forms SET version = version + 1, changed_at = clock_timestamp()
        WHERE campaign_id IN (SELECT campaign_id FROM old_rows);
    ELSE
        UPDATE campaign_forms SET version = version + 1, changed_at = clock_timestamp()
        WHERE campaign_id IN (SELECT campaign_id FROM new_rows);
    END IF;
    RETURN NULL;
END $$
"""
SEEN_BY = {
    "INSERT": "NEW TABLE AS new_rows",
    "UPDATE": "NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
}

KEEP_PLACES = """
CREATE FUNCTION keep_choice_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE choice_places SET capacity = NULL
    WHERE question_id = NEW.id AND capacity IS NOT NULL AND choice NOT IN (
        SELECT c->>'key' FROM jsonb_array_elements(coalesce(NEW.options->'choices', '[]')) AS c
        WHERE c->>'capacity' IS NOT NULL);
    INSERT INTO choice_places (question_id, choice, capacity)
    SELECT NEW.id, c->>'key', (c->>'capacity')::integer
    FROM jsonb_array_elements(coalesce(NEW.options->'choices', '[]')) AS c WHERE c->>'capacity' IS NOT NULL
    ON CONFLICT (question_id, choice) DO UPDATE SET capacity = excluded.capacity
    WHERE choice_places.capacity IS DISTINCT FROM excluded.capacity;
    RETURN NULL;
END $$
"""

COUNT_PLACES = """
CREATE FUNCTION count_choice_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE choice_places SET taken = taken + change.places
        FROM (SELECT places_id, count(*) AS places FROM new_rows GROUP BY places_id) AS change
        WHERE choice_places.id = change.places_id;
    ELSE
        UPDATE choice_places SET taken = taken - change.places
        FROM (SELECT places_id, count(*) AS places FROM old_rows GROUP BY places_id) AS change
        WHERE choice_places.id = change.places_id;
    END IF;
    RETURN NULL;
END $$
"""

# Whoever no longer stands gives the places back, whatever moved the registration.
RELEASE_PLACES = """
CREATE FUNCTION release_choice_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM taken_choices WHERE registration_id = NEW.id;
    RETURN NULL;
END $$
"""

FUNCTIONS = (
    WRITE_USUAL_FORM, GIVE_FORM, GROW_VERSION, KEEP_PLACES, COUNT_PLACES, RELEASE_PLACES,
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "campaign_forms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("second_form_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_campaign_forms_version_counts")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_forms_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_forms")),
        sa.UniqueConstraint("campaign_id", name="uq_campaign_forms_campaign_id"),
    )
    op.create_table(
        "question_pages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_question_pages_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_pages")),
    )
    op.create_index("ix_question_pages_campaign_id", "question_pages", ["campaign_id", "position", "id"])
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=True),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="kind", native_enum=False, length=32), nullable=False),
        sa.Column("label_zh", sa.String(), nullable=False),
        sa.Column("label_en", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("help_zh", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("help_en", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("required", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "asked_when",
            sa.Enum("application", "after_approval", name="asked_when", native_enum=False, length=32),
            server_default=sa.text("'application'"),
            nullable=False,
        ),
        sa.Column(
            "options", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("condition", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("core", sa.Enum(*CORE, name="core", native_enum=False, length=32), nullable=True),
        sa.Column("purpose", sa.String(), nullable=True),
        sa.Column("restricted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"kind IN ({', '.join(map(_quoted, KINDS))})", name=op.f("ck_questions_kind")),
        sa.CheckConstraint(f"core IN ({', '.join(map(_quoted, CORE))})", name=op.f("ck_questions_core")),
        sa.CheckConstraint(
            "asked_when IN ('application', 'after_approval')", name=op.f("ck_questions_asked_when")
        ),
        sa.CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,39}$'", name=op.f("ck_questions_key_form")),
        sa.CheckConstraint(
            "key NOT IN ('submission_id', 'channel', 'csrf_token', 'draft', 'page', 'then', 'programme', "
            "'programme_item_ids', 'shares_with_employers')",
            name=op.f("ck_questions_key_not_reserved"),
        ),
        sa.CheckConstraint(
            "core IS NULL OR core NOT IN ('full_name', 'mobile', 'email', 'consent') OR (required AND "
            "archived_at IS NULL AND condition IS NULL AND stop_id IS NULL AND asked_when = 'application')",
            name=op.f("ck_questions_never_left_out"),
        ),
        sa.CheckConstraint(
            "core IS NULL OR asked_when = 'application'", name=op.f("ck_questions_core_when_registering")
        ),
        sa.CheckConstraint(
            "restricted OR kind NOT IN ('resident_id', 'identity_paper')",
            name=op.f("ck_questions_papers_restricted"),
        ),
        sa.CheckConstraint(
            "NOT (restricted AND core IS NOT NULL)", name=op.f("ck_questions_core_not_restricted")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_questions_campaign_id")),
        sa.ForeignKeyConstraint(["page_id"], ["question_pages.id"], name=op.f("fk_questions_page_id")),
        sa.ForeignKeyConstraint(["stop_id"], ["stops.id"], name=op.f("fk_questions_stop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("campaign_id", "key", name="uq_questions_key"),
    )
    op.create_index(
        "uq_questions_core",
        "questions",
        ["campaign_id", "core"],
        unique=True,
        postgresql_where=sa.text("core IS NOT NULL AND archived_at IS NULL"),
    )
    op.create_index("ix_questions_page_id", "questions", ["page_id"])
    op.create_index("ix_questions_stop_id", "questions", ["stop_id"])
    op.create_table(
        "choice_places",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "taken >= 0 AND (capacity IS NULL OR taken <= capacity)",
            name=op.f("ck_choice_places_never_oversold"),
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions.id"],
            name=op.f("fk_choice_places_question_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choice_places")),
        sa.UniqueConstraint("question_id", "choice", name="uq_choice_places_choice"),
    )
    op.create_table(
        "taken_choices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("places_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["places_id"], ["choice_places.id"], name=op.f("fk_taken_choices_places_id")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_taken_choices_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_choices")),
        sa.UniqueConstraint("registration_id", "places_id", name="uq_taken_choices_once"),
    )
    op.create_index("ix_taken_choices_places_id", "taken_choices", ["places_id"])
    op.add_column(
        "registrations",
        sa.Column(
            "answers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column("registrations", sa.Column("sealed_answers", sa.LargeBinary(), nullable=True))
    op.add_column("registrations", sa.Column("form_version", sa.Integer(), nullable=True))
    op.add_column("registrations", sa.Column("second_form_at", sa.DateTime(timezone=True), nullable=True))
    for function in FUNCTIONS:
        op.execute(function)
    op.execute(
        "CREATE TRIGGER campaigns_give_form AFTER INSERT ON campaigns FOR EACH ROW EXECUTE FUNCTION give_form()"
    )
    for table in ("questions", "question_pages"):
        for act, rows in SEEN_BY.items():
            op.execute(
                f"CREATE TRIGGER {table}_grow_version_{act.lower()} AFTER {act} ON {table} REFERENCING {rows} "
                "FOR EACH STATEMENT EXECUTE FUNCTION grow_form_version()"
            )
    op.execute(
        "CREATE TRIGGER questions_keep_places AFTER INSERT OR UPDATE OF options ON questions "
        "FOR EACH ROW EXECUTE FUNCTION keep_choice_places()"
    )
    op.execute(
        "CREATE TRIGGER taken_choices_count_insert AFTER INSERT ON taken_choices "
        "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_choice_places()"
    )
    op.execute(
        "CREATE TRIGGER taken_choices_count_delete AFTER DELETE ON taken_choices "
        "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_choice_places()"
    )
    op.execute(
        "CREATE TRIGGER registrations_release_places AFTER UPDATE OF state ON registrations FOR EACH ROW "
        "WHEN (NEW.state IS DISTINCT FROM OLD.state AND NEW.state IN ('declined', 'withdrawn')) "
        "EXECUTE FUNCTION release_choice_places()"
    )
    op.execute("SELECT write_usual_form(id) FROM campaigns")


def downgrade() -> None:
    op.execute("DROP TRIGGER registrations_release_places ON registrations")
    op.execute("DROP TRIGGER campaigns_give_form ON campaigns")
    for column in ("second_form_at", "form_version", "sealed_answers", "answers"):
        op.drop_column("registrations", column)
    for table in ("taken_choices", "choice_places", "questions", "question_pages", "campaign_forms"):
        op.drop_table(table)
    op.execute("DROP FUNCTION write_usual_form(integer)")
    for function in (
        "give_form",
        "grow_form_version",
        "keep_choice_places",
        "count_choice_places",
        "release_choice_places",
    ):
        op.execute(f"DROP FUNCTION {function}()")
