"""Addresses that stand on a page: written out, spelled for people only, or turned by a script against robots."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from pipeline.rules.company_match import domain_of

_MOST_ATS = 4000  # @ signs looked at; a page with more is no page for people
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_](?:[A-Za-z0-9._%+'&-]{0,62}[A-Za-z0-9_+-])?@"
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,5}(?:[A-Za-z]{2,24}|[^\W\d_A-Za-z]{2,24}|xn--[a-z0-9-]{2,40})(?![A-Za-z0-9])"
)
_BACKWARDS = re.compile(r"(?<![\w.-])[a-z]{2,6}\.[\w.-]{2,60}@[\w.+-]{2,60}(?![\w.-])")
_AT = (
    r"(?:\s{0,2}[\[({<]\s{0,2}(?:at|ät|bei|chez|arroba|arobase|arobas|chiocciola|klammeraffe|affe|małpa|malpa|собака|"
    r"apenstaartje|zavináč|zavinac|kukac|snabel-?a|kissanhäntä|@|a t|a|ad)\s{0,2}[\])}>]\s{0,2}"
    r"|\s{1,2}(?:at|ät|arroba)\s{1,2}|\s?[_*-](?:at|AT)[_*-]\s?)"
)
_DOT = (
    r"(?:\s{0,2}[\[({<]\s{0,2}(?:dot|punkt|punto|point|ponto|d o t|\.)\s{0,2}[\])}>]\s{0,2}"
    r"|\s{1,2}(?:dot|punkt|punto|ponto)\s{1,2}|[_*-](?:dot|DOT)[_*-]|\s?\.\s?)"
)
_OBFUSCATED = re.compile(
    rf"(?<![\w@.])([A-Za-z0-9_%+-]{{1,40}}(?:{_DOT}[A-Za-z0-9_%+-]{{1,40}}){{0,3}}?)({_AT})"
    rf"([A-Za-z0-9-]{{1,60}}(?:{_DOT}[A-Za-z0-9-]{{2,60}}){{1,3}})(?![\w@])",
    re.IGNORECASE,
)
# One of these stands in whatever `_spelled_out` takes for an address; most pages have none.
_SPELLED_SIGN = re.compile(
    r"[\[({<]\s{0,2}(?:at|ät|bei|chez|arroba|arobase|arobas|chiocciola|klammeraffe|affe|małpa|malpa|собака|"
    r"apenstaartje|zavináč|zavinac|kukac|snabel-?a|kissanhäntä|@|a t|a|ad|"
    r"dot|punkt|punto|point|ponto|d o t|\.)\s{0,2}[\])}>]|[_*-]at[_*-]",
    re.IGNORECASE,
)
_SPELLED_DOT = re.compile(r"(?:dot|punkt|punto|ponto)\s", re.IGNORECASE)
_DOT_WORDS = ("dot", "punkt", "punto", "ponto")
_AT_AND_SPACE = re.compile(r"@\s")
_SPACED = re.compile(
    r"(?i)\b(?:mail|e-?mail|correo|courriel|kontakt|contact)[^@\n]{0,20}?[:\s]\s?"
    r"([a-z0-9][a-z0-9._-]{1,40})\s{1,2}@\s{1,2}((?:[a-z0-9-]{1,60}\.){1,3}[a-z]{2,12})\b"
)
_SPACED_AFTER = re.compile(
    r"(?i)(?<![\w.@+-])([a-z0-9][a-z0-9._-]{1,40})@ {1,2}((?:[a-z0-9-]{1,60}\.){1,3}[a-z]{2,12})(?![\w@-])"
)
_NOT_MAIL_NAMES = ".png .jpg .jpeg .gif .svg .webp .avif .ico .bmp .css .js .mjs .map .php .html .htm .json"
_NOT_MAIL = tuple(_NOT_MAIL_NAMES.split())
_SAMPLE_DOMAINS = frozenset(
    [
        "example.com",
        "example.org",
        "example.net",
        "domain.com",
        "domain.de",
        "domaine.fr",
        "domain.xxx",
        "domena.pl",
        "dominio.com",
        "dominio.it",
        "yourdomain.com",
        "yourcompany.com",
        "yoursite.com",
        "mydomain.com",
        "mysite.com",
        "website.com",
        "company.com",
        "yourwebsite.com",
        "yourbusiness.com",
        "beispiel.de",
        "exemple.com",
        "exemple.fr",
        "esempio.it",
        "ejemplo.com",
        "correo.com",
        "mail.domain.com",
        "sample.com",
        "site.com",
        "address.com",
        "sentry.io",
        "sentry.wixpress.com",
        "sentry-next.wixpress.com",
        "wixpress.com",
        "ingest.sentry.io",
        "mysite.co",
        "adresse.com",
        "anbieter.de",
    ]
)
_SAMPLE_LOCALS = frozenset(
    [
        "you",
        "your",
        "your.name",
        "yourname",
        "your-name",
        "your_name",
        "youremail",
        "your.email",
        "your-email",
        "yourmail",
        "firstname.lastname",
        "first.last",
        "firstname",
        "name.surname",
        "nome.cognome",
        "vorname.nachname",
        "max.mustermann",
        "prenom.nom",
        "imie.nazwisko",
        "jan.kowalski",
        "voornaam.achternaam",
        "nombre.apellido",
        "example",
        "exemple",
        "beispiel",
        "someone",
        "somebody",
        "username",
        "johndoe",
        "john.doe",
        "jane.doe",
        "janedoe",
        "user.name",
        "email@",
        "tu.email",
        "tunombre",
        "matricola.studente",
        "emailaddress",
        "twojmail",
        "twoj",
        "votre",
        "votre.email",
        "ihre.email",
        "deine.email",
        "dein.name",
        "ihr.name",
    ]
)
_SAMPLE_PLACES = frozenset(
    ["domain", "domena", "dominio", "domaine", "domein", "email", "website", "yourdomain", "company"]
)


@dataclass(frozen=True, slots=True)
class FoundEmail:
    """`shown`: how the page writes it; the same as `address` unless it was hidden from machines."""

    address: str
    shown: str


def emails_in(
    text: str, mailtos: Iterable[str] = (), decoded: Iterable[tuple[str, str]] = ()
) -> tuple[FoundEmail, ...]:
    """Each address once, in order of appearance. `decoded`: address and how the page's code hid it."""
    found: dict[str, FoundEmail] = {}
    for href in mailtos:
        for address in _mailto_addresses(href):
            _keep(found, address, f"mailto:{address}")
    for address, shown in decoded:
        _keep(found, address, shown)
    linked = tuple(found)
    text = text.replace("＠", "@").replace("﹫", "@")
    if "@" in text:
        for at in _written(text):
            if not _is_run_together(at.lower(), linked):
                _keep(found, at, at)
        if _AT_AND_SPACE.search(text):
            for match in (*_SPACED.finditer(text), *_SPACED_AFTER.finditer(text)):
                _keep(found, f"{match[1]}@{match[2]}", " ".join(match[0].split()))
    if _may_be_spelled_out(text):
        for address, shown in _spelled_out(text):
            _keep(found, address, shown)
    return tuple(found.values())


def _is_run_together(written: str, linked: Iterable[str]) -> bool:
    """`emailingsales@acme.com`: a word that stands against the linked address without a space."""
    return any(
        written != one and written.endswith(one) and written[-len(one) - 1].isalnum() for one in linked
    )


def _mailto_addresses(href: str) -> list[str]:
    target, _, query = re.sub(r"(?i)^(?:\s*mailto:)+[\s/]*", "", href).partition("?")
    parts = re.split(r"[,;]", unquote(target))
    if not target.strip():  # `mailto:?to=…`
        parts = re.findall(r"(?:^|&)to=([^&]{3,200})", unquote(query))
    bare = [re.sub(r"^.*<|>.*$", "", part).strip().strip("\"'").replace(" ", "") for part in parts[:20]]
    return [_turned_at(address) for address in bare]


def _turned_at(address: str) -> str:
    return re.sub(r"(?i)[\[({](?:at|@)[\])}]", "@", re.sub(r"(?i)[\[({](?:dot|punkt)[\])}]", ".", address))


def _written(text: str) -> Iterator[str]:
    """By the @ signs, each with the few characters around it: no pattern runs over the whole text."""
    begin = 0
    for _ in range(_MOST_ATS):
        at = text.find("@", begin)
        if at < 0:
            return
        begin = at + 1
        window = text[max(0, at - 65) : at + 260]
        place = at - max(0, at - 65)
        for match in (*_EMAIL.finditer(window), *_BACKWARDS.finditer(window)):
            if (
                match.start() <= place < match.end()
                and not "À" <= window[match.start() - 1 : match.start()] <= "ɏ"
            ):
                yield match[0]


def _may_be_spelled_out(text: str) -> bool:
    if _SPELLED_SIGN.search(text) is not None:
        return True
    small = text.lower()
    return any(word in small for word in _DOT_WORDS) and _SPELLED_DOT.search(text) is not None


def _spelled_out(text: str) -> Iterator[tuple[str, str]]:
    for match in _OBFUSCATED.finditer(text):
        local, at, domain = match[1], match[2], match[3]
        # "meet us at northwind.com" is no address: bare words need their dots spelled as well
        worded = re.fullmatch(r"(?i)\s+(at|ät|arroba)\s+", at) is not None
        if worded and not re.search(r"(?i)[\[(]|\s(?:dot|punkt|punto|ponto)\s", match[0]):
            continue
        if re.fullmatch(r"(?i)\W+a[dt]?\W+", at) and re.search(r"\s", local):
            continue
        yield f"{_undotted(local)}@{_undotted(domain)}", " ".join(match[0].split())


def _undotted(text: str) -> str:
    return re.sub(_DOT, ".", text, flags=re.IGNORECASE)


def _keep(found: dict[str, FoundEmail], address: str, shown: str) -> None:
    sound = _sound(address.strip().strip(".").replace("\u2019", "'"))
    if sound is None:
        return
    kept = found.get(sound)
    if kept is None or kept.shown.startswith("mailto:"):
        found[sound] = FoundEmail(sound, shown)


def _sound(address: str) -> str | None:
    """The address in one spelling, or None for what only looks like one."""
    address = _with_known_suffix(address)
    local, _, domain = address.lower().rpartition("@")
    if not local or domain.endswith(_NOT_MAIL) or is_sample(local, domain) or len(address) > 254:
        return None
    try:
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    if not _is_place(domain):
        return None
    return checked.normalized.lower()


def _is_place(domain: str) -> bool:
    """Under a suffix that exists; the suffix itself may have mail (`notaires.fr`, `gov.uk`), a bare `com` not."""
    return domain_of(domain) is not None or ("." in domain and domain_of(f"mail.{domain}") is not None)


_YOURS = re.compile(
    r"your-?(?:company|business|domain|web-?site|site|store|shop|firm|organi[sz]ation|e?mail|name|brand)"
)


def is_sample(local: str, domain: str) -> bool:
    """An address that shows how to write one, or that a machine keys its reports by."""
    if local == "git" or domain in _SAMPLE_DOMAINS or domain.endswith((".wixpress.com", ".sentry.io")):
        return True
    if local in _SAMPLE_LOCALS or (
        local in ("name", "email", "user", "mail", "test", "xxx") and _is_sample_place(domain)
    ):
        return True
    return re.fullmatch(r"[0-9a-f]{24,}", local) is not None or _YOURS.match(domain) is not None


def _is_sample_place(domain: str) -> bool:
    return domain.split(".")[0] in _SAMPLE_PLACES


def _with_known_suffix(address: str) -> str:
    """`info@acme.comTel` where two elements stand without a space: cut back to a suffix that exists; an address
    written backwards is turned."""
    if _is_place(address.rpartition("@")[2]):
        return address
    backwards = address[::-1]
    if address.count("@") == 1 and _EMAIL.fullmatch(backwards) and domain_of(backwards.rpartition("@")[2]):
        return backwards
    joined = re.fullmatch(r"(.*\.[a-z]{2,6}?)(?:[A-Z]\w{0,30})", address)
    return joined[1] if joined and domain_of(joined[1].rpartition("@")[2]) is not None else address


# Turned by a script


def cloudflare(code: str) -> str | None:
    """`data-cfemail`: hexadecimal, each byte xor the first."""
    if not re.fullmatch(r"[0-9a-fA-F]{8,512}", code) or len(code) % 2:
        return None
    raw = bytes.fromhex(code)
    return bytes(byte ^ raw[0] for byte in raw[1:]).decode("utf-8", "replace")


def rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


_TYPO3_RANGES = ((0x2B, 0x3A), (0x40, 0x5A), (0x61, 0x7A))


def shifted(text: str, by: int) -> str:
    """TYPO3's cipher: three ranges of characters, each turned round by so many places."""
    turned: list[str] = []
    for character in text:
        code = ord(character)
        for low, high in _TYPO3_RANGES:
            if low <= code <= high:
                code = low + (code - low + by) % (high - low + 1)
                break
        turned.append(chr(code))
    return "".join(turned)


def typo3(token: str) -> str | None:
    """The address of `linkTo_UnCryptMailto('…')`, whose shift each site chooses."""
    for by in range(-26, 27):
        plain = shifted(token[:300], by)
        if plain.lower().startswith("mailto:") and "@" in plain:
            return plain[7:].partition("?")[0]
    return None
