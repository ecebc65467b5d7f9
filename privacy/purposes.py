"""What personal data are kept for: the one list of purposes, from which the notice, the purge and the copy are made.

A question of a form carries one of these purposes too. Changing what a purpose asks, shows or keeps is a new version
of the notice: ``privacy/texts.py`` says how, and a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class Purpose(StrEnum):
    """One thing that personal data are kept for."""

    REGISTRATION = "registration"
    MATCHING = "matching"
    TRAVEL = "travel"
    MESSAGES = "messages"
    FOLLOW_UP = "follow_up"
    EMPLOYERS = "employers"
    WALL = "wall"
    SECURITY = "security"

    @property
    def label(self) -> str:
        """The purpose in the reader's language, in two or three words."""
        return str(_LABELS[self])


_LABELS = {
    Purpose.REGISTRATION: _l("Your seat and your entry"),
    Purpose.MATCHING: _l("Talks and posts that suit you"),
    Purpose.TRAVEL: _l("Travel, lodging and meals"),
    Purpose.MESSAGES: _l("What we wrote to you"),
    Purpose.FOLLOW_UP: _l("Being in touch after the event"),
    Purpose.EMPLOYERS: _l("Handing your data to employers"),
    Purpose.WALL: _l("Your name on the screen in the hall"),
    Purpose.SECURITY: _l("Protection against misuse"),
}


@dataclass(frozen=True)
class PurposeCard:
    """What the office says and does about one purpose.

    ``kept_days`` count from the end of the campaign's last stop (for SECURITY from the request); ``columns`` are
    those that the purge and an erasure empty, as ``table.column``.
    """

    purpose: Purpose
    what_for: LazyString
    data: LazyString
    basis: LazyString
    seen_by: LazyString
    kept_days: int
    columns: tuple[str, ...] = ()
    asks_separately: bool = False


_AGREEMENT = _l("Your agreement when you register (Personal Information Protection Law, article 13)")
_OWN_AGREEMENT = _l("Your separate agreement, which nobody needs to give in order to register (article 23)")
_SENSITIVE = _l(
    "Your separate agreement, because such data may say something of faith or health (article 29)"
)

CARDS: tuple[PurposeCard, ...] = (
    PurposeCard(
        Purpose.REGISTRATION,
        what_for=_l("To keep a seat for you, to know you at the entrance and to print your badge."),
        data=_l("Full name, mobile number, e-mail address, university, education, time of arrival"),
        basis=_AGREEMENT,
        seen_by=_l(
            "The office that holds the campaign and the city that hosts your stop; at the gate only name, university, state and, of what you told for this purpose, what helps there"
        ),
        kept_days=365,
        columns=(
            "people.full_name",
            "people.name_pinyin",
            "people.name_initials",
            "people.mobile",
            "people.email",
            "registrations.email",
            "registrations.university",
            "state_changes.reason",
            "registrations.gate_note",
        ),
    ),
    PurposeCard(
        Purpose.MATCHING,
        what_for=_l("To prepare talks and posts that suit you."),
        data=_l(
            "Research field, cities you would work in, your answers to the campaign's questions, your CV"
        ),
        basis=_AGREEMENT,
        seen_by=_l("The same offices, and the recruiter who follows up with you"),
        kept_days=365,
        columns=("registrations.research_field", "registrations.preferred_city_ids"),
    ),
    PurposeCard(
        Purpose.TRAVEL,
        what_for=_l("To fetch you, to lodge you and to serve what you may eat."),
        data=_l(
            "Arrival and departure, lodging, meals, access needs, emergency contact; only if you tell us"
        ),
        basis=_SENSITIVE,
        seen_by=_l("Only the colleagues who arrange it"),
        kept_days=30,
        asks_separately=True,
    ),
    PurposeCard(
        Purpose.MESSAGES,
        what_for=_l("To be able to show what you were told and whether it arrived."),
        data=_l("The text of our mails and the address they went to"),
        basis=_AGREEMENT,
        seen_by=_l("The organisers of your stop"),
        kept_days=180,
        columns=(
            "messages.recipient",
            "messages.subject",
            "messages.body_text",
            "messages.body_html",
            "messages.inline_png",
            "messages.last_error",
        ),
    ),
    PurposeCard(
        Purpose.FOLLOW_UP,
        what_for=_l("To go on talking with those who came, until they sign or do not."),
        data=_l("Name, mobile number, e-mail address, notes on our talks, the agreement you signed"),
        basis=_AGREEMENT,
        seen_by=_l("The recruiter in whose hands your case is, and the office's statistics without names"),
        kept_days=1095,
        columns=("contacts.note", "leads.position", "leads.lost_reason"),
    ),
    PurposeCard(
        Purpose.EMPLOYERS,
        what_for=_l("To show an employer of the province who you are and what you do."),
        data=_l(
            "Full name, university, education, research field, position and agreement; never your mobile number"
        ),
        basis=_OWN_AGREEMENT,
        seen_by=_l("The employers you talk with, as long as your agreement stands"),
        kept_days=1095,
        asks_separately=True,
    ),
    PurposeCard(
        Purpose.WALL,
        what_for=_l("To welcome you by name on the screen in the hall when you arrive."),
        data=_l("Full name and unit, for half an hour at most after your arrival; the screen keeps nothing"),
        basis=_OWN_AGREEMENT,
        seen_by=_l("Everybody in the hall who looks at the screen"),
        kept_days=1,
        asks_separately=True,
    ),
    PurposeCard(
        Purpose.SECURITY,
        what_for=_l("To keep others from guessing codes and opening your page."),
        data=_l("One-time codes and requests for them, kept as fingerprints that cannot be read back"),
        basis=_l("The office's duty to protect your data (article 51)"),
        seen_by=_l("Nobody; programs compare them"),
        kept_days=1,
    ),
)

CARD = {card.purpose: card for card in CARDS}


def fingerprint() -> str:
    """SHA-256 over all that the cards promise, in hexadecimal; the current notice names it."""
    # The msgids, so that the fingerprint is the same in every language.
    lines = [
        "|".join(
            (
                card.purpose.value,
                *(_msgid(part) for part in (card.what_for, card.data, card.basis, card.seen_by)),
                str(card.kept_days),
                str(card.asks_separately),
            )
        )
        for card in CARDS
    ]
    return sha256("\n".join(lines).encode()).hexdigest()


def _msgid(text: LazyString) -> str:
    return str(text._args[0])
