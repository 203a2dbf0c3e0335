"""Each commit of the send protocol, fenced by the emails' leases; of many emails in one statement, since many leave
at once. Rows are told apart by the tokens of their leases, which no two attempts share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Update, Uuid, bindparam, cast, column, func, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.email import EmailCampaign
from db.queries.email import OPEN, Traced
from db.queries.leases import held, is_free
from db.types import EmailId, EmailKind, EmailState, LeadId, LeaseToken, WorkspaceId

_FRESH = {"populate_existing": True, "synchronize_session": False}
_EMPTY = {"lease_token": None, "lease_until": None}


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whoever sends an email, or tries to: its lease's token is this attempt's own."""

    email_id: EmailId
    token: LeaseToken


@dataclass(frozen=True, slots=True)
class Left:
    """What is known of a mail that has left."""

    attempt: Attempt
    message_id: str | None
    provider_message_id: str | None
    thread_id: str | None


_given = (
    func.unnest(cast(bindparam("ids"), ARRAY(Uuid)), cast(bindparam("tokens"), ARRAY(Uuid)))
    .table_valued(column("id", Uuid), column("token", Uuid))
    .render_derived("given")
)
_left = (
    func.unnest(
        cast(bindparam("ids"), ARRAY(Uuid)),
        cast(bindparam("tokens"), ARRAY(Uuid)),
        cast(bindparam("message_ids"), ARRAY(Text)),
        cast(bindparam("provider_ids"), ARRAY(Text)),
        cast(bindparam("thread_ids"), ARRAY(Text)),
    )
    .table_valued(
        column("id", Uuid),
        column("token", Uuid),
        column("message_id", Text),
        column("provider_id", Text),
        column("thread_id", Text),
    )
    .render_derived("given")
)


async def take(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    attempts: Sequence[Attempt],
    *,
    until: datetime,
    wall: datetime,
) -> dict[LeaseToken, EmailCampaign]:
    """Emails on their way out, each its attempt's until the lease ends; without those that are not on their way, or
    that somebody has."""
    found = await session.execute(
        update(EmailCampaign)
        .where(
            EmailCampaign.workspace_id == workspace_id,
            EmailCampaign.id == _given.c.id,
            EmailCampaign.state.in_(OPEN),
            is_free(EmailCampaign.lease_until, wall),
        )
        .values(lease_token=_given.c.token, lease_until=until, attempts=EmailCampaign.attempts + 1)
        .returning(EmailCampaign)
        .execution_options(**_FRESH),
        _named(attempts),
    )
    # Two attempts at one email: the row says whose it became.
    return {LeaseToken(row.lease_token): row for row in found.scalars() if row.lease_token}


async def advance_many(
    session: AsyncSession,
    attempts: Sequence[Attempt],
    values: Mapping[str, Any],
    *,
    until: datetime,
    now: datetime,
) -> dict[LeaseToken, EmailCampaign]:
    """One commit of the protocol, for all the same; without those that are no longer their attempt's."""
    found = await session.execute(
        _advancing({"lease_until": until, "updated_at": now, **values})
        .returning(EmailCampaign)
        .execution_options(**_FRESH),
        _named(attempts),
    )
    return {LeaseToken(row.lease_token): row for row in found.scalars() if row.lease_token}


async def mark_leaving(
    session: AsyncSession, attempts: Sequence[Attempt], *, until: datetime, now: datetime
) -> frozenset[LeaseToken]:
    """Nobody can know of these whether they have left, unless what comes next is written too. Those that were still
    their attempt's."""
    values = {"state": EmailState.CREATED, "lease_until": until, "updated_at": now}
    found = await session.execute(_advancing(values).returning(_given.c.token), _named(attempts))
    return frozenset(LeaseToken(token) for token in found.scalars())


def _advancing(values: Mapping[str, Any]) -> Update:
    ours = (EmailCampaign.id == _given.c.id, EmailCampaign.lease_token == _given.c.token)
    return update(EmailCampaign).where(*ours, EmailCampaign.state.in_(OPEN)).values(dict(values))


async def settle_sent(
    session: AsyncSession, left: Sequence[Left], *, now: datetime
) -> dict[LeaseToken, Traced]:
    """The end of those that left; without those that are no longer their attempt's."""
    found = await session.execute(
        update(EmailCampaign)
        .where(
            EmailCampaign.id == _left.c.id,
            EmailCampaign.lease_token == _left.c.token,
            EmailCampaign.state.in_(OPEN),
        )
        .values(
            {
                "state": EmailState.SENT,
                "sent_at": now,
                "message_id": _left.c.message_id,
                "provider_message_id": _left.c.provider_id,
                "thread_id": _left.c.thread_id,
                "error": None,
                "gate": None,
                "gate_reason": None,
                "updated_at": now,
                **_EMPTY,
            }
        )
        .returning(
            _left.c.token,
            EmailCampaign.id,
            EmailCampaign.kind,
            EmailCampaign.lead_id,
            EmailCampaign.campaign_id,
            EmailCampaign.enrollment_id,
        )
        .execution_options(synchronize_session=False),
        {
            **_named([one.attempt for one in left]),
            "message_ids": [one.message_id for one in left],
            "provider_ids": [one.provider_message_id for one in left],
            "thread_ids": [one.thread_id for one in left],
        },
    )
    return {
        LeaseToken(token): Traced(EmailId(email_id), EmailKind(kind), LeadId(lead_id), campaign_id, joined)
        for token, email_id, kind, lead_id, campaign_id, joined in found
    }


async def advance(
    session: AsyncSession, attempt: Attempt, values: Mapping[str, Any], *, until: datetime, now: datetime
) -> EmailCampaign:
    """The same for one. Raises LeaseLost when the email is no longer this attempt's."""
    found = await advance_many(session, [attempt], values, until=until, now=now)
    row = found.get(attempt.token)
    held(row, "email", attempt.email_id)
    assert row is not None
    return row


async def settle(
    session: AsyncSession, attempt: Attempt, state: EmailState, values: Mapping[str, Any], *, now: datetime
) -> EmailCampaign:
    """The end of the protocol, and of the lease. Raises LeaseLost."""
    row = await session.scalar(
        update(EmailCampaign)
        .where(
            EmailCampaign.id == attempt.email_id,
            EmailCampaign.lease_token == attempt.token,
            EmailCampaign.state.in_(OPEN),
        )
        .values({"state": state, "updated_at": now, **_EMPTY, **values})
        .returning(EmailCampaign)
        .execution_options(populate_existing=True)
    )
    held(row, "email", attempt.email_id)
    assert row is not None
    return row


async def pause_until(session: AsyncSession, attempt: Attempt, wall: datetime) -> None:
    """Let go of an open email; nobody takes it before `wall` (real time)."""
    await session.execute(
        update(EmailCampaign)
        .where(EmailCampaign.id == attempt.email_id, EmailCampaign.lease_token == attempt.token)
        .values(lease_token=None, lease_until=wall)
    )


def _named(attempts: Sequence[Attempt]) -> dict[str, list[UUID]]:
    return {
        "ids": [one.email_id for one in attempts],
        "tokens": [one.token for one in attempts],
    }
