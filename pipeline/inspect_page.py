"""`python -m pipeline.inspect page FILE_OR_URL`: what is read off one page, as JSON.

A file, or `-` for standard input, needs no settings, database or network. A URL is fetched as research fetches it:
through the egress guard, obeying robots.txt. Phones are printed in E.164 (`+493012345678`).
"""

import asyncio
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.rules.company_match import domain_of
from pipeline.rules.extraction import ReadPage, own_url, read_page
from pipeline.rules.extraction_decode import MOST_BYTES, decode_page
from pipeline.rules.extraction_facts import Subject, facts_of_page


def show_page(
    source: str, *, url: str | None, name: str, company: str | None, domain: str | None, region: str | None
) -> dict[str, Any]:
    """`url`: where the page was; without it, what the page itself says. Raises OSError for a file that can't be read,
    RainmakerError for a URL that can't be fetched."""
    if re.match(r"https?://", source):
        html, url = asyncio.run(_fetched(source, url))
    else:
        html = decode_page(_bytes_of(source))
    where = url or own_url(html) or ""
    page = read_page(html, where, region)
    subject = Subject(name=name, company=company, domain=domain or domain_of(where))
    return {**shown(page), "facts": [asdict(fact) for fact in facts_of_page(page, subject)]}


def _bytes_of(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read(MOST_BYTES)
    with Path(source).open("rb") as file:
        return file.read(MOST_BYTES)


async def _fetched(source: str, url: str | None) -> tuple[str, str]:
    from pipeline.clients.fetch import Fetcher  # a file needs no client
    from pipeline.clock import SystemClock
    from pipeline.egress import open_guard

    ca = os.environ.get("EGRESS_CA")
    guard = open_guard(
        dns_server=os.environ.get("DNS_SERVER") or None,
        egress_hosts=os.environ.get("EGRESS_HOSTS", ""),
        egress_ca=Path(ca) if ca else None,
    )
    fetcher = Fetcher(guard, SystemClock())
    try:
        page = await fetcher.fetch(source)
    finally:
        await fetcher.close()
    return page.html, url or page.url


def shown(page: ReadPage) -> dict[str, Any]:
    return {
        "url": page.url,
        "title": page.title,
        "language": page.language,
        "region": page.region,
        "needs_browser": page.needs_browser,
        "organization": page.organization,
        "emails": [email.address for email in page.emails],
        "phones": [phone.e164 for phone in page.phones],
        "address": page.address,
        "people": [asdict(person) for person in page.people],
        "socials": page.socials,
        "organisations": [asdict(organisation) for organisation in page.markup.organisations],
        "articles": [asdict(article) for article in page.markup.articles],
        "description": page.markup.description,
        "text": "\n".join(page.lines),
        "for_model": page.prose,
        "links": [asdict(link) for link in page.links],
    }
