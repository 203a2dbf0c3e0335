"""Judgement, ReplyReading and Insights: opinions by rule of thumb."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from collections.abc import Iterator
from typing import Any

from local.sandbox.openai.sections import Sections
from local.sandbox.openai.texts import SPAM, word_count

MAX_SUBJECT = 50

READINGS = (
    ("opt_out", r"\bunsubscribe\b|\b(?:remove|take) me\b|\bopt(?:ing)?[ -]?out\b|\b(?:stop|quit) (?:e?-?mailing|contacting|writing|sending)|\b(?:do not|don't|never) (?:contact|e-?mail|write|want to (?:receive|hear|get))|"
                r"\bno (?:more|further) (?:e-?mails|messages)|\bGDPR\b|\bdelete my (?:data|address)|\babmelden\b|\bVerteiler\b|\bschreiben Sie mir nicht|\bkeine (?:weiteren )?(?:E-?)?Mails|\bnicht mehr (?:kontaktieren|anschreiben)|\blöschen Sie meine"),
    ("not_now", r"\bnot (?:right )?now\b|\bnot (?:a )?(?:good|right) time|\btiming\b.{0,30}\b(?:not|n't|off|wrong|bad)|\b(?:isn't|not) (?:a )?priority|\b(?:next|in the next|later this) (?:quarter|year|month)|\bin a few (?:weeks|months)|\bcheck back|\b(?:get back|reach out|circle back|come back)\b.{0,30}\b(?:later|in|next|after)|"
                r"\bbudget\b.{0,40}\b(?:spent|frozen|gone|closed|exhausted)|\btoo busy\b|\bmaybe later\b|\bat the moment\b.{0,30}\bnot?\b|\bkeine Priorität|\bim nächsten (?:Quartal|Jahr)|\bspäter\b.{0,20}\b(?:noch einmal|wieder|melden)|\bderzeit (?:nicht|kein)"),
    ("not_interested", r"\bnot interested\b|\bno interest\b|\bno,? thank|\bno thanks\b|\bI'll pass\b|\bwe'?(?:ll| will) pass\b|\bnot (?:a|the right) (?:good )?fit\b|\b(?:happy|satisfied) with (?:what|our|the)|\bwe(?:'re| are) (?:all set|good)\b|\bnot (?:relevant|for us|needed)\b|\bdon't need\b|\balready have (?:a|an)\b|\bkein(?:en)? (?:Interesse|Bedarf)|\bnein,? danke|\bzufrieden\b"),
    ("interested", r"\binterest(?:ed|ing)\b|\bsounds (?:good|great|interesting)|\blet'?s (?:talk|chat|set up|do|schedule|speak)|\blet us (?:talk|meet)|\bhappy to (?:chat|talk|look|meet|connect)|\b(?:love|like) to (?:hear|learn|know|see) more|\bworks for (?:me|us)\b|\bsend (?:me |us )?(?:an invite|a few slots|some times|a calendar|over)|\b(?:book|schedule|set up|do) (?:a |an )?(?:\w+ )?(?:call|meeting|demo)|\bgood timing\b|\btimely\b|"
                   r"\bcalendar link\b|\bklingt (?:gut|interessant|spannend)|\bgern(?:e)?\b.{0,40}\b(?:mehr|telefonieren|erfahren|sprechen|Einladung|Terminvorschläge)|\bpasst mir\b|\bTelefonat\b|\baktuell\b.{0,20}\.|\btelefonieren\b|\bTerminvorschläge"),
    ("question", r"\?"),
)  # fmt: skip
_SUMMARY = {
    "opt_out": "They ask not to be written to again.",
    "not_now": "The timing is wrong; they are open to hearing from us later.",
    "not_interested": "They are not interested.",
    "interested": "They are interested and open to a conversation.",
    "question": "They ask a question before going further.",
    "other": "They answered without saying what they want.",
}


def reply_reading(sections: Sections, _: str) -> dict[str, Any]:
    reply = sections.text("reply")
    sentiment = next(
        (name for name, words in READINGS if re.search(words, reply, re.IGNORECASE | re.DOTALL)), "other"
    )
    return {"sentiment": sentiment, "summary": _SUMMARY[sentiment]}


def judgement(sections: Sections, _: str) -> dict[str, Any]:
    """The rubric: something specific, right length, one ask, nothing that smells of spam."""
    email, step = sections.object("email"), sections.object("step")
    subject, body = str(email.get("subject", "")), str(email.get("body", ""))
    reasons = list(_faults(subject, body, step, sections.objects("facts")))
    return {"score": max(1, 5 - len(reasons)), "reasons": reasons}


def _faults(subject: str, body: str, step: dict[str, Any], facts: list[dict[str, Any]]) -> Iterator[str]:
    words = word_count(body)
    least, most = step.get("min_words") or 50, step.get("max_words") or 150
    if not least <= words <= most:
        yield f"It has {words} words where {least} to {most} are wanted."
    if not subject or len(subject) > MAX_SUBJECT:
        yield "The subject is empty or longer than 50 characters."
    if facts and step.get("personalization_depth") == "high" and not any(_used(fact, body) for fact in facts):
        yield "Nothing in it is specific to this lead."
    if body.count("?") > 1:
        yield "It asks more than one question."
    if any(phrase in body.lower() for phrase in SPAM):
        yield "Some of its words look like spam."
    if not re.search(r"^P\.?\s?S\.?", body, re.MULTILINE):
        yield "The P.S. is missing."


def _used(fact: dict[str, Any], body: str) -> bool:
    """A run of four words of the fact, or the whole of a shorter one, stands in the email."""
    words = re.findall(r"\w+", f"{fact.get('value', '')}".lower())
    flat = " ".join(re.findall(r"\w+", body.lower()))
    size = min(4, len(words))
    return size > 0 and any(" ".join(words[at : at + size]) in flat for at in range(len(words) - size + 1))


_HEADLINES = (
    ("repl", "{n} {replies} came in."),
    ("sent", "{n} {emails} went out."),
    ("qualified", "{n} {leads} qualified."),
    ("lead", "{n} {leads} in the list."),
)
_ACTIONS = (
    (
        r"pending|approval|drafts",
        "Decide the draft that waits for approval.",
        "Decide the {n} drafts that wait for approval.",
    ),
    (
        r"unanswered|replies_waiting|replied|replies",
        "Answer the person who replied.",
        "Answer the {n} people who replied.",
    ),
    (
        r"(?:^|_|\b)new(?:_|\b)|not_researched|unresearched",
        "Research the new lead.",
        "Research the {n} new leads.",
    ),
    (r"task|reminder|due", "Work on the task that is due.", "Work through the {n} tasks that are due."),
    (r"bounce", "Look at the bounced address.", "Look at the {n} bounced addresses."),
    (
        r"attention|alert|held|stuck",
        "Look at the campaign that needs attention.",
        "Look at the {n} campaigns that need attention.",
    ),
)
_ALWAYS = (
    "Name a few more leads to research.",
    "Look at the emails with the most opens and write the next ones alike.",
)


def insights(sections: Sections, _: str) -> dict[str, Any]:
    """A headline, what the numbers say, and two or three things to do; every figure is copied."""
    given = sections.value("numbers")
    numbers = list(_flat(given))
    headline = next(
        (_head(text, value) for words, text in _HEADLINES for _path, value in _first(numbers, words)), ""
    )
    return {
        "headline": headline or "A quiet day so far.",
        "insights": _told(given)[:5] or ["Nothing has moved since the last look."],
        "actions": actions_for(given),
    }


def actions_for(numbers: Any) -> list[str]:
    """Two or three things to do, for what the numbers count."""
    flat = list(_flat(numbers))
    found = [
        (one if value == 1 else many).format(n=_figure(value, path))
        for words, one, many in _ACTIONS
        for path, value in _first(flat, words)
    ]
    return [*dict.fromkeys(found), *_ALWAYS][: 3 if len(found) > 1 else 2]


def _told(numbers: Any) -> list[str]:
    """A sentence a figure; where two spans are given with the same names, the one beside the other."""
    spans = (
        [(name, one) for name, one in numbers.items() if isinstance(one, dict)]
        if isinstance(numbers, dict)
        else []
    )
    if len(spans) == 2 and spans[0][1].keys() == spans[1][1].keys():
        (now, ours), (before, theirs) = spans
        return [
            f"{_name(key)}: {_figure(value, key)} {_words(now)}, {_figure(theirs[key], key)} {_words(before)}."
            for key, value in ours.items()
            if isinstance(value, int | float) and (value or theirs[key])
        ]
    return [f"{_name(path)}: {_figure(value, path)}." for path, value in _flat(numbers) if value]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _first(numbers: list[tuple[str, float]], words: str) -> list[tuple[str, float]]:
    """The first whole figure above nothing whose name sounds like it."""
    fitting = [
        (path, value)
        for path, value in numbers
        if re.search(words, path)
        and value == int(value) > 0
        and "rate" not in path
        and not re.search(r"before|previous|change|target", path)
    ]
    return fitting[:1]


def _head(text: str, value: float) -> str:
    many = value != 1
    forms = {
        "replies": "replies" if many else "reply",
        "emails": "emails" if many else "email",
        "leads": "leads" if many else "lead",
    }
    return text.format(n=_figure(value, ""), **forms)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _flat(child, f"{path} {key}".strip())
    elif isinstance(value, list):
        for child in value:
            yield from _flat(child, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def _name(path: str) -> str:
    return path.replace("_", " ").capitalize()


def _figure(value: float, path: str) -> str:
    if re.search(r"rate|share", path) and isinstance(value, float) and value <= 1:
        return f"{value * 100:.1f} %".replace(".0 %", " %")
    return f"{value:g}"
