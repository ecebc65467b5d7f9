"""The worker's part: applicants hear of what happens, and free seats are given on."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from campaigns.facts import ItemCancelled, ItemMoved, SeatsAdded, StopCancelled, StopMoved
from jobs.janitor import every
from jobs.long_work import long_work
from jobs.models import LongWork
from jobs.outbox import enqueue, on, task
from people.id_numbers import note_typed_id_number
from privacy.retention import begin_purge, purge_some
from registrations import export_in_background
from registrations.answer_files import remove_unsent_files
from registrations.batch import do_chunk, page_of_batch, words_of
from registrations.cancel_item import who_chose_ids, who_had_chosen
from registrations.drafts import delete_expired_drafts
from registrations.exports import PIECE
from registrations.facts import (
    InvitationMade,
    OfferExpired,
    PersonErased,
    RegistrationAmended,
    RegistrationConfirmed,
    RegistrationDeclined,
    RegistrationReceived,
    RegistrationSought,
    RegistrationWaiting,
    RegistrationWithdrawn,
    RestrictedAnswersGiven,
    SeatOffered,
    TicketReissued,
)
from registrations.find import answer_request, forget_requests
from registrations.knocks import forget_knocks
from registrations.models import Registration, RegistrationState
from registrations.offer import expire_offers, fill_free_seats
from registrations.own_code import forget_codes
from registrations.sealed_answers import own_id_number
from registrations.still_coming import ask_again, release_unanswered, stops_that_ask
from registrations.tell import (
    ask_by_mail,
    latest_act,
    offer_times,
    open_offers_end_at,
    remind_of_offer,
    tell_of_cancelled_item,
    tell_of_change,
    tell_of_invitation,
    tell_of_moved_item,
    tell_of_new_ticket,
    tell_of_step,
    tell_of_stop,
    who_holds_a_ticket,
    who_stands,
)
from shared.db import db


@on(RegistrationReceived)
def tell_received(registration_id: int) -> None:
    """The registration is here and is being reviewed."""
    tell_of_step(registration_id, RegistrationState.APPLIED)


@on(RegistrationConfirmed)
def tell_confirmed(registration_id: int) -> None:
    """There is a seat, and here is the ticket."""
    tell_of_step(registration_id, RegistrationState.CONFIRMED)


@on(TicketReissued)
def tell_reissued(registration_id: int, serial: int) -> None:
    """The ticket has a new code, and the earlier one is refused."""
    tell_of_new_ticket(registration_id, f"serial-{serial}")


def promise_new_codes(key_id: int) -> None:
    """A key was withdrawn: one promise for each who holds a ticket. The caller holds the transaction."""
    for registration_id in who_holds_a_ticket():
        enqueue(tell_new_key, registration_id=registration_id, key_id=key_id)


@task
def tell_new_key(registration_id: int, key_id: int) -> None:
    """One person hears that the code on the ticket is another now."""
    tell_of_new_ticket(registration_id, f"key-{key_id}")


@on(RegistrationWaiting)
def tell_waiting(registration_id: int) -> None:
    """All seats are taken; this is the place in line."""
    tell_of_step(registration_id, RegistrationState.WAITING)


@on(SeatOffered)
def tell_offered(registration_id: int) -> None:
    """A seat is held, and until when."""
    tell_of_step(registration_id, RegistrationState.OFFERED)


@on(SeatOffered)
def watch_offer(registration_id: int) -> None:
    """An offer is reminded of once and ends by itself, at its time."""
    times = offer_times(registration_id)
    if times is None:
        return
    if times.reminds_at is not None:
        enqueue(
            tell_offer_ends,
            due_at=times.reminds_at,
            registration_id=registration_id,
            until=times.ends_at.isoformat(),
        )
    enqueue(end_offers, due_at=times.ends_at, stop_id=times.stop_id)


@task
def tell_offer_ends(registration_id: int, until: str) -> None:
    """The offer that holds ``until`` then runs out soon."""
    remind_of_offer(registration_id, datetime.fromisoformat(until))


@task
def end_offers(stop_id: int) -> None:
    """Offers whose time has run out end, and the next in line are asked."""
    expire_offers(stop_id)


@on(OfferExpired)
def tell_expired(registration_id: int) -> None:
    """The seat has gone on."""
    tell_of_step(registration_id, RegistrationState.EXPIRED)


@on(RegistrationDeclined)
def tell_declined(registration_id: int) -> None:
    """There will be no seat, and why."""
    tell_of_step(registration_id, RegistrationState.DECLINED)


@on(RegistrationWithdrawn)
def tell_withdrawn(registration_id: int) -> None:
    """The withdrawal has arrived."""
    tell_of_step(registration_id, RegistrationState.WITHDRAWN)


@on(RegistrationAmended)
def tell_amended(registration_id: int) -> None:
    """The answers were changed: so that somebody else's hand is noticed."""
    tell_of_change(registration_id)


@on(RestrictedAnswersGiven)
def note_id_number(registration_id: int) -> None:
    """An ID number says who somebody is, over campaigns and years."""
    registration = db.session.get(Registration, registration_id)
    if registration is not None and registration.erased_at is None:
        number = own_id_number(registration)
        if number is not None:
            note_typed_id_number(registration.person_id, number)


@on(RegistrationSought)
def answer_find_request(request_id: int) -> None:
    """Somebody looks for a registration: whoever is registered is written to."""
    answer_request(request_id)


@every(timedelta(hours=1))
def forget_what_is_over() -> None:
    """Knocks and requests of more than a day ago are nobody's business any more."""
    forget_knocks()
    forget_requests()
    forget_codes()


@every(timedelta(minutes=10))
def ask_who_still_comes() -> None:
    """Stops whose people are asked again, and those whose time to answer has run out: a promise for each."""
    for stop_id in stops_that_ask():
        enqueue(ask_the_confirmed, stop_id=stop_id)


@task
def ask_the_confirmed(stop_id: int) -> None:
    """Ask whoever is to be asked now; give on the seats of those who have not answered in time."""
    for registration_id in ask_again(stop_id):
        enqueue(tell_still_coming, registration_id=registration_id)
    release_unanswered(stop_id)


@task
def tell_still_coming(registration_id: int) -> None:
    """Do you still come?"""
    ask_by_mail(registration_id)


@every(timedelta(hours=1))
def purge_daily() -> None:
    """Once a day, whichever relay asks first: begin the removal of what has been kept long enough."""
    run_id = begin_purge()
    if run_id is not None:
        enqueue(purge_chunk, run_id=run_id)


@task
def purge_chunk(run_id: int) -> None:
    """One chunk of a day's purge, and the promise of the next while there is more."""
    if purge_some(run_id):
        enqueue(purge_chunk, run_id=run_id)


@on(SeatsAdded)
def give_seats_on(stop_id: int) -> None:
    """A stop has more seats: those who wait move up."""
    fill_free_seats(stop_id)


@on(StopMoved)
def tell_everybody_moved(stop_id: int) -> None:
    """Time or place have changed: one promise a person, so that one bad address stops nobody else's mail."""
    occasion = latest_act(stop_id)
    if begins_at := open_offers_end_at(stop_id):
        enqueue(end_offers, due_at=begins_at, stop_id=stop_id)  # the beginning may lie before their end now
    for registration_id in who_stands(stop_id):
        enqueue(tell_moved, registration_id=registration_id, occasion=occasion)


@on(ItemCancelled)
def tell_everybody_item_cancelled(item_id: int) -> None:
    """Something of the programme does not take place: one promise for each who had chosen it."""
    for registration_id in who_had_chosen(item_id):
        enqueue(tell_item_cancelled, registration_id=registration_id, item_id=item_id)


@task
def tell_item_cancelled(registration_id: int, item_id: int) -> None:
    """One person hears that what was chosen does not take place."""
    tell_of_cancelled_item(registration_id, item_id)


@on(ItemMoved)
def tell_everybody_item_moved(item_id: int) -> None:
    """Another time or place for something of the programme: one promise for each who has chosen it."""
    occasion = latest_act(item_id, "ProgrammeItem")
    for registration_id in who_chose_ids(item_id):
        enqueue(tell_item_moved, registration_id=registration_id, item_id=item_id, occasion=occasion)


@task
def tell_item_moved(registration_id: int, item_id: int, occasion: str) -> None:
    """One person hears of the new time or place of what was chosen."""
    tell_of_moved_item(registration_id, item_id, occasion)


@on(StopCancelled)
def tell_everybody_cancelled(stop_id: int) -> None:
    """The stop does not take place."""
    occasion = latest_act(stop_id)
    for registration_id in who_stands(stop_id):
        enqueue(tell_cancelled, registration_id=registration_id, occasion=occasion)


@long_work(
    "batch", _l("Decision about many registrations"), chunk=25, sentences=words_of, onward=page_of_batch
)
def carry_out_batch(work: LongWork, position: int) -> int | None:
    """The next of those chosen for one act."""
    return do_chunk(work, position)


@on(PersonErased)
def forget_exports_of_erased(person_id: int, registration_ids: list[int]) -> None:  # noqa: ARG001 - the fact's shape
    """Files that were taken out and are kept for a week hold nobody who was erased."""
    export_in_background.forget_exports_of(registration_ids)


@long_work(
    export_in_background.KIND,
    _l("Export of registrations"),
    chunk=PIECE,
    sentences=export_in_background.words_of,
)
def export_registrations(work: LongWork, position: int) -> int | None:
    """The next lines of a file; after the last ones the file."""
    return export_in_background.do_chunk(work, position)


@task
def tell_moved(registration_id: int, occasion: str) -> None:
    """One person hears of the new time or place."""
    tell_of_stop(registration_id, "moved", occasion)


@task
def tell_cancelled(registration_id: int, occasion: str) -> None:
    """One person hears that the stop does not take place."""
    tell_of_stop(registration_id, "cancelled", occasion)


@on(InvitationMade)
def tell_invited(invitation_id: int, times: int) -> None:
    """Somebody is invited, or invited once more."""
    tell_of_invitation(invitation_id, times)


@every(timedelta(hours=1))
def forget_drafts() -> None:
    """Drafts that nobody went on with, and files that were handed in and never sent."""
    delete_expired_drafts()
    remove_unsent_files()
