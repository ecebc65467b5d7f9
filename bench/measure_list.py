"""The staff's list through the page: its first piece and one far behind, among many registrations.

The reference sends the statements of the same pages by psycopg. Consistent when both pieces are full and share nobody.
"""

from __future__ import annotations

import re
from typing import Any

from bench.browser import Browser, csrf_token, signed_in
from bench.crowded import SIZE, crowded_house, recorded, sent_again, timed
from bench.figures import Figure, Sample, figure_of
from bench.served import Ground, House
from demo.accounts import PASSWORD

PAGES = 25
FULL = 50
MET = frozenset({"full"})


def run(ground: Ground) -> list[Figure]:
    """One reader; the first piece and the one after nine tenths of all."""
    with crowded_house(ground) as house:
        browser = Browser(
            house.host, house.port, cookies=signed_in(house.host, house.port, "admin", PASSWORD)
        )
        first, late = "/desk/registrations", f"/desk/registrations?after={_mark_far_behind(house)}"
        shown = [_ids(browser.get(address).text) for address in (first, late)]
        consistent = all(len(ids) == FULL for ids in shown) and not shown[0] & shown[1]
        figures = []
        for case, address in (("first piece", first), ("late piece", late)):

            def ask(address: str = address) -> str:
                answer = browser.get(address)
                return (
                    "full" if answer.status == 200 and len(_ids(answer.text)) == FULL else str(answer.status)
                )

            samples = [timed(ask) for _turn in range(PAGES)]
            turn = _statements(house, address)
            reference = sent_again(house, [turn] * PAGES)
            figures.append(
                figure_of(
                    "list", f"{SIZE:,} registrations, {case}", [samples], unit="pages/s",
                    reference=[[Sample(s.began, s.seconds, "full") for s in reference]], wanted=MET,
                    consistent=consistent,
                )
            )  # fmt: skip
        browser.close()
        return figures


def _ids(page: str) -> set[str]:
    return set(re.findall(r'<tr data-row data-id="(\d+)"', page))


def _mark_far_behind(house: House) -> str:
    from sqlalchemy import select

    from registrations.models import Registration
    from registrations.queue import order_named
    from shared.db import db
    from shared.pages import slice_of

    number = house.ask(
        "SELECT id FROM registrations ORDER BY id OFFSET (SELECT count(*) / 10 FROM registrations) LIMIT 1"
    )
    with house.app.test_request_context("/"):
        statement = select(Registration).join(Registration.person).join(Registration.stop)
        _name, keys = order_named("")
        piece = slice_of(statement.where(Registration.id <= number[0][0]), keys, size=1)
        db.session.remove()
    return piece.after or ""


def _statements(house: House, address: str) -> list[tuple[str, Any]]:
    client = house.app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    client.post("/sign-in", data={"login": "admin", "password": PASSWORD, "csrf_token": csrf_token(page)})
    with recorded(house) as statements:
        client.get(address)
    return list(statements)
