"""Facts out of what Apify's actors bring: objects of the actor's own shape, kept as lines of text."""

from collections.abc import Mapping
from typing import Any, cast

from db.types import FactSource
from pipeline.rules.company_match import company_domain_of, domain_of, same_company
from pipeline.rules.dedupe import profile_slug, same_name
from pipeline.rules.extraction import is_quoted, readable_line
from pipeline.rules.extraction_contacts import belongs_to
from pipeline.rules.extraction_facts import FoundFact, Subject, slug_fits
from pipeline.rules.extraction_phones import phones_in

_MOST_LINES = 400


def item_text(item: Mapping[str, Any]) -> str:
    """`name: value` lines, nested names joined by dots: what a quote is taken from."""
    lines: list[str] = []
    stack: list[tuple[str, object]] = [(name, value) for name, value in reversed(list(item.items()))]
    while stack and len(lines) < _MOST_LINES:
        name, value = stack.pop()
        if isinstance(value, dict):
            inner = cast("dict[str, object]", value)
            stack += [(f"{name}.{key}", inner[key]) for key in reversed(list(inner))]
        elif isinstance(value, list):
            stack += [(name, element) for element in reversed(cast("list[object]", value))]
        elif value is not None and not isinstance(value, bool):
            lines.append(f"{name}: {readable_line(str(value))[:500]}")
    return "\n".join(lines)


def contact_facts(
    item: Mapping[str, Any], text: str, subject: Subject, region: str | None
) -> list[FoundFact]:
    """Contacts a crawl of the company's site found; the person's own only by name."""
    facts: list[FoundFact] = []
    for email in _texts(item.get("emails")):
        own_domain = subject.domain is None or company_domain_of(email) == subject.domain
        if belongs_to(email, subject.name) == 1 and own_domain:
            facts.append(_fact("email", email.lower(), f"emails: {email}", 0.85))
    for phone in phones_in("\n".join(_texts(item.get("phones"))), (), region)[:1]:
        facts.append(_fact("phone", phone.shown, f"phones: {phone.shown}", 0.5))
    for url in _texts(item.get("linkedIns")):
        slug = profile_slug(url)
        if slug and slug_fits(slug, subject.name):
            facts.append(_fact("linkedin_url", url, f"linkedIns: {url}", 0.8))
    for name, field in (("twitters", "twitter_url"), ("instagrams", "ig_url"), ("facebooks", "facebook_url")):
        facts += [_fact(field, url, f"{name}: {url}", 0.6) for url in _texts(item.get(name))[:1]]
    return _sound(facts, text)


def place_facts(item: Mapping[str, Any], text: str, subject: Subject, region: str | None) -> list[FoundFact]:
    """A place on the map, if it is the company: by its website's domain, else by its name."""
    title, site = str(item.get("title") or ""), str(item.get("website") or "")
    by_domain = subject.domain is not None and domain_of(site) == subject.domain
    by_name = subject.company is not None and same_company(title, subject.company)
    if not by_domain and not (by_name and (subject.domain is None or not site)):
        return []
    sure = 0.9 if by_domain else 0.65
    named = (
        ("address", "address"),
        ("phone", "phone"),
        ("categoryName", "industry"),
        ("website", "website_url"),
    )
    facts = [
        _fact(field, str(item[name]), f"{name}: {item[name]}", sure)
        for name, field in named
        if isinstance(item.get(name), str) and item[name]
    ]
    return _sound(facts, text)


_PROFILE = {
    "company_description": ("description", "about", "summary", "tagline"),
    "industry": ("industry", "industryName", "categoryName"),
    "employees": ("employeeCount", "employees", "staffCount", "companySize", "size"),
    "founded": ("founded", "foundedYear", "foundedOn"),
    "address": ("address", "headquarters", "location"),
    "phone": ("phone", "phoneNumber"),
    "website_url": ("website", "websiteUrl", "url"),
}
_PERSON = {
    "title": ("title", "jobTitle", "position", "headline", "occupation"),
    "location": ("location", "addressWithCountry", "city"),
}


def profile_facts(
    item: Mapping[str, Any], text: str, subject: Subject, region: str | None
) -> list[FoundFact]:
    """A company's profile by an actor of the user's own choice: names that such actors use, where it is the company."""
    site = _first(item, ("website", "websiteUrl"))[1]
    name = _first(item, ("name", "companyName", "title"))[1]
    by_domain = subject.domain is not None and domain_of(site) == subject.domain
    by_name = subject.company is not None and same_company(name, subject.company)
    if not by_domain and not (by_name and (subject.domain is None or not site)):
        return []
    return _sound(_named(item, _PROFILE, 0.75 if by_domain else 0.55), text)


def people_facts(item: Mapping[str, Any], text: str, subject: Subject, region: str | None) -> list[FoundFact]:
    """The lead among a company's people, by the whole name; others are nobody's business here."""
    name = _first(item, ("name", "fullName"))[1] or " ".join(
        _first(item, (part,))[1] for part in ("firstName", "lastName")
    )
    company = _first(item, ("companyName", "company", "currentCompany"))[1]
    is_other = bool(company and subject.company and not same_company(company, subject.company))
    if not same_name(name, subject.name) or is_other:
        return []
    facts = _named(item, _PERSON, 0.7)
    key, email = _first(item, ("email", "workEmail"))
    own_domain = subject.domain is None or company_domain_of(email) == subject.domain
    if email and own_domain:
        facts.append(_fact("email", email, f"{key}: {email}", 0.75))
    key, url = _first(item, ("linkedinUrl", "profileUrl", "linkedin", "url"))
    slug = profile_slug(url)
    if slug and slug_fits(slug, subject.name):
        facts.append(_fact("linkedin_url", url, f"{key}: {url}", 0.75))
    return _sound(facts, text)


def _named(item: Mapping[str, Any], names: Mapping[str, tuple[str, ...]], sure: float) -> list[FoundFact]:
    found = ((field, *_first(item, keys)) for field, keys in names.items())
    return [_fact(field, value, f"{key}: {value}", sure) for field, key, value in found if value]


def _first(item: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[str, str]:
    """The first of these names that has a text or a number, and that; empty where none has."""
    for key in keys:
        value = item.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return key, readable_line(str(value))
    return "", ""


def _fact(field: str, value: str, quote: str, confidence: float) -> FoundFact:
    return FoundFact(field, value, quote, FactSource.PROVIDER, confidence)


def _sound(facts: list[FoundFact], text: str) -> list[FoundFact]:
    return [fact for fact in facts if len(fact.value) <= 400 and is_quoted(fact.value, fact.quote, text)]


def _texts(value: object) -> list[str]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [item for item in items[:50] if isinstance(item, str) and len(item) < 500]
