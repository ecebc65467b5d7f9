"""One human being over all campaigns and years."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Model, Moment


class Person(Model):
    """Somebody who has registered at least once.

    The same mobile and the same name are the same person. ``email`` is the one of the first registration; what
    a registration was told goes to the address given with *that* registration.
    """

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("mobile", "full_name", name="uq_people_mobile_full_name"),
        Index("ix_people_full_name", "full_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str]
    name_pinyin: Mapped[str]
    name_initials: Mapped[str]
    # None only for guests whom the office entered.
    mobile: Mapped[str | None]
    email: Mapped[str]
    created_at: Mapped[Moment]

    @property
    def shown_mobile(self) -> str:
        """As it is read in China: ``138 0000 0000``; a foreign one as it is stored."""
        if self.mobile is None:
            return ""
        if self.mobile.startswith("+86") and len(self.mobile) == 14:
            return f"{self.mobile[3:6]} {self.mobile[6:10]} {self.mobile[10:]}"
        return self.mobile

    @property
    def masked_mobile(self) -> str:
        """``138****0000``: enough to recognise, too little to call."""
        if self.mobile is None:
            return ""
        national = self.mobile.removeprefix("+86")
        return national[:-8] + "****" + national[-4:] if len(national) > 8 else "****"
