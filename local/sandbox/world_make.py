"""Makes the companies and people of a world from a seed. The same seed and day give the same world."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import cycle
from random import Random

from local.sandbox import world_names as names
from local.sandbox.world_model import CHARACTERS, SITE_KINDS, Address, Company, Person, Talk, slug
from local.sandbox.world_news import company_news

DEFAULT_SEED = 7
PLAN = (*SITE_KINDS, "static", "javascript", "robots", "static")  # the kind of each company's site, in order
PEOPLE_EACH = (4, 6)
# After everybody's first ten, how the rest are drawn: most strangers say nothing.
CHARACTER_WEIGHTS = (15, 10, 10, 10, 8, 7, 5, 7, 20, 8)
ADDRESS_PATTERNS = ("{first}.{last}", "{initial}{last}", "{first}")


@dataclass(frozen=True)
class Draft:
    """What is settled about a company before its people and news exist."""

    stem: str
    name: str
    domain: str
    industry: names.Industry
    place: names.Place
    site_kind: str
    german: bool
    pattern: str
    robots: str = ""


def make_world(seed: int, today: date) -> tuple[tuple[Company, ...], tuple[Person, ...]]:
    chance = Random(seed)
    companies: list[Company] = []
    people: list[Person] = []
    taken: set[str] = set()
    for draft in _drafts(chance, seed):
        team = _team(chance, draft, today, taken)
        if seed == DEFAULT_SEED and not people:
            team = _with_readme_person(team)
        companies.append(_company(chance, draft, team, today))
        people.extend(team)
    people = _with_characters(chance, people)
    if seed == DEFAULT_SEED:
        people = _with_interested(people, 1)
        trade = _readme_trade(today, taken)
        companies += [company for company, _ in trade]
        people += [person for _, team in trade for person in team]
    return tuple(companies), tuple(people)


def _readme_trade(today: date, taken: set[str]) -> list[tuple[Company, list[Person]]]:
    """The default world has the kind of companies that the README's example looks for: some small, some large. They
    are drawn apart, and change nothing of the others."""
    chance, made = Random(DEFAULT_SEED + 1), []
    place = next(one for one in names.PLACES if one.city == "Austin")
    for (stem, employees), suffix in zip(names.PLUMBERS, cycle(names.PLUMBING.suffixes), strict=False):
        drawn = _draft(chance, stem, names.PLUMBING, "static", german=False)
        name = f"{stem} {suffix}"
        draft = replace(drawn, name=name, domain=f"{slug(name)}.example", place=place)
        team = _team(chance, draft, today, taken)
        characters = chance.choices(CHARACTERS, CHARACTER_WEIGHTS, k=len(team))
        team = [replace(one, character=character) for one, character in zip(team, characters, strict=True)]
        made.append((replace(_company(chance, draft, team, today), employees=employees), team))
    return made


def _drafts(chance: Random, seed: int) -> list[Draft]:
    industries = chance.sample(names.INDUSTRIES, len(names.INDUSTRIES))
    stems = chance.sample(names.STEMS, len(PLAN))
    drafts = []
    for index, kind in enumerate(PLAN):
        german = kind == "german"
        stem = chance.choice(names.GERMAN_STEMS) if german else stems[index]
        if index == len(PLAN) - 1:
            stem = drafts[2].stem  # two companies share a name, the usual mix-up
        industry = names.GERMAN_INDUSTRY if german else industries[index % len(industries)]
        draft = _draft(chance, stem, industry, kind, german)
        if kind == "robots":
            draft = replace(draft, robots="all" if "robots" in PLAN[:index] else "part")
        drafts.append(draft)
    if seed == DEFAULT_SEED:
        drafts[0] = replace(
            drafts[0],
            stem="Northwind",
            name="Northwind Robotics",
            domain="northwind.example",
            industry=names.INDUSTRIES[0],
            pattern=ADDRESS_PATTERNS[0],
        )
    return drafts


def _draft(chance: Random, stem: str, industry: names.Industry, kind: str, german: bool) -> Draft:
    suffix = chance.choice(industry.suffixes)
    return Draft(
        stem=stem,
        name=f"{stem} {suffix}",
        domain=f"{slug(stem)}-{slug(suffix)}.example",
        industry=industry,
        place=chance.choice(names.GERMAN_PLACES if german else names.PLACES),
        site_kind=kind,
        german=german,
        pattern=chance.choice(ADDRESS_PATTERNS),
    )


def _team(chance: Random, draft: Draft, today: date, taken: set[str]) -> list[Person]:
    size = chance.randint(*PEOPLE_EACH)
    titles = chance.sample(range(1, len(names.TITLES)), min(size, len(names.TITLES)) - 1)
    talker = chance.randrange(size)
    return [
        _person(
            chance,
            draft,
            0 if at == 0 else titles[at - 1],
            today,
            taken,
            talks=at == talker,
            public=at % 2 == 0,
        )
        for at in range(size)
    ]


def _person(
    chance: Random, draft: Draft, title: int, today: date, taken: set[str], *, talks: bool, public: bool
) -> Person:
    first, last, role = _identity(chance, draft, title, taken)
    address = draft.pattern.format(first=slug(first), last=slug(last), initial=slug(first)[0])
    pool = names.GERMAN_INTERESTS if draft.german else names.INTERESTS
    return Person(
        key=f"{slug(draft.name)}/{slug(first)}-{slug(last)}",
        first_name=first,
        last_name=last,
        title=role,
        email=f"{address}@{draft.domain}",
        company_key=slug(draft.name),
        linkedin_url=f"https://www.linkedin.com/in/{slug(first)}-{slug(last)}-{chance.randrange(16**6):06x}",
        character="silent",
        city=draft.place.city,
        country=draft.place.country,
        timezone=draft.place.timezone,
        interests=tuple(chance.sample(pool, 2)),
        phone=digits(chance, draft.place.phone),
        since=today.year - chance.randint(1, 9),
        email_public=public,
        talk=_talk(chance, today) if talks else None,
    )


def _identity(chance: Random, draft: Draft, title: int, taken: set[str]) -> tuple[str, str, str]:
    """First name, last name and title of somebody new; at one company no two share a first or a last name."""
    while True:
        if draft.german:
            first, feminine = chance.choice(names.GERMAN_FIRST_NAMES)
            last = chance.choice(names.GERMAN_LAST_NAMES)
            role = names.GERMAN_TITLES[title % len(names.GERMAN_TITLES)][feminine]
        else:
            first, last, role = (
                chance.choice(names.FIRST_NAMES),
                chance.choice(names.LAST_NAMES),
                names.TITLES[title],
            )
        keys = {f"{first} {last}", f"{draft.name}:{first}", f"{draft.name}:{last}"}
        if not keys & taken:
            taken |= keys
            return first, last, role


def _talk(chance: Random, today: date) -> Talk:
    title, quote = chance.choice(names.TALKS)
    kind = chance.choice(("podcast", "talk"))
    event = chance.choice(names.PODCASTS if kind == "podcast" else names.CONFERENCES)
    return Talk(today - timedelta(days=chance.randint(8, 80)), kind, event, title, quote)


def digits(chance: Random, pattern: str) -> str:
    return re.sub("#", lambda _: str(chance.randint(0, 9)), pattern)


def _company(chance: Random, draft: Draft, team: list[Person], today: date) -> Company:
    place, stem_slug = draft.place, slug(draft.name)
    street = chance.choice(names.GERMAN_STREETS if draft.german else names.STREETS)
    number = chance.randint(2, 180)
    return Company(
        key=stem_slug,
        name=draft.name,
        legal_name=f"{draft.name} GmbH" if draft.german else f"{draft.name} {_legal_form(place.code)}",
        domain=draft.domain,
        host=f"www.{draft.domain}",
        industry=draft.industry.label,
        city=place.city,
        country=place.country,
        country_code=place.code,
        timezone=place.timezone,
        language="de" if draft.german else "en",
        site_kind=draft.site_kind,
        robots=draft.robots,
        employees=chance.choice((18, 26, 34, 48, 72, 95, 140, 210, 380)),
        founded=today.year - chance.randint(4, 38),
        products=tuple(chance.sample(draft.industry.products, 3)),
        news=company_news(chance, draft.name, draft.industry, place, team, today, german=draft.german),
        jobs=tuple(chance.sample(names.GERMAN_JOBS if draft.german else names.JOBS, 3)),
        offer=draft.industry.offer,
        phone=digits(chance, place.phone),
        email=f"{'kontakt' if draft.german else chance.choice(('hello', 'info', 'contact'))}@{draft.domain}",
        address=Address(
            street=f"{street} {number}" if draft.german else f"{number} {street}",
            postcode=digits(chance, place.postcode),
            city=place.city,
            region=place.region,
            country=place.country,
        ),
        socials=tuple(
            (net, link.format(slug=stem_slug, handle=stem_slug.replace("-", "")[:15]))
            for net, link in names.NETWORKS
        ),
        pains=draft.industry.pains,
        rating=chance.choice((3.6, 4.1, 4.4, 4.7, 4.9)),
        reviews=chance.randint(4, 320),
    )


def _legal_form(code: str) -> str:
    return {"GB": "Ltd", "AU": "Pty Ltd"}.get(code, "Inc.")


def _with_characters(chance: Random, people: list[Person]) -> list[Person]:
    """Everybody's character: each of the ten at least once, the rest by weight, in no order."""
    drawn = [*CHARACTERS, *chance.choices(CHARACTERS, CHARACTER_WEIGHTS, k=len(people) - len(CHARACTERS))]
    chance.shuffle(drawn)
    return [replace(person, character=character) for person, character in zip(people, drawn, strict=True)]


def _with_readme_person(team: list[Person]) -> list[Person]:
    """The default world has the person whom the README's example names; other seeds have not."""
    role = "VP of Operations"
    team = [replace(person, title=team[1].title) if person.title == role else person for person in team]
    dana = replace(
        team[1],
        key=f"{team[1].company_key}/dana-reyes",
        first_name="Dana",
        last_name="Reyes",
        title=role,
        email="dana@northwind.example",
        linkedin_url="https://www.linkedin.com/in/dana-reyes-" + team[1].linkedin_url[-6:],
        email_public=True,
    )
    return [team[0], dana, *team[2:]]


def _with_interested(people: list[Person], at: int) -> list[Person]:
    """The person at this place and somebody interested swap characters."""
    other = next(index for index, person in enumerate(people) if person.character == "interested")
    swapped = list(people)
    swapped[other] = replace(people[other], character=people[at].character)
    swapped[at] = replace(people[at], character="interested")
    return swapped
