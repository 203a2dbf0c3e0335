"""Who a sentence speaks of: name, company, address and links, in the ways people type them."""

import re
from dataclasses import dataclass

_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://|www\.)[^\s,;<>()]+|(?:[\w-]+\.)*linkedin\.com/[^\s,;<>()]+", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w/])\+?\(?\d[\d\s()./-]{6,}\d")
_TITLE = re.compile(
    r"\b(?:c[a-z]o|chief|president|vp|svp|evp|vice|head|director|manager|founder|co-founder|cofounder|owner|partner|"
    r"lead|engineer|developer|architect|analyst|consultant|officer|buyer|supervisor|coordinator|specialist|"
    r"geschäftsführer(?:in)?|leiter(?:in)?|sales|marketing|operations|procurement|hr|it)\b",
    re.IGNORECASE,
)
_AT = re.compile(r"\s+(?:at|from|with|@|works at|working at|who works at|bei)\s+", re.IGNORECASE)
_OF = re.compile(r"\s+of\s+(?=[A-Z0-9])")  # but not in a title: "Head of Sales"
_LABEL = re.compile(
    r"^(?:name|e-?mail(?: address)?|mail|company|firm|title|role|position|phone|tel|linkedin|website|site|web|url|"
    r"location|city|and|with|her|his|their)\b\s*(?:is\b|:)?\s*",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:(?:the|a|an|our|my|this|that|new|lead|leads|contact|person|prospect|somebody|someone|named|called)\b[\s:,-]*)+",
    re.IGNORECASE,
)
_LOCATION = re.compile(r"^(?:in|based in|located in|lives in|location:?)\s+", re.IGNORECASE)


@dataclass
class Named:
    """What a sentence says of a person. None: nothing said."""

    name: str | None = None
    email: str | None = None
    company: str | None = None
    title: str | None = None
    linkedin_url: str | None = None
    website_url: str | None = None
    phone: str | None = None
    location: str | None = None

    @property
    def is_bare(self) -> bool:
        """Only a name, or only an address."""
        rest = (self.company, self.title, self.linkedin_url, self.website_url, self.phone, self.location)
        return not any(rest) and not (self.name and self.email)


def named(text: str) -> Named:
    """Read "Dana Reyes at Northwind Robotics, dana@northwind.example" and its many relatives."""
    person = Named()
    text = _take_marks(text, person)
    parts = [
        part.strip(" .,:-")
        for part in re.split(r"[,;|\n()\[\]]|\s+[-–—]\s+|\s+and\s+(?=(?:her|his|the) )", text)
    ]
    parts = [_LABEL.sub("", part).strip(" .:") for part in parts]
    for part in (part for part in parts if part):
        _place(part, person)
    if person.name:
        person.name = proper(person.name)
    if person.company:
        person.company = proper(person.company)
    return person


def people(text: str) -> list[Named]:
    """One person a line; or, on one line, separated by semicolons or by "and" between two addresses."""
    lines = [re.sub(r"^\s*(?:[-*•]|\d+[.)])\s*", "", line) for line in text.splitlines()]
    lines = [line for line in lines if line.strip(" :,.")]
    if len(lines) == 1 and len(_EMAIL.findall(lines[0])) > 1:
        lines = re.split(r"\s*;\s*|\s+and\s+(?=[A-Z])", lines[0])
    found = [named(line) for line in lines]
    return [person for person in found if person.name or person.email]


def _take_marks(text: str, person: Named) -> str:
    """Take what is recognised by its form out of the text."""
    for url in _URL.findall(text):
        full = url if url.lower().startswith("http") else f"https://{url}"
        if "linkedin.com" in url.lower():
            person.linkedin_url = person.linkedin_url or full.rstrip(".")
        else:
            person.website_url = person.website_url or full.rstrip(".")
    text = _URL.sub(" , ", text)
    if email := _EMAIL.search(text):
        person.email = email.group().strip(".'").lower()
        text = _EMAIL.sub(" , ", text)
    if phone := _PHONE.search(text):
        person.phone = " ".join(phone.group().split())
        text = text.replace(phone.group(), " , ")
    return text.replace("<", " ").replace(">", " ")


def _place(part: str, person: Named) -> None:
    """Decide what one part between commas says."""
    location = _LOCATION.match(part)
    if location and person.name:
        person.location = person.location or part[location.end() :]
    elif person.name is None:
        person.name, rest = _split(_LEADING.sub("", part))
        if rest:
            person.company = rest
    elif person.title is None and _TITLE.search(part):
        person.title, rest = _split(part)
        person.company = person.company or rest
    elif person.company is None:
        person.company = re.sub(r"^(?:at|from|of|with|bei)\s+", "", part, flags=re.IGNORECASE)
    elif person.location is None:
        person.location = part


def _split(part: str) -> tuple[str | None, str | None]:
    """ "X at Y" into X and Y."""
    if started := re.match(r"^(?:at|from|with|bei)\s+", part, re.IGNORECASE):
        return None, part[started.end() :] or None
    by = _AT if _AT.search(part) or _TITLE.search(part) else _OF
    pieces = by.split(part, maxsplit=1)
    return pieces[0].strip() or None, pieces[1].strip() if len(pieces) > 1 else None


def proper(name: str) -> str:
    """A name typed in small letters gets its capitals; any other stays as it is."""
    if name != name.lower() or "@" in name:
        return name
    return re.sub(r"(?<![\w'])[^\W\d_]", lambda match: match.group().upper(), name)


def one(text: str) -> str:
    """A reference to one lead, as a tool takes it: an address, or a name without what surrounds it."""
    if email := _EMAIL.search(text):
        return email.group().strip(".'").lower()
    text = re.sub(
        r"'s?\b(?:\s+(?:e-?mails?|drafts?|dossier|profile|details|sequence|research|record|card|company))?$",
        "",
        text.strip(" .,:?!\"'"),
    )
    text = re.sub(
        r"\s+(?:yet|again|now|already|today|so far|lately|anyway|then)$", "", text, flags=re.IGNORECASE
    )
    return proper(_LEADING.sub("", text).strip(" .,:?!\"'"))
