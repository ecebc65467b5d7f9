"""How following up says no."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class NoLeadToClaim(Refusal):
    """The pool is empty, as far as the asker reaches."""

    code = "no_lead_to_claim"
    sentence = _l("Nobody is waiting in the pool now. Whoever arrives at a stop appears there at once.")


class HoldingCapReached(Refusal):
    """Somebody who holds as many open leads as one person can follow."""

    code = "holding_cap_reached"
    sentence = _l(
        "You hold as many open leads as one person can follow. Bring one to an end or give one back first."
    )


class AlreadyClaimed(Refusal):
    """A colleague was quicker."""

    code = "already_claimed"
    sentence = _l("A colleague has taken this lead already. Claim the next best one.")


class NotYourLead(Refusal):
    """Only the owner acts on a lead, or an administrator."""

    status = 403
    code = "not_your_lead"
    sentence = _l("This lead is not in your hands. Ask its owner, or claim it if it lies in the pool.")


class LeadIsOver(Refusal):
    """Signed, at work or let go: reopen it first."""

    code = "lead_is_over"
    sentence = _l("This lead has come to its end. Reopen it first.")


class LeadIsOpen(Refusal):
    """There is nothing to reopen."""

    code = "lead_is_open"
    sentence = _l("This lead is still open.")


class NotSigned(Refusal):
    """Nobody starts work before an agreement is signed."""

    code = "not_signed"
    sentence = _l("Only a signed person can start work. Record the signing first.")


class UnknownEmployer(Refusal):
    """The employer was removed while the page was open, or never existed."""

    status = 422
    code = "unknown_employer"
    field = "employer_id"
    sentence = _l("Choose the employer out of the list.")


class SignedInTheFuture(Refusal):
    """A signing is recorded when it has happened."""

    status = 422
    code = "signed_in_the_future"
    field = "signed_on"
    sentence = _l("The day of signing cannot lie ahead.")


class StartedBeforeSigning(Refusal):
    """Work starts on the day of signing at the earliest."""

    status = 422
    code = "started_before_signing"
    field = "started_on"
    sentence = _l("Work cannot start before the day of signing.")


class StartsInTheFuture(Refusal):
    """A start of work is recorded when it has happened."""

    status = 422
    code = "starts_in_the_future"
    field = "started_on"
    sentence = _l("The first day of work cannot lie ahead.")


class ReasonNeeded(Refusal):
    """ "Another reason" says nothing without the words."""

    status = 422
    code = "reason_needed"
    field = "note"
    sentence = _l("Please write the reason in a few words.")


class NextContactInThePast(Refusal):
    """What is due next lies ahead."""

    status = 422
    code = "next_contact_in_the_past"
    field = "next_on"
    sentence = _l("The next contact cannot lie in the past.")
