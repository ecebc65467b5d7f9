"""Universities that the form offers while one types; any other may be typed as well."""

from __future__ import annotations

from typing import NamedTuple


class University(NamedTuple):
    """A university's own names."""

    name_zh: str
    name_en: str


UNIVERSITIES: tuple[University, ...] = tuple(
    University(*line.split("|"))
    for line in """
太原理工大学|Taiyuan University of Technology
山西大学|Shanxi University
中北大学|North University of China
山西医科大学|Shanxi Medical University
山西农业大学|Shanxi Agricultural University
山西师范大学|Shanxi Normal University
山西财经大学|Shanxi University of Finance and Economics
太原科技大学|Taiyuan University of Science and Technology
山西大同大学|Shanxi Datong University
北京大学|Peking University
清华大学|Tsinghua University
中国人民大学|Renmin University of China
北京航空航天大学|Beihang University
北京理工大学|Beijing Institute of Technology
中国农业大学|China Agricultural University
北京师范大学|Beijing Normal University
北京科技大学|University of Science and Technology Beijing
北京化工大学|Beijing University of Chemical Technology
北京交通大学|Beijing Jiaotong University
北京邮电大学|Beijing University of Posts and Telecommunications
中国科学院大学|University of Chinese Academy of Sciences
中国矿业大学|China University of Mining and Technology
中国石油大学|China University of Petroleum
中国地质大学|China University of Geosciences
华北电力大学|North China Electric Power University
南开大学|Nankai University
天津大学|Tianjin University
大连理工大学|Dalian University of Technology
东北大学|Northeastern University (China)
吉林大学|Jilin University
哈尔滨工业大学|Harbin Institute of Technology
哈尔滨工程大学|Harbin Engineering University
复旦大学|Fudan University
同济大学|Tongji University
上海交通大学|Shanghai Jiao Tong University
华东理工大学|East China University of Science and Technology
华东师范大学|East China Normal University
上海大学|Shanghai University
南京大学|Nanjing University
东南大学|Southeast University
南京航空航天大学|Nanjing University of Aeronautics and Astronautics
南京理工大学|Nanjing University of Science and Technology
河海大学|Hohai University
苏州大学|Soochow University
浙江大学|Zhejiang University
中国科学技术大学|University of Science and Technology of China
合肥工业大学|Hefei University of Technology
厦门大学|Xiamen University
福州大学|Fuzhou University
山东大学|Shandong University
中国海洋大学|Ocean University of China
郑州大学|Zhengzhou University
武汉大学|Wuhan University
华中科技大学|Huazhong University of Science and Technology
武汉理工大学|Wuhan University of Technology
中南大学|Central South University
湖南大学|Hunan University
国防科技大学|National University of Defense Technology
中山大学|Sun Yat-sen University
华南理工大学|South China University of Technology
暨南大学|Jinan University
南方科技大学|Southern University of Science and Technology
深圳大学|Shenzhen University
四川大学|Sichuan University
电子科技大学|University of Electronic Science and Technology of China
西南交通大学|Southwest Jiaotong University
重庆大学|Chongqing University
西南大学|Southwest University
西安交通大学|Xi'an Jiaotong University
西北工业大学|Northwestern Polytechnical University
西安电子科技大学|Xidian University
西北大学|Northwest University
西北农林科技大学|Northwest A&F University
长安大学|Chang'an University
兰州大学|Lanzhou University
云南大学|Yunnan University
广西大学|Guangxi University
贵州大学|Guizhou University
海南大学|Hainan University
新疆大学|Xinjiang University
内蒙古大学|Inner Mongolia University
宁夏大学|Ningxia University
香港大学|The University of Hong Kong
香港科技大学|The Hong Kong University of Science and Technology
香港中文大学|The Chinese University of Hong Kong
澳门大学|University of Macau
""".strip().splitlines()
)
