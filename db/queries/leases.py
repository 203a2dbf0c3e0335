"""What every leased row shares: a token that is checked with each write, and an end in real time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from db.errors import LeaseLost
from db.types import LeaseToken


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim on a row: whoever takes it makes the token (uuid4) and says until when, in real time."""

    token: LeaseToken
    until: datetime


def is_free(
    lease_until: InstrumentedAttribute[datetime | None] | ColumnElement[datetime | None], wall: datetime
) -> ColumnElement[bool]:
    """Nobody holds the row, or whoever did is over time."""
    return or_(lease_until.is_(None), lease_until <= wall)


def held(row: Any | None, what: str, row_id: UUID) -> None:
    """Raises LeaseLost where an UPDATE that asked for our token returned no row."""
    if row is None:
        raise LeaseLost(f"{what} {row_id} is no longer ours")
