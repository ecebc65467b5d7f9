"""Write to the contact of a delegation, and to each member."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _

from delegations.links import address, delegation_link, member_link
from delegations.lookups import members_of
from delegations.models import Delegation, DelegationMember
from messages.write import write_message
from shared.db import db
from shared.language import BABEL_LOCALES


def tell_contact(delegation_id: int) -> None:
    """The contact's link. The caller holds the transaction."""
    delegation = db.session.get(Delegation, delegation_id)
    if delegation is None or not delegation.contact_email:
        return
    with force_locale(BABEL_LOCALES[delegation.language]):
        words = str(_("Open my delegation"))
    write_message(
        "delegation_opened",
        occasion=f"delegation-{delegation.id}",
        registration_id=None,
        stop_id=delegation.stop_id,
        recipient=delegation.contact_email,
        language=delegation.language,
        context={
            "delegation": delegation,
            "stop": delegation.stop,
            "name": delegation.contact_name,
            "language": delegation.language,
            "link": address(f"/delegation/{delegation_link(delegation)}"),
            "link_words": words,
        },
    )


def tell_member(member_id: int) -> None:
    """A member's own link; nothing to whoever was taken off meanwhile. The caller holds the transaction."""
    member = db.session.get(DelegationMember, member_id)
    if member is None or member.removed_at is not None or member.registration_id is not None:
        return
    delegation = member.delegation
    if delegation.declined_at is not None:
        return
    with force_locale(BABEL_LOCALES[delegation.language]):
        words = str(_("Confirm my registration"))
    write_message(
        "delegation_member",
        occasion=f"member-{member.id}",
        registration_id=None,
        stop_id=delegation.stop_id,
        recipient=member.email,
        language=delegation.language,
        context={
            "delegation": delegation,
            "stop": delegation.stop,
            "name": member.full_name,
            "language": delegation.language,
            "link": address(f"/delegation/member/{member_link(member)}"),
            "link_words": words,
        },
    )


def tell_declined_to_all(delegation_id: int) -> None:
    """That all of it is declined: to the contact, and to members who have not registered; the others are told as applicants.

    Once each. The caller holds the transaction.
    """
    delegation = db.session.get(Delegation, delegation_id)
    if delegation is None or delegation.declined_at is None:
        return
    waiting = [member for member in members_of(delegation) if member.registration_id is None]
    told = [
        (f"delegation-declined-{delegation.id}", delegation.contact_email, delegation.contact_name, True),
        *((f"member-declined-{member.id}", member.email, member.full_name, False) for member in waiting),
    ]
    stop = delegation.stop
    for occasion, recipient, name, is_contact in told:
        if "@" not in recipient:  # emptied
            continue
        with force_locale(BABEL_LOCALES[delegation.language]):
            words = str(_("Open my delegation") if is_contact else _("To the campaign"))
        write_message(
            "delegation_declined",
            occasion=occasion,
            registration_id=None,
            stop_id=stop.id,
            recipient=recipient,
            language=delegation.language,
            context={
                "delegation": delegation,
                "stop": stop,
                "name": name,
                "language": delegation.language,
                "link": address(
                    f"/delegation/{delegation_link(delegation)}" if is_contact else f"/c/{stop.campaign.slug}"
                ),
                "link_words": words,
            },
        )
