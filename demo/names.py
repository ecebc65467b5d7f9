"""Names for invented people: common and rare ones, as they come at a real registration desk.

Mobiles begin with +86 160, a prefix that China's numbering plan has given to nobody: libphonenumber's table of
assigned mainland mobile prefixes has 162 and 165-167 in that decade and not 160, so nobody's telephone rings.
Foreign mobiles are +44 7700 900000-900999, which Ofcom keeps free for films. Mail addresses lie below
example.com, .org and .net, which nobody can own (RFC 2606).
"""

from __future__ import annotations

import random
from typing import NamedTuple

from people.spelling import spelled

# The commonest surnames first; a name is drawn with the weight of its place.
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "解查仇单盖翟覃缑郇亓"
)
COMPOUND_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "尉迟", "皇甫", "令狐", "呼延")
WEIGHTS = [1 / (place + 4) for place in range(len(SURNAMES))]

_GIVEN = (
    "文博 浩然 子涵 雨桐 思远 嘉怡 志强 晓峰 雪梅 海燕 建国 丽娜 俊杰 欣怡 明哲 宇航 静怡 诗涵 天佑 婉清 承志 国栋 "
    "晋阳 若曦 佳宁 泽宇 梦琪 书豪 晨曦 慧敏 振华 淑芬 学谦 知远 景行 怀瑾 令仪 清扬 致远 弘毅 秉文 允恭 修远 望舒 "
    "亦凡 沛霖 云舒 月华 春晓 秋实 冬梅 立新 卫东 向前 永康 德馨 嘉禾 汾阳 太行 恒山 亚男 胜男 玉洁 冰清 鹏飞 凌云 "
    "伟 芳 娜 敏 静 磊 强 洋 艳 勇 军 杰 涛 明 超 霞 平 刚 婷 鑫 琪 旭 倩 颖 凯 晶 帆 璐 宁 岩 珂 楠 翔 睿 昊 哲 萌 彤"
)
GIVEN = tuple(_GIVEN.split())

# Characters that lie outside the fonts of a thoughtless printer: every badge must show them.
RARE_NAMES = (
    "张䶮",
    "王𬸚",
    "李赟",
    "赵𬭎",
    "马骉",
    "孙犇",
    "刘㛃",
    "陈翀",
    "杨昶旻",
    "周堃",
    "吴喆淏",
    "郑祎璟",
    "冯沄",
    "徐𣲗",
    "胡𬱖",
    "薛燊",
    "曹彧",
    "邓翯",
    "郇烨霖",
    "亓官瑀",
    "缑祯",
    "范垚",
    "梁甦",
    "宋赜",
    "袁玥珺",
)

MINORITY_NAMES = (
    "阿不都热合曼·艾尼瓦尔",
    "迪丽努尔·买买提江",
    "次仁卓玛",
    "乌兰图雅",
    "吉克·阿呷",
    "叶尔江·沙依劳",
    "巴特尔",
    "孟克其其格",
    "布合力其木·吐尔逊",
)

FOREIGN_NAMES = (
    "Anna Müller",
    "James O’Connor",
    "Łukasz Kowalski",
    "Nguyễn Thị Hương",
    "Amir Hosseini",
    "María José García",
    "Sofia Rossi",
    "Chukwuemeka Okafor",
    "Pierre Lefèvre",
    "Aiko Tanaka",
    "Dmitri Sokolov",
    "Priya Raghunathan",
)

MAIL_DOMAINS = ("example.com", "example.org", "example.net")


class Someone(NamedTuple):
    """An invented person; the fields are those of people.models.Person."""

    full_name: str
    name_pinyin: str
    name_initials: str
    mobile: str
    email: str
    is_foreign: bool


def someone(dice: random.Random, number: int, *, wanted: str | None = None) -> Someone:
    """The person of that ``number`` (0 to 99,999,999, which makes the mobile); ``wanted`` fixes the name."""
    full_name = wanted or invented_name(dice)
    pinyin, initials = spelled(full_name)
    is_foreign = full_name in FOREIGN_NAMES
    mobile = f"+447700900{number % 1000:03d}" if is_foreign else f"+86160{number:08d}"
    local = "".join(letter for letter in pinyin if letter.isascii()) or "guest"
    email = f"{local[:24]}{number % 10_000:04d}@{MAIL_DOMAINS[number % len(MAIL_DOMAINS)]}"
    return Someone(full_name, pinyin, initials, mobile, email, is_foreign)


def invented_name(dice: random.Random) -> str:
    """A name as one meets it: mostly two or three characters, sometimes a compound surname."""
    surname = (
        dice.choice(COMPOUND_SURNAMES)
        if dice.random() < 0.015
        else dice.choices(SURNAMES, weights=WEIGHTS)[0]
    )
    return surname + dice.choice(GIVEN)


def remarkable_names(dice: random.Random) -> list[str]:
    """Every rare, minority and foreign name once, mixed: the first people of a demo."""
    names = [*RARE_NAMES, *MINORITY_NAMES, *FOREIGN_NAMES]
    dice.shuffle(names)
    return names
