"""Who may do what, and where: the one table of roles, and how far a member of staff reaches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accounts.models import Role, Staff


class Permission(StrEnum):
    """One thing that may be allowed."""

    MANAGE_STAFF = "manage_staff"
    MANAGE_RETENTION = "manage_retention"
    PLAN_CAMPAIGNS = "plan_campaigns"
    SEE_CAMPAIGNS = "see_campaigns"
    SEE_REGISTRATIONS = "see_registrations"
    REVIEW_REGISTRATIONS = "review_registrations"
    MERGE_PEOPLE = "merge_people"
    EXPORT_REGISTRATIONS = "export_registrations"
    EXPORT_CONTACTS = "export_contacts"
    CHECK_IN = "check_in"
    PRINT_BADGES = "print_badges"
    READ_MESSAGES = "read_messages"
    FOLLOW_LEADS = "follow_leads"
    SEE_REFERRED = "see_referred"
    SEE_FUNNEL = "see_funnel"


P = Permission
ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(set(P) - {P.SEE_REFERRED}),
    Role.ORGANISER: frozenset(
        {
            P.PLAN_CAMPAIGNS,
            P.SEE_CAMPAIGNS,
            P.SEE_REGISTRATIONS,
            P.REVIEW_REGISTRATIONS,
            P.MERGE_PEOPLE,
            P.EXPORT_REGISTRATIONS,
            P.EXPORT_CONTACTS,
            P.CHECK_IN,
            P.PRINT_BADGES,
            P.READ_MESSAGES,
            P.SEE_FUNNEL,
        }
    ),
    Role.REVIEWER: frozenset(
        {P.SEE_CAMPAIGNS, P.SEE_REGISTRATIONS, P.REVIEW_REGISTRATIONS, P.EXPORT_REGISTRATIONS}
    ),
    Role.GATE_VOLUNTEER: frozenset({P.CHECK_IN}),
    Role.RECRUITER: frozenset({P.SEE_CAMPAIGNS, P.FOLLOW_LEADS, P.SEE_FUNNEL}),
    Role.EMPLOYER_CONTACT: frozenset({P.SEE_REFERRED}),
    Role.VIEWER: frozenset({P.SEE_CAMPAIGNS, P.SEE_FUNNEL}),
}


@dataclass(frozen=True)
class Reach:
    """Where one permission holds for one member of staff. Lookups turn it into a WHERE.

    ``everywhere`` is the province; else a row is within reach when its host city, campaign, stop or employer is
    in the matching set.
    """

    everywhere: bool = False
    host_city_ids: frozenset[int] = frozenset()
    campaign_ids: frozenset[int] = frozenset()
    stop_ids: frozenset[int] = frozenset()
    employer_ids: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.everywhere or bool(
            self.host_city_ids or self.campaign_ids or self.stop_ids or self.employer_ids
        )

    def covers(
        self,
        *,
        host_city_id: int | None = None,
        campaign_id: int | None = None,
        stop_id: int | None = None,
        employer_id: int | None = None,
    ) -> bool:
        """Whether a row with these keys lies within reach."""
        return (
            self.everywhere
            or host_city_id in self.host_city_ids
            or campaign_id in self.campaign_ids
            or stop_id in self.stop_ids
            or employer_id in self.employer_ids
        )


def reach_of(staff: Staff, permission: Permission) -> Reach:
    """Where ``staff`` may do ``permission``: the union of the grants whose role allows it."""
    grants = [grant for grant in staff.grants if permission in ALLOWED[grant.role]]
    return Reach(
        everywhere=any(
            grant.host_city_id is None
            and grant.campaign_id is None
            and grant.stop_id is None
            and grant.employer_id is None
            for grant in grants
        ),
        host_city_ids=frozenset(grant.host_city_id for grant in grants if grant.host_city_id is not None),
        campaign_ids=frozenset(grant.campaign_id for grant in grants if grant.campaign_id is not None),
        stop_ids=frozenset(grant.stop_id for grant in grants if grant.stop_id is not None),
        employer_ids=frozenset(grant.employer_id for grant in grants if grant.employer_id is not None),
    )
