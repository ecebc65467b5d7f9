"""A person's leads go with him; two in one campaign become one, with the contacts of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, delete, insert, select, update

from leads.models import Lead, Stage
from people.belongings import Clash, belonging, point
from people.errors import BothHaveSigned
from shared.db import Model, db

_FURTHEST = list(Stage)
_SIGNED = (Stage.SIGNED, Stage.ONBOARDED)


class _Leads:
    """How leads are moved."""

    table = Lead.__tablename__

    def clashes(self, survivor_id: int, absorbed_id: int) -> list[Clash]:
        """Nothing to choose: the lead that has come further stays. Raises BothHaveSigned."""
        for one, other in _twice(survivor_id, absorbed_id):
            if one.stage in _SIGNED and other.stage in _SIGNED:
                raise BothHaveSigned
        return []

    def move(self, survivor_id: int, absorbed_id: int, _kept: Mapping[str, int], _by: Any) -> dict[str, Any]:
        """Join two leads of one campaign, then move all that are the absorbed one's."""
        self.clashes(survivor_id, absorbed_id)
        joined = [_join(*sorted(both, key=_goodness)) for both in _twice(survivor_id, absorbed_id)]
        table = _table(self.table)
        ids = point(table, table.c.person_id, table.c.person_id == absorbed_id, survivor_id)
        db.session.expire_all()
        return {"ids": ids, "joined": joined}

    def move_back(self, moved: dict[str, Any], survivor_id: int, absorbed_id: int, _by: Any) -> None:
        """Give back what was moved, and part what was joined."""
        table = _table(self.table)
        if moved["ids"]:
            which = table.c.id.in_(moved["ids"]) & (table.c.person_id == survivor_id)
            point(table, table.c.person_id, which, absorbed_id)
        for one in moved["joined"]:
            _part(one)
        db.session.expire_all()


def _twice(one_id: int, other_id: int) -> list[tuple[Lead, Lead]]:
    leads = db.session.scalars(
        select(Lead)
        .where(Lead.person_id.in_((one_id, other_id)))
        .order_by(Lead.id)
        .with_for_update(of=Lead)
        .execution_options(populate_existing=True)
    ).unique()
    by_campaign: dict[int, list[Lead]] = {}
    for lead in leads:
        by_campaign.setdefault(lead.campaign_id, []).append(lead)
    return [(both[0], both[1]) for both in by_campaign.values() if len(both) == 2]


def _goodness(lead: Lead) -> tuple[bool, int, bool, int]:
    """The smaller the better: not lost, furthest, with an owner, the older."""
    return lead.stage is Stage.LOST, -_FURTHEST.index(lead.stage), lead.owner_id is None, lead.id


def _join(kept: Lead, given_up: Lead) -> dict[str, Any]:
    """Let ``kept`` have what hangs on ``given_up``, and take that one away; all that it was is returned."""
    leads, holdings = _table("leads"), _table("lead_holdings")
    row = db.session.execute(select(leads).where(leads.c.id == given_up.id)).mappings().one()
    held = db.session.execute(select(holdings).where(holdings.c.lead_id == given_up.id)).mappings().all()
    db.session.execute(delete(holdings).where(holdings.c.lead_id == given_up.id))
    moved = {
        f"{table.name}.{column.name}": point(table, column, column == given_up.id, kept.id)
        for table, column in _pointing_to_leads()
    }
    document = {
        "kept_id": kept.id,
        "lead": _plain(dict(row)),
        "holdings": [_plain(dict(one)) for one in held],
        "moved": moved,
    }
    db.session.expunge(given_up)
    db.session.execute(delete(leads).where(leads.c.id == given_up.id))
    return document


def _part(joined: dict[str, Any]) -> None:
    leads, holdings = _table("leads"), _table("lead_holdings")
    db.session.execute(insert(leads).values(_typed(leads, joined["lead"])))
    for one in joined["holdings"]:
        db.session.execute(insert(holdings).values(_typed(holdings, one)))
    for table, column in _pointing_to_leads():
        ids = joined["moved"].get(f"{table.name}.{column.name}")
        if ids:
            key = next(iter(table.primary_key.columns))
            db.session.execute(
                update(table)
                .where(key.in_(ids), column == joined["kept_id"])
                .values({column.name: joined["lead"]["id"]})
            )


def _pointing_to_leads() -> list[tuple[Table, Any]]:
    return [
        (table, key.parent)
        for table in Model.metadata.sorted_tables
        if table.name != "lead_holdings"
        for key in table.foreign_keys
        if key.column.table.name == "leads"
    ]


def _table(name: str) -> Table:
    return Model.metadata.tables[name]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as JSON holds it; states by value, moments and days as text."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else getattr(value, "value", value)
        for name, value in row.items()
    }


def _typed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """What ``_plain`` wrote, as the columns take it; columns that have come since have their default."""
    typed = {}
    for name, value in row.items():
        if name not in table.c:
            continue
        kind = table.c[name].type
        python_type = kind.python_type if value is not None else None
        if python_type is not None and hasattr(python_type, "fromisoformat"):
            value = python_type.fromisoformat(value)
        elif hasattr(kind, "enum_class") and kind.enum_class and value is not None:
            value = kind.enum_class(value)
        typed[name] = value
    return typed


belonging(_Leads())
