"""Facts out of what Apify's actors bring: objects of the actor's own shape, kept as lines of text."""

from collections.abc import Mapping
from typing import Any, cast

from db.types import FactSource
from pipeline.rules.company_match import company_domain_of, domain_of, is_platform, same_company
from pipeline.rules.dedupe import profile_slug, same_name
from pipeline.rules.extraction import is_quoted, readable_line, stands_in
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


_NETWORKS = (
    ("twitter_url", ("twitters", "twitter", "xs")),
    ("ig_url", ("instagrams", "instagram")),
    ("facebook_url", ("facebooks", "facebook")),
)


def contact_facts(
    item: Mapping[str, Any], text: str, subject: Subject, region: str | None
) -> list[FoundFact]:
    """Contacts a crawl of the company's site found; the person's own only by name."""
    facts: list[FoundFact] = []
    for key, email in _all(item, ("emails", "emails.value", "emails.email", "email")):
        own_domain = subject.domain is None or company_domain_of(email) == subject.domain
        if belongs_to(email, subject.name) == 1 and own_domain:
            facts.append(_fact("email", email.lower(), f"{key}: {email}", 0.85))
    numbers = _all(item, ("phones", "phones.value", "phones.phone", "phones.number", "phone"))
    for phone in phones_in("\n".join(number for _, number in numbers), (), region)[:1]:
        key = next((key for key, number in numbers if phone.shown in number), "phones")
        facts.append(_fact("phone", phone.shown, f"{key}: {phone.shown}", 0.5))
    for key, url in _all(
        item, ("linkedIns", "linkedIns.value", "linkedins", "linkedin", "socialMedia.linkedin")
    ):
        slug = profile_slug(url)
        if slug and slug_fits(slug, subject.name):
            facts.append(_fact("linkedin_url", url, f"{key}: {url}", 0.8))
    for field, names in _NETWORKS:
        paths = (*names, *(f"{name}.value" for name in names), f"socialMedia.{names[1]}")
        facts += [_fact(field, url, f"{key}: {url}", 0.6) for key, url in _all(item, paths)[:1]]
    return _sound(facts, text)


def place_facts(item: Mapping[str, Any], text: str, subject: Subject, region: str | None) -> list[FoundFact]:
    """A place on the map, if it is the company: by its website's domain, else by its name."""
    title, site = str(item.get("title") or ""), str(item.get("website") or "")
    by_domain = subject.domain is not None and domain_of(site) == subject.domain
    by_name = subject.company is not None and same_company(title, subject.company)
    if not by_domain and not (by_name and (subject.domain is None or not site)):
        return []
    if item.get("permanentlyClosed") is True:
        return []
    return _sound(_named(item, _MAP_PLACE, 0.9 if by_domain else 0.65), text)


def _paths(**names: str) -> dict[str, tuple[str, ...]]:
    return {field: tuple(paths.split()) for field, paths in names.items()}


# The names that such actors use, a nested one by its path, by field; the first that says something counts.
_MAP_PLACE = _paths(
    address="address street",
    phone="phone phoneUnformatted",
    industry="categoryName categories",
    website_url="website",
)
_PROFILE = _paths(
    company_description="description about summary overview aboutUs about_us companyDescription tagline",
    industry="industry industryName industries.name industries companyIndustry categoryName",
    employees="""employeeCount employee_count employees staffCount staff_count stats.employee_count companySize
        company_size size employeeCountRange""",
    founded="founded foundedYear foundedOn foundedOn.year foundingYear founded_year yearFounded founded_on.year",
    address="""address headquarters headquarter hq headquarters.full headquarter.full location headquarters.line1
        headquarter.parsed.text headquarters.address headquarters.city headquarter.city location.city""",
    phone="phone phoneNumber phone.number phone_number",
    website_url="website websiteUrl websiteURL website_url companyWebsite url",
)
_PERSON = _paths(
    title="""jobTitle job_title title position currentPosition.title currentPosition.position
        currentPositions.title currentTitle current_title headline occupation sub_title""",
    location="""location addressWithCountry location.linkedinText location.full location.default location.name
        geoLocationName location.parsed.text city location.city""",
)
_OTHERS = _paths(
    company="name companyName company_name title basic_info.name",
    site="website websiteUrl websiteURL website_url companyWebsite domain basic_info.website",
    employer="""companyName company_name company company.name currentCompany currentCompany.name current_company
        current_company.name currentPosition.companyName currentPositions.companyName""",
    profile="""linkedinUrl linkedin_url linkedInUrl profileUrl profile_url linkedinPublicUrl publicProfileUrl
        linkedinProfile linkedin url""",
    email="email workEmail work_email emailAddress emails emails.email emails.value",
)
_MOST_VALUE = 400


def profile_facts(
    item: Mapping[str, Any], text: str, subject: Subject, region: str | None
) -> list[FoundFact]:
    """A company's profile by an actor of the user's own choice, where it is the company."""
    site = _first(item, _OTHERS["site"])[1]
    name = _first(item, _OTHERS["company"])[1]
    by_domain = subject.domain is not None and domain_of(site) == subject.domain
    by_name = subject.company is not None and same_company(name, subject.company)
    if not by_domain and not (by_name and (subject.domain is None or not site)):
        return []
    facts = _named(item, _PROFILE, 0.75 if by_domain else 0.55)
    # Where these actors read: the profile's own address is not the company's site.
    return _sound([one for one in facts if one.field != "website_url" or not is_platform(one.value)], text)


def people_facts(item: Mapping[str, Any], text: str, subject: Subject, region: str | None) -> list[FoundFact]:
    """The lead among a company's people, by the whole name; others are nobody's business here."""
    name = _first(item, ("name", "fullName", "full_name"))[1] or " ".join(
        _first(item, parts)[1] for parts in (("firstName", "first_name"), ("lastName", "last_name"))
    )
    if not same_name(name, subject.name) or not _works_there(item, text, subject):
        return []
    facts = _named(item, _PERSON, 0.7)
    for key, email in _all(item, _OTHERS["email"]):
        if "@" in email and (subject.domain is None or company_domain_of(email) == subject.domain):
            facts.append(_fact("email", email, f"{key}: {email}", 0.75))
            break
    for key, url in _all(item, _OTHERS["profile"]):
        slug = profile_slug(url)
        if slug and slug_fits(slug, subject.name):
            facts.append(_fact("linkedin_url", url, f"{key}: {url}", 0.75))
            break
    return _sound(facts, text)


def _works_there(item: Mapping[str, Any], text: str, subject: Subject) -> bool:
    """By the company it names, else by the company's name or domain anywhere in it: many have the same name."""
    if subject.company is None:
        return True
    companies = [company for _, company in _all(item, _OTHERS["employer"])]
    if companies:
        return any(same_company(company, subject.company) for company in companies)
    return stands_in(subject.company, text) or bool(subject.domain and stands_in(subject.domain, text))


def _named(item: Mapping[str, Any], names: Mapping[str, tuple[str, ...]], sure: float) -> list[FoundFact]:
    found = ((field, *_first(item, keys)) for field, keys in names.items())
    return [
        _fact(field, _shortened(value), f"{key}: {_shortened(value)}", sure)
        for field, key, value in found
        if value
    ]


def _shortened(value: str) -> str:
    """Whole sentences, else whole words, of what is longer than a fact may be."""
    if len(value) <= _MOST_VALUE:
        return value
    cut = value[:_MOST_VALUE]
    end = cut.rfind(". ")
    return cut[: end + 1] if end > _MOST_VALUE // 4 else cut[: max(cut.rfind(" "), 1)]


def _first(item: Mapping[str, Any], paths: tuple[str, ...]) -> tuple[str, str]:
    """The first of these paths at which a text or a number stands, and that; empty where none has."""
    return next(iter(_all(item, paths)), ("", ""))


def _all(item: Mapping[str, Any], paths: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each text or number at these paths, with its path as `item_text` writes it; through lists, not into objects
    beyond the path."""
    found: list[tuple[str, str]] = []
    for path in paths:
        level: list[object] = [item]
        for name in path.split("."):
            objects = [cast("dict[str, object]", one) for one in level if isinstance(one, dict)]
            level = [value for one in objects for value in _each(one.get(name))]
        texts = (
            readable_line(str(one)) for one in level if isinstance(one, str | int | float) and _says(one)
        )
        found += [(path, one) for one in texts if one]
    return found


def _each(value: object) -> list[object]:
    return cast("list[object]", value)[:50] if isinstance(value, list) else [value]


def _says(value: object) -> bool:
    return not isinstance(value, bool) and str(value).strip().lower() not in (
        "",
        "null",
        "none",
        "n/a",
        "-",
        "0",
    )


def _fact(field: str, value: str, quote: str, confidence: float) -> FoundFact:
    return FoundFact(field, value, quote, FactSource.PROVIDER, confidence)


def _sound(facts: list[FoundFact], text: str) -> list[FoundFact]:
    return [
        fact for fact in facts if len(fact.value) <= _MOST_VALUE and is_quoted(fact.value, fact.quote, text)
    ]
