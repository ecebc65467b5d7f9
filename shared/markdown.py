"""Organisers' long texts: Markdown made into the few tags that a text needs, and nothing that could run.

Two locks: the reader of Markdown takes no HTML, and nh3 lets only known tags and addresses through.
"""

from __future__ import annotations

from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS: Final = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
SCHEMES: Final = {"http", "https", "mailto", "tel"}
LOWEST_HEADING: Final = 6
# A text stands beneath the page's own headings: its first level is the page's third.
HEADINGS_DOWN: Final = 2

_reader = (
    MarkdownIt("commonmark", {"html": False, "breaks": True})
    .enable(["table", "strikethrough"])
    .disable("image")
)


def as_html(text: str) -> Markup:
    """``text`` in Markdown as HTML that is safe to show; links open nothing by themselves and name no referrer."""
    tokens = _reader.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + HEADINGS_DOWN, LOWEST_HEADING)}"
    html = _reader.renderer.render(tokens, _reader.options, {})
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(clean)  # noqa: S704 - cleaned just now
