"""Addresses, numbers and profiles that stand on a page, by code: whole lines of evidence, never guesses."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from pipeline.rules.company_match import domain_of
from pipeline.rules.dedupe import plain

_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}\b"
)
_AT = r"(?:\s*[\[({<]\s*(?:at|ät|bei|arroba|@|a t)\s*[\])}>]\s*|\s+(?:at|ät)\s+)"
_DOT = r"(?:\s*[\[({<]\s*(?:dot|punkt|punto|point|\.)\s*[\])}>]\s*|\s+(?:dot|punkt)\s+|\s?\.\s?)"
_OBFUSCATED = re.compile(
    rf"(?<![\w@.])([A-Za-z0-9_%+-]{{1,40}}(?:{_DOT}[A-Za-z0-9_%+-]{{1,40}}){{0,2}})({_AT})"
    rf"([A-Za-z0-9-]{{1,60}}(?:{_DOT}[A-Za-z0-9-]{{2,60}}){{1,3}})(?![\w@])",
    re.IGNORECASE,
)
_NOT_MAIL = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".css", ".js")
_SAMPLE_DOMAINS = frozenset(("example.com", "example.org", "example.net", "domain.com", "yourcompany.com"))
_ROLES = """
    abuse accounts admin ask bewerbung billing buchhaltung careers contact datenschutz email enquiries general
    hallo hello help hi hr impressum info inquiries jobs karriere kontakt legal mail marketing media
    newsletter no-reply noreply office postmaster presse press privacy recruiting sales service support team
    vertrieb
    webmaster welcome
"""
ROLE_NAMES = frozenset(_ROLES.split())
_NETWORKS = {
    "linkedin.com": "linkedin",
    "twitter.com": "twitter",
    "x.com": "twitter",
    "instagram.com": "instagram",
    "facebook.com": "facebook",
}
_NOT_PROFILES = re.compile(
    r"/(share|sharer|intent|sharearticle|dialog|plugins|login|signup|search|hashtag|explore|policies|privacy|help|"
    r"p|reel|status|feed|posts|pulse|tr)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FoundEmail:
    """`shown`: how the page writes it; the same as `address` unless it was hidden from machines."""

    address: str
    shown: str


@dataclass(frozen=True, slots=True)
class FoundPhone:
    number: str  # international, as in `+49 30 123456`
    shown: str


def emails_in(text: str, mailtos: Iterable[str] = ()) -> tuple[FoundEmail, ...]:
    """Each address once, in order of appearance; written out, hidden with words, or behind a link."""
    found: dict[str, FoundEmail] = {}
    for href in mailtos:
        for address in unquote(href.removeprefix("mailto:").split("?", 1)[0]).split(","):
            _keep(found, address.strip(), f"mailto:{address.strip()}")
    for match in _EMAIL.finditer(text):
        _keep(found, match[0], match[0])
    for match in _OBFUSCATED.finditer(text):
        local, at, domain = match[1], match[2], match[3]
        worded = at.strip() in ("at", "ät")  # "meet us at northwind.com" is no address
        if worded and not re.search(r"[\[(]|\s(?:dot|punkt)\s", match[0], re.IGNORECASE):
            continue
        _keep(found, f"{_undotted(local)}@{_undotted(domain)}", " ".join(match[0].split()))
    return tuple(found.values())


def _undotted(text: str) -> str:
    return re.sub(_DOT, ".", text, flags=re.IGNORECASE)


def _keep(found: dict[str, FoundEmail], address: str, shown: str) -> None:
    if address.lower().endswith(_NOT_MAIL) or address.rpartition("@")[2].lower() in _SAMPLE_DOMAINS:
        return
    try:
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return
    normal = checked.normalized.lower()
    kept = found.get(normal)
    if kept is None or kept.shown.startswith("mailto:"):
        found[normal] = FoundEmail(normal, shown)


def is_role_address(address: str) -> bool:
    """Of a desk rather than a person."""
    return re.split(r"[.+_-]", address.partition("@")[0].lower())[0] in ROLE_NAMES


def belongs_to(address: str, name: str) -> float:
    """How surely the part before the @ is built from this person's name: 1 for both names or an initial and
    the last name, 0.5 for one name alone (a colleague may share it), 0 otherwise."""
    words = [word for word in re.split(r"[^a-z]+", plain(_spelled(name))) if word]
    if len(words) < 2 or is_role_address(address):
        return 0.0
    local = plain(_spelled(address.partition("@")[0].partition("+")[0]))
    squeezed = re.sub(r"[^a-z]", "", local)
    first, last, middle = words[0], words[-1], words[1:-1]
    whole = {first + last, last + first, first[0] + last, last + first[0], first + last[0]}
    whole |= {first + "".join(middle) + last, first[0] + "".join(word[0] for word in middle) + last}
    if squeezed in whole and not re.search(r"\d", local):
        return 1.0
    return 0.5 if squeezed in (first, last, *whole) and len(squeezed) > 1 else 0.0


def _spelled(text: str) -> str:
    for letter, plain_letters in (
        ("ä", "ae"),
        ("ö", "oe"),
        ("ü", "ue"),
        ("Ä", "Ae"),
        ("Ö", "Oe"),
        ("Ü", "Ue"),
    ):
        text = text.replace(letter, plain_letters)
    return text


def phones_in(text: str, tels: Iterable[str], region: str | None) -> tuple[FoundPhone, ...]:
    """Valid numbers only, each once. `region`: ISO country of numbers without a country code."""
    found: dict[str, FoundPhone] = {}
    for href in tels:
        shown = unquote(href.removeprefix("tel:")).strip()
        try:
            _keep_phone(found, phonenumbers.parse(shown, region), f"tel:{shown}")
        except phonenumbers.NumberParseException:
            continue
    for match in phonenumbers.PhoneNumberMatcher(text[:200_000], region or "ZZ"):
        _keep_phone(found, match.number, match.raw_string)
    return tuple(found.values())


def _keep_phone(found: dict[str, FoundPhone], number: phonenumbers.PhoneNumber, shown: str) -> None:
    if phonenumbers.is_valid_number(number):
        whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        kept = found.get(whole)
        if kept is None or kept.shown.startswith("tel:"):
            found[whole] = FoundPhone(whole, shown)


def socials_in(urls: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Network (`linkedin`, `twitter`, `instagram`, `facebook`) to the profiles linked; no share buttons."""
    found: dict[str, dict[str, None]] = {}
    for url in urls:
        network = _NETWORKS.get(domain_of(url) or "")
        parts = urlsplit(url)
        path = parts.path.rstrip("/")
        if network and len(path) > 1 and not _NOT_PROFILES.search(path + "/"):
            host = (parts.hostname or "").removeprefix("m.")
            found.setdefault(network, {})[f"https://{host}{path}"] = None
    return {network: tuple(links) for network, links in found.items()}
