"""What the gate is to know of one person before it lets him pass: "院士，请通知王主任", "wheelchair"."""

from __future__ import annotations

from accounts.models import Staff
from audit.record import record
from registrations.errors import GateNoteMissing, GateNoteTooLong, WrongState
from registrations.models import STANDING, Registration
from shared.db import hold
from shared.errors import NotFound

LONGEST_GATE_NOTE = 120


def write_gate_note(registration_id: int, note: str, *, by: Staff) -> Registration:
    """Let the gate of the stop see ``note`` at each scan of this person; one that stands is replaced.

    Raises NotFound, also for somebody who was erased, GateNoteMissing, GateNoteTooLong, or WrongState for who does not mean
    to come. The caller holds the transaction.
    """
    note = checked(note)
    registration = _held(registration_id)
    if registration.state not in STANDING:
        raise WrongState
    if registration.gate_note != note:
        registration.gate_note = note
        # What it says is of the person and goes with him; the record only grows, so it does not repeat the words.
        record("write_gate_note", registration, by=by, stop_id=registration.stop_id)
    return registration


def remove_gate_note(registration_id: int, *, by: Staff) -> Registration:
    """The gate need not know it any more. Once more is as good as once. Raises NotFound.

    The caller holds the transaction.
    """
    registration = _held(registration_id)
    if registration.gate_note is not None:
        registration.gate_note = None
        record("remove_gate_note", registration, by=by, stop_id=registration.stop_id)
    return registration


def checked(note: str) -> str:
    """The note in one line. Raises GateNoteMissing or GateNoteTooLong."""
    line = " ".join(note.replace("\0", "").split())
    if not line:
        raise GateNoteMissing
    if len(line) > LONGEST_GATE_NOTE:
        raise GateNoteTooLong
    return line


def _held(registration_id: int) -> Registration:
    registration = hold(Registration, registration_id)
    if registration is None or registration.erased_at is not None:
        raise NotFound
    return registration
