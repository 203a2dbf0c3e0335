"""Imported files of leads: asked, confirmed, read row by row, reported."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, cast, column, delete, select, update
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.cards import ImportCard
from db.models.finding import ImportRefusal, LeadImport
from db.models.lead import Lead
from db.queries.lead import NewLead
from db.queries.leases import Lease, held, is_free
from db.types import EmailStatus, ImportId, LeaseToken, RunState, WorkspaceId

ASKED = "asked"
_OPEN = (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImport:
    """A file that a person dropped: its text and its layout, as pipeline.rules has them."""

    file_id: str
    file_name: str
    content: bytes
    outline: str
    rows: int
    requested_by: str
    channel_id: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    row: int  # its number in the file, from 1
    cells: str
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What a stretch of rows came to."""

    added: int
    known: int
    refused: int


async def ask(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    new: NewImport,
    *,
    columns: Mapping[str, int],
    now: datetime,
) -> ImportId:
    """Keep the file until its columns are confirmed; the same file dropped again is the same import."""
    row = insert(LeadImport).values(
        workspace_id=workspace_id, columns=dict(columns), created_at=now, updated_at=now, **asdict(new)
    )
    made = await session.scalar(
        row.on_conflict_do_update(
            index_elements=[LeadImport.workspace_id, LeadImport.file_id], set_={"updated_at": now}
        ).returning(LeadImport.id)
    )
    assert made is not None
    return ImportId(made)


async def get(session: AsyncSession, workspace_id: WorkspaceId, import_id: ImportId) -> LeadImport | None:
    return await session.scalar(
        select(LeadImport).where(LeadImport.workspace_id == workspace_id, LeadImport.id == import_id)
    )


async def outline(session: AsyncSession, workspace_id: WorkspaceId, import_id: ImportId) -> str | None:
    """The file's layout; None where it was given up or read to its end."""
    return await session.scalar(
        select(LeadImport.outline).where(LeadImport.workspace_id == workspace_id, LeadImport.id == import_id)
    )


async def content(session: AsyncSession, workspace_id: WorkspaceId, import_id: ImportId) -> bytes | None:
    """The file's text, under the same condition."""
    return await session.scalar(
        select(LeadImport.content).where(LeadImport.workspace_id == workspace_id, LeadImport.id == import_id)
    )


def card(row: LeadImport) -> ImportCard:
    return ImportCard(
        import_id=ImportId(row.id),
        file_name=row.file_name,
        state=row.state,
        rows=row.rows,
        next_row=row.next_row,
        added=row.added,
        known=row.known,
        refused=row.refused,
        error=row.error,
    )


async def start(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    import_id: ImportId,
    *,
    columns: Mapping[str, int],
    now: datetime,
) -> bool:
    """Columns are confirmed; False where it had begun, or was given up, before."""
    return await _move(
        session,
        workspace_id,
        import_id,
        (ASKED,),
        state=RunState.QUEUED,
        columns=dict(columns),
        updated_at=now,
    )


async def cancel(
    session: AsyncSession, workspace_id: WorkspaceId, import_id: ImportId, *, now: datetime
) -> bool:
    """Give up what was not begun; what runs stops after its present stretch."""
    ended = await _move(
        session, workspace_id, import_id, (ASKED, RunState.QUEUED),
        state=RunState.STOPPED, content=None, outline=None, finished_at=now, updated_at=now,
    )  # fmt: skip
    return ended or await _move(
        session, workspace_id, import_id, (RunState.RUNNING,), stop_requested_at=now, updated_at=now
    )


async def _move(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    import_id: ImportId,
    states: Sequence[str],
    **values: Any,
) -> bool:
    moved = await session.scalar(
        update(LeadImport)
        .where(
            LeadImport.workspace_id == workspace_id, LeadImport.id == import_id, LeadImport.state.in_(states)
        )
        .values(**values)
        .returning(LeadImport.id)
    )
    return moved is not None


async def claim(
    session: AsyncSession, workspace_id: WorkspaceId, import_id: ImportId, lease: Lease, *, wall: datetime
) -> LeadImport | None:
    """None where somebody holds it, or it has ended."""
    return await session.scalar(
        update(LeadImport)
        .where(
            LeadImport.workspace_id == workspace_id,
            LeadImport.id == import_id,
            LeadImport.state.in_(_OPEN),
            is_free(LeadImport.lease_until, wall),
        )
        .values(
            state=RunState.RUNNING,
            lease_token=lease.token,
            lease_until=lease.until,
            attempts=LeadImport.attempts + 1,
        )
        .returning(LeadImport),
        execution_options={"populate_existing": True},
    )


async def add_leads(
    session: AsyncSession,
    workspace_id: WorkspaceId,
    new: Sequence[NewLead],
    *,
    created_by: str | None,
    now: datetime,
) -> int:
    """Add those that are not leads yet, by address, or by name and company where there is none; how many."""
    taken = await _known_by_name(session, workspace_id, {_named(lead) for lead in new if not lead.email})
    values = [
        {
            **asdict(lead),
            "tags": list(lead.tags),
            "workspace_id": workspace_id,
            "email_status": EmailStatus.GIVEN if lead.email else EmailStatus.MISSING,
            "created_by": created_by,
            "owner_user_id": created_by,
            "created_at": now,
            "updated_at": now,
        }
        for lead in new
        if lead.email or _named(lead) not in taken
    ]
    if not values:
        return 0
    added = await session.scalars(insert(Lead).on_conflict_do_nothing().returning(Lead.id), values)
    return len(added.all())


def _named(lead: NewLead) -> tuple[str, str]:
    return lead.name, lead.company or ""


async def _known_by_name(
    session: AsyncSession, workspace_id: WorkspaceId, given: set[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Those that are leads already. The database makes both sides lower case: it and Python do not agree on all
    letters."""
    if not given:
        return set()
    names, companies = zip(*sorted(given), strict=True)
    wanted = (
        sql.unnest(cast(list(names), ARRAY(Text)), cast(list(companies), ARRAY(Text)))
        .table_valued(column("name", Text), column("company", Text), name="wanted")
        .render_derived()
    )
    known = select(Lead.id).where(
        Lead.workspace_id == workspace_id,
        sql.lower(Lead.name) == sql.lower(wanted.c.name),
        sql.lower(sql.coalesce(Lead.company, "")) == sql.lower(wanted.c.company),
    )
    rows = await session.execute(select(wanted.c.name, wanted.c.company).where(known.exists()))
    return {(name, company) for name, company in rows}


async def refuse(
    session: AsyncSession, workspace_id: WorkspaceId, import_id: ImportId, refusals: Sequence[Refusal]
) -> None:
    if refusals:
        rows = [{"workspace_id": workspace_id, "import_id": import_id, **asdict(one)} for one in refusals]
        await session.execute(insert(ImportRefusal).on_conflict_do_nothing(), rows)


async def advance(
    session: AsyncSession, import_id: ImportId, lease: Lease, *, next_row: int, counts: Counts, now: datetime
) -> bool:
    """A stretch of rows is done, in the transaction of its leads. True: somebody wants it to stop.

    Raises LeaseLost.
    """
    row = (
        await session.execute(
            update(LeadImport)
            .where(LeadImport.id == import_id, LeadImport.lease_token == lease.token)
            .values(
                lease_until=lease.until,
                next_row=next_row,
                added=LeadImport.added + counts.added,
                known=LeadImport.known + counts.known,
                refused=LeadImport.refused + counts.refused,
                updated_at=now,
            )
            .returning(LeadImport.stop_requested_at)
        )
    ).one_or_none()
    held(row, "import", import_id)
    return row is not None and row[0] is not None


async def finish(
    session: AsyncSession,
    import_id: ImportId,
    token: LeaseToken,
    state: RunState,
    *,
    error: str | None,
    now: datetime,
) -> None:
    """The file's text is not kept any longer. Raises LeaseLost."""
    row = await session.scalar(
        update(LeadImport)
        .where(LeadImport.id == import_id, LeadImport.lease_token == token)
        .values(
            state=state,
            content=None,
            outline=None,
            error=error,
            finished_at=now,
            updated_at=now,
            lease_until=None,
        )
        .returning(LeadImport.id)
    )
    held(row, "import", import_id)


async def refusals(session: AsyncSession, workspace_id: WorkspaceId, import_id: ImportId) -> list[Refusal]:
    """In the order of the file."""
    rows = await session.scalars(
        select(ImportRefusal)
        .where(ImportRefusal.workspace_id == workspace_id, ImportRefusal.import_id == import_id)
        .order_by(ImportRefusal.row)
    )
    return [Refusal(row.row, row.cells, row.reason) for row in rows]


async def forget(session: AsyncSession, workspace_id: WorkspaceId, *, untouched_since: datetime) -> int:
    """Files that nobody confirmed lose their text; reports of old imports go."""
    given_up = await session.execute(
        update(LeadImport)
        .where(
            LeadImport.workspace_id == workspace_id,
            LeadImport.state == ASKED,
            LeadImport.updated_at < untouched_since,
        )
        .values(state=RunState.STOPPED, content=None, outline=None)
    )
    old = select(LeadImport.id).where(
        LeadImport.workspace_id == workspace_id, LeadImport.updated_at < untouched_since
    )
    gone = await session.execute(delete(ImportRefusal).where(ImportRefusal.import_id.in_(old)))
    return int(getattr(given_up, "rowcount", 0)) + int(getattr(gone, "rowcount", 0))
