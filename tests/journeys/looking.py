"""What a pair of eyes would look for on every page of a journey."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from itertools import count
from pathlib import Path

import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page
from qrcode import QRCode

from tests.browser import PHONE

SERIOUS = ("serious", "critical")


_looks = count(1)


def look(page: Page, *, closely: bool = True) -> None:
    """Nothing hangs over the page's edge; ``closely``: and axe-core finds nothing serious.

    With LOOK_DIR set, a picture of each page looked at is kept there, for human eyes.
    """
    if folder := os.environ.get("LOOK_DIR"):
        width = (page.viewport_size or PHONE)["width"]
        page.screenshot(path=Path(folder) / f"{next(_looks):03}-{width}.png", full_page=True)
    page.wait_for_load_state()  # what was pressed before may still be bringing the page
    overhang = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overhang <= 0, f"{page.url} hangs {overhang} px over the edge"
    if not closely:
        return
    found = Axe().run(page).response["violations"]
    serious = [
        f"{violation['id']}: {node['html'][:200]} {node['any'][0]['message'] if node['any'] else ''}"
        for violation in found
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]
    assert serious == [], f"{page.url}: {serious}"


def sign_in(page: Page, address: str, login: str, password: str) -> None:
    """Through the door for staff."""
    page.goto(f"{address}/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.click("main form button:not([type=button])")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def qr_on(picture: bytes) -> str:
    """The text of the QR code in a PNG."""
    found = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    assert len(found) == 1
    return str(found[0].text)


def film_of_many(codes: Sequence[str], file: Path) -> Path:
    """A film (.y4m, 320×240) of a queue: each code is held up for half a second, then nothing for a tenth; again from the start."""
    colourless = bytes([128]) * (320 * 240 // 2)
    with file.open("wb") as film:
        film.write(b"YUV4MPEG2 W320 H240 F10:1 Ip A1:1 C420jpeg\n")
        for code in codes:
            drawing = QRCode(border=4, box_size=4)
            drawing.add_data(code)
            picture = drawing.make_image().get_image().convert("L")
            empty = Image.new("L", (320, 240), 200)
            frame = empty.copy()
            frame.paste(picture, ((320 - picture.width) // 2, (240 - picture.height) // 2))
            for shown in [frame] * 5 + [empty]:
                film.write(b"FRAME\n" + shown.tobytes() + colourless)
    return file


def film_of(code: str, file: Path) -> Path:
    """A short film (.y4m, 640×480) of somebody holding this code before the camera."""
    drawing = QRCode(border=4, box_size=6)
    drawing.add_data(code)
    picture = drawing.make_image().get_image().convert("L")
    frame = Image.new("L", (640, 480), 200)
    frame.paste(picture, ((640 - picture.width) // 2, (480 - picture.height) // 2))
    colourless = bytes([128]) * (640 * 480 // 2)
    with file.open("wb") as film:
        film.write(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n")
        for _ in range(6):
            film.write(b"FRAME\n" + frame.tobytes() + colourless)
    return file
