"""Campaigns: making, finding, changing; and enrolling one lead at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.campaign_card import CampaignRow
from db.models.campaign import Campaign, Enrollment
from db.models.email import Approval, EmailCampaign
from db.models.lead import Lead
from db.models.workspace import Workspace
from db.types import (
    ApprovalState,
    CampaignId,
    CampaignState,
    CampaignType,
    EmailKind,
    EmailState,
    EnrollmentId,
    EnrollmentState,
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


async def create(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    name: str,
    goal: str = "",
    type: CampaignType = CampaignType.IMMEDIATE,
    state: CampaignState = CampaignState.ACTIVE,
    approach: str | None = None,
    language: str | None = None,
    filter: Mapping[str, Any] | None = None,
    waits: list[int] | None = None,
    starts_at: datetime | None = None,
    leads_per_day: int | None = None,
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
        state=state,
        approach=approach,
        language=language,
        filter=dict(filter) if filter else null(),  # None would be JSON's
        starts_at=starts_at,
        leads_per_day=leads_per_day,
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


async def answer_waits(session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID) -> bool:
    """The lead wrote to us, and what we answer waits for an approval."""
    asked = select(Approval.id).where(
        Approval.workspace_id == workspace_id,
        Approval.lead_id == lead_id,
        Approval.kind == EmailKind.ANSWER,
        Approval.state == ApprovalState.PENDING,
    )
    return bool(await session.scalar(select(asked.exists())))


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
    another sequence that is still running (a person gets one at a time), waits for our answer, or can't be written
    to."""
    lead = select(Lead.status).where(Lead.workspace_id == workspace_id, Lead.id == lead_id)
    if await session.scalar(lead.with_for_update(key_share=True)) in _CLOSED:
        return None
    if await answer_waits(session, workspace_id, lead_id):
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


async def was_given_more_than(
    session: AsyncSession, workspace_id: WorkspaceId, campaign_id: UUID, leads: int
) -> bool:
    """Whether it was made for many: the default one, which leads enter one by one, never was."""
    one_more = (
        select(Enrollment.id)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .where(
            Enrollment.workspace_id == workspace_id,
            Enrollment.campaign_id == campaign_id,
            Campaign.filter.is_not(None),
        )
        .offset(leads)
        .limit(1)
    )
    return await session.scalar(one_more) is not None


async def listing(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    *,
    states: Sequence[CampaignState] | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[CampaignRow]:
    """Those that run or are paused first, then the newest."""
    ended = Campaign.state.in_((CampaignState.COMPLETED, CampaignState.CANCELLED))
    rows = _rows(workspace_id).order_by(ended, Campaign.created_at.desc(), Campaign.id)
    if states is not None:
        rows = rows.where(Campaign.state.in_(states))
    return [_read(row) for row in await session.execute(rows.limit(limit).offset(offset))]


async def count(session: AsyncSession, workspace_id: WorkspaceId, states: Sequence[CampaignState]) -> int:
    found = select(func.count()).where(Campaign.workspace_id == workspace_id, Campaign.state.in_(states))
    return await session.scalar(found) or 0


async def by_words(session: AsyncSession, workspace_id: WorkspaceId, words: str) -> list[CampaignRow]:
    """Campaigns of that id, of exactly that name, or whose name holds the words, newest first; no drafts, unless
    by id."""
    rows = _rows(workspace_id).order_by(Campaign.created_at.desc()).limit(20)
    wanted = words.strip().lower()
    try:
        rows = rows.where(Campaign.id == UUID(wanted))
    except ValueError:
        rows = rows.where(
            func.strpos(func.lower(Campaign.name), wanted) > 0, Campaign.state != CampaignState.DRAFT
        )
    found = [_read(row) for row in await session.execute(rows)]
    return [one for one in found if one.name.lower() == wanted] or found


async def with_words(
    session: AsyncSession, workspace_id: WorkspaceId, words: Sequence[str]
) -> list[CampaignRow]:
    """Campaigns that were started and in whose name, goal, approach or choice of leads all the words stand; newest
    first."""
    told = func.lower(
        func.concat_ws(
            " ",
            Campaign.name,
            Campaign.goal,
            Campaign.approach,
            func.jsonb_extract_path_text(Campaign.filter, "filter"),
        )
    )
    rows = _rows(workspace_id).where(Campaign.state != CampaignState.DRAFT)
    for word in words:
        rows = rows.where(func.strpos(told, word.lower()) > 0)
    found = await session.execute(rows.order_by(Campaign.created_at.desc()).limit(20))
    return [_read(row) for row in found]


async def lock(session: AsyncSession, workspace_id: WorkspaceId, campaign_id: UUID) -> Campaign | None:
    """The campaign, which nobody else changes before this transaction ends."""
    return await session.scalar(
        select(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def change(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    campaign_id: UUID,
    values: Mapping[str, Any],
    *,
    among: Sequence[CampaignState],
    now: datetime,
) -> bool:
    """False: it is in another state."""
    changed = await session.scalar(
        update(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id, Campaign.state.in_(among))
        .values(**values, updated_at=now)
        .returning(Campaign.id)
        .execution_options(synchronize_session=False)
    )
    return changed is not None


async def forget_drafts(
    session: AsyncSession, workspace_id: WorkspaceId, *, untouched_since: datetime
) -> int:
    """Previews that nobody started; how many."""
    gone = await session.scalars(
        delete(Campaign)
        .where(
            Campaign.workspace_id == workspace_id,
            Campaign.state == CampaignState.DRAFT,
            Campaign.updated_at < untouched_since,
        )
        .returning(Campaign.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _rows(workspace_id: WorkspaceId) -> Select[Campaign, Any, Any, Any, Any, Any, Any, Any]:
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

    return (
        select(
            Campaign,
            count(),
            count(Enrollment.state == EnrollmentState.WRITING),
            count(Enrollment.state == EnrollmentState.AWAITING_APPROVAL),
            count(Enrollment.state == EnrollmentState.ACTIVE),
            count(Enrollment.state == EnrollmentState.HELD),
            emails(EmailCampaign.state == EmailState.SENT, EmailCampaign.kind == "sequence"),
            emails(EmailCampaign.replied),
        )
        .where(Campaign.workspace_id == workspace_id)
        .execution_options(populate_existing=True)
    )


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
        campaign.leads_per_day,
        campaign.language,
        campaign.filter or {},
        campaign.channel_id,
        campaign.thread_ts,
        *row[1:],
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
