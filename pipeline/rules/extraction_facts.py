"""From what was read to facts about one lead: who and what a page is about, and which claims it bears out."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol

from db.types import FactSource
from pipeline.rules.addressed import addresses_a_machine
from pipeline.rules.company_match import (
    company_domain_of,
    domain_of,
    is_platform,
    mentions_company,
    mentions_person,
    same_company,
)
from pipeline.rules.dedupe import plain, profile_slug, same_name
from pipeline.rules.extraction import ReadPage, is_quoted, normal, stands_in
from pipeline.rules.extraction_contacts import belongs_to, is_role_address
from pipeline.rules.extraction_dates import is_stated, iso_date
from pipeline.rules.extraction_headings import is_heading
from pipeline.rules.extraction_markup import Organisation
from pipeline.rules.scoring import FACT_FIELDS, MODEL_FIELDS

_LONGEST_VALUE, _LONGEST_QUOTE = 400, 700
_MOST_OF_A_FIELD = 4
_NEAR = 160  # characters between a name and the address beside it
_TITLE = re.compile(
    r"\b(c[etofimrp]o|chief|founder|co-?founder|owner|president|vice president|[se]?vp|director|head|manager|"
    r"lead|leader|partner|principal|officer|engineer|developer|architect|designer|scientist|analyst|consultant|"
    r"specialist|executive|chair|chairman|chairwoman|secretary|treasurer|coordinator|supervisor|buyer|"
    r"geschäftsführer(in)?|inhaber(in)?|leiter(in)?|leitung|vorstand|vorständin|prokurist(in)?|gründer(in)?|"
    r"directeur|directrice|responsable|gérant|gérante|président|présidente|director[a]?|gerente|jef[ea]|"
    r"direttore|direttrice|responsabile|titolare)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom the research is about, as far as that is known."""

    name: str
    company: str | None = None
    domain: str | None = None  # the company's, never a free-mail one
    email: str | None = None
    linkedin_url: str | None = None


@dataclass(frozen=True, slots=True)
class FoundFact:
    """A value with the words it stands in. `confidence`: 0 to 1."""

    field: str
    value: str
    quote: str
    source: FactSource
    confidence: float
    published_on: date | None = None


class Claimed(Protocol):
    """What a model says it read."""

    field: str
    value: str
    quote: str
    published_on: str | None


def is_companys(page: ReadPage, subject: Subject) -> bool:
    return subject.domain is not None and domain_of(page.url) == subject.domain


def is_about(page: ReadPage, subject: Subject) -> bool:
    """The company's own page, or one that names both the person and the company."""
    if is_companys(page, subject):
        return True
    if is_platform(page.url):
        return False
    named = mentions_person(page.text, subject.name)
    return named and subject.company is not None and mentions_company(page.text, subject.company)


def facts_of_page(page: ReadPage, subject: Subject) -> list[FoundFact]:
    """What code alone can tell; every fact's quote stands in `page.text`."""
    if not is_about(page, subject):
        return []
    facts = [*_email(page, subject), *_markup_person(page, subject), *_title_beside(page, subject)]
    if is_companys(page, subject):
        facts += [*_company(page, subject), *_phones(page, subject), *_socials(page, subject), *_news(page)]
    return _sound(facts, page.text)


def checked_claims(
    claims: Iterable[Claimed], page_text: str, subject: Subject, today: date
) -> list[FoundFact]:
    """What of a model's reading holds: a known field, the quote in the page, the value in the quote, and what
    is said of a person said near that person's name; and no words that order a machine about. A date that the
    page does not state is dropped, and so is one in the future."""
    facts: list[FoundFact] = []
    per_field: dict[str, int] = {}
    page = normal(page_text)
    for claim in claims:
        field = claim.field.strip().lower()
        value, quote = normal(claim.value), " ".join(claim.quote.split())
        if field not in MODEL_FIELDS or not 0 < len(value) <= _LONGEST_VALUE or len(quote) > _LONGEST_QUOTE:
            continue
        if not is_quoted(value, quote, page_text) or per_field.get(field, 0) >= _MOST_OF_A_FIELD:
            continue
        if addresses_a_machine(quote) or addresses_a_machine(value) or is_heading(field, value):
            continue
        if not _is_of_person(field, value, quote, page, page_text, subject):
            continue
        published = iso_date(claim.published_on) if FACT_FIELDS[field].dated else None
        if published is not None and (published > today or not is_stated(published, page_text)):
            published = None
        per_field[field] = per_field.get(field, 0) + 1
        facts.append(FoundFact(field, value, quote, FactSource.MODEL, 0.8, published))
    return facts


_PERSONAL = frozenset(("title", "interest", "quote", "post"))


def _is_of_person(field: str, value: str, quote: str, page: str, page_text: str, subject: Subject) -> bool:
    """Pages hold several people: another's title or hobby is nothing about this one."""
    if field == "title":
        return _title_is_of(value, page_text, subject.name)
    if field not in _PERSONAL:
        return True
    words = [word for word in normal(subject.name).split() if len(word) > 2]
    at = page.casefold().find(normal(quote).casefold())
    around = page[max(0, at - 500) : at + len(quote) + 200]
    return any(re.search(rf"\b{re.escape(word)}\b", around, re.IGNORECASE) for word in words)


def _title_is_of(title: str, page_text: str, name: str) -> bool:
    """Soon after the name with no other title between them, or before it in the same line."""
    text = _normal_lines(page_text)
    named, titled = re.escape(normal(name)), re.escape(normal(title))
    for match in re.finditer(rf"{named}(?P<between>[\s\S]{{0,70}}?){titled}", text, re.IGNORECASE):
        if not _TITLE.search(match["between"]) and match["between"].count("\n") <= 2:
            return True
    return re.search(rf"{titled}[^\n]{{0,25}}{named}", text, re.IGNORECASE) is not None


@lru_cache(maxsize=16)  # each title on a page is looked for in the same lines
def _normal_lines(page_text: str) -> str:
    return "\n".join(normal(line) for line in page_text.splitlines())


def _sound(facts: Iterable[FoundFact], page_text: str) -> list[FoundFact]:
    """The same rule for code as for models: the quote in the page, the value in the quote; each once."""
    kept: dict[tuple[str, str], FoundFact] = {}
    for fact in facts:
        fits = 0 < len(fact.value) <= _LONGEST_VALUE and len(fact.quote) <= _LONGEST_QUOTE
        strange = addresses_a_machine(fact.value) or is_heading(fact.field, fact.value)
        if fits and is_quoted(fact.value, fact.quote, page_text) and not strange:
            key = (fact.field, fact.value.casefold())
            if key not in kept or kept[key].confidence < fact.confidence:
                kept[key] = fact
    return list(kept.values())


def _code(field: str, value: str, quote: str, confidence: float, published: date | None = None) -> FoundFact:
    return FoundFact(field, value, quote, FactSource.CODE, confidence, published)


def _line_with(page: ReadPage, wanted: str) -> str:
    """The line of the page that holds the words, cut to a quotable length."""
    for line in page.text.splitlines():
        if stands_in(wanted, line):
            return line if len(line) <= _LONGEST_QUOTE else wanted
    return wanted


def _email(page: ReadPage, subject: Subject) -> Iterator[FoundFact]:
    """The person's own address, built from the name: of the company, or on a page that names the person. One
    name alone is enough only right beside the whole name or on the person's own page. A desk's address is nobody's."""
    beside = _beside_name(page, subject.name)
    is_own_page = mentions_person(page.title or "", subject.name)
    for email in page.emails:
        sure = belongs_to(email.address, subject.name)
        of_company = subject.domain is None or company_domain_of(email.address) == subject.domain
        near = stands_in(email.shown, beside) or is_own_page
        if sure == 1 and (of_company or near):
            yield _code("email", email.address, _line_with(page, email.address), 0.95 if of_company else 0.7)
        elif sure == 0.5 and near and of_company:
            yield _code("email", email.address, _line_with(page, email.address), 0.7)


def _beside_name(page: ReadPage, name: str) -> str:
    """The words after each place where the person is named."""
    visible, wanted = normal("\n".join(page.lines)), normal(name)
    places = re.finditer(re.escape(wanted), visible, re.IGNORECASE) if wanted else ()
    return "\n".join(visible[place.start() : place.end() + _NEAR] for place in places)


def _markup_person(page: ReadPage, subject: Subject) -> Iterator[FoundFact]:
    for person in page.markup.people:
        if not same_name(person.name, subject.name):
            continue
        elsewhere = (
            person.works_for and subject.company and not same_company(person.works_for, subject.company)
        )
        if elsewhere and not is_companys(page, subject):
            continue
        label = f"Person {person.name}"
        if person.title:
            yield _code("title", person.title, f"{label}, title: {person.title}", 0.95)
        if person.email and not is_role_address(person.email):
            yield _code("email", person.email.lower(), f"{label}, email: {person.email}", 0.95)
        if person.phone:
            yield _code("phone", person.phone, f"{label}, phone: {person.phone}", 0.9)
        for url in person.same_as:
            yield from _profile(url, f"{label}, same_as: {url}", 0.95)


def _profile(url: str, quote: str, confidence: float) -> Iterator[FoundFact]:
    domain = domain_of(url)
    if profile_slug(url):
        yield _code("linkedin_url", url, quote, confidence)
    elif domain in ("twitter.com", "x.com"):
        yield _code("twitter_url", url, quote, confidence)
    elif domain == "instagram.com":
        yield _code("ig_url", url, quote, confidence)


# What links beside a name are called: `Jane Miller, CEO mail`.
_LINK_WORDS = re.compile(
    r"(?i)(?:\s(?:e-?mail|mail|phone|call|linkedin|twitter|xing|vcard|v-card|profile|bio|read more|contact))+$"
)


def _title_beside(page: ReadPage, subject: Subject) -> Iterator[FoundFact]:
    """A job title on the line after the name, or after the name and a comma or dash."""
    name = plain(subject.name)
    for line, following in itertools.pairwise([*page.lines, ""]):
        words = plain(normal(line))
        if words == name and _is_title(following):
            yield _code("title", following, f"{line}\n{following}", 0.85)
        elif words.startswith(name):
            rest = re.match(
                r"\s*[,|:(-]\s*(?P<title>[^,|()]{3,80}?)\s*(?:[,|)]|$)", normal(line)[len(subject.name) :]
            )
            title = _LINK_WORDS.sub("", rest["title"]) if rest else ""
            if _is_title(title):
                yield _code("title", title, line, 0.8)


def _is_title(text: str) -> bool:
    short = 3 <= len(text) <= 80 and len(text.split()) <= 9
    return short and "@" not in text and not text.endswith((".", "!", "?")) and bool(_TITLE.search(text))


def _company(page: ReadPage, subject: Subject) -> Iterator[FoundFact]:
    site = re.match(r"https?://[^/?#]+", page.url)
    if site:
        yield _code("website_url", site[0], f"Page: {page.url}", 0.9 if _is_front(page.url) else 0.8)
    for organisation in page.markup.organisations:
        if _is_the(organisation, subject):
            yield from _organisation(organisation)
    description = page.markup.description
    if description and len(description) > 30 and _is_front(page.url):
        yield _code("company_description", description, f"Description: {description}", 0.7)
    if page.markup.site_name and _is_front(page.url):
        yield _code("company", page.markup.site_name, f"Site: {page.markup.site_name}", 0.7)


def _is_the(organisation: Organisation, subject: Subject) -> bool:
    by_name = organisation.name and subject.company and same_company(organisation.name, subject.company)
    return bool(by_name) or (organisation.url is not None and domain_of(organisation.url) == subject.domain)


def _is_front(url: str) -> bool:
    return url.split("//", 1)[-1].rstrip("/").count("/") == 0


def _organisation(organisation: Organisation) -> Iterator[FoundFact]:
    fields = {
        "name": "company",
        "description": "company_description",
        "industry": "industry",
        "employees": "employees",
        "founded": "founded",
        "address": "address",
        "phone": "phone",
    }
    for name, field in fields.items():
        value: str | None = getattr(organisation, name)
        if value:
            confidence = 0.6 if field == "phone" else 0.95
            yield _code(field, value, f"Organisation, {name}: {value}", confidence)
    for url in organisation.same_as:
        if domain_of(url) == "facebook.com":
            yield _code("facebook_url", url, f"Organisation, same_as: {url}", 0.9)


def _phones(page: ReadPage, subject: Subject) -> Iterator[FoundFact]:
    if len(page.phones) > 3:
        return  # a directory: whose each one is can't be known
    for phone in page.phones[:1]:
        own = mentions_person(page.text, subject.name) and len(page.phones) == 1
        quote = f"Phone written as “{phone.shown}”: {phone.number}"
        yield _code("phone", phone.number, quote, 0.6 if own else 0.5)


def _socials(page: ReadPage, subject: Subject) -> Iterator[FoundFact]:
    """The company's profiles count as social ones; a LinkedIn profile only if its name is the person's."""
    for network, field in (("twitter", "twitter_url"), ("instagram", "ig_url"), ("facebook", "facebook_url")):
        for url in page.socials.get(network, ())[:1]:
            yield _code(field, url, f"Link to {network}: {url}", 0.6)
    for url in page.socials.get("linkedin", ()):
        slug = profile_slug(url)
        if slug and slug_fits(slug, subject.name):
            yield _code("linkedin_url", url, f"Link to linkedin: {url}", 0.9)


def slug_fits(slug: str, name: str) -> bool:
    words = [word for word in re.split(r"[^a-z]+", plain(name)) if len(word) > 1]
    return len(words) > 1 and words[0] in slug and words[-1] in slug


def _news(page: ReadPage) -> Iterator[FoundFact]:
    for article in sorted(page.markup.articles, key=lambda article: article.published_on, reverse=True)[:3]:
        marked = f"Article: {article.headline} ({article.published_on})"
        yield _code("news", article.headline, marked, 0.85, article.published_on)
