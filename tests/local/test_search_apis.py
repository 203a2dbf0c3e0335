"""Google through Google's own client, Brave and SearXNG as they are called: answers and refusals."""

import asyncio

import aiohttp
import pytest
import pytest_asyncio
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from local.sandbox import brave, google, searxng
from local.sandbox.faults import Fault
from local.sandbox.server import start_sandbox


@pytest_asyncio.fixture(scope="module")
async def running():
    sandbox = await start_sandbox(services=("google", "brave", "searxng"))
    yield sandbox
    await sandbox.stop()


@pytest.fixture(autouse=True)
def _no_faults(running):
    yield
    running.box.faults.clear()


@pytest_asyncio.fixture
async def http(running):
    async with aiohttp.ClientSession(running.base_url) as session:
        yield session


async def ask_google(running, key=None, **asked):
    accounts = running.box.accounts

    def call():
        service = build(
            "customsearch",
            "v1",
            developerKey=key or accounts.google_api_key,
            static_discovery=True,
            client_options={"api_endpoint": running.base_url + "/"},
        )
        return service.cse().list(**{"cx": accounts.google_engine_id, **asked}).execute()

    return await asyncio.to_thread(call)


async def refused_by_google(running, **asked) -> HttpError:
    with pytest.raises(HttpError) as caught:
        await ask_google(running, **asked)
    return caught.value


def test_coverage_tables_equal_the_routes(running):
    for service in (google, brave, searxng):
        served = {f"{route.method} {route.path}" for route in service.routes(running.box)}
        assert served == set(service.COVERAGE), service.__name__


async def test_google_answers_with_pages_of_ten(running):
    company = running.box.world.companies[0]
    page = await ask_google(running, q=company.name)
    assert page["kind"] == "customsearch#search"
    assert len(page["items"]) == 10 == page["queries"]["request"][0]["count"]
    assert page["queries"]["nextPage"][0]["startIndex"] == 11
    assert int(page["searchInformation"]["totalResults"]) > 10
    item = page["items"][0]
    assert item["displayLink"] in item["link"] and item["pagemap"]["metatags"][0]["og:title"] == item["title"]
    following = await ask_google(running, q=company.name, start=11)
    assert following["queries"]["previousPage"][0]["startIndex"] == 1
    assert not {item["link"] for item in page["items"]} & {item["link"] for item in following["items"]}


async def test_google_leaves_items_out_where_nothing_is_found(running):
    page = await ask_google(running, q="qwertyuiop")
    assert "items" not in page
    assert page["searchInformation"]["totalResults"] == "0"


async def test_google_narrows_by_site_phrase_and_date(running):
    company = running.box.world.companies[0]
    page = await ask_google(running, q=company.name, siteSearch=company.host, siteSearchFilter="i")
    assert {item["displayLink"] for item in page["items"]} == {company.host}
    page = await ask_google(running, q=company.name, siteSearch=company.host, siteSearchFilter="e")
    assert company.host not in {item["displayLink"] for item in page["items"]}
    page = await ask_google(running, q=company.name, dateRestrict="m2")
    assert all("article:published_time" in item["pagemap"]["metatags"][0] for item in page["items"])


@pytest.mark.parametrize(
    "asked", [{"num": 11}, {"num": 0}, {"start": 91, "num": 10}, {"start": 0}, {"q": ""}]
)
async def test_google_refuses_what_it_cannot_page(running, asked):
    error = await refused_by_google(running, **{"q": "x", **asked})
    assert error.status_code == 400
    assert error.reason == "Request contains an invalid argument."


async def test_google_refuses_a_wrong_key_and_a_wrong_engine(running):
    error = await refused_by_google(running, key="nonsense", q="x")
    assert (error.status_code, error.reason) == (400, "API key not valid. Please pass a valid API key.")
    error = await refused_by_google(running, cx="nonsense", q="x")
    assert error.status_code == 404


async def test_google_says_that_a_project_has_no_access(running):
    running.box.faults.arm(Fault("google", "no_access"))
    error = await refused_by_google(running, q="x")
    assert error.status_code == 403
    assert error.reason == "This project does not have the access to Custom Search JSON API."


async def test_google_says_that_the_quota_is_used_up(running):
    running.box.faults.arm(Fault("google", "rate_limited"))
    error = await refused_by_google(running, q="x")
    assert error.status_code == 429
    assert b'"reason": "rateLimitExceeded"' in error.content
    running.box.faults.arm(Fault("google", "server_error"))
    assert (await refused_by_google(running, q="x")).status_code == 503


async def test_brave_answers_in_its_shape(running, http):
    company = running.box.world.companies[0]
    headers = {"X-Subscription-Token": running.box.accounts.brave_api_key, "Accept": "application/json"}
    path = "/brave/res/v1/web/search"
    answer = await http.get(path, params={"q": company.name, "count": 5}, headers=headers)
    body = await answer.json()
    assert answer.headers["X-RateLimit-Limit"]
    assert body["type"] == "search" and body["query"]["more_results_available"] is True
    assert len(body["web"]["results"]) == 5
    assert "<strong>" in body["web"]["results"][0]["description"]
    following = await http.get(path, params={"q": company.name, "count": 5, "offset": 1}, headers=headers)
    urls = {result["url"] for result in (await following.json())["web"]["results"]}
    assert not urls & {result["url"] for result in body["web"]["results"]}
    recent = await http.get(path, params={"q": company.name, "freshness": "pm"}, headers=headers)
    assert all(result["page_age"] for result in (await recent.json())["web"]["results"])


async def test_brave_refuses_with_its_own_codes(running, http):
    path, key = "/brave/res/v1/web/search", running.box.accounts.brave_api_key
    for headers, asked, code in (
        ({}, {"q": "x"}, "VALIDATION"),
        ({"X-Subscription-Token": "no"}, {"q": "x"}, "SUBSCRIPTION_TOKEN_INVALID"),
        ({"X-Subscription-Token": key}, {"q": "x", "count": 21}, "VALIDATION"),
        ({"X-Subscription-Token": key}, {"q": "x", "offset": 10}, "VALIDATION"),
        ({"X-Subscription-Token": key}, {"q": "x" * 401}, "VALIDATION"),
    ):
        answer = await http.get(path, params=asked, headers=headers)
        assert (answer.status, (await answer.json())["error"]["code"]) == (422, code)
    running.box.faults.arm(Fault("brave", "rate_limited"))
    answer = await http.get(path, params={"q": "x"}, headers={"X-Subscription-Token": key})
    assert (answer.status, (await answer.json())["error"]["code"]) == (429, "RATE_LIMITED")


async def test_searxng_answers_json_only_when_asked(running, http):
    company = running.box.world.companies[0]
    answer = await http.get("/searxng/search", params={"q": company.name, "format": "json"})
    body = await answer.json()
    assert body["results"][0]["url"].startswith("http") and body["unresponsive_engines"] == []
    second = await http.get("/searxng/search", params={"q": company.name, "format": "json", "pageno": 2})
    assert (await second.json())["results"][0]["url"] not in {item["url"] for item in body["results"]}
    page = await http.get("/searxng/search", params={"q": company.name})
    assert page.content_type == "text/html"


async def test_searxng_with_every_engine_down_is_not_an_empty_result(running, http):
    running.box.faults.arm(Fault("searxng", "engines_down"))
    asked = {"q": running.box.world.companies[0].name, "format": "json"}
    body = await (await http.get("/searxng/search", params=asked)).json()
    assert body["results"] == [] and body["unresponsive_engines"]
    running.box.faults.arm(Fault("searxng", "no_access"))
    assert (await http.get("/searxng/search", params=asked)).status == 403


async def test_any_search_can_stall_or_send_rubbish(running, http):
    asked = {
        "q": "x",
        "key": running.box.accounts.google_api_key,
        "cx": running.box.accounts.google_engine_id,
    }
    running.box.faults.arm(Fault("google", "garbage"))
    answer = await http.get("/customsearch/v1", params=asked)
    with pytest.raises(ValueError):
        await answer.json()
    running.box.faults.arm(Fault("google", "timeout"))
    with pytest.raises(TimeoutError):
        await http.get("/customsearch/v1", params=asked, timeout=aiohttp.ClientTimeout(total=0.3))
    running.box.faults.latency["google"] = (0.2, 0.3)
    began = asyncio.get_running_loop().time()
    assert (await http.get("/customsearch/v1", params=asked)).status == 200
    assert asyncio.get_running_loop().time() - began >= 0.2
