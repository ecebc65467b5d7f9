"""Universities and institutes by their names, former names and short names; any other may be typed as well.

The five digits are the Ministry of Education's code of the institution; empty where there is none or it is not certain.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

from shared.language import in_language


class University(NamedTuple):
    """A university: its code (may be empty), its own names, and what else people call it or called it."""

    code: str
    name_zh: str
    name_en: str
    aliases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in the reader's language."""
        return in_language(self.name_zh, self.name_en)


def _read(line: str) -> University:
    code, name_zh, name_en, aliases = (*line.split("|"), "")[:4]
    return University(code, name_zh, name_en, tuple(aliases.split("、")) if aliases else ())


# Those of the province first: they are looked for most.
UNIVERSITIES: tuple[University, ...] = tuple(
    _read(line)
    for line in """
10112|太原理工大学|Taiyuan University of Technology|太原理工、太原工业大学、山西矿业学院、TYUT
10108|山西大学|Shanxi University|山大（太原）、SXU
10110|中北大学|North University of China|华北工学院、太原机械学院
10114|山西医科大学|Shanxi Medical University|山西医学院、山医大
10113|山西农业大学|Shanxi Agricultural University|山西农大
10118|山西师范大学|Shanxi Normal University|山西师大
10125|山西财经大学|Shanxi University of Finance and Economics|山西财大、山西财经学院
10109|太原科技大学|Taiyuan University of Science and Technology|太原重型机械学院、太重、太科大
10120|山西大同大学|Shanxi Datong University|大同大学
10119|太原师范学院|Taiyuan Normal University|太原师院
10117|长治医学院|Changzhi Medical College|晋东南医学专科学校
10121|晋中学院|Jinzhong University|晋中师范高等专科学校
10122|长治学院|Changzhi University|晋东南师范专科学校
10123|运城学院|Yuncheng University|运城高等专科学校
10124|忻州师范学院|Xinzhou Normal University|忻州师院
10809|山西中医药大学|Shanxi University of Chinese Medicine|山西中医学院
10812|吕梁学院|Lüliang University|吕梁高等专科学校
10001|北京大学|Peking University|北大、PKU、北京医科大学
10002|中国人民大学|Renmin University of China|人大、人民大学、RUC
10003|清华大学|Tsinghua University|清华、THU
10004|北京交通大学|Beijing Jiaotong University|北交大、北方交通大学、BJTU
10005|北京工业大学|Beijing University of Technology|北工大、BJUT
10006|北京航空航天大学|Beihang University|北航、北京航空学院、BUAA
10007|北京理工大学|Beijing Institute of Technology|北理工、北京工业学院、BIT
10008|北京科技大学|University of Science and Technology Beijing|北科大、北京钢铁学院、USTB
10009|北方工业大学|North China University of Technology|
10010|北京化工大学|Beijing University of Chemical Technology|北化、北京化工学院、BUCT
10011|北京工商大学|Beijing Technology and Business University|
10013|北京邮电大学|Beijing University of Posts and Telecommunications|北邮、北京邮电学院、BUPT
10016|北京建筑大学|Beijing University of Civil Engineering and Architecture|北京建筑工程学院
10017|北京石油化工学院|Beijing Institute of Petrochemical Technology|
10019|中国农业大学|China Agricultural University|中农大、北京农业大学、CAU
10022|北京林业大学|Beijing Forestry University|北林、北京林学院
10023|北京协和医学院|Peking Union Medical College|协和、中国协和医科大学、PUMC
10025|首都医科大学|Capital Medical University|首医、北京第二医学院
10026|北京中医药大学|Beijing University of Chinese Medicine|北中医、北京中医学院
10027|北京师范大学|Beijing Normal University|北师大、BNU
10028|首都师范大学|Capital Normal University|首师大、北京师范学院
10030|北京外国语大学|Beijing Foreign Studies University|北外、北京外国语学院
10032|北京语言大学|Beijing Language and Culture University|北语、北京语言学院
10033|中国传媒大学|Communication University of China|中传、北京广播学院
10034|中央财经大学|Central University of Finance and Economics|中财、央财、中央财政金融学院
10036|对外经济贸易大学|University of International Business and Economics|贸大、UIBE
10038|首都经济贸易大学|Capital University of Economics and Business|首经贸
10041|中国人民公安大学|People's Public Security University of China|公安大学
10052|中央民族大学|Minzu University of China|中央民族学院
10053|中国政法大学|China University of Political Science and Law|法大、北京政法学院
10054|华北电力大学|North China Electric Power University|华电、华北电力学院、NCEPU
11413|中国矿业大学（北京）|China University of Mining and Technology, Beijing|矿大北京
11414|中国石油大学（北京）|China University of Petroleum, Beijing|石大北京
11415|中国地质大学（北京）|China University of Geosciences, Beijing|地大北京
14430|中国科学院大学|University of Chinese Academy of Sciences|国科大、中国科学院研究生院、中科院研究生院、UCAS
14596|中国社会科学院大学|University of Chinese Academy of Social Sciences|社科大
10055|南开大学|Nankai University|南开、NKU
10056|天津大学|Tianjin University|天大、北洋大学、TJU
10057|天津科技大学|Tianjin University of Science and Technology|天津轻工业学院
10058|天津工业大学|Tiangong University|天工大、天津纺织工学院
10059|中国民航大学|Civil Aviation University of China|中航大、中国民用航空学院
10060|天津理工大学|Tianjin University of Technology|天津理工学院
10062|天津医科大学|Tianjin Medical University|天津医学院
10063|天津中医药大学|Tianjin University of Traditional Chinese Medicine|天津中医学院
10065|天津师范大学|Tianjin Normal University|天津师大
10070|天津财经大学|Tianjin University of Finance and Economics|天津财经学院
10075|河北大学|Hebei University|
10076|河北工程大学|Hebei University of Engineering|
10080|河北工业大学|Hebei University of Technology|河北工学院、河工大
10081|华北理工大学|North China University of Science and Technology|河北联合大学
10082|河北科技大学|Hebei University of Science and Technology|
10086|河北农业大学|Hebei Agricultural University|
10089|河北医科大学|Hebei Medical University|河北医学院
10094|河北师范大学|Hebei Normal University|河北师大
10107|石家庄铁道大学|Shijiazhuang Tiedao University|石家庄铁道学院
10216|燕山大学|Yanshan University|东北重型机械学院
10126|内蒙古大学|Inner Mongolia University|内大
10127|内蒙古科技大学|Inner Mongolia University of Science and Technology|包头钢铁学院
10128|内蒙古工业大学|Inner Mongolia University of Technology|内蒙古工学院
10129|内蒙古农业大学|Inner Mongolia Agricultural University|
10132|内蒙古医科大学|Inner Mongolia Medical University|内蒙古医学院
10135|内蒙古师范大学|Inner Mongolia Normal University|
10140|辽宁大学|Liaoning University|辽大
10141|大连理工大学|Dalian University of Technology|大工、大连工学院、DUT
10142|沈阳工业大学|Shenyang University of Technology|
10143|沈阳航空航天大学|Shenyang Aerospace University|沈阳航空工业学院
10145|东北大学|Northeastern University (China)|东北工学院、NEU
10147|辽宁工程技术大学|Liaoning Technical University|阜新矿业学院
10150|大连交通大学|Dalian Jiaotong University|大连铁道学院
10151|大连海事大学|Dalian Maritime University|大连海运学院、DMU
10153|沈阳建筑大学|Shenyang Jianzhu University|
10157|沈阳农业大学|Shenyang Agricultural University|沈阳农学院
10159|中国医科大学|China Medical University|
10161|大连医科大学|Dalian Medical University|大连医学院
10163|沈阳药科大学|Shenyang Pharmaceutical University|沈阳药学院
10165|辽宁师范大学|Liaoning Normal University|
10173|东北财经大学|Dongbei University of Finance and Economics|东财、辽宁财经学院
10183|吉林大学|Jilin University|吉大、吉林工业大学、白求恩医科大学、长春科技大学、JLU
10184|延边大学|Yanbian University|
10186|长春理工大学|Changchun University of Science and Technology|长春光学精密机械学院
10188|东北电力大学|Northeast Electric Power University|东北电力学院
10190|长春工业大学|Changchun University of Technology|吉林工学院
10193|吉林农业大学|Jilin Agricultural University|
10200|东北师范大学|Northeast Normal University|东北师大
10212|黑龙江大学|Heilongjiang University|黑大
10213|哈尔滨工业大学|Harbin Institute of Technology|哈工大、HIT
10214|哈尔滨理工大学|Harbin University of Science and Technology|哈理工
10217|哈尔滨工程大学|Harbin Engineering University|哈工程、哈尔滨船舶工程学院
10219|黑龙江科技大学|Heilongjiang University of Science and Technology|黑龙江矿业学院
10220|东北石油大学|Northeast Petroleum University|大庆石油学院
10224|东北农业大学|Northeast Agricultural University|东北农学院
10225|东北林业大学|Northeast Forestry University|东林、东北林学院
10226|哈尔滨医科大学|Harbin Medical University|哈医大
10246|复旦大学|Fudan University|复旦、上海医科大学、FDU
10247|同济大学|Tongji University|同济、上海铁道大学
10248|上海交通大学|Shanghai Jiao Tong University|上交、上海交大、上海第二医科大学、SJTU
10251|华东理工大学|East China University of Science and Technology|华理、华东化工学院、ECUST
10252|上海理工大学|University of Shanghai for Science and Technology|上理工、华东工业大学
10254|上海海事大学|Shanghai Maritime University|上海海运学院
10255|东华大学|Donghua University|中国纺织大学、华东纺织工学院
10256|上海电力大学|Shanghai University of Electric Power|上海电力学院
10259|上海应用技术大学|Shanghai Institute of Technology|
10264|上海海洋大学|Shanghai Ocean University|上海水产大学
10268|上海中医药大学|Shanghai University of Traditional Chinese Medicine|上海中医学院
10269|华东师范大学|East China Normal University|华师大、华东师大、ECNU
10270|上海师范大学|Shanghai Normal University|上师大
10271|上海外国语大学|Shanghai International Studies University|上外、上海外国语学院
10272|上海财经大学|Shanghai University of Finance and Economics|上财、上海财经学院
10276|华东政法大学|East China University of Political Science and Law|华政、华东政法学院
10280|上海大学|Shanghai University|上大、上海工业大学、上海科学技术大学
10856|上海工程技术大学|Shanghai University of Engineering Science|
14423|上海科技大学|ShanghaiTech University|上科大
10284|南京大学|Nanjing University|南大、NJU
10285|苏州大学|Soochow University|苏大、江苏师范学院
10286|东南大学|Southeast University|南京工学院、SEU
10287|南京航空航天大学|Nanjing University of Aeronautics and Astronautics|南航、南京航空学院、NUAA
10288|南京理工大学|Nanjing University of Science and Technology|南理工、华东工学院、NJUST
10289|江苏科技大学|Jiangsu University of Science and Technology|华东船舶工业学院
10290|中国矿业大学|China University of Mining and Technology|矿大、中国矿业学院、CUMT
10291|南京工业大学|Nanjing Tech University|南工大、南京化工大学
10292|常州大学|Changzhou University|江苏石油化工学院
10293|南京邮电大学|Nanjing University of Posts and Telecommunications|南邮、南京邮电学院
10294|河海大学|Hohai University|华东水利学院、HHU
10295|江南大学|Jiangnan University|无锡轻工大学、无锡轻工业学院
10298|南京林业大学|Nanjing Forestry University|南林、南京林学院
10299|江苏大学|Jiangsu University|江苏理工大学、江苏工学院
10300|南京信息工程大学|Nanjing University of Information Science and Technology|南信大、南京气象学院、NUIST
10304|南通大学|Nantong University|南通医学院、南通工学院
10307|南京农业大学|Nanjing Agricultural University|南农、南京农学院
10312|南京医科大学|Nanjing Medical University|南医大、南京医学院
10313|徐州医科大学|Xuzhou Medical University|徐州医学院
10315|南京中医药大学|Nanjing University of Chinese Medicine|南京中医学院
10316|中国药科大学|China Pharmaceutical University|南京药学院
10319|南京师范大学|Nanjing Normal University|南师大
10320|江苏师范大学|Jiangsu Normal University|徐州师范大学
11117|扬州大学|Yangzhou University|扬大
10335|浙江大学|Zhejiang University|浙大、杭州大学、浙江农业大学、浙江医科大学、ZJU
10336|杭州电子科技大学|Hangzhou Dianzi University|杭电、杭州电子工业学院
10337|浙江工业大学|Zhejiang University of Technology|浙工大、浙江工学院
10338|浙江理工大学|Zhejiang Sci-Tech University|浙江丝绸工学院
10341|浙江农林大学|Zhejiang A&F University|浙江林学院
10343|温州医科大学|Wenzhou Medical University|温州医学院
10344|浙江中医药大学|Zhejiang Chinese Medical University|浙江中医学院
10345|浙江师范大学|Zhejiang Normal University|浙师大
10346|杭州师范大学|Hangzhou Normal University|杭师大
10351|温州大学|Wenzhou University|
10353|浙江工商大学|Zhejiang Gongshang University|杭州商学院
10355|中国美术学院|China Academy of Art|国美、浙江美术学院
10356|中国计量大学|China Jiliang University|中国计量学院
11646|宁波大学|Ningbo University|宁大
14626|西湖大学|Westlake University|西湖
10357|安徽大学|Anhui University|安大
10358|中国科学技术大学|University of Science and Technology of China|中科大、中国科大、USTC
10359|合肥工业大学|Hefei University of Technology|合工大、HFUT
10360|安徽工业大学|Anhui University of Technology|华东冶金学院
10361|安徽理工大学|Anhui University of Science and Technology|淮南矿业学院、淮南工业学院
10364|安徽农业大学|Anhui Agricultural University|
10366|安徽医科大学|Anhui Medical University|安徽医学院
10370|安徽师范大学|Anhui Normal University|
10378|安徽财经大学|Anhui University of Finance and Economics|
10384|厦门大学|Xiamen University|厦大、XMU
10385|华侨大学|Huaqiao University|
10386|福州大学|Fuzhou University|福大
10389|福建农林大学|Fujian Agriculture and Forestry University|福建农学院
10390|集美大学|Jimei University|
10392|福建医科大学|Fujian Medical University|福建医学院
10394|福建师范大学|Fujian Normal University|福师大
10403|南昌大学|Nanchang University|昌大、江西大学
10404|华东交通大学|East China Jiaotong University|
10405|东华理工大学|East China University of Technology|华东地质学院
10406|南昌航空大学|Nanchang Hangkong University|南昌航空工业学院
10407|江西理工大学|Jiangxi University of Science and Technology|南方冶金学院
10414|江西师范大学|Jiangxi Normal University|
10421|江西财经大学|Jiangxi University of Finance and Economics|江财
10422|山东大学|Shandong University|山大、山东工业大学、山东医科大学、SDU
10423|中国海洋大学|Ocean University of China|青岛海洋大学、OUC
10424|山东科技大学|Shandong University of Science and Technology|山东矿业学院
10425|中国石油大学（华东）|China University of Petroleum, East China|石大华东、华东石油学院
10426|青岛科技大学|Qingdao University of Science and Technology|青岛化工学院
10427|济南大学|University of Jinan|
10429|青岛理工大学|Qingdao University of Technology|青岛建筑工程学院
10430|山东建筑大学|Shandong Jianzhu University|
10431|齐鲁工业大学|Qilu University of Technology|山东轻工业学院
10433|山东理工大学|Shandong University of Technology|淄博学院
10434|山东农业大学|Shandong Agricultural University|
10445|山东师范大学|Shandong Normal University|山师
10446|曲阜师范大学|Qufu Normal University|
11065|青岛大学|Qingdao University|
11066|烟台大学|Yantai University|
10459|郑州大学|Zhengzhou University|郑大、郑州工业大学、河南医科大学、ZZU
10460|河南理工大学|Henan Polytechnic University|焦作矿业学院、焦作工学院
10462|郑州轻工业大学|Zhengzhou University of Light Industry|郑州轻工业学院
10463|河南工业大学|Henan University of Technology|郑州粮食学院
10464|河南科技大学|Henan University of Science and Technology|洛阳工学院
10466|河南农业大学|Henan Agricultural University|
10475|河南大学|Henan University|河大
10476|河南师范大学|Henan Normal University|
10078|华北水利水电大学|North China University of Water Resources and Electric Power|华北水利水电学院
10486|武汉大学|Wuhan University|武大、武汉水利电力大学、武汉测绘科技大学、WHU
10487|华中科技大学|Huazhong University of Science and Technology|华科、华中大、华中理工大学、同济医科大学、HUST
10488|武汉科技大学|Wuhan University of Science and Technology|武科大、武汉钢铁学院、武汉冶金科技大学
10489|长江大学|Yangtze University|江汉石油学院
10490|武汉工程大学|Wuhan Institute of Technology|武汉化工学院
10491|中国地质大学（武汉）|China University of Geosciences, Wuhan|地大、中国地质大学、武汉地质学院
10495|武汉纺织大学|Wuhan Textile University|
10497|武汉理工大学|Wuhan University of Technology|武汉工业大学、WHUT
10500|湖北工业大学|Hubei University of Technology|湖北工学院
10504|华中农业大学|Huazhong Agricultural University|华中农学院、HZAU
10511|华中师范大学|Central China Normal University|华中师大、CCNU
10512|湖北大学|Hubei University|
10520|中南财经政法大学|Zhongnan University of Economics and Law|中南财经大学、中南政法学院
10524|中南民族大学|South-Central Minzu University|
11075|三峡大学|China Three Gorges University|葛洲坝水电工程学院
10530|湘潭大学|Xiangtan University|
10532|湖南大学|Hunan University|湖大、HNU
10533|中南大学|Central South University|中南工业大学、湖南医科大学、长沙铁道学院、CSU
10534|湖南科技大学|Hunan University of Science and Technology|湘潭矿业学院
10536|长沙理工大学|Changsha University of Science and Technology|长沙交通学院
10537|湖南农业大学|Hunan Agricultural University|
10538|中南林业科技大学|Central South University of Forestry and Technology|中南林学院
10542|湖南师范大学|Hunan Normal University|湖南师大
10555|南华大学|University of South China|衡阳医学院
|国防科技大学|National University of Defense Technology|国防科大、国防科学技术大学、NUDT
10558|中山大学|Sun Yat-sen University|中大、中山医科大学、SYSU
10559|暨南大学|Jinan University|暨大
10560|汕头大学|Shantou University|
10561|华南理工大学|South China University of Technology|华工、华南工学院、SCUT
10564|华南农业大学|South China Agricultural University|华南农学院
10566|广东海洋大学|Guangdong Ocean University|湛江海洋大学
10570|广州医科大学|Guangzhou Medical University|广州医学院
10572|广州中医药大学|Guangzhou University of Chinese Medicine|广州中医学院
10574|华南师范大学|South China Normal University|华南师大
10590|深圳大学|Shenzhen University|深大、SZU
11078|广州大学|Guangzhou University|广大
11845|广东工业大学|Guangdong University of Technology|广工、广东工学院
11846|广东外语外贸大学|Guangdong University of Foreign Studies|广外
12121|南方医科大学|Southern Medical University|第一军医大学
14325|南方科技大学|Southern University of Science and Technology|南科大、SUSTech
10593|广西大学|Guangxi University|
10595|桂林电子科技大学|Guilin University of Electronic Technology|桂林电子工业学院
10596|桂林理工大学|Guilin University of Technology|桂林工学院
10598|广西医科大学|Guangxi Medical University|广西医学院
10602|广西师范大学|Guangxi Normal University|
10589|海南大学|Hainan University|华南热带农业大学
11658|海南师范大学|Hainan Normal University|
10610|四川大学|Sichuan University|川大、华西医科大学、四川联合大学、成都科技大学、SCU
10611|重庆大学|Chongqing University|重大、重庆建筑大学、CQU
10613|西南交通大学|Southwest Jiaotong University|西南交大、唐山铁道学院、SWJTU
10614|电子科技大学|University of Electronic Science and Technology of China|成电、成都电讯工程学院、UESTC
10615|西南石油大学|Southwest Petroleum University|西南石油学院
10616|成都理工大学|Chengdu University of Technology|成都地质学院
10617|重庆邮电大学|Chongqing University of Posts and Telecommunications|重邮
10618|重庆交通大学|Chongqing Jiaotong University|重庆交通学院
10619|西南科技大学|Southwest University of Science and Technology|
10621|成都信息工程大学|Chengdu University of Information Technology|成都气象学院
10623|西华大学|Xihua University|四川工业学院
10626|四川农业大学|Sichuan Agricultural University|川农
10631|重庆医科大学|Chongqing Medical University|重庆医学院
10632|西南医科大学|Southwest Medical University|泸州医学院
10633|成都中医药大学|Chengdu University of Traditional Chinese Medicine|成都中医学院
10635|西南大学|Southwest University|西大（重庆）、西南师范大学、西南农业大学
10636|四川师范大学|Sichuan Normal University|
10637|重庆师范大学|Chongqing Normal University|
10651|西南财经大学|Southwestern University of Finance and Economics|西财、四川财经学院
10652|西南政法大学|Southwest University of Political Science and Law|西政
10656|西南民族大学|Southwest Minzu University|
10657|贵州大学|Guizhou University|贵大、贵州工业大学
10660|贵州医科大学|Guizhou Medical University|贵阳医学院
10663|贵州师范大学|Guizhou Normal University|
10673|云南大学|Yunnan University|云大
10674|昆明理工大学|Kunming University of Science and Technology|昆工、昆明工学院
10676|云南农业大学|Yunnan Agricultural University|
10678|昆明医科大学|Kunming Medical University|昆明医学院
10681|云南师范大学|Yunnan Normal University|昆明师范学院
10694|西藏大学|Tibet University|
10697|西北大学|Northwest University|
10698|西安交通大学|Xi'an Jiaotong University|西交、西安交大、西安医科大学、陕西财经学院、XJTU
10699|西北工业大学|Northwestern Polytechnical University|西工大、NWPU、NPU
10700|西安理工大学|Xi'an University of Technology|陕西机械学院
10701|西安电子科技大学|Xidian University|西电、西北电讯工程学院
10702|西安工业大学|Xi'an Technological University|西安工业学院
10703|西安建筑科技大学|Xi'an University of Architecture and Technology|西建大、西安冶金建筑学院
10704|西安科技大学|Xi'an University of Science and Technology|西科大、西安矿业学院
10705|西安石油大学|Xi'an Shiyou University|西安石油学院
10708|陕西科技大学|Shaanxi University of Science and Technology|西北轻工业学院
10710|长安大学|Chang'an University|西安公路交通大学、西安工程学院、CHD
10712|西北农林科技大学|Northwest A&F University|西农、西北农业大学、NWAFU
10718|陕西师范大学|Shaanxi Normal University|陕师大
10719|延安大学|Yan'an University|
11664|西安邮电大学|Xi'an University of Posts and Telecommunications|西安邮电学院
10730|兰州大学|Lanzhou University|兰大、LZU
10731|兰州理工大学|Lanzhou University of Technology|甘肃工业大学
10732|兰州交通大学|Lanzhou Jiaotong University|兰州铁道学院
10733|甘肃农业大学|Gansu Agricultural University|
10736|西北师范大学|Northwest Normal University|西北师大
10742|西北民族大学|Northwest Minzu University|西北民族学院
10743|青海大学|Qinghai University|
10749|宁夏大学|Ningxia University|
10752|宁夏医科大学|Ningxia Medical University|宁夏医学院
10755|新疆大学|Xinjiang University|新大
10757|塔里木大学|Tarim University|塔里木农垦大学
10758|新疆农业大学|Xinjiang Agricultural University|
10759|石河子大学|Shihezi University|
10760|新疆医科大学|Xinjiang Medical University|新疆医学院
|香港大学|The University of Hong Kong|港大、HKU
|香港科技大学|The Hong Kong University of Science and Technology|港科大、HKUST
|香港中文大学|The Chinese University of Hong Kong|港中文、CUHK
|香港理工大学|The Hong Kong Polytechnic University|港理工、PolyU
|香港城市大学|City University of Hong Kong|港城大、CityU
|香港浸会大学|Hong Kong Baptist University|浸会、HKBU
|澳门大学|University of Macau|澳大
|澳门科技大学|Macau University of Science and Technology|澳科大
|中国科学院山西煤炭化学研究所|Institute of Coal Chemistry, Chinese Academy of Sciences|山西煤化所、中科院山西煤化所
""".strip().splitlines()
)


@cache
def _by_name() -> dict[str, University]:
    """Every name that means one university and no other."""
    meant: dict[str, set[University]] = {}
    for university in UNIVERSITIES:
        for name in (university.code, *university.aliases):
            if name:
                meant.setdefault(folded(name), set()).add(university)
    known = {name: next(iter(them)) for name, them in meant.items() if len(them) == 1}
    for university in UNIVERSITIES:  # a name of one's own comes before another's former one
        known[folded(university.name_zh)] = university
        known[folded(university.name_en)] = university
    return known


def university_typed(text: str) -> University | None:
    """The university by its code, one of its names or an alias that is nobody else's; None when there is none."""
    return _by_name().get(folded(text))


def folded(name: str) -> str:
    """A name for comparing: half-width, small letters, without blanks and signs."""
    text = unicodedata.normalize("NFKC", name).lower()
    return "".join(c for c in text if c.isalnum())
