"""First-level disciplines by their four digits, after the national catalogue for doctors and masters."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

from shared.language import in_language


class Discipline(NamedTuple):
    """A first-level discipline."""

    code: str
    name_zh: str
    name_en: str

    @property
    def name(self) -> str:
        """Its name in the reader's language."""
        return in_language(self.name_zh, self.name_en)


# Only those whose code the catalogues of 2018 and 2022 agree on, and the new ones of 2022 that are certain.
DISCIPLINES: tuple[Discipline, ...] = tuple(
    Discipline(*line.split("|"))
    for line in """
0101|哲学|Philosophy
0201|理论经济学|Theoretical Economics
0202|应用经济学|Applied Economics
0301|法学|Law
0302|政治学|Political Science
0303|社会学|Sociology
0304|民族学|Ethnology
0305|马克思主义理论|Marxist Theory
0306|公安学|Public Security Studies
0401|教育学|Education
0402|心理学|Psychology
0403|体育学|Sports Science
0501|中国语言文学|Chinese Language and Literature
0502|外国语言文学|Foreign Languages and Literatures
0503|新闻传播学|Journalism and Communication
0601|考古学|Archaeology
0602|中国史|Chinese History
0603|世界史|World History
0701|数学|Mathematics
0702|物理学|Physics
0703|化学|Chemistry
0704|天文学|Astronomy
0705|地理学|Geography
0706|大气科学|Atmospheric Sciences
0707|海洋科学|Marine Sciences
0708|地球物理学|Geophysics
0709|地质学|Geology
0710|生物学|Biology
0711|系统科学|Systems Science
0712|科学技术史|History of Science and Technology
0713|生态学|Ecology
0714|统计学|Statistics
0801|力学|Mechanics
0802|机械工程|Mechanical Engineering
0803|光学工程|Optical Engineering
0804|仪器科学与技术|Instrument Science and Technology
0805|材料科学与工程|Materials Science and Engineering
0806|冶金工程|Metallurgical Engineering
0807|动力工程及工程热物理|Power Engineering and Engineering Thermophysics
0808|电气工程|Electrical Engineering
0809|电子科学与技术|Electronic Science and Technology
0810|信息与通信工程|Information and Communication Engineering
0811|控制科学与工程|Control Science and Engineering
0812|计算机科学与技术|Computer Science and Technology
0813|建筑学|Architecture
0814|土木工程|Civil Engineering
0815|水利工程|Hydraulic Engineering
0816|测绘科学与技术|Surveying and Mapping
0817|化学工程与技术|Chemical Engineering and Technology
0818|地质资源与地质工程|Geological Resources and Geological Engineering
0819|矿业工程|Mining Engineering
0820|石油与天然气工程|Oil and Natural Gas Engineering
0821|纺织科学与工程|Textile Science and Engineering
0822|轻工技术与工程|Light Industry Technology and Engineering
0823|交通运输工程|Transportation Engineering
0824|船舶与海洋工程|Naval Architecture and Ocean Engineering
0825|航空宇航科学与技术|Aerospace Science and Technology
0826|兵器科学与技术|Armament Science and Technology
0827|核科学与技术|Nuclear Science and Technology
0828|农业工程|Agricultural Engineering
0829|林业工程|Forestry Engineering
0830|环境科学与工程|Environmental Science and Engineering
0831|生物医学工程|Biomedical Engineering
0832|食品科学与工程|Food Science and Engineering
0833|城乡规划学|Urban and Rural Planning
0835|软件工程|Software Engineering
0836|生物工程|Bioengineering
0837|安全科学与工程|Safety Science and Engineering
0838|公安技术|Public Security Technology
0839|网络空间安全|Cyberspace Security
0901|作物学|Crop Science
0902|园艺学|Horticulture
0903|农业资源与环境|Agricultural Resources and Environment
0904|植物保护|Plant Protection
0905|畜牧学|Animal Science
0906|兽医学|Veterinary Medicine
0907|林学|Forestry
0908|水产|Fisheries
0909|草学|Grassland Science
1001|基础医学|Basic Medicine
1002|临床医学|Clinical Medicine
1003|口腔医学|Stomatology
1004|公共卫生与预防医学|Public Health and Preventive Medicine
1005|中医学|Traditional Chinese Medicine
1006|中西医结合|Integrated Chinese and Western Medicine
1007|药学|Pharmacy
1008|中药学|Chinese Materia Medica
1009|特种医学|Special Medicine
1011|护理学|Nursing
1201|管理科学与工程|Management Science and Engineering
1202|工商管理学|Business Administration
1203|农林经济管理|Agricultural and Forestry Economics and Management
1204|公共管理学|Public Administration
1205|信息资源管理|Information Resources Management
1301|艺术学|Art Studies
1401|集成电路科学与工程|Integrated Circuit Science and Engineering
1402|国家安全学|National Security Studies
""".strip().splitlines()
)

# Names before 2022 that people still write.
_EARLIER_NAMES = {
    "工商管理": "1202",
    "公共管理": "1204",
    "图书情报与档案管理": "1205",
    "农林经济管理学": "1203",
}


@cache
def _by_name() -> dict[str, Discipline]:
    known = {discipline.code: discipline for discipline in DISCIPLINES}
    names = {_folded(d.name_zh): d for d in DISCIPLINES} | {_folded(d.name_en): d for d in DISCIPLINES}
    return known | names | {_folded(name): known[code] for name, code in _EARLIER_NAMES.items()}


def discipline_typed(text: str) -> Discipline | None:
    """The discipline by its code, its Chinese or English name, or ``0812 计算机科学与技术``; None when there is none."""
    folded = _folded(text)
    return _by_name().get(folded) or _by_name().get(folded[:4] if folded[:4].isdigit() else "")


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).lower().split())
