"""The sidebar: what this member of staff may open, in the order of the work.

Endpoints are named by text, so that this package knows none above it; tests/house checks that they exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from accounts.access import may_open


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar."""

    label: LazyString
    endpoint: str
    icon: str
    pages: frozenset[str] = frozenset()
    """The endpoints that are this entry's alone; without them it has its whole blueprint, less what others claim."""


SECTIONS: tuple[tuple[LazyString, tuple[Entry, ...]], ...] = (
    (
        _l("Campaigns"),
        (
            Entry(_l("Campaigns and stops"), "campaigns.campaign_list", "calendar-event"),
            Entry(_l("Registrations"), "registrations_staff.registration_list", "users"),
            Entry(
                _l("To be scored by me"),
                "registrations_staff.to_score",
                "star",
                frozenset(
                    {
                        "registrations_staff.to_score",
                        "registrations_staff.score",
                        "registrations_staff.keep_score",
                    }
                ),
            ),
            Entry(_l("Same person?"), "people.pairs", "user-search"),
            Entry(_l("Messages"), "messages.message_log", "mail"),
        ),
    ),
    (
        _l("On the day"),
        (
            Entry(_l("Gate"), "checkin.gates", "scan"),
            Entry(_l("Badges"), "badges.stops", "id-badge"),
        ),
    ),
    (
        _l("Follow-up"),
        (
            Entry(_l("My leads"), "leads.my_leads", "user-check"),
            Entry(_l("Referred to us"), "leads.referred", "briefcase"),
            Entry(_l("Funnel"), "reports.funnel", "chart-funnel"),
            Entry(_l("Keeping of data"), "retention.plan", "database"),
        ),
    ),
    (
        _l("Mine"),
        (Entry(_l("My background work"), "work.my_work", "hourglass"),),
    ),
)
CLAIMED = frozenset().union(*(entry.pages for _title, entries in SECTIONS for entry in entries))


def navigation() -> list[dict[str, Any]]:
    """The sections with the entries that the signed-in member of staff may open."""
    if g.get("staff") is None:
        return []
    sections = []
    for title, entries in SECTIONS:
        items = [
            {
                "label": str(entry.label),
                "url": url_for(entry.endpoint),
                "icon": entry.icon,
                "active": _is_of(entry, request.endpoint or ""),
            }
            for entry in entries
            if may_open(current_app, entry.endpoint, g.staff)
        ]
        if items:
            sections.append({"title": str(title), "items": items})
    return sections


def _is_of(entry: Entry, endpoint: str) -> bool:
    """Whether the page of ``endpoint`` belongs to the entry."""
    if entry.pages or endpoint in CLAIMED:
        return endpoint in entry.pages
    return endpoint.split(".")[0] == entry.endpoint.split(".")[0]
