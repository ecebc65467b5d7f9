"""A real Chromium for the journeys and the screenshots."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from playwright.sync_api import Browser, Page, sync_playwright

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@cache
def chromium() -> str | None:
    """The browser's path: CHROMIUM, else one on PATH, else installed by apt when we may; None when there is none."""
    if named := os.environ.get("CHROMIUM"):
        return named
    if found := _on_path():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("No Chromium here: apt-get install chromium fonts-noto-cjk …", flush=True)  # noqa: T201
        for command in (
            ["apt-get", "-qq", "update"],
            ["apt-get", "-qq", "-y", "install", "chromium", "fonts-noto-cjk"],
        ):
            subprocess.run(
                command,
                check=False,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )
        return _on_path()
    return None


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def browsers() -> Iterator[Callable[..., Browser]]:
    """A function that starts headless browsers; all are closed at the end.

    Its argument ``camera`` is a .y4m or .mjpeg file that the browser takes for its camera's picture.
    """
    path = chromium()
    if path is None:
        raise RuntimeError("There is no Chromium: set CHROMIUM to its path.")
    started: list[Browser] = []

    def start(*, camera: str | None = None) -> Browser:
        arguments = ["--disable-dev-shm-usage"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        if camera:
            arguments += [
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-video-capture={camera}",
            ]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        started.append(browser)
        return browser

    with sync_playwright() as playwright:
        try:
            yield start
        finally:
            for browser in started:
                browser.close()


@contextmanager
def a_browser() -> Iterator[Browser]:
    """One headless browser."""
    with browsers() as start:
        yield start()


class Watched:
    """Listens to a page: what it loaded from elsewhere, what its policy refused, what its scripts complained of."""

    def __init__(self, page: Page, own: str) -> None:
        self.outside: list[str] = []
        self.complaints: list[str] = []
        page.on(
            "request",
            lambda request: (
                self.outside.append(request.url)
                if not request.url.startswith((own, "data:", "blob:"))
                else None
            ),
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type == "error" and "Failed to load resource" not in message.text
                else None
            ),
        )

    def assert_clean(self) -> None:
        """Nothing from outside, no complaint."""
        assert self.outside == [], self.outside
        assert self.complaints == [], self.complaints
