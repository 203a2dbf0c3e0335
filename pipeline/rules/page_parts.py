"""A long page in parts a model can read, cut where sections end, the most telling first."""

import re
from collections.abc import Iterator, Sequence

from pipeline.rules.company_match import mentions_company, mentions_person
from pipeline.rules.dedupe import plain
from pipeline.rules.extraction_facts import Subject

PART_TOKENS = 3500
MOST_PARTS = 6  # of one page; the run's own limit of readings holds beside it
_ROOM_FOR_SECTION = 0.6  # of the budget, beyond which the next heading begins a new part
_WIDE = 0x2E80  # from here on (CJK, Hangul), a letter is a token
_TELLING = re.compile(
    r"\b(20[12]\d|announce\w*|launch\w*|open(?:s|ed|ing)|award\w*|interview|podcast|said|says|believes?|passion\w*|"
    r"founded|employees|director|head of|chief|kündigt|eröffne\w*|gründe\w*|mitarbeiter\w*|geschäftsführ\w*|"
    r"leiter\w*|annonce\w*|lance\w*|fond\w*|anuncia\w*|lanza\w*)\b",
    re.IGNORECASE,
)


def tokens_in(text: str) -> float:
    """An estimate on the safe side, without any model's tokenizer: four letters of English are one."""
    simple = len(text.encode("ascii", "ignore"))
    wide = sum(ord(letter) >= _WIDE for letter in text) if simple < len(text) else 0
    return simple / 4 + wide + (len(text) - simple - wide) / 2


def parts_of(text: str, budget: float = PART_TOKENS) -> tuple[str, ...]:
    """The whole text in its order, each part within the budget; short text is one part."""
    if tokens_in(text) <= budget:
        return (text,)
    parts: list[str] = []
    lines: list[str] = []
    used = 0.0
    for line in _lines(text, budget):
        size = tokens_in(line) + 0.25
        is_full = used + size > budget
        if lines and (is_full or (used > budget * _ROOM_FOR_SECTION and _begins_section(line))):
            parts.append("\n".join(lines))
            lines, used = [], 0.0
        lines.append(line)
        used += size
    if lines:
        parts.append("\n".join(lines))
    return tuple(parts)


def _lines(text: str, budget: float) -> Iterator[str]:
    """Lines, those beyond the budget cut at the end of a sentence or a word, or anywhere at the worst."""
    for line in text.splitlines():
        while tokens_in(line) > budget:
            most = max(1, int(budget * len(line) / tokens_in(line) * 0.95))
            ends = [match.end() for match in re.finditer(r"[.!?。！？]\s*", line[:most])]
            at = ends[-1] if ends and ends[-1] > most // 2 else line.rfind(" ", most // 2, most)
            at = at if at > 0 else most
            yield line[:at].strip()
            line = line[at:]
        yield line


def _begins_section(line: str) -> bool:
    """An empty line, or a short one that ends without a full stop: a heading."""
    text = line.strip()
    return not text or (len(text) <= 70 and text[-1] not in ".,;:!?…" and text[:1].isupper())


def most_telling(parts: Sequence[str], subject: Subject, most: int = MOST_PARTS) -> tuple[int, ...]:
    """Numbers of the parts to read, best first: those that name the person, then the company, then those with
    dates and deeds; the beginning before the end among equals."""
    ranked = sorted(range(len(parts)), key=lambda number: (-_score(parts[number], subject), number))
    return tuple(ranked[:most])


def _score(part: str, subject: Subject) -> float:
    person = 5.0 * mentions_person(part, subject.name)
    last = plain(subject.name).split()[-1:] or [""]
    by_last = 1.5 if not person and last[0] and re.search(rf"\b{re.escape(last[0])}\b", plain(part)) else 0.0
    company = 2.0 * bool(subject.company and mentions_company(part, subject.company))
    return person + by_last + company + min(2.0, 0.25 * len(_TELLING.findall(part)))
