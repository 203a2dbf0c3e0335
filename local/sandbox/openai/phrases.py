"""Reading a sentence: cleaning it up, and the small things sentences are made of (times, counts, spans)."""
# ruff: noqa: E501 (patterns are easier to read whole)

import html
import re

_MARKS = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "\u00a0": " ", "…": "...", "‑": "-"}
)
_EMOJI = re.compile(
    "[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]|(?<!\\S):[a-z0-9_+-]+:(?!\\S)"
)
_LEFT_OUT = re.compile(  # apostrophes
    r"\b((?:have|has|had|did|is|was|do|does|are|were|could|would|should)n|(?:what|how|where|who)(?=s\b))(t|s)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:(?:hey|hi|hello|yo|ok(?:ay)?|so|well|and|also|now|then|great|perfect|thanks|thank you|good morning|"
    r"rainmaker|(?:hey|hi|hello) (?:there|rainmaker|team|all)|"
    r"please|pls|kindly|just|(?:can|could|would|will|might) (?:you|u|we)|would you mind|do me a favou?r(?: and)?|"
    r"i(?:'d| would) (?:like|love) (?:you )?to|i want (?:you )?to|i need (?:you )?to|i'd like|let's|lets|"
    r"go ahead and|be so kind (?:and|to)|help me(?= (?:research|find|write|add|schedule|set|improve|understand))|tell me,?(?= (?:how|what|which|why|who)))\b[\s,.!:;-]*)+",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:[\s,.!?;:-]+|\b(?:please|pls|thanks(?: a lot| so much)?|thank you(?: so much| very much)?|thx|cheers|for me|"
    r"if you (?:can|could|don't mind)|asap|right away|will you|ok|okay)\b)+$",
    re.IGNORECASE,
)

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?s?"
_PART = r"(?:morning|afternoon|evening|night|noon)"
_COUNT = r"(?:an?|\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|half an|a few)"
_TIMES = "|".join(
    (
        r"(?:every|each)\s+(?:other\s+|second\s+)?(?:\d+\s+)?(?:working\s+|business\s+)?"
        rf"(?:day|{_PART}|weekday|week|month|hour|minute|{_WEEKDAY})s?(?:\s+{_PART})?",
        r"(?:twice|once)\s+(?:a|per)\s+(?:day|week|month)|on\s+weekdays",
        r"\d{4}-\d{2}-\d{2}(?:[t ]\d{1,2}:\d{2}(?::\d{2})?(?:z|[+-]\d{2}:?\d{2})?)?",
        rf"(?:on\s+)?(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{MONTH}\b(?:\s+\d{{4}})?",
        rf"(?:on\s+)?{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?",
        rf"in\s+{_COUNT}\s+(?:minute|min|hour|day|week|month)s?",
        rf"(?:(?:on|by|this|next|coming|until|last)\s+)*(?:today|tomorrow|tonight|{_WEEKDAY})\b(?:\s+{_PART})?",
        r"(?:yesterday|last\s+(?:night|week|month))(?=\s+(?:at\s+)?\d)",
        rf"(?:next|this|the end of (?:the|this)|end of (?:the )?)\s*(?:week|month|{_PART})|the day after tomorrow",
        r"(?:at\s+)?\d{1,2}(?:[:.]\d{2})?\s*(?:a\.?m\.?|p\.?m\.?|o'?clock|uhr)(?!\w)|(?:at\s+)?\d{1,2}:\d{2}",
        r"at\s+(?:\d{1,2}|noon|midnight|lunch(?:time)?)(?!\w)",
        r"(?:in the|first thing in the)\s+(?:morning|afternoon|evening)",
    )
)
# “PST”, “Berlin time”, “in Mars time”; “about time” is what is to be done then.
_ZONE = (
    r"(?:\s+(?:in\s+)?(?:(?-i:UTC|GMT|[ECMP][SD]?T|CES?T|WES?T|BST|IST|JST)(?!\w)|"
    r"(?!(?:about|and|any|for|next|of|on|some|the|this|to|with)\b)[a-z]+(?:/[a-z_]+)?\s+(?:standard\s+)?time(?!\w)))?"
)
TIME = re.compile(
    rf"(?<![\w@.])(?:{_TIMES})(?:(?:[\s,]+(?:and\s+|around\s+)?)(?:{_TIMES}))*{_ZONE}", re.IGNORECASE
)
_LOOSE = (
    ("hourly", "every hour"),
    ("daily", "every day at 9am"),
    ("weekly", "every monday at 9am"),
    ("monthly", "every month"),
)
_NUMBERS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        range(1, 13),
        strict=True,
    )
)
_SPANS = (
    ("today", r"\btoday(?:'s)?\b|\bthis morning\b|\btonight\b|\bright now\b"),
    ("week", r"\bweek(?:'s|ly)?\b|\byesterday(?:'s)?\b|\b(?:7|seven) days\b"),
    ("month", r"\bmonth(?:'s|ly)?\b|\b30 days\b|\bquarter\b"),
    ("all", r"\ball[ -]time\b|\bever\b|\boverall\b|\bso far\b|\bin total\b|\bthis year\b"),
)


def clean(text: str) -> str:
    """The sentence without Slack's and people's decoration; case and line breaks stay."""
    text = html.unescape(text)
    text = re.sub(r"<(?:mailto:|tel:)?([^<>|\s]+)\|([^<>]*)>", _shown, text)
    text = re.sub(r"<[@!][^<>]*>", " ", text)
    text = re.sub(r"<#[^<>|]*\|([^<>]*)>", r"#\1", text)
    text = re.sub(r"<(https?://[^<>\s]+|[^<>\s@]+@[^<>\s]+)>", r"\1", text)
    text = _EMOJI.sub(" ", text.translate(_MARKS))
    text = _LEFT_OUT.sub(r"\1'\2", text)
    text = re.sub(r"(?<!\w)[*_~`]+(?=\S)|(?<=\S)[*_~`]+(?!\w)", "", text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _shown(match: re.Match[str]) -> str:
    target, label = match.groups()
    return target if target.startswith("http") and label not in target else label


def bare(text: str) -> str:
    """A clean sentence without greeting, politeness and closing punctuation."""
    stripped = _OPENING.sub("", text).strip()
    return _CLOSING.sub("", stripped).strip() or text.strip(" .!?")


def time_words(text: str) -> str:
    """The longest time expression of the text, as it stands there; empty where there is none."""
    found = [match.group().strip(" ,") for match in TIME.finditer(text)]
    if found:
        return max(found, key=len)
    return next((schedule for word, schedule in _LOOSE if re.search(rf"\b{word}\b", text, re.IGNORECASE)), "")


def without_time(text: str) -> str:
    return " ".join(TIME.sub(" ", text).split()).strip(" ,")


def span(text: str, otherwise: str) -> str:
    """today, week, month or all."""
    return next((name for name, words in _SPANS if re.search(words, text, re.IGNORECASE)), otherwise)


def count(text: str) -> int | None:
    """The first number of the text, in digits or as a word."""
    if digits := re.search(r"(?<![\w@.:-])(\d{1,3})(?![\w@.:-])", text):
        return int(digits.group(1))
    if re.search(r"\bdozen\b", text, re.IGNORECASE):
        return 12
    words = re.findall(r"[a-z]+", text.lower())
    return next((_NUMBERS[word] for word in words if word in _NUMBERS), None)


def depth(text: str) -> str:
    if re.search(
        r"\b(?:in[- ]?depth|deep(?:ly)?|deep dive|thorough(?:ly)?|detailed|in (?:great )?detail|everything)\b",
        text,
        re.I,
    ):
        return "deep"
    return (
        "quick"
        if re.search(r"\b(?:quick(?:ly)?|brief(?:ly)?|fast|light|short)\b", text, re.I)
        else "standard"
    )


_DEPTH = re.compile(
    r"\s*,?\s*\b(?:in[- ]?depth|deep(?:ly)?|thorough(?:ly)?|in (?:great )?detail|quick(?:ly)?|brief(?:ly)?|"
    r"with (?:quick|standard|deep) depth|(?:a )?(?:quick|deep)(?: dive| look)?)\b",
    re.IGNORECASE,
)


def without_depth(text: str) -> str:
    return " ".join(_DEPTH.sub(" ", text).split()).strip(" ,")
