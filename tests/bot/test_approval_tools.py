"""The drafts that wait, approvers and the list of whom never to write to, as the assistant's tools."""

import json

from sqlalchemy import select

from bot.tools.base import TOOLS
from db.models.campaign import Suppression
from db.models.workspace import SlackOutbox
from db.queries import workspace as workspaces
from tests.bot.tool_desk import Desk, desk

assert desk
SAM, ANA = "U0SAMRIVERS", "U0ANACOSTA1"


async def people(desk: Desk, admin: str = SAM) -> None:
    async with desk.deps.db.transaction(desk.workspace) as tx:
        now = desk.deps.clock.now()
        for user, name in ((SAM, "Sam Rivers"), (ANA, "Ana Costa"), ("U0ANAOTHER1", "Ana Otero")):
            await workspaces.upsert_member(
                tx.session,
                desk.workspace,
                user,
                now=now,
                name=name,
                is_admin=user == admin,
                is_approver=user == SAM,
            )


async def approvers(desk: Desk) -> list[str]:
    async with desk.deps.db.transaction(desk.workspace) as tx:
        return [one.name for one in await workspaces.approvers(tx.session, desk.workspace)]


async def test_an_admin_makes_and_unmakes_an_approver_by_name_or_mention(desk: Desk) -> None:
    await people(desk)
    assert (
        "fits Ana Costa, Ana Otero"
        in (await desk.call("set_approver", person="Ana", may_approve=True))["error"]
    )
    assert (
        "may approve drafts now"
        in (await desk.call("set_approver", person="ana costa", may_approve=True))["summary"]
    )
    assert "already" in (await desk.call("set_approver", person=f"<@{ANA}>", may_approve=True))["summary"]
    assert await approvers(desk) == ["Ana Costa", "Sam Rivers"]
    assert (await desk.call("set_approver", person="me", may_approve=False))["ok"]
    last = await desk.call("set_approver", person="Ana Costa", may_approve=False)
    assert "only one" in last["error"] and await approvers(desk) == ["Ana Costa"]
    assert "have not met" in (await desk.call("set_approver", person="Zed", may_approve=True))["error"]


async def test_who_is_no_admin_is_refused_and_told_whom_to_ask(desk: Desk) -> None:
    await people(desk, admin=ANA)
    refused = await desk.call("set_approver", person="Ana Costa", may_approve=True)
    assert "Only an admin" in refused["error"] and "Ana Costa" in refused["error"]
    assert await approvers(desk) == ["Sam Rivers"]


async def test_never_again_and_the_way_back_waits_for_a_click(desk: Desk) -> None:
    done = await desk.call("never_write_to", what="acme.com", reason="a customer")
    assert "never write to anybody at acme.com" in done["summary"]
    assert "free mail" in (await desk.call("never_write_to", what="gmail.com"))["error"]
    assert "neither" in (await desk.call("never_write_to", what="Acme Corp"))["error"]
    asked = await desk.call("allow_writing_to", what="acme.com")
    assert asked["ok"] and "waits for the person's click" in asked["summary"]
    async with desk.deps.db.transaction(desk.workspace) as tx:
        assert await tx.session.scalar(select(Suppression.value)) == "acme.com"
        held = await tx.session.scalar(select(SlackOutbox).where(SlackOutbox.key.startswith("held:")))
    assert held is not None and "never do this by myself" in json.dumps(held.payload)
    assert TOOLS["allow_writing_to"].asks


async def test_the_drafts_that_wait_are_opened_or_there_are_none(desk: Desk) -> None:
    assert "No drafts wait" in (await desk.call("show_waiting_drafts"))["summary"]
