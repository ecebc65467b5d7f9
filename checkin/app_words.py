"""What the scanning app says by itself, in the reader's language: a device without a network has nobody to ask."""

from __future__ import annotations

from flask_babel import gettext as _

from checkin.errors import (
    STILL_OUTSIDE,
    PaperNotTaken,
    TicketKeyEnded,
    TicketKeyWithdrawn,
    TicketReissued,
    TicketStale,
    UnknownCode,
)
from checkin.models import DeviceRole
from registrations.models import BadgeClass, RegistrationState


def app_words() -> dict[str, str]:
    """Key → sentence with ``%(places)s`` that static/checkin/app/words.js fills."""
    return {
        **_results(),
        **_reasons(),
        **_state_of_things(),
        **_at_the_desk(),
        **_before_the_doors(),
        **{f"state.{state.value}": state.label for state in RegistrationState},
        **{f"class.{kind.value}": kind.label for kind in BadgeClass},
        **{f"role.{role.value}": role.label for role in DeviceRole},
    }


def _results() -> dict[str, str]:
    return {
        "result.arrived": _("Let in"),
        "result.arrived.door": _("Arrived"),
        "result.left": _("Went out"),
        "result.already": _("Passed already"),
        "result.already.door": _("Already arrived"),
        "result.refused": _("Not let in"),
        "result.undone": _("Undone"),
        "result.conflict": _("Let in twice"),
        "result.unsent": _("Not recorded"),
        "result.noted": _("Written down"),
        "welcome": _("Welcome"),
        "desk": _("Please go to the service desk."),
        "undone": _("Counts for nothing. The code can be scanned again."),
        "group.left": _("%(number)s more of this delegation"),
        "group.title": _("With %(name)s"),
        "group.in": _("Let in"),
        "group.tick": _("Tick who is here."),
        "group.let_in": _("Let %(number)s in"),
        "group.under_way": _("%(number)s of %(most)s …"),
        "group.done": _("%(number)s of %(most)s let in."),
        "group.taken_back": _("%(name)s counts as not let in."),
        "undo.late": _("This scan is more than 15 minutes old. An organiser can still undo it."),
        "undo.refused": _("This scan could not be undone."),
        "conflict": _("Another device had let this ticket in before."),
        "alone": _("decided by this device"),
        "waiting": _("not sent yet"),
        "within": _("%(number)s of %(most)s within"),
        "here": _("this device"),
        "unsent.no_list": _(
            "There is no network, and this device holds no list of people yet. Nothing was recorded."
        ),
        "unsent.not_held": _(
            "There is no network, and the list on this device does not hold this person. Nothing was recorded."
        ),
        "unsent.no_place": _("This device has no open checkpoint. Please ask the organiser."),
        "unsent.broken": _("This scan was not recorded. Please scan the ticket again."),
    }


def _reasons() -> dict[str, str]:
    return {
        "reason.already_checked_in": _("Came in at %(time)s (%(gate)s)."),
        "reason.unknown_code": str(UnknownCode.sentence),
        "reason.not_for_this_stop": _("This ticket is for another stop. Please go to the service desk."),
        "reason.not_for_this_stop.which": _(
            "This ticket is for %(city)s on %(day)s (%(venue)s). Please go to the service desk."
        ),
        **{f"reason.not_confirmed.{state.value}": str(said) for state, said in STILL_OUTSIDE.items()},
        "reason.not_open_yet": _("This checkpoint opens on %(when)s."),
        "reason.checkpoint_closed": _("This checkpoint has been closed since %(when)s."),
        "reason.not_for_this_class": _("Not for this group of guests: %(group)s."),
        "reason.not_chosen": _(
            "Has not signed up for “%(item)s”. The service desk knows whether there is room."
        ),
        "reason.not_arrived_yet": _("Has not been checked in at the entrance yet. Please go there first."),
        "reason.was_not_within": _("Is not within. Was the scanner set to “out” by mistake?"),
        "reason.no_room_within": _("No room: %(most)s people are within."),
        "reason.stop_cancelled": _("This stop was cancelled. Please ask the organiser."),
        "reason.ticket_revoked": _("This ticket is no longer good. Please send the person to the service desk."),
        "reason.ticket_expired": _("The last day of this ticket is over."),
        "reason.ticket_reissued": str(TicketReissued("", "").message),
        "reason.ticket_key_ended": str(TicketKeyEnded.sentence),
        "reason.ticket_key_withdrawn": str(TicketKeyWithdrawn.sentence),
        "reason.ticket_stale": str(TicketStale.sentence),
        "reason.paper_not_taken": str(PaperNotTaken.sentence),
        "reason.not_on_this_list": _(
            "A good ticket, but newer than the list on this device, which cannot tell whether it passes here. "
            "The service desk can."
        ),
        "reason.not_its_checkpoint": _("Scanned at a checkpoint that is not this device's."),
        "reason.scan_used_before": _("This scan was not understood. Please scan the ticket again."),
        "reason.other": _("Something went wrong"),
    }  # fmt: skip


def _at_the_desk() -> dict[str, str]:
    return {
        "search.short": _("Type at least two characters."),
        "search.found": _("%(number)s found"),
        "search.nobody": _("Nobody found."),
        "search.offline": _("Offline: in the list on this device, which holds no phone numbers."),
        "search.no_list": _("There is no network, and this device holds no list of people yet."),
        "search.arrived": _("Arrived %(time)s"),
        "search.tail": _("ends in %(tail)s"),
        "search.mobile": _("mobile ends in %(tail)s"),
        "search.undo_needs_network": _("Undoing another device's scan needs the network."),
        "noted.why": _("Waits to be registered, as soon as there is a network. Nothing is lost."),
        "walk_in.name": _("A full name has 2 to 50 characters."),
        "walk_in.mobile": _(
            "A mobile number has 11 digits and begins with 1. For numbers outside the mainland, begin with + and the "
            "country's code."
        ),
        "walk_in.unit": _("Please type where the person studies or works."),
        "walk_in.consent": _(
            "Let the person read the sentence and tick the box. Without it we may not keep anything."
        ),
        "walk_ins.waiting": _("%(number)s to register"),
        "walk_ins.refused": _("%(number)s could not be registered"),
        "walk_ins.waits": _("Waits for the network."),
        "walk_ins.elsewhere": _("Written down at another stop. Join that stop again to register this person."),
        "walk_ins.remove_sure": _("Really remove?"),
        "leave.walk_ins": _("People written down here are not registered yet. Wait for the network, or decide about them first."),
        "revoked.walk_ins": _(
            "This device is no longer joined; its list of people was removed. People written down here wait to be "
            "registered: join this stop again to send them."
        ),
    }  # fmt: skip


def _before_the_doors() -> dict[str, str]:
    return {
        "kiosk.hold": _("Settings: hold for two seconds"),
        "listening": _("Ready. A hand scanner is heard."),
        "listening.paused": _("Tap the page once, so that the hand scanner is heard."),
        "ready.whole": _("Ready for the doors."),
        "ready.to_look": _("%(number)s to look at before the doors open."),
        "ready.to_try": _("Good so far. %(number)s to try out."),
        "ready.until": _("good until %(time)s"),
        "ready.online": _("The server answers."),
        "ready.offline": _("The server does not answer. This device goes on by its list and sends later."),
        "ready.camera": _("The picture comes (%(width)s × %(height)s)."),
        "ready.no_camera": _("No picture yet. Without a camera a hand scanner and typing work."),
        "ready.try_code": _("Hold a ticket before the camera or scan one: it is read, and nothing is recorded."),
        "ready.read_ticket": _("Read by %(way)s: a ticket of this stop. Nothing was recorded."),
        "ready.read_other": _("Read by %(way)s: no ticket of this stop. Nothing was recorded."),
        "ready.by_camera": _("the camera"),
        "ready.by_hardware": _("the hand scanner"),
        "ready.sound": _("Play each once. The phone may be muted by a switch of its own."),
        "ready.sound_off": _("The sound is off. The button with the loudspeaker turns it on."),
        "ready.heard": _("The sounds are heard."),
        "ready.not_heard": _("Turn up the volume and take the phone off mute. Colours tell as well."),
        "ready.awake": _("Stays on as long as this page is open."),
        "ready.not_awake": _("May go dark by itself. Set the phone so that its screen stays on."),
        "ready.battery": _("%(level)s %%."),
        "ready.charging": _("%(level)s %%, being charged."),
        "ready.battery_weak": _("Plug it in, or keep a power bank at hand."),
        "ready.app": _("Opens without a network; the browser keeps what is stored here."),
        "ready.app_may_go": _(
            "Opens without a network. Put it on the home screen, so that the browser clears nothing when the phone is full."
        ),
        "ready.no_app": _("Reload this page once with a network, so that it opens without one."),
    }  # fmt: skip


def _state_of_things() -> dict[str, str]:
    return {
        "badge.at": _("Badge prints at %(desk)s"),
        "badge.here": _("Take your badge at %(desk)s"),
        "badge.order": _("Nobody prints at %(desk)s now: the service desk gives out the badge"),
        "badge.later": _("The badge is printed once this device is online again, or at the service desk"),
        "badge.nowhere": _("No badge printer has joined: the service desk gives out the badge"),
        "badge.facts": _("Badges: %(desk)s"),
        "badge.facts.order": _("Badges: %(desk)s out of order"),
        "badge.facts.nowhere": _("Badges: no printer"),
        "age.seconds": _("%(number)s s"),
        "age.minutes": _("%(number)s min"),
        "age.hours": _("%(number)s h"),
        "ago": _("%(age)s ago"),
        "never": _("never"),
        "link.online": _("Online"),
        "link.offline": _("Offline"),
        "link.none": _("Not joined"),
        "holds": _("Holds %(number)s people, %(age)s old"),
        "holds.nothing": _("Holds no list"),
        "pending": _("%(number)s to send"),
        "aside": _("%(number)s set aside"),
        "join.refused": _("This code was not accepted."),
        "join.unreachable": _("The server does not answer. Joining needs a network."),
        "join.pending": _("Scans of this device are still to be sent. Join again once they are."),
        "revoked": _("This device is no longer joined; its list of people was removed."),
        "revoked.pending": _(
            "This device is no longer joined; its list of people was removed. Scans still to be sent stay here until "
            "the server has them."
        ),
        "leave.pending": _("Scans are still to be sent. Wait until the server has them."),
        "insecure": _("This page works only over https, in a browser of the last few years."),
        "diag.device": _("This device"),
        "diag.heard": _("Server last heard"),
        "diag.clock": _("Server's clock"),
        "diag.clock.ahead": _("%(seconds)s s ahead"),
        "diag.list": _("List"),
        "diag.list.of": _("of %(time)s, good until %(until)s"),
        "diag.waits": _("To send"),
        "diag.online": _("Code to answer, online"),
        "diag.offline": _("Code to answer, offline"),
        "diag.figures": _("%(p50)s ms, 95 %% within %(p95)s ms (%(number)s scans)"),
    }
