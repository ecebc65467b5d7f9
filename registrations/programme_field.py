"""The form's field for what an applicant chooses of a stop's programme."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from wtforms import Field
from wtforms.validators import ValidationError

from campaigns.models import ProgrammeItem
from shared.clock import now

MOST_CHOICES = 50


@dataclass(frozen=True)
class ChoiceGroup:
    """Items of which one is chosen (``one_of``), or one item for itself. ``name`` is the name of its controls.

    Of a group that ``is_must`` one has to be chosen, as long as there is one with room.
    """

    name: str
    label: str
    one_of: bool
    is_must: bool
    items: list[ProgrammeItem]


class ProgrammeField(Field):
    """Items of the programme: boxes, and round marks where of a group one is chosen. ``data`` are their ids.

    A group's marks have a name of their own, ``<field>-<number>``; they are all read together.
    """

    data: list[int]

    def __init__(self, label: Any = None, **options: Any) -> None:
        super().__init__(label, **options)
        self.items: list[ProgrammeItem] = []

    def offer(self, programme: Iterable[ProgrammeItem]) -> None:
        """Fill in what may be chosen: the items to be chosen that take place and have not begun."""
        moment = now()
        self.items = [
            item for item in programme if item.is_chosen and not item.is_cancelled and item.starts_at > moment
        ]

    @property
    def groups(self) -> list[ChoiceGroup]:
        """What may be chosen, in the order of time, the items of one group together."""
        groups: dict[str, ChoiceGroup] = {}
        for item in self.items:
            key = item.group_zh or f"\0{item.id}"
            if key not in groups:
                name = f"{self.name}-{len(groups) + 1}" if item.group_zh else self.name
                groups[key] = ChoiceGroup(name, item.group, bool(item.group_zh), item.group_is_must, [])
            groups[key].items.append(item)
        return list(groups.values())

    def asks_for_one_of(self, group: ChoiceGroup) -> bool:
        """Whether one of the group has to be chosen: it is a must, and there is one with room or already held."""
        held = self.object_data or []
        return group.is_must and any(not item.is_full or item.id in held for item in group.items)

    def has_one_of(self, group: ChoiceGroup) -> bool:
        """Whether one of the group's items is chosen."""
        return any(item.id in self.data for item in group.items)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read every control whose name is ours; without a form take what is stored."""
        del extra_filters  # WTForms' signature; ids need no filter
        self.process_errors = []
        self.object_data = self.data = list(data or [])
        self.raw_data = []
        if formdata is not None:
            self.raw_data = [
                value
                for name in formdata
                if name == self.name or name.startswith(f"{self.name}-")
                for value in formdata.getlist(name)
            ]
            self.data = list(dict.fromkeys(_numbers(self.raw_data)))

    def pre_validate(self, _form: Any) -> None:
        """Only what is offered, and one of each group that is a must; whether a seat is left is asked when it is taken."""
        if set(self.data) - {item.id for item in self.items}:
            raise ValidationError(_("The programme has changed meanwhile. Please choose again."))
        for group in self.groups:
            if self.asks_for_one_of(group) and not self.has_one_of(group):
                raise ValidationError(_("Please choose one: %(group)s.", group=group.label))


def _numbers(values: list[str]) -> Iterator[int]:
    for value in values[:MOST_CHOICES]:
        if value.isascii() and value.isdigit() and len(value) < 10:
            yield int(value)
