"""Apify through Apify's own client: runs, results, money, aborts and refusals."""

import asyncio
import re
from datetime import timedelta
from decimal import Decimal

import pytest
import pytest_asyncio
from apify_client import ApifyClientAsync
from apify_client.errors import (
    ApifyApiError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    UnauthorizedError,
)

from local.sandbox import apify
from local.sandbox.faults import Fault
from local.sandbox.server import start_sandbox

PLACES = "compass/crawler-google-places"
CONTACTS = "vdrmota/contact-info-scraper"
PATIENCE = timedelta(seconds=10)


@pytest_asyncio.fixture(scope="module")
async def running():
    sandbox = await start_sandbox(services=("apify",))
    yield sandbox
    await sandbox.stop()


@pytest.fixture(autouse=True)
def _quick(running):
    running.box.faults.clear()
    running.box.faults.latency["apify_run"] = (0.4, 0.4)


@pytest.fixture
def client(running) -> ApifyClientAsync:
    return client_of(running, running.box.accounts.apify_token)


def client_of(running, token: str) -> ApifyClientAsync:
    return ApifyClientAsync(
        token=token,
        api_url=running.base_url + "/apify",
        max_retries=1,
        min_delay_between_retries=timedelta(milliseconds=10),
    )


async def items_of(client, run) -> list[dict]:
    return [item async for item in client.dataset(run.default_dataset_id).iterate_items()]


def test_the_coverage_table_equals_the_routes(running):
    served = {f"{route.method} {route.path.removeprefix('/apify/v2')}" for route in apify.routes(running.box)}
    assert served == set(apify.COVERAGE)


async def test_places_are_found_by_trade_and_city(running, client):
    company = running.box.world.companies[0]
    run = await client.actor(PLACES).call(
        run_input={
            "searchStringsArray": [company.name],
            "locationQuery": company.city,
            "maxCrawledPlacesPerSearch": 3,
        },
        wait_duration=PATIENCE,
        logger=None,
    )
    assert run is not None and run.status == "SUCCEEDED" and run.finished_at is not None
    items = await items_of(client, run)
    assert 1 <= len(items) <= 3
    place = next(item for item in items if item["title"] == company.name)
    assert (place["website"], place["city"]) == (company.url + "/", company.city)
    assert place["phoneUnformatted"] == re.sub(r"[^+\d]", "", company.phone)
    assert {item["city"] for item in items} == {company.city}


async def test_a_run_goes_from_ready_over_running_to_succeeded(client):
    run = await client.actor(PLACES).start(run_input={"searchStringsArray": ["company"]})
    seen = [run.status]
    while seen[-1] != "SUCCEEDED":
        await asyncio.sleep(0.05)
        now = await client.run(run.id).get()
        assert now is not None
        if now.status != seen[-1]:
            seen.append(now.status)
    assert seen == ["READY", "RUNNING", "SUCCEEDED"]
    assert now.usage_total_usd and now.usage_total_usd > 0
    assert now.charged_event_counts is not None and now.charged_event_counts["place-scraped"] > 0


async def test_the_default_logger_can_follow_a_run(client):
    run = await client.actor(PLACES).call(
        run_input={"searchStringsArray": ["company"]}, wait_duration=PATIENCE
    )
    assert run is not None and run.status == "SUCCEEDED"


async def test_contacts_are_what_the_pages_show(running, client):
    company = next(c for c in running.box.world.companies if not c.robots)
    run = await client.actor(CONTACTS).call(
        run_input={"startUrls": [{"url": company.url}, {"url": "http://nowhere.example"}], "maxDepth": 2},
        wait_duration=PATIENCE,
        logger=None,
    )
    (item,) = await items_of(client, run)
    people = running.box.world.people_of(company)
    assert item["domain"] == company.domain and company.email in item["emails"]
    assert {p.email for p in people if not p.email_public}.isdisjoint(item["emails"])
    assert {p.linkedin_url for p in people} <= set(item["linkedIns"])
    assert item["twitters"]


async def test_companies_and_people_are_found_by_domain_and_title(running, client):
    company = running.box.world.companies[3]
    accounts = running.box.accounts
    run = await client.actor(accounts.apify_company_actor).call(
        run_input={"domains": [company.domain]}, wait_duration=PATIENCE, logger=None
    )
    (found,) = await items_of(client, run)
    assert (found["name"], found["employeeCount"]) == (company.name, company.employees)
    chief = running.box.world.people_of(company)[0]
    run = await client.actor(accounts.apify_people_actor).call(
        run_input={"companies": [company.name], "titles": [chief.title]}, wait_duration=PATIENCE, logger=None
    )
    (profile,) = await items_of(client, run)
    assert (profile["fullName"], profile["linkedinUrl"]) == (chief.name, chief.linkedin_url)


async def test_the_charge_cap_ends_the_results_not_the_run(client):
    run = await client.actor(PLACES).call(
        run_input={"searchStringsArray": ["company"]},
        max_total_charge_usd=Decimal("0.02"),
        wait_duration=PATIENCE,
        logger=None,
    )
    assert run is not None and run.usage_total_usd is not None
    assert run.usage_total_usd <= 0.02
    assert len(await items_of(client, run)) == 3
    assert run.options.max_total_charge_usd == 0.02


async def test_max_items_and_paging_hold(client):
    run = await client.actor(PLACES).call(
        run_input={"searchStringsArray": ["company"]}, max_items=5, wait_duration=PATIENCE, logger=None
    )
    dataset = client.dataset(run.default_dataset_id)
    page = await dataset.list_items(limit=2, offset=2)
    assert (page.total, page.offset, page.count, page.limit, page.desc) == (5, 2, 2, 2, False)
    backwards = await dataset.list_items(desc=True, limit=1)
    assert backwards.items == (await dataset.list_items()).items[-1:]
    assert (await dataset.get()).item_count == 5


async def test_an_aborted_run_keeps_and_bills_what_it_had(running, client):
    running.box.faults.latency["apify_run"] = (30, 30)
    run = await client.actor(PLACES).call(
        run_input={"searchStringsArray": ["company"]}, wait_duration=timedelta(seconds=1), logger=None
    )
    assert run is not None and run.status == "RUNNING"
    aborted = await client.run(run.id).abort()
    assert aborted.status == "ABORTED" and aborted.usage_total_usd == pytest.approx(0.007)
    assert await items_of(client, run) == []
    with pytest.raises(InvalidRequestError):
        await client.run(run.id).abort()


async def test_runs_outlive_their_service(running, client):
    run = await client.actor(PLACES).call(
        run_input={"searchStringsArray": ["company"]}, wait_duration=PATIENCE, logger=None
    )
    again = apify.Runs(running.box).get(run.id)
    assert again.state(apify.Runs(running.box).now()).status == "SUCCEEDED"


async def test_a_run_can_fail_or_run_out_of_time(running, client):
    running.box.faults.arm(Fault("apify", "failed", match=PLACES))
    run = await client.actor(PLACES).call(
        run_input={"searchStringsArray": ["company"]}, wait_duration=PATIENCE, logger=None
    )
    assert run is not None and (run.status, run.exit_code) == ("FAILED", 1)
    running.box.faults.latency["apify_run"] = (5, 5)
    run = await client.actor(PLACES).call(
        run_input={"searchStringsArray": ["company"]},
        run_timeout=timedelta(seconds=1),
        wait_duration=PATIENCE,
        logger=None,
    )
    assert run is not None and run.status == "TIMED-OUT"


async def test_unknown_actors_runs_and_datasets_are_not_found(client):
    with pytest.raises(NotFoundError) as caught:
        await client.actor("nobody/nothing").start()
    assert (caught.value.type, caught.value.message) == ("record-not-found", "Actor was not found")
    assert await client.actor("nobody/nothing").get() is None
    assert await client.run("nope").get() is None
    assert await client.dataset("nope").get() is None


async def test_known_actors_describe_themselves(client):
    actor = await client.actor(PLACES).get()
    assert actor is not None and (actor.username, actor.name) == ("compass", "crawler-google-places")
    me = await client.user().get()
    assert me is not None and me.username == "sandbox"


async def test_input_without_what_the_actor_needs_is_refused(client):
    with pytest.raises(InvalidRequestError) as caught:
        await client.actor(CONTACTS).start(run_input={"maxDepth": 1})
    assert caught.value.type == "invalid-input"


async def test_refusals_have_apifys_words(running, client):
    with pytest.raises(UnauthorizedError) as caught:
        await client_of(running, "apify_api_wrong").user().get()
    assert caught.value.type == "user-or-token-not-found"
    for kind, status in (("rate_limited", 429), ("server_error", 500), ("no_credit", 402)):
        running.box.faults.arm(Fault("apify", kind, times=-1))
        with pytest.raises(ApifyApiError) as refused:
            await client.actor(PLACES).start(run_input={"searchStringsArray": ["company"]})
        assert refused.value.status_code == status
        running.box.faults.clear()
    running.box.faults.arm(Fault("apify", "no_access"))
    with pytest.raises(ForbiddenError):
        await client.actor(PLACES).start(run_input={"searchStringsArray": ["company"]})
