"""How planning and opening say no."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class SlugTaken(Refusal):
    """Two campaigns cannot share one address."""

    code = "slug_taken"
    field = "slug"
    sentence = _l("Another campaign has this address already. Choose a different one.")


class AddressIsOut(Refusal):
    """The public address of a published campaign stands on posters."""

    code = "address_is_out"
    field = "slug"
    sentence = _l("This campaign is published and its address may stand on posters; it stays as it is.")


class NotWithinYourReach(Refusal):
    """A city's organiser plans for the city and not for its neighbour or for the province."""

    status = 403
    code = "not_within_your_reach"
    field = "host_city_id"
    sentence = _l("Your account may plan only for its own city. Choose that city.")


class CapacityBelowSeatsTaken(Refusal):
    """Seats that people hold are not taken away by a smaller number."""

    code = "capacity_below_seats_taken"
    field = "capacity"

    def __init__(self, seats_taken: int) -> None:
        super().__init__(
            _l("%(number)s seats are taken already; the number cannot be smaller.", number=seats_taken)
        )
        self.seats_taken = seats_taken


class NoStopYet(Refusal):
    """A campaign without a stop has nothing to show."""

    code = "no_stop_yet"
    sentence = _l("Add a stop first: there is nothing yet that people could come to.")


class DeadlineHasPassed(Refusal):
    """Registration cannot open after its own end."""

    code = "deadline_has_passed"
    sentence = _l("The closing time of this stop has passed. Set a later one first.")


class StopIsCancelled(Refusal):
    """A cancelled stop stays cancelled: people have been told."""

    code = "stop_is_cancelled"
    sentence = _l("This stop is cancelled.")


class StopIsOver(Refusal):
    """What has taken place cannot be cancelled."""

    code = "stop_is_over"
    sentence = _l("This stop is over.")


class OutsideTheStop(Refusal):
    """A programme item lies within the time of its stop."""

    status = 422
    code = "outside_the_stop"
    field = "starts_at"
    sentence = _l("This lies outside the time of the stop.")


class CapacityBelowChoices(Refusal):
    """Seats of a programme item that people chose are not taken away by a smaller number."""

    code = "capacity_below_choices"
    field = "capacity"

    def __init__(self, seats_taken: int) -> None:
        super().__init__(
            _l("%(number)s people have chosen this; the number cannot be smaller.", number=seats_taken)
        )


class ItemIsChosen(Refusal):
    """What people have chosen is not taken away from them; nor is it moved without word to them."""

    code = "item_is_chosen"

    def __init__(self, seats_taken: int) -> None:
        super().__init__(
            _l(
                "%(number)s people have chosen this. It stays to be chosen and in its group, and it cannot be removed; another time or place is told to them.",
                number=seats_taken,
            )
        )


class ItemIsCancelled(Refusal):
    """A cancelled item stays cancelled: people have been told."""

    code = "item_is_cancelled"

    def __init__(self, title: str) -> None:
        super().__init__(_l("“%(title)s” does not take place.", title=title))


class ItemIsOver(Refusal):
    """What has taken place cannot be cancelled."""

    code = "item_is_over"
    sentence = _l("This item of the programme is over.")


class ProgrammeOutside(Refusal):
    """The programme lies within its stop: a stop is not cut short over it."""

    status = 422
    code = "programme_outside"
    field = "ends_at"

    def __init__(self, items: str, *, number: int, begins_anew: bool) -> None:
        way_out = (
            _l("Change them first, or choose whether the programme moves along with the beginning.")
            if begins_anew
            else _l("Change them first.")
        )
        super().__init__(
            _l(
                "%(number)s programme items would lie outside the stop: %(items)s. %(way_out)s",
                number=number,
                items=items,
                way_out=way_out,
            )
        )


class NoMainVenue(Refusal):
    """A sub-venue belongs to a main venue of its own campaign."""

    status = 422
    code = "no_main_venue"
    field = "venue_place"
    sentence = _l("Choose a main venue of this campaign; a sub-venue cannot be one.")


class HasSubVenues(Refusal):
    """A main venue on which others depend stays one."""

    code = "has_sub_venues"
    field = "venue_place"
    sentence = _l("Sub-venues belong to this main venue. Give them another one first.")


class NothingToCopy(Refusal):
    """A campaign without a stop has nothing to start from."""

    code = "nothing_to_copy"
    sentence = _l("This campaign has no stop that is held. There is nothing to start from.")


class TemplateNameTaken(Refusal):
    """Two templates of one host cannot have one name."""

    code = "template_name_taken"
    field = "name"
    sentence = _l("There is a template of this name already. Choose another name.")


class TimesDoNotFit(Refusal):
    """A change meant for several stops would end one before it begins, or close it after its end."""

    status = 422
    code = "times_do_not_fit"
    sentence = _l("There it would end before it begins, or registration would close after the end.")


class ChannelTaken(Refusal):
    """Two channels of one campaign cannot share a word: nobody could tell who came by which."""

    code = "channel_taken"
    field = "word"
    sentence = _l("This campaign has a channel of this word already. Choose another word.")


class RoleNotBelowOnes(Refusal):
    """One gives only roles that allow less than one's own."""

    status = 403
    code = "role_not_below_ones"
    field = "role"
    sentence = _l("You can give and take only roles that allow less than your own.")


class NoSuchColleague(Refusal):
    """No account of that name that is in use."""

    status = 422
    code = "no_such_colleague"
    field = "login"
    sentence = _l("There is no account of this name in use. Ask your administrator for it.")


class RoleIsGiven(Refusal):
    """The colleague has this role at this stop already."""

    code = "role_is_given"
    field = "login"
    sentence = _l("This colleague has the role for this stop already.")
