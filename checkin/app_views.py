"""The scanning app: a page that comes up without a network, its manifest and its service worker.

Open to everyone: it holds nothing. What it shows it gets from /api/v1 as a device that was joined to a stop.
"""

from __future__ import annotations

import json
from hashlib import sha256

from flask import Blueprint, Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from accounts.access import open_to_everyone
from checkin.app_words import app_words
from privacy.purposes import Purpose
from privacy.texts import current
from registrations.models import BadgeClass
from shared.assets import asset, asset_file
from shared.errors import NotFound
from shared.language import BABEL_LOCALES, chosen_language

bp = Blueprint("gate_app", __name__, url_prefix="/gate")

FILES = (
    "theme.js",
    "app.css",
    "gate.css",
    "gate_app.css",
    "gate_app.js",
    "icons.svg",
    "favicon.svg",
    "zxing_reader.wasm",
    "app_icon_192.png",
    "app_icon_512.png",
)
"""Everything the page loads; the service worker keeps it."""


@bp.get("/app")
@open_to_everyone
def app() -> ResponseReturnValue:
    """The app in the reader's language. A join code stands behind the #, which no server sees."""
    return _page(chosen_language())


@bp.get("/app/<language>")
@open_to_everyone
def app_in(language: str) -> ResponseReturnValue:
    """The app in Chinese or English: two addresses, so that a device without a network has both."""
    return _page(_known(language))


@bp.get("/app/<language>/manifest.webmanifest")
@open_to_everyone
def manifest(language: str) -> ResponseReturnValue:
    """What the phone needs to put the app on its home screen."""
    language = _known(language)
    with force_locale(BABEL_LOCALES[language]):
        told = {
            "id": url_for(".app"),
            "name": _("Good Scenery gate"),
            "short_name": _("Gate"),
            "lang": "en" if language == "en" else "zh-Hans",
            "start_url": url_for(".app_in", language=language),
            "scope": url_for(".app"),
            "display": "standalone",
            "orientation": "any",
            "background_color": "#12414f",
            "theme_color": "#12414f",
            "icons": [
                {"src": asset(f"app_icon_{side}.png"), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
                for side in (192, 512)
                for purpose in ("any", "maskable")
            ],
        }  # fmt: skip
    answer = make_response(json.dumps(told, ensure_ascii=False))
    answer.mimetype = "application/manifest+json"
    return answer


@bp.get("/sw.js")
@open_to_everyone
def service_worker() -> ResponseReturnValue:
    """The service worker, with the names of what it keeps before it: it changes exactly when one of them does."""
    pages = {language: url_for(".app_in", language=language) for language in BABEL_LOCALES}
    files = [asset(name) for name in FILES] + [
        url_for(".manifest", language=language) for language in BABEL_LOCALES
    ]
    spelt = [_page(language).get_data(as_text=True) for language in BABEL_LOCALES]
    version = sha256("\n".join([*files, *spelt]).encode()).hexdigest()[:12]
    told = json.dumps({"version": version, "files": files, "pages": pages})
    answer = make_response(f"self.GATE = {told};\n{asset_file('gate_sw.js').read_text(encoding='utf-8')}")
    answer.mimetype = "text/javascript"
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = url_for(".app")
    return answer


def _page(language: str) -> Response:
    with force_locale(BABEL_LOCALES[language]):
        page = make_response(
            render_template(
                "checkin/app.html",
                words=app_words(),
                language=language,
                consent=current(Purpose.REGISTRATION),
                badge_classes=BadgeClass,
            )
        )
    page.headers["Cache-Control"] = "no-cache"
    return page


def _known(language: str) -> str:
    if language not in BABEL_LOCALES:
        raise NotFound
    return language
