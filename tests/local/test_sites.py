"""The world's sites, fetched as a visitor would: by host name, over HTTP and HTTPS."""

import shutil
import ssl
import time

import aiohttp
import extruct
import pytest
import pytest_asyncio
from playwright.async_api import async_playwright
from protego import Protego
from selectolax.lexbor import LexborHTMLParser

from local.sandbox.faults import Fault
from local.sandbox.server import RunningSandbox, start_sandbox
from local.sandbox.sites.content import site_pages
from local.sandbox.world import Company


class Visitor(aiohttp.abc.AbstractResolver):
    """Sends every host of the world to the sandbox, as the product's EGRESS_HOSTS does."""

    def __init__(self, running: RunningSandbox) -> None:
        self.running = running

    async def resolve(self, host, port=0, family=0):
        ports = {80: self.running.ports.sites_http, 443: self.running.ports.sites_https}
        address = {"hostname": host, "host": "127.0.0.1", "port": ports[port], "family": family}
        return [{**address, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass


@pytest_asyncio.fixture(scope="module")
async def running():
    sandbox = await start_sandbox(services=("scenario",))
    sandbox.box.faults.latency["slow_site"] = (0.3, 0.5)
    yield sandbox
    await sandbox.stop()


@pytest_asyncio.fixture(scope="module")
async def web(running):
    trust = ssl.create_default_context(cafile=str(running.ca))
    connector = aiohttp.TCPConnector(resolver=Visitor(running), ssl=trust)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


def of_kind(running: RunningSandbox, kind: str, robots: str = "") -> Company:
    found = (company for company in running.box.world.companies if company.site_kind == kind)
    return next(company for company in found if not robots or company.robots == robots)


async def text_of(web, url: str) -> str:
    async with web.get(url) as answer:
        assert answer.status == 200, url
        return (await answer.read()).decode()


async def test_every_page_of_every_site_is_there(running, web):
    for company in running.box.world.companies:
        if company.site_kind in ("slow", "javascript"):
            continue
        for page in site_pages(company, running.box.world.people_of(company)):
            html = await text_of(web, company.url + page.path)
            tree = LexborHTMLParser(html)
            heading = tree.css_first("h1")
            assert heading is not None and heading.text(), page.path
            assert tree.css_first("nav") is not None
            assert company.phone in html


async def test_links_in_the_navigation_lead_somewhere(running, web):
    company = of_kind(running, "static")
    home = LexborHTMLParser(await text_of(web, company.url + "/"))
    paths = {
        str(link.attributes["href"]) for link in home.css("a") if link.attributes["href"].startswith("/")
    }
    assert len(paths) >= 8
    for path in paths:
        await text_of(web, company.url + path)


async def test_unknown_paths_are_404_with_a_page(running, web):
    async with web.get(of_kind(running, "static").url + "/no-such-page") as answer:
        assert answer.status == 404
        assert "<h1>404</h1>" in await answer.text()


async def test_posts_are_not_allowed(running, web):
    async with web.post(of_kind(running, "static").url + "/contact") as answer:
        assert answer.status == 405


async def test_structured_data_names_the_company_the_person_and_the_article(running, web):
    company = of_kind(running, "static")
    person = running.box.world.people_of(company)[0]
    pages = {
        "/": ("Organization", "name", company.name),
        f"/team/{person.slug}": ("Person", "jobTitle", person.title),
        f"/news/{company.news[0].slug}": ("NewsArticle", "headline", company.news[0].title),
    }
    for path, (kind, field, value) in pages.items():
        data = extruct.extract(await text_of(web, company.url + path), syntaxes=["json-ld", "opengraph"])
        assert [(entry["@type"], entry[field]) for entry in data["json-ld"]] == [(kind, value)]
        assert data["opengraph"]


async def test_addresses_are_written_in_three_ways(running, web):
    company = of_kind(running, "static")
    person = next(p for p in running.box.world.people_of(company)[1:] if p.email_public)
    contact = await text_of(web, company.url + "/contact")
    assert f'href="mailto:{company.email}"' in contact
    local, domain = person.email.split("@")
    assert f"{local} [at] {domain}" in contact
    hidden = [p for p in running.box.world.people_of(company) if not p.email_public]
    pages = [await text_of(web, f"{company.url}/team/{p.slug}") for p in hidden]
    assert not any(p.email in page for p, page in zip(hidden, pages, strict=True))


async def test_what_a_person_likes_stands_on_one_page_only(running):
    for company in running.box.world.companies:
        people = running.box.world.people_of(company)
        pages = site_pages(company, people)
        for person in people:
            about = [page for page in pages if person.name in page.text and person.interests[0] in page.text]
            assert [page.path for page in about] == [f"/team/{person.slug}"]


async def test_a_javascript_site_has_nothing_to_read_without_its_script(running, web):
    company = of_kind(running, "javascript")
    html = await text_of(web, company.url + "/team")
    person = running.box.world.people_of(company)[0]
    assert person.name not in html and company.phone not in html
    assert '<div id="root"></div>' in html and "<noscript>" in html
    async with web.get(company.url + "/api/page?path=/team") as answer:
        assert person.name in (await answer.json())["main"]


async def test_a_slow_site_drips(running, web):
    company = of_kind(running, "slow")
    began = time.monotonic()
    async with web.get(company.url + "/") as answer:
        first = time.monotonic() - began
        assert company.name in await answer.text()
    assert time.monotonic() - began >= 0.25
    assert first < 0.2


async def test_a_broken_site_lies_about_its_encoding_and_leaves_tags_open(running, web):
    company = of_kind(running, "broken")
    async with web.get(company.url + "/") as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=iso-8859-1"
        body = await answer.read()
    assert "Café" in body.decode() and "CafÃ©" in body.decode("iso-8859-1")
    assert b"</p>" not in body and b"</html>" not in body and b",}</script>" in body
    assert company.name in LexborHTMLParser(body.decode()).css_first("h1").text()


async def test_a_redirecting_site_takes_three_steps(running, web):
    company = of_kind(running, "redirecting")
    async with web.get(f"http://{company.domain}/about") as answer:
        assert answer.status == 200
        steps = [(step.status, str(step.url)) for step in answer.history]
    assert steps == [
        (301, f"http://{company.domain}/about"),
        (302, f"{company.url}/about"),
        (307, f"{company.url}/company/about"),
    ]
    assert str(answer.url) == f"{company.url}/en/about"


async def test_a_legacy_path_redirects_for_ever(running, web):
    try:
        await web.get(of_kind(running, "redirecting").url + "/legacy")
    except aiohttp.TooManyRedirects as error:
        assert len(error.history) == 10
    else:
        raise AssertionError("the loop ended")


async def test_a_german_site_is_german(running, web):
    company = of_kind(running, "german")
    legal = await text_of(web, company.url + "/impressum")
    assert '<html lang="de">' in legal and "Angaben gemäß § 5 DDG" in legal
    assert f"Vertreten durch: {running.box.world.people_of(company)[0].name}" in legal
    assert f"{company.address.postcode} {company.city}" in legal
    assert company.phone.startswith("0") and company.legal_name.endswith("GmbH")


async def test_robots_rules_forbid_what_the_index_does_not_know(running, web):
    for scope in ("part", "all"):
        company = of_kind(running, "robots", scope)
        rules = Protego.parse(await text_of(web, company.url + "/robots.txt"))
        for page in site_pages(company, running.box.world.people_of(company)):
            assert rules.can_fetch(company.url + page.path, "AnyBot") == page.indexed, page.path
    part = of_kind(running, "robots", "part")
    found = [item.link for item in running.box.world.search(f"site:{part.host}", num=100).items]
    assert f"{part.url}/team" in found and not any("/team/" in link for link in found)


async def test_a_tls_site_answers_on_https_only(running, web):
    company = of_kind(running, "tls")
    async with web.get(f"http://{company.domain}/team") as answer:
        assert [str(step.url) for step in answer.history] == [f"http://{company.domain}/team"]
        assert str(answer.url) == f"https://{company.host}/team"
        assert running.box.world.people_of(company)[0].name in await answer.text()


async def test_the_certificate_is_for_the_tls_site_only(running, web):
    static = of_kind(running, "static")
    try:
        await web.get(f"https://{static.host}/")
    except aiohttp.ClientConnectorCertificateError as error:
        assert static.host in str(error)
    else:
        raise AssertionError("a certificate of another host was accepted")


async def test_sitemaps_list_every_page(running, web):
    company = of_kind(running, "static")
    sitemap = await text_of(web, company.url + "/sitemap.xml")
    pages = site_pages(company, running.box.world.people_of(company))
    assert all(f"<loc>{company.url}{page.path}</loc>" in sitemap for page in pages)


async def test_the_press_and_the_directory_are_served(running, web):
    world = running.box.world
    for host in (world.news_host, world.directory_host):
        index = LexborHTMLParser(await text_of(web, f"http://{host}/"))
        paths = [str(link.attributes["href"]) for link in index.css("main a")]
        assert len(paths) >= 5
        for path in paths:
            await text_of(web, f"http://{host}{path}")


async def test_unknown_hosts_have_no_site_and_visits_are_noted(running, web):
    async with web.get(
        f"http://{running.box.world.trap_host}/pixel?data=1", headers={"User-Agent": "T"}
    ) as answer:
        assert answer.status == 404
    hit = running.box.site_hits[-1]
    assert (hit.host, hit.path, hit.user_agent) == (running.box.world.trap_host, "/pixel?data=1", "T")


async def test_sites_fail_on_demand(running, web):
    company = of_kind(running, "static")
    for kind, status in (("server_error", 503), ("rate_limited", 429)):
        running.box.faults.arm(Fault("site", kind, match=company.host))
        async with web.get(company.url + "/") as answer:
            assert answer.status == status
    running.box.faults.arm(Fault("site", "reset", times=2, match=company.host))  # aiohttp tries a second time
    try:
        await web.get(company.url + "/")
    except aiohttp.ClientError:
        pass
    else:
        raise AssertionError("the connection was not reset")
    running.box.faults.arm(Fault("site", "gzip_bomb", match=company.host))
    async with web.get(company.url + "/", auto_decompress=False) as answer:
        assert len(await answer.read()) < 1_000_000
    await text_of(web, company.url + "/")


@pytest.mark.page
async def test_a_browser_sees_what_a_javascript_site_hides(running):
    chromium = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))), None)
    if chromium is None:
        pytest.skip("no Chromium here")
    company = of_kind(running, "javascript")
    person = running.box.world.people_of(company)[0]
    rules = f"MAP *.example 127.0.0.1:{running.ports.sites_http}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", f"--host-resolver-rules={rules}"]
        )
        page = await browser.new_page()
        await page.goto(f"{company.url}/team/{person.slug}")
        await page.wait_for_selector("h1")
        assert await page.title() == f"{person.name}, {person.title} | {company.name}"
        assert person.interests[0] in await page.inner_text("main")
        await page.click("nav a[href='/contact']")
        await page.wait_for_selector("address")
        assert company.email in await page.inner_text("main")
        await browser.close()
