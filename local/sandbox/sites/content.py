"""What stands on a company's site: its pages, as titles and the HTML between header and footer.

How they are delivered (by script, slowly, in broken HTML, …) is decided elsewhere. The search index
reads the same pages, so what is found is what is served.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from local.sandbox.sites.copy import COPY, Copy
from local.sandbox.world_model import Company, NewsItem, Person, slug


@dataclass(frozen=True)
class Page:
    path: str
    title: str
    description: str
    main: str  # HTML
    published: date | None = None
    json_ld: tuple[dict[str, Any], ...] = ()
    indexed: bool = True  # False: forbidden to crawlers by robots.txt

    @property
    def text(self) -> str:
        """The visible words of `main`."""
        return " ".join(LexborHTMLParser(self.main).text(separator=" ").split())


@dataclass(frozen=True)
class Site:
    """Everything a page's text is made from."""

    company: Company
    people: tuple[Person, ...]
    words: Copy = field(repr=False)


def site_pages(company: Company, people: tuple[Person, ...]) -> list[Page]:
    site = Site(company, people, COPY[company.language])
    pages = [
        _home(site),
        _about(site),
        _team(site),
        *(_bio(site, person, at) for at, person in enumerate(people)),
        _news(site),
        *(_article(site, item) for item in company.news),
        *(_event(site, person) for person in people if person.talk and person.talk.kind == "talk"),
        _products(site),
        _careers(site),
        _contact(site),
        _legal(site),
    ]
    return [page if allowed(company, page.path) else _unindexed(page) for page in pages]


def allowed(company: Company, path: str) -> bool:
    """Whether the site's robots.txt lets anybody read the path."""
    if company.robots == "all":
        return False
    return not (company.robots == "part" and path.startswith(("/team/", "/news")))


def _unindexed(page: Page) -> Page:
    return Page(
        page.path, page.title, page.description, page.main, page.published, page.json_ld, indexed=False
    )


def paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in text.split("\n\n"))


def article(title: str, day: date, body: str, words: Copy) -> str:
    when = f'<time datetime="{day}">{words.day(day)}</time>'
    return f"<article><h1>{escape(title)}</h1>{when}{paragraphs(body)}</article>"


def mail_link(address: str, style: int) -> str:
    """An address in one of the ways sites write it: plain, as character entities, or spelled out."""
    local, domain = address.split("@")
    if style % 3 == 1:
        coded = "".join(f"&#{ord(letter)};" for letter in address)
        return f'<a href="mailto:{coded}">{coded}</a>'
    if style % 3 == 2:
        return f'<span class="mail">{escape(local)} [at] {escape(domain)}</span>'
    return f'<a href="mailto:{escape(address)}">{escape(address)}</a>'


def organization(company: Company) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": company.name,
        "legalName": company.legal_name,
        "url": company.url + "/",
        "foundingDate": str(company.founded),
        "numberOfEmployees": {"@type": "QuantitativeValue", "value": company.employees},
        "email": company.email,
        "telephone": company.phone,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": company.address.street,
            "postalCode": company.address.postcode,
            "addressLocality": company.city,
            "addressCountry": company.country_code,
        },
        "sameAs": [link for _, link in company.socials],
    }


def _home(site: Site) -> Page:
    company, words = site.company, site.words
    teasers = "".join(
        f'<li><time datetime="{item.date}">{words.day(item.date)}</time> '
        f'<a href="{words.news_path}/{item.slug}">{escape(item.title)}</a></li>'
        for item in company.news[:2]
    )
    products = "".join(f"<li><h3>{escape(product)}</h3></li>" for product in company.products)
    return Page(
        path="/",
        title=f"{company.name} | {company.industry}",
        description=words.tagline.format(name=company.name, offer=company.offer),
        main=(
            f'<section class="hero"><h1>{escape(company.name)}</h1>'
            f'<p class="lead">{escape(company.offer)}</p></section>'
            f"<section><h2>{words.products}</h2><ul class='cards'>{products}</ul></section>"
            f"<section><h2>{words.news}</h2><ul class='teasers'>{teasers}</ul></section>"
            f"<section><h2>{words.voices}</h2><blockquote>{words.testimonial}</blockquote></section>"
        ),
        json_ld=(organization(company),),
    )


def _about(site: Site) -> Page:
    company, words = site.company, site.words
    facts = words.about.format(
        name=company.name,
        founded=company.founded,
        city=company.city,
        employees=company.employees,
        offer=company.offer,
    )
    goals = "".join(f"<li>{escape(pain)}</li>" for pain in company.pains)
    return Page(
        path=words.about_path,
        title=f"{words.about_title} | {company.name}",
        description=words.about_description.format(name=company.name, founded=company.founded),
        main=f"<h1>{words.about_title}</h1>{paragraphs(facts)}<h2>{words.working_on}</h2><ul>{goals}</ul>",
    )


def _team(site: Site) -> Page:
    cards = "".join(
        f'<li class="person"><h3><a href="/team/{person.slug}">{escape(person.name)}</a></h3>'
        f'<p class="role">{escape(person.title)}</p></li>'
        for person in site.people
    )
    return Page(
        path="/team",
        title=f"Team | {site.company.name}",
        description=site.words.team_description.format(name=site.company.name),
        main=f"<h1>{site.words.team_title}</h1><ul class='people'>{cards}</ul>",
    )


def _bio(site: Site, person: Person, at: int) -> Page:
    words, company = site.words, site.company
    story = words.bio.format(
        first=person.first_name,
        name=person.name,
        company=company.name,
        title=person.title,
        since=person.since,
        city=person.city,
        one=person.interests[0],
        two=person.interests[1],
    )
    mail = f"<p>{words.mail}: {mail_link(person.email, at)}</p>" if person.email_public else ""
    call = re.sub(r"[^+\d]", "", person.phone)
    phone = f'<p>{words.phone}: <a href="tel:{call}">{person.phone}</a></p>' if at == 0 else ""
    link = f'<p><a href="{person.linkedin_url}" rel="noopener">LinkedIn</a></p>'
    return Page(
        path=f"/team/{person.slug}",
        title=f"{person.name}, {person.title} | {company.name}",
        description=f"{person.name}, {person.title}, {company.name}",
        main=(
            f"<h1>{escape(person.name)}</h1><p class='role'>{escape(person.title)}</p>"
            f"{paragraphs(story)}{mail}{phone}{link}"
        ),
        json_ld=(_person_ld(company, person),),
    )


def _person_ld(company: Company, person: Person) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "Person",
        "name": person.name,
        "jobTitle": person.title,
        "worksFor": {"@type": "Organization", "name": company.name},
        "url": f"{company.url}/team/{person.slug}",
        "sameAs": [person.linkedin_url],
    }


def _news(site: Site) -> Page:
    items = "".join(
        f'<article><h2><a href="{site.words.news_path}/{item.slug}">{escape(item.title)}</a></h2>'
        f'<time datetime="{item.date}">{site.words.day(item.date)}</time>'
        f"<p>{escape(item.body.split(chr(10))[0])}</p></article>"
        for item in site.company.news
    )
    return Page(
        path=site.words.news_path,
        title=f"{site.words.news} | {site.company.name}",
        description=f"{site.words.news}: {site.company.name}",
        main=f"<h1>{site.words.news}</h1>{items}",
    )


def _article(site: Site, item: NewsItem) -> Page:
    company = site.company
    schema = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": item.title,
        "datePublished": f"{item.date}T09:00:00+00:00",
        "publisher": {"@type": "Organization", "name": company.name},
    }
    return Page(
        path=f"{site.words.news_path}/{item.slug}",
        title=f"{item.title} | {company.name}",
        description=item.body.split("\n")[0],
        main=article(item.title, item.date, item.body, site.words),
        published=item.date,
        json_ld=(schema,),
    )


def _event(site: Site, person: Person) -> Page:
    talk, words = person.talk, site.words
    assert talk is not None
    story = words.talk.format(
        name=person.name, title=person.title, event=talk.event, talk=talk.title, quote=talk.quote
    )
    return Page(
        path=f"/events/{slug(talk.title)}",
        title=f"{talk.title}: {person.name}, {talk.event} | {site.company.name}",
        description=f"{person.name} | {talk.event} | {words.day(talk.date)}",
        main=article(talk.title, talk.date, story, words),
        published=talk.date,
    )


def _products(site: Site) -> Page:
    offer = escape(site.company.offer)
    cards = "".join(
        f"<article><h2>{name}</h2><p>{site.words.product.format(product=name, offer=offer)}</p></article>"
        for name in map(escape, site.company.products)
    )
    return Page(
        path=site.words.products_path,
        title=f"{site.words.products} | {site.company.name}",
        description=", ".join(site.company.products),
        main=f"<h1>{site.words.products}</h1>{cards}",
    )


def _careers(site: Site) -> Page:
    company, words = site.company, site.words
    jobs = "".join(f"<li><h3>{escape(job)}</h3><p>{company.city}</p></li>" for job in company.jobs)
    return Page(
        path=words.careers_path,
        title=f"{words.careers} | {company.name}",
        description=words.careers_description.format(name=company.name, count=len(company.jobs)),
        main=f"<h1>{words.careers}</h1><p>{words.hiring}</p><ul class='jobs'>{jobs}</ul>",
    )


def _contact(site: Site) -> Page:
    company, words = site.company, site.words
    press = next((person for person in site.people[1:] if person.email_public), None)
    line = f"<p>{words.press}: {escape(press.name)}, {mail_link(press.email, 2)}</p>" if press else ""
    links = " ".join(f'<a href="{link}" rel="me">{network}</a>' for network, link in company.socials)
    return Page(
        path=words.contact_path,
        title=f"{words.contact} | {company.name}",
        description=f"{words.contact}: {company.name}, {company.city}",
        main=(
            f"<h1>{words.contact}</h1><address>{escape(company.legal_name)}<br>{escape(company.address.line)}</address>"
            f"<p>{words.phone}: {company.phone}</p><p>{words.mail}: {mail_link(company.email, 0)}</p>{line}"
            f"<p>{links}</p>"
        ),
    )


def _legal(site: Site) -> Page:
    company, words = site.company, site.words
    chief = site.people[0]
    text = words.legal.format(
        legal=company.legal_name,
        street=company.address.street,
        postcode=company.address.postcode,
        city=company.city,
        chief=chief.name,
        phone=company.phone,
        mail=company.email,
        number=10000 + company.founded,
    )
    return Page(
        path=words.legal_path,
        title=f"{words.legal_title} | {company.name}",
        description=f"{words.legal_title} {company.legal_name}",
        main=f"<h1>{words.legal_title}</h1>{paragraphs(text)}",
    )


def json_ld_tags(page: Page) -> str:
    return "".join(
        f'<script type="application/ld+json">{json.dumps(entry, ensure_ascii=False)}</script>'
        for entry in page.json_ld
    )
