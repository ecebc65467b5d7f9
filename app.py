"""The product, joined: which packages there are and how they hang together, on one page."""

from __future__ import annotations

import gc
import secrets
from datetime import timedelta
from importlib import import_module
from typing import Any

from flask import Flask, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_babel import gettext as _
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from sqlalchemy import text
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolIsEmpty
from sqlalchemy.orm import configure_mappers
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from accounts.access import guard, open_to_everyone
from accounts.navigation import navigation
from campaigns.lookups import scope_name
from config import Settings
from demo.accounts import DEMO_ACCOUNTS
from shared.assets import asset, packed_asset
from shared.db import abandon, db
from shared.display import FILTERS
from shared.edges import Edges
from shared.errors import NotFound, Refusal
from shared.language import BABEL_LOCALES, chosen_language, current_language
from shared.translated import install_fast_gettext

PACKAGES = (
    "accounts",
    "arrivals",
    "badges",
    "campaigns",
    "checkin",
    "delegations",
    "demo",
    "employers",
    "files",
    "imports",
    "jobs",
    "leads",
    "messages",
    "people",
    "printing",
    "privacy",
    "questions",
    "registrations",
    "reports",
    "work",
)
"""Each says in its ``edges.py`` what it gives: pages, commands, and the files that listen."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",  # the scanner decodes with WebAssembly
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "frame-src 'self' blob:",  # a badge is printed out of a frame of the page's own making
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Without ``settings`` they come out of the environment."""
    settings = settings or Settings.from_environment()
    app = Flask(__name__)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        DATA_KEYS=settings.data_keys,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": 5,
            "max_overflow": 5,
            "pool_timeout": 10,
            "hide_parameters": True,  # a statement's values are people's names and numbers; they stay out of the log
            "connect_args": {
                "connect_timeout": 5,
                # A lock or a query that takes this long is a fault: say so instead of hanging.
                "options": "-c lock_timeout=8000 -c statement_timeout=15000 "
                "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
            },
        },
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_NAME="__Host-good_scenery" if settings.https else "good_scenery",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open over lunch is not lost
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        BABEL_DEFAULT_LOCALE="zh_Hans",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        **settings.extra,
    )
    app.url_map.strict_slashes = False  # a slash more or less at the end is no reason for a 404
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    db.init_app(app)
    app.before_request(_number_the_request)  # before anything that may refuse: the refusal carries it too
    csrf = CSRFProtect(app)
    Babel(app, locale_selector=lambda: BABEL_LOCALES[chosen_language()])
    install_fast_gettext(app)
    app.before_request(packed_asset)
    for package in PACKAGES:
        edges: Edges = import_module(f"{package}.edges").EDGES
        for blueprint in edges.pages:
            app.register_blueprint(blueprint)
        for command in edges.commands:
            app.cli.add_command(command)
        for view in edges.ask_for_token_themselves:
            csrf.exempt(view)
    app.add_url_rule("/healthz", view_func=healthz)
    app.after_request(_close_the_shutters)
    app.context_processor(_for_every_template)
    app.jinja_env.globals["asset"] = (
        asset  # a global, because macros do not see what a context processor gives
    )
    app.jinja_env.filters.update(FILTERS)
    _say_no_kindly(app)
    guard(app)
    if settings.https:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    return app


def served() -> Flask:
    """The application as a web process serves it: what was made by now stays, and is not looked through again.

    Python looks for rubbish by going through all objects; with the product's own four hundred thousand that took a tenth
    of a second, in which nobody was answered.
    """
    app = create_app()
    configure_mappers()
    gc.collect()
    gc.freeze()
    return app


@open_to_everyone
def healthz() -> ResponseReturnValue:
    """200 when the database answers; for the supervisor and for monitoring."""
    db.session.execute(text("SELECT 1"))
    return {"status": "ok"}


def _number_the_request() -> None:
    """Every answer carries a number that the log and the record carry too."""
    g.request_id = secrets.token_hex(6)


def _close_the_shutters(response: Any) -> Any:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers.setdefault("X-Frame-Options", "DENY")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    headers["X-Request-Id"] = g.get("request_id", "")
    if request.endpoint == "static":
        if request.path.startswith("/static/dist/"):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        headers.setdefault("Cache-Control", "no-store")
    return response


def _page_shown() -> str | None:
    """The path of the page the reader is on, also when it answered an act: that lies beneath its page's path."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    adapter = current_app.create_url_adapter(request)
    path = request.path
    while path and adapter is not None:
        if adapter.test(path, "GET"):
            return path
        path = path.rpartition("/")[0]
    return None


def _for_every_template() -> dict[str, Any]:
    def switch_language_url(language: str) -> str:
        return url_for("accounts.switch_language", language=language, next=_page_shown())

    settings: Settings = current_app.config["SETTINGS"]
    return {
        "current_staff": g.get("staff"),
        "demo_accounts": DEMO_ACCOUNTS if settings.demo else [],
        "locale": current_language(),
        "html_lang": "en" if current_language() == "en" else "zh-Hans",
        "mails_are_kept": settings.smtp_url is None,
        "navigation": navigation,
        "request_id": g.get("request_id", ""),
        # A question to the database: asked by the pages that show it, and never by the one that says it is away.
        "scope_name": lambda: scope_name(g.staff) if g.get("staff") is not None else "",
        "switch_language_url": switch_language_url,
    }


def _say_no_kindly(app: Flask) -> None:
    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> ResponseReturnValue:
        return _page(refusal.status, refusal.message, code=refusal.code)

    @app.errorhandler(CSRFError)
    def stale_form(_error: CSRFError) -> ResponseReturnValue:
        return _page(400, _("This page was open for too long. Go back, reload it and send it again."))

    @app.errorhandler(DataError)
    def not_storable(error: DataError) -> ResponseReturnValue:
        # A number beyond every id, or the NUL sign: nobody types them, scanners of addresses do.
        app.logger.warning("request %s: %s", g.get("request_id"), error)
        abandon()
        if request.method == "GET":
            return refused(NotFound())
        return _page(
            400, _("What you sent holds a sign that cannot be stored. Please take it out and send it again.")
        )

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    @app.errorhandler(PoolIsEmpty)
    def database_away(error: Exception) -> ResponseReturnValue:
        app.logger.error("request %s: %s", g.get("request_id"), error)
        abandon()
        answer = app.make_response(
            _page(503, _("We are back in a few seconds. What you sent was not stored; please send it again."))
        )
        answer.headers["Retry-After"] = "5"
        return answer

    @app.errorhandler(HTTPException)
    def refused_by_http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error.get_response()
        return _page(error.code, None)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        app.logger.exception("request %s failed", g.get("request_id"), exc_info=error)
        abandon()
        return _page(500, None)


def _page(status: int, message: str | None, *, code: str | None = None) -> ResponseReturnValue:
    if (
        request.headers.get("X-Requested-With") == "fetch"
        or request.accept_mimetypes.best == "application/json"
    ):
        return {"error": code or status, "message": message or "", "request_id": g.get("request_id")}, status
    return render_template("errors/error.html", status=status, message=message), status
