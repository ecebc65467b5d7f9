"""Why a screen in the hall shows nothing."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class WallIsOff(Refusal):
    """An address of a screen that shows nothing: ended, over, or never made."""

    status = 404
    code = "wall_is_off"
    sentence = _l("This screen is switched off. Ask the organiser for a new address.")
