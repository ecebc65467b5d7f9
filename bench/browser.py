"""The least of a browser: one kept connection, its cookies, forms with their hidden fields."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """What came back: the status, where to go next (``Location``), the body as text."""

    status: int
    location: str | None
    text: str


class Browser:
    """One client. Not for threads to share."""

    def __init__(self, host: str, port: int, *, cookies: dict[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=30)
        self.cookies = dict(cookies or {})

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: dict[str, str] | list[tuple[str, str]], **headers: str) -> Answer:
        """Send a form."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Content-Type"] = "application/x-www-form-urlencoded"
        return self._ask("POST", path, urlencode(fields), named)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return Answer(response.status, response.headers.get("Location"), text)


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "input" and named.get("type") == "hidden" and named.get("name"):
            self.hidden.setdefault(str(named["name"]), unescape(named.get("value") or ""))


def hidden_fields(html: str) -> dict[str, str]:
    """The page's hidden inputs (the first of each name): ``csrf_token``, ``submission_id`` and such."""
    inputs = _Inputs()
    inputs.feed(html)
    return inputs.hidden


def csrf_token(html: str) -> str:
    """The page's token, out of a form or of ``<meta name="csrf-token">``. LookupError when there is none."""
    found = hidden_fields(html).get("csrf_token")
    if not found:
        meta = re.search(r'<meta name="csrf-token" content="([^"]+)"', html)
        found = meta[1] if meta else None
    if not found:
        raise LookupError("the page carries no CSRF token")
    return found


def signed_in(host: str, port: int, login: str, password: str) -> dict[str, str]:
    """The cookies of somebody who has signed in through the page. RuntimeError when refused."""
    browser = Browser(host, port)
    page = browser.get("/sign-in")
    answer = browser.post(
        "/sign-in", {"login": login, "password": password, "csrf_token": csrf_token(page.text)}
    )
    browser.close()
    if answer.status != 302:
        raise RuntimeError(f"{login} cannot sign in: {answer.status}")
    return browser.cookies
