"""The ticket to keep: the PDF and the picture hold the same words and a code that scanners read."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from registrations.links import link_for
from registrations.models import ProgrammeChoice, RegistrationState
from registrations.tickets import ticket_for
from shared.clock import now
from shared.db import db
from shared.display import clock, short_day
from tests.conftest import Browser
from tests.factories import campaigns, registrations

RARE = "𬱖㛃𫘧龘"  # of the national table, two of them beyond the basic plane


def read_code(image: Image.Image) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(image.convert("L"))}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pdf_and_picture_hold_the_code_and_the_words_in_both_languages(
    client: Browser, language: str
) -> None:
    stop = campaigns.stop()
    registration = registrations.registration(at=stop, full_name=f"欧阳{RARE}")
    stop.ends_at = stop.starts_at + timedelta(days=1)
    items = [campaigns.item(at=stop, is_chosen=True) for _number in range(6)]
    for item in items:
        db.session.add(
            ProgrammeChoice(registration_id=registration.id, item_id=item.id, group_zh="", chosen_at=now())
        )
    db.session.commit()
    address, code = f"/r/{link_for(registration)}/ticket", ticket_for(registration)

    answer = client.get(f"{address}.pdf?language={language}")
    assert (answer.content_type, answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    (page,) = pypdfium2.PdfDocument(answer.data)
    assert [round(side / 72 * 25.4) for side in page.get_size()] == [105, 148]
    for dpi in (100, 150):
        assert read_code(page.render(scale=dpi / 72).to_pil()) == {code}, dpi
    words = page.get_textpage().get_text_bounded()
    for part in (
        f"欧阳{RARE}",
        registration.spaced_code,
        stop.venue_en if language == "en" else stop.venue_zh,
        "Admission ticket" if language == "en" else "入场券",
        f"{short_day(items[0].starts_at)} {clock(items[0].starts_at)}",
        items[0].title_en if language == "en" else items[0].title_zh,
    ):
        assert part in words, part

    picture = client.get(f"{address}.png?language={language}")
    assert (picture.content_type, picture.headers["Cache-Control"]) == ("image/png", "no-store")
    assert "attachment" not in picture.headers["Content-Disposition"]
    image = Image.open(BytesIO(picture.data))
    assert image.width == 1080
    assert read_code(image) == {code}
    assert read_code(image.convert("L").resize((270, image.height // 4))) == {code}, "as a small preview"
    assert len(picture.data) < 120_000


def test_without_a_seat_there_is_no_ticket_to_keep(client: Browser) -> None:
    waiting = registrations.registration(RegistrationState.WAITING)
    cancelled = registrations.registration(at=campaigns.stop(cancelled_at=now()))
    for registration in (waiting, cancelled):
        link = link_for(registration)
        assert client.get(f"/r/{link}/ticket.pdf").status_code == 404
        assert client.get(f"/r/{link}/ticket.png").status_code == 404
        assert client.get(f"/r/{link}/ticket").headers["Location"] == f"/r/{link}"
    assert client.get("/r/x/ticket.pdf").status_code == 404
