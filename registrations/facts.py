"""What has happened to a registration. Each carries the registration's id and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.outbox import Fact


@dataclass(frozen=True)
class RegistrationReceived(Fact):
    """Somebody has applied and waits for the review."""

    registration_id: int


@dataclass(frozen=True)
class RegistrationConfirmed(Fact):
    """Somebody has a seat."""

    registration_id: int


@dataclass(frozen=True)
class RegistrationWaiting(Fact):
    """Somebody stands on the waiting list."""

    registration_id: int


@dataclass(frozen=True)
class SeatOffered(Fact):
    """A seat is held for somebody who waited, until the offer expires."""

    registration_id: int


@dataclass(frozen=True)
class OfferExpired(Fact):
    """Somebody has not taken the seat in time."""

    registration_id: int


@dataclass(frozen=True)
class RegistrationDeclined(Fact):
    """The office has said no."""

    registration_id: int


@dataclass(frozen=True)
class RegistrationWithdrawn(Fact):
    """Somebody no longer wishes to come."""

    registration_id: int


@dataclass(frozen=True)
class InvitationMade(Fact):
    """Somebody is invited; ``times`` tells one sending from the next."""

    invitation_id: int
    times: int


@dataclass(frozen=True)
class RegistrationAmended(Fact):
    """Somebody has changed what a registration says."""

    registration_id: int


@dataclass(frozen=True)
class PersonErased(Fact):
    """Somebody's data are gone from these registrations; whoever keeps more about them empties it."""

    person_id: int
    registration_ids: list[int]


@dataclass(frozen=True)
class RegistrationSought(Fact):
    """Somebody looks for a registration by mobile number or e-mail address."""

    request_id: int


@dataclass(frozen=True)
class RestrictedAnswersGiven(Fact):
    """Somebody has answered questions whose answers are sealed."""

    registration_id: int


@dataclass(frozen=True)
class TicketReissued(Fact):
    """A registration's ticket has a new serial, and the old one is refused."""

    registration_id: int
    serial: int
