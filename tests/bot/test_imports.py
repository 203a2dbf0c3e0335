"""A file of leads on its way: dropped, confirmed, read by the job, reported."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from sqlalchemy import delete, select

from bot.listeners.files import MOST_BYTES
from bot.views.imports import columns_form
from db.errors import LeaseLost
from db.models.finding import LeadImport
from db.models.lead import Lead
from db.queries import due, imports
from db.queries.leases import Lease
from db.types import ImportId, LeaseToken
from pipeline.jobs import import_leads
from pipeline.rules.lead_file import table_from
from tests.bot.conftest import ScriptedLlm
from tests.bot.test_listeners import DM, SAM, TEAM, Desk, desk
from tests.local.slack_world import World

__all__ = ["desk"]
FILE = """Full Name;Work Email;Company
Maria Silva;maria@acme.example;Acme
Ali Can;ali@b.example;B
;broken address;C
Mary;MARIA@acme.example;Acme
"""


@pytest.fixture(autouse=True)
async def no_earlier_files(desk: Desk) -> None:
    """Each test's Slack numbers its files from one, and the team is the same for all of them."""
    async with desk.database.transaction(await desk.workspace()) as tx:
        await tx.session.execute(delete(LeadImport))


async def drop(
    desk: Desk, slack: World, content: str | bytes, name: str = "list.csv", **more: Any
) -> dict[str, Any]:
    """Sam drops a file into the DM; the event as Slack sends it."""
    form = aiohttp.FormData()
    for key, value in {"user": SAM, "channel": DM, "text": ""}.items():
        form.add_field(key, value)
    form.add_field("file", content.encode() if isinstance(content, str) else content, filename=name)
    async with desk.web.http.post(f"{slack.box.base_url}/page/upload", data=form) as response:
        assert (await response.json())["ok"]
    shown = await slack.read("messages", user=SAM, channel=DM)
    message = shown["messages"][-1]
    event = {"type": "message", "channel": DM, "channel_type": "im", "user": SAM, "text": "", "subtype": "file_share",
             "ts": message["ts"], "files": [message["files"][0] | more]}  # fmt: skip
    body = {"type": "event_callback", "team_id": TEAM, "event_id": uuid4().hex, "event": event,
            "authorizations": [{"team_id": TEAM, "user_id": "U0RAINMAKER"}]}  # fmt: skip
    assert await desk.web.event(body) == 200
    await desk.settle()
    return event


async def the_import(desk: Desk) -> LeadImport:
    async with desk.database.transaction(await desk.workspace()) as tx:
        newest = select(LeadImport).order_by(LeadImport.created_at.desc(), LeadImport.id).limit(1)
        return (await tx.session.scalars(newest)).one()


async def card(desk: Desk, row: LeadImport) -> str:
    return json.dumps((await desk.surfaces())[f"import:{row.id}"], ensure_ascii=False)


def chosen(**columns: int) -> dict[str, Any]:
    return {
        name: {"type": "static_select", "selected_option": {"value": str(at)}} for name, at in columns.items()
    }


async def read(desk: Desk, row: LeadImport) -> None:
    await import_leads.import_leads(
        desk.web.web.deps, workspace_id=str(row.workspace_id), import_id=str(row.id)
    )


async def lead_names(desk: Desk) -> set[str]:
    async with desk.database.transaction(await desk.workspace()) as tx:
        return set(await tx.session.scalars(select(Lead.name)))


async def test_a_dropped_file_is_confirmed_read_and_reported(desk: Desk, slack: World) -> None:
    event = await drop(desk, slack, FILE)
    row = await the_import(desk)
    assert (row.state, row.rows) == ("asked", 4) and "4 rows" in await card(desk, row)
    assert (
        await desk.submit("import_columns_view", chosen(name=0, email=1, company=2), metadata=str(row.id))
        == {}
    )
    async with desk.database.across() as tx:
        assert row.id in [
            one.id for one in await due.lead_imports(tx.session, desk.web.web.deps.clock.wall())
        ]
    await read(desk, row)
    await read(desk, row)
    row = await the_import(desk)
    assert (row.state, row.added, row.known, row.refused) == ("done", 2, 1, 1)
    async with desk.database.transaction(await desk.workspace()) as tx:
        ours, this = await desk.workspace(), ImportId(row.id)
        assert await imports.content(tx.session, ours, this) is None, "the file is not kept"
        assert await imports.outline(tx.session, ours, this) is None
    assert await lead_names(desk) == {"Maria Silva", "Ali Can"}
    assert "2 leads added, 1 known already, 1 not taken" in await card(desk, row)

    await desk.press("import_report", str(row.id), message={"ts": event["ts"], "thread_ts": event["ts"]})
    below = (await slack.read("messages", user=SAM, channel=DM, thread_ts=event["ts"]))["messages"]
    report = next(one for one in below if one.get("files") and "not-taken" in one["files"][0]["name"])
    headers = {"Authorization": f"Bearer {slack.client.token}"}
    async with desk.web.http.get(report["files"][0]["url_private"], headers=headers) as answer:
        lines = (await answer.text()).splitlines()
    assert lines[0] == "row,reason,cells" and lines[1].startswith("4,") and "broken address" in lines[1]


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"PK\x03\x04...", "leads.xlsx", "Save it as CSV"),
        ("Name\n", "list.csv", "no rows"),
        (b"%PDF-1.7", "photo.pdf", "CSV files"),
        ("Name\nMaria\n", "list.csv", "MB"),
    ],
)
async def test_a_file_that_can_not_be_taken_is_answered(
    desk: Desk, slack: World, content: str | bytes, name: str, says: str
) -> None:
    before = await desk.surfaces()
    await drop(desk, slack, content, name, **({"size": MOST_BYTES + 1} if says == "MB" else {}))
    told = [one for key, one in (await desk.surfaces()).items() if key not in before]
    assert len(told) == 1 and says in told[0]["text"]


async def test_a_form_answers_at_once_and_the_file_is_read_after_it(desk: Desk, slack: World) -> None:
    """What is wrong with the file comes as a message; the rest of the form is a delivery that is resumed."""
    event = await drop(desk, slack, "Name\n")  # puts it into Slack; it is not taken
    file = event["files"][0]
    good = {**file, "id": "F0OTHER", "size": 10}
    chosen_file = {"file": {"type": "file_input", "files": [good]}}
    assert await desk.submit("import_file_view", chosen_file) == {}
    before = await desk.surfaces()
    assert await desk.web.web.inbox.resume() >= 1  # what other tests left is resumed, too
    await desk.settle()
    told = [one for key, one in (await desk.surfaces()).items() if key not in before]
    assert len(told) == 1 and "no rows" in told[0]["text"] and told[0]["channel"] == DM

    await drop(desk, slack, FILE)
    row = await the_import(desk)
    async with desk.database.transaction(await desk.workspace()) as tx:
        await tx.session.execute(delete(LeadImport))
    whole = (await slack.read("messages", user=SAM, channel=DM))["messages"]
    file = next(one["files"][0] for one in reversed(whole) if one.get("files"))
    for metadata in (DM, "C0LEADS0001"):
        given = {"file": {"type": "file_input", "files": [{"id": file["id"]}]}}  # Slack may name it only
        assert await desk.submit("import_file_view", given, metadata=metadata) == {}
        assert await desk.web.web.inbox.resume() >= 1
        await desk.settle()
        again = await the_import(desk)
        assert (again.rows, again.state, again.file_id) == (4, "asked", row.file_id)


async def test_each_file_of_a_message_is_taken_by_itself_and_the_words_are_answered(
    desk: Desk, slack: World, llm: ScriptedLlm
) -> None:
    good = (await drop(desk, slack, FILE, "good.csv"))["files"][0]
    bad = (await drop(desk, slack, "Name\n", "bad.csv"))["files"][0]
    async with desk.database.transaction(await desk.workspace()) as tx:
        await tx.session.execute(delete(LeadImport))
    before, asked = await desk.surfaces(), len(llm.seen)
    root = await slack.act("message", user=SAM, channel=DM, text="Here they are. How many are there?")
    files = [bad, {"id": "F1", "name": "photo.png", "filetype": "png"}, good]
    event = {"type": "message", "channel": DM, "channel_type": "im", "user": SAM, "subtype": "file_share",
             "text": "Here they are. How many are there?", "ts": root["ts"], "files": files}  # fmt: skip
    body = {"type": "event_callback", "team_id": TEAM, "event_id": uuid4().hex, "event": event,
            "authorizations": [{"team_id": TEAM, "user_id": "U0RAINMAKER"}]}  # fmt: skip
    assert await desk.web.event(body) == 200
    await desk.settle()
    assert (await the_import(desk)).file_name == "good.csv"
    told = [one["text"] for key, one in (await desk.surfaces()).items() if key not in before]
    problems = next(text for text in told if "bad.csv" in text)
    assert "bad.csv: The file has no rows" in problems and "photo.png: I can't read" in problems
    assert len(llm.seen) == asked + 1


async def test_a_file_without_a_header_shows_what_its_columns_hold(desk: Desk, slack: World) -> None:
    await drop(desk, slack, "Maria Silva,Acme,CTO\nJohn Doe,B Ltd,CEO\n")
    row = await the_import(desk)
    async with desk.database.transaction(await desk.workspace()) as tx:
        outline = await imports.outline(tx.session, tx.workspace_id, ImportId(row.id))
    form = json.dumps(columns_form(str(row.id), table_from(outline or ""), row.columns))
    assert row.rows == 2 and "Column 1: Maria Silva" in form and "John Doe" in form
    assert (
        await desk.submit("import_columns_view", chosen(name=0, company=1, title=2), metadata=str(row.id))
        == {}
    )
    await read(desk, row)
    assert await lead_names(desk) == {"Maria Silva", "John Doe"}


@pytest.mark.parametrize(
    ("name", "company"), [("Groß", "Straße GmbH"), ("Zoe\u0308 Lemaître", ""), ("İpek Şen", "ΣΟΦΟΣ")]
)
async def test_the_same_leads_again_are_known(desk: Desk, slack: World, name: str, company: str) -> None:
    for added, known in ((1, 0), (0, 1)):
        await drop(desk, slack, f"Name,Company\n{name},{company}\n")
        row = await the_import(desk)
        await desk.submit("import_columns_view", chosen(name=0, company=1), metadata=str(row.id))
        await read(desk, row)
        row = await the_import(desk)
        assert (row.state, row.added, row.known) == ("done", added, known)
        async with desk.database.transaction(await desk.workspace()) as tx:
            await tx.session.execute(delete(LeadImport))


async def test_the_token_goes_to_slack_alone(desk: Desk, slack: World) -> None:
    before = await desk.surfaces()
    await drop(
        desk,
        slack,
        FILE,
        url_private_download="https://evil.example/x.csv",
        url_private="https://slack.com.evil.example/",
    )
    told = [one for key, one in (await desk.surfaces()).items() if key not in before]
    assert len(told) == 1 and "not kept by Slack" in told[0]["text"]


async def test_the_columns_must_name_a_lead_and_no_column_twice(desk: Desk, slack: World) -> None:
    await drop(desk, slack, FILE)
    row = await the_import(desk)
    nobody = await desk.submit("import_columns_view", chosen(company=2), metadata=str(row.id))
    assert "a name or an email" in nobody["errors"]["company"]
    twice = await desk.submit("import_columns_view", chosen(name=1, email=1), metadata=str(row.id))
    assert set(twice["errors"]) == {"name", "email"}
    assert (await the_import(desk)).state == "asked"


async def test_an_import_that_was_left_is_not_read(desk: Desk, slack: World) -> None:
    await drop(desk, slack, FILE)
    row = await the_import(desk)
    await desk.press("import_cancel", str(row.id))
    assert "left as it is" in await card(desk, row)
    late = await desk.submit("import_columns_view", chosen(name=0), metadata=str(row.id))
    assert "taken up already" in json.dumps(late)
    await read(desk, row)
    assert await lead_names(desk) == set()


async def test_a_crash_goes_on_at_the_next_row(
    desk: Desk, slack: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after its second stretch; the one that takes over adds the rest, each lead once."""
    count = import_leads.STRETCH * 2 + 300
    rows = "".join(f"Person {letters(at)},person{at}@acme.example\n" for at in range(count))
    await drop(desk, slack, "name,email\n" + rows + rows[:5000])
    row = await the_import(desk)
    await desk.submit("import_columns_view", chosen(name=0, email=1), metadata=str(row.id))
    deps = desk.web.web.deps
    dying = replace(deps, notifier=Dying(deps.notifier, after=2))
    with pytest.raises(KeyboardInterrupt):
        await import_leads.import_leads(dying, workspace_id=str(row.workspace_id), import_id=str(row.id))
    await read(desk, row)
    assert (await the_import(desk)).state == "running", "its lease is not over"
    deps.clock.jump(import_leads.LEASE * 2)
    await read(desk, row)
    row = await the_import(desk)
    assert (row.state, row.added) == ("done", count)
    assert row.known + row.refused == row.rows - count > 100
    assert len(await lead_names(desk)) == count


def letters(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


class Dying:
    """A notifier in a process that dies at the given telling, before its transaction commits."""

    def __init__(self, inner: Any, after: int) -> None:
        self.inner, self.left = inner, after

    async def tell(self, tx: Any, message: Any) -> None:
        await self.inner.tell(tx, message)
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


async def test_a_process_that_lost_its_lease_writes_nothing(desk: Desk, slack: World) -> None:
    await drop(desk, slack, FILE)
    row = await the_import(desk)
    this, stale = ImportId(row.id), LeaseToken(UUID(int=7))
    ours, now = await desk.workspace(), desk.web.web.deps.clock.now()
    with pytest.raises(LeaseLost):
        async with desk.database.transaction(ours) as tx:
            counts = imports.Counts(1, 0, 0)
            await imports.advance(tx.session, this, Lease(stale, now), next_row=1, counts=counts, now=now)
