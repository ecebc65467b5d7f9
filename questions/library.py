"""Ready questions of this field: with the right kind, limits and purpose, in both languages, one click each.

Their keys are the same in every campaign, so that answers can be compared over the years. What a question needs a
stated reason for (``needs_reason``) is inserted only with one, which the applicant reads beneath it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from privacy.purposes import Purpose
from questions.models import AskedWhen, Kind


class Shelf(StrEnum):
    """Where in the library a question stands."""

    PERSON = "person"
    STUDIES = "studies"
    WISHES = "wishes"
    TRAVEL = "travel"

    @property
    def label(self) -> str:
        """The shelf in the reader's language."""
        return str(_SHELF_LABELS[self])


_SHELF_LABELS = {
    Shelf.PERSON: _l("The person"),
    Shelf.STUDIES: _l("Studies and research"),
    Shelf.WISHES: _l("Wishes and posts"),
    Shelf.TRAVEL: _l("Travel, lodging, meals"),
}


@dataclass(frozen=True)
class Ready:
    """One ready question. ``label`` and ``help`` are (Chinese, English)."""

    key: str
    kind: Kind
    shelf: Shelf
    label: tuple[str, str]
    help: tuple[str, str] = ("", "")
    required: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    condition: dict[str, Any] | None = None
    asked_when: AskedWhen = AskedWhen.APPLICATION
    purpose: Purpose = Purpose.REGISTRATION
    restricted: bool = False
    needs_reason: bool = False

    @property
    def names_questions(self) -> set[str]:
        """Keys that its condition and its limits look at."""
        from questions.conditions import named_in

        named = named_in(self.condition)
        if "fits_id" in self.options:
            named.add(str(self.options["fits_id"]))
        return named


def _choices(*lines: str) -> dict[str, Any]:
    """``key|中文|English`` a line."""
    return {
        "choices": [
            dict(zip(("key", "label_zh", "label_en"), line.split("|"), strict=True)) for line in lines
        ]
    }


# GB/T 3304: the 56 by their two letters, then those who belong to none of them.
_PEOPLES = [
    "HA汉族",
    "MG蒙古族",
    "HU回族",
    "ZA藏族",
    "UG维吾尔族",
    "MH苗族",
    "YI彝族",
    "ZH壮族",
    "BY布依族",
    "CS朝鲜族",
    "MA满族",
    "DO侗族",
    "YA瑶族",
    "BA白族",
    "TJ土家族",
    "HN哈尼族",
    "KZ哈萨克族",
    "DA傣族",
    "LI黎族",
    "LS傈僳族",
    "VA佤族",
    "SH畲族",
    "GS高山族",
    "LH拉祜族",
    "SU水族",
    "DX东乡族",
    "NX纳西族",
    "JP景颇族",
    "KG柯尔克孜族",
    "TU土族",
    "DU达斡尔族",
    "ML仫佬族",
    "QI羌族",
    "BL布朗族",
    "SL撒拉族",
    "MN毛南族",
    "GL仡佬族",
    "XB锡伯族",
    "AC阿昌族",
    "PM普米族",
    "TA塔吉克族",
    "NU怒族",
    "UZ乌孜别克族",
    "RS俄罗斯族",
    "EW鄂温克族",
    "DE德昂族",
    "BN保安族",
    "YG裕固族",
    "GI京族",
    "TT塔塔尔族",
    "DR独龙族",
    "OR鄂伦春族",
    "HZ赫哲族",
    "MB门巴族",
    "LB珞巴族",
    "JN基诺族",
    "other其他",
    "foreign外籍",
]
_PEOPLE_CHOICES = {
    "choices": [
        {
            "key": (key := "".join(c for c in people if c.isascii())).lower(),
            "label_zh": people[len(key) :],
            "label_en": {"other": "Other", "foreign": "Foreign national"}.get(key, ""),
        }
        for people in _PEOPLES
    ]
}
_IS_STUDENT = {"question": "education", "op": "in", "value": ["doctoral_student", "master", "overseas"]}
_LODGES = {"question": "lodging", "op": "in", "value": ["single", "shared"]}
_TRAVEL: dict[str, Any] = {"asked_when": AskedWhen.AFTER_APPROVAL, "purpose": Purpose.TRAVEL}

LIBRARY: tuple[Ready, ...] = (
    Ready("sex", Kind.CHOICE, Shelf.PERSON, ("性别", "Sex"), required=True,
          options=_choices("male|男|Male", "female|女|Female") | {"fits_id": "identity_paper"}),
    Ready("birth_month", Kind.MONTH, Shelf.PERSON, ("出生年月", "Month of birth"),
          ("填写了身份证号的无需再填。", "Not needed if your ID number is asked."), required=True,
          options={"earliest": "today-90y", "latest": "today-16y"}),
    Ready("ethnicity", Kind.CHOICE, Shelf.PERSON, ("民族", "Ethnicity"), options=_PEOPLE_CHOICES, restricted=True,
          needs_reason=True),
    Ready("political_status", Kind.CHOICE, Shelf.PERSON, ("政治面貌", "Political status"), restricted=True,
          needs_reason=True, purpose=Purpose.MATCHING,
          options=_choices("party_member|中共党员|Member of the CPC", "probationary|中共预备党员|Probationary member of the CPC",
                           "league_member|共青团员|Member of the Youth League",
                           "democratic_party|民主党派|Member of another party", "no_party|无党派人士|Without party, of standing",
                           "masses|群众|None")),
    Ready("wechat", Kind.WECHAT, Shelf.PERSON, ("微信号", "WeChat number"),
          ("便于会务人员联系您，可不填。", "So that the secretariat can reach you.")),
    Ready("identity_paper", Kind.IDENTITY_PAPER, Shelf.PERSON, ("证件类型与号码", "Identity paper"),
          ("仅用于订票、保险和入住登记，加密保存。", "Only for tickets, insurance and the hotel; kept sealed."), required=True,
          restricted=True, **_TRAVEL),
    Ready("photo", Kind.PICTURE, Shelf.PERSON, ("近期照片", "Photograph"),
          ("用于制作证件，正面免冠，10 MB 以内。", "For your badge: from the front, up to 10 MB."), options={"largest_mb": 10}),
    Ready("school", Kind.TEXT, Shelf.STUDIES, ("学院（系、所）", "School or department"), required=True,
          options={"min_length": 2, "max_length": 60}, purpose=Purpose.MATCHING),
    Ready("major", Kind.DISCIPLINE, Shelf.STUDIES, ("一级学科", "Discipline"),
          ("输入名称或四位代码，从列表中选择。", "By its name or its four digits."), required=True, purpose=Purpose.MATCHING),
    Ready("supervisor", Kind.NAME, Shelf.STUDIES, ("导师姓名", "Supervisor"), purpose=Purpose.MATCHING),
    Ready("graduation_month", Kind.MONTH, Shelf.STUDIES, ("毕业时间", "Month of graduation"),
          ("尚未毕业的填写预计时间。", "If you still study: when you expect to graduate."), required=True,
          options={"earliest": "today-40y", "latest": "today+6y"}, condition=_IS_STUDENT, purpose=Purpose.MATCHING),
    Ready("cv", Kind.FILE, Shelf.STUDIES, ("个人简历", "CV"), ("PDF 或 Word，10 MB 以内。", "PDF or Word, up to 10 MB."),
          required=True, options={"accept": ["pdf", "docx"], "largest_mb": 10}, purpose=Purpose.MATCHING),
    Ready("outputs", Kind.LONG_TEXT, Shelf.STUDIES, ("主要成果", "Main results"),
          ("论文、专利、项目、奖励等，1000 字以内。", "Papers, patents, projects, prizes; up to 1,000 characters."),
          options={"max_length": 1000}, purpose=Purpose.MATCHING),
    Ready("desired_post", Kind.TEXT, Shelf.WISHES, ("期望岗位", "Desired post"), options={"min_length": 2, "max_length": 60},
          purpose=Purpose.MATCHING),
    Ready("salary_band", Kind.CHOICE, Shelf.WISHES, ("期望年薪", "Expected salary a year"), purpose=Purpose.MATCHING,
          options=_choices("to_15|15 万元以下|Below 150,000 yuan", "15_25|15–25 万元|150,000–250,000 yuan",
                           "25_40|25–40 万元|250,000–400,000 yuan", "40_60|40–60 万元|400,000–600,000 yuan",
                           "60_up|60 万元以上|Above 600,000 yuan", "open|面议|Open")),
    Ready("employer_intents", Kind.RANKED, Shelf.WISHES, ("意向单位", "Employers you would like to meet"),
          ("按意愿先后，最多三家。", "In order of preference, up to three."), options={"source": "employers", "max_choices": 3},
          purpose=Purpose.MATCHING),
    Ready("available_month", Kind.MONTH, Shelf.WISHES, ("可到岗时间", "When you could begin"),
          options={"earliest": "today", "latest": "today+6y"}, purpose=Purpose.MATCHING),
    Ready("arrival", Kind.TRIP, Shelf.TRAVEL, ("到达车次或航班", "Arriving by"), ("例如 G602、MU5278。", "For example G602 or MU5278."),
          restricted=True, **_TRAVEL),
    Ready("arrival_day", Kind.DATE, Shelf.TRAVEL, ("到达日期", "Day of arrival"), options={"earliest": "opening-7d", "latest": "opening+7d"},
          restricted=True, **_TRAVEL),
    Ready("departure", Kind.TRIP, Shelf.TRAVEL, ("返程车次或航班", "Leaving by"), restricted=True, **_TRAVEL),
    Ready("departure_day", Kind.DATE, Shelf.TRAVEL, ("返程日期", "Day of departure"),
          options={"earliest": "opening", "latest": "opening+30d"}, restricted=True, **_TRAVEL),
    Ready("lodging", Kind.CHOICE, Shelf.TRAVEL, ("住宿安排", "Lodging"), required=True, restricted=True,
          options=_choices("single|单间|Single room", "shared|愿意与他人合住|Shared room", "none|不需要|Not needed"), **_TRAVEL),
    Ready("roommate", Kind.TEXT, Shelf.TRAVEL, ("希望同住的人", "Whom you would share with"),
          ("同性、已报名的同行者；没有可不填。", "Of the same sex and registered too; leave it empty if nobody."),
          options={"max_length": 50}, condition={"question": "lodging", "op": "is", "value": "shared"}, restricted=True,
          **_TRAVEL),
    Ready("dietary", Kind.CHOICE, Shelf.TRAVEL, ("用餐要求", "Meals"), ("无需说明原因。", "You need not say why."), required=True,
          restricted=True,
          options=_choices("any|普通|No wishes", "halal|清真|Halal", "vegetarian|素食|Vegetarian", "allergy|有过敏或忌口|Allergies"),
          **_TRAVEL),
    Ready("allergies", Kind.TEXT, Shelf.TRAVEL, ("过敏或忌口的食物", "What you must not eat"), required=True,
          options={"max_length": 100}, condition={"question": "dietary", "op": "is", "value": "allergy"}, restricted=True,
          **_TRAVEL),
    Ready("access_needs", Kind.TEXT, Shelf.TRAVEL, ("健康与无障碍需求", "Access needs"),
          ("如需轮椅、手语等协助请告知，可不填。", "A wheelchair, sign language or other help; only if you wish."),
          options={"max_length": 200}, restricted=True, **_TRAVEL),
    Ready("emergency_name", Kind.NAME, Shelf.TRAVEL, ("紧急联系人", "Emergency contact"),
          ("仅在紧急情况下联系。", "Called in an emergency only."), required=True, restricted=True, **_TRAVEL),
    Ready("emergency_mobile", Kind.MOBILE, Shelf.TRAVEL, ("紧急联系人手机号", "Their mobile number"), required=True,
          restricted=True, **_TRAVEL),
)  # fmt: skip
READY = {ready.key: ready for ready in LIBRARY}


@dataclass(frozen=True)
class ReadyPage:
    """A page of a ready form: its title in (Chinese, English) and the keys of its questions.

    Without a title they go to where the form asks how somebody is reached.
    """

    title: tuple[str, str]
    keys: tuple[str, ...]


DOCTORS_TOUR: tuple[ReadyPage, ...] = (
    ReadyPage(("", ""), ("sex", "wechat")),
    ReadyPage(
        ("学业与研究", "Studies and research"),
        ("school", "major", "supervisor", "graduation_month", "cv", "outputs"),
    ),
    ReadyPage(("意向", "Wishes"), ("desired_post", "salary_band", "employer_intents", "available_month")),
    ReadyPage(
        ("行程与食宿", "Travel and lodging"),
        ("identity_paper", "arrival_day", "arrival", "departure_day", "departure", "lodging", "roommate", "dietary",
         "allergies", "access_needs", "emergency_name", "emergency_mobile"),
    ),
)  # fmt: skip
