"""Which leads are meant: by a list, a search, a campaign."""

from dataclasses import dataclass
from datetime import datetime

from db.types import LeadId, LeadStatus

PRIORITY_TAG = "priority"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """Which leads; None leaves a question open. `replied_since`: business time."""

    status: LeadStatus | None = None
    search: str | None = None
    source: str | None = None
    contacted: bool | None = None
    replied_since: datetime | None = None
    tag: str | None = None
    company: str | None = None
    qualified: bool | None = None
    researched: bool | None = None
    least_score: int | None = None
    title: str | None = None  # all of these words
    location: str | None = None
    lead_ids: tuple[LeadId, ...] | None = None
