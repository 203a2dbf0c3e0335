"""The log is append only; its chain shows an alteration; its payloads can be erased."""

import uuid

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from db.queries import audit, due
from db.session import Database
from db.types import WorkspaceId
from pipeline.clock import ManualClock
from tests.servers import Servers, at


async def note(
    database: Database,
    workspace: WorkspaceId,
    clock: ManualClock,
    action: str = "approve",
    entity: uuid.UUID | None = None,
) -> uuid.UUID:
    async with database.transaction(workspace) as tx:
        return await audit.record(
            tx.session,
            workspace,
            actor="U1",
            action=action,
            entity_type="approval",
            entity_id=entity,
            payload={"email": "ada@example.org"},
            reason="looks right",
            now=clock.now(),
        )


async def seal(database: Database, workspace: WorkspaceId, limit: int = 500) -> int:
    async with database.transaction(workspace) as tx:
        return await audit.seal_chain(tx.session, workspace, limit=limit)


async def test_entries_are_read_back_newest_first(
    database: Database, workspace: WorkspaceId, clock: ManualClock
):
    entity = uuid.uuid4()
    await note(database, workspace, clock, "approve", entity)
    await note(database, workspace, clock, "reject")
    async with database.transaction(workspace) as tx:
        recent = await audit.recent(tx.session, workspace)
        about = await audit.recent(tx.session, workspace, entity_id=entity)
        stored = await tx.session.scalar(text("SELECT payload FROM audit_log LIMIT 1"))
    assert [entry.action for entry in recent] == ["reject", "approve"]
    assert [entry.action for entry in about] == ["approve"]
    assert "ada@example.org" not in stored


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM audit_log", "UPDATE audit_log SET actor = 'U2'", "TRUNCATE audit_log"],
)
async def test_nobody_rewrites_the_log(
    database: Database, workspace: WorkspaceId, clock: ManualClock, statement: str
):
    await note(database, workspace, clock)
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.transaction(workspace) as tx:
            await tx.session.execute(text(statement))


async def test_the_chain_grows_in_batches_and_holds(
    database: Database, workspace: WorkspaceId, clock: ManualClock
):
    for _ in range(5):
        await note(database, workspace, clock)
    async with database.across() as tx:
        assert workspace in await due.unsealed_audit(tx.session, 10_000)
    assert [await seal(database, workspace, limit=3) for _ in range(3)] == [3, 2, 0]
    await note(database, workspace, clock)
    assert await seal(database, workspace) == 1
    async with database.transaction(workspace) as tx:
        assert await audit.first_broken(tx.session, workspace) is None
    async with database.across() as tx:
        assert workspace not in await due.unsealed_audit(tx.session, 10_000)


async def test_erasing_payloads_leaves_the_chain_whole(
    database: Database, workspace: WorkspaceId, clock: ManualClock
):
    entity = uuid.uuid4()
    await note(database, workspace, clock, entity=entity)
    await seal(database, workspace)
    async with database.transaction(workspace) as tx:
        assert await audit.erase_payloads(tx.session, workspace, entity) == 1
    async with database.transaction(workspace) as tx:
        assert (await audit.recent(tx.session, workspace))[0].payload is None
        assert await audit.first_broken(tx.session, workspace) is None


@pytest.mark.parametrize(
    "attack",
    ["UPDATE audit_log SET actor = 'U9' WHERE id = %s", "DELETE FROM audit_log WHERE id = %s"],
)
async def test_an_administrator_who_alters_an_entry_is_found_out(
    database: Database,
    workspace: WorkspaceId,
    clock: ManualClock,
    servers: Servers,
    database_url: str,
    attack: str,
):
    entries = [await note(database, workspace, clock) for _ in range(3)]
    await seal(database, workspace)
    superuser = at(servers.postgres().dsn_superuser, database_url.rpartition("/")[2])
    with psycopg.connect(superuser) as connection:
        connection.execute(attack, (entries[1],))
    async with database.transaction(workspace) as tx:
        assert await audit.first_broken(tx.session, workspace) in (entries[1], entries[2])
