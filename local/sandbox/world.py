"""The sandbox's world: who exists, where they work, and what the web says of them.

Everything is made from the seed and the day the world began, so names, hosts and dates are to be read
from here and written down nowhere else.
"""

from datetime import date
from functools import cached_property

from local.sandbox.world_make import DEFAULT_SEED, make_world
from local.sandbox.world_model import CHARACTERS, SITE_KINDS, Address, Company, NewsItem, Person, Talk, slug
from local.sandbox.world_search import Result, Results, SearchIndex, documents

__all__ = [
    "CHARACTERS",
    "DEFAULT_SEED",
    "SITE_KINDS",
    "Address",
    "Company",
    "NewsItem",
    "Person",
    "Result",
    "Results",
    "Talk",
    "World",
    "slug",
]


class World:
    news_host = "trade-herald.example"
    directory_host = "company-atlas.example"
    trap_host = "quiet-collector.example"  # where planted instructions want things sent; it serves nothing

    def __init__(self, seed: int, today: date) -> None:
        """`today` is the day the world began; news and talks are dated back from it."""
        self.seed = seed
        self.today = today
        self.companies, self.people = make_world(seed, today)
        self._companies = {company.key: company for company in self.companies}
        self._hosts = {host: company for company in self.companies for host in (company.host, company.domain)}
        self._people = {person.email: person for person in self.people}
        self.unlisted: set[str] = set()  # keys of companies that neither search engines nor the map know

    def company(self, key: str) -> Company:
        """KeyError where there is none."""
        return self._companies[key]

    def company_by_host(self, host: str) -> Company | None:
        """By the site's host name or by the bare domain, in any case, with or without a port."""
        return self._hosts.get(host.lower().rstrip(".").partition(":")[0])

    def company_by_domain(self, domain: str) -> Company | None:
        company = self.company_by_host(domain)
        return company if company and company.domain == domain.lower().rstrip(".") else None

    def person_by_email(self, address: str) -> Person | None:
        """Who reads mail to this address; a part after `+` is ignored."""
        local, _, domain = address.strip().lower().rpartition("@")
        return self._people.get(f"{local.partition('+')[0]}@{domain}")

    def people_of(self, company: Company) -> tuple[Person, ...]:
        """In the order their team page shows them."""
        return tuple(person for person in self.people if person.company_key == company.key)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that serves pages."""
        return (*self._hosts, self.news_host, self.directory_host)

    @property
    def tls_hosts(self) -> tuple[str, ...]:
        """The hosts that answer on port 443."""
        return tuple(host for host, company in self._hosts.items() if company.site_kind == "tls")

    def search(self, query: str, start: int = 1, num: int = 10, since: date | None = None) -> Results:
        """Ranked pages; `start` counts from 1; `since` leaves only pages dated then or later.

        LinkedIn profiles are found but served nowhere.
        """
        hidden = frozenset(self._companies[key].host for key in self.unlisted)
        return self._index.search(query, start, num, since, hidden)

    @cached_property
    def _index(self) -> SearchIndex:
        return SearchIndex(documents(self))
