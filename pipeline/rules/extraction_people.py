"""People whom a page names with what they do: by markup, or by a name standing above a job title."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.rules.dedupe import plain, same_name
from pipeline.rules.extraction_contacts import belongs_to
from pipeline.rules.extraction_emails import FoundEmail
from pipeline.rules.extraction_markup import MarkupPerson

TITLE = re.compile(
    r"\b(c[etofimrp]o|chief|founder|co-?founder|owner|president|vice president|[se]?vp|director|head|manager|"
    r"lead|leader|partner|principal|officer|engineer|developer|architect|designer|scientist|analyst|consultant|"
    r"specialist|executive|chair|chairman|chairwoman|secretary|treasurer|coordinator|supervisor|buyer|associate|"
    r"assistant|attorney|lawyer|pastor|dentist|accountant|bookkeeper|editor|administrator|representative|advisor|"
    r"geschäftsführer(in)?|inhaber(in)?|leiter(in)?|leitung|vorstand|vorständin|prokurist(in)?|gründer(in)?|"
    r"vertrieb|buchhaltung|sekretariat|assistenz|ansprechpartner(in)?|rechtsanwalt|rechtsanwältin|"
    r"directeur|directrice|responsable|gérant|gérante|président|présidente|director[a]?|gerente|jef[ea]|"
    r"direttore|direttrice|responsabile|titolare|kierownik|prezes|dyrektor|zaakvoerder|eigenaar|verkoop|"
    r"jednatel|ředitel|sócio|diretor[a]?|direktør|chef|vd|säljare)\b",
    re.IGNORECASE,
)
_UPPER = r"[^\W\d_a-zß]"
_NAME = re.compile(
    r"(?:(?i:dr|prof|mr|mrs|ms|miss|herr|frau|mme|m|dipl\.-ing|ing|mag|rev|pastor|sir)\.?\s){0,3}"
    rf"{_UPPER}[\w'’.-]{{0,20}}"
    rf"(?:\s(?:{_UPPER}[\w'’-]{{0,24}}\.?|(?i:van|von|de|der|den|da|di|del|la|le|bin|al|dos|y))){{1,4}}"
    r"(?:,? (?i:jr|sr|phd|md|mba|esq|cpa|dds|dvm|rn|ii|iii)\.?){0,2}"
)
_NOT_NAMES = frozenset(
    [
        "about",
        "contact",
        "us",
        "our",
        "team",
        "the",
        "your",
        "services",
        "service",
        "home",
        "page",
        "privacy",
        "policy",
        "terms",
        "sales",
        "support",
        "office",
        "news",
        "welcome",
        "all",
        "rights",
        "reserved",
        "read",
        "more",
        "learn",
        "view",
        "opening",
        "hours",
        "street",
        "road",
        "customer",
        "customers",
        "email",
        "phone",
        "fax",
        "follow",
        "get",
        "touch",
        "products",
        "product",
        "company",
        "group",
        "inc",
        "ltd",
        "llc",
        "gmbh",
        "who",
        "what",
        "how",
        "meet",
        "board",
        "staff",
        "management",
        "history",
        "jobs",
        "career",
        "careers",
        "kontakt",
        "impressum",
        "über",
        "uns",
        "datenschutz",
        "leistungen",
        "unsere",
        "ihre",
        "head",
        "chief",
        "director",
        "manager",
        "sign",
        "log",
        "free",
        "shop",
        "store",
        "blog",
        "events",
        "event",
        "copyright",
        "media",
        "press",
        "general",
        "information",
        "department",
        "free",
        "center",
        "university",
        "school",
        "college",
        "institute",
        "new",
        "york",
        "san",
        "los",
        "angeles",
        "north",
        "south",
        "east",
        "west",
        "united",
        "states",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "message",
        "send",
        "name",
        "first",
        "last",
        "subject",
        "latest",
        "recent",
        "post",
        "posts",
    ]
)
_MOST = 60


@dataclass(frozen=True, slots=True)
class FoundPerson:
    name: str
    title: str | None
    email: str | None
    phone: str | None


def people_in(
    marked: Sequence[MarkupPerson], lines: Sequence[str], emails: Sequence[FoundEmail]
) -> tuple[FoundPerson, ...]:
    """Each person once; markup first. Who has neither title nor address beside the name is left out of the text's."""
    found = [FoundPerson(person.name, person.title, _bare(person.email), person.phone) for person in marked]
    for place in range(min(len(lines), 3000)):
        person = _person_at(lines, place)
        if person is not None and not any(same_name(person.name, known.name) for known in found):
            found.append(person)
        if len(found) >= _MOST:
            break
    return tuple(_with_email(person, emails) for person in found)


def _bare(email: str | None) -> str | None:
    return email.lower() if email and "@" in email else None


def _person_at(lines: Sequence[str], place: int) -> FoundPerson | None:
    """`Jane Miller` above `Head of Sales`; or both in a line, with a comma, dash or bracket between."""
    line = lines[place]
    if is_name(line):
        for following in lines[place + 1 : place + 3]:
            if is_title(following) and not is_name_only(following):
                return FoundPerson(line, following, None, None)
        return None
    if len(line) > _LONGEST_LINE:
        return None
    match = _NAME_AND_TITLE.fullmatch(line) if _SEPARATOR.search(line, 4) else None
    if match and is_name(match["name"]) and is_title(match["title"]):
        return FoundPerson(match["name"].strip(), match["title"].strip(), None, None)
    labelled = _TITLE_AND_NAME.match(line) if ":" in line else None
    if labelled and is_name(labelled["name"]) and is_title(labelled["title"]):
        return FoundPerson(labelled["name"].strip(), labelled["title"].strip(), None, None)
    return None


_LONGEST_LINE = 130  # neither of the patterns holds more
_SEPARATOR = re.compile(r"[,|:(–—]|\s-")
_NAME_AND_TITLE = re.compile(
    r"(?P<name>[^,|:(–—-]{4,40}?)\s{0,2}(?:[,|:(–—]|\s-)\s{0,2}(?P<title>[^|()]{3,80}?)\)?"
)
_TITLE_AND_NAME = re.compile(r"(?P<title>[^:\n]{3,50}):\s{0,2}(?P<name>[^,:(|]{4,40})$")


def is_name(text: str) -> bool:
    """Two to five words as a person is called; no words of menus and no job."""
    text = text.strip()
    if not 5 <= len(text) <= 45 or " " not in text or (text.isupper() and len(text) > 30):
        return False
    if sum(word[:1].isupper() for word in text.split()) < 2 or not _NAME.fullmatch(text):
        return False
    words = set(plain(text).replace(".", " ").replace(",", " ").split())
    return _NOT_NAMES.isdisjoint(words) and not words <= _SMALL and TITLE.search(text) is None


_SMALL = frozenset(("van", "von", "de", "der", "den", "da", "di", "del", "la", "le", "bin", "al", "dos", "y"))


def is_name_only(text: str) -> bool:
    return is_name(text) and TITLE.search(text) is None


def is_title(text: str) -> bool:
    short = 2 <= len(text) <= 80 and len(text.split()) <= 9
    return short and "@" not in text and not text.endswith((".", "!", "?")) and bool(TITLE.search(text))


def _with_email(person: FoundPerson, emails: Sequence[FoundEmail]) -> FoundPerson:
    if person.email is not None:
        return person
    own = [email.address for email in emails if belongs_to(email.address, person.name) == 1]
    return FoundPerson(person.name, person.title, own[0], person.phone) if own else person
