"""On what paper badges are printed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2

from badges.layout import A4_FOUR, A6_SINGLE, BadgeLayout

PAPERS: dict[str, BadgeLayout] = {"a6": A6_SINGLE, "a4": A4_FOUR}


class PaperForm(FlaskForm):
    """The paper: A6 cards one by one, or four on an A4 sheet to be cut."""

    layout = SelectField(
        _l("Paper"),
        choices=[
            SelectChoice("a6", _l("A6 cards, one a page")),
            SelectChoice("a4", _l("A4 sheets, four a page, to be cut")),
        ],
        default="a6",
    )

    @property
    def paper(self) -> BadgeLayout:
        """The layout of that paper."""
        return PAPERS[self.layout.data]
