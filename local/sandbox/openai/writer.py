"""WrittenEmail: composes one email of a sequence from the facts it is given, and cites them.

What is said of the lead is quoted from a fact word for word. Numbers, names and dates come from facts or from
the sender's profile, never from here.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from local.sandbox.openai.sections import Sections
from local.sandbox.openai.texts import ENGLISH, SPAM, Language, StepTexts, word_count
from local.sandbox.openai.texts_de import GERMAN

MAX_SUBJECT = 50
MOST_QUOTED = 16  # words of a fact
MOST_OFFERED = 24  # words of the sender's own sentence
LIKED = (
    "news",
    "post",
    "quote",
    "achievement",
    "pain_point",
    "job_post",
    "hiring",
    "product",
    "company_description",
    "interest",
)
UNQUOTABLE = re.compile(r"[“”„«»\"\[\]{}<>?@]|https?://|www\.|_{3,}|\n")


@dataclass(frozen=True)
class Line:
    """A sentence and the facts it rests on."""

    text: str
    facts: tuple[str, ...] = ()


@dataclass
class Brief:
    """What the email is to be, read from the task."""

    sections: Sections
    lead: dict[str, Any] = field(init=False)
    sender: dict[str, Any] = field(init=False)
    step: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.lead = self.sections.object("lead")
        self.sender = self.sections.object("sender")
        self.step = self.sections.object("step")
        self.kind = str(self.step.get("type") or "introduction")
        self.instruction = self.sections.text("instruction").lower()
        self.problems = self.sections.strings("problems")
        self.language = self._language()
        self.texts: StepTexts = self.language.steps.get(self.kind, self.language.steps["introduction"])
        self.least = int(self.step.get("min_words") or 50)
        self.most = int(self.step.get("max_words") or 150)
        self.before = "\n".join(
            f"{one.get('subject', '')}\n{one.get('body', '')}"
            for one in self.sections.objects("previous_emails")
        )
        seed = f"{self.lead.get('name')}{self.kind}{self.step.get('number')}{self.instruction}{self.problems}"
        self.turn = zlib.crc32(seed.encode())

    def _language(self) -> Language:
        asked = self.sections.text("language").strip(' "').lower() or "en"
        if re.search(r"\b(?:in german|auf deutsch|deutsch)\b", self.instruction):
            asked = "de"
        if re.search(r"\b(?:in english|auf englisch)\b", self.instruction):
            asked = "en"
        return GERMAN if asked.startswith("de") or asked == "german" else ENGLISH

    @property
    def target(self) -> int:
        """Words to reach: near the lower end, unless told otherwise."""
        if re.search(r"\b(?:shorter|short|brief|concise|kürzer|too long)\b", self.instruction):
            return self.least + 1
        if re.search(r"\b(?:longer|more detail|länger|too short)\b", self.instruction):
            return self.most - 12
        return self.least + (self.most - self.least) // 3

    @property
    def words(self) -> dict[str, str]:
        """What blanks may be filled with; empty ones are missing."""
        name = str(self.lead.get("name") or "")
        found = {
            "first": str(self.lead.get("first_name") or name.split(" ")[0]),
            "name": name or str(self.lead.get("first_name") or ""),
            "company": str(self.lead.get("company") or ""),
            "sender": str(self.sender.get("sender_name") or ""),
            "ours": str(self.sender.get("company") or ""),
            "link": str(self.sender.get("booking_link") or ""),
            "offer": _sentence(self.sender.get("offer")),
            "proof": _sentence(_first(self.sender.get("proof_points"))),
        }
        return {key: value for key, value in found.items() if value}

    def allows(self, text: str) -> bool:
        """Without the company's forbidden words, spam, and what an earlier draft was refused for."""
        low = text.lower()
        forbidden = _listed(self.sender.get("forbidden_words"))
        refused = [quoted for problem in self.problems for quoted in re.findall(r"“([^”]{2,})”", problem)]
        return not any(
            re.search(rf"(?<!\w){re.escape(word.lower().strip())}(?!\w)", low)
            for word in (*forbidden, *SPAM, *refused)
            if word.strip()
        )

    def choose(self, texts: tuple[str, ...], shift: int = 0, **more: str) -> str:
        """The first text, from a place that differs with lead and step, whose words are all known."""
        return next(self.choices(texts, shift, **more), "")

    def choices(self, texts: tuple[str, ...], shift: int = 0, **more: str) -> Iterator[str]:
        words = self.words | more
        for at in range(len(texts)):
            text = texts[(self.turn + shift + at) % len(texts)]
            if all(name in words for name in re.findall(r"{(\w+)}", text)):
                filled = text.format(**words)
                if self.allows(filled):
                    yield filled


def written_email(sections: Sections, instructions: str) -> dict[str, Any]:
    brief = Brief(sections)
    greetings = (
        brief.language.formal_greetings
        if re.search(r"\b(?:formal|förmlich)", brief.instruction)
        else brief.language.greetings
    )
    greeting = brief.choose(greetings) or "Hi,"
    cta, ps = _cta(brief), Line(brief.choose(brief.texts.ps, 3))
    used = word_count(f"{greeting} {cta} P.S. {ps.text}")
    lines = _lines(brief, brief.least - used, brief.most - used, brief.target - used)
    # After the greeting's comma German goes on in small letters, but for one sentence only.
    lines = [*lines[:1], *(replace(line, text=line.text[:1].upper() + line.text[1:]) for line in lines[1:])]
    body = f"{greeting}\n\n{_paragraphs(lines)}"
    claims = [{"sentence": line.text, "fact_ids": list(line.facts)} for line in lines if line.facts]
    return {"subject": _subject(brief), "body": body, "cta": cta, "ps": ps.text, "claims": claims}


def _lines(brief: Brief, least: int, most: int, target: int) -> list[Line]:
    """What is wanted, in order of reading: opening, hook, offer, proof, filling; within the words there are."""
    wanted = [(1, Line(brief.choose(brief.texts.opening))), *_hooks(brief)]
    if brief.kind not in ("soft_reminder", "breakup"):
        wanted.append((2, Line(brief.choose(brief.language.offers) if "offer" in brief.words else "")))
        wanted[-1] = (2, Line(_own_offer(brief) or wanted[-1][1].text))
    if brief.kind in ("value_proposition", "case_study"):
        wanted.append((3, Line(brief.choose(brief.language.proofs) if "proof" in brief.words else "")))
    wanted += [(4 + at, Line(text)) for at, text in enumerate(brief.texts.filling) if brief.allows(text)]
    chosen: set[int] = set()
    words = 0
    for at in sorted(range(len(wanted)), key=lambda place: wanted[place][0]):
        rank, line = wanted[at]
        size = word_count(line.text)
        is_enough = words >= max(least, target) and rank >= 3
        if line.text and words + size <= most and not is_enough:
            chosen.add(at)
            words += size
    order = [wanted[at][1] for at in sorted(chosen)]
    return _hook_first(order) if brief.kind == "introduction" else order


def _hook_first(lines: list[Line]) -> list[Line]:
    """A first email begins with them, not with us. The sort keeps all other lines in their order."""
    return sorted(lines, key=lambda line: 0 if line.facts else 1)


def _hooks(brief: Brief) -> list[tuple[int, Line]]:
    if brief.step.get("personalization_depth") == "low" and brief.kind != "introduction":
        return []
    for fact in _ranked(brief):
        value = _quotable(str(fact.get("value") or ""))
        if value:
            hooks = brief.language.hooks.get(str(fact.get("field")), brief.language.hooks[""])
            text = brief.choose(hooks, value=value)
            if text:
                return [(0, Line(text, (str(fact.get("id")),)))]
    return []


def _ranked(brief: Brief) -> list[dict[str, Any]]:
    """The facts worth quoting, best first; what an earlier email used comes last, what was asked for first."""
    asked = {
        word
        for word in re.findall(r"\w{4,}", brief.instruction)
        if word not in ("mention", "about", "with", "more", "make")
    }
    facts = [fact for fact in brief.sections.objects("facts") if fact.get("field") in LIKED]

    def rank(fact: dict[str, Any]) -> tuple[bool, bool, int, int]:
        value = str(fact.get("value") or "")
        is_asked = bool(asked & set(re.findall(r"\w{4,}", f"{value} {fact.get('field')}".lower())))
        day = int(re.sub(r"\D", "", str(fact.get("published_on") or "")) or 0)  # 20261117; the newest first
        return not is_asked, _quotable(value)[:40] in brief.before, LIKED.index(str(fact["field"])), -day

    return sorted(facts, key=rank)


def _quotable(value: str) -> str:
    """The beginning of a value, word for word, that can stand between quotation marks."""
    value = " ".join(value.split()).strip(" .,;:!")
    clauses = re.split(r"(?<=[,;:–])\s|(?<=[.!])\s", value)
    text = clauses[0] if word_count(value) > MOST_QUOTED and word_count(clauses[0]) >= 4 else value
    words = text.split()
    text = " ".join(words[:MOST_QUOTED]).strip(" .,;:–-!")
    return "" if UNQUOTABLE.search(text) or len(text) < 4 else text


def _own_offer(brief: Brief) -> str:
    """An offer that already is a sentence of the sender's stands as it is."""
    offer = brief.words.get("offer", "")
    return (
        offer
        if re.match(r"(?:we|i|our|with|wir|ich|unsere?|mit)\b", offer, re.IGNORECASE) and brief.allows(offer)
        else ""
    )


def _cta(brief: Brief) -> str:
    ask = brief.choose(brief.texts.asking, 1)
    booking = brief.choose(brief.language.booking, 2)
    return f"{ask} {booking}".strip()


def _subject(brief: Brief) -> str:
    texts = brief.texts.subjects
    fitting = [
        text for text in brief.choices(texts, 5) if len(text) <= MAX_SUBJECT and text not in brief.before
    ]
    company = brief.words.get("company", "")
    fitting.sort(key=lambda text: company not in text)  # the personal ones first
    return fitting[0] if fitting else "A short note"


def _paragraphs(lines: list[Line]) -> str:
    """Two or three sentences each."""
    texts = [line.text for line in lines]
    size = 2 if len(texts) < 5 else 3
    return "\n\n".join(" ".join(texts[at : at + size]) for at in range(0, len(texts), size))


def _sentence(text: object) -> str:
    """The first sentence of what the sender says, with a full stop; empty when it is too long or asks."""
    first = re.split(r"(?<=[.!?])\s", " ".join(str(text or "").split()))[0].strip()
    if not first or "?" in first or word_count(first) > MOST_OFFERED:
        return ""
    return (first[:1].upper() + first[1:]).rstrip(".!") + "."


def _listed(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    return [part.strip() for part in re.split(r"[,;\n]", str(value or "")) if part.strip()]


def _first(value: object) -> str:
    if isinstance(value, list):
        return str(value[0]) if value else ""
    return next((part.strip(" -*•") for part in str(value or "").split("\n") if part.strip()), "")
