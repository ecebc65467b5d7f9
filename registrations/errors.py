"""How registering and reviewing say no."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from shared.errors import NotFound, Refusal


class UnknownCode(Refusal):
    """Neither a ticket of ours nor a code that somebody has: mistyped, misread or forged."""

    status = 404
    code = "unknown_code"
    sentence = _l("This code is not one of ours. Scan it again, or type the eight characters below it.")


class TicketReissuedMeanwhile(Refusal):
    """The same button pressed twice, or by two."""

    code = "ticket_reissued_meanwhile"
    sentence = _l("This ticket has been issued anew meanwhile. The newest one is on its way already.")


class TicketMoves(NotFound):
    """No picture is given out of a code that changes every 30 seconds."""

    sentence = _l(
        "At this stop the code on the phone changes every 30 seconds, so there is no picture and no PDF of it. Open your own "
        "page at the entrance."
    )


class KeyUnknown(NotFound):
    """No ticket key has that number."""

    sentence = _l("There is no such ticket key.")


class KeySigns(Refusal):
    """What is signed now must pass tomorrow."""

    code = "key_signs"
    sentence = _l("This key signs tickets now. Make another one first; then this one may run out.")


class KeyWithdrawn(Refusal):
    """Withdrawn is withdrawn."""

    code = "key_withdrawn"
    sentence = _l("This key was withdrawn, for good.")


class LinkNotOurs(NotFound):
    """An applicant's link that we did not sign: cut short when it was copied, or made up."""

    sentence = _l("This link is not whole or no longer holds. Please open it from the e-mail we sent you.")


class RegistrationClosed(Refusal):
    """Too early, too late, or the stop is not held; the sentence says which."""

    code = "registration_closed"
    sentence = _l("Registration for this stop is closed. What you typed was not sent.")


class AlreadyRegistered(Refusal):
    """This person stands on this stop's list already."""

    code = "already_registered"
    sentence = _l(
        "Somebody with this name and mobile number is registered for this stop already. "
        "The link to the registration is in the e-mail we sent then."
    )
    field = "mobile"


class StopIsFull(Refusal):
    """Every seat is taken; nobody can be confirmed before one is given back."""

    code = "stop_is_full"
    sentence = _l(
        "Every seat of this stop is taken. Put the person on the waiting list, or raise the stop's seats."
    )


class SeatsAreFree(Refusal):
    """Nobody waits while a seat is free."""

    code = "seats_are_free"
    sentence = _l(
        "Seats of this stop are still free, so nobody needs to wait: confirm the person, or leave the registration "
        "under review until you know."
    )


class OfferHasExpired(Refusal):
    """Too late: the seat has gone on to the next in line."""

    code = "offer_has_expired"
    sentence = _l(
        "This offer has expired and the seat has gone to the next in line. "
        "As long as registration is open you may register again."
    )


class OverQuota(Refusal):
    """The stop has seats, but not for this cell of a quota."""

    code = "over_quota"

    def __init__(self, cell: str, most: int) -> None:
        super().__init__(
            _(
                "The quota is used up (%(cell)s, %(most)s seats). An organiser may go over it, with a reason.",
                cell=cell,
                most=most,
            )
        )


class QuotaExists(Refusal):
    """One cell has one quota."""

    code = "quota_exists"
    sentence = _l("There is a quota for this already: change its number instead.")
    field = "value"


class QuotaBelowTaken(Refusal):
    """More people have a seat in the cell than there would be."""

    code = "quota_below_taken"
    field = "most"

    def __init__(self, taken: int) -> None:
        super().__init__(_("%(number)s people of this cell have a seat already.", number=taken))


class NobodyChosen(Refusal):
    """An act for many needs somebody."""

    status = 422
    code = "nobody_chosen"
    sentence = _l("Nobody is chosen. Tick the people first, or choose everybody whom the filter shows.")


class BatchIsUnderWay(Refusal):
    """The same button pressed twice."""

    code = "batch_is_under_way"
    sentence = _l("This has been ordered already; below you see how far it is.")


class GateNoteMissing(Refusal):
    """A note for the gate says something."""

    status = 422
    code = "gate_note_missing"
    sentence = _l("Say in a few words what the gate should know.")
    field = "gate_note"


class GateNoteTooLong(Refusal):
    """It is read in passing."""

    status = 422
    code = "gate_note_too_long"
    sentence = _l("Please stay under 120 characters: it is read in passing.")
    field = "gate_note"


class WordsMissing(Refusal):
    """A mail has a subject and a text."""

    status = 422
    code = "words_missing"
    sentence = _l("A mail needs a subject and a text.")
    field = "text"


class ViewNeedsAName(Refusal):
    """What has no name is not found again."""

    status = 422
    code = "view_needs_a_name"
    sentence = _l("Give the view a name.")


class ConflictDeclared(Refusal):
    """Whoever is partial does not judge."""

    code = "conflict_declared"
    sentence = _l("You have declared a conflict of interest here, so your points are not taken.")


class PointsMissing(Refusal):
    """A review is whole or none."""

    status = 422
    code = "points_missing"
    sentence = _l("Give every criterion a number from 0 to 10.")
    field = "points"


class CriterionExists(Refusal):
    """A campaign has each criterion once."""

    code = "criterion_exists"
    sentence = _l("There is a criterion of this name already.")
    field = "name_zh"


class CriterionIsUsed(Refusal):
    """Points that were given keep their meaning."""

    code = "criterion_is_used"
    sentence = _l("Points were given for this criterion already, so it stays.")


class NotAsked(Refusal):
    """An answer to a question that was not put."""

    code = "not_asked"
    sentence = _l("You have not been asked about this; your seat stands as it is.")


class NotYetReleased(Refusal):
    """Latecomers have their time."""

    code = "not_yet_released"
    sentence = _l(
        "It is too early: latecomers still have their time. The stop's seat rules say from when on."
    )


class NobodyWaits(Refusal):
    """An empty chair helps nobody."""

    code = "nobody_waits"
    sentence = _l("Nobody waits for a seat, so none is given on.")


class WrongState(Refusal):
    """The registration is not where this act begins: somebody else was quicker, or a page was old."""

    code = "wrong_state"
    sentence = _l("This registration has changed meanwhile. Look at it again before you decide.")


class StopHasBegun(Refusal):
    """After the doors have opened nobody withdraws any more."""

    code = "stop_has_begun"
    sentence = _l("This stop has already begun, so the registration can no longer be changed here.")


class StopIsOver(Refusal):
    """Afterwards nothing is decided any more."""

    code = "stop_is_over"
    sentence = _l("This stop is over; its registrations stay as they are.")


class HasArrived(Refusal):
    """Somebody who is in the hall neither withdraws nor is declined; the arrival would have to be voided first."""

    code = "has_arrived"
    sentence = _l(
        "This person has arrived already. If that is a mistake, void the arrival at the gate first."
    )


class ReasonMissing(Refusal):
    """Whoever is declined is owed a reason, and so is the colleague who is asked later."""

    status = 422
    code = "reason_missing"
    sentence = _l("Say why, in a sentence. It is kept with the registration.")
    field = "reason"


class NotToBeChosen(Refusal):
    """An item that is not of this stop, or that nobody chooses: an old page, or a made-up one."""

    status = 422
    code = "not_to_be_chosen"
    field = "programme"
    sentence = _l("The programme has changed meanwhile. Please choose again.")


class ItemIsFull(Refusal):
    """Somebody else took the last seat of a programme item."""

    code = "item_is_full"
    field = "programme"

    def __init__(self, title: str) -> None:
        super().__init__(_l("“%(title)s” is full by now. Please choose something else.", title=title))


class OneOfTheGroup(Refusal):
    """Of some items, salons at the same hour, one is chosen."""

    code = "one_of_the_group"
    field = "programme"

    def __init__(self, group: str, other: str) -> None:
        super().__init__(
            _l(
                "Of “%(group)s” you can choose one; you have chosen “%(other)s”. Give that back first.",
                group=group,
                other=other,
            )
        )


class ChoicesOverlap(Refusal):
    """Nobody is in two places at once."""

    code = "choices_overlap"
    field = "programme"

    def __init__(self, one: str, other: str) -> None:
        super().__init__(
            _l(
                "“%(one)s” and “%(other)s” take place at the same time. Please choose one of them.",
                one=one,
                other=other,
            )
        )


class InvitationNotValid(Refusal):
    """Revoked, past its day, or used as often as it may be."""

    code = "invitation_not_valid"
    sentence = _l(
        "This invitation no longer holds: it has been used, has run out or was taken back. "
        "Please ask the office that sent it."
    )


class InvitationForAnother(Refusal):
    """A personal invitation in another's hands."""

    code = "invitation_for_another"
    sentence = _l(
        "This invitation is for one person only, and the name is another. If your name is written "
        "wrongly in it, please tell the office that sent it."
    )
    field = "full_name"

    @classmethod
    def by_address(cls) -> InvitationForAnother:
        """The name is right, the address is not the one that was invited."""
        refusal = cls(
            _l("The invitation was sent to another e-mail address. Please register with that address.")
        )
        refusal.__dict__["field"] = "email"
        return refusal


class NotSoManySeats(Refusal):
    """More seats are to be kept than are free."""

    status = 422
    code = "not_so_many_seats"
    sentence = _l("There are not so many free seats. Raise the stop's seats first, or keep fewer.")

    def __init__(self, free: int | None = None) -> None:
        super().__init__(
            None
            if free is None
            else _l(
                "Only %(number)s seats are free. Raise the stop's seats first, or keep fewer.", number=free
            )
        )


class BlockIsUsed(Refusal):
    """More people sit on a block's seats than it is to have."""

    status = 422
    code = "block_is_used"

    def __init__(self, used: int) -> None:
        super().__init__(
            _l("%(number)s people sit on these seats already; the number cannot be smaller.", number=used)
        )


class AlreadyInvited(Refusal):
    """The same person has an invitation to the stop that holds."""

    code = "already_invited"
    sentence = _l(
        "This person has an invitation to this stop already. Send that one again, or take it back first."
    )
    field = "full_name"


class WrongTime(Refusal):
    """A moment that is past, or later than it may be."""

    status = 422
    code = "wrong_time"
    sentence = _l("Choose a time that is still to come and before the stop is over.")
    field = "valid_until"


class InvitationUnknown(Refusal):
    """A key or code that we have not given."""

    status = 404
    code = "invitation_unknown"
    sentence = _l("We do not know this invitation. Check the code, or open the link in the mail once more.")
    field = "code"


class GuestIsThere(Refusal):
    """Somebody of this name and unit, or with this mobile, stands on the stop's list."""

    code = "guest_is_there"
    sentence = _l("This person is on the list of this stop already.")
    field = "full_name"


class EditsAreClosed(Refusal):
    """The answers stand: badges are being made, rooms booked."""

    code = "edits_are_closed"
    sentence = _l(
        "The time for changes is over. Please tell the person who is in touch with you, or the registration desk."
    )


class AnotherCampaign(Refusal):
    """One changes between the stops of one campaign; for another one registers."""

    code = "another_campaign"
    sentence = _l("This stop belongs to another campaign. Please register for it.")


class NoSeatThere(Refusal):
    """Nobody gives up a seat for a place in line without having said so."""

    code = "no_seat_there"
    sentence = _l(
        "You would have no seat at that stop for now: it is full, or decides on each registration. "
        "You have kept the seat you have. If you would rather wait there, tick that you give it up."
    )
    field = "without_seat"


class TooManyCodes(Refusal):
    """A mailbox is not to be filled with codes."""

    status = 429
    code = "too_many_codes"
    sentence = _l(
        "We have sent several codes already. Please look into your mailbox, or try again in an hour."
    )


class TooManyTries(Refusal):
    """Somebody knocks without end."""

    status = 429
    code = "too_many_tries"
    sentence = _l("That was tried too often from here. Please try again later.")


class NotYoursToSettle(Refusal):
    """Two registrations of one person clash at a stop of another city."""

    status = 403
    code = "not_yours_to_settle"
    sentence = _l(
        "Both are registered for the same stop of another city. The province's office has to merge them."
    )


class WrongCode(Refusal):
    """Not the digits that were sent."""

    status = 422
    code = "wrong_code"

    def __init__(self, left: int) -> None:
        super().__init__(
            _l("That is not the code we sent. You can try %(left)s more times.", left=left)
            if left > 1
            else _l("That is not the code we sent. You can try once more.")
        )


class CodeIsOver(Refusal):
    """Ten minutes have passed, or five tries, or it was used."""

    status = 422
    code = "code_is_over"
    sentence = _l("This code no longer holds. Please have a new one sent.")


class ChoiceIsFull(Refusal):
    """Somebody else took the last place of what was chosen; ``field`` is the question's key."""

    code = "choice_is_full"

    def __init__(self, key: str, label: str) -> None:
        super().__init__(
            _l("%(choice)s is full by now. Please choose another; everything else is kept.", choice=label)
        )
        self.key = key


class DraftIsFull(Refusal):
    """More than any form holds."""

    status = 413
    code = "draft_is_full"
    sentence = _l(
        "This is more than can be kept while you type. Nothing on this page is lost; please send the form."
    )


class SecondFormClosed(Refusal):
    """Rooms and coaches are booked by now."""

    code = "second_form_closed"
    sentence = _l("The time for this form is over. Please tell your contact at the office what is missing.")
