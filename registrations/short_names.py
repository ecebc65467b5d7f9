"""Universities by the short names that everybody says: 太理工, 北大, 哈工大, TYUT, or the pinyin of them."""

from __future__ import annotations

from functools import lru_cache

from people.folding import as_pinyin, folded, is_han
from people.spelling import spelled
from shared.universities import UNIVERSITIES

# What is said besides the aliases of shared/universities.py. Those must each mean one university, because a form
# takes one from them; a search may find several, so here 山大 is of Shanxi and of Shandong.
SHORT_NAMES: dict[str, tuple[str, ...]] = {
    name: tuple(short.split())
    for name, short in (
        line.split("|")
        for line in """
太原理工大学|太理工 太理 太原理工 太工 tyut
山西大学|山大 sxu
中北大学|中北 nuc
山西医科大学|山医 山医大 山西医大 sxmu
山西农业大学|山农 山农大 山西农大 sxau
山西师范大学|山师 山西师大 晋师大 sxnu
山西财经大学|山财 山财大 山西财大 sxufe
太原科技大学|太科 太科大 太原科大 tyust
山西大同大学|同大 大同大学
北京大学|北大 pku
清华大学|清华 thu
中国人民大学|人大 人民大学 ruc
北京航空航天大学|北航 buaa
北京理工大学|北理 北理工 bit
中国农业大学|中农 中国农大 农大 cau
北京师范大学|北师 北师大 bnu
北京科技大学|北科 北科大 ustb
北京化工大学|北化 北化工 buct
北京交通大学|北交 北京交大 北交大 bjtu
北京邮电大学|北邮 bupt
中国科学院大学|国科大 中科院大学 ucas
中国矿业大学|矿大 中国矿大 cumt
中国石油大学|石大 中石大 石油大学 cup upc
中国地质大学|地大 中国地大 cug
华北电力大学|华电 华北电力 ncepu
南开大学|南开 nku
天津大学|天大 tju
大连理工大学|大工 大连理工 dlut dut
东北大学|东大 neu
吉林大学|吉大 jlu
哈尔滨工业大学|哈工大 哈工 hit
哈尔滨工程大学|哈工程 hrbeu heu
复旦大学|复旦 fdu
同济大学|同济
上海交通大学|上交 上海交大 上交大 交大 sjtu
华东理工大学|华理 华理工 华东理工 ecust
华东师范大学|华师大 华东师大 ecnu
上海大学|上大 shu
南京大学|南大 nju
东南大学|东南 东大 seu
南京航空航天大学|南航 nuaa
南京理工大学|南理 南理工 njust
河海大学|河海 hhu
苏州大学|苏大 suda
浙江大学|浙大 zju
中国科学技术大学|中科大 中国科大 科大 ustc
合肥工业大学|合工大 hfut
厦门大学|厦大 xmu
福州大学|福大 fzu
山东大学|山大 山东大学 sdu
中国海洋大学|海大 中国海大 中海大 ouc
郑州大学|郑大 zzu
武汉大学|武大 whu
华中科技大学|华科 华中科大 华科大 hust
武汉理工大学|武理 武理工 武汉理工 whut
中南大学|中南 csu
湖南大学|湖大 hnu
国防科技大学|国防科大 国科 nudt
中山大学|中大 sysu
华南理工大学|华工 华南理工 scut
暨南大学|暨大 jnu
南方科技大学|南科 南科大 sustech
深圳大学|深大 szu
四川大学|川大 scu
电子科技大学|电子科大 成电 uestc
西南交通大学|西南交大 swjtu
重庆大学|重大 cqu
西南大学|西大 swu
西安交通大学|西交 西安交大 西交大 交大 xjtu
西北工业大学|西工大 西北工大 nwpu npu
西安电子科技大学|西电 xdu
西北大学|西大 nwu
西北农林科技大学|西农 西北农林 nwafu
长安大学|长大 chd
兰州大学|兰大 lzu
云南大学|云大 ynu
广西大学|西大 gxu
贵州大学|贵大 gzu
海南大学|海大 hainanu
新疆大学|新大 xju
内蒙古大学|内大 内蒙古大学 imu
宁夏大学|宁大 nxu
香港大学|港大 hku
香港科技大学|港科 港科大 hkust
香港中文大学|港中大 港中文 中大 cuhk
澳门大学|澳大 澳门大学 um
""".strip().splitlines()
    )
}
SHORTEST_BEGINNING = 4
"""So many letters of the pinyin must be typed before its beginning is enough."""


@lru_cache(maxsize=5_000)
def universities_named(text: str) -> tuple[str, ...]:
    """The full names that ``text`` is short for, by a short name, its pinyin, or the initials of the full name."""
    wanted = folded(text)
    if len(wanted) < 2:
        return ()
    if is_han(wanted[0]):
        return tuple(name for name, short, _sounds, _letters in _known() if wanted in short)
    sound = as_pinyin(wanted)
    return tuple(
        name
        for name, short, sounds, letters in _known()
        if wanted in short
        or wanted == letters
        or any(sound == one or (len(sound) >= SHORTEST_BEGINNING and one.startswith(sound)) for one in sounds)
    )


@lru_cache(maxsize=1)
def _known() -> list[tuple[str, frozenset[str], tuple[str, ...], str]]:
    """Each university's full name, its short names, the pinyin of all its names, and its initials."""
    known = []
    for university in UNIVERSITIES:
        aliases = (alias.partition("（")[0] for alias in university.aliases)
        short = tuple(dict.fromkeys((*SHORT_NAMES.get(university.name_zh, ()), *aliases)))
        read = [as_pinyin(spelled(name)[0]) for name in (university.name_zh, *short) if is_han(name[0])]
        known.append(
            (university.name_zh, frozenset(map(folded, short)), tuple(read), spelled(university.name_zh)[1])
        )
    return known
