"""When scheduled emails leave: claimed, postponed, or given their slots, many in one statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid, cast, column, func, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.email import EmailCampaign
from db.types import EmailState, WorkspaceId


async def claim_many(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    tokens: Mapping[UUID, str],
    *,
    wall: datetime,
    now: datetime,
) -> None:
    """Scheduled emails that leave now, each with the token its draft will carry; nobody works on them yet."""
    if not tokens:
        return
    given = (
        func.unnest(cast(list(tokens), ARRAY(Uuid)), cast(list(tokens.values()), ARRAY(Text)))
        .table_valued(column("id", Uuid), column("token", Text))
        .render_derived("given")
    )
    await session.execute(
        update(EmailCampaign)
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.id == given.c.id,
            EmailCampaign.state == EmailState.SCHEDULED,
        )
        .values(
            state=EmailState.CLAIMED,
            send_token=given.c.token,
            history_id=None,
            claimed_at=wall,
            lease_token=None,
            lease_until=wall,
            attempts=0,
            gate=None,
            gate_reason=None,
            error=None,
            updated_at=now,
        )
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class Postponed:
    email_id: UUID
    until: datetime
    gate: str
    reason: str


async def postpone(
    session: AsyncSession, workspace_id: WorkspaceId, emails: Sequence[Postponed], *, now: datetime
) -> None:
    """Scheduled emails that wait, each until when and for what."""
    if not emails:
        return
    given = (
        func.unnest(
            cast([one.email_id for one in emails], ARRAY(Uuid)),
            cast([one.until for one in emails], ARRAY(DateTime(timezone=True))),
            cast([one.gate for one in emails], ARRAY(Text)),
            cast([one.reason for one in emails], ARRAY(Text)),
        )
        .table_valued(
            column("id", Uuid),
            column("until", DateTime(timezone=True)),
            column("gate", Text),
            column("reason", Text),
        )
        .render_derived("given")
    )
    await session.execute(
        update(EmailCampaign)
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.id == given.c.id,
            EmailCampaign.state == EmailState.SCHEDULED,
        )
        .values(scheduled_for=given.c.until, gate=given.c.gate, gate_reason=given.c.reason, updated_at=now)
        .execution_options(synchronize_session=False)
    )


async def give_slots(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    slots: Mapping[UUID, tuple[EmailState, datetime]],
    *,
    among: Collection[EmailState],
    now: datetime,
) -> None:
    """The steps of a sequence, each with its state and time, where they are still in one of those states."""
    if not slots:
        return
    given = (
        func.unnest(
            cast(list(slots), ARRAY(Uuid)),
            cast([state for state, _ in slots.values()], ARRAY(Text)),
            cast([at for _, at in slots.values()], ARRAY(DateTime(timezone=True))),
        )
        .table_valued(column("id", Uuid), column("state", Text), column("at", DateTime(timezone=True)))
        .render_derived("given")
    )
    await session.execute(
        update(EmailCampaign)
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.id == given.c.id,
            EmailCampaign.state.in_(list(among)),
        )
        .values(state=given.c.state, scheduled_for=given.c.at, updated_at=now)
        .execution_options(synchronize_session=False)
    )
