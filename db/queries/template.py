"""A workspace's own email templates."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models.email import EmailTemplate
from db.types import WorkspaceId


@dataclass(frozen=True, slots=True)
class NewTemplate:
    name: str
    sequence_type: str
    language: str
    subject_template: str
    body_template: str
    variables: tuple[str, ...]


async def create(
    session: AsyncSession, workspace_id: WorkspaceId, new: NewTemplate, *, now: datetime
) -> UUID | None:
    """None: a template of that name exists already."""
    row = insert(EmailTemplate).values(
        workspace_id=workspace_id, created_at=now, updated_at=now, **_values(new)
    )
    return await session.scalar(row.on_conflict_do_nothing().returning(EmailTemplate.id))


async def change(
    session: AsyncSession, workspace_id: WorkspaceId, template_id: UUID, new: NewTemplate, *, now: datetime
) -> bool:
    """False: it is gone. The name must be free: see `by_name`."""
    changed = await session.execute(
        update(EmailTemplate)
        .where(EmailTemplate.workspace_id == workspace_id, EmailTemplate.id == template_id)
        .values(updated_at=now, **_values(new))
        .returning(EmailTemplate.id)
    )
    return changed.first() is not None


def _values(new: NewTemplate) -> dict[str, object]:
    return {
        "name": new.name,
        "sequence_type": new.sequence_type,
        "language": new.language,
        "subject_template": new.subject_template,
        "body_template": new.body_template,
        "variables": list(new.variables),
    }


async def remove(session: AsyncSession, workspace_id: WorkspaceId, template_id: UUID) -> str | None:
    """The name of the template that is gone now; None: it was gone before."""
    return await session.scalar(
        delete(EmailTemplate)
        .where(EmailTemplate.workspace_id == workspace_id, EmailTemplate.id == template_id)
        .returning(EmailTemplate.name)
    )


async def get(session: AsyncSession, workspace_id: WorkspaceId, template_id: UUID) -> EmailTemplate | None:
    return await session.scalar(
        select(EmailTemplate)
        .where(EmailTemplate.workspace_id == workspace_id, EmailTemplate.id == template_id)
        .execution_options(populate_existing=True)
    )


async def by_name(session: AsyncSession, workspace_id: WorkspaceId, name: str) -> EmailTemplate | None:
    """The template called so, whatever its capitals."""
    return await session.scalar(
        select(EmailTemplate)
        .where(EmailTemplate.workspace_id == workspace_id, func.lower(EmailTemplate.name) == name.lower())
        .order_by(EmailTemplate.created_at)
        .limit(1)
    )


async def listing(
    session: AsyncSession, workspace_id: WorkspaceId, *, limit: int = 200, offset: int = 0
) -> list[EmailTemplate]:
    """The one changed last first: it is the one that is used."""
    return list(
        await session.scalars(
            select(EmailTemplate)
            .where(EmailTemplate.workspace_id == workspace_id)
            .order_by(EmailTemplate.updated_at.desc(), EmailTemplate.id)
            .limit(limit)
            .offset(offset)
        )
    )


async def count(session: AsyncSession, workspace_id: WorkspaceId) -> int:
    found = select(func.count()).where(EmailTemplate.workspace_id == workspace_id)
    return await session.scalar(found) or 0
