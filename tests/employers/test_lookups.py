"""Questions about employers."""

from __future__ import annotations

from flask import Flask

from employers.lookups import all_employers
from tests.factories import leads


def test_every_employer_is_listed_by_name(app: Flask) -> None:
    for name in ("C医院", "A大学", "B研究院"):
        leads.employer(name)
    assert [employer.name_zh for employer in all_employers()] == ["A大学", "B研究院", "C医院"]
