"""The worker's part: applicants hear of what happens, and free seats are given on."""

from __future__ import annotations

from campaigns.facts import SeatsAdded, StopCancelled, StopMoved
from jobs.outbox import enqueue, on, task
from registrations.facts import (
    RegistrationConfirmed,
    RegistrationDeclined,
    RegistrationReceived,
    RegistrationWaiting,
    RegistrationWithdrawn,
)
from registrations.models import RegistrationState
from registrations.review import fill_free_seats
from registrations.tell import latest_act, tell_of_step, tell_of_stop, who_stands


@on(RegistrationReceived)
def tell_received(registration_id: int) -> None:
    """The registration is here and is being reviewed."""
    tell_of_step(registration_id, RegistrationState.APPLIED)


@on(RegistrationConfirmed)
def tell_confirmed(registration_id: int) -> None:
    """There is a seat, and here is the ticket."""
    tell_of_step(registration_id, RegistrationState.CONFIRMED)


@on(RegistrationWaiting)
def tell_waiting(registration_id: int) -> None:
    """All seats are taken; this is the place in line."""
    tell_of_step(registration_id, RegistrationState.WAITING)


@on(RegistrationDeclined)
def tell_declined(registration_id: int) -> None:
    """There will be no seat, and why."""
    tell_of_step(registration_id, RegistrationState.DECLINED)


@on(RegistrationWithdrawn)
def tell_withdrawn(registration_id: int) -> None:
    """The withdrawal has arrived."""
    tell_of_step(registration_id, RegistrationState.WITHDRAWN)


@on(SeatsAdded)
def give_seats_on(stop_id: int) -> None:
    """A stop has more seats: those who wait move up."""
    fill_free_seats(stop_id)


@on(StopMoved)
def tell_everybody_moved(stop_id: int) -> None:
    """Time or place have changed: one promise a person, so that one bad address stops nobody else's mail."""
    occasion = latest_act(stop_id)
    for registration_id in who_stands(stop_id):
        enqueue(tell_moved, registration_id=registration_id, occasion=occasion)


@on(StopCancelled)
def tell_everybody_cancelled(stop_id: int) -> None:
    """The stop does not take place."""
    occasion = latest_act(stop_id)
    for registration_id in who_stands(stop_id):
        enqueue(tell_cancelled, registration_id=registration_id, occasion=occasion)


@task
def tell_moved(registration_id: int, occasion: str) -> None:
    """One person hears of the new time or place."""
    tell_of_stop(registration_id, "moved", occasion)


@task
def tell_cancelled(registration_id: int, occasion: str) -> None:
    """One person hears that the stop does not take place."""
    tell_of_stop(registration_id, "cancelled", occasion)
