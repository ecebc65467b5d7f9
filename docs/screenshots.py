"""The main pages as pictures: ``make screenshots`` writes docs/screenshots/*.png.

Starts the product from nothing (a data directory of its own, demo data), signs in as the demo's people and looks.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page

from demo.accounts import PASSWORD
from tests.browser import DESK, PHONE, a_browser
from tests.served import free_port

HERE = Path(__file__).parent / "screenshots"
ROOT = Path(__file__).parent.parent


@contextmanager
def the_demo() -> Iterator[str]:
    """The address of a demo started for the pictures."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="gs-screenshots-") as data:
        environment = {**os.environ, "DATA_DIR": data, "PORT": str(port)}
        for name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "DEMO"):
            environment.pop(name, None)
        process = subprocess.Popen([sys.executable, "-m", "launch"], cwd=ROOT, env=environment)
        try:
            _wait(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            with urlopen(f"{address}/healthz", timeout=2):  # noqa: S310 - our own address
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("the demo did not start")


def page_for(browser: Browser, size: dict[str, int], *, dark: bool = False, english: bool = False) -> Page:
    """A page of this size; ``dark`` as a phone at night asks for it."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if dark else "light",
        device_scale_factor=1,
    )
    page = context.new_page()
    if english:
        page.goto(f"{page_for.address}/language/en")  # type: ignore[attr-defined]
    return page


def sign_in(page: Page, address: str, login: str) -> None:
    """Become one of the demo's people."""
    page.goto(f"{address}/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button:not([type=button])")
    page.wait_for_load_state()


def shoot(page: Page, name: str, *, whole: bool = False) -> None:
    """Write one picture."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=HERE / f"{name}.png", full_page=whole)
    print(f"  ✓ {name}", flush=True)  # noqa: T201


def main() -> None:
    """All of them."""
    HERE.mkdir(exist_ok=True)
    with the_demo() as address, a_browser() as browser:
        page_for.address = address  # type: ignore[attr-defined]
        phone = page_for(browser, PHONE)
        phone.goto(address)
        shoot(phone, "home-phone")
        phone.goto(address)
        phone.click("main a[href*='/c/'] >> nth=0")
        shoot(phone, "campaign-phone")
        phone.click("a[href*='/register'] >> nth=0")
        shoot(phone, "register-phone")

        desk = page_for(browser, DESK)
        sign_in(desk, address, "admin")
        shoot(desk, "campaigns-desk")
        for name, path in (
            ("registrations-desk", "/desk/registrations/"),
            ("funnel-desk", "/desk/reports/funnel"),
            ("messages-desk", "/desk/messages/"),
            ("badges-desk", "/desk/badges/"),
        ):
            desk.goto(address + path)
            shoot(desk, name)

        desk.goto(f"{address}/desk/campaigns/1/form")
        desk.click("form[action$='/form/ready'] button")
        desk.click("#ask button[value=yes]")
        desk.wait_for_load_state()
        desk.click(".fe-question:has(.fe-when) a >> nth=0")
        desk.wait_for_selector("[data-sentence]")
        shoot(desk, "form-editor-desk")
        desk.goto(f"{address}/desk/campaigns/1/form/preview")
        shoot(desk, "form-preview-desk")

        recruiter = page_for(browser, DESK)
        sign_in(recruiter, address, "recruiter")
        shoot(recruiter, "leads-desk")
        recruiter.click("form[action='/desk/leads/claim'] button")
        recruiter.wait_for_url("**/desk/leads/*")
        shoot(recruiter, "lead-desk")

        gate = page_for(browser, PHONE, dark=True)
        sign_in(gate, address, "gate")
        gate.click("main form button:not([type=button])")
        gate.wait_for_url("**/gate/*")
        gate.fill("[name=code]", "ABCD-2345")
        shoot(gate, "gate-phone-dark")
        english = page_for(browser, DESK, english=True)
        english.goto(address)
        shoot(english, "home-desk-english")


if __name__ == "__main__":
    main()
