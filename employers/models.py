"""Who hires: companies, universities, hospitals, institutes."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Model, Moment
from shared.language import in_language


class Employer(Model):
    """A hiring body of any kind, in one of the province's cities."""

    __tablename__ = "employers"
    __table_args__ = (UniqueConstraint("name_zh", name="uq_employers_name_zh"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    industry_zh: Mapped[str]
    industry_en: Mapped[str]
    # host_cities belongs to a sibling package; only its key is known here.
    host_city_id: Mapped[int | None] = mapped_column(ForeignKey("host_cities.id"))
    created_at: Mapped[Moment]

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name_zh, self.name_en)

    @property
    def industry(self) -> str:
        """The industry in the reader's language."""
        return in_language(self.industry_zh, self.industry_en)
