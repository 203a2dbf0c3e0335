"""When two addresses, pages or people are the same."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from rapidfuzz import fuzz

_TRACKING = re.compile(r"(utm_\w+|fbclid|gclid|mc_[ce]id|igshid|ref|ref_src|trk)", re.IGNORECASE)
_SAME_NAME = 92  # of 100, rapidfuzz's token sort ratio


@lru_cache(maxsize=8192)  # a run asks for the same addresses at each of its turns
def canonical_url(url: str) -> str:
    """One spelling for one page: lower-case host, no default port, fragment, tracking or trailing slash. A word
    without a value stays: `/?contact` and `/?team` are two pages.

    Raises ValueError where it is no URL.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").rstrip(".").lower()
    port = parts.port
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    netloc = host if port in (None, default) else f"{host}:{port}"
    words = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([pair for pair in words if not _TRACKING.fullmatch(pair[0])])
    return urlunsplit((parts.scheme.lower(), netloc, parts.path.rstrip("/") or "/", query, ""))


@lru_cache(maxsize=8192)
def page_key(url: str) -> str:
    """Equal for pages that differ in scheme or a leading `www.` only."""
    scheme, _, rest = canonical_url(url).partition("://")
    return rest.removeprefix("www.") if scheme else rest


def plain(text: str) -> str:
    """Lower case, without accents and doubled spaces."""
    return _plain_kept(text) if len(text) <= _KEPT_LENGTH else _plain(text)


_KEPT_LENGTH = 400  # names, titles and snippets come again and again; pages do not


def _plain(text: str) -> str:
    if text.isascii():
        return " ".join(text.casefold().split())
    spelled = text.replace("ß", "ss").replace("ø", "o").replace("Ø", "o").replace("ł", "l")
    decomposed = unicodedata.normalize("NFKD", spelled)
    accents = {ord(letter): None for letter in set(decomposed) if unicodedata.combining(letter)}
    return " ".join(decomposed.translate(accents).casefold().split())


_plain_kept = lru_cache(maxsize=8192)(_plain)


def same_name(one: str, other: str) -> bool:
    """The same person's name, whatever the order, accents or a middle initial."""
    first, second = (
        re.sub(r"\b\w\.?(?=\s)", "", plain(name)) if " " in name else plain(name) for name in (one, other)
    )
    return fuzz.token_sort_ratio(first, second) >= _SAME_NAME


def same_profile(one: str, other: str) -> bool:
    """Two spellings of one LinkedIn profile."""
    return profile_slug(one) is not None and profile_slug(one) == profile_slug(other)


def profile_slug(url: str) -> str | None:
    """The `johndoe` of `linkedin.com/in/johndoe`; None where it is no profile."""
    match = re.search(r"(?:^|//|\.)linkedin\.com/in/([^/?#\s]+)", url.strip().lower())
    return match[1] if match else None
