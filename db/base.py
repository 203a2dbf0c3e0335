"""Declarative base, naming convention, and the columns nearly every table has."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, MetaData, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Strings = Annotated[list[str], mapped_column(ARRAY(Text))]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, UUID: Uuid}  # noqa: RUF012


class Identified:
    id: Mapped[UUID] = mapped_column(
        Uuid, primary_key=True, server_default=text("gen_random_uuid()"), sort_order=-3
    )


class Owned(Identified):
    """A row of one workspace; row-level security is on for every such table."""

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False, sort_order=-2
    )


class Stamped:
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=91)


def one_of(column: str, states: type[StrEnum] | Iterable[str], name: str | None = None) -> CheckConstraint:
    """An enum as a check: cheap to widen, visible in the catalog."""
    values = ", ".join(f"'{value}'" for value in states)
    return CheckConstraint(f"{column} IN ({values})", name=name or f"valid_{column}")
