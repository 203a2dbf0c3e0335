"""Pages about the companies on other people's sites: a trade paper and a company directory."""

from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from local.sandbox.sites.content import article
from local.sandbox.sites.copy import ENGLISH
from local.sandbox.world_model import Company, Person, slug

if TYPE_CHECKING:
    from local.sandbox.world import World


@dataclass(frozen=True)
class PressPage:
    host: str
    path: str
    title: str
    description: str
    main: str  # HTML
    published: date | None = None

    @property
    def text(self) -> str:
        return " ".join(LexborHTMLParser(self.main).text(separator=" ").split())


def press_pages(world: "World") -> list[PressPage]:
    reports = [_report(world, company) for company in world.companies if company.language == "en"]
    shows = [
        _interview(world, person) for person in world.people if person.talk and person.talk.kind == "podcast"
    ]
    entries = [_entry(world, company) for company in world.companies]
    return [
        _index(world.news_host, "Trade Herald", reports + shows),
        *reports,
        *shows,
        _index(world.directory_host, "Company Atlas", entries),
        *entries,
        *_lists(world),
    ]


def _report(world: "World", company: Company) -> PressPage:
    """A piece on the company's latest news, out the day after."""
    item = company.news[0]
    day = item.date + timedelta(days=1)
    text = (
        f"{company.city}: {item.body.split(chr(10))[0]}\n\n"
        f"{company.name} was founded in {company.founded} and employs {company.employees} people. "
        f"Analysts point to {company.pains[0]} as the firm's main worry for the coming year."
    )
    return PressPage(
        host=world.news_host,
        path=f"/{day:%Y/%m}/{slug(item.title)[:60]}",
        title=f"{item.title} - Trade Herald",
        description=f"{company.industry} news from {company.city}",
        main=article(item.title, day, text, ENGLISH),
        published=day,
    )


def _interview(world: "World", person: Person) -> PressPage:
    talk, company = person.talk, world.company(person.company_key)
    assert talk is not None
    text = (
        f"On this week's {talk.event}, {person.name}, {person.title} at {company.name}, talks about "
        f'"{talk.title}".\n\n"{talk.quote}" {person.first_name} told the host.'
    )
    return PressPage(
        host=world.news_host,
        path=f"/podcasts/{slug(talk.title)}-{person.slug}",
        title=f"{talk.event}: {person.name} on {talk.title} - Trade Herald",
        description=f"Podcast with {person.name} of {company.name}",
        main=article(talk.title, talk.date, text, ENGLISH),
        published=talk.date,
    )


def _entry(world: "World", company: Company) -> PressPage:
    rows = {
        "Website": f'<a href="{company.url}/">{company.host}</a>',
        "Industry": escape(company.industry),
        "Employees": str(company.employees),
        "Founded": str(company.founded),
        "Address": escape(company.address.line),
        "Phone": company.phone,
    }
    table = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows.items())
    return PressPage(
        host=world.directory_host,
        path=f"/companies/{company.key}",
        title=f"{company.name} in {company.city} - Company Atlas",
        description=f"{company.name}: {company.industry}, {company.city}, {company.country}",
        main=f"<h1>{escape(company.name)}</h1><table>{table}</table>",
    )


def _lists(world: "World") -> list[PressPage]:
    """For each trade in each town: its companies, with their sites."""
    groups: dict[tuple[str, str], list[Company]] = {}
    for company in world.companies:
        groups.setdefault((company.industry, company.city), []).append(company)
    return [_list(world.directory_host, *group, companies) for group, companies in groups.items()]


def _list(host: str, industry: str, city: str, companies: list[Company]) -> PressPage:
    items = "".join(
        f"<li><h3>{escape(company.name)}</h3><p>{escape(company.address.line)}</p>"
        f"<p>Employees: {company.employees}</p>"
        f'<p><a href="{company.url}/">Visit website</a> <a href="/companies/{company.key}">Profile</a></p></li>'
        for company in companies
    )
    title = f"{industry} companies in {city}"
    return PressPage(
        host=host,
        path=f"/find/{slug(industry)}/{slug(city)}",
        title=f"{title} - Company Atlas",
        description=f"Compare {industry.lower()} companies in {city} and nearby",
        main=f'<h1>{escape(title)}</h1><p>Write to us: <a href="mailto:listings@{host}">listings@{host}</a></p>'
        f"<ul>{items}</ul>",
    )


def _index(host: str, name: str, pages: list[PressPage]) -> PressPage:
    links = "".join(f'<li><a href="{page.path}">{escape(page.title)}</a></li>' for page in pages)
    return PressPage(host, "/", name, name, f"<h1>{name}</h1><ul>{links}</ul>")
