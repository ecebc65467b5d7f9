"""One badge as a PDF of one page, exactly as large as the badge."""

from __future__ import annotations

from badges.batch import badge_of, pdf_of, stop_line
from badges.draw import BadgeHolder
from badges.errors import NoBadge
from badges.layout import BadgeClass
from campaigns.models import Stop
from printing.models import PrintJob
from printing.papers import Paper
from registrations.models import Registration, RegistrationState
from shared.db import db


def badge_pdf(job: PrintJob, paper: Paper) -> bytes:
    """The badge that ``job`` asks for. Raises NoBadge for who has no seat any more, or FontsAreMissing."""
    registration = db.session.get_one(Registration, job.registration_id)
    if registration.state is not RegistrationState.CONFIRMED:
        raise NoBadge
    holder = badge_of(registration, registration.stop)
    with pdf_of([holder], paper.layout, title=f"胸牌 {registration.code}") as pdf:
        return pdf.read()


def trial_pdf(stop: Stop, paper: Paper, *, station_name: str) -> bytes:
    """A badge of nobody, to see whether paper, size and letters are right. Raises FontsAreMissing."""
    holder = BadgeHolder(
        full_name="试印𬱖",
        unit=f"{station_name} · {paper.size}",
        badge_class=BadgeClass.STAFF,
        campaign=stop.campaign.name_zh or stop.campaign.name_en,
        stop_line=stop_line(stop),
        ticket_code=None,
    )
    with pdf_of([holder], paper.layout, title="试印 Test page") as pdf:
        return pdf.read()
