"""The workspace and its people."""

from datetime import datetime, time
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.workspace import Member, Workspace
from db.types import WorkspaceId


class Settings(TypedDict, total=False):
    """What of a workspace may be changed; the columns of `workspaces`."""

    name: str
    timezone: str
    country: str | None
    company_name: str | None
    company_offer: str | None
    proof_points: list[str]
    tone: str
    forbidden_words: list[str]
    signature: str | None
    sender_name: str | None
    postal_address: str | None
    booking_link: str | None
    window_start: time
    window_end: time
    window_confirmed: bool
    open_tracking: bool
    allow_role_addresses: bool
    max_emails_per_day: int
    max_emails_per_domain: int
    sending_stopped_at: datetime | None
    sending_stopped_by: str | None
    briefing_channel: str | None
    drafts_channel: str | None
    alerts_channel: str | None
    muted_alerts: list[str]
    setup_completed_at: datetime | None


class Profile(TypedDict, total=False):
    """What of a member may be changed; the columns of `members`."""

    name: str
    email: str | None
    timezone: str | None
    dm_channel: str | None
    is_admin: bool
    is_approver: bool
    greeted_at: datetime | None


async def create(session: AsyncSession, *, team_id: str, name: str, timezone: str) -> WorkspaceId:
    """The team's workspace, made if it is new. For transactions across workspaces."""
    made: UUID = await session.scalar(
        text("SELECT rm_create_workspace(:team_id, :name, :timezone)"),
        {"team_id": team_id, "name": name, "timezone": timezone},
    )
    return WorkspaceId(made)


async def id_of_team(session: AsyncSession, team_id: str) -> WorkspaceId | None:
    """For transactions across workspaces."""
    found: UUID | None = await session.scalar(
        text("SELECT rm_workspace_by_team(:team_id)"), {"team_id": team_id}
    )
    return None if found is None else WorkspaceId(found)


async def get(session: AsyncSession, workspace_id: WorkspaceId) -> Workspace:
    """Raises NoResultFound outside a transaction of this workspace."""
    return (await session.scalars(select(Workspace).where(Workspace.id == workspace_id))).one()


async def update_settings(
    session: AsyncSession, workspace_id: WorkspaceId, *, now: datetime, **changes: Unpack[Settings]
) -> Workspace:
    """Change only what is named; the workspace as it is afterwards."""
    changed = await session.scalars(
        update(Workspace)
        .where(Workspace.id == workspace_id)
        .values(**changes, updated_at=now)
        .returning(Workspace)
        .execution_options(populate_existing=True)
    )
    return changed.one()


async def upsert_member(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    slack_user_id: str,
    *,
    now: datetime,
    **profile: Unpack[Profile],
) -> Member:
    """The member, made if new; only what is named is changed."""
    fresh = insert(Member).values(
        workspace_id=workspace_id,
        slack_user_id=slack_user_id,
        created_at=now,
        updated_at=now,
        **profile,
    )
    stored = await session.scalars(
        fresh.on_conflict_do_update(
            index_elements=[Member.workspace_id, Member.slack_user_id],
            set_={**profile, "updated_at": now},
        )
        .returning(Member)
        .execution_options(populate_existing=True)
    )
    return stored.one()


async def member(session: AsyncSession, workspace_id: WorkspaceId, slack_user_id: str) -> Member | None:
    return await session.scalar(
        select(Member).where(Member.workspace_id == workspace_id, Member.slack_user_id == slack_user_id)
    )


async def name_of(session: AsyncSession, workspace_id: WorkspaceId, slack_user_id: str) -> str:
    """A person's name for a sentence; “a colleague” for somebody we have not met."""
    known = await member(session, workspace_id, slack_user_id)
    return (known.name if known else "") or "a colleague"


async def zone_of(session: AsyncSession, workspace_id: WorkspaceId, slack_user_id: str) -> str:
    """The time zone a person reads times in: their own, else the workspace's."""
    known = await member(session, workspace_id, slack_user_id)
    return (known.timezone if known else None) or (await get(session, workspace_id)).timezone


async def members(session: AsyncSession, workspace_id: WorkspaceId) -> list[Member]:
    """By name."""
    rows = await session.scalars(
        select(Member).where(Member.workspace_id == workspace_id).order_by(Member.name, Member.slack_user_id)
    )
    return list(rows)


async def approvers(session: AsyncSession, workspace_id: WorkspaceId) -> list[Member]:
    """Who may decide about drafts, by name."""
    return [one for one in await members(session, workspace_id) if one.is_approver]


async def hold(session: AsyncSession, workspace_id: WorkspaceId) -> None:
    """Until the transaction ends nobody else changes who may do what."""
    await session.execute(
        select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True)
    )


async def make_first_admin(
    session: AsyncSession, workspace_id: WorkspaceId, slack_user_id: str, *, now: datetime
) -> bool:
    """Make somebody admin and approver if the workspace has no admin yet; did it happen?

    Two at once: the workspace's row is locked, so one of them wins.
    """
    await hold(session, workspace_id)
    if any(one.is_admin for one in await members(session, workspace_id)):
        return False
    await upsert_member(session, workspace_id, slack_user_id, now=now, is_admin=True, is_approver=True)
    return True
