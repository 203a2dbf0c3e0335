"""`/leads suppress`: adding, taking off, importing and exporting, through Slack's own payloads."""

import json
import time
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from db.models.audit import AuditEntry
from db.models.campaign import Suppression
from db.models.workspace import SlackOutbox
from db.queries import suppression
from db.queries import workspace as workspaces
from db.queries.suppression import NewSuppression
from db.types import SuppressionKind
from pipeline.rules.suppression_list import read_list
from tests.bot.drafts_desk import approvers, card, states, waiting
from tests.bot.test_imports import drop
from tests.bot.test_listeners import ANA, LEADS, SAM, Desk, desk
from tests.local.slack_world import World

assert desk


@pytest.fixture(autouse=True)
async def empty(desk: Desk) -> None:
    await approvers(desk, SAM)
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        await tx.session.execute(delete(Suppression))
        await tx.session.execute(delete(SlackOutbox))
        await workspaces.upsert_member(
            tx.session, ours, SAM, now=desk.web.web.deps.clock.now(), is_admin=True
        )


async def listed(desk: Desk) -> set[str | None]:
    async with desk.database.transaction(await desk.workspace()) as tx:
        return set(await tx.session.scalars(select(Suppression.value)))


def given(what: str, *, sure: bool = False, reason: str | None = None) -> dict[str, Any]:
    return {"what": what, "reason": reason, "sure": ticked(sure)}


def ticked(sure: bool) -> dict[str, Any]:
    return {"type": "checkboxes", "selected_options": [{"value": "free_mail"}] if sure else []}


async def test_a_domain_stops_what_runs_to_it_at_once(desk: Desk) -> None:
    maria, john = (
        await waiting(desk, "Maria Silva"),
        await waiting(desk, "John Doe", lead={"email": "j@other.example"}),
    )
    assert await desk.submit("suppress_add_view", given("https://acme.example/", reason="A customer")) == {}
    said = json.dumps(list((await desk.surfaces()).values()))
    assert "never write to anybody at acme.example" in said and "Stopped at once: Maria Silva." in said
    assert await states(desk, maria, john) == ["void", "pending"]
    stopped = await card(desk, maria.approval_id)
    assert stopped.stop_reason == "suppressed" and stopped.enrollment_state == "stopped"
    assert {one.state for one in stopped.emails} == {"cancelled"}
    assert "not to be written to any more" in json.dumps(
        (await desk.surfaces())[f"approval:{maria.approval_id}"]
    )
    (again,) = await desk.command("never acme.example")
    assert "already" in again["text"]


async def test_the_list_is_shown_with_its_size_and_newest(desk: Desk) -> None:
    (empty_list,) = await desk.command("suppress")
    assert "0 addresses, 0 domains" in empty_list["text"] and "suppress_export" not in json.dumps(empty_list)
    await desk.command("never maria@acme.example")
    (shown,) = await desk.command("suppress")
    assert "1 address, 0 domains" in shown["text"] and "`maria@acme.example`" in json.dumps(shown)
    assert "suppress_remove_open" in json.dumps(shown)
    (theirs,) = await desk.command("suppress", user=ANA, channel="D0ANACOSTA1")
    assert "suppress_remove_open" not in json.dumps(theirs)


@pytest.mark.parametrize("wrong", ["", "acme", "not@an@address", "x" * 320])
async def test_what_is_no_address_and_no_domain_is_refused_at_its_field(desk: Desk, wrong: str) -> None:
    refused = await desk.submit("suppress_add_view", given(wrong))
    assert list(refused["errors"]) == ["what"] and await listed(desk) == set()


async def test_a_free_mail_service_needs_a_tick(desk: Desk) -> None:
    refused = await desk.submit("suppress_add_view", given("gmail.com"))
    assert "everybody with an address there" in refused["errors"]["what"]
    (by_command,) = await desk.command("never gmail.com")
    assert "free mail service" in by_command["text"] and await listed(desk) == set()
    assert await desk.submit("suppress_add_view", given("gmail.com", sure=True)) == {}
    assert await listed(desk) == {"gmail.com"}


async def test_only_admins_take_off_and_it_is_noted(desk: Desk) -> None:
    await desk.command("never acme.example")
    async with desk.database.transaction(await desk.workspace()) as tx:
        entry = await tx.session.scalar(select(Suppression))
    assert entry is not None
    refused = await desk.press(f"suppress_remove_open:{entry.id}", str(entry.id), user=ANA)
    assert "Only an admin" in json.dumps(refused)
    form = await desk.submit("suppress_remove_view", {"what": "acme.example"}, user=ANA)
    assert "Only an admin" in json.dumps(form) and await listed(desk) == {"acme.example"}
    missing = await desk.submit("suppress_remove_view", {"what": "other.example"})
    assert "not on the list" in missing["errors"]["what"]
    assert "off the list" in json.dumps(await desk.press(f"suppress_remove_open:{entry.id}", str(entry.id)))
    assert "not on the list any more" in json.dumps(
        await desk.press(f"suppress_remove_open:{entry.id}", str(entry.id))
    )
    async with desk.database.transaction(await desk.workspace()) as tx:
        noted = await tx.session.scalar(select(AuditEntry).where(AuditEntry.action == "suppression.removed"))
    assert noted is not None and noted.actor == SAM and await listed(desk) == set()


async def test_a_pasted_list_is_imported_and_its_bad_rows_are_told(desk: Desk) -> None:
    maria = await waiting(desk, "Maria Silva")
    pasted = "maria.silva@acme.example\nnonsense here\nother.example\ngmail.com\nother.example"
    values: dict[str, Any] = {
        "file": {"type": "file_input", "files": []},
        "pasted": pasted,
        "sure": ticked(False),
    }
    assert await desk.submit("suppress_import_view", values) == {}
    await deliver(desk)
    said = json.dumps(list((await desk.surfaces()).values()), ensure_ascii=False)
    assert (
        "2 entries added, 1 twice in it, 1 row not taken" in said and "Row 2" in said and "gmail.com" in said
    )
    assert "Stopped at once: Maria Silva" in said
    assert await listed(desk) == {"maria.silva@acme.example", "other.example"}
    assert await states(desk, maria) == ["void"]


async def test_nothing_to_import_is_said_at_the_field(desk: Desk) -> None:
    values: dict[str, Any] = {
        "file": {"type": "file_input", "files": []},
        "pasted": None,
        "sure": ticked(False),
    }
    assert "pasted" in (await desk.submit("suppress_import_view", values))["errors"]


async def deliver(desk: Desk) -> None:
    """What forms left to do, as the loop would take it up."""
    await desk.web.web.inbox.resume()
    await desk.settle()


async def test_ten_thousand_rows_come_from_a_file_and_go_out_again(desk: Desk, slack: World) -> None:
    content = "email,reason\n" + "".join(f"p{n}@company{n % 97}.example,bought list\n" for n in range(10_000))
    file = (await drop(desk, slack, content, "suppressed.csv"))["files"][0]
    values: dict[str, Any] = {
        "file": {"type": "file_input", "files": [file]},
        "pasted": None,
        "sure": ticked(False),
    }
    began = time.perf_counter()
    assert await desk.submit("suppress_import_view", values) == {}
    await deliver(desk)
    assert len(await listed(desk)) == 10_000 and time.perf_counter() - began < 30
    ours = await desk.workspace()
    async with desk.database.transaction(ours) as tx:
        erased = NewSuppression(SuppressionKind.ADDRESS, None, "ab" * 32, "erased", None)
        assert await suppression.add_many(
            tx.session, ours, [erased, erased], now=desk.web.web.deps.clock.now()
        ) == [erased.digest]
        kept = [row async for row in suppression.everything(tx.session, ours)]
        assert len(kept) == len({row.id for row in kept}) == 10_001
        assert await suppression.counts(tx.session, ours) == {
            SuppressionKind.ADDRESS: 10_001,
            SuppressionKind.DOMAIN: 0,
        }
    await desk.press("suppress_export", "")
    files = exported(desk)
    read = read_list(files.splitlines(keepends=True))
    assert len(read.entries) == 10_001 and not read.bad
    assert any(one.digest == erased.digest and one.value is None for one in read.entries)


def exported(desk: Desk) -> str:
    rows = desk.slack.box.store.all("SELECT * FROM slack_files ORDER BY rowid DESC")
    content = next(row for row in rows if row["name"] == "never-write-to.csv")["content"]
    return content.decode() if isinstance(content, bytes) else str(content)


async def test_who_neither_approves_nor_is_admin_exports_nothing(desk: Desk) -> None:
    await desk.command("never acme.example")
    refused = await desk.press("suppress_export", "", user=ANA, channel=LEADS)
    assert "Only an admin" in json.dumps(refused)
    async with desk.database.transaction(await desk.workspace()) as tx:
        assert not await tx.session.scalar(
            select(func.count()).where(AuditEntry.action == "suppression.exported", AuditEntry.actor == ANA)
        )
