"""The dated articles on a company's own site: what happened, when, and what somebody said of it."""

from datetime import date, timedelta
from random import Random

from local.sandbox import world_names as names
from local.sandbox.world_model import NewsItem, Person, slug

# title, body; the quotation is always the speaker's and stands on this page only
ENGLISH = (
    (
        "{name} raises ${money} million to expand in {place}",
        "{name} has closed a ${money} million Series B round led by Quillstone Partners.\n\n"
        "The money will pay for {hires} new hires in {place} and for the next version of {product}.\n\n"
        '"{quote}" said {speaker}, {title}.',
    ),
    (
        "{name} signs {customer} as its largest customer yet",
        "{customer} will use {product} at {sites} sites under a three-year agreement.\n\n"
        "The roll-out began this month and should be finished within {hires} weeks.\n\n"
        '"{quote}" said {speaker}, {title} at {name}.',
    ),
    (
        "Introducing the new {product}",
        "{product} now sets up in under {hires} minutes and costs {percent} percent less to run.\n\n"
        "{sites} customers in and around {place} tried it before the launch.\n\n"
        '"{quote}" said {speaker}, {title}.',
    ),
    (
        "{name} opens a second site in {place}",
        "The new building holds {hires} desks and a workshop for training customers on {product}.\n\n"
        '"{quote}" said {speaker}, {title}, at the opening.',
    ),
    (
        "{name} named regional employer of the year",
        "A jury of the {place} Chamber of Commerce chose {name} from {sites} finalists.\n\n"
        '"{quote}" said {speaker}, {title}.',
    ),
)
GERMAN = (
    (
        "{name} erweitert den Standort {place}",
        "{name} hat am Standort {place} eine neue Halle mit {hires} Arbeitsplätzen in Betrieb genommen.\n\n"
        "Gefertigt wird dort ab sofort der {product}.\n\n"
        "„{quote}“, sagt {speaker}, {title}.",
    ),
    (
        "Großauftrag: {customer} bestellt {product}",
        "{customer} setzt den {product} künftig an {sites} Standorten ein. Der Vertrag läuft drei Jahre.\n\n"
        "„{quote}“, sagt {speaker}, {title} bei {name}.",
    ),
    (
        "{name} stellt den neuen {product} vor",
        "Der {product} braucht {percent} Prozent weniger Energie als sein Vorgänger.\n\n"
        "„{quote}“, sagt {speaker}, {title}.",
    ),
)
ENGLISH_QUOTES = (
    "We asked customers what annoyed them most, and started there,",
    "Half of our orders last year came from people who had left us once,",
    "We would rather be early and small than late and loud,",
    "Nobody here wants another tool, they want Thursday afternoon back,",
    "The hardest part was saying no to the other nine ideas,",
)
GERMAN_QUOTES = (
    "Wir haben zuerst unsere Monteure gefragt und dann gebaut",
    "Qualität entsteht für uns vor der ersten Zeichnung",
    "Ohne unsere Auszubildenden hätten wir das nicht geschafft",
)


def company_news(
    chance: Random,
    name: str,
    industry: names.Industry,
    place: names.Place,
    team: list[Person],
    today: date,
    *,
    german: bool,
) -> tuple[NewsItem, ...]:
    """Three articles, newest first; the oldest is more than a year old."""
    stories = chance.sample(GERMAN if german else ENGLISH, 3)
    quotes = chance.sample(GERMAN_QUOTES if german else ENGLISH_QUOTES, 3)
    ages = (chance.randint(4, 25), chance.randint(40, 160), chance.randint(400, 700))
    items = []
    for (title, body), quote, age, speaker in zip(stories, quotes, ages, (*team[1:3], team[0]), strict=True):
        words = {
            "name": name,
            "product": chance.choice(industry.products),
            "place": place.city,
            "customer": chance.choice(names.CUSTOMERS),
            "money": chance.randint(6, 48),
            "hires": chance.randint(7, 45),
            "sites": chance.randint(5, 29),
            "percent": chance.randint(11, 42),
            "quote": quote,
            "speaker": speaker.name,
            "title": speaker.title,
        }
        headline = title.format(**words)
        day = today - timedelta(days=age)
        items.append(
            NewsItem(day, headline, body.format(**words), f"{day:%Y-%m}-{slug(headline)[:60].strip('-')}")
        )
    return tuple(items)
