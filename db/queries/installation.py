"""Bot tokens by team. Outside row-level security, sealed: they precede a known workspace."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.workspace import SlackInstallation
from db.queries.leases import Lease, is_free


async def save(
    session: AsyncSession,
    *,
    enterprise_id: str | None,
    team_id: str | None,
    bot_token: str,
    bot_user_id: str,
    now: datetime,
    bot_id: str | None = None,
    scopes: str = "",
    installed_by: str | None = None,
    refresh_token: str | None = None,
    expires_at: datetime | None = None,
) -> SlackInstallation:
    """Store the team's installation, or replace what was stored. `scopes` are separated by commas."""
    values = {
        "bot_token": bot_token,
        "bot_user_id": bot_user_id,
        "bot_id": bot_id,
        "scopes": scopes,
        "installed_by": installed_by,
        "refresh_token": refresh_token,
        "expires_at": expires_at,
        "updated_at": now,
    }
    fresh = insert(SlackInstallation).values(
        enterprise_id=enterprise_id, team_id=team_id, created_at=now, **values
    )
    stored = await session.scalars(
        fresh.on_conflict_do_update(
            constraint="uq_slack_installations_enterprise_id_team_id",
            set_={**values, "lease_token": None, "lease_until": None},
        )
        .returning(SlackInstallation)
        .execution_options(populate_existing=True)
    )
    return stored.one()


async def find(
    session: AsyncSession, *, enterprise_id: str | None, team_id: str | None
) -> SlackInstallation | None:
    """The team's own installation, else that of its whole enterprise."""
    for enterprise, team in ((enterprise_id, team_id), (None, team_id), (enterprise_id, None)):
        if enterprise is None and team is None:
            continue
        row = await session.scalar(
            select(SlackInstallation).where(
                SlackInstallation.enterprise_id.is_not_distinct_from(enterprise),
                SlackInstallation.team_id.is_not_distinct_from(team),
            )
        )
        if row is not None:
            return row
    return None


async def lease_rotation(
    session: AsyncSession, installation: SlackInstallation, lease: Lease, *, wall: datetime
) -> bool:
    """May the caller exchange the refresh token now? Only one process may: it can be used once."""
    taken = await session.scalar(
        update(SlackInstallation)
        .where(SlackInstallation.id == installation.id, is_free(SlackInstallation.lease_until, wall))
        .values(lease_token=lease.token, lease_until=lease.until)
        .returning(SlackInstallation.id)
    )
    return taken is not None


async def remove(session: AsyncSession, *, enterprise_id: str | None, team_id: str | None) -> None:
    """The app was uninstalled, or its tokens were revoked."""
    await session.execute(
        delete(SlackInstallation).where(
            SlackInstallation.enterprise_id.is_not_distinct_from(enterprise_id),
            SlackInstallation.team_id.is_not_distinct_from(team_id),
        )
    )
