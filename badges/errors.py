"""How printing says no."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class NobodyToPrint(Refusal):
    """No registration of the stop is confirmed."""

    code = "nobody_to_print"
    sentence = _l("Nobody is confirmed for this stop yet, so there is no badge to print.")


class NoBadge(Refusal):
    """A badge is for whoever has a seat."""

    code = "no_badge"
    sentence = _l("Only a confirmed registration has a badge. Confirm it first.")


class FontsAreMissing(Refusal):
    """The font of the badges was not installed with the product."""

    status = 503
    code = "fonts_are_missing"
    sentence = _l("The font for badges is missing on this server. Ask the administrator to run `npm ci`.")
