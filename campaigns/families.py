"""What distinguishes the kinds of campaigns: what each is for, and an outline of each to begin with."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from campaigns.models import Family, ProgrammeKind
from campaigns.outline import Outline

K = ProgrammeKind

PURPOSES = {
    Family.PROMOTIONAL_TOUR: _l(
        "One day at a university elsewhere: policies, employers, a fair, first signings. Seats are given at once."
    ),
    Family.DOCTORS_TOUR: _l(
        "Two days and two nights as a host city's guest: salons and company visits to choose from, talks with employers. "
        "Each registration is reviewed."
    ),
    Family.TALENT_WEEK: _l(
        "A city's week: an opening at the main venue, sub-venues in the counties, a fair and a closing day."
    ),
    Family.FORUM: _l(
        "Academicians' keynotes, parallel forums to choose from, an unveiling and signings. Guests by invitation and review."
    ),
}


def built_in(family: Family) -> Outline:
    """The outline that comes with the product for a kind of campaign; its city is whoever holds it."""
    return {
        "family": family.value,
        "summary_zh": "",
        "summary_en": "",
        "details_zh": "",
        "details_en": "",
        "poster_line": "扫码报名，共赴山西",
        "stops": _STOPS[family],
        "channels": [
            {"word": "wechat", "name": "微信公众号"},
            {"word": "campus", "name": "高校就业网与海报"},
        ],
        "carried": {},
    }


def _stop(
    begins: tuple[int, str],
    ends: tuple[int, str],
    capacity: int,
    programme: list[dict[str, Any]],
    **more: Any,
) -> dict[str, Any]:
    """One stop; registration closes three days before the first day, in the evening."""
    return {
        "city_zh": "", "city_en": "", "host_city_id": None, "venue_zh": "地点待定", "venue_en": "Venue to be announced",
        "address_zh": "详细地址待定", "address_en": "Address to be announced", "details_zh": "", "details_en": "",
        "needs_approval": False, "is_main_venue": False, "main": None, "capacity": capacity,
        "begins": list(begins), "ends": list(ends), "closes": [begins[0] - 3, "18:00"], "programme": programme, **more,
    }  # fmt: skip


def _item(
    day: int, hours: str, kind: ProgrammeKind, zh: str, en: str, place: tuple[str, str], **more: Any
) -> dict[str, Any]:
    begins, ends = hours.split("-")
    return {
        "kind": kind.value,
        "title_zh": zh,
        "title_en": en,
        "place_zh": place[0],
        "place_en": place[1],
        "begins": [day, begins],
        "ends": [day, ends],
        **more,
    }


def _one_of(zh: str, en: str, capacity: int | None, **more: Any) -> dict[str, Any]:
    return {"is_chosen": True, "group_zh": zh, "group_en": en, "capacity": capacity, **more}


_HALL = ("主会场", "Main hall")
_FAIR = ("展区", "Exhibition area")
_GATE = ("南门乘车点", "Coaches leave from the south gate")
_SALON = ("主题沙龙（选一场）", "Themed salons (choose one)")
_ROUTE = ("考察线路（选一条）", "Visit routes (choose one)")
_TRACK = ("平行论坛（选一场）", "Parallel forums (choose one)")


def _salons(day: int, hours: str, capacity: int) -> list[dict[str, Any]]:
    fields = (
        ("装备制造与新材料", "Equipment and new materials"),
        ("能源化工与双碳", "Energy, chemistry and carbon"),
        ("生物医药与健康", "Biomedicine and health"),
        ("数字经济与人工智能", "Digital economy and AI"),
    )
    return [
        _item(
            day, hours, K.SALON, f"沙龙：{zh}", f"Salon: {en}", (f"沙龙{number}厅", f"Salon {number}"), **_one_of(*_SALON, capacity)
        )
        for number, (zh, en) in enumerate(fields, start=1)
    ]  # fmt: skip


def _routes(day: int, hours: str, capacity: int) -> list[dict[str, Any]]:
    sites = (
        ("重点企业与重大项目", "Leading companies and projects"),
        ("开发区与产业链链主", "Development zone and chain leaders"),
        ("高校院所与实验室", "Universities and laboratories"),
    )
    return [
        _item(
            day,
            hours,
            K.UNIVERSITY_VISIT if number == 3 else K.SITE_VISIT,
            f"考察：{zh}",
            f"Visit: {en}",
            _GATE,
            route_zh=f"线路{number}",
            route_en=f"Route {number}",
            **_one_of(*_ROUTE, capacity),
        )
        for number, (zh, en) in enumerate(sites, start=1)
    ]


_STOPS: dict[Family, list[dict[str, Any]]] = {
    Family.PROMOTIONAL_TOUR: [
        _stop(
            (0, "09:00"),
            (0, "17:30"),
            300,
            [
                _item(0, "09:00-09:40", K.OPENING, "开幕式与山西推介", "Opening: this is Shanxi", _HALL),
                _item(0, "09:40-10:40", K.POLICY_BRIEFING, "人才政策宣讲", "Talent policy briefing", _HALL),
                _item(0, "10:50-11:50", K.SALON, "校友说山西", "Alumni on Shanxi", ("沙龙区", "Salon area")),
                _item(0, "13:30-16:30", K.JOB_FAIR, "双选洽谈会", "Two-way selection fair", _FAIR),
                _item(0, "16:40-17:30", K.SIGNING, "意向签约仪式", "Signing of first intents", _HALL),
            ],
        )
    ],
    Family.DOCTORS_TOUR: [
        _stop(
            (0, "14:00"),
            (2, "12:00"),
            200,
            [
                _item(0, "14:00-18:00", K.ARRIVAL, "报到与领取资料", "Arrival and registration", ("酒店大厅", "Hotel foyer")),
                _item(0, "19:00-20:30", K.CITY_WALK, "城市夜游", "The city by night", _GATE),
                _item(1, "09:00-10:00", K.OPENING, "启动仪式与城市推介", "Opening and presentation of the city", _HALL),
                _item(1, "10:10-11:40", K.POLICY_BRIEFING, "人才政策与重点产业链发布", "Talent policy and industry chains", _HALL),
                *_routes(1, "14:00-17:30", 45),
                *_salons(1, "19:00-20:30", 50),
                _item(2, "09:00-12:00", K.TALKS, "用人单位面对面洽谈与签约", "Talks with employers and signings", _FAIR),
            ],
            needs_approval=True,
        )
    ],
    Family.TALENT_WEEK: [
        _stop(
            (0, "09:00"),
            (0, "18:00"),
            500,
            [
                _item(0, "09:00-10:00", K.OPENING, "人才周开幕式", "Opening of the Talent Week", _HALL),
                _item(0, "10:10-11:40", K.POLICY_BRIEFING, "人才政策发布", "New talent policies", _HALL),
                *_salons(0, "14:00-16:00", 80),
                _item(0, "16:20-18:00", K.SIGNING, "重点项目与人才签约", "Signings of projects and talent", _HALL),
            ],
            is_main_venue=True,
            venue_zh="人才周主场（地点待定）",
            venue_en="Main venue (to be announced)",
        ),
        _stop(
            (2, "09:00"),
            (2, "17:30"),
            150,
            [
                _item(2, "09:00-11:30", K.SEMINAR, "县区产业对接座谈", "Seminar with the county's industry", _HALL),
                *_routes(2, "14:00-17:30", 45),
            ],
            main=0,
            needs_approval=True,
            named=("县区", "county"),
            venue_zh="县区分场（地点待定）",
            venue_en="Sub-venue in a county (to be announced)",
        ),
        _stop(
            (4, "09:00"),
            (4, "17:00"),
            400,
            [
                _item(4, "09:00-12:00", K.JOB_FAIR, "大型双选会", "Large selection fair", _FAIR),
                _item(4, "14:00-17:00", K.HERITAGE_TOUR, "文博行", "Heritage tour", _GATE, is_chosen=True, capacity=90),
            ],
            main=0,
            named=("双选会", "fair"),
            venue_zh="双选会分场（地点待定）",
            venue_en="Fair sub-venue (to be announced)",
        ),
    ],
    Family.FORUM: [
        _stop(
            (0, "08:30"),
            (1, "12:00"),
            200,
            [
                _item(0, "08:30-09:00", K.ARRIVAL, "嘉宾签到", "Reception", ("一层大厅", "Foyer")),
                _item(0, "09:00-09:30", K.OPENING, "论坛开幕", "Opening", ("主论坛", "Plenary hall")),
                _item(0, "09:30-11:45", K.KEYNOTE, "院士主旨报告", "Academicians' keynotes", ("主论坛", "Plenary hall")),
                *(
                    _item(
                        0, "14:00-16:30", K.PARALLEL_FORUM, f"平行论坛：{zh}", f"Parallel forum: {en}", (f"{number}号厅", f"Hall {number}"),
                        **_one_of(*_TRACK, 60),
                    )
                    for number, (zh, en) in enumerate(
                        (("新能源", "New energy"), ("新材料", "New materials"), ("生物医药", "Biomedicine")), start=1
                    )
                ),
                _item(0, "16:40-17:30", K.SIGNING, "院士工作站揭牌与项目签约", "Workstations unveiled, projects signed", ("主论坛", "Plenary hall")),
                _item(1, "09:00-12:00", K.SITE_VISIT, "院士专家企业行", "Academicians visit companies", _GATE, is_chosen=True, capacity=45),
            ],
            needs_approval=True,
        )
    ],
}  # fmt: skip
