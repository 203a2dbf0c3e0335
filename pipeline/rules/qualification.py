"""Who is worth writing to: never a model's decision. And what the fields of a lead may hold."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from pipeline.errors import FieldErrors
from pipeline.rules.company_match import company_domain_of, domain_of, is_platform
from pipeline.rules.scoring import (
    MINIMUM_SCORE_THRESHOLD,
    Readable,
    calculate_lead_score,
    missing_fields,
)

REQUIRED_FIELDS = ("name", "email")
MINIMUM_ENRICHMENT_FIELDS = 2
ENRICHMENT_FIELDS = ("linkedin_url", "website_url", "company_info", "social_profiles")
# The database's own check on leads.email, narrower than RFC 5321.
_STORABLE_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_HOST = re.compile(r"(?:[\w-]+\.)+[\w-]+")  # of any script
_WORDS = {
    "name": "a name",
    "email": "an email address that is certain",
    "company": "the company",
    "title": "the job title",
    "linkedin_url": "the LinkedIn profile",
    "website_url": "the website",
    "recent_activity": "recent activity",
    "company_info": "information about the company",
    "personal_interests": "personal interests",
    "social_profiles": "social profiles",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    qualified: bool  # worth writing to
    score: int
    reason: str  # one or two sentences for people


def is_lead_qualified(lead_data: Readable) -> bool:
    """A name, an email, and at least two enrichments."""
    has_required = all(lead_data.get(field) for field in REQUIRED_FIELDS)
    enrichments = sum(bool(lead_data.get(field)) for field in ENRICHMENT_FIELDS)
    return has_required and enrichments >= MINIMUM_ENRICHMENT_FIELDS


def worth_writing(lead_data: Readable) -> Verdict:
    """Qualified, and a score that reaches the threshold; with the reason either way."""
    score = calculate_lead_score(lead_data)
    lacking = [field for field in REQUIRED_FIELDS if not lead_data.get(field)]
    found = [field for field in ENRICHMENT_FIELDS if lead_data.get(field)]
    if lacking:
        reason = f"Not written to yet: {in_words(lacking)} is missing."
        return Verdict(False, score, reason)
    if not is_lead_qualified(lead_data):
        known = f"only {in_words(found)}" if found else "nothing but name and email"
        others = [field for field in ENRICHMENT_FIELDS if field not in found]
        return Verdict(
            False,
            score,
            f"Too little is known to write: {known}; it takes {MINIMUM_ENRICHMENT_FIELDS} such things. "
            f"Any of these would help: {in_words(others, 'or')}.",
        )
    if score < MINIMUM_SCORE_THRESHOLD:
        gaps = in_words(list(missing_fields(lead_data))[:3], "or")
        return Verdict(
            False, score, f"The score is {score}, below {MINIMUM_SCORE_THRESHOLD}: {gaps} would raise it."
        )
    return Verdict(True, score, f"Name and email are known; so are {in_words(found)}.")


def in_words(field_names: list[str], joiner: str = "and") -> str:
    words = [_WORDS.get(field, field) for field in field_names]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joiner} {words[-1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidLead:
    """A lead's fields, trimmed, with whole URLs and a normalised address; empty ones are None."""

    name: str
    email: str | None = None
    company: str | None = None
    title: str | None = None
    linkedin_url: str | None = None
    website_url: str | None = None
    twitter_url: str | None = None
    ig_url: str | None = None
    phone: str | None = None
    location: str | None = None

    @property
    def company_domain(self) -> str | None:
        """By the address, unless it is a free one's; else by the website, unless that is a platform's."""
        site = self.website_url if self.website_url and not is_platform(self.website_url) else None
        return company_domain_of(self.email) or (domain_of(site) if site else None)


_LONGEST = {"company": 200, "title": 200, "phone": 40, "location": 200}
_URL_FIELDS = ("linkedin_url", "website_url", "twitter_url", "ig_url")


def validate_lead(
    *,
    name: str | None,
    email: str | None = None,
    company: str | None = None,
    title: str | None = None,
    linkedin_url: str | None = None,
    website_url: str | None = None,
    twitter_url: str | None = None,
    ig_url: str | None = None,
    phone: str | None = None,
    location: str | None = None,
) -> ValidLead:
    """What may be stored. Raises FieldErrors with a sentence for every field that is wrong."""
    errors: dict[str, str] = {}
    clean_name = tidy(name)
    if not 2 <= len(clean_name) <= 100:
        errors["name"] = f"A name has 2 to 100 characters; this one has {len(clean_name)}."
    elif not any(character.isalpha() for character in clean_name):
        errors["name"] = "A name has at least one letter."
    texts = {"company": company, "title": title, "phone": phone, "location": location}
    clean: dict[str, str | None] = {}
    for field, value in texts.items():
        clean[field] = tidy(value) or None
        if len(clean[field] or "") > _LONGEST[field]:
            errors[field] = f"The {field} is longer than {_LONGEST[field]} characters."
    clean["email"] = _checked(errors, "email", email, normal_email)
    urls = (linkedin_url, website_url, twitter_url, ig_url)
    for field, value in zip(_URL_FIELDS, urls, strict=True):
        clean[field] = _checked(errors, field, value, whole_url)
    if errors:
        raise FieldErrors(errors)
    return ValidLead(name=clean_name, **clean)


def _checked(
    errors: dict[str, str], field: str, value: str | None, check: Callable[[str], str]
) -> str | None:
    text = tidy(value)
    if not text:
        return None
    try:
        return check(text)
    except ValueError as error:
        errors[field] = str(error)
        return None


def tidy(value: str | None) -> str:
    """One line, without control and direction characters that are not seen."""
    kept = "".join(
        character
        for character in (value or "").replace("\n", " ").replace("\t", " ")
        if unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn")
        and (unicodedata.category(character) != "Cf" or character in "\u200c\u200d")
    )
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def normal_email(address: str) -> str:
    """The address as it is stored. Raises ValueError with a sentence; whether it exists is not asked."""
    shown = address if len(address) <= 60 else address[:60] + "…"
    try:
        # `test_environment` allows special-use names such as .test and .example, which the sandbox has.
        checked = validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValueError(f"“{shown}” is not an email address.") from None
    if not _STORABLE_EMAIL.fullmatch(checked):
        raise ValueError(f"“{shown}” has characters that can't be written to from here.")
    local, _, domain = checked.rpartition("@")
    return f"{local}@{domain.lower()}"


def whole_url(url: str) -> str:
    """With a scheme: `linkedin.com/in/johndoe` is as good as the whole. Raises ValueError with a sentence."""
    shown = url if len(url) <= 80 else url[:80] + "…"
    whole = url if "://" in url else f"https://{url}"
    try:
        parts = urlsplit(whole)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"“{shown}” is not a web address.") from None
    bad_host = not _HOST.fullmatch(host)
    if parts.scheme not in ("http", "https") or bad_host or " " in whole or len(whole) > 2000:
        raise ValueError(f"“{shown}” is not a web address.")
    if parts.username is not None:
        raise ValueError("A web address with a user name in it is not accepted.")
    return whole
