"""Reading a confirmed file of leads, a stretch of rows in each transaction: a crash goes on at the next row."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID, uuid4

from db.models.finding import LeadImport
from db.queries import audit, imports
from db.queries.imports import Counts, Refusal
from db.queries.lead import NewLead
from db.queries.leases import Lease
from db.types import ImportId, LeaseToken, RunState, WorkspaceId
from db.wake import Queue, Wake
from pipeline.deps import Deps
from pipeline.errors import FieldErrors, UserError
from pipeline.jobs.base import job
from pipeline.logs import get_logger
from pipeline.messages import ImportProgressed
from pipeline.rules.lead_file import Columns, Table, key_of, lead_in, row_text, table_of

log = get_logger(__name__)
LEASE = timedelta(seconds=60)
STRETCH = 1000  # rows a transaction
MOST_ATTEMPTS = 5
SOURCE = "import"


@job(Wake.IMPORT_LEADS, queue=Queue.RESEARCH, timeout=timedelta(minutes=20))
async def import_leads(deps: Deps, *, workspace_id: str, import_id: str) -> None:
    ours, this = WorkspaceId(UUID(workspace_id)), ImportId(UUID(import_id))
    wall = deps.clock.wall()
    token = LeaseToken(uuid4())
    async with deps.db.transaction(ours) as tx:
        claimed = await imports.claim(tx.session, ours, this, Lease(token, wall + LEASE), wall=wall)
    if claimed is None:
        return
    state, error = RunState.DONE, None
    if claimed.attempts > MOST_ATTEMPTS or claimed.content is None:
        state, error = RunState.FAILED, "It broke off several times. Drop the file again, please."
    else:
        try:
            table = await asyncio.to_thread(table_of, claimed.content)
        except UserError as refusal:
            state, error = RunState.FAILED, str(refusal)
        else:
            state = await _read(deps, ours, claimed, table, token)
    async with deps.db.transaction(ours) as tx:
        now = deps.clock.now()
        await imports.finish(tx.session, this, token, state, error=error, now=now)
        await audit.record(
            tx.session, ours, actor=claimed.requested_by or "system", action="leads.imported",
            entity_type="import", entity_id=this, payload={"state": state, "file": claimed.file_name}, now=now,
        )  # fmt: skip
        await deps.notifier.tell(tx, ImportProgressed(this))
    log.info("leads_imported", state=state)


async def _read(
    deps: Deps, workspace_id: WorkspaceId, claimed: LeadImport, table: Table, token: LeaseToken
) -> RunState:
    """From the row after the last stretch that was stored. Raises LeaseLost."""
    this, columns = ImportId(claimed.id), {name: int(at) for name, at in claimed.columns.items()}
    at, seen = claimed.next_row, _keys(table, columns, claimed.next_row)
    while at < len(table.rows):
        new, refusals, repeated = await asyncio.to_thread(
            _stretch, table, columns, at, seen, claimed.file_name
        )
        now = deps.clock.now()
        async with deps.db.transaction(workspace_id) as tx:
            added = await imports.add_leads(
                tx.session, workspace_id, new, created_by=claimed.requested_by, now=now
            )
            await imports.refuse(tx.session, workspace_id, this, refusals)
            at = min(at + STRETCH, len(table.rows))
            stopped = await imports.advance(
                tx.session,
                this,
                Lease(token, deps.clock.wall() + LEASE),
                next_row=at,
                counts=Counts(added, len(new) - added + repeated, len(refusals)),
                now=now,
            )
            await deps.notifier.tell(tx, ImportProgressed(this))
        if stopped:
            return RunState.STOPPED
    return RunState.DONE


def _keys(table: Table, columns: Columns, until: int) -> set[str]:
    """What the rows before a crash were, so that a repeated row is known as one."""
    seen: set[str] = set()
    for row in table.rows[:until]:
        try:
            seen.add(key_of(lead_in(row, columns)))
        except FieldErrors:
            continue
    return seen


def _stretch(
    table: Table, columns: Columns, at: int, seen: set[str], file_name: str
) -> tuple[list[NewLead], list[Refusal], int]:
    """The leads of the next rows, what is refused of them, and how many stood in the file before."""
    new: list[NewLead] = []
    refusals: list[Refusal] = []
    repeated = 0
    for number, row in enumerate(table.rows[at : at + STRETCH], table.first_row + at):
        if not any(row):
            continue
        try:
            lead = lead_in(row, columns)
        except FieldErrors as error:
            refusals.append(Refusal(number, row_text(row), str(error)))
            continue
        key = key_of(lead)
        if key in seen:
            repeated += 1
            continue
        seen.add(key)
        domain, tags = lead.company_domain, (f"file:{file_name[:60]}",)
        new.append(NewLead(**asdict(lead), company_domain=domain, source=SOURCE, tags=tags))
    return new, refusals, repeated
