"""The text of an email: putting it together, and the lint that refuses what nobody should receive."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.rules.words import word_set

MAX_SUBJECT = 50
MIN_WORDS, MAX_WORDS = 50, 150
MAX_ANSWER_WORDS = 200

SPAM_PHRASES = (
    "100% free", "act immediately", "act now", "apply now", "as seen on", "big bucks", "buy now", "call now",
    "cash bonus", "cheap", "click below", "click here", "congratulations you", "dear friend", "double your",
    "earn extra cash", "earn money", "exclusive deal", "extra income", "fast cash", "free gift", "free money",
    "get paid", "get rich", "guaranteed", "increase sales", "increase your sales", "incredible deal", "limited time",
    "lowest price", "make money", "miracle", "money back", "no catch", "no cost", "no fees", "no obligation",
    "no strings attached", "once in a lifetime", "once-in-a-lifetime", "order now", "prize", "risk-free",
    "risk free", "satisfaction guaranteed", "special promotion", "this isn't spam", "this is not spam", "urgent",
    "while supplies last", "winner", "you have been selected", "100% satisfied", "amazing offer", "$$$",
)  # fmt: skip

_WORD = re.compile(r"\S*\w\S*")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{[\w .-]{1,40}\}|\[[A-Za-z][^\]\n]{0,60}\]|<(?!https?://|mailto:)[A-Za-z][\w .-]{1,40}>"
    r"|%[A-Z_]{3,}%|\$\{[^}]*\}|\bX{2,}\b|\b(?:INSERT|TODO|TBD)\b|\blorem ipsum\b"
    r"|\b(?:First|Last|Your|Company) ?Name\b|_{3,}",
    re.DOTALL,
)
_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|day)|hallo|guten (?:tag|morgen)|moin|liebe[rs]?|"
    r"sehr geehrte[rs]?|bonjour|cher|ch[èe]re|salut|hola|estimad[oa]|buenos d[íi]as|buenas tardes|ciao|"
    r"buongiorno|gentile|caro|cara|ol[áa]|bom dia|beste|geachte|hej)\b[ ]*(?P<name>[^,!:\n?]*?)\s*[,!:–-]?\s*$",
    re.IGNORECASE,
)
_HONORIFICS = word_set(
    "mr mrs ms miss mx dr prof professor sir madam herr frau doktor monsieur madame m mme señor señora sr "
    "sra signor signora there team again all"
)
_PS = re.compile(r"^\s*P\.?\s?S\.?\s*[:.\-–—]?\s*\S", re.MULTILINE | re.IGNORECASE)
_QUESTION = re.compile(r"\?+")


@dataclass(frozen=True, slots=True)
class Problem:
    """`field`: subject or body. `sentence` can be shown to a person and given to a model."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class TextRules:
    """What an email is held against. `min_words` and `max_words` count the whole body."""

    first_name: str
    last_name: str = ""
    min_words: int = MIN_WORDS
    max_words: int = MAX_WORDS
    allowed_links: tuple[str, ...] = ()
    required_link: str | None = None
    forbidden_words: tuple[str, ...] = ()
    needs_ps: bool = True
    one_question: bool = True
    refuse_spam: bool = True
    names: tuple[str, ...] = field(default=())  # other ways to address the person
    signature: str = ""  # added on sending, so it must not stand in the body too


def compose(body: str, cta: str = "", ps: str = "") -> str:
    """The body as it is stored: text, call to action and P.S., each only once."""
    parts = [_tidy(body)]
    if cta.strip() and _flat(cta) not in _flat(body):
        parts.append(_tidy(cta))
    post = re.sub(r"^\s*P\.?\s?S\.?\s*[:.\-–—]?\s*", "", ps.strip(), flags=re.IGNORECASE)
    if post and _flat(post) not in _flat(body):
        parts.append(f"P.S. {post}")
    return "\n\n".join(part for part in parts if part)


def word_count(text: str) -> int:
    return len(_WORD.findall(text))


def lint(subject: str, body: str, rules: TextRules) -> list[Problem]:
    """Everything wrong with an email, in words; empty when it may be shown to an approver."""
    return [*_subject_problems(subject, rules), *_body_problems(body, rules)]


def _subject_problems(subject: str, rules: TextRules) -> list[Problem]:
    found: list[str] = []
    if not subject.strip():
        found.append("The subject is empty.")
    if len(subject) > MAX_SUBJECT:
        found.append(f"The subject has {len(subject)} characters; {MAX_SUBJECT} are allowed.")
    if "\n" in subject or "\r" in subject:
        found.append("The subject must be one line.")
    if (
        rules.refuse_spam
        and len(subject) > 8
        and subject.upper() == subject
        and re.search(r"[A-Z]{4}", subject)
    ):
        found.append("The subject is written in capitals.")
    if rules.refuse_spam and re.search(r"!{2,}|\?{2,}", subject):
        found.append("The subject has repeated punctuation.")
    if rules.refuse_spam and re.match(r"\s*(re|aw|fwd?|sv)\s*:", subject, re.IGNORECASE):
        found.append("The subject pretends to be an answer or a forward.")
    return [Problem("subject", sentence) for sentence in [*found, *_word_problems(subject, rules)]]


def _body_problems(body: str, rules: TextRules) -> list[Problem]:
    found = [
        *_length_problems(body, rules),
        *_word_problems(body, rules),
        *_link_problems(body, rules),
        *_name_problems(body, rules),
        *_signature_problems(body, rules),
    ]
    if rules.one_question and len(_QUESTION.findall(_URL.sub("", body))) > 1:
        found.append("The email asks more than one question.")
    if rules.refuse_spam and re.search(r"!{2,}|\?{2,}", _URL.sub("", body)):
        found.append("The email has repeated punctuation.")
    if rules.needs_ps and not _PS.search(body):
        found.append("The P.S. line is missing.")
    return [Problem("body", sentence) for sentence in found]


def _length_problems(body: str, rules: TextRules) -> list[str]:
    words = word_count(body)
    if words < rules.min_words:
        return [f"The email has {words} words; at least {rules.min_words} are needed."]
    if words > rules.max_words:
        return [f"The email has {words} words; at most {rules.max_words} are allowed."]
    return []


def _word_problems(text: str, rules: TextRules) -> list[str]:
    found = [f"A placeholder was left in: “{match.group()[:60]}”." for match in _PLACEHOLDER.finditer(text)]
    if rules.refuse_spam:
        found += [
            f"“{phrase}” makes it look like spam." for phrase in SPAM_PHRASES if _stands_in(phrase, text)
        ]
    found += [
        f"“{word}” is a word this company never uses."
        for word in rules.forbidden_words
        if _stands_in(word, text)
    ]
    return found


def _stands_in(phrase: str, text: str) -> bool:
    if not phrase.strip():
        return False
    return re.search(rf"(?<!\w){re.escape(phrase.strip())}(?!\w)", text, re.IGNORECASE) is not None


def _link_problems(body: str, rules: TextRules) -> list[str]:
    allowed = {_link(link) for link in (*rules.allowed_links, rules.required_link or "") if link}
    links = links_in(body)
    found = [f"This link is not one of ours: {link}" for link in links if _link(link) not in allowed]
    if rules.required_link and _link(rules.required_link) not in {_link(link) for link in links}:
        found.append(f"The call to action has to contain the booking link {rules.required_link}")
    return found


def links_in(text: str) -> list[str]:
    """Links as they stand in a text, without the punctuation that follows them."""
    return [match.group().rstrip(".,;:!?") for match in _URL.finditer(text)]


def _link(url: str) -> str:
    return re.sub(r"^https?://(www\.)?|^www\.", "", url.strip(), flags=re.IGNORECASE).rstrip("/")


def _name_problems(body: str, rules: TextRules) -> list[str]:
    greeting = next((line for line in body.splitlines() if line.strip()), "")
    match = _GREETING.match(greeting)
    if match is None or not rules.first_name:
        return []
    words = [word.strip(".").casefold() for word in match["name"].split()]
    ours = {
        word.strip(".").casefold()
        for name in (rules.first_name, rules.last_name, *rules.names)
        for word in name.split()
    }
    strange = [word for word in words if word not in ours and word not in _HONORIFICS]
    return (
        [f"The greeting names “{match['name'].strip()}”, but the lead is {rules.first_name}."]
        if strange
        else []
    )


def _signature_problems(body: str, rules: TextRules) -> list[str]:
    """A whole line of the signature as a line of the body; a first name below the text is nobody's signature."""
    lines = {_flat(line) for line in body.splitlines()}
    twice = [
        line.strip() for line in rules.signature.splitlines() if " " in line.strip() and _flat(line) in lines
    ]
    return [f"“{twice[0]}” stands in the signature, which is added on sending."] if twice else []


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


def problems_in(found: Iterable[Problem]) -> list[str]:
    return [problem.sentence for problem in found]
