"""What the sandbox's world is made of: companies, their people, their news. Plain frozen data."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

CHARACTERS = (
    "interested",
    "question",
    "not_now",
    "not_interested",
    "out_of_office",
    "bounce_hard",
    "bounce_soft",
    "unsubscribe",
    "silent",
    "slow",
)
SITE_KINDS = (
    "static",
    "javascript",
    "slow",
    "broken",
    "redirecting",
    "german",
    "injected",
    "robots",
    "tls",
)


def slug(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, umlauts spelled out as in a German domain."""
    for letter, plain in (
        ("ä", "ae"),
        ("ö", "oe"),
        ("ü", "ue"),
        ("Ä", "Ae"),
        ("Ö", "Oe"),
        ("Ü", "Ue"),
        ("ß", "ss"),
    ):
        text = text.replace(letter, plain)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


@dataclass(frozen=True)
class NewsItem:
    """A dated article on the company's own site; `slug` is the last part of its path."""

    date: date
    title: str
    body: str  # paragraphs, parted by an empty line
    slug: str


@dataclass(frozen=True)
class Talk:
    """Something a person said in public; it stands on one page of the world only."""

    date: date
    kind: str  # "podcast" or "talk"
    event: str
    title: str
    quote: str


@dataclass(frozen=True)
class Person:
    """Somebody who may become a lead. `character` decides what their mailbox does with an email."""

    key: str
    first_name: str
    last_name: str
    title: str
    email: str
    company_key: str
    linkedin_url: str
    character: str  # one of CHARACTERS
    city: str
    country: str
    timezone: str
    interests: tuple[str, ...]
    phone: str
    since: int  # the year they joined
    email_public: bool  # whether any page shows the address
    talk: Talk | None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def slug(self) -> str:
        return self.key.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Address:
    street: str
    postcode: str
    city: str
    region: str
    country: str  # its English name

    @property
    def line(self) -> str:
        """In the order the country writes it."""
        if self.country == "Germany":
            return f"{self.street}, {self.postcode} {self.city}"
        return ", ".join(
            part for part in (self.street, self.city, f"{self.region} {self.postcode}".strip()) if part
        )


@dataclass(frozen=True)
class Company:
    """A company with a site. `host` is where its site answers; `domain` is what its mail uses."""

    key: str
    name: str
    legal_name: str
    domain: str
    host: str
    industry: str
    city: str
    country: str
    country_code: str
    timezone: str
    language: str  # "en" or "de"
    site_kind: str  # one of SITE_KINDS
    robots: str  # what robots.txt forbids: "" nothing, "part" the team and the news, "all" everything
    employees: int
    founded: int
    products: tuple[str, ...]
    news: tuple[NewsItem, ...]
    jobs: tuple[str, ...]
    offer: str
    phone: str
    email: str
    address: Address
    socials: tuple[tuple[str, str], ...]  # network name, link
    pains: tuple[str, ...]
    rating: float  # on the map, 1 to 5
    reviews: int

    @property
    def url(self) -> str:
        scheme = "https" if self.site_kind == "tls" else "http"
        return f"{scheme}://{self.host}"
