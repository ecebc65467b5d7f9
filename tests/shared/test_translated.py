"""The templates' own way to translate says the same as Flask-Babel's."""

from __future__ import annotations

from flask import Flask, render_template_string
from flask_babel import force_locale, gettext
from markupsafe import escape


def test_a_sentence_is_in_the_language_of_now_also_within_another(app: Flask) -> None:
    def register() -> str:
        return render_template_string("{{ _('Register') }}")

    with app.test_request_context():
        chinese = register()
        assert chinese == gettext("Register") != "Register"
        with force_locale("en"):
            assert register() == "Register"
        assert register() == chinese


def test_what_is_put_into_a_sentence_is_escaped_and_a_per_cent_sign_is_a_format(app: Flask) -> None:
    with app.test_request_context():
        page = render_template_string("{{ _('Register for %(city)s', city=city) }}", city="<b>太原</b>")
        assert page == gettext("Register for %(city)s", city=escape("<b>太原</b>"))
        assert "<b>" not in page
        assert render_template_string("{{ _('100%%') }}") == "100%"


def test_work_behind_the_pages_goes_last() -> None:
    import os
    import subprocess
    import sys

    said = subprocess.run(
        [sys.executable, "-c", "import os; from jobs.background import *; yield_to_visitors(); print(os.nice(0))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(said.stdout) == min(os.nice(0) + 10, 19)
