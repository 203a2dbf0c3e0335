"""`/leads` and its words, numbers that equal a recount of the tables, and the morning briefing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.action_ids import Action
from local.sandbox.world_model import Person
from tests.flows.desk import Desk, Message, has_button, text_of
from tests.flows.world import SAM, World, drafts_of, eventually

RUNS = "SELECT r.* FROM research_runs r JOIN leads l ON l.id = r.lead_id WHERE l.email = :email"
SENT = "SELECT count(*) AS n FROM email_campaigns WHERE kind = 'sequence' AND sent_at IS NOT NULL"
BRIEFING = "lead generation update"


@pytest.fixture(scope="module")
async def sam(world: World) -> AsyncIterator[Desk]:
    async with world.desk(SAM) as desk:
        yield desk


@pytest.fixture(scope="module")
async def written_to(world: World, sam: Desk) -> Person:
    """A lead who answered the first email."""
    person = world.person("interested")
    card = await drafts_of(sam, world, person)
    world.at_work(person)
    await sam.press(card, Action.APPROVE)
    await sam.sees(lambda m: "answered" in text_of(m) and person.name in text_of(m), seconds=60)
    return person


async def command(desk: Desk, words: str, *, shows: str) -> Message:
    """The new message that holds `shows`, after `/leads words`."""
    known = {message["ts"] for message in await desk.everything()}
    answer = await desk.leads(words)
    assert answer["ok"], answer
    return await desk.sees(lambda message: message["ts"] not in known and shows in text_of(message))


async def test_an_empty_workspace_says_what_to_do_first(world: World) -> None:
    assert world.first_run is not None
    for shown in (world.first_run.no_leads, world.first_run.no_numbers):
        assert "No leads here yet" in text_of(shown) and has_button(shown, Action.LEAD_ADD_OPEN)


async def test_help_names_every_command(world: World, sam: Desk) -> None:
    words = text_of(await command(sam, "help", shows="What I can do"))
    for name in ("add", "show", "research", "stats", "briefing", "drafts", "stop", "setup"):
        assert f"/leads {name}" in words


async def test_an_unknown_word_is_answered_with_the_known_ones(world: World, sam: Desk) -> None:
    words = text_of(await command(sam, "frobnicate", shows="frobnicate"))
    assert "frobnicate" in words and "stats" in words and "briefing" in words


async def test_add_takes_a_line_or_a_form_and_knows_who_is_known(world: World, sam: Desk) -> None:
    one, other = world.strangers(2)
    added = await command(sam, f"add {one.name}, {one.email}, {world.company_of(one).name}", shows="Added")
    assert one.name in text_of(added) and "Added" in text_of(added)
    again = await command(sam, f"add {one.name}, {one.email.upper()}", shows=one.name)
    assert "Known already" in text_of(again)
    assert (await world.lead_of(one))["status"] == "new"

    assert (await sam.leads("add"))["ok"]
    form = await sam.sees_form()
    refused = await sam.submit(form, name=other.name, email="nobody@nowhere")
    assert list(refused["errors"]) == ["email"]
    then_add = {"then": {"value": {"selected_option": {"value": "add"}}}}
    state = {"name": {"value": {"value": other.name}}, "email": {"value": {"value": other.email}}, **then_add}
    saved = await sam.post("view/submit", view_id=form["id"], state={"values": state})
    assert saved.get("response_action") is None, saved
    await sam.sees(lambda m: other.name in text_of(m) and "Added" in text_of(m))
    assert await world.rows(RUNS, email=other.email) == []


async def test_show_gives_all_facts_with_their_sources(world: World, sam: Desk, written_to: Person) -> None:
    shown = text_of(await command(sam, f"show {written_to.name}", shows=written_to.email))
    lead = await world.lead_of(written_to)
    facts = await world.rows("SELECT * FROM facts WHERE lead_id = :lead AND url IS NOT NULL", lead=lead["id"])
    assert written_to.email in shown and f"{lead['score']}/100" in shown
    assert sum(fact["url"].replace("&", "&amp;") in shown for fact in facts) >= min(len(facts), 5)
    missing = await command(sam, "show Nobody Of That Name", shows="Nobody Of")
    assert "Nobody Of That Name" in text_of(missing)


async def test_research_by_command_shows_the_same_card(world: World, sam: Desk) -> None:
    person = world.strangers(1)[0]
    await command(sam, f"add {person.name}, {person.email}, {world.company_of(person).name}", shows="Added")
    assert (await sam.leads(f"research {person.name} quick"))["ok"]
    card = await sam.sees(lambda m: f"Researched {person.name}" in text_of(m), seconds=60)
    assert has_button(card, Action.LEAD_FIT_GOOD)
    run = await world.one(RUNS, email=person.email)
    assert (run["depth"], run["state"]) == ("quick", "done")


async def test_the_list_pages_and_filters(world: World, sam: Desk, written_to: Person) -> None:
    for number in range(11):
        await command(
            sam,
            f"add Test Person{number}, person{number}@paging.example, Paging Ltd",
            shows=f"Person{number},",
        )
    first = await command(sam, "", shows="Newest leads")
    total = (await world.one("SELECT count(*) AS n FROM leads"))["n"]
    assert f"1–10 of {total}" in text_of(first)
    await sam.press(first, Action.LEADS_PAGE)
    await sam.sees(lambda m: m["ts"] == first["ts"] and f"11–{min(total, 20)} of {total}" in text_of(m))
    found = text_of(await command(sam, f"list {written_to.last_name}", shows="Leads that match"))
    assert written_to.name in found and "Person3" not in found


async def test_stats_equal_a_recount_of_the_tables(world: World, sam: Desk, written_to: Person) -> None:
    card = await command(sam, "stats", shows="Numbers")
    counted = rows_of(card)
    recount = await world.one(
        "SELECT (SELECT count(*) FROM leads) AS added,"
        " (SELECT count(*) FROM leads WHERE researched_at IS NOT NULL) AS researched,"
        " (SELECT count(*) FROM leads WHERE qualified AND researched_at IS NOT NULL) AS qualified,"
        " (SELECT count(*) FROM email_campaigns WHERE kind = 'sequence' AND sent_at IS NOT NULL) AS sent,"
        " (SELECT count(DISTINCT lead_id) FROM inbound_emails WHERE kind = 'human') AS replied,"
        " (SELECT sum(cost_cents) FROM api_usage) AS cents"
    )
    assert counted["Leads added"][-1] == str(recount["added"])
    assert counted["Researched"][-1] == str(recount["researched"])
    assert counted["Qualified"][-1] == str(recount["qualified"])
    assert counted["Emails sent"][-1] == str(recount["sent"]) and recount["sent"] >= 1
    assert counted["Reply rate"][-1] == f"{recount['replied'] / recount['sent']:.0%}"
    assert counted["Cost"][-1] == f"{recount['cents']:.1f} ¢"
    by_status = await world.rows("SELECT status, count(*) AS n FROM leads GROUP BY status")
    for row in by_status:
        assert f"{row['status']} {row['n']}" in text_of(card)


def rows_of(card: Message) -> dict[str, list[str]]:
    """The table of a card: label to the cells beside it."""
    table = next(block for block in card["blocks"] if block["type"] == "table")
    cells = [[cell.get("text", "").strip() for cell in row] for row in table["rows"]]
    return {row[0]: row[1:] for row in cells[1:]}


async def test_stop_holds_all_sending_until_start(world: World, sam: Desk) -> None:
    await command(sam, "stop", shows="⏹️")
    stopped = await world.one("SELECT sending_stopped_by, sending_stopped_at FROM workspaces")
    assert stopped["sending_stopped_by"] == SAM and stopped["sending_stopped_at"] is not None
    await command(sam, "start", shows="▶️")
    assert (await world.one("SELECT sending_stopped_at AS at FROM workspaces"))["at"] is None


async def test_a_briefing_now_holds_numbers_and_things_to_do(
    world: World, sam: Desk, written_to: Person
) -> None:
    card = await command(sam, "briefing", shows=BRIEFING)
    total = (await world.one(SENT))["n"]
    assert BRIEFING in text_of(card) and f"{total}  (" in text_of(card)
    assert sum(has_button(card, f"{Action.PROMPT}:{number}") for number in range(3)) >= 2


async def test_at_nine_in_the_zone_the_briefing_comes_once_with_two_workers(world: World, sam: Desk) -> None:
    await world.add_worker()
    zone = ZoneInfo((await world.one("SELECT timezone FROM workspaces"))["timezone"])
    local = world.clock.now().astimezone(zone) + timedelta(minutes=5)
    nine = local.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=local.hour >= 9)
    before = {message["ts"] for message in await sam.messages() if BRIEFING in text_of(message)}
    world.clock.jump_to(nine - timedelta(minutes=2))
    await eventually(lambda: executions(world, nine), what="the task of nine o'clock")
    await sam.sees(lambda m: BRIEFING in text_of(m) and m["ts"] not in before)
    world.clock.jump_to(nine + timedelta(hours=1))
    await eventually(lambda: is_looked_at(world), what="the check of ten o'clock")
    assert len(await executions(world, nine)) == 1
    shown = [m for m in await sam.messages() if BRIEFING in text_of(m) and m["ts"] not in before]
    assert len(shown) == 1


async def executions(world: World, at: Any) -> list[dict[str, Any]]:
    return await world.rows(
        "SELECT x.* FROM task_executions x JOIN scheduled_tasks t ON t.id = x.task_id"
        " WHERE t.task_type = 'morning_briefing' AND x.scheduled_for = :at", at=at,
    )  # fmt: skip


async def is_looked_at(world: World) -> bool:
    """The hourly check at ten is over: somebody looked at the time since nine."""
    found = await world.rows(
        "SELECT 1 FROM scheduled_tasks WHERE task_type = 'campaign_check' AND next_execution > :now",
        now=world.clock.now(),
    )
    return bool(found)
