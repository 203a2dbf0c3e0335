"""The sites' own words, in the languages the world's companies write."""

from dataclasses import dataclass
from datetime import date

ENGLISH_MONTHS = "January February March April May June July August September October November December"
GERMAN_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"


@dataclass(frozen=True)
class Copy:
    language: str
    about_path: str
    news_path: str
    products_path: str
    careers_path: str
    contact_path: str
    legal_path: str
    home: str
    about_title: str
    about_description: str
    about: str
    working_on: str
    team_title: str
    team_description: str
    bio: str
    mail: str
    phone: str
    press: str
    news: str
    products: str
    product: str
    careers: str
    careers_description: str
    hiring: str
    contact: str
    legal_title: str
    legal: str
    voices: str
    testimonial: str
    tagline: str
    talk: str
    not_found: str

    def day(self, day: date) -> str:
        """As people of that language write a date."""
        if self.language == "de":
            return f"{day.day}. {GERMAN_MONTHS.split()[day.month - 1]} {day.year}"
        return f"{ENGLISH_MONTHS.split()[day.month - 1]} {day.day}, {day.year}"

    @property
    def navigation(self) -> tuple[tuple[str, str], ...]:
        return (
            ("/", self.home),
            (self.about_path, self.about_title),
            ("/team", "Team"),
            (self.products_path, self.products),
            (self.news_path, self.news),
            (self.careers_path, self.careers),
            (self.contact_path, self.contact),
        )


ENGLISH = Copy(
    language="en",
    about_path="/about",
    news_path="/news",
    products_path="/products",
    careers_path="/careers",
    contact_path="/contact",
    legal_path="/privacy",
    home="Home",
    about_title="About us",
    about_description="{name} since {founded}: who we are and what we work on",
    about=(
        "{name} was founded in {founded} in {city}. Today {employees} people work here.\n\n"
        "We make {offer}. Our customers are small teams with a lot to do, and we try to be the supplier "
        "they never have to chase."
    ),
    working_on="What we are working on this year",
    team_title="The people behind the work",
    team_description="Meet the people at {name}",
    bio=(
        "{first} joined {company} in {since} as {title} and works from {city}.\n\n"
        "Away from the desk, {first} gives most weekends to {one}, and the rainy ones to {two}."
    ),
    mail="Email",
    phone="Phone",
    press="Press and partnerships",
    news="News",
    products="Products",
    product="{product} is part of our work on {offer}.",
    careers="Careers",
    careers_description="{name} is hiring for {count} roles",
    hiring="We answer every application within ten days.",
    contact="Contact",
    legal_title="Privacy",
    legal=(
        "{legal} keeps what you send us through this site for as long as it takes to answer you.\n\n"
        "Questions go to {mail} or to {street}, {city} {postcode}."
    ),
    voices="What customers say",
    testimonial="They picked up the phone on a Sunday and stayed on until the line ran again.",
    tagline="{name}: {offer}",
    talk='{name}, {title}, spoke at {event} on "{talk}".\n\n"{quote}" was the sentence people wrote down.',
    not_found="We could not find that page.",
)
GERMAN = Copy(
    language="de",
    about_path="/ueber-uns",
    news_path="/aktuelles",
    products_path="/produkte",
    careers_path="/karriere",
    contact_path="/kontakt",
    legal_path="/impressum",
    home="Start",
    about_title="Über uns",
    about_description="{name} seit {founded}: wer wir sind und woran wir arbeiten",
    about=(
        "{name} wurde {founded} in {city} gegründet und beschäftigt heute {employees} Menschen.\n\n"
        "Wir bauen {offer}. Unsere Kunden schätzen kurze Wege und feste Ansprechpartner."
    ),
    working_on="Was uns in diesem Jahr beschäftigt",
    team_title="Unser Team",
    team_description="Die Menschen bei {name}",
    bio=(
        "{name} ist seit {since} bei {company}, zuletzt als {title}, und arbeitet in {city}.\n\n"
        "Nach Feierabend: {one} und {two}."
    ),
    mail="E-Mail",
    phone="Telefon",
    press="Presse und Partner",
    news="Aktuelles",
    products="Produkte",
    product="{product} gehört zu unserem Programm: {offer}.",
    careers="Karriere",
    careers_description="{name} sucht Verstärkung: {count} offene Stellen",
    hiring="Wir antworten auf jede Bewerbung innerhalb von zehn Tagen.",
    contact="Kontakt",
    legal_title="Impressum",
    legal=(
        "Angaben gemäß § 5 DDG\n\n{legal}, {street}, {postcode} {city}\n\nVertreten durch: {chief}\n\n"
        "Telefon: {phone}, E-Mail: {mail}\n\nRegistergericht: Amtsgericht {city}, HRB {number}\n\n"
        "Umsatzsteuer-Identifikationsnummer: DE0000{number}"
    ),
    voices="Stimmen unserer Kunden",
    testimonial="Am Sonntag angerufen, am Montag um sechs lief die Anlage wieder.",
    tagline="{name}: {offer}",
    talk="{name}, {title}, sprach bei {event} über „{talk}“.\n\n„{quote}“",
    not_found="Diese Seite gibt es nicht.",
)
COPY = {"en": ENGLISH, "de": GERMAN}
