"""A campaign as its card and the list of campaigns show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.types import CampaignId, CampaignState, CampaignType


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """The numbers are of now: leads that ever entered, those of them that are written, wait, run or are held, and
    emails that left and were answered."""

    id: CampaignId
    name: str
    goal: str
    type: CampaignType
    state: CampaignState
    approach: str | None
    starts_at: datetime | None
    owner_user_id: str | None
    created_at: datetime
    leads_per_day: int | None
    language: str | None
    filter: Mapping[str, Any]
    channel_id: str | None
    thread_ts: str | None
    leads: int
    writing: int
    awaiting: int
    active: int
    held: int
    sent: int
    replied: int
