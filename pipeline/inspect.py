"""Looking at one page, or one address, as research sees it: `python -m pipeline.inspect page|url …`.

`page FILE --url URL [--name … --company … --domain …]` prints what is extracted, as JSON. `url URL` prints what
the egress guard says. Neither needs a database, an account or the network (but `url` asks DNS).
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.egress import open_guard
from pipeline.errors import RainmakerError
from pipeline.rules.company_match import domain_of
from pipeline.rules.extraction import ReadPage, read_page
from pipeline.rules.extraction_facts import Subject, facts_of_page


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 where the guard refuses."""
    parsed = _parser().parse_args(arguments)
    shown, code = _page(parsed) if parsed.command == "page" else asyncio.run(_url(parsed.url))
    print(json.dumps(shown, ensure_ascii=False, indent=2, default=str))
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pipeline.inspect", description="See a page or an address as research does."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    page = commands.add_parser("page", help="what is extracted from a stored page")
    page.add_argument("file", help="a file with HTML, or - for standard input")
    page.add_argument("--url", required=True, help="where the page was")
    page.add_argument("--name", default="", help="whom the research is about")
    page.add_argument("--company")
    page.add_argument("--domain", help="the company's; default: that of the URL")
    page.add_argument("--region", help="ISO country of phone numbers without a country code")
    url = commands.add_parser("url", help="what the egress guard says of an address")
    url.add_argument("url")
    return parser


def _page(parsed: argparse.Namespace) -> tuple[dict[str, Any], int]:
    raw = sys.stdin.buffer.read() if parsed.file == "-" else Path(parsed.file).read_bytes()
    page = read_page(raw.decode("utf-8", "replace"), parsed.url, parsed.region)
    domain = parsed.domain or domain_of(parsed.url)
    subject = Subject(name=parsed.name, company=parsed.company, domain=domain)
    facts = [asdict(fact) for fact in facts_of_page(page, subject)]
    return {**_shown(page), "facts": facts}, 0


def _shown(page: ReadPage) -> dict[str, Any]:
    return {
        "url": page.url,
        "title": page.title,
        "language": page.language,
        "region": page.region,
        "needs_browser": page.needs_browser,
        "emails": [email.address for email in page.emails],
        "phones": [phone.number for phone in page.phones],
        "socials": page.socials,
        "organisations": [asdict(organisation) for organisation in page.markup.organisations],
        "people": [asdict(person) for person in page.markup.people],
        "articles": [asdict(article) for article in page.markup.articles],
        "description": page.markup.description,
        "text": "\n".join(page.lines),
        "for_model": page.prose,
        "links": [asdict(link) for link in page.links],
    }


async def _url(url: str) -> tuple[dict[str, Any], int]:
    ca = os.environ.get("EGRESS_CA")
    guard = open_guard(
        dns_server=os.environ.get("DNS_SERVER"),
        egress_hosts=os.environ.get("EGRESS_HOSTS", ""),
        egress_ca=Path(ca) if ca else None,
    )
    try:
        parts = guard.check_url(url)
        route = await guard.route(
            parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        )
    except RainmakerError as refusal:
        return {"url": url, "allowed": False, "reason": str(refusal), "kind": type(refusal).__name__}, 1
    return {
        "url": url,
        "allowed": True,
        "addresses": route.addresses,
        "port": route.port,
        "mapped": route.mapped,
    }, 0


if __name__ == "__main__":
    sys.exit(main())
