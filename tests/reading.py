"""Reads a page as a screen reader does: what the fields hold, and which words belong to them."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"input", "img", "br", "hr", "meta", "link", "source", "wbr", "use", "path"})


class Read(HTMLParser):
    """``held``: the values of each named field; ``words``: the text of every element with an id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.held: dict[str, list[str]] = {}
        self.words: dict[str, str] = {}
        self._described: dict[str, set[str]] = {}
        self._open: list[tuple[str, str, set[str]]] = []
        self._area = self._select = ""
        self.feed(page)
        self.close()

    def described(self, name: str) -> str:
        """What is read out with the field ``name``: all that its aria-describedby, or its fieldset's, names."""
        return " ".join(self.words.get(one, "") for one in sorted(self._described.get(name, set())))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field and open an element."""
        has = {key: value or "" for key, value in attrs}
        mine, name = set(has.get("aria-describedby", "").split()), has.get("name", "")
        if name and tag in ("input", "select", "textarea"):
            around = set().union(*(described for _tag, _id, described in self._open))
            self._described.setdefault(name, set()).update(mine | around)
            kept = self.held.setdefault(name, [])
            if tag == "input" and (has.get("type") not in ("checkbox", "radio") or "checked" in has):
                kept.append(has.get("value", ""))
            if tag == "textarea":
                self._area = name
                kept.append("")
            self._select = name if tag == "select" else self._select
        if tag == "option" and "selected" in has:
            self.held[self._select].append(has.get("value", ""))
        if "id" in has:
            self.words.setdefault(has["id"], "")
        if tag not in VOID:
            self._open.append((tag, has.get("id", ""), mine if tag == "fieldset" else set()))

    def handle_endtag(self, tag: str) -> None:
        """Close an element and what was left open in it."""
        if any(one == tag for one, _id, _described in self._open):
            while self._open.pop()[0] != tag:
                pass
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """Words belong to every element around them."""
        for _tag, own_id, _described in self._open:
            if own_id:
                self.words[own_id] += data
        if self._area:
            self.held[self._area][-1] += data
