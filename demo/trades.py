"""What the invented people studied, where, and who in the province hires for it.

Universities are real, because a list of alma maters is only worth looking at when one knows them. Every employer
is invented: nobody real is said to have signed anybody.
"""

from __future__ import annotations

from typing import NamedTuple

UNIVERSITIES = (
    "北京大学",
    "清华大学",
    "复旦大学",
    "上海交通大学",
    "浙江大学",
    "南京大学",
    "中国科学技术大学",
    "华中科技大学",
    "武汉大学",
    "西安交通大学",
    "哈尔滨工业大学",
    "中山大学",
    "四川大学",
    "北京航空航天大学",
    "北京理工大学",
    "东南大学",
    "同济大学",
    "中国人民大学",
    "北京师范大学",
    "南开大学",
    "天津大学",
    "山东大学",
    "厦门大学",
    "吉林大学",
    "大连理工大学",
    "中南大学",
    "西北工业大学",
    "华南理工大学",
    "兰州大学",
    "重庆大学",
    "北京科技大学",
    "中国矿业大学",
    "中国石油大学（北京）",
    "华东理工大学",
    "南京航空航天大学",
    "南京理工大学",
    "河海大学",
    "江南大学",
    "中国农业大学",
    "西北农林科技大学",
    "中国药科大学",
    "上海大学",
    "苏州大学",
    "郑州大学",
    "太原理工大学",
    "山西大学",
    "中北大学",
    "山西医科大学",
    "山西农业大学",
    "中国科学院大学",
)
UNIVERSITIES_ABROAD = (
    "National University of Singapore",
    "ETH Zürich",
    "TU München",
    "Imperial College London",
    "University of Manchester",
    "The University of Tokyo",
    "KU Leuven",
    "University of Melbourne",
    "Politecnico di Milano",
    "University of Toronto",
    "香港科技大学",
    "香港理工大学",
    "澳门大学",
)
# The tour city's own universities send most of those who register there.
NEAR = {
    "上海": ("复旦大学", "上海交通大学", "同济大学", "华东理工大学", "上海大学"),
    "北京": (
        "北京大学",
        "清华大学",
        "北京航空航天大学",
        "北京理工大学",
        "北京科技大学",
        "中国科学院大学",
        "中国农业大学",
    ),
    "杭州": ("浙江大学", "浙江大学", "浙江大学", "上海交通大学"),
    "南京": ("南京大学", "东南大学", "南京航空航天大学", "南京理工大学", "河海大学", "中国药科大学"),
    "太原": ("太原理工大学", "山西大学", "中北大学", "山西医科大学"),
}


class Trade(NamedTuple):
    """One field of work: what people research, what employers call the posts."""

    key: str
    research_fields: tuple[str, ...]
    positions: tuple[str, ...]


TRADES = {
    trade.key: trade
    for trade in (
        Trade(
            "coal",
            (
                "煤制烯烃催化剂",
                "煤基碳材料与超级电容",
                "低阶煤清洁转化",
                "煤矸石资源化利用",
                "煤层气高效开采",
                "CO₂捕集与驱替",
            ),
            ("煤化工工艺研究员", "催化剂研发工程师", "碳捕集项目负责人"),
        ),
        Trade(
            "materials",
            (
                "高温合金与增材制造",
                "镁合金塑性加工",
                "碳化硅单晶生长",
                "特种不锈钢焊接冶金",
                "碳纤维复合材料",
                "玄武岩纤维",
                "钕铁硼永磁材料",
            ),
            ("新材料研发工程师", "材料表征平台主管", "轧制工艺专家"),
        ),
        Trade(
            "energy",
            (
                "固态锂电池界面",
                "氢能储运安全",
                "风光储一体化调度",
                "光伏钙钛矿叠层器件",
                "新型电力系统稳定控制",
                "地热能利用",
            ),
            ("储能系统研究员", "氢能装备工程师", "电网数字化高级工程师"),
        ),
        Trade(
            "machines",
            ("重型机械液压传动", "轨道交通轮轴疲劳", "智能采掘装备", "工业机器人控制", "精密铸造数值模拟"),
            ("装备研发副主任设计师", "智能制造工程师", "机器人算法工程师"),
        ),
        Trade(
            "medicine",
            (
                "抗体药物工程",
                "道地药材黄芪质量标准",
                "肿瘤免疫治疗",
                "脑卒中康复",
                "医学影像智能诊断",
                "小儿血液病",
            ),
            ("药物研发科学家", "临床研究员", "中药资源研究员"),
        ),
        Trade(
            "farming",
            ("旱作小杂粮育种", "老陈醋微生物组", "果树节水灌溉", "有机旱作农业", "羊种质资源", "植物病理"),
            ("育种研究员", "食品微生物研究员", "农业技术推广研究员"),
        ),
        Trade(
            "computing",
            (
                "多模态大模型",
                "工业互联网安全",
                "矿山数字孪生",
                "联邦学习与隐私计算",
                "半导体工艺仿真",
                "时空数据挖掘",
            ),
            ("算法工程师", "数据中心架构师", "信息安全研究员"),
        ),
        Trade(
            "culture",
            (
                "古建筑木结构保护",
                "云冈石窟石质文物风化",
                "旧石器考古",
                "文化遗产数字化",
                "晋商金融史",
                "公共政策与区域发展",
            ),
            ("文物保护工程师", "考古研究员", "青年教师"),
        ),
    )
}
TRADE_WEIGHTS = {
    "coal": 15, "materials": 20, "energy": 18, "machines": 12, "medicine": 15, "farming": 8, "computing": 14, "culture": 7,
}  # fmt: skip


class InventedEmployer(NamedTuple):
    """One employer, with its host city's English name and the trades it hires in."""

    name_zh: str
    name_en: str
    industry_zh: str
    industry_en: str
    city: str
    trades: tuple[str, ...]


EMPLOYERS = (
    InventedEmployer("晋源特种钢研究院", "Jinyuan Special Steel Institute", "新材料", "New materials", "Taiyuan", ("materials",)),
    InventedEmployer("并州重型机械股份有限公司", "Bingzhou Heavy Machinery", "装备制造", "Equipment manufacturing", "Taiyuan", ("machines", "materials")),
    InventedEmployer("汾河理工大学", "Fenhe University of Technology", "高等院校", "University", "Taiyuan", ("coal", "materials", "machines", "computing", "energy", "culture")),
    InventedEmployer("龙城第一人民医院", "Longcheng First People's Hospital", "医疗卫生", "Health care", "Taiyuan", ("medicine",)),
    InventedEmployer("唐槐智能科技有限公司", "Tanghuai Intelligence", "信息技术", "Information technology", "Taiyuan", ("computing",)),
    InventedEmployer("三晋能源科学实验室", "Sanjin Energy Laboratory", "科研院所", "Research institute", "Taiyuan", ("energy", "coal")),
    InventedEmployer("晋阳湖数据港", "Jinyang Lake Data Port", "大数据", "Data centres", "Taiyuan", ("computing", "energy")),
    InventedEmployer("太行光机电产业研究院", "Taihang Optomechatronics Institute", "光机电", "Optomechatronics", "Jincheng", ("machines", "computing", "materials")),
    InventedEmployer("丹河煤层气开发有限公司", "Danhe Coalbed Methane", "清洁能源", "Clean energy", "Jincheng", ("coal", "energy")),
    InventedEmployer("泽州铸造新材料有限公司", "Zezhou Casting Materials", "精密铸造", "Precision casting", "Jincheng", ("materials", "machines")),
    InventedEmployer("沁水古堡文化遗产中心", "Qinshui Castle Heritage Centre", "文化旅游", "Culture and heritage", "Jincheng", ("culture",)),
    InventedEmployer("吕梁山白酒与食品研究所", "Lüliang Spirits and Food Institute", "食品工业", "Food industry", "Lüliang", ("farming",)),
    InventedEmployer("离石铝镁新材料集团", "Lishi Aluminium & Magnesium", "铝镁新材料", "Light metals", "Lüliang", ("materials",)),
    InventedEmployer("黄河氢能装备有限公司", "Yellow River Hydrogen", "氢能", "Hydrogen", "Lüliang", ("energy", "machines")),
    InventedEmployer("河东生物医药股份有限公司", "Hedong Biopharma", "生物医药", "Biomedicine", "Yuncheng", ("medicine",)),
    InventedEmployer("盐湖现代农业研究院", "Salt Lake Agricultural Institute", "现代农业", "Modern farming", "Yuncheng", ("farming",)),
    InventedEmployer("中条山镁合金有限公司", "Zhongtiao Magnesium Alloys", "镁合金", "Magnesium alloys", "Yuncheng", ("materials",)),
    InventedEmployer("云州石窟保护研究院", "Yunzhou Grottoes Conservation Institute", "文物保护", "Relics conservation", "Datong", ("culture",)),
    InventedEmployer("塞北风光储能有限公司", "Saibei Wind & Storage", "新能源", "Renewables", "Shuozhou", ("energy", "coal")),
    InventedEmployer("上党中药研究所", "Shangdang Institute of Chinese Medicine", "中医药", "Chinese medicine", "Changzhi", ("medicine", "farming")),
    InventedEmployer("介休碳基材料有限公司", "Jiexiu Carbon Materials", "碳基新材料", "Carbon materials", "Jinzhong", ("coal", "materials")),
    InventedEmployer("平阳师范学院", "Pingyang Normal College", "高等院校", "University", "Linfen", ("culture", "computing", "farming")),
)  # fmt: skip
# The demo account "employer" belongs to this one.
CONTACTS_EMPLOYER = "汾河理工大学"

CHANNELS = ("career-office", "wechat", "poster", "alumni", "website", None)
CHANNEL_NAMES = {
    "career-office": "高校就业指导中心", "wechat": "微信公众号", "poster": "校园海报", "alumni": "山西籍校友会",
}  # fmt: skip
"""What an organiser has put on the list; the website is not on it."""
CHANNEL_WEIGHTS = (34, 30, 14, 9, 8, 5)

# What a recruiter writes down, by how far the talk has come.
NOTES_UNREACHED = (
    "无人接听，明日上午再拨。",
    "已发微信好友申请，待通过。",
    "邮件已发，未回复。",
    "正在开组会，约晚上八点后联系。",
)
NOTES_FIRST = (
    "有意回晋工作，关心科研启动费和实验室条件。",
    "仍在写毕业论文，预计明年六月答辩，愿意先了解岗位。",
    "配偶在太原工作，回来意愿强。",
    "手上有两个沿海城市的邀约，希望对比待遇。",
    "问子女入学政策，已转人才服务专员。",
    "对柔性引才感兴趣，每年可来晋工作两个月。",
)
NOTES_FURTHER = (
    "简历已转用人单位，对方希望本周视频面谈。",
    "单位反馈方向契合，安排实地考察。",
    "一人一策方案已报市委人才办，等待批复。",
    "第二轮面谈通过，商谈岗位级别。",
    "已发意向书，请对方一周内答复。",
    "安家费与服务期已说明，对方无异议。",
)
