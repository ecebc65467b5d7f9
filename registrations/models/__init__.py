"""The tables of the registrations, one file a subject."""

from __future__ import annotations

from registrations.models.answers import AnswerChange, AnswerFile, FormDraft
from registrations.models.own_access import (
    CodeOccasion,
    ContactChange,
    FindCode,
    FindRequest,
    Knock,
    OneTimeCode,
    TicketKey,
    TicketReissue,
)
from registrations.models.queue import Batch, Criterion, ReadyReason, Review, SavedView, Score
from registrations.models.registration import (
    BY_THE_OFFICE,
    SEATED,
    STANDING,
    Act,
    BadgeClass,
    Basis,
    Education,
    Registration,
    RegistrationState,
    StateChange,
    Way,
)
from registrations.models.seats import (
    Invitation,
    ProgrammeChoice,
    Quota,
    QuotaDimension,
    SeatBlock,
    SeatRules,
    StillComing,
    TakenChoice,
)

__all__ = [
    "BY_THE_OFFICE",
    "SEATED",
    "STANDING",
    "Act",
    "AnswerChange",
    "AnswerFile",
    "BadgeClass",
    "Basis",
    "Batch",
    "CodeOccasion",
    "ContactChange",
    "Criterion",
    "Education",
    "FindCode",
    "FindRequest",
    "FormDraft",
    "Invitation",
    "Knock",
    "OneTimeCode",
    "ProgrammeChoice",
    "Quota",
    "QuotaDimension",
    "ReadyReason",
    "Registration",
    "RegistrationState",
    "Review",
    "SavedView",
    "Score",
    "SeatBlock",
    "SeatRules",
    "StateChange",
    "StillComing",
    "TakenChoice",
    "TicketKey",
    "TicketReissue",
    "Way",
]
