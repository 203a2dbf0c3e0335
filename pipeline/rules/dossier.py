"""From facts to a lead's own columns: what is empty is filled, what a person gave stays."""

from collections.abc import Iterable, Mapping
from datetime import date

from pipeline.rules.company_match import company_domain_of, domain_of
from pipeline.rules.conflicts import standing
from pipeline.rules.qualification import normal_email, tidy, whole_url
from pipeline.rules.scoring import FACT_FIELDS, Evidenced

_LEAST_CONFIDENCE = {"email": 0.65, "phone": 0.45, "linkedin_url": 0.7}
_LONGEST = 200


def columns_from(
    columns: Mapping[str, str | None], facts: Iterable[Evidenced], today: date
) -> dict[str, str]:
    """What to set on the lead: for each empty column the value that stands, by how sure it is, how many sites
    agree and how new it is. What is said besides stays among the facts."""
    facts = list(facts)
    changes: dict[str, str] = {}
    for name, field in FACT_FIELDS.items():
        if field.column is None or columns.get(field.column):
            continue
        least = _LEAST_CONFIDENCE.get(field.column, 0.5)
        sure = [fact for fact in facts if fact.field == name and float(fact.confidence) >= least]
        for said in standing(sure, name, today):
            value = _clean(field.column, said.best.value)
            if value is not None:
                changes[field.column] = value
                break
    domain = _domain({**columns, **changes})
    if domain and not columns.get("company_domain"):
        changes["company_domain"] = domain
    return changes


def _domain(columns: Mapping[str, str | None]) -> str | None:
    given = columns.get("company_domain")
    site = columns.get("website_url")
    return given or company_domain_of(columns.get("email")) or (domain_of(site) if site else None)


def _clean(column: str, value: str) -> str | None:
    try:
        if column == "email":
            return normal_email(value)
        if column.endswith("_url"):
            return whole_url(value)
    except ValueError:
        return None
    text = tidy(value)
    return text if 0 < len(text) <= _LONGEST else None
