"""The demo's campaigns: one over, one going on today, several ahead, two drafts. All dates follow the day of the seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from campaigns.models import Family, ProgrammeKind
from registrations.models import BadgeClass
from shared.clock import from_china

K = ProgrammeKind


@dataclass(frozen=True)
class Crowd:
    """How many people a stop has in each state. ``came`` is the share of the confirmed who arrive."""

    confirmed: int = 0
    waiting: int = 0
    applied: int = 0
    declined: int = 0
    withdrawn: int = 0
    came: float = 0.0
    guests: tuple[tuple[BadgeClass, int], ...] = ()

    @property
    def size(self) -> int:
        """All registrations together."""
        return self.confirmed + self.waiting + self.applied + self.declined + self.withdrawn


@dataclass(frozen=True)
class Item:
    """One programme item: on the stop's ``day`` (0 is the first), from, until (China's time)."""

    day: int
    begins: time
    ends: time
    kind: ProgrammeKind
    title: tuple[str, str]
    place: tuple[str, str]
    is_chosen: bool = False
    capacity: int | None = None
    group: tuple[str, str] = ("", "")
    route: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class StopPlan:
    """One stop: ``begins`` and ``ends`` are moments, texts are (Chinese, English)."""

    city: tuple[str, str]
    host_city: str | None
    venue: tuple[str, str]
    address: tuple[str, str]
    begins: datetime
    ends: datetime
    capacity: int
    crowd: Crowd
    needs_approval: bool = False
    opened_before: timedelta | None = timedelta(days=35)
    closes_before: timedelta = timedelta(days=2)
    cancelled: bool = False
    programme: tuple[Item, ...] = ()
    gates: tuple[str, ...] = ("1号签到台", "2号签到台", "3号签到台")
    details: tuple[str, str] = ("", "")
    is_main_venue: bool = False
    main: int | None = None  # place of the main venue among the campaign's stops
    arrivals_at: tuple[datetime, ...] = ()  # when the crowd comes; the beginning unless told otherwise


@dataclass(frozen=True)
class CampaignPlan:
    """One campaign with its stops."""

    slug: str
    family: Family
    name: tuple[str, str]
    summary: tuple[str, str]
    host_city: str | None
    is_published: bool
    stops: tuple[StopPlan, ...] = field(default=())
    details: tuple[str, str] = ("", "")
    poster_line: str = "扫码报名，共赴山西"
    has_own_form: bool = False

    @property
    def year(self) -> int:
        """The year of the first stop."""
        return min(stop.begins for stop in self.stops).year


VENUES = {
    "上海": (("上海展览中心 · 友谊会堂", "Shanghai Exhibition Centre, Friendship Hall"), ("静安区延安中路1000号", "1000 Yan'an Middle Road, Jing'an")),
    "北京": (("北京友谊宾馆 · 友谊宫", "Friendship Hotel, Friendship Palace"), ("海淀区中关村南大街1号", "1 Zhongguancun South Street, Haidian")),
    "杭州": (("杭州国际博览中心", "Hangzhou International Expo Centre"), ("萧山区奔竞大道353号", "353 Benjing Avenue, Xiaoshan")),
    "南京": (("南京国际展览中心", "Nanjing International Exhibition Centre"), ("玄武区龙蟠路88号", "88 Longpan Road, Xuanwu")),
    "太原": (("山西潇河国际会展中心", "Xiaohe International Convention Centre"), ("小店区潇河新城潇河大街", "Xiaohe Street, Xiaodian")),
    "晋城": (("晋城人民大会堂", "Jincheng People's Hall"), ("城区凤台西街", "Fengtai West Street")),
    "吕梁": (("吕梁学院 · 学术报告厅", "Lüliang University, Lecture Hall"), ("离石区学院路1号", "1 Xueyuan Road, Lishi")),
    "运城": (("运城会议中心", "Yuncheng Conference Centre"), ("盐湖区河东东街", "Hedong East Street, Yanhu")),
    "阳城": (("阳城县文化活动中心", "Yangcheng Cultural Centre"), ("阳城县新阳西街", "Xinyang West Street, Yangcheng")),
    "高平": (("高平市神农会议中心", "Shennong Conference Centre, Gaoping"), ("高平市康乐东街", "Kangle East Street, Gaoping")),
    "大同": (("大同国际会展中心", "Datong International Convention Centre"), ("平城区太和路", "Taihe Road, Pingcheng")),
}  # fmt: skip
ENGLISH = {
    "上海": "Shanghai", "北京": "Beijing", "杭州": "Hangzhou", "南京": "Nanjing", "太原": "Taiyuan", "晋城": "Jincheng",
    "吕梁": "Lüliang", "运城": "Yuncheng", "大同": "Datong",
    "阳城": "Yangcheng", "高平": "Gaoping",
}  # fmt: skip


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of day in China as a moment."""
    return from_china(datetime.combine(day, time(hour, minute)))


def tour_programme(city: str) -> tuple[Item, ...]:
    """One day before a university's young doctors: opening, policies, salon, fair, first signings."""
    hall, hall_en = ("主会场", "Main hall")
    return (
        _item(0, "9:00-9:40", K.OPENING, "开幕式与山西推介", "Opening: this is Shanxi", hall, hall_en),
        _item(
            0,
            "9:40-10:40",
            K.BRIEFING,
            "人才政策宣讲：一人一策、一事一议",
            "Talent policy: one person, one policy",
            hall,
            hall_en,
        ),
        _item(
            0,
            "10:50-11:50",
            K.SALON,
            f"路演沙龙：{city}校友说山西",
            f"Salon: alumni in {ENGLISH[city]} on Shanxi",
            "二层沙龙区",
            "Salon area, 2nd floor",
        ),
        _item(
            0,
            "13:30-16:30",
            K.JOB_FAIR,
            "双选洽谈会",
            "Two-way selection fair",
            "展区 A、B",
            "Exhibition areas A and B",
        ),
        _item(0, "16:40-17:30", K.SIGNING, "意向签约仪式", "Signing of first intents", hall, hall_en),
    )


def visit_programme(city: str, site: tuple[str, str], heritage: tuple[str, str]) -> tuple[Item, ...]:
    """Two days and three half-days as a host city's guest."""
    return (
        _item(0, "15:00-20:30", K.SEMINAR, "报到与分组见面会", "Arrival and meeting in groups", "一层大厅", "Foyer"),
        _item(1, "9:00-9:50", K.OPENING, f"博士{city}行启动仪式", "Opening ceremony", "主会场", "Main hall"),
        _item(1, "10:00-11:30", K.BRIEFING, "人才政策与重点产业链发布", "Talent policy and key industry chains", "主会场", "Main hall"),
        _item(1, "14:00-17:00", K.SITE_VISIT, f"企业考察：{site[0]}", f"Company visit: {site[1]}", "乘车点：南门", "Coaches leave from the south gate", capacity=45, group=_ROUTES, route=("线路1 · 1–2号车", "Route 1, coaches 1–2")),
        _item(1, "14:00-17:00", K.SITE_VISIT, "企业考察：开发区重点项目", "Company visit: projects of the development zone", "乘车点：南门", "Coaches leave from the south gate", capacity=90, group=_ROUTES, route=("线路2 · 3–4号车", "Route 2, coaches 3–4")),
        _item(1, "14:00-17:00", K.UNIVERSITY_VISIT, "高校走访：重点实验室", "University visit: key laboratories", "乘车点：北门", "Coaches leave from the north gate", capacity=30, group=_ROUTES, route=("线路3 · 5号车", "Route 3, coach 5")),
        _item(1, "19:00-20:30", K.SALON, "沙龙：新材料与装备制造", "Salon: new materials and equipment", "沙龙一厅", "Salon 1", capacity=40, group=_SALONS),
        _item(1, "19:00-20:30", K.SALON, "沙龙：能源化工与双碳", "Salon: energy, chemistry and carbon", "沙龙二厅", "Salon 2", capacity=60, group=_SALONS),
        _item(1, "19:00-20:30", K.SALON, "沙龙：生物医药与健康", "Salon: biomedicine and health", "沙龙三厅", "Salon 3", capacity=60, group=_SALONS),
        _item(2, "9:00-11:30", K.JOB_FAIR, "用人单位洽谈会", "Talks with employers", "展区", "Exhibition area"),
        _item(2, "14:00-17:00", K.HERITAGE_TOUR, f"文博行：{heritage[0]}", f"Heritage tour: {heritage[1]}", "乘车点：南门", "Coaches leave from the south gate", capacity=90, is_chosen=True),
    )  # fmt: skip


def forum_programme(subject: tuple[str, str]) -> tuple[Item, ...]:
    """One day of an academicians' forum."""
    return (
        _item(0, "9:00-9:30", K.OPENING, "论坛开幕", "Opening", "主论坛", "Plenary hall"),
        _item(
            0,
            "9:30-11:45",
            K.SEMINAR,
            f"院士主旨报告：{subject[0]}",
            f"Keynotes: {subject[1]}",
            "主论坛",
            "Plenary hall",
        ),
        _item(
            0,
            "14:00-16:30",
            K.SEMINAR,
            "平行论坛与青年学者报告",
            "Parallel sessions and young scholars",
            "一至三厅",
            "Halls 1 to 3",
        ),
        _item(
            0,
            "16:40-17:30",
            K.SIGNING,
            "院士工作站揭牌与项目签约",
            "Academician workstation and project signings",
            "主论坛",
            "Plenary hall",
        ),
    )


_ROUTES = ("考察线路（选一条）", "Visit routes (choose one)")
_SALONS = ("主题沙龙（选一场）", "Themed salons (choose one)")


def _item(
    day: int, hours: str, kind: ProgrammeKind, zh: str, en: str, place_zh: str, place_en: str, **choice: Any
) -> Item:
    """``choice``: what is chosen has a capacity, a group, a route; whatever stands in a group is chosen."""
    begins, ends = (time.fromisoformat(clock.zfill(5)) for clock in hours.split("-"))
    choice.setdefault("is_chosen", "group" in choice)
    return Item(day, begins, ends, kind, (zh, en), (place_zh, place_en), **choice)


KNOW = (
    "## 交通\n\n- 地铁或公交可到会场，南门设**接待点**\n- 外地来宾请预留半小时签到\n\n"
    "## 请携带\n\n1. 报名凭证（手机出示即可）\n2. 纸质简历若干份\n\n如有问题，请联系[活动组织方](mailto:rencai@example.com)。",
    "## Getting there\n\n- Metro and buses stop nearby; there is a **reception** at the south gate\n"
    "- Please allow half an hour for checking in\n\n## Please bring\n\n1. Your ticket, on the phone or printed\n"
    "2. A few copies of your CV\n\nQuestions? Write to [the organisers](mailto:rencai@example.com).",
)
STORY = (
    "### 您将看到\n\n十一个市的用人单位带着岗位来到现场：**高校、医院、企业、科研院所**一应俱全。\n\n"
    "- 上午听政策：一人一策、一事一议\n- 下午谈岗位：面对面双选洽谈\n- 当场达成意向，后续专人对接",
    "### What awaits you\n\nEmployers of eleven cities bring their posts: **universities, hospitals, companies, institutes**.\n\n"
    "- In the morning: policies, one person at a time\n- In the afternoon: talks face to face\n- Intents on the spot, and somebody who follows them up",
)


def plans(today: date) -> list[CampaignPlan]:
    """Every campaign of the demo, seen from ``today`` (a day in China)."""

    def day(offset: int) -> date:
        return today + timedelta(days=offset)

    def stop_in(
        city: str, host: str | None, offset: int, capacity: int, crowd: Crowd, **more: object
    ) -> StopPlan:
        venue, address = VENUES[city]
        values: dict[str, object] = {
            "begins": at(day(offset), 9),
            "ends": at(day(offset), 17, 30),
            "programme": tour_programme(city),
            "details": KNOW,
            **more,
        }
        return StopPlan((city, ENGLISH[city]), host, venue, address, capacity=capacity, crowd=crowd, **values)  # type: ignore[arg-type]

    tour = ("人到山西好风光", "Good Scenery in Shanxi")
    tour_summary = (
        "走进高校、走近青年博士：一天之内听政策、见单位、谈岗位，把论文写在三晋大地上。",
        "A day with young doctors at their own universities: policy, employers and posts from eleven cities of Shanxi.",
    )
    last_tour = CampaignPlan(
        f"hao-fengguang-{day(-150):%Y-%m}",
        Family.PROMOTIONAL_TOUR,
        (f"{tour[0]} · 第三季高校行", f"{tour[1]} · third tour"),
        tour_summary,
        None,
        True,
        (
            stop_in("上海", "Taiyuan", -150, 80, Crowd(74, 0, 0, 4, 7, came=0.84)),
            stop_in("北京", "Jincheng", -143, 90, Crowd(90, 0, 0, 6, 9, came=0.88)),
            stop_in("杭州", "Lüliang", -136, 60, Crowd(52, 0, 0, 3, 4, came=0.79)),
            stop_in("南京", "Yuncheng", -129, 60, Crowd(57, 0, 0, 2, 6, came=0.81)),
        ),
    )
    going_on = CampaignPlan(
        f"boshi-taiyuan-{day(0):%Y}",
        Family.DOCTORS_TOUR,
        ("青年博士太原行", "Young Doctors' Tour of Taiyuan"),
        (
            "三天两夜：看企业、进实验室、听沙龙、游晋祠，和太原的用人单位面对面。",
            "Three days in Taiyuan: companies, laboratories, salons, the Jin Temple, and talks with employers.",
        ),
        "Taiyuan",
        True,
        (
            stop_in(
                "太原", "Taiyuan", 0, 160, Crowd(152, 0, 0, 11, 8, came=0.9, guests=((BadgeClass.EXPERT, 4), (BadgeClass.MEDIA, 3), (BadgeClass.VOLUNTEER, 6))),
                begins=at(day(-1), 14), ends=at(day(1), 17, 30), needs_approval=True,
                programme=visit_programme("太原", ("并州重型机械", "Bingzhou Heavy Machinery"), ("晋祠与山西博物院", "the Jin Temple and Shanxi Museum")),
                arrivals_at=(at(day(-1), 16), at(day(-1), 19), at(day(0), 8, 30), at(day(1), 9)),
            ),
        ),
    )  # fmt: skip
    next_tour = CampaignPlan(
        f"hao-fengguang-{day(12):%Y-%m}",
        Family.PROMOTIONAL_TOUR,
        (f"{tour[0]} · 第四季高校行", f"{tour[1]} · fourth tour"),
        tour_summary,
        None,
        True,
        (
            stop_in("北京", "Taiyuan", 12, 60, Crowd(60, 14, 0, 2, 5)),
            stop_in("上海", "Jincheng", 19, 100, Crowd(46, 0, 0, 1, 3)),
            stop_in("杭州", "Lüliang", 26, 50, Crowd(48, 0, 0, 0, 2)),
            stop_in("南京", "Yuncheng", 33, 80, Crowd(17, 0, 19, 3, 1), needs_approval=True),
        ),
        has_own_form=True,
    )
    jincheng_week = CampaignPlan(
        f"jincheng-rencaizhou-{day(40):%Y}",
        Family.TALENT_WEEK,
        ("晋城人才周 · 才聚太行", "Jincheng Talent Week"),
        (
            "光机电、煤层气、精密铸造：一周时间走遍晋城的产业链和太行古堡。",
            "Optomechatronics, coalbed methane, precision casting: a week along Jincheng's industries and castles.",
        ),
        "Jincheng",
        True,
        (
            stop_in(
                "晋城", "Jincheng", 40, 120, Crowd(31, 0, 24, 5, 2), begins=at(day(40), 14), ends=at(day(42), 17, 30), needs_approval=True,
                is_main_venue=True,
                programme=visit_programme("晋城", ("太行光机电产业研究院", "Taihang Optomechatronics Institute"), ("皇城相府与古堡", "the Huangcheng mansion and castles")),
            ),
            stop_in("阳城", "Jincheng", 43, 50, Crowd(14), main=0),
            stop_in("高平", "Jincheng", 44, 40, Crowd(9), main=0),
        ),
    )  # fmt: skip
    yuncheng_week = CampaignPlan(
        f"yuncheng-rencaizhou-{day(-46):%Y}",
        Family.TALENT_WEEK,
        ("运城人才周 · 盐湖之约", "Yuncheng Talent Week"),
        ("生物医药、镁合金、现代农业：黄河金三角的一次面对面。", "Biomedicine, magnesium and modern farming in the Yellow River triangle."),
        "Yuncheng",
        True,
        (
            stop_in(
                "运城", "Yuncheng", -46, 90, Crowd(83, 0, 0, 7, 6, came=0.86), begins=at(day(-46), 14), ends=at(day(-44), 17, 30),
                programme=visit_programme("运城", ("河东生物医药", "Hedong Biopharma"), ("永乐宫与盐湖", "Yongle Palace and the Salt Lake")),
            ),
        ),
    )  # fmt: skip
    lueliang_tour = CampaignPlan(
        f"boshi-lvliang-{day(61):%Y}",
        Family.DOCTORS_TOUR,
        ("青年博士吕梁行", "Young Doctors' Tour of Lüliang"),
        ("氢能、铝镁新材料与黄土高原的生态课题。报名即将开放。", "Hydrogen, light metals and the loess plateau. Registration opens soon."),
        "Lüliang",
        True,
        (
            stop_in(
                "吕梁", "Lüliang", 61, 80, Crowd(), begins=at(day(61), 14), ends=at(day(63), 17, 30), opened_before=None,
                programme=visit_programme("吕梁", ("黄河氢能装备", "Yellow River Hydrogen"), ("碛口古镇", "the old port of Qikou")),
            ),
        ),
    )  # fmt: skip

    def forum(
        slug: str,
        subject: tuple[str, str],
        city: str,
        offset: int,
        capacity: int,
        crowd: Crowd,
        *,
        is_published: bool = True,
    ) -> CampaignPlan:
        return CampaignPlan(
            f"zhihui-{slug}-{day(offset):%Y}",
            Family.FORUM,
            (f"智汇山西 · {subject[0]}院士论坛", f"Wisdom Gathers in Shanxi · {subject[1]} forum"),
            (f"院士领衔，青年学者同台，共议{subject[0]}前沿与山西机遇。", f"Academicians and young scholars on {subject[1]} and its chances in Shanxi."),
            ENGLISH[city],
            is_published,
            (stop_in(city, ENGLISH[city], offset, capacity, crowd, needs_approval=True, programme=forum_programme(subject)),),
        )  # fmt: skip

    with_academicians = ((BadgeClass.ACADEMICIAN, 5), (BadgeClass.EXPERT, 9), (BadgeClass.GUEST, 4))
    return [
        last_tour,
        forum(
            "xinnengyuan",
            ("新能源", "New Energy"),
            "太原",
            -75,
            100,
            Crowd(88, 0, 0, 9, 5, came=0.91, guests=with_academicians),
        ),
        yuncheng_week,
        going_on,
        next_tour,
        forum(
            "xincailiao",
            ("新材料", "New Materials"),
            "晋城",
            25,
            60,
            Crowd(28, 0, 13, 2, 1, guests=with_academicians),
        ),
        jincheng_week,
        lueliang_tour,
        forum("shengwuyiyao", ("生物医药", "Biomedicine"), "太原", 82, 120, Crowd(), is_published=False),
        CampaignPlan(
            f"datong-rencaizhou-{day(96):%Y}",
            Family.TALENT_WEEK,
            ("大同人才周（筹备中）", "Datong Talent Week (being planned)"),
            ("", ""),
            "Datong",
            False,
            (stop_in("大同", "Datong", 96, 100, Crowd(), opened_before=None, programme=()),),
        ),
    ]


def many_plans(today: date, people: int, *, first_number: int) -> Iterator[CampaignPlan]:
    """Past tours for measuring, with ``people`` registrations: four stops each, up to 2,000 registrations a stop.

    ``first_number`` makes the slugs different from those of an earlier call.
    """
    cities = ("上海", "北京", "杭州", "南京", "太原", "晋城", "吕梁", "运城")
    hosts = ("Taiyuan", "Jincheng", "Lüliang", "Yuncheng", "Datong", "Changzhi", "Linfen", "Jinzhong")
    per_stop = max(1, min(2_000, -(-people // 4)))
    number = first_number
    while people > 0:
        stops = []
        for place in range(4):
            registered = min(per_stop, people)
            people -= registered
            if registered == 0:
                break
            city = cities[(number + place) % len(cities)]
            begins = today - timedelta(days=40 + (7 * number + place) % 900)
            venue, address = VENUES[city]
            confirmed = int(registered * 0.9)
            declined = (registered - confirmed) // 2
            crowd = Crowd(confirmed, 0, 0, declined, registered - confirmed - declined, came=0.82)
            stops.append(
                StopPlan(
                    (city, ENGLISH[city]), hosts[(number + place) % len(hosts)], venue, address, at(begins, 9), at(begins, 17, 30),
                    capacity=max(1, confirmed + registered // 20), crowd=crowd, programme=tour_programme(city),
                )
            )  # fmt: skip
        yield CampaignPlan(
            f"measure-{number}",
            Family.PROMOTIONAL_TOUR,
            (f"人到山西好风光 · 测量专场 {number}", f"Good Scenery in Shanxi · for measuring {number}"),
            ("为性能测量而生成的数据。", "Made for measuring."),
            None,
            True,
            tuple(stops),
        )
        number += 1
