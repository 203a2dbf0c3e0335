"""Whose an address is, and which profiles a page links to."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from pipeline.rules.company_match import domain_of
from pipeline.rules.dedupe import plain

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
    "youtube.com": "youtube",
    "xing.com": "xing",
    "tiktok.com": "tiktok",
    "pinterest.com": "pinterest",
    "github.com": "github",
    "threads.net": "threads",
    "vk.com": "vk",
}
_SOCIAL = re.compile("|".join(map(re.escape, _NETWORKS)), re.IGNORECASE)
_NOT_PROFILES = re.compile(
    r"/(share|sharer|intent|sharearticle|dialog|plugins|login|signup|search|hashtag|explore|policies|privacy|help|"
    r"p|reel|status|feed|posts|pulse|tr|watch|embed|results|playlist|home|pin|share_channel|submit|app|spi|recommend)\b",
    re.IGNORECASE,
)


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


@lru_cache(maxsize=2048)  # most links of a page lead to few hosts
def _may_be_network(host: str) -> bool:
    return _SOCIAL.search(host) is not None


def socials_in(urls: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Network (`linkedin`, `twitter`, `instagram`, `facebook`) to the profiles linked; no share buttons."""
    found: dict[str, dict[str, None]] = {}
    for url in urls:
        if not _may_be_network((url.partition("//")[2] or url).partition("/")[0]):
            continue
        network = _NETWORKS.get(domain_of(url) or "")
        parts = urlsplit(url)
        path = parts.path.rstrip("/")
        number = re.search(r"(?:^|&)(id=\d{4,20})", parts.query) if path == "/profile.php" else None
        path = f"{path}?{number[1]}" if number else path
        if (
            network
            and len(path) > 1
            and path not in ("/profile.php", "/home.php", "/pages")
            and not _NOT_PROFILES.search(path + "/")
        ):
            host = (parts.hostname or "").removeprefix("m.")
            found.setdefault(network, {})[f"https://{host}{path}"] = None
    return {network: tuple(links) for network, links in found.items()}
