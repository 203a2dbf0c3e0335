"""Reading a confirmed file of leads, a stretch of rows in each transaction: a crash goes on at the next row."""

import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import islice
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
from pipeline.rules.lead_file import Columns, Table, key_of, lead_in, row_text, rows_of, table_from

log = get_logger(__name__)
LEASE = timedelta(seconds=60)
STRETCH = 1000  # rows a transaction
MOST_ATTEMPTS = 5
SOURCE = "import"


@dataclass(frozen=True, slots=True)
class Stretch:
    """What some of the file's rows came to."""

    rows: int
    new: list[NewLead]
    refusals: list[Refusal]
    repeated: int  # stood in the file before


class Reading:
    """A file on its way through the job: its rows from the first that was not done, and whom they named so far."""

    def __init__(self, content: bytes, table: Table, columns: Columns, file_name: str) -> None:
        self._rows = enumerate(rows_of(content, table), table.first_row)
        self._columns, self._tags = columns, (f"file:{file_name[:60]}",)
        self._seen: set[str] = set()

    def skip(self, count: int) -> None:
        """What the rows before a crash were, so that a repeated row is known as one."""
        for _, row in islice(self._rows, count):
            with suppress(FieldErrors):
                self._seen.add(key_of(lead_in(row, self._columns)))

    def stretch(self) -> Stretch:
        """The next rows; none at the end of the file. Raises UserError where the file is broken."""
        new: list[NewLead] = []
        refusals: list[Refusal] = []
        rows = repeated = 0
        for number, row in islice(self._rows, STRETCH):
            rows += 1
            if not any(row):
                continue
            try:
                lead = lead_in(row, self._columns)
            except FieldErrors as error:
                refusals.append(Refusal(number, row_text(row), str(error)))
                continue
            key = key_of(lead)
            if key in self._seen:
                repeated += 1
                continue
            self._seen.add(key)
            domain = lead.company_domain
            new.append(NewLead(**asdict(lead), company_domain=domain, source=SOURCE, tags=self._tags))
        return Stretch(rows, new, refusals, repeated)


@job(Wake.IMPORT_LEADS, queue=Queue.RESEARCH, timeout=timedelta(minutes=20))
async def import_leads(deps: Deps, *, workspace_id: str, import_id: str) -> None:
    ours, this = WorkspaceId(UUID(workspace_id)), ImportId(UUID(import_id))
    wall = deps.clock.wall()
    token = LeaseToken(uuid4())
    async with deps.db.transaction(ours) as tx:
        claimed = await imports.claim(tx.session, ours, this, Lease(token, wall + LEASE), wall=wall)
    if claimed is None:
        return
    try:
        state, error = await _read(deps, ours, claimed, token), None
    except UserError as refusal:
        state, error = RunState.FAILED, str(refusal)
    async with deps.db.transaction(ours) as tx:
        now = deps.clock.now()
        await imports.finish(tx.session, this, token, state, error=error, now=now)
        await audit.record(
            tx.session, ours, actor=claimed.requested_by or "system", action="leads.imported",
            entity_type="import", entity_id=this, payload={"state": state, "file": claimed.file_name}, now=now,
        )  # fmt: skip
        await deps.notifier.tell(tx, ImportProgressed(this))
    log.info("leads_imported", state=state)


async def _open(deps: Deps, workspace_id: WorkspaceId, claimed: LeadImport) -> Reading:
    """Raises UserError where it broke off too often."""
    this = ImportId(claimed.id)
    async with deps.db.transaction(workspace_id) as tx:
        outline = await imports.outline(tx.session, workspace_id, this)
        content = await imports.content(tx.session, workspace_id, this)
    if claimed.attempts > MOST_ATTEMPTS or outline is None or content is None:
        raise UserError("It broke off several times. Drop the file again, please.")
    columns = {name: int(at) for name, at in claimed.columns.items()}
    return Reading(content, table_from(outline), columns, claimed.file_name)


async def _read(deps: Deps, workspace_id: WorkspaceId, claimed: LeadImport, token: LeaseToken) -> RunState:
    """From the row after the last stretch that was stored. Raises LeaseLost, UserError."""
    this, at = ImportId(claimed.id), claimed.next_row
    reading = await _open(deps, workspace_id, claimed)
    await asyncio.to_thread(reading.skip, at)
    while (found := await asyncio.to_thread(reading.stretch)).rows:
        at += found.rows
        now = deps.clock.now()
        async with deps.db.transaction(workspace_id) as tx:
            added = await imports.add_leads(
                tx.session, workspace_id, found.new, created_by=claimed.requested_by, now=now
            )
            await imports.refuse(tx.session, workspace_id, this, found.refusals)
            stopped = await imports.advance(
                tx.session,
                this,
                Lease(token, deps.clock.wall() + LEASE),
                next_row=at,
                counts=Counts(added, len(found.new) - added + found.repeated, len(found.refusals)),
                now=now,
            )
            await deps.notifier.tell(tx, ImportProgressed(this))
        if stopped:
            return RunState.STOPPED
    return RunState.DONE
