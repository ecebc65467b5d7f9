"""Why two people are not made one, or not taken apart again."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class AlreadyOne(Refusal):
    """The two are one already, or somebody has merged one of them a moment ago."""

    code = "already_one"
    sentence = _l("One of the two has been merged already. Please look at the pair again.")


class DifferentIdNumbers(Refusal):
    """Two resident ID numbers are two people."""

    code = "different_id_numbers"
    sentence = _l("These two have different ID numbers: they are two people.")


class NameAndMobileTaken(Refusal):
    """The chosen name with the chosen mobile is a third person's."""

    code = "name_and_mobile_taken"
    sentence = _l("Somebody else is here with this name and this mobile. Please choose otherwise.")


class BothHaveArrived(Refusal):
    """Both have been at the same stop, each with an arrival of his own."""

    code = "both_have_arrived"
    sentence = _l(
        "Both have been checked in at the same stop. Take one of the arrivals back first, if it was a mistake."
    )


class BothHaveSigned(Refusal):
    """Both have signed in the same campaign."""

    code = "both_have_signed"
    sentence = _l("Both have signed an agreement in the same campaign. Please settle that first.")


class CannotBeUndone(Refusal):
    """A merge that is too old, or undone already."""

    code = "cannot_be_undone"
    sentence = _l("This cannot be taken back any more.")


class MergedOnward(Refusal):
    """The one who stayed has been merged into somebody else since."""

    code = "merged_onward"
    sentence = _l("This person has been merged into another one since. Take that back first.")
