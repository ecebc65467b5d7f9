"""How the keeping of data says no."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class NothingToConfirm(Refusal):
    """The run went on already, or was never stopped."""

    code = "nothing_to_confirm"
    sentence = _l("This run does not wait for anybody any more.")


class OnlyForTheProvince(Refusal):
    """What is kept is kept for the whole province; one city does not decide on it."""

    code = "only_for_the_province"
    sentence = _l("Only an administrator of the whole province can let a stopped run go on.")
