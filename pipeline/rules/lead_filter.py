"""Which leads a campaign is for, in one grammar for the assistant, the command and the form.

`replied, source:google, score>=70`: every part has to hold. Parts are joined by commas or AND; a name that holds a
comma goes into quotes.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from db.lead_filter import PRIORITY_TAG, LeadFilter
from pipeline.errors import UserError

EVER = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST = 100  # characters of a name
GRAMMAR = (
    "all, replied, not_contacted, contacted, researched, qualified, priority, source:NAME, company:NAME, tag:NAME, "
    "title:WORDS, location:WORDS, score>=N"
)
EXAMPLE = "source:google, not_contacted"
_STATES: dict[str, dict[str, object]] = {
    "all": {},
    "replied": {"replied_since": EVER},
    "not_contacted": {"contacted": False},
    "contacted": {"contacted": True},
    "researched": {"researched": True},
    "qualified": {"qualified": True},
    "priority": {"tag": PRIORITY_TAG},
}
_SAME = {
    "uncontacted": "not_contacted",
    "everyone": "all",
    "answered": "replied",
    "high_priority": "priority",
}
_NAMED = ("source", "company", "tag", "title", "location")
_SCORE = re.compile(
    r"score\s*(?P<sign>>=|=>|≥|>|:|=|at least|over|above)\s*(?P<number>\d{1,3})", re.IGNORECASE
)
_A_PART = rf"(?:not[ _-]contacted|(?:{'|'.join([*_STATES, *_SAME])})\b|(?:{'|'.join(_NAMED)})\s*:|score\b)"
_JOINT = re.compile(rf"\s*[,;]\s*|\s+AND\s+|\s+and\s+(?={_A_PART})")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')
_FILLER = re.compile(r"\b(?:all|the|my|our|leads?|contacts?|people|who|have|are|with)\b", re.IGNORECASE)


def parse(text: str) -> LeadFilter:
    """Raises UserError, with the grammar, for what it does not hold."""
    parts = list(_parts(text))
    if not parts:
        raise UserError(f"For which leads? Name them, or use a filter: {GRAMMAR}. For example “{EXAMPLE}”.")
    wanted = LeadFilter()
    for part in parts:
        for name, value in _read(part).items():
            before = getattr(wanted, name)
            if before is not None and before != value:
                raise UserError(
                    f"“{part[:60]}” and another part of the filter can't both hold: each may be named once."
                )
            wanted = replace(wanted, **{name: value})
    return wanted


def _parts(text: str) -> Iterator[str]:
    """The parts between commas and ANDs; those inside quotes join nothing."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0][1:-1])
        return f"\x00{len(kept) - 1}\x00"

    bare = _QUOTED.sub(keep, " ".join(text.replace("\x00", "").split()))
    for piece in _JOINT.split(bare):
        whole = re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match[1])], piece).strip()
        if whole:
            yield whole


def _read(part: str) -> dict[str, object]:
    if score := _SCORE.fullmatch(part):
        least = int(score["number"]) + (score["sign"] in (">", "over", "above"))
        if least > 100:
            raise UserError("Scores go from 0 to 100.")
        return {"least_score": least}
    name, colon, value = part.partition(":")
    key = name.strip().lower()
    if colon and key in _NAMED:
        return {key: _name(key, value)}
    if not colon and (state := _state(part)) is not None:
        return _STATES[state]
    raise UserError(
        f"“{part[:60]}” is no filter I know. I know: {GRAMMAR}. For example “{EXAMPLE}”; a name with a comma goes "
        'into quotes: company:"Acme, Inc.".'
    )


def _name(key: str, value: str) -> str:
    value = value.strip(" \"'“”")
    if not value:
        raise UserError(f"Which {key}? Write it after the colon, for example “{key}:{_LIKE[key]}”.")
    return value[:LONGEST]


_LIKE = {
    "source": "google",
    "company": "Acme",
    "tag": "fintech",
    "title": "head of sales",
    "location": "Berlin",
}


def _state(part: str) -> str | None:
    """The state that words name: “all replied leads” is replied."""
    part = part.strip(" .!")
    for words in (part, _FILLER.sub(" ", part)):
        key = "_".join(words.lower().replace("-", " ").replace("_", " ").split())
        key = _SAME.get(key, key)
        if key in _STATES:
            return key
    return "all" if re.fullmatch(r"(?:all|every)(?: (?:of )?(?:the|my|our))? leads?", part.lower()) else None


_SAID = {
    "replied": "who replied",
    "not_contacted": "not contacted yet",
    "contacted": "contacted before",
    "researched": "researched",
    "qualified": "qualified",
    "priority": "on the priority list",
}


def words_of(text: str) -> str:
    """A filter as people say it: “Leads from google, not contacted yet”. Raises UserError like `parse`."""
    parse(text)
    said: list[str] = []
    for part in _parts(text):
        name, colon, value = part.partition(":")
        key, value = name.strip().lower(), value.strip(" \"'“”")
        if score := _SCORE.fullmatch(part):
            over = score["sign"] in (">", "over", "above")
            said.append(f"with a score {'over' if over else 'of at least'} {score['number']}")
        elif colon:
            before = {
                "source": "from",
                "company": "at",
                "tag": "tagged",
                "title": "with the title",
                "location": "in",
            }
            said.append(f"{before[key]} {value}")
        elif (state := _state(part)) and state in _SAID:
            said.append(_SAID[state])
    return f"Leads {', '.join(said)}" if said else "All leads"
