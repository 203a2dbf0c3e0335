"""Addresses that stand on a page: written out, spelled for people only, or turned by a script against robots."""

import base64
import binascii
import codecs
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from pipeline.rules.company_match import domain_of
from pipeline.rules.extraction_samples import is_sample

_MOST_ATS = 4000  # @ signs looked at; a page with more is no page for people
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_](?:[A-Za-z0-9._%+'&-]{0,62}[A-Za-z0-9_+-])?@"
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,5}(?:[A-Za-z]{2,24}|[^\W\d_A-Za-z]{2,24}|xn--[a-z0-9-]{2,40})(?![A-Za-z0-9])"
)
_BACKWARDS = re.compile(r"(?<![\w.-])[a-z]{2,6}\.[\w.-]{2,60}@[\w.+-]{2,60}(?![\w.-])")
_AT = (
    r"(?:\s{0,2}[\[({<]\s{0,2}(?:at|ät|bei|chez|arroba|arobase|arobas|chiocciola|klammeraffe|affe|małpa|malpa|собака|"
    r"apenstaartje|zavináč|zavinac|kukac|snabel-?a|kissanhäntä|@|a t|a|ad)\s{0,2}[\])}>]\s{0,2}"
    r"|\s{1,2}(?:at|ät|arroba)\s{1,2}|\s?[_*|«=~-](?:at|AT)[_*|»=~-]\s?)"
)
_DOT = (
    r"(?:\s{0,2}[\[({<]\s{0,2}(?:dot|punkt|punto|point|ponto|d o t|\.)\s{0,2}[\])}>]\s{0,2}"
    r"|\s{1,2}(?:dot|punkt|punto|ponto)\s{1,2}|\s?[_*|«=~-](?:dot|DOT)[_*|»=~-]\s?|\s?\.\s?)"
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
    r"dot|punkt|punto|point|ponto|d o t|\.)\s{0,2}[\])}>]|[_*|«=~-]at[_*|»=~-]",
    re.IGNORECASE,
)
_SPELLED_DOT = re.compile(r"(?:dot|punkt|punto|ponto)\s", re.IGNORECASE)
_DOT_WORDS = ("dot", "punkt", "punto", "ponto")
_AT_AND_SPACE = re.compile(r"@\s")
_SPACED = re.compile(
    r"(?i)\b(?:mail|e-?mail|correo|courriel|kontakt|contact)[^@\n]{0,20}?[:\s]\s?"
    r"([a-z0-9][a-z0-9._-]{1,40})\s{1,2}@\s{1,2}((?:[a-z0-9-]{1,60}\s?\.\s?){1,3}[a-z]{2,12})\b"
)
# "E-mail: info at northwind.com": after the label it is no sentence.
_LABELLED_AT = re.compile(
    r"(?i)\be-?mail(?:\sus)?\s?[:：]\s?(?!(?:us|me|them|him|her|look|find)\s)([a-z0-9][a-z0-9._+-]{1,40})\sat\s"
    r"((?:[a-z0-9-]{1,60}\.){1,3}[a-z]{2,12})\b"
)
# `tim @ acme . com`: a dot between blanks is meant against robots; `Live @ venue.com` is a place.
_SPACED_OUT = re.compile(
    r"(?i)(?<![\w.@+-])([a-z0-9][a-z0-9._-]{1,40}) {1,2}@ {1,2}((?:[a-z0-9-]{1,60} \. ){1,3}[a-z]{2,12})(?![\w@-])"
)
_TOLD_BEFORE = re.compile(r"(?i)\b(?:i|we|you|he|she|they|who|it)\s{1,3}$")  # "we met at noon"
_AN_AGE = re.compile(r"(?i)\s(?:era|boom|bubble|bust|crash|craze|start-?ups?)\b")
_SOMEBODY = re.compile(r"(?i)(?:us|me|them|him|her)$")  # "find us at northwind dot com": a site
_WIDE = re.compile("[\uff01-\uff5e\ufe6b\u200c\u200d]")
_NARROW = str.maketrans(
    {**{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}, 0xFE6B: "@", 0x200C: None, 0x200D: None}
)
_ESCAPED_AT = re.compile(r"&(?:#0{0,4}64|#[xX]0{0,4}40|commat);")
_BROKEN_LINE = re.compile(r"(?<=[\w-])@\n\s?(?=[\w-]{1,60}\.[\w.-]{2,60}(?:\n|$))")
_SPACED_AFTER = re.compile(
    r"(?i)(?<![\w.@+-])([a-z0-9][a-z0-9._-]{1,40})@ {1,2}((?:[a-z0-9-]{1,60}\.){1,3}[a-z]{2,12})(?![\w@-])"
)
_NOT_MAIL_NAMES = ".png .jpg .jpeg .gif .svg .webp .avif .ico .bmp .css .js .mjs .map .php .html .htm .json"
_NOT_MAIL = tuple(_NOT_MAIL_NAMES.split())


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
    text = _plainly(text)
    if "@" in text:
        for at in _written(text):
            if not _is_run_together(at.lower(), linked):
                _keep(found, at, at)
        if _AT_AND_SPACE.search(text):
            for match in (
                *_SPACED.finditer(text),
                *_SPACED_AFTER.finditer(text),
                *_SPACED_OUT.finditer(text),
            ):
                _keep(found, f"{match[1]}@{''.join(match[2].split())}", " ".join(match[0].split()))
    if " at " in text or " AT " in text:
        for match in _LABELLED_AT.finditer(text):
            _keep(found, f"{match[1]}@{match[2]}", " ".join(match[0].split()))
    if _may_be_spelled_out(text):
        for address, shown in _spelled_out(text):
            _keep(found, address, shown)
    return tuple(found.values())


def _plainly(text: str) -> str:
    """Wide letters narrow, joiners out, what was escaped twice unescaped, lines broken behind the @ joined."""
    if not text.isascii() and _WIDE.search(text):
        text = text.translate(_NARROW)
    if "&" in text and _ESCAPED_AT.search(text):
        text = html.unescape(text)
    return _BROKEN_LINE.sub("@", text) if "@\n" in text else text


def _is_run_together(written: str, linked: Iterable[str]) -> bool:
    """`emailingsales@acme.com`: a word that stands against the linked address without a space."""
    return any(
        written != one and written.endswith(one) and written[-len(one) - 1].isalnum() for one in linked
    )


def _mailto_addresses(href: str) -> list[str]:
    target, _, query = re.sub(r"(?i)^(?:\s*mailto:)+[\s/]*", "", href).partition("?")
    parts = re.split(r"[,;]", _plainly(unquote(target)))
    for also in re.findall(r"(?:^|&)(?:to|cc|bcc)=([^&]{3,200})", unquote(query), re.IGNORECASE):
        parts += re.split(r"[,;]", also)
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
        if worded and (
            _TOLD_BEFORE.search(text[max(0, match.start() - 12) : match.start()])
            or _AN_AGE.match(text, match.end())
            or _SOMEBODY.match(local.strip())
        ):
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
    return bytes(byte ^ raw[0] for byte in raw[1:]).decode("utf-8", "replace").partition("?")[0]


def of_base64(code: str) -> str | None:
    """What the code says, where it is base64 of plain text."""
    try:
        text = base64.b64decode(code.strip(), validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        return None
    return text if text.isprintable() else None


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
