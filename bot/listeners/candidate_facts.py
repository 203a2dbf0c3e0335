"""What a search found out about a company and its person, as the facts of the lead they become."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from db.models.finding import LeadCandidate
from db.queries.evidence import NewFact
from db.types import FactSource, LeadId
from pipeline.rules.finding_criteria import Met

_SURE = Decimal("0.9")


def facts_of(row: LeadCandidate, lead_id: LeadId, now: datetime) -> list[NewFact]:
    """Each with the words it stands on and their page, as the card showed them. No page is stored: research reads
    it again."""
    return [
        NewFact(
            lead_id=lead_id,
            run_id=None,
            page_id=None,
            field=field,
            value=value[:500],
            quote=quote,
            url=url,
            source=FactSource.CODE,
            confidence=_SURE,
            published_on=None,
            retrieved_at=row.created_at if row.created_at <= now else now,
        )
        for field, value, quote, url in (*_person(row), *_company(row), *_criteria(row))
        if value and url
    ]


def _person(row: LeadCandidate) -> Iterator[tuple[str, str, str, str]]:
    told: Mapping[str, Any] = row.evidence.get("person") or {}
    quote, url = str(told.get("quote") or ""), str(told.get("url") or "")
    yield "name", row.person or "", quote, url
    yield "title", row.title or "", quote, url
    yield "email", row.email or "", row.email or "", url


def _company(row: LeadCandidate) -> Iterator[tuple[str, str, str, str]]:
    site = row.website_url or ""
    yield "company", row.company, row.company, site
    yield "company_domain", row.company_domain or "", site, site
    yield "website_url", site, site, site
    yield "phone", row.phone or "", row.phone or "", site
    yield "location", row.location or "", row.location or "", site


def _criteria(row: LeadCandidate) -> Iterator[tuple[str, str, str, str]]:
    for one in row.evidence.get("criteria") or ():
        if one.get("verdict") == Met.MET and one.get("field") and one.get("quote"):
            yield one["field"], str(one["value"]), str(one["quote"]), str(one["url"])
