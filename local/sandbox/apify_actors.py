"""What the sandbox's Apify actors find in the world: places, contacts, companies, people."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from phonenumbers import PhoneNumberFormat, format_number, parse

from local.sandbox.context import Accounts
from local.sandbox.sites.content import site_pages
from local.sandbox.world import Company, Person, World
from local.sandbox.world_names import GERMAN_INDUSTRY, GERMAN_PLACES, INDUSTRIES, PLACES, PLUMBING
from local.sandbox.world_search import words_of

Item = dict[str, Any]
Input = dict[str, Any]

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True)
class Actor:
    """`usd` is charged for each item, `start_usd` once a run."""

    id: str
    name: str  # username/name
    title: str
    event: str  # what an item is called on the bill
    usd: float
    start_usd: float
    needs: tuple[str, ...]  # inputs of which one must be there
    find: Callable[[World, Input], list[Item]]


def find_places(world: World, given: Input) -> list[Item]:
    """Companies on the map by what they do or are called, near a place."""
    limit = int(given.get("maxCrawledPlacesPerSearch") or 1000)
    where = str(given.get("locationQuery") or given.get("city") or "")
    items: list[Item] = []
    for search in given.get("searchStringsArray") or []:
        mapped = [company for company in world.companies if company.key not in world.unlisted]
        near = [company for company in mapped if _is_near(company, where or str(search))]
        fitting = [company for company in near if _fits(company, str(search))]
        ranked = sorted(fitting, key=lambda company: -company.rating)[:limit]
        items.extend(_place(company, str(search), rank) for rank, company in enumerate(ranked, 1))
    return items


def _is_near(company: Company, where: str) -> bool:
    """Everywhere, where the text names no place of the world."""
    known = {name.lower() for place in (*PLACES, *GERMAN_PLACES) for name in (place.city, place.country)}
    named = [name for name in known if name in where.lower()]
    return not named or company.city.lower() in named or company.country.lower() in named


def _fits(company: Company, search: str) -> bool:
    wanted = set(words_of(search)) - set(words_of(f"{company.city} {company.country} in near the company"))
    has = set(words_of(f"{company.name} {company.industry} {company.offer} {' '.join(_categories(company))}"))
    return bool(wanted & has) or not wanted


def _categories(company: Company) -> tuple[str, ...]:
    industries = (*INDUSTRIES, GERMAN_INDUSTRY, PLUMBING)
    return next(industry.places for industry in industries if industry.label == company.industry)


def _place(company: Company, search: str, rank: int) -> Item:
    spot = next(place for place in (*PLACES, *GERMAN_PLACES) if place.city == company.city)
    mark = sha256(company.key.encode()).hexdigest()
    address = company.address
    return {
        "title": company.name,
        "subTitle": None,
        "price": None,
        "categoryName": _categories(company)[0].capitalize(),
        "categories": [category.capitalize() for category in _categories(company)],
        "address": f"{address.line}, {company.country}",
        "neighborhood": None,
        "street": address.street,
        "city": company.city,
        "postalCode": address.postcode,
        "state": address.region or None,
        "countryCode": company.country_code,
        "website": company.url + "/",
        "phone": phone_of(company, PhoneNumberFormat.INTERNATIONAL),
        "phoneUnformatted": phone_of(company, PhoneNumberFormat.E164),
        "claimThisBusiness": False,
        "location": {
            "lat": spot.latitude + int(mark[:2], 16) / 5000,
            "lng": spot.longitude + int(mark[2:4], 16) / 5000,
        },
        "totalScore": company.rating,
        "permanentlyClosed": False,
        "temporarilyClosed": False,
        "placeId": f"ChIJ{mark[:23]}",
        "fid": f"0x{mark[:16]}:0x{mark[16:32]}",
        "cid": str(int(mark[:16], 16)),
        "reviewsCount": company.reviews,
        "imagesCount": company.reviews // 3,
        "openingHours": [{"day": day, "hours": "9 AM to 5 PM"} for day in ("Monday", "Tuesday", "Thursday")],
        "isAdvertisement": False,
        "rank": rank,
        "searchString": search,
        "language": "en",
        "scrapedAt": f"{world_day(company)}T08:00:00.000Z",
        "url": f"https://www.google.com/maps/search/?api=1&query_place_id=ChIJ{mark[:23]}",
    }


def phone_of(company: Company, style: int) -> str:
    """As the map writes it: with the country's code, whatever the company's own page does."""
    return format_number(parse(company.phone, company.country_code), style)


def world_day(company: Company) -> str:
    """The day of the company's newest article; the map was crawled then."""
    return company.news[0].date.isoformat()


def find_contacts(world: World, given: Input) -> list[Item]:
    """What stands on the sites: one item a start address, addresses and profiles of all pages crawled."""
    depth = int(given.get("maxDepth", 2))
    limit = int(given.get("maxRequestsPerStartUrl") or given.get("maxRequests") or 20)
    items = []
    for start in given.get("startUrls") or []:
        address = str(start.get("url", "") if isinstance(start, dict) else start)
        company = world.company_by_host(_host(address))
        if company is not None:
            items.append(_contacts(world, company, address, limit if depth else 1))
    return items


def _host(text: str) -> str:
    return (urlsplit(text if "://" in text else f"//{text}").hostname or "").lower()


def _contacts(world: World, company: Company, start: str, limit: int) -> Item:
    pages = [page for page in site_pages(company, world.people_of(company)) if page.indexed][:limit]
    html = unescape(" ".join(page.main for page in pages))
    profiles = re.findall(r'href="(https://www\.linkedin\.com/[^"]+)"', html)
    networks = dict(company.socials)
    return {
        "originalStartUrl": start,
        "referrerUrl": start,
        "domain": company.domain,
        "depth": 0,
        "emails": sorted(set(ADDRESS.findall(html))),
        "phones": [phone_of(company, PhoneNumberFormat.E164)] if pages else [],
        "phonesUncertain": [],
        "linkedIns": sorted({*profiles, networks["LinkedIn"]}),
        "twitters": [networks["X"]],
        "instagrams": [],
        "facebooks": [],
        "youtubes": [],
        "tiktoks": [],
        "pinterests": [],
        "discords": [],
        "scrapedUrls": [company.url + page.path for page in pages],
    }


def _named(world: World, given: Input) -> list[Company]:
    """The companies that any text of the input names: by name, by site or by mail domain."""
    texts = [text.strip().lower() for text in _texts(given)]
    hosts = {_host(text) for text in texts}
    return [
        company
        for company in world.companies
        if {company.host, company.domain} & hosts
        or company.name.lower() in texts
        or dict(company.socials)["LinkedIn"] in texts
    ]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []


def find_companies(world: World, given: Input) -> list[Item]:
    return [
        {
            "name": company.name,
            "legalName": company.legal_name,
            "domain": company.domain,
            "website": company.url + "/",
            "industry": company.industry,
            "description": company.offer,
            "employeeCount": company.employees,
            "foundedYear": company.founded,
            "headquarters": {
                "line1": company.address.street,
                "city": company.city,
                "postalCode": company.address.postcode,
                "country": company.country_code,
            },
            "phone": phone_of(company, PhoneNumberFormat.E164),
            "linkedinUrl": dict(company.socials)["LinkedIn"],
            "specialities": list(company.products),
        }
        for company in _named(world, given)
    ]


def find_people(world: World, given: Input) -> list[Item]:
    """The people of the companies named; `titles` or `jobTitles` keep those whose title has one of them."""
    wanted = [str(title).lower() for title in given.get("titles") or given.get("jobTitles") or []]
    names = [str(name).lower() for name in given.get("names") or []]
    return [
        _profile(world, person)
        for company in _named(world, given)
        for person in world.people_of(company)
        if (not wanted or any(title in person.title.lower() for title in wanted))
        and (not names or person.name.lower() in names)
    ]


def _profile(world: World, person: Person) -> Item:
    company = world.company(person.company_key)
    return {
        "fullName": person.name,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "headline": f"{person.title} at {company.name}",
        "jobTitle": person.title,
        "companyName": company.name,
        "companyDomain": company.domain,
        "linkedinUrl": person.linkedin_url,
        "location": f"{person.city}, {person.country}",
        "email": person.email if person.email_public else None,
        "startedYear": person.since,
    }


ACTORS = (
    Actor(
        id="nwua9Gu5YrADL7ZDj",
        name="compass/crawler-google-places",
        title="Google Maps Scraper",
        event="place-scraped",
        usd=0.004,
        start_usd=0.007,
        needs=("searchStringsArray", "startUrls", "placeIds"),
        find=find_places,
    ),
    Actor(
        id="9Sk4JJhEma9vBKqrg",
        name="vdrmota/contact-info-scraper",
        title="Contact Details Scraper",
        event="page-scraped",
        usd=0.002,
        start_usd=0.001,
        needs=("startUrls",),
        find=find_contacts,
    ),
    Actor(
        id="sBx0cOmPaNyLk0001",
        name=Accounts.apify_company_actor,
        title="Company lookup",
        event="company",
        usd=0.008,
        start_usd=0.001,
        needs=(),
        find=find_companies,
    ),
    Actor(
        id="sBx0pEoPlEfNd0002",
        name=Accounts.apify_people_actor,
        title="People finder",
        event="profile",
        usd=0.01,
        start_usd=0.001,
        needs=(),
        find=find_people,
    ),
)


def actor_named(name: str) -> Actor | None:
    """By id, `user/name` or `user~name`."""
    return next(
        (actor for actor in ACTORS if name in (actor.id, actor.name, actor.name.replace("/", "~"))), None
    )


def affordable(actor: Actor, budget: float | None) -> int | None:
    """How many items the charge cap pays for; None without a cap."""
    if budget is None:
        return None
    return max(0, math.floor((budget - actor.start_usd) / actor.usd + 1e-9))
