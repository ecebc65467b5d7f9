"""Why somebody is not let in, in words a volunteer can say aloud, and what to do next."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from campaigns.models import Stop
from registrations.errors import UnknownCode
from registrations.models import BadgeClass, Registration, RegistrationState
from shared.clock import in_china, today
from shared.db import db
from shared.display import clock, day, moment
from shared.errors import Refusal

__all__ = [
    "AlreadyCheckedIn",
    "CheckpointClosed",
    "CheckpointEnded",
    "DeviceRevoked",
    "JoinCodeUnknown",
    "JoinCodeUsedUp",
    "NoRoomWithin",
    "NoToken",
    "NotArrivedYet",
    "NotChosen",
    "NotConfirmed",
    "NotForThisClass",
    "NotForThisRole",
    "NotForThisStop",
    "NotItsCheckpoint",
    "NotOpenYet",
    "NotUnderstood",
    "NotYoursToUndo",
    "NothingScanned",
    "PaperNotTaken",
    "PosterHangs",
    "PosterIsDown",
    "ScanItHere",
    "ScanUsedBefore",
    "ScanWasUndone",
    "StopCancelled",
    "StopIsOver",
    "TicketExpired",
    "TicketKeyEnded",
    "TicketKeyWithdrawn",
    "TicketReissued",
    "TicketStale",
    "TooManyTries",
    "TooMuchAtOnce",
    "UndoTooLate",
    "UnknownCode",
    "WalkInUsedBefore",
    "WasNotWithin",
    "WrongPlaceWord",
]


class NothingScanned(Refusal):
    """An empty or endless code, or no gate named; the form says which."""

    status = 422
    code = "nothing_scanned"
    sentence = _l("Scan a ticket or type its code.")


class AlreadyCheckedIn(Refusal):
    """This person is in: ``arrived_at`` and ``gate`` of the first scan, and whose ticket it is."""

    code = "already_checked_in"

    def __init__(self, full_name: str, unit: str, arrived_at: datetime, gate: str) -> None:
        super().__init__()
        self.full_name = full_name
        self.unit = unit
        self.arrived_at = arrived_at
        self.gate = gate

    @property
    def message(self) -> str:
        """Time and gate of the first scan; with the day when that was not today."""
        if in_china(self.arrived_at).date() == today():
            return str(_("Came in at %(time)s (%(gate)s).", time=clock(self.arrived_at), gate=self.gate))
        return str(
            _(
                "Came in on %(day)s at %(time)s (%(gate)s).",
                day=day(self.arrived_at),
                time=clock(self.arrived_at),
                gate=self.gate,
            )
        )


class NotForThisStop(Refusal):
    """A good ticket, for another stop. Names city, day and venue of that one and nothing of the person."""

    code = "not_for_this_stop"

    def __init__(self, stop_id: int) -> None:
        super().__init__()
        stop = db.session.get_one(Stop, stop_id)
        self.city, self.venue, self.starts_at = stop.city, stop.venue, stop.starts_at

    @property
    def message(self) -> str:
        """Where and when the ticket is good."""
        return str(
            _(
                "This ticket is for %(city)s on %(day)s (%(venue)s). Please go to the service desk.",
                city=self.city,
                day=day(self.starts_at),
                venue=self.venue,
            )
        )


STILL_OUTSIDE = {
    RegistrationState.APPLIED: _l(
        "This registration is still being reviewed. The service desk can decide it now."
    ),
    RegistrationState.OFFERED: _l(
        "A seat is held for this person but was not accepted yet. The service desk can confirm it now."
    ),
    RegistrationState.WAITING: _l(
        "This person is on the waiting list and has no seat yet. The service desk knows whether one is free."
    ),
    RegistrationState.DECLINED: _l(
        "This registration was declined. Please send the person to the service desk."
    ),
    RegistrationState.EXPIRED: _l(
        "This person's seat was given on, because no answer or arrival came in time. The service desk knows whether "
        "one is free."
    ),
    RegistrationState.WITHDRAWN: _l(
        "This registration was withdrawn. Somebody who has come after all can register again at the service desk."
    ),
}


class NotConfirmed(Refusal):
    """A registration for this stop that holds no seat."""

    code = "not_confirmed"

    def __init__(self, full_name: str, unit: str, state: RegistrationState) -> None:
        super().__init__(STILL_OUTSIDE[state])
        self.full_name = full_name
        self.unit = unit
        self.state = state


class TicketKeyEnded(Refusal):
    """Signed with a key that has run out."""

    code = "ticket_key_ended"
    sentence = _l(
        "This ticket is too old: the key it was signed with has run out. The person's own page shows a new code; or type "
        "the eight characters."
    )


class TicketKeyWithdrawn(Refusal):
    """Signed with a key that somebody else may have: it may be forged."""

    code = "ticket_key_withdrawn"
    sentence = _l(
        "This ticket was signed with a key that has been withdrawn, and may be forged. Ask for the code on the person's "
        "own page, or for name and eight characters."
    )


class TicketReissued(Refusal):
    """The ticket was issued anew, and this is an earlier one."""

    code = "ticket_reissued"

    def __init__(self, full_name: str, unit: str) -> None:
        super().__init__(
            _l(
                "This ticket has been replaced by a newer one. Ask for the code on the person's own page or in the newest "
                "mail; otherwise the service desk."
            )
        )
        self.full_name, self.unit = full_name, unit


class TicketExpired(Refusal):
    """The last day on the ticket is over, and the stop's last day too."""

    code = "ticket_expired"
    sentence = _l("The last day of this ticket is over.")


class TicketStale(Refusal):
    """A code that changes, of another moment: a picture of it, or a page that has stood still."""

    code = "ticket_stale"
    sentence = _l("This is an old picture. Please open your own page and show the code there.")


class PaperNotTaken(Refusal):
    """A good ticket on paper or in a mail, where only the code that changes passes."""

    code = "paper_not_taken"
    sentence = _l(
        "Here only the code passes that changes every 30 seconds. Please open your own page on the phone; without a phone, the "
        "eight characters."
    )


class NotOpenYet(Refusal):
    """Too early for this checkpoint."""

    code = "not_open_yet"

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(_l("This checkpoint opens on %(when)s.", when=moment(opens_at)))
        self.opens_at = opens_at


class CheckpointClosed(Refusal):
    """Too late for this checkpoint."""

    code = "checkpoint_closed"

    def __init__(self, closed_at: datetime) -> None:
        super().__init__(_l("This checkpoint has been closed since %(when)s.", when=moment(closed_at)))
        self.closed_at = closed_at


class NotForThisClass(Refusal):
    """A good ticket of a class that does not pass here."""

    code = "not_for_this_class"

    def __init__(self, full_name: str, unit: str, badge_class: BadgeClass) -> None:
        super().__init__(_l("Not for this group of guests: %(group)s.", group=badge_class.label))
        self.full_name, self.unit = full_name, unit


class NotChosen(Refusal):
    """A good ticket, but its holder has not chosen what is entered here."""

    code = "not_chosen"

    def __init__(self, full_name: str, unit: str, name: str) -> None:
        super().__init__(
            _l("Has not signed up for “%(item)s”. The service desk knows whether there is room.", item=name)
        )
        self.full_name, self.unit = full_name, unit


class NotArrivedYet(Refusal):
    """A good ticket that has not been scanned at the stop's door."""

    code = "not_arrived_yet"

    def __init__(self, full_name: str, unit: str) -> None:
        super().__init__(_l("Has not been checked in at the entrance yet. Please go there first."))
        self.full_name, self.unit = full_name, unit


class WasNotWithin(Refusal):
    """Somebody goes out who has not come in."""

    code = "was_not_within"

    def __init__(self, full_name: str, unit: str) -> None:
        super().__init__(_l("Is not within. Was the scanner set to “out” by mistake?"))
        self.full_name, self.unit = full_name, unit


class NoRoomWithin(Refusal):
    """As many are within as may be."""

    code = "no_room_within"

    def __init__(self, full_name: str, unit: str, most: int) -> None:
        super().__init__(_l("No room: %(most)s people are within.", most=most))
        self.full_name, self.unit = full_name, unit


class StopCancelled(Refusal):
    """Nobody comes in where nothing is held."""

    code = "stop_cancelled"
    sentence = _l("This stop was cancelled. Please ask the organiser.")


class ScanUsedBefore(Refusal):
    """The number of a scan belongs to another ticket's scan."""

    code = "scan_used_before"
    sentence = _l("This scan was not understood. Please scan the ticket again.")


class ScanWasUndone(Refusal):
    """A scan sent again after its arrival had been taken back: the old answer would be wrong now."""

    code = "scan_was_undone"
    sentence = _l("This arrival was undone in the meantime. Please scan the ticket again.")


class NotYoursToUndo(Refusal):
    """An arrival that a colleague recorded."""

    status = 403
    code = "not_yours_to_undo"
    sentence = _l("A colleague recorded this arrival. An organiser can undo it.")


class UndoTooLate(Refusal):
    """More than a quarter of an hour ago."""

    code = "undo_too_late"
    sentence = _l("This arrival is more than 15 minutes old. An organiser can still undo it.")


class WalkInsNotTaken(Refusal):
    """The organiser has not said that this stop's volunteers may register people on the spot."""

    status = 403
    code = "walk_ins_not_taken"
    sentence = _l(
        "Volunteers do not register people at this stop. Please send the person to the organiser's desk."
    )


class RegisteredAlready(Refusal):
    """The mobile number of a walk-in stands on the stop's list; carries what the gate needs to go on."""

    code = "registered_already"
    field = "mobile"

    def __init__(self, registration: Registration) -> None:
        super().__init__(
            _l(
                "This number is registered already: %(name)s, %(state)s.",
                name=registration.person.full_name,
                state=registration.state.label,
            )
        )
        self.registration_id = registration.id
        self.full_name = registration.person.full_name
        self.is_confirmed = registration.state is RegistrationState.CONFIRMED
        self.spoken_code = registration.code


class WalkInUsedBefore(Refusal):
    """The number of a walk-in belongs to somebody else's."""

    code = "walk_in_used_before"
    sentence = _l("This was not understood. Please type it again.")


class ArrivalStays(Refusal):
    """A stop has one door, and it stays."""

    code = "arrival_stays"
    field = "kind"
    sentence = _l("A stop has exactly one checkpoint for arriving. Choose another kind.")


class CheckpointHasScans(Refusal):
    """How often one passes cannot change once somebody has."""

    code = "checkpoint_has_scans"
    field = "often"
    sentence = _l(
        "Somebody has been scanned here already, so how often one passes stays. Close this checkpoint and open another."
    )


class MoreAreWithin(Refusal):
    """A capacity below those who are within."""

    code = "more_are_within"
    field = "capacity"
    sentence = _l("More people than that are within already.")


class NotItsProgramme(Refusal):
    """An item of another stop's programme."""

    code = "not_its_programme"
    field = "item"
    sentence = _l("Choose an item of this stop's programme.")


class NotOffered(Refusal):
    """Something that may not be shown at a gate, or that nobody is asked."""

    status = 422
    code = "not_offered"
    field = "fields"
    sentence = _l("One of these is not to be shown at a gate. Please choose again.")


class TooManyFields(Refusal):
    """Nobody reads so much in passing."""

    status = 422
    code = "too_many_fields"
    field = "fields"

    def __init__(self, most: int) -> None:
        super().__init__(
            _l("Choose at most %(most)s: whoever scans has two seconds to read them.", most=most)
        )


class PosterIsDown(Refusal):
    """Nobody checks in by this poster (any more)."""

    status = 404
    code = "poster_is_down"
    sentence = _l("Nobody checks in by this poster any more. Please show your ticket at the entrance.")


class ScanItHere(Refusal):
    """The screen's code of another minute, or none: a photograph, or an address that was passed on."""

    status = 403
    code = "scan_it_here"
    sentence = _l("Please scan the code on the screen again: it changes every minute.")


class WrongPlaceWord(Refusal):
    """Not the word that stands in the hall."""

    status = 422
    code = "wrong_place_word"
    field = "place_word"
    sentence = _l("That is not the word that is shown here. Please ask our colleagues.")


class PosterHangs(Refusal):
    """One poster at a checkpoint."""

    code = "poster_hangs"
    sentence = _l("A poster hangs here already; change that one, or take it down first.")


class CheckpointEnded(Refusal):
    """No poster where nobody passes any more."""

    code = "checkpoint_ended"
    sentence = _l("This checkpoint is closed down, so no poster hangs there.")


class NoToken(Refusal):
    """Whoever asks is no device that we know."""

    status = 401
    code = "no_token"
    sentence = _l("This device has not joined. Scan the organiser's code, or type your PIN.")


class DeviceRevoked(Refusal):
    """The device was revoked, or its stop is over."""

    status = 401
    code = "device_revoked"
    sentence = _l("This device may not scan any more. Ask the organiser if that is a mistake.")


class NotForThisRole(Refusal):
    """A good device, but not with this role."""

    status = 403
    code = "not_for_this_role"
    sentence = _l("This device may not do that. Ask whoever supervises the gate.")


class NotItsCheckpoint(Refusal):
    """A checkpoint for which the device was not joined."""

    status = 404
    code = "not_its_checkpoint"
    sentence = _l("This device does not scan at that checkpoint.")


class NotUnderstood(Refusal):
    """What was sent is not in the form that the API describes; the sentence names the field."""

    status = 400
    code = "not_understood"


class TooMuchAtOnce(Refusal):
    """More in one call than it takes."""

    status = 413
    code = "too_much_at_once"
    sentence = _l("That is too much at once. Send it in pieces of at most 500 scans.")


class JoinCodeUnknown(Refusal):
    """No such code or PIN, or it is over."""

    status = 404
    code = "join_code_unknown"
    sentence = _l("This code is not good, or not any more. Please look at it again or ask the organiser.")


class JoinCodeUsedUp(Refusal):
    """As many devices have joined with it as may."""

    code = "join_code_used_up"
    sentence = _l("As many devices as may have joined with this code. Ask the organiser for another.")


class JoinCodeForPrinting(Refusal):
    """A printing station's code, typed into a scanner."""

    code = "join_code_for_printing"
    sentence = _l(
        "This code joins a printing station. Open it at /gate/station on the computer with the printer."
    )


class JoinCodeForScanning(Refusal):
    """A scanner's code, typed at a printing station."""

    code = "join_code_for_scanning"
    sentence = _l("This code joins a scanner. Ask the organiser for a printing station's code.")


class TooManyTries(Refusal):
    """Wrong codes, again and again from one place."""

    status = 429
    code = "too_many_tries"
    sentence = _l("Too many wrong codes from here. Please wait ten minutes.")


class StopIsOver(Refusal):
    """Nobody joins a device to what is over."""

    code = "stop_is_over"
    sentence = _l("This stop is over or cancelled: no device joins it any more.")
