"""A team has one workspace; its people, settings and installation."""

import asyncio
import uuid
from datetime import time, timedelta

from sqlalchemy import text

from db.queries import due, installation, workspace
from db.session import Database
from db.types import WorkspaceId
from pipeline.clock import ManualClock
from tests.db.conftest import lease


async def create(database: Database, team_id: str) -> WorkspaceId:
    async with database.across() as tx:
        return await workspace.create(tx.session, team_id=team_id, name="Acme", timezone="Europe/Berlin")


async def test_a_team_has_one_workspace_even_if_two_make_it_at_once(database: Database):
    team = f"T{uuid.uuid4().hex}"
    first, second, third = await asyncio.gather(*(create(database, team) for _ in range(3)))
    assert first == second == third
    async with database.across() as tx:
        assert await workspace.id_of_team(tx.session, team) == first
        assert await workspace.id_of_team(tx.session, "T-nobody") is None
        assert first in await due.workspaces(tx.session)


async def test_creating_leaves_the_transaction_without_a_workspace(database: Database):
    async with database.across() as tx:
        await workspace.create(tx.session, team_id=f"T{uuid.uuid4().hex}", name="Acme", timezone="UTC")
        assert await tx.session.scalar(text("SELECT count(*) FROM workspaces")) == 0


async def test_settings_change_only_what_is_named(
    database: Database, workspace_row: WorkspaceId, clock: ManualClock
):
    async with database.transaction(workspace_row) as tx:
        await workspace.update_settings(
            tx.session,
            workspace_row,
            now=clock.now(),
            company_name="Acme",
            window_start=time(8, 30),
            proof_points=["ISO 9001"],
        )
        changed = await workspace.update_settings(
            tx.session,
            workspace_row,
            now=clock.now(),
            sending_stopped_at=clock.now(),
            sending_stopped_by="U1",
        )
    assert (changed.company_name, changed.window_start, changed.proof_points) == (
        "Acme",
        time(8, 30),
        ["ISO 9001"],
    )
    assert changed.sending_stopped_at == clock.now() and changed.open_tracking is True
    async with database.transaction(workspace_row) as tx:
        assert (await workspace.get(tx.session, workspace_row)).sending_stopped_by == "U1"


async def test_members_are_upserted_and_approvers_listed(
    database: Database, workspace_row: WorkspaceId, clock: ManualClock
):
    async with database.transaction(workspace_row) as tx:
        for user, name in (("U2", "Bo"), ("U1", "Ada")):
            await workspace.upsert_member(tx.session, workspace_row, user, now=clock.now(), name=name)
        await workspace.upsert_member(tx.session, workspace_row, "U2", now=clock.now(), is_approver=True)
    async with database.transaction(workspace_row) as tx:
        everybody = await workspace.members(tx.session, workspace_row)
        approvers = await workspace.approvers(tx.session, workspace_row)
        assert await workspace.member(tx.session, workspace_row, "U9") is None
    assert [one.name for one in everybody] == ["Ada", "Bo"]
    assert [one.slack_user_id for one in approvers] == ["U2"]


async def test_the_first_person_becomes_admin_and_nobody_after(
    database: Database, workspace_row: WorkspaceId, clock: ManualClock
):
    async def ask(user: str) -> bool:
        async with database.transaction(workspace_row) as tx:
            return await workspace.make_first_admin(tx.session, workspace_row, user, now=clock.now())

    assert sorted(await asyncio.gather(ask("U1"), ask("U2"), ask("U3"))) == [False, False, True]
    async with database.transaction(workspace_row) as tx:
        assert len(await workspace.approvers(tx.session, workspace_row)) == 1


async def test_an_installation_is_replaced_found_and_removed(database: Database, clock: ManualClock):
    team, enterprise = f"T{uuid.uuid4().hex}", f"E{uuid.uuid4().hex}"
    async with database.across() as tx:
        for token in ("xoxb-1", "xoxb-2"):
            await installation.save(
                tx.session,
                enterprise_id=None,
                team_id=team,
                bot_token=token,
                bot_user_id="UB",
                now=clock.now(),
            )
        await installation.save(
            tx.session,
            enterprise_id=enterprise,
            team_id=None,
            bot_token="xoxb-org",
            bot_user_id="UB",
            now=clock.now(),
        )
    async with database.across() as tx:
        by_team = await installation.find(tx.session, enterprise_id=None, team_id=team)
        of_grid = await installation.find(tx.session, enterprise_id=enterprise, team_id="T-other")
        stored = await tx.session.scalars(text("SELECT bot_token FROM slack_installations"))
        assert not [token for token in stored if token.startswith("xoxb")]
    assert by_team is not None and by_team.bot_token == "xoxb-2"
    assert of_grid is not None and of_grid.bot_token == "xoxb-org"
    async with database.across() as tx:
        await installation.remove(tx.session, enterprise_id=None, team_id=team)
        assert await installation.find(tx.session, enterprise_id=None, team_id=team) is None


async def test_one_process_rotates_a_token(database: Database, clock: ManualClock):
    async with database.across() as tx:
        stored = await installation.save(
            tx.session,
            enterprise_id=None,
            team_id=f"T{uuid.uuid4().hex}",
            bot_token="xoxe.xoxb-1",
            bot_user_id="UB",
            refresh_token="xoxe-1",
            expires_at=clock.wall() + timedelta(hours=12),
            now=clock.now(),
        )
        taken = [
            await installation.lease_rotation(tx.session, stored, lease(clock.wall()), wall=clock.wall())
            for _ in range(2)
        ]
    assert taken == [True, False]
