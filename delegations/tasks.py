"""The worker's part: contact and members are written to; seats that come free go to delegations that wait together."""

from __future__ import annotations

from campaigns.facts import SeatsAdded
from delegations.erase import empty_members
from delegations.facts import DelegationDeclined, DelegationOpened, MemberNamed
from delegations.gather import give_seats_to_delegations
from delegations.links import member_in_hand
from delegations.tell import tell_contact, tell_declined_to_all, tell_member
from jobs.outbox import on
from registrations.by_invitation import also_by
from registrations.facts import OfferExpired, PersonErased, RegistrationDeclined, RegistrationWithdrawn
from registrations.models import Registration
from shared.db import db

also_by(member_in_hand)


@on(DelegationOpened)
def tell_opened(delegation_id: int) -> None:
    """The contact gets the link."""
    tell_contact(delegation_id)


@on(MemberNamed)
def tell_named(member_id: int) -> None:
    """The member gets a link of his own."""
    tell_member(member_id)


@on(DelegationDeclined)
def tell_declined(delegation_id: int) -> None:
    """The contact, and whoever has not registered and so hears of it in no other way."""
    tell_declined_to_all(delegation_id)


@on(SeatsAdded)
def seats_added(stop_id: int) -> None:
    """A stop has more seats."""
    give_seats_to_delegations(stop_id)


@on(RegistrationWithdrawn)
@on(RegistrationDeclined)
@on(OfferExpired)
def seat_came_free(registration_id: int) -> None:
    """Somebody's seat came free."""
    registration = db.session.get(Registration, registration_id)
    if registration is not None:
        give_seats_to_delegations(registration.stop_id)


@on(PersonErased)
def empty_members_of_erased(person_id: int, registration_ids: list[int]) -> None:  # noqa: ARG001 - the fact's shape
    """What a contact said of somebody whose data are erased."""
    empty_members(registration_ids)
