"""Campaigns: making, finding, pausing; and enrolling leads in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.campaign import Campaign, Enrollment
from db.models.email import EmailCampaign
from db.models.lead import Lead
from db.models.workspace import Workspace
from db.types import (
    CampaignId,
    CampaignState,
    CampaignType,
    EmailState,
    EnrollmentId,
    EnrollmentState,
    LeadId,
    LeadStatus,
    WorkspaceId,
)

DEFAULT_NAME = "First contact"
RUNNING = (
    EnrollmentState.WRITING,
    EnrollmentState.AWAITING_APPROVAL,
    EnrollmentState.ACTIVE,
    EnrollmentState.HELD,
)
_CLOSED = (None, LeadStatus.UNSUBSCRIBED, LeadStatus.BOUNCED)


@dataclass(frozen=True, slots=True)
class CampaignRow:
    id: CampaignId
    name: str
    goal: str
    type: CampaignType
    state: CampaignState
    approach: str | None
    starts_at: datetime | None
    owner_user_id: str | None
    created_at: datetime
    leads: int
    awaiting: int
    active: int
    sent: int
    replied: int


@dataclass(frozen=True, slots=True)
class Changed:
    campaigns: int
    enrollments: int


async def create(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    name: str,
    goal: str = "",
    type: CampaignType = CampaignType.IMMEDIATE,
    approach: str | None = None,
    language: str | None = None,
    filter: Mapping[str, Any] | None = None,
    waits: list[int] | None = None,
    starts_at: datetime | None = None,
    owner_user_id: str | None = None,
    created_by: str | None = None,
    channel_id: str | None = None,
    thread_ts: str | None = None,
    now: datetime,
) -> CampaignId:
    campaign = Campaign(
        workspace_id=workspace_id,
        name=name,
        goal=goal,
        type=type,
        state=CampaignState.ACTIVE,
        approach=approach,
        language=language,
        filter=dict(filter) if filter else None,
        starts_at=starts_at,
        owner_user_id=owner_user_id,
        created_by=created_by,
        channel_id=channel_id,
        thread_ts=thread_ts,
        created_at=now,
        updated_at=now,
    )
    if waits is not None:
        campaign.waits = waits
    session.add(campaign)
    await session.flush()
    return CampaignId(campaign.id)


async def default(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    owner_user_id: str | None,
    channel_id: str | None,
    thread_ts: str | None,
    now: datetime,
) -> CampaignId:
    """The workspace's campaign for leads that nobody put into one, made when it is missing."""
    # Two jobs may ask at once: the workspace's row is the lock.
    await session.execute(
        select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True)
    )
    found = await session.scalar(
        select(Campaign.id)
        .where(
            Campaign.workspace_id == workspace_id,
            Campaign.name == DEFAULT_NAME,
            Campaign.state.in_((CampaignState.ACTIVE, CampaignState.PAUSED)),
        )
        .order_by(Campaign.created_at)
        .limit(1)
    )
    if found is not None:
        return CampaignId(found)
    return await create(
        session,
        workspace_id,
        name=DEFAULT_NAME,
        goal="Begin a conversation",
        owner_user_id=owner_user_id,
        channel_id=channel_id,
        thread_ts=thread_ts,
        now=now,
    )


async def enroll(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    lead_id: UUID,
    campaign_id: UUID | None,
    owner_user_id: str | None,
    channel_id: str | None,
    thread_ts: str | None,
    now: datetime,
) -> EnrollmentId | None:
    """The new enrollment, whose emails are to be written; None when the lead is in this campaign already, in
    another sequence that is still running (a person gets one at a time), or can't be written to."""
    lead = select(Lead.status).where(Lead.workspace_id == workspace_id, Lead.id == lead_id)
    if await session.scalar(lead.with_for_update(key_share=True)) in _CLOSED:
        return None
    running = await session.scalar(
        select(Enrollment.id)
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.lead_id == lead_id,
            Enrollment.state.in_(RUNNING),
        )
        .limit(1)
    )
    if running is not None:
        return None
    chosen = campaign_id or await default(
        session,
        workspace_id,
        owner_user_id=owner_user_id,
        channel_id=channel_id,
        thread_ts=thread_ts,
        now=now,
    )
    row = insert(Enrollment).values(
        workspace_id=workspace_id,
        campaign_id=chosen,
        lead_id=lead_id,
        state=EnrollmentState.WRITING,
        channel_id=channel_id,
        thread_ts=thread_ts,
        created_at=now,
        updated_at=now,
    )
    made = await session.scalar(row.on_conflict_do_nothing().returning(Enrollment.id))
    return EnrollmentId(made) if made else None


async def by_id(session: AsyncSession, workspace_id: WorkspaceId, campaign_id: UUID) -> CampaignRow | None:
    found = (await session.execute(_rows(workspace_id).where(Campaign.id == campaign_id))).first()
    return _read(found) if found else None


async def listing(
    session: AsyncSession, workspace_id: WorkspaceId, *, state: CampaignState | None = None, limit: int = 50
) -> list[CampaignRow]:
    """Newest first."""
    rows = _rows(workspace_id).order_by(Campaign.created_at.desc()).limit(limit)
    if state is not None:
        rows = rows.where(Campaign.state == state)
    return [_read(row) for row in await session.execute(rows)]


async def by_words(session: AsyncSession, workspace_id: WorkspaceId, words: str) -> list[CampaignRow]:
    """Campaigns of that id, or whose name holds the words, newest first."""
    rows = _rows(workspace_id).order_by(Campaign.created_at.desc()).limit(20)
    try:
        rows = rows.where(Campaign.id == UUID(words.strip()))
    except ValueError:
        rows = rows.where(func.strpos(func.lower(Campaign.name), words.strip().lower()) > 0)
    return [_read(row) for row in await session.execute(rows)]


def _rows(workspace_id: WorkspaceId) -> Select[Campaign, Any, Any, Any, Any, Any]:
    def count(*conditions: Any) -> Any:
        return (
            select(func.count())
            .select_from(Enrollment)
            .where(Enrollment.campaign_id == Campaign.id, *conditions)
            .correlate(Campaign)
            .scalar_subquery()
        )

    def emails(*conditions: Any) -> Any:
        return (
            select(func.count())
            .select_from(EmailCampaign)
            .where(EmailCampaign.campaign_id == Campaign.id, *conditions)
            .correlate(Campaign)
            .scalar_subquery()
        )

    return select(
        Campaign,
        count(),
        count(Enrollment.state == EnrollmentState.AWAITING_APPROVAL),
        count(Enrollment.state.in_((EnrollmentState.ACTIVE, EnrollmentState.HELD))),
        emails(EmailCampaign.state == EmailState.SENT, EmailCampaign.kind == "sequence"),
        emails(EmailCampaign.replied),
    ).where(Campaign.workspace_id == workspace_id)


def _read(row: Any) -> CampaignRow:
    campaign: Campaign = row[0]
    return CampaignRow(
        CampaignId(campaign.id),
        campaign.name,
        campaign.goal,
        CampaignType(campaign.type),
        CampaignState(campaign.state),
        campaign.approach,
        campaign.starts_at,
        campaign.owner_user_id,
        campaign.created_at,
        *row[1:],
    )


async def pause(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    campaign_id: UUID | None = None,
    company: str | None = None,
    now: datetime,
) -> Changed:
    """One campaign, all of them, or (with `company`) the sequences of leads of that company only."""
    return await _switch(session, workspace_id, campaign_id, company, now, pausing=True)


async def resume(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    campaign_id: UUID | None = None,
    company: str | None = None,
    now: datetime,
) -> Changed:
    return await _switch(session, workspace_id, campaign_id, company, now, pausing=False)


async def _switch(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    campaign_id: UUID | None,
    company: str | None,
    now: datetime,
    *,
    pausing: bool,
) -> Changed:
    before, after = (CampaignState.ACTIVE, CampaignState.PAUSED)[:: 1 if pausing else -1]
    if company is not None:
        return Changed(0, await _switch_company(session, workspace_id, campaign_id, company, now, pausing))
    campaigns = update(Campaign).where(Campaign.workspace_id == workspace_id, Campaign.state == before)
    if campaign_id is not None:
        campaigns = campaigns.where(Campaign.id == campaign_id)
    changed = list(
        await session.scalars(campaigns.values(state=after, updated_at=now).returning(Campaign.id))
    )
    held = await session.scalar(
        select(func.count())
        .select_from(Enrollment)
        .where(Enrollment.campaign_id.in_(changed), Enrollment.state.in_(RUNNING))
    )
    return Changed(len(changed), held or 0)


async def _switch_company(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    campaign_id: UUID | None,
    company: str,
    now: datetime,
    pausing: bool,
) -> int:
    before, after = (EnrollmentState.ACTIVE, EnrollmentState.HELD)[:: 1 if pausing else -1]
    wanted = company.strip().lower()
    theirs = select(Lead.id).where(
        Lead.workspace_id == workspace_id,
        (func.strpos(func.lower(Lead.company), wanted) > 0) | (func.lower(Lead.company_domain) == wanted),
    )
    rows = update(Enrollment).where(
        Enrollment.workspace_id == workspace_id, Enrollment.state == before, Enrollment.lead_id.in_(theirs)
    )
    if not pausing:
        rows = rows.where(Enrollment.held_until.is_(None))
    if campaign_id is not None:
        rows = rows.where(Enrollment.campaign_id == campaign_id)
    changed = await session.scalars(rows.values(state=after, updated_at=now).returning(Enrollment.id))
    return len(list(changed))


async def set_state(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    campaign_id: UUID,
    state: CampaignState,
    *,
    now: datetime,
) -> None:
    await session.execute(
        update(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
        .values(state=state, updated_at=now)
    )


async def stop_sending(
    session: AsyncSession, workspace_id: WorkspaceId, *, user_id: str, now: datetime
) -> bool:
    """The one button that stops all sending. False: it was stopped already."""
    stopped = await session.scalar(
        update(Workspace)
        .where(Workspace.id == workspace_id, Workspace.sending_stopped_at.is_(None))
        .values(sending_stopped_at=now, sending_stopped_by=user_id, updated_at=now)
        .returning(Workspace.id)
    )
    return stopped is not None


async def resume_sending(session: AsyncSession, workspace_id: WorkspaceId, *, now: datetime) -> bool:
    resumed = await session.scalar(
        update(Workspace)
        .where(Workspace.id == workspace_id, Workspace.sending_stopped_at.is_not(None))
        .values(sending_stopped_at=None, sending_stopped_by=None, updated_at=now)
        .returning(Workspace.id)
    )
    return resumed is not None


async def leads_of(session: AsyncSession, workspace_id: WorkspaceId, campaign_id: UUID) -> list[LeadId]:
    found = await session.scalars(
        select(Enrollment.lead_id).where(
            Enrollment.workspace_id == workspace_id, Enrollment.campaign_id == campaign_id
        )
    )
    return [LeadId(lead_id) for lead_id in found]
