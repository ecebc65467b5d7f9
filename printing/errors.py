"""How printing at the door says no."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class AnotherStationHasIt(Refusal):
    """The station was silent for too long and another took the badge over, or it was printed by hand meanwhile."""

    code = "another_station_has_it"
    sentence = _l("This badge is another station's by now. If it came out here too, throw one away.")


class StillBeingPrinted(Refusal):
    """It is on its way already."""

    code = "still_being_printed"
    sentence = _l("This badge is on its way already. Wait until it has come out or has failed.")


class NotArrived(Refusal):
    """Badges are printed at the door for who has come in."""

    code = "not_arrived"
    sentence = _l("This person does not count as arrived any more, so no badge is printed here.")
