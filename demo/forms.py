"""The form of the demo's coming tour: questions of every day, conditions among them, and what people answered."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from campaigns.models import Campaign
from demo.trades import TRADES
from privacy.purposes import Purpose
from questions.engine import Occasion, Questionnaire, asked, check
from questions.lookups import pages_of, questionnaire_for
from questions.models import AskedWhen, Kind, Question, QuestionPage
from questions.papers import check_digit
from questions.sheet import typed_from
from registrations.answers import everything_said, known_readings
from registrations.choices import take_choices
from registrations.filling_in import occasion_of, own_answers
from registrations.models import STANDING, Registration, RegistrationState
from registrations.sealed_answers import seal_answers
from shared.db import db

Text = tuple[str, str]
_NOTHING: Text = ("", "")


def _choices(*rows: tuple[str, str, str] | tuple[str, str, str, int]) -> dict[str, Any]:
    return {
        "choices": [
            {
                "key": row[0],
                "label_zh": row[1],
                "label_en": row[2],
                "capacity": row[3] if len(row) > 3 else None,
            }
            for row in rows
        ]
    }


def _is(question: str, *values: str) -> dict[str, Any]:
    if len(values) == 1:
        return {"question": question, "op": "is", "value": values[0]}
    return {"question": question, "op": "in", "value": list(values)}


def _has(question: str, value: str) -> dict[str, Any]:
    return {"question": question, "op": "contains", "value": value}


Row = tuple[str, Kind, Text, Text, bool, dict[str, Any], dict[str, Any] | None]

CAREER: tuple[Row, ...] = (
    ("discipline", Kind.DISCIPLINE, ("一级学科", "First-level discipline"), _NOTHING, True, {}, None),
    ("graduation", Kind.MONTH, ("毕业时间", "Graduation"), ("已毕业的填实际时间，在读的填预计时间。", "As it was, or as you expect it."), True,
     {"earliest": "today-50y", "latest": "today+6y"}, {"not": _is("education", "other")}),
    ("supervisor", Kind.TEXT, ("导师", "Supervisor"), _NOTHING, False, {"max_length": 50},
     _is("education", "doctoral_student", "postdoc")),
    ("standing", Kind.CHOICE, ("目前状态", "At present you are"), _NOTHING, True,
     _choices(("studying", "在读", "Studying"), ("employed", "在职", "Employed"), ("looking", "求职中", "Looking for a post")), None),
    ("employer_now", Kind.TEXT, ("现工作单位", "Present employer"), _NOTHING, True, {"max_length": 60}, _is("standing", "employed")),
    ("wants", Kind.SEVERAL, ("希望的合作方式", "What you look for"), ("可多选。", "Choose all that fit."), True,
     _choices(("full_time", "全职到岗", "A full-time post"), ("flexible", "柔性引进", "Flexible engagement"),
              ("project", "项目合作", "A joint project"), ("postdoc", "博士后进站", "A postdoctoral station")), None),
    ("salary_band", Kind.CHOICE, ("期望年薪", "Salary expected, a year"), _NOTHING, False,
     _choices(("to_20", "20 万元以内", "up to ¥200,000"), ("to_35", "20—35 万元", "¥200,000 to 350,000"),
              ("over_35", "35 万元以上", "over ¥350,000")), _has("wants", "full_time")),
    ("project", Kind.LONG_TEXT, ("拟合作的项目", "The project you have in mind"),
     ("研究内容、成熟度、需要什么支持。", "Subject, maturity, and what it needs."), True, {"max_length": 500},
     {"any": [_has("wants", "project"), {"all": [_has("wants", "flexible"), _is("standing", "employed")]}]}),
    ("employer_intents", Kind.RANKED, ("意向单位", "Employers of interest"), ("按意愿排序，最多三家。", "Up to three, the first choice first."),
     False, {"source": "employers", "max_choices": 3}, None),
    ("route", Kind.CHOICE, ("企业考察路线", "Company visit"), ("每条路线座位有限。", "Seats on each coach are limited."), True,
     _choices(("energy", "能源与新材料线", "Energy and materials", 90), ("machines", "装备制造线", "Machinery", 80),
              ("health", "生物医药线", "Biomedicine", 70), ("none", "不参加", "I do not take part")), None),
    ("cv", Kind.FILE, ("个人简历", "CV"), ("PDF 或 Word（.docx），不超过 10 MB。", "PDF or Word (.docx), up to 10 MB."), False,
     {"accept": ["pdf", "docx"], "largest_mb": 10}, None),
    ("home_city", Kind.CITY, ("生源地", "City you come from"), ("山西籍的请选择；其他省份的无需填写。", "If you come from this province."), False, {}, None),
    ("outputs", Kind.LONG_TEXT, ("代表性成果", "Selected results"), _NOTHING, False, {"max_length": 1000}, None),
    ("wechat_id", Kind.WECHAT, ("微信号", "WeChat number"), _NOTHING, False, {}, None),
)  # fmt: skip

STAY: tuple[Row, ...] = (
    ("id_paper", Kind.IDENTITY_PAPER, ("身份证件", "Identity paper"),
     ("仅用于购买保险和办理入住，活动结束后删除。", "Only for the insurance and the hotel; deleted after the event."), True, {}, None),
    ("arrival_by", Kind.CHOICE, ("到达方式", "You arrive by"), _NOTHING, True,
     _choices(("train", "火车", "Train"), ("flight", "飞机", "Flight"), ("own", "自行前往", "On my own")), None),
    ("arrival_number", Kind.TRIP, ("车次或航班号", "Train or flight"), ("例如 G602、MU5278。", "For example G602, MU5278."), True, {},
     _is("arrival_by", "train", "flight")),
    ("arrival_day", Kind.DATE, ("到达日期", "Day of arrival"), _NOTHING, True, {"earliest": "opening-3d", "latest": "opening"}, None),
    ("lodging", Kind.CHOICE, ("住宿", "Lodging"), _NOTHING, True,
     _choices(("none", "不需要", "Not needed"), ("single", "单人间", "Single room", 60), ("shared", "双人合住", "Shared room", 80)), None),
    ("roommate", Kind.TEXT, ("希望与谁同住", "With whom you would like to share"), _NOTHING, False, {"max_length": 50}, _is("lodging", "shared")),
    ("dietary", Kind.SEVERAL, ("饮食", "Food"), _NOTHING, False,
     _choices(("usual", "普通", "No wishes"), ("halal", "清真", "Halal"), ("vegetarian", "素食", "Vegetarian"), ("allergy", "食物过敏", "An allergy")), None),
    ("allergies", Kind.TEXT, ("对什么过敏", "To what"), _NOTHING, True, {"max_length": 100}, _has("dietary", "allergy")),
    ("emergency_name", Kind.NAME, ("紧急联系人", "Emergency contact"), ("只在紧急情况下联系。", "Called in an emergency only."), True, {}, None),
    ("emergency_mobile", Kind.MOBILE, ("紧急联系人手机号", "Mobile of the emergency contact"), _NOTHING, True, {}, None),
    ("access_needs", Kind.LONG_TEXT, ("行动或其他便利需求", "Access needs"), _NOTHING, False, {"max_length": 300}, None),
)  # fmt: skip

RESTRICTED = {"id_paper", "allergies", "emergency_name", "emergency_mobile", "access_needs"}


def write_form(campaign: Campaign) -> None:
    """A second page for whoever registers, and a page for whoever comes."""
    first = pages_of(campaign.id)[0]
    _write_page(
        campaign, ("求职意向与简历", "Your wishes"), first.position + 10, CAREER, AskedWhen.APPLICATION
    )
    _write_page(
        campaign, ("行程与食宿", "For your stay"), first.position + 20, STAY, AskedWhen.AFTER_APPROVAL
    )


def _write_page(campaign: Campaign, title: Text, position: int, rows: Sequence[Row], when: AskedWhen) -> None:
    page = QuestionPage(campaign_id=campaign.id, title_zh=title[0], title_en=title[1], position=position)
    db.session.add(page)
    db.session.flush()
    for place, (key, kind, label, help_text, required, options, condition) in enumerate(rows, start=1):
        db.session.add(
            Question(
                campaign_id=campaign.id, page_id=page.id, key=key, kind=kind, label_zh=label[0], label_en=label[1],
                help_zh=help_text[0], help_en=help_text[1], required=required, position=place * 10, asked_when=when,
                options=options, condition=condition, restricted=key in RESTRICTED,
                purpose=_asked_for(key, when),
            )
        )  # fmt: skip
    db.session.flush()


def _asked_for(key: str, when: AskedWhen) -> Purpose:
    if when is AskedWhen.AFTER_APPROVAL:
        return Purpose.TRAVEL
    return {"route": Purpose.TRAVEL, "wechat_id": Purpose.FOLLOW_UP}.get(key, Purpose.MATCHING)


def answer_form(campaign: Campaign, dice: random.Random) -> None:
    """Let everybody who registered have answered, and two of three who come have told how they travel."""
    registrations = db.session.scalars(
        select(Registration)
        .where(Registration.stop_id.in_([stop.id for stop in campaign.stops]))
        .order_by(Registration.id)
    ).unique()
    forms = {(stop.id, when): questionnaire_for(stop, when) for stop in campaign.stops for when in AskedWhen}
    for registration in registrations:
        first = forms[registration.stop_id, AskedWhen.APPLICATION]
        said = everything_said(registration, first)
        answers, _none = _answered(first, typed_from(first, said), registration, dice)
        registration.answers, registration.form_version = answers, first.version
        comes = registration.state is RegistrationState.CONFIRMED and dice.random() < 0.65
        if comes:
            second = forms[registration.stop_id, AskedWhen.AFTER_APPROVAL]
            second = Questionnaire(
                second.version, second.pages, second.asked_when, known_readings(registration)
            )
            stay, sealed = _answered(second, {}, registration, dice)
            registration.answers = {**answers, **stay}
            seal_answers(registration, sealed)
            registration.second_form_at = registration.decided_at
        if registration.state in STANDING:
            take_choices(registration, or_go_without=True)


def _answered(
    form: Questionnaire, typed: dict[str, list[str]], registration: Registration, dice: random.Random
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Type an answer to every question that is asked, then read it as the form does."""
    occasion = occasion_of(registration.stop)
    for one in form:
        if one.core is None and one.key in asked(form, typed) and (one.required or dice.random() < 0.6):
            typed.update(_typed(one.key, one.choice_keys, occasion, registration, dice))
    checked = check(form, typed, occasion=occasion)
    return own_answers(checked, form)


def _typed(
    key: str, keys: Sequence[str], occasion: Occasion, registration: Registration, dice: random.Random
) -> dict[str, list[str]]:
    opening = occasion.opening or occasion.today
    match key:
        case "discipline":
            return {key: [dice.choice(_DISCIPLINES)]}
        case "graduation":
            year = occasion.today.year + dice.choice((0, 0, 1, 1, -1, -2, -4))
            return {key: [f"{year}-{dice.choice((6, 6, 7, 12)):02d}"]}
        case "supervisor":
            return {key: [dice.choice(("王建国教授", "李桂兰研究员", "陈志远教授", "赵文清教授"))]}
        case "employer_now":
            return {key: [registration.university]}
        case "project":
            field = registration.research_field or dice.choice(list(TRADES.values())).research_fields[0]
            return {key: [f"{field}方向的中试与示范，已完成实验室验证，希望对接企业的试验线。"]}
        case "outputs":
            return {key: [f"发表论文 {dice.randint(2, 15)} 篇，授权发明专利 {dice.randint(0, 5)} 项。"]}
        case "wechat_id":
            return {key: [f"wx_{registration.code.lower()}"]}
        case "wants" | "dietary":
            return {key: dice.sample(list(keys), dice.choice((1, 1, 2)))}
        case "employer_intents":
            return {key: dice.sample(list(keys), min(len(keys), dice.choice((1, 2, 3))))}
        case "id_paper":
            return {key: [_id_number(dice)], f"{key}-paper": ["resident_id"]}
        case "arrival_number":
            return {key: [dice.choice(("G602", "G604", "D2004", "MU5278", "CA1151"))]}
        case "arrival_day":
            return {key: [(opening - timedelta(days=dice.choice((0, 1, 1)))).isoformat()]}
        case "roommate" | "access_needs" | "cv":
            return {}
        case "allergies":
            return {key: [dice.choice(("花生", "海鲜", "乳制品"))]}
        case "emergency_name":
            return {key: [dice.choice(("李秀英", "王志强", "张丽", "刘伟"))]}
        case "emergency_mobile":
            return {key: [f"139{dice.randrange(10**8):08d}"]}
        case _:
            return {key: [dice.choice(list(keys))]} if keys else {}


_DISCIPLINES = ("0805", "0802", "0807", "0812", "0817", "0819", "1007", "0703", "0830", "0808")


def _id_number(dice: random.Random) -> str:
    """An ID number with a right check digit that is nobody's: the last three digits before it are 000."""
    born = date(dice.randint(1984, 1999), dice.randint(1, 12), dice.randint(1, 28))
    stem = f"{dice.choice(('140105', '110108', '310115', '420106'))}{born:%Y%m%d}000"
    return stem + check_digit(stem)
