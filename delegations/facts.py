"""What has happened to a delegation."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.outbox import Fact


@dataclass(frozen=True)
class DelegationOpened(Fact):
    """A contact has opened a delegation."""

    delegation_id: int


@dataclass(frozen=True)
class MemberNamed(Fact):
    """Somebody is named and is to confirm."""

    member_id: int


@dataclass(frozen=True)
class DelegationDeclined(Fact):
    """The office has said no to a delegation as a whole."""

    delegation_id: int
