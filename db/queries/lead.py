"""Leads: adding, finding, listing, and what people say of their fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Update, bindparam, exists, func, select, text
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.lead_filter import PRIORITY_TAG, LeadFilter
from db.models.email import EmailCampaign, InboundEmail
from db.models.lead import Lead, LeadFit
from db.types import EmailStatus, InboundKind, LeadStatus, WorkspaceId

Sort = Literal["newest", "score", "likely"]
_BY_EMAIL = text("SELECT rm_lead_by_email(:email)")
_BY_TAG = text("SELECT * FROM rm_leads_by_tag(:tag)")
_SEARCH = text("SELECT * FROM rm_search_leads(:term, :most)")
_LEADS = cast("Table", Lead.__table__)
_ONE = select(Lead).where(
    Lead.workspace_id == bindparam("of_workspace"), Lead.id == bindparam("of_lead")
)  # built once: every job begins with it
_UPDATABLE = frozenset(column.key for column in Lead.__table__.columns) - {
    "id",
    "workspace_id",
    "search",
    "created_at",
    "updated_at",
}
_MOST_MATCHES = 500  # of a search that other filters narrow down
_MOST_COLLEAGUES = 10_000  # of one company


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead:
    """What is known of a person when they are named."""

    name: str
    email: str | None = None
    company: str | None = None
    company_domain: str | None = None
    title: str | None = None
    linkedin_url: str | None = None
    website_url: str | None = None
    twitter_url: str | None = None
    ig_url: str | None = None
    phone: str | None = None
    location: str | None = None
    source: str | None = "manual"
    tags: tuple[str, ...] = ()


async def add(
    session: AsyncSession, workspace_id: WorkspaceId, lead: NewLead, *, created_by: str | None, now: datetime
) -> tuple[Lead, bool]:
    """The lead and whether it is new: an email that is known gives the lead that has it, unchanged."""
    values = {field.name: getattr(lead, field.name) for field in fields(lead)}
    values["tags"] = list(lead.tags)
    status = EmailStatus.GIVEN if lead.email else EmailStatus.MISSING
    added = await session.scalar(
        insert(Lead)
        .values(
            workspace_id=workspace_id,
            email_status=status,
            created_by=created_by,
            owner_user_id=created_by,
            created_at=now,
            updated_at=now,
            **values,
        )
        .on_conflict_do_nothing()
        .returning(Lead)
    )
    if added is not None:
        return added, True
    known = await find_by_email(session, workspace_id, lead.email or "")
    if known is None:
        raise LookupError("the lead was neither added nor found")
    return known, False


async def get(session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID) -> Lead | None:
    return await session.scalar(_ONE, {"of_workspace": workspace_id, "of_lead": lead_id})


async def get_many(session: AsyncSession, workspace_id: WorkspaceId, lead_ids: Sequence[UUID]) -> list[Lead]:
    """In the order given; ids that are not there are left out."""
    rows = await session.scalars(select(Lead).where(Lead.workspace_id == workspace_id, Lead.id.in_(lead_ids)))
    found = {row.id: row for row in rows}
    return [found[lead_id] for lead_id in lead_ids if lead_id in found]


async def find_by_email(session: AsyncSession, workspace_id: WorkspaceId, email: str) -> Lead | None:
    """Whatever the capitals. The definer function keeps the index, which the row-level policy would lose."""
    lead_id = await session.scalar(_BY_EMAIL, {"email": email.strip()})
    return await get(session, workspace_id, lead_id) if lead_id else None


async def search(
    session: AsyncSession, workspace_id: WorkspaceId, term: str, *, limit: int = 10
) -> list[Lead]:
    """Leads with `term` in name, email or company."""
    return await get_many(session, workspace_id, await _search_ids(session, term, limit))


async def resolve(session: AsyncSession, workspace_id: WorkspaceId, named: str) -> list[Lead]:
    """Who is meant by an id, an email or a name: none, one, or several to choose from."""
    named = named.strip()
    try:
        lead = await get(session, workspace_id, UUID(named))
        return [lead] if lead else []
    except ValueError:
        pass
    if "@" in named:
        lead = await find_by_email(session, workspace_id, named)
        return [lead] if lead else []
    if not named:
        return []
    found = await search(session, workspace_id, named)
    exact = [lead for lead in found if lead.name.casefold() == named.casefold()]
    return exact or found


async def list_leads(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    wanted: LeadFilter,
    *,
    sort: Sort = "newest",
    limit: int = 10,
    offset: int = 0,
) -> list[Lead]:
    """`likely`: qualified ones first, replies and priorities before others, then by score."""
    conditions = await conditions_of(session, workspace_id, wanted)
    rows = await session.scalars(
        select(Lead).where(*conditions).order_by(*_order(sort)).limit(limit).offset(offset)
    )
    return list(rows)


async def count(session: AsyncSession, workspace_id: WorkspaceId, wanted: LeadFilter) -> int:
    conditions = await conditions_of(session, workspace_id, wanted)
    return await session.scalar(select(func.count()).select_from(Lead).where(*conditions)) or 0


async def timezones(
    session: AsyncSession, workspace_id: WorkspaceId, lead_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """Of those of the leads whose zone is known."""
    rows = await session.execute(
        select(Lead.id, Lead.timezone).where(
            Lead.workspace_id == workspace_id, Lead.id == func.any(list(lead_ids)), Lead.timezone.is_not(None)
        )
    )
    return {lead_id: zone for lead_id, zone in rows if zone is not None}


async def counts_by_status(session: AsyncSession, workspace_id: WorkspaceId) -> dict[LeadStatus, int]:
    """Every status, also those without a lead."""
    rows = await session.execute(
        select(Lead.status, func.count()).where(Lead.workspace_id == workspace_id).group_by(Lead.status)
    )
    found = {LeadStatus(status): number for status, number in rows}
    return {status: found.get(status, 0) for status in LeadStatus}


async def update(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    lead_id: UUID,
    changes: Mapping[str, object],
    *,
    now: datetime,
) -> None:
    """Set plain columns. Raises KeyError for a column that is none."""
    _check_columns(changes)
    await session.execute(
        sql_update(Lead)
        .where(Lead.workspace_id == workspace_id, Lead.id == lead_id)
        .values(**changes, updated_at=now)
    )


async def set_columns(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    lead_id: UUID,
    changes: Mapping[str, object],
    *,
    now: datetime,
) -> None:
    """As `update`, at a third of its cost: a `Lead` that this session has read keeps what it read."""
    _check_columns(changes)
    named = {f"new_{name}": value for name, value in changes.items()}
    given = {"of_workspace": workspace_id, "of_lead": lead_id, "new_updated_at": now, **named}
    await session.execute(_setting(tuple(sorted(changes))), given)


@lru_cache(maxsize=256)  # building it costs more than sending it
def _setting(names: tuple[str, ...]) -> Update:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in (*names, "updated_at")}
    return (
        sql_update(_LEADS)
        .where(_LEADS.c.workspace_id == bindparam("of_workspace"), _LEADS.c.id == bindparam("of_lead"))
        .values(values)
    )


def _check_columns(changes: Mapping[str, object]) -> None:
    unknown = set(changes) - _UPDATABLE
    if unknown:
        raise KeyError(f"leads have no column {sorted(unknown)[0]!r} to set")


async def set_status(
    session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID, status: LeadStatus, *, now: datetime
) -> None:
    await update(session, workspace_id, lead_id, {"status": status.value}, now=now)


async def add_tags(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    lead_ids: Sequence[UUID],
    tags: Sequence[str],
    *,
    now: datetime,
) -> int:
    """How many leads carry the tags now that did not carry all of them before."""
    wanted = sorted({tag.strip().lower() for tag in tags if tag.strip()})
    changed = 0
    for lead in await get_many(session, workspace_id, lead_ids):
        if not set(wanted) <= set(lead.tags):
            merged = sorted({*lead.tags, *wanted})
            await update(session, workspace_id, lead.id, {"tags": merged}, now=now)
            changed += 1
    return changed


async def remove_tags(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    lead_ids: Sequence[UUID],
    tags: Sequence[str],
    *,
    now: datetime,
) -> int:
    unwanted = {tag.strip().lower() for tag in tags}
    changed = 0
    for lead in await get_many(session, workspace_id, lead_ids):
        if unwanted & set(lead.tags):
            kept = [tag for tag in lead.tags if tag not in unwanted]
            await update(session, workspace_id, lead.id, {"tags": kept}, now=now)
            changed += 1
    return changed


async def set_fit(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    lead_id: UUID,
    *,
    user_id: str,
    good: bool,
    now: datetime,
) -> LeadFit:
    """What one person thinks, and what the rules said at that moment; pressing again changes one's mind."""
    lead = await get(session, workspace_id, lead_id)
    if lead is None:
        raise LookupError("no such lead")
    row = insert(LeadFit).values(
        workspace_id=workspace_id,
        lead_id=lead_id,
        user_id=user_id,
        good=good,
        predicted=lead.qualified,
        created_at=now,
    )
    statement = row.on_conflict_do_update(
        index_elements=["lead_id", "user_id"],
        set_={"good": good, "predicted": lead.qualified, "created_at": now},
    ).returning(LeadFit)
    fit = await session.scalar(statement, execution_options={"populate_existing": True})
    assert fit is not None
    return fit


async def fits(session: AsyncSession, workspace_id: WorkspaceId, lead_id: UUID) -> list[LeadFit]:
    rows = await session.scalars(
        select(LeadFit)
        .where(LeadFit.workspace_id == workspace_id, LeadFit.lead_id == lead_id)
        .order_by(LeadFit.created_at)
    )
    return list(rows)


async def _search_ids(session: AsyncSession, term: str, most: int) -> list[UUID]:
    rows = await session.scalars(_SEARCH, {"term": term.strip().lower(), "most": most})
    return list(rows)


async def conditions_of(
    session: AsyncSession, workspace_id: WorkspaceId, wanted: LeadFilter
) -> list[ColumnElement[bool]]:
    """A filter as conditions on leads."""
    conditions: list[ColumnElement[bool]] = [Lead.workspace_id == workspace_id]
    if wanted.status is not None:
        conditions.append(Lead.status == wanted.status.value)
    if wanted.source is not None:
        conditions.append(func.lower(Lead.source) == wanted.source.strip().lower())
    if wanted.qualified is not None:
        conditions.append(Lead.qualified.is_(wanted.qualified))
    if wanted.tag is not None:
        tagged = await session.scalars(_BY_TAG, {"tag": wanted.tag.strip().lower()})
        conditions.append(Lead.id.in_(tagged.all()))
    if wanted.contacted is not None:
        conditions.append(_contacted() if wanted.contacted else ~_contacted())
    if wanted.replied_since is not None:
        conditions.append(_replied_since(wanted.replied_since))
    if wanted.company is not None:
        # The search index narrows; the company's own column decides.
        ids = await _search_ids(session, wanted.company, _MOST_COLLEAGUES)
        conditions += [
            Lead.id.in_(ids),
            func.lower(Lead.company).contains(wanted.company.strip().lower(), autoescape=True),
        ]
    if wanted.search is not None and wanted.search.strip():
        conditions.append(Lead.id.in_(await _search_ids(session, wanted.search, _MOST_MATCHES)))
    if wanted.lead_ids is not None:
        conditions.append(Lead.id.in_(wanted.lead_ids))
    return [*conditions, *_columns(wanted)]


def _columns(wanted: LeadFilter) -> list[ColumnElement[bool]]:
    """What a lead's own columns answer."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.researched is not None:
        conditions.append(Lead.qualified.is_not(None) if wanted.researched else Lead.qualified.is_(None))
    if wanted.least_score is not None:
        conditions.append(Lead.score >= wanted.least_score)
    for column, words in ((Lead.title, wanted.title), (Lead.location, wanted.location)):
        lowered = func.lower(func.coalesce(column, ""))
        conditions += [lowered.contains(word, autoescape=True) for word in (words or "").lower().split()]
    return conditions


def _contacted() -> ColumnElement[bool]:
    return exists().where(EmailCampaign.lead_id == Lead.id, EmailCampaign.sent_at.is_not(None))


def _replied_since(since: datetime) -> ColumnElement[bool]:
    human = (InboundKind.HUMAN.value, InboundKind.OPT_OUT.value)
    return exists().where(
        InboundEmail.lead_id == Lead.id, InboundEmail.kind.in_(human), InboundEmail.received_at >= since
    )


def _order(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    newest = (Lead.created_at.desc(), Lead.id.desc())
    if sort == "newest":
        return newest
    if sort == "score":
        return (Lead.score.desc(), *newest)
    return (
        Lead.qualified.is_(True).desc(),
        (Lead.status == LeadStatus.REPLIED.value).desc(),
        Lead.tags.contains([PRIORITY_TAG]).desc(),
        Lead.score.desc(),
        *newest,
    )
