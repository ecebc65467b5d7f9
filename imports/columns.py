"""Which column of a sheet is what: guessed from its name in Chinese or English, or remembered."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from questions.engine import Field, Questionnaire
from questions.models import Kind

QUESTION = "q:"
"""Before the key of a campaign's own question."""

NOT_FROM_A_SHEET = frozenset(
    {Kind.FILE, Kind.PICTURE, Kind.HEADING, Kind.CONSENT, Kind.IDENTITY_PAPER, Kind.RESIDENT_ID}
)


@dataclass(frozen=True)
class Target:
    """What a column may be: ``key`` as it is stored, ``label`` for people, and the names that sheets give it."""

    key: str
    label: LazyString | str
    names: tuple[str, ...] = ()


TARGETS = (
    Target(
        "full_name", _l("Full name"), ("姓名", "名字", "人员姓名", "嘉宾姓名", "name", "fullname", "中文姓名")
    ),
    Target(
        "mobile",
        _l("Mobile number"),
        (
            "手机",
            "手机号",
            "手机号码",
            "联系电话",
            "电话",
            "联系方式",
            "移动电话",
            "手機",
            "電話",
            "mobile",
            "phone",
            "tel",
            "telephone",
            "cellphone",
        ),
    ),
    Target(
        "email",
        _l("E-mail address"),
        ("邮箱", "电子邮箱", "电子邮件", "邮件", "郵箱", "電子郵件", "email", "mail", "emailaddress"),
    ),
    Target(
        "university",
        _l("University or unit"),
        (
            "学校",
            "毕业院校",
            "院校",
            "高校",
            "单位",
            "工作单位",
            "就读学校",
            "所在单位",
            "毕业学校",
            "學校",
            "單位",
            "university",
            "institution",
            "unit",
            "organisation",
            "organization",
            "affiliation",
            "school",
        ),
    ),
    Target(
        "education",
        _l("Education"),
        ("学历", "学历身份", "学位", "最高学历", "学历学位", "學歷", "education", "degree"),
    ),
    Target(
        "research_field",
        _l("Research field"),
        (
            "研究方向",
            "专业",
            "研究领域",
            "所学专业",
            "学科",
            "專業",
            "researchfield",
            "field",
            "major",
            "discipline",
            "research",
        ),
    ),
    Target(
        "cities",
        _l("Cities"),
        ("意向城市", "意向地市", "意向地", "城市", "cities", "city", "preferredcities"),
    ),
    Target(
        "badge_class",
        _l("Comes as"),
        ("身份", "类别", "人员类别", "身份类别", "证件类别", "role", "class", "badge", "category", "type"),
    ),
    Target(
        "honour",
        _l("Title or office"),
        ("职务", "称谓", "职称", "头衔", "职务职称", "title", "position", "honour"),
    ),
    Target(
        "secretary",
        _l("Secretary or contact"),
        ("秘书", "联系人", "秘书姓名", "secretary", "contact", "contactperson"),
    ),
    Target(
        "secretary_mobile",
        _l("Mobile of the contact"),
        ("秘书电话", "联系人电话", "秘书手机", "联系人手机", "contactphone", "secretaryphone"),
    ),
)
_BY_NAME = {name: target.key for target in TARGETS for name in target.names}


def plain(name: str) -> str:
    """A column's name as names are compared: half-width, small, without blanks, marks and what stands in brackets."""
    folded = unicodedata.normalize("NFKC", name).lower()
    folded = re.sub(r"[(\[【（].*?[)\]】）]", "", folded)
    return re.sub(r"[\s*_:：/\\、.。-]+", "", folded)


def questions_for_sheets(questionnaire: Questionnaire) -> list[Field]:
    """The campaign's own questions whose answers a sheet may bring; restricted ones are asked of the person alone."""
    return [
        one
        for one in questionnaire
        if one.core is None and not one.is_sealed and one.kind not in NOT_FROM_A_SHEET
    ]


def targets_for(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """Every (key, label) that a column may be chosen as."""
    return [
        *((target.key, str(target.label)) for target in TARGETS),
        *((QUESTION + one.key, one.label) for one in questions_for_sheets(questionnaire)),
    ]


def guessed(
    columns: list[str], questionnaire: Questionnaire, remembered: dict[str, str] | None = None
) -> dict[int, str]:
    """Column number -> what it is taken for: as remembered, else by its name or as this form calls it; each thing once."""
    possible = dict(targets_for(questionnaire))
    by_label = {plain(label): key for key, label in possible.items()}
    by_question = {
        plain(label): QUESTION + one.key
        for one in questions_for_sheets(questionnaire)
        for label in (one.label_zh, one.label_en, one.key)
        if label
    }
    chosen: dict[int, str] = {}
    for number, name in enumerate(columns):
        compared = plain(name)
        key = (remembered or {}).get(compared)
        if key is None:
            key = by_question.get(compared) or _BY_NAME.get(compared) or by_label.get(compared)
        if key and key in possible and key not in chosen.values():
            chosen[number] = key
    return chosen


def guess_names(columns: list[str]) -> dict[str, int]:
    """What -> the first column that is called so, for sheets that hold only what everybody has."""
    found: dict[str, int] = {}
    for number, name in enumerate(columns):
        if key := _BY_NAME.get(plain(name)):
            found.setdefault(key, number)
    return found
