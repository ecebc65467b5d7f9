"""How a name is read: its pinyin and initials, and the other readings that the desk may type."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice, product

# Surnames that are read otherwise than the character usually is.
SURNAMES = {
    "曾": "zeng",
    "仇": "qiu",
    "朴": "piao",
    "解": "xie",
    "查": "zha",
    "盖": "ge",
    "单": "shan",
    "区": "ou",
    "任": "ren",
    "华": "hua",
    "覃": "qin",
    "翟": "zhai",
    "尉": "wei",
    "冼": "xian",
    "缪": "miao",
    "乐": "yue",
}
COMPOUND_SURNAMES = {
    "尉迟": ("yu", "chi"),
    "单于": ("chan", "yu"),
    "澹台": ("tan", "tai"),
    "长孙": ("zhang", "sun"),
    "万俟": ("mo", "qi"),
}
# Characters of names with a second reading: whoever types either finds the person.
_SECOND_READINGS = dict(
    line.split()
    for line in """
    曾 ceng
    仇 chou
    朴 pu
    解 jie
    查 cha
    盖 gai
    单 dan
    区 qu
    任 ling
    覃 tan
    翟 di
    尉 yu
    缪 mou
    冼 xi
    乐 le
    行 hang
    朝 zhao
    晟 cheng
    盛 cheng
    茜 xi
    娜 nuo
    长 zhang
    重 zhong
    柏 bo
    郇 huan
    颉 jie
    传 zhuan
    薄 bao
    种 chong
    员 yun
    隽 jun
    车 ju
    逄 pang
    阚 han
    谌 shen
    """.strip().splitlines()
)
_MOST_READINGS = 4


def spelled(full_name: str) -> tuple[str, str]:
    """The name's pinyin without blanks and its initials: ``曾国华`` → ``("zengguohua", "zgh")``."""
    syllables = syllables_of(full_name)
    return "".join(syllables), "".join(s[0] for s in syllables)


def syllables_of(full_name: str) -> list[str]:
    """The pinyin syllable by syllable; words in Latin letters are one each. The first character is a surname."""
    compound = COMPOUND_SURNAMES.get(full_name[:2])
    if compound:
        syllables = [*compound, *_read(full_name[2:])]
    elif full_name[:1] in SURNAMES:
        syllables = [SURNAMES[full_name[0]], *_read(full_name[1:])]
    elif len(full_name) < 5 and full_name.isalpha() and not full_name[0].isascii():
        # The surname apart: given names are few and their readings are remembered.
        syllables = [*_read(full_name[0]), *_read(full_name[1:])]
    else:
        syllables = list(_read(full_name))
    return [s for s in syllables if s]


def readings_of(full_name: str) -> list[list[str]]:
    """All ways of reading the name that somebody may type, the usual one first; four at most."""
    usual = syllables_of(full_name)
    characters = [c for c in full_name if c.isalnum()]
    if len(characters) != len(usual):
        return [usual]
    choices = [
        tuple(
            dict.fromkeys(
                (
                    syllable,
                    _SECOND_READINGS.get(character, syllable),
                    SURNAMES.get(character, syllable),
                )
            )
        )
        for character, syllable in zip(characters, usual, strict=True)
    ]
    return [list(one) for one in islice(product(*choices), _MOST_READINGS)]


@lru_cache(maxsize=20_000)
def _read(text: str) -> tuple[str, ...]:
    # Its dictionaries take a third of a second to load: not before the first name is spelled.
    from pypinyin import Style, lazy_pinyin

    # pypinyin's annotation says str, its documentation and its code take a list.
    read = lazy_pinyin(text, style=Style.NORMAL, errors=_kept)  # type: ignore[arg-type]
    return tuple(syllable.lower() for syllable in read)


def _kept(text: str) -> list[str]:
    """Latin words stay, without their apostrophes; blanks, hyphens and the middle dot part them."""
    for between in "·-‐":
        text = text.replace(between, " ")
    words = ("".join(letter for letter in word if letter.isalnum()) for word in text.split())
    return [word for word in words if word]
