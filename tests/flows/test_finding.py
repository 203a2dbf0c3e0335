"""“Find companies …” said in the DM: candidates with their evidence, accepted and dismissed, researched."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.action_ids import Action
from tests.flows.desk import Desk, button_of, text_of
from tests.flows.world import SAM, World, eventually


@pytest.fixture(scope="module")
async def sam(world: World) -> AsyncIterator[Desk]:
    async with world.desk(SAM) as desk:
        yield desk


def is_done(message: dict[str, Any]) -> bool:
    return message["text"].startswith("Found ")


async def test_companies_are_found_judged_accepted_and_researched(world: World, sam: Desk) -> None:
    company = next(one for one in world.sandbox.box.world.companies if one.site_kind == "static")
    thread = await sam.say(f"Find 5 {company.industry.lower()} companies in {company.city}")
    card = await sam.sees(is_done, thread=thread, seconds=120)
    shown = text_of(card)
    assert company.name in shown and f"in {company.city}" in shown

    rows = await world.rows("SELECT * FROM lead_candidates ORDER BY position")
    first = next(row for row in rows if row["company"] == company.name)
    staff = {person.name for person in world.sandbox.box.world.people if person.company_key == company.key}
    assert first["person"] in staff and first["title"], "a named person, with the role"
    verdicts = {one["criterion"]: one for one in first["evidence"]["criteria"]}
    assert (
        verdicts[f"in {company.city}"]["verdict"] == "met"
        and company.city in verdicts[f"in {company.city}"]["quote"]
    )

    _, button = button_of(card, f"{Action.CANDIDATE_ACCEPT}:{first['id']}")
    await world.click(SAM, sam.dm, card, button["action_id"], value=button["value"], copies=2)
    added = await sam.sees(lambda m: m["ts"] == card["ts"] and "Added:" in text_of(m), thread=thread)
    leads = await world.rows("SELECT * FROM leads WHERE source = 'search'")
    assert [lead["name"] for lead in leads] == [first["person"]], "two clicks, one lead"

    facts = await world.rows("SELECT * FROM facts WHERE lead_id = :id AND source = 'code'", id=leads[0]["id"])
    by_field = {fact["field"]: fact for fact in facts if fact["run_id"] is None}
    assert by_field["title"]["value"] == first["title"] and by_field["title"]["url"], "what was shown is kept"
    assert company.city in by_field["address"]["quote"] and by_field["company"]["value"] == company.name

    await sam.press(added, Action.CANDIDATES_RESEARCH)
    await eventually(lambda: _runs(world, leads[0]["id"]), what="research of the new lead begins")


async def _runs(world: World, lead_id: Any) -> bool:
    return bool(await world.rows("SELECT 1 FROM research_runs WHERE lead_id = :id", id=lead_id))


async def test_who_is_known_already_is_not_proposed_again(world: World, sam: Desk) -> None:
    company = next(one for one in world.sandbox.box.world.companies if one.site_kind == "static")
    thread = await sam.say(f"Find 5 {company.industry.lower()} companies in {company.city}")
    card = await sam.sees(is_done, thread=thread, seconds=120)
    rows = await world.rows(
        "SELECT c.* FROM lead_candidates c JOIN lead_searches s ON s.id = c.search_id"
        " WHERE c.company = :name ORDER BY s.created_at DESC LIMIT 1", name=company.name,
    )  # fmt: skip
    assert rows[0]["state"] == "known" and "you have leads there" in text_of(card)


async def test_who_is_a_lead_by_name_and_company_is_not_added_twice(world: World, sam: Desk) -> None:
    known = (await world.rows("SELECT * FROM leads WHERE source = 'search'"))[0]
    elsewhere = next(
        one
        for one in world.sandbox.box.world.companies
        if one.site_kind == "static" and one.name != known["company"]
    )
    asked = await sam.say(f"Find 5 {elsewhere.industry.lower()} companies in {elsewhere.city}")
    card = await sam.sees(is_done, thread=asked, seconds=120)
    other = (
        await world.rows(
            "SELECT c.* FROM lead_candidates c JOIN lead_searches s ON s.id = c.search_id"
            " WHERE c.state = 'proposed' AND c.person IS NOT NULL ORDER BY s.created_at DESC, c.position LIMIT 1"
        )
    )[0]
    await world.rows(
        "UPDATE lead_candidates SET person = :name, email = NULL, company = :company, company_domain = NULL"
        " WHERE id = :id RETURNING id",
        id=other["id"], name=known["name"].upper(), company=known["company"],
    )  # fmt: skip
    await world.click(SAM, sam.dm, card, f"{Action.CANDIDATE_ACCEPT}:{other['id']}", value=str(other["id"]))
    await eventually(lambda: _accepted(world, other["id"]), what="the candidate is accepted")
    row = (await world.rows("SELECT * FROM lead_candidates WHERE id = :id", id=other["id"]))[0]
    assert row["lead_id"] == known["id"]
    assert len(await world.rows("SELECT 1 FROM leads WHERE source = 'search'")) == 1


async def _accepted(world: World, candidate_id: Any) -> bool:
    asked = "SELECT 1 FROM lead_candidates WHERE id = :id AND state = 'accepted'"
    return bool(await world.rows(asked, id=candidate_id))


async def test_who_only_a_directory_knows_is_found_there_and_proves_itself(world: World, sam: Desk) -> None:
    made = world.sandbox.box.world
    company = next(one for one in made.companies if one.site_kind == "tls")
    made.unlisted.add(company.key)
    try:
        thread = await sam.say(f"Find 2 {company.industry.lower()} agencies in {company.city}")
        card = await sam.sees(is_done, thread=thread, seconds=120)
    finally:
        made.unlisted.clear()
    shown = text_of(card)
    assert company.name in shown and "Reading the directory" in shown
    row = (await world.rows("SELECT * FROM lead_candidates WHERE company = :name", name=company.name))[0]
    assert row["person"] in {one.name for one in made.people_of(company)}
    verdicts = {one["criterion"]: one for one in row["evidence"]["criteria"]}
    assert all(one["verdict"] == "met" and company.host in one["url"] for one in verdicts.values())
    names = {one["company"] for one in await world.rows("SELECT company FROM lead_candidates")}
    assert "Company Atlas" not in names and "Trade Herald" not in names


async def test_nothing_found_says_what_to_try(world: World, sam: Desk) -> None:
    thread = await sam.say("Find 3 zeppelin companies in Atlantis")
    card = await sam.sees(is_done, thread=thread, seconds=120)
    assert "Found 0 of 3" in card["text"] and "To find more" in text_of(card)
